/*
 * X-Wing against the vectors of draft-connolly-cfrg-xwing-kem-10 appendix C, and figures of another
 * implementation that lie here (xwing_vectors.h).
 */
#include "crypto/xwing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/keccak.h"
#include "crypto/mlkem768.h"
#include "tacet/error.h"
#include "vectors.h"
#include "xwing_vectors.h"

struct set {
    uint8_t secret[32], seed[64];
    uint8_t public_key[TACET_XWING_PUBLIC], cipher[TACET_XWING_CIPHER], shared[32];
};

static void assert_hex(const uint8_t data[32], const char *expected)
{
    uint8_t right[32];

    assert_int_equal(from_hex(expected, right, sizeof(right)), 32);
    assert_memory_equal(data, right, 32);
}

static void assert_hash(const uint8_t *data, size_t size, const char *expected)
{
    uint8_t hash[32];

    (void)crypto_hash_sha256(hash, data, size);
    assert_hex(hash, expected);
}

static void named(const char *name, unsigned n, uint8_t out[32])
{
    char text[16];

    (void)snprintf(text, sizeof(text), "%s%u", name, n);
    (void)crypto_hash_sha256(out, (const uint8_t *)text, strlen(text));
}

static void make_set(unsigned n, struct set *s)
{
    named("x", n, s->secret);
    named("m", n, s->seed);
    named("e", n, s->seed + 32);
    tacet_xwing_public(s->secret, s->public_key);
    assert_int_equal(tacet_xwing_encapsulate(s->public_key, s->seed, s->cipher, s->shared), 0);
}

static void another_implementation_makes_the_same(void **state)
{
    struct set s;
    uint8_t got[32];

    (void)state;
    for (unsigned n = 0; n < sizeof(xwing_vectors) / sizeof(xwing_vectors[0]); n++) {
        make_set(n, &s);
        assert_hash(s.public_key, sizeof(s.public_key), xwing_vectors[n].public_sha256);
        assert_hash(s.cipher, sizeof(s.cipher), xwing_vectors[n].cipher_sha256);
        assert_hex(s.shared, xwing_vectors[n].shared);
        tacet_xwing_decapsulate(s.secret, s.cipher, got);
        assert_memory_equal(got, s.shared, 32);
        s.cipher[7 * n] ^= (uint8_t)(1 << n);
        tacet_xwing_decapsulate(s.secret, s.cipher, got);
        assert_hex(got, xwing_vectors[n].rejected);
    }
}

/* Seeds and shared secrets of the draft; of its keys and ciphertexts the SHA-256. */
static void vectors_of_the_draft_hold(void **state)
{
    static const struct {
        const char *secret;
        const char *seed[2];
        const char *public_sha256;
        const char *cipher_sha256;
        const char *shared;
    } rows[] = {
        {
            "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26",
            { "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2",
              "35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2" },
            "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb",
            "17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33",
            "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384",
        },
        {
            "badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea",
            { "17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdef",
              "aee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d" },
            "c42ba5f8430d7d2c83739338203819f090e8303ce9c8b02107c272bfa5376916",
            "1661ea86d608a1924ba30840cb0a65f13ae051e3aec9cf0f064efc0bc92f2154",
            "f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150",
        },
        {
            "ef58538b8d23f87732ea63b02b4fa0f4873360e2841928cd60dd4cee8cc0d4c9",
            { "22a96188d032675c8ac850933c7aff1533b94c834adbb69c6115bad4692d8619",
              "f90b0cdf8a7b9c264029ac185b70b83f2801f2f4b3f70c593ea3aeeb613a7f1b" },
            "6b080d6b84f095342092fa7a22423e58bd681397ad0ef00eac92bd254db4fa95",
            "d3ca5578500344b5896cffc4fd740c9311946b82951df155e6fd86a7966b43c6",
            "953f7f4e8c5b5049bdc771d1dffada0dd961477d1a2ae0988baa7ea6898d893f",
        },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct set s;
        (void)from_hex(rows[i].secret, s.secret, 32);
        (void)from_hex(rows[i].seed[0], s.seed, 32);
        (void)from_hex(rows[i].seed[1], s.seed + 32, 32);
        tacet_xwing_public(s.secret, s.public_key);
        assert_int_equal(tacet_xwing_encapsulate(s.public_key, s.seed, s.cipher, s.shared), 0);
        assert_hash(s.public_key, sizeof(s.public_key), rows[i].public_sha256);
        assert_hash(s.cipher, sizeof(s.cipher), rows[i].cipher_sha256);
        assert_hex(s.shared, rows[i].shared);
    }
}

static void published_file_holds(void **state)
{
    cJSON *json = load_vectors("xwing/test-vectors.json");
    const cJSON *test;
    int count = 0;

    (void)state;
    if (json == NULL) {
        skip();
    }
    cJSON_ArrayForEach(test, json)
    {
        struct set s;
        uint8_t public_key[TACET_XWING_PUBLIC], cipher[TACET_XWING_CIPHER], shared[32], got[32];
        assert_int_equal(member_hex(test, "seed", s.secret, 32), 32);
        assert_string_equal(member(test, "seed"), member(test, "sk"));
        assert_int_equal(member_hex(test, "eseed", s.seed, 64), 64);
        assert_int_equal(member_hex(test, "pk", public_key, TACET_XWING_PUBLIC),
                         TACET_XWING_PUBLIC);
        assert_int_equal(member_hex(test, "ct", cipher, TACET_XWING_CIPHER), TACET_XWING_CIPHER);
        assert_int_equal(member_hex(test, "ss", shared, 32), 32);
        tacet_xwing_public(s.secret, s.public_key);
        assert_memory_equal(s.public_key, public_key, sizeof(public_key));
        assert_int_equal(tacet_xwing_encapsulate(public_key, s.seed, s.cipher, s.shared), 0);
        assert_memory_equal(s.cipher, cipher, sizeof(cipher));
        assert_memory_equal(s.shared, shared, 32);
        tacet_xwing_decapsulate(s.secret, cipher, got);
        assert_memory_equal(got, shared, 32);
        count++;
    }
    cJSON_Delete(json);
    print_message("xwing/test-vectors.json: %d cases\n", count);
    assert_int_equal(count, 3);
}

/* SHA3-256(ss_M || ss_X || ct_X || pk_X || label) with ss_X = 0. */
static void combine_with_zero(const uint8_t ss_m[32], const uint8_t ct_x[32],
                              const uint8_t pk_x[32], uint8_t out[32])
{
    static const uint8_t zero[32];
    struct tacet_sponge sponge = tacet_sha3_256();

    tacet_sponge_absorb(&sponge, ss_m, 32);
    tacet_sponge_absorb(&sponge, zero, 32);
    tacet_sponge_absorb(&sponge, ct_x, 32);
    tacet_sponge_absorb(&sponge, pk_x, 32);
    tacet_sponge_absorb(&sponge, (const uint8_t *)"\\.//^\\", 6);
    tacet_sponge_squeeze(&sponge, out, 32);
}

/* The draft takes X25519's output as it is: zero for a point of small order, on both sides. */
static void point_of_small_order_counts_as_zero(void **state)
{
    struct set s;
    uint8_t ss_m[32], cipher[TACET_MLKEM768_CIPHER], expanded[96], ek[TACET_MLKEM768_EK];
    uint8_t dk[TACET_MLKEM768_DK], got[32], expected[32];
    uint8_t *ct_x = s.cipher + TACET_MLKEM768_CIPHER, *pk_x = s.public_key + TACET_MLKEM768_EK;
    struct tacet_sponge xof = tacet_shake256();

    (void)state;
    make_set(0, &s);
    memset(ct_x, 0, 32);
    tacet_xwing_decapsulate(s.secret, s.cipher, got);
    tacet_sponge_absorb(&xof, s.secret, 32);
    tacet_sponge_squeeze(&xof, expanded, sizeof(expanded));
    tacet_mlkem768_keygen(expanded, expanded + 32, ek, dk);
    tacet_mlkem768_decapsulate(dk, s.cipher, ss_m);
    combine_with_zero(ss_m, ct_x, pk_x, expected);
    assert_memory_equal(got, expected, 32);

    memset(pk_x, 0, 32);
    assert_int_equal(tacet_xwing_encapsulate(s.public_key, s.seed, s.cipher, s.shared), 0);
    assert_int_equal(tacet_mlkem768_encapsulate(s.public_key, s.seed, cipher, ss_m), 0);
    combine_with_zero(ss_m, ct_x, pk_x, expected);
    assert_memory_equal(s.shared, expected, 32);
}

static void every_part_goes_into_the_shared_secret(void **state)
{
    struct set s;
    uint8_t got[32];

    (void)state;
    make_set(1, &s);
    for (unsigned at = 0; at < TACET_XWING_CIPHER; at += 17) {
        s.cipher[at] ^= 1;
        tacet_xwing_decapsulate(s.secret, s.cipher, got);
        assert_memory_not_equal(got, s.shared, 32);
        s.cipher[at] ^= 1;
    }
    for (unsigned at = TACET_MLKEM768_CIPHER; at < TACET_XWING_CIPHER; at++) {
        s.cipher[at] ^= 1;
        tacet_xwing_decapsulate(s.secret, s.cipher, got);
        assert_memory_not_equal(got, s.shared, 32);
        s.cipher[at] ^= 1;
    }
}

static void coefficient_of_q_is_refused_and_leaves_the_outputs(void **state)
{
    struct set s;
    uint8_t cipher[TACET_XWING_CIPHER] = { 0 }, shared[32] = { 0 };

    (void)state;
    make_set(2, &s);
    s.public_key[0] = 0x01; /* 0xd01 = 3329 */
    s.public_key[1] = (uint8_t)((s.public_key[1] & 0xf0) | 0x0d);
    assert_int_equal(tacet_xwing_encapsulate(s.public_key, s.seed, cipher, shared),
                     TACET_ERR_CRYPTO);
    assert_true(sodium_is_zero(cipher, sizeof(cipher)));
    assert_true(sodium_is_zero(shared, sizeof(shared)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_implementation_makes_the_same),
        cmocka_unit_test(vectors_of_the_draft_hold),
        cmocka_unit_test(published_file_holds),
        cmocka_unit_test(point_of_small_order_counts_as_zero),
        cmocka_unit_test(every_part_goes_into_the_shared_secret),
        cmocka_unit_test(coefficient_of_q_is_refused_and_leaves_the_outputs),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
