/*
 * Where a value that was made from secrets becomes public, for the constant-time check (tests/ct):
 * it marks secrets as undefined and reports every branch and index that depends on them. Each call
 * says why the value is public. In the library it is nothing.
 */
#ifndef TACET_CRYPTO_SECRECY_H
#define TACET_CRYPTO_SECRECY_H

#include <stddef.h>

#ifdef TACET_SECRECY_CHECK
void tacet_now_public(const void *data, size_t size);
#else
static inline void tacet_now_public(const void *data, size_t size)
{
    (void)data;
    (void)size;
}
#endif

#endif
