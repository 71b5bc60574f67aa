/*
 * Noise: the functions of XX and the symmetric state against published handshakes, and what they
 * refuse. Other patterns are in test_noise_vectors.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/noise.h"
#include "hex.h"
#include "tacet/error.h"

#include <stdio.h>

#define TAG TACET_NOISE_TAG
#define KEY TACET_NOISE_KEY

/* cacophony, Noise_XX_25519_ChaChaPoly_SHA512. */
static const char xx_name[] = "Noise_XX_25519_ChaChaPoly_SHA512";
static const char xx_prologue[] = "4a6f686e2047616c74";
static const char xx_init_s[] = "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1";
static const char xx_init_e[] = "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a";
static const char xx_resp_s[] = "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893";
static const char xx_resp_e[] = "bbdb4cdbd309f1a1f2e1456967fe288cadd6f712d65dc7b7793d5e63da6b375b";
static const char xx_hash[] = "b98d52b12437f34cfec8312fe038c869b5c4882dfe45fb064e746d88783e56a3"
                              "773ee191e726776467ec3b309f0093f7e712a87062c625e6c8d766bb172cea42";
static const struct {
    const char *payload;
    const char *message;
} xx[] = {
    { "4c756477696720766f6e204d69736573",
      "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
      "4c756477696720766f6e204d69736573" },
    { "4d757272617920526f746862617264",
      "95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
      "d7c6169611117c6e843085d5ec1af406d58f75d17052f76fc87b7e624027b002"
      "be220520a7766451ec44fa8388d12035"
      "4c0f8c8b8a83eb281d131cd231a5f3cc6a809c5dffb06cb8d792415336b4c0" },
    { "462e20412e20486179656b", "438696ce0ba3e21424cad39c48b89839fc102c64e3f3e81b6431c0c915d7983d"
                                "0d7d87e611485ef5bf005c25a052289c"
                                "949d3e1dd51b536bfda2eb3d14988f9c3291a1ac64b7b4cba0a019" },
    { "4361726c204d656e676572", "56430f48030039cfd44539edb61a3b87e1cd461a765cb539c3f4b6" },
    { "4a65616e2d426170746973746520536179",
      "0709391497714d94a8f62959fe15153996001daadbc1dec326a03ba8ff416b47f5" },
};

static void party(struct tacet_noise *n, const char *s, const char *e)
{
    uint8_t prologue[16];

    tacet_noise_init(n, xx_name, prologue, from_hex(xx_prologue, prologue, sizeof(prologue)));
    (void)from_hex(s, n->s_secret, KEY);
    (void)from_hex(e, n->e_secret, KEY);
    tacet_noise_public(n->s_secret, n->s_public);
    tacet_noise_public(n->e_secret, n->e_public);
}

static void parties(struct tacet_noise *initiator, struct tacet_noise *responder)
{
    party(initiator, xx_init_s, xx_init_e);
    party(responder, xx_resp_s, xx_resp_e);
}

static void assert_message(unsigned i, const uint8_t *message, size_t size)
{
    uint8_t expected[256];

    assert_int_equal(size, from_hex(xx[i].message, expected, sizeof(expected)));
    assert_memory_equal(message, expected, size);
}

/* Seals payload `i` under a transport key as its `n`-th message. */
static void assert_transport(unsigned i, const uint8_t key[KEY], uint8_t n)
{
    uint8_t payload[64];
    uint8_t sealed[64 + TAG];
    uint8_t nonce[12] = { [4] = n };
    size_t size = from_hex(xx[i].payload, payload, sizeof(payload));

    (void)crypto_aead_chacha20poly1305_ietf_encrypt(sealed, NULL, payload, size, NULL, 0, NULL,
                                                    nonce, key);
    assert_message(i, sealed, size + TAG);
}

static void published_xx_handshake_comes_out_bit_for_bit(void **state)
{
    struct tacet_noise i, r;
    uint8_t message[256], plain[64], payload[64];
    uint8_t k1[KEY], k2[KEY], k3[KEY], k4[KEY];
    uint8_t hash[TACET_NOISE_HASH];

    (void)state;
    parties(&i, &r);
    size_t size = from_hex(xx[0].payload, payload, sizeof(payload));
    tacet_noise_write_init(&i, NULL, 0, payload, size, message);
    memcpy(message + KEY, payload, size);
    assert_message(0, message, KEY + size);
    assert_int_equal(tacet_noise_read_init(&r, NULL, 0, message, message + KEY, size), 0);

    size = from_hex(xx[1].payload, payload, sizeof(payload));
    assert_int_equal(tacet_noise_write_resp(&r, NULL, 0, payload, size, message, message + KEY,
                                            message + 2 * KEY + TAG),
                     0);
    assert_message(1, message, 2 * KEY + TAG + size + TAG);
    assert_int_equal(tacet_noise_read_resp(&i, NULL, 0, message, message + KEY,
                                           message + 2 * KEY + TAG, size + TAG, plain),
                     0);
    assert_memory_equal(plain, payload, size);
    assert_memory_equal(i.rs, r.s_public, KEY);

    size = from_hex(xx[2].payload, payload, sizeof(payload));
    assert_int_equal(
        tacet_noise_write_fin(&i, NULL, 0, payload, size, message, message + KEY + TAG), 0);
    assert_message(2, message, KEY + TAG + size + TAG);
    assert_int_equal(
        tacet_noise_read_fin(&r, NULL, 0, message, message + KEY + TAG, size + TAG, plain), 0);
    assert_memory_equal(plain, payload, size);
    assert_memory_equal(r.rs, i.s_public, KEY);

    (void)from_hex(xx_hash, hash, sizeof(hash));
    assert_memory_equal(i.h, hash, sizeof(hash));
    assert_memory_equal(r.h, hash, sizeof(hash));
    tacet_noise_split(&i, k1, k2);
    tacet_noise_split(&r, k3, k4);
    assert_memory_equal(k1, k3, KEY);
    assert_memory_equal(k2, k4, KEY);
    assert_transport(3, k2, 0); /* after three messages it is the responder's turn */
    assert_transport(4, k1, 0);
}

/* cacophony, Noise_NNpsk0_25519_ChaChaPoly_SHA512: MixKeyAndHash, and e mixed into the key. */
static void published_psk_handshake_runs_through_the_symmetric_state(void **state)
{
    static const char name[] = "Noise_NNpsk0_25519_ChaChaPoly_SHA512";
    struct tacet_noise i;
    uint8_t prologue[16], psk[KEY], e[KEY], payload[16], sealed[16 + TAG], expected[64];
    uint8_t message[64], plain[16], hash[TACET_NOISE_HASH];

    (void)state;
    tacet_noise_init(&i, name, prologue, from_hex(xx_prologue, prologue, sizeof(prologue)));
    (void)from_hex("54686973206973206d7920417573747269616e20706572737065637469766521", psk, KEY);
    (void)from_hex(xx_init_e, i.e_secret, KEY);
    tacet_noise_public(i.e_secret, e);
    /* -> psk, e */
    tacet_noise_mix_key_and_hash(&i, psk, KEY);
    tacet_noise_mix_hash(&i, e, KEY);
    tacet_noise_mix_key(&i, e, KEY);
    size_t size = from_hex(xx[0].payload, payload, sizeof(payload));
    tacet_noise_encrypt_and_hash(&i, payload, size, sealed);
    (void)from_hex("ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944"
                   "d6950b5145b4067a58a0692dc0f114b368c3769275d30efc88c48aeaa82a91b2",
                   expected, sizeof(expected));
    assert_memory_equal(e, expected, KEY);
    assert_memory_equal(sealed, expected + KEY, size + TAG);
    /* <- e, ee */
    size = from_hex("95ebc60d2b1fa672c1f46a8aa265ef51bfe38e7ccb39ec5be34069f144808843"
                    "270979b50a80b94def87f09f53e0407dcfdbcf99daa2ff53ae7cf8b356ec1e",
                    message, sizeof(message));
    tacet_noise_mix_hash(&i, message, KEY);
    tacet_noise_mix_key(&i, message, KEY);
    assert_int_equal(tacet_noise_mix_dh(&i, i.e_secret, message), 0);
    assert_int_equal(tacet_noise_decrypt_and_hash(&i, message + KEY, size - KEY, plain), 0);
    assert_memory_equal(plain, "Murray Rothbard", 15);
    (void)from_hex("20747c2d6e39075ff1d468a0cc43a29f59217d41032e093341739713acf575f2"
                   "7fa3d47c4960cae660f07de84ac450429d9db318cd49fb2fe1625933f298828c",
                   hash, sizeof(hash));
    assert_memory_equal(i.h, hash, sizeof(hash));
}

static void header_is_part_of_the_transcript(void **state)
{
    static const uint8_t header[2][8] = { { 9, 1 }, { 9, 2 } };
    uint8_t init[KEY], e[KEY], s[KEY + TAG], sealed[8 + TAG], plain[8];

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        struct tacet_noise i, r;
        parties(&i, &r);
        tacet_noise_write_init(&i, header[0], 8, NULL, 0, init);
        assert_int_equal(tacet_noise_read_init(&r, header[0], 8, init, NULL, 0), 0);
        assert_int_equal(
            tacet_noise_write_resp(&r, header[0], 8, (const uint8_t *)"12345678", 8, e, s, sealed),
            0);
        assert_int_equal(
            tacet_noise_read_resp(&i, header[k], 8, e, s, sealed, sizeof(sealed), plain),
            k == 0 ? 0 : TACET_ERR_CRYPTO);
    }
}

static void every_flipped_bit_of_resp_is_refused_and_the_genuine_one_still_taken(void **state)
{
    struct tacet_noise i, r;
    uint8_t init[KEY], resp[2 * KEY + TAG + 8 + TAG], plain[8];
    unsigned refused = 0;

    (void)state;
    parties(&i, &r);
    tacet_noise_write_init(&i, NULL, 0, NULL, 0, init);
    assert_int_equal(tacet_noise_read_init(&r, NULL, 0, init, NULL, 0), 0);
    assert_int_equal(tacet_noise_write_resp(&r, NULL, 0, (const uint8_t *)"12345678", 8, resp,
                                            resp + KEY, resp + 2 * KEY + TAG),
                     0);
    for (size_t bit = 0; bit < 8 * sizeof(resp); bit++) {
        struct tacet_noise copy = i;
        resp[bit / 8] ^= (uint8_t)(1 << bit % 8);
        refused += tacet_noise_read_resp(&copy, NULL, 0, resp, resp + KEY, resp + 2 * KEY + TAG,
                                         8 + TAG, plain) == TACET_ERR_CRYPTO;
        resp[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(refused, 8 * sizeof(resp));
    assert_int_equal(
        tacet_noise_read_resp(&i, NULL, 0, resp, resp + KEY, resp + 2 * KEY + TAG, 8 + TAG, plain),
        0);
}

/* RFC 7748 section 5 (non-canonical encodings), and the points of small order. */
static const struct {
    const char *key;
    bool canonical;
    bool usable;
} points[] = {
    { "0900000000000000000000000000000000000000000000000000000000000000", true, true },
    { "ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", true, true },
    { "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", true, true },
    { "edfeffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", true, true },
    { "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe7f", true, true },
    { "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7e", true, true },
    { "0000000000000000000000000000000000000000000000000000000000000000", true, false },
    { "0100000000000000000000000000000000000000000000000000000000000000", true, false },
    { "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", true, false },
    { "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800", true, false },
    { "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157", true, false },
    { "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false, false },
    { "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false, false },
    { "f6ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false, false },
    { "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", false, false },
    { "0900000000000000000000000000000000000000000000000000000000000080", false, false },
    { "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", false, false },
};

static void keys_that_are_not_canonical_or_of_small_order_are_refused(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(points) / sizeof(points[0]); k++) {
        struct tacet_noise i, r;
        uint8_t key[KEY], e[KEY], s[KEY + TAG], sealed[TAG];
        int canonical = points[k].canonical ? 0 : TACET_ERR_CRYPTO;
        int usable = points[k].usable ? 0 : TACET_ERR_CRYPTO;

        parties(&i, &r);
        (void)from_hex(points[k].key, key, sizeof(key));
        assert_int_equal(tacet_noise_public_valid(key), points[k].canonical);
        struct tacet_noise copy = i;
        assert_int_equal(tacet_noise_mix_dh(&copy, i.s_secret, key), usable);
        /* As the ephemeral of INIT: refused there, or where it is first used. */
        assert_int_equal(tacet_noise_read_init(&r, NULL, 0, key, NULL, 0), canonical);
        if (points[k].canonical) {
            assert_int_equal(tacet_noise_write_resp(&r, NULL, 0, NULL, 0, e, s, sealed), usable);
        }
        /* As the ephemeral of RESP: a usable one fails at the tag of s. */
        tacet_noise_write_init(&i, NULL, 0, NULL, 0, e);
        assert_int_equal(tacet_noise_read_resp(&i, NULL, 0, key, s, sealed, sizeof(sealed), e),
                         TACET_ERR_CRYPTO);
    }
}

/* A static key of small order is sealed by a hostile responder who knows what he does. */
static void small_order_static_key_is_refused(void **state)
{
    struct tacet_noise i, r;
    uint8_t e[KEY], s[KEY + TAG], sealed[TAG], plain[1];

    (void)state;
    parties(&i, &r);
    tacet_noise_write_init(&i, NULL, 0, NULL, 0, e);
    assert_int_equal(tacet_noise_read_init(&r, NULL, 0, e, NULL, 0), 0);
    memset(r.s_public, 0, KEY);
    assert_int_equal(tacet_noise_write_resp(&r, NULL, 0, NULL, 0, e, s, sealed), 0);
    assert_int_equal(tacet_noise_read_resp(&i, NULL, 0, e, s, sealed, TAG, plain),
                     TACET_ERR_CRYPTO);
    assert_true(sodium_is_zero(i.rs, KEY)); /* it got as far as the key itself */
    assert_int_equal(i.n, 1);
}

static void sealed_bytes_shorter_than_a_tag_are_refused(void **state)
{
    uint8_t data[TAG] = { 0 };
    uint8_t out[TAG];

    (void)state;
    for (size_t size = 0; size < TAG; size++) {
        struct tacet_noise n;
        tacet_noise_init(&n, xx_name, NULL, 0);
        tacet_noise_mix_key(&n, data, sizeof(data));
        assert_int_equal(tacet_noise_decrypt_and_hash(&n, data, size, out), TACET_ERR_CRYPTO);
    }
}

static void sealing_and_opening_in_place_work(void **state)
{
    struct tacet_noise a, b;
    uint8_t data[40 + TAG] = "forty bytes of text that stay in place..";
    uint8_t before[40];

    (void)state;
    memcpy(before, data, sizeof(before));
    tacet_noise_init(&a, xx_name, NULL, 0);
    tacet_noise_mix_key(&a, before, sizeof(before));
    b = a;
    tacet_noise_encrypt_and_hash(&a, data, 40, data);
    assert_memory_not_equal(data, before, 40);
    assert_int_equal(tacet_noise_decrypt_and_hash(&b, data, sizeof(data), data), 0);
    assert_memory_equal(data, before, 40);
    assert_memory_equal(a.h, b.h, sizeof(a.h));
}

static void exporter_is_none_of_the_split_keys_and_ck_is_gone(void **state)
{
    struct tacet_noise n;
    uint8_t k1[KEY], k2[KEY], exporter[TACET_NOISE_HASH];

    (void)state;
    tacet_noise_init(&n, xx_name, NULL, 0);
    tacet_noise_mix_key(&n, n.h, sizeof(n.h));
    tacet_noise_split(&n, k1, k2);
    tacet_noise_export(&n, exporter);
    assert_memory_not_equal(exporter, k1, KEY);
    assert_memory_not_equal(exporter, k2, KEY);
    assert_true(sodium_is_zero(n.ck, sizeof(n.ck)));
    tacet_noise_wipe(&n);
    assert_true(sodium_is_zero((const uint8_t *)&n, sizeof(n)));
}

static void long_protocol_name_is_hashed(void **state)
{
    static const char name[] = "Noise_XXpsk0+psk1+psk2+psk3+psk4_25519_ChaChaPoly_SHA512_and_more";
    struct tacet_noise n;
    uint8_t hash[TACET_NOISE_HASH];

    (void)state;
    _Static_assert(sizeof(name) - 1 > TACET_NOISE_HASH, "longer than the hash");
    tacet_noise_init(&n, name, NULL, 0);
    (void)crypto_hash_sha512(hash, (const uint8_t *)name, sizeof(name) - 1);
    assert_memory_equal(n.ck, hash, sizeof(hash));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_xx_handshake_comes_out_bit_for_bit),
        cmocka_unit_test(published_psk_handshake_runs_through_the_symmetric_state),
        cmocka_unit_test(header_is_part_of_the_transcript),
        cmocka_unit_test(every_flipped_bit_of_resp_is_refused_and_the_genuine_one_still_taken),
        cmocka_unit_test(keys_that_are_not_canonical_or_of_small_order_are_refused),
        cmocka_unit_test(small_order_static_key_is_refused),
        cmocka_unit_test(sealed_bytes_shorter_than_a_tag_are_refused),
        cmocka_unit_test(sealing_and_opening_in_place_work),
        cmocka_unit_test(exporter_is_none_of_the_split_keys_and_ck_is_gone),
        cmocka_unit_test(long_protocol_name_is_hashed),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
