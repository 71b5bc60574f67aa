/*
 * For functions behind which keys stand in registers: ciphers leave half a key in the vector
 * registers, and whatever saves them next (a signal, the dynamic linker, a longjmp) puts them on
 * the stack, where nobody wipes them. Such a function clears the registers that it may before it
 * returns. Where the compiler cannot, nothing is lost but that.
 */
#ifndef TACET_CRYPTO_REGISTERS_H
#define TACET_CRYPTO_REGISTERS_H

#include <stddef.h> /* a header has to declare something */

#define TACET_CLEARS_REGISTERS
#if defined(__has_attribute)
#if __has_attribute(zero_call_used_regs)
#undef TACET_CLEARS_REGISTERS
#define TACET_CLEARS_REGISTERS __attribute__((zero_call_used_regs("all")))
#endif
#endif

#endif
