/*
 * The short authentication string: a commitment by who calls, a nonce from who answers, and four
 * words out of both and the handshake hash. When each is sent is the call's business.
 */
#include "crypto/words.h"

#include "crypto/hkdf.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

void tacet_words_commit(const uint8_t n_i[TACET_SAS_NONCE], uint8_t out[TACET_SAS_COMMITMENT])
{
    static const char label[] = "tacet/1 sas commit";
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, TACET_SAS_COMMITMENT);
    (void)crypto_generichash_update(&state, (const uint8_t *)label, sizeof(label) - 1);
    (void)crypto_generichash_update(&state, n_i, TACET_SAS_NONCE);
    (void)crypto_generichash_final(&state, out, TACET_SAS_COMMITMENT);
    sodium_memzero(&state, sizeof(state));
}

bool tacet_words_check(const uint8_t n_i[TACET_SAS_NONCE],
                       const uint8_t commitment[TACET_SAS_COMMITMENT])
{
    uint8_t expected[TACET_SAS_COMMITMENT];

    tacet_words_commit(n_i, expected);
    return sodium_memcmp(expected, commitment, sizeof(expected)) == 0;
}

void tacet_words(const uint8_t n_i[TACET_SAS_NONCE], const uint8_t n_r[TACET_SAS_NONCE],
                 const uint8_t h[64], char out[TACET_WORDS_MAX])
{
    static const char label[] = "tacet/1 sas";
    const struct tacet_part parts[] = { { label, sizeof(label) - 1 }, { h, 64 } };
    uint8_t key[2 * TACET_SAS_NONCE];
    uint8_t sas[TACET_HASH_SIZE];

    memcpy(key, n_i, TACET_SAS_NONCE);
    memcpy(key + TACET_SAS_NONCE, n_r, TACET_SAS_NONCE);
    tacet_hmac_sha512(key, sizeof(key), parts, 2, sas);
    _Static_assert(4 * TACET_WORD_MAX + 4 <= TACET_WORDS_MAX, "four words, blanks and a NUL");
    (void)snprintf(out, TACET_WORDS_MAX, "%s %s %s %s", tacet_word_list[sas[0]][0],
                   tacet_word_list[sas[1]][1], tacet_word_list[sas[2]][0],
                   tacet_word_list[sas[3]][1]);
    sodium_memzero(key, sizeof(key));
    sodium_memzero(sas, sizeof(sas));
}
