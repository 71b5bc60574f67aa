/* The words (SAS) that two people compare aloud: protocol.md section 6. */
#ifndef TACET_CRYPTO_WORDS_H
#define TACET_CRYPTO_WORDS_H

#include "tacet/event.h"

#include <stdbool.h>
#include <stdint.h>

#define TACET_SAS_NONCE 32
#define TACET_SAS_COMMITMENT 32
#define TACET_WORD_MAX 11 /* bytes of the longest word */

/* For each byte the word of even and of odd places. */
extern const char tacet_word_list[256][2][TACET_WORD_MAX + 1];

/* BLAKE2b-256("tacet/1 sas commit" || n_i). */
void tacet_words_commit(const uint8_t n_i[TACET_SAS_NONCE], uint8_t out[TACET_SAS_COMMITMENT]);
/* Whether n_i is what was committed to; constant time. */
bool tacet_words_check(const uint8_t n_i[TACET_SAS_NONCE],
                       const uint8_t commitment[TACET_SAS_COMMITMENT]);
/* "even odd even odd": four PGP words for the first 32 bits of
 * HMAC-SHA512(n_i || n_r, "tacet/1 sas" || h). */
void tacet_words(const uint8_t n_i[TACET_SAS_NONCE], const uint8_t n_r[TACET_SAS_NONCE],
                 const uint8_t h[64], char out[TACET_WORDS_MAX]);

#endif
