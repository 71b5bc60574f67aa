/*
 * Looking for keys in this process's memory. Every key is caught where it is made (the linker's
 * --wrap, and for what libsrtp derives the import into NSS), kept only masked, and then looked for,
 * in pieces of eight bytes, in everything that can be written: heap, data and stacks, also the dead
 * parts of them.
 */
#ifndef TESTS_UNIT_CALL_KEY_SEARCH_H
#define TESTS_UNIT_CALL_KEY_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KEY_SEARCH_SHADOWED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KEY_SEARCH_SHADOWED 1
#endif
#endif
#ifndef KEY_SEARCH_SHADOWED
#define KEY_SEARCH_SHADOWED 0 /* a sanitizer maps terabytes that nobody can read through */
#endif

enum key_kind {
    KEY_E,
    KEY_CONTROL,
    KEY_SRTP,
    KEY_EXPORTER,
    KEY_EPHEMERAL,
    KEY_KEM,
    KEY_DERIVED,
    KEY_KINDS
};

extern bool key_catching; /* set: also ephemerals, and what libsrtp derives */
extern bool key_telling;  /* set: a search prints where it finds something */
extern size_t keys_caught[KEY_KINDS];
extern size_t keys_found[KEY_KINDS]; /* by the last search */

void key_catch(enum key_kind kind, const uint8_t *key, size_t size);
/* Every mapping that can be read and written. Returns how many pieces there are. */
size_t key_search(void);

#endif
