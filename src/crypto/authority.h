/* The public file of a CA, from both sides; the set of trusted ones is in tacet/authority.h. */
#ifndef TACET_CRYPTO_AUTHORITY_H
#define TACET_CRYPTO_AUTHORITY_H

#include "tacet/authority.h"

/* Key and suffix as a struct, with the id that goes with the key. `suffix` is valid. */
void tacet_authority_fill(const uint8_t key[TACET_KEY_SIZE], const char *suffix,
                          struct tacet_authority *ret);
/* Whether a CA may carry this suffix: "" or the characters of a name. */
bool tacet_suffix_valid(const char *suffix);
/* Writes the public file. Returns its size. */
size_t tacet_authority_write(const struct tacet_authority *authority, const uint8_t secret[64],
                             uint8_t out[TACET_AUTHORITY_FILE_MAX]);

#endif
