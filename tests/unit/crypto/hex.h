/* Hex figures of vectors as bytes. */
#ifndef TACET_TESTS_CRYPTO_HEX_H
#define TACET_TESTS_CRYPTO_HEX_H

#include <assert.h>
#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The bytes of `hex` in `out`, and how many; the whole text must be hex. */
static inline size_t from_hex(const char *hex, uint8_t *out, size_t capacity)
{
    size_t size = 0;
    const char *end = NULL;

    int err = sodium_hex2bin(out, capacity, hex, strlen(hex), NULL, &size, &end);
    assert(err == 0);
    assert(*end == '\0');
    return size;
}

#endif
