/*
 * ML-KEM-768 against NIST's ACVP, Wycheproof, CCTV's accumulated hash, and figures of another
 * implementation that lie here (mlkem_vectors.h).
 */
#include "crypto/mlkem768.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/keccak.h"
#include "mlkem_vectors.h"
#include "tacet/error.h"
#include "vectors.h"

/* ThreadSanitizer and its like make 10,000 runs take most of a minute. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum {
    EK = TACET_MLKEM768_EK,
    DK = TACET_MLKEM768_DK,
    CIPHER = TACET_MLKEM768_CIPHER,
    ROOM = 4096, /* for fields that are longer than they should be */
};

struct set {
    uint8_t d[32], z[32], m[32];
    uint8_t ek[EK], dk[DK], cipher[CIPHER], shared[32];
};

static void named(const char *name, unsigned n, uint8_t out[32])
{
    char text[16];

    (void)snprintf(text, sizeof(text), "%s%u", name, n);
    (void)crypto_hash_sha256(out, (const uint8_t *)text, strlen(text));
}

static void make_set(unsigned n, struct set *s)
{
    named("d", n, s->d);
    named("z", n, s->z);
    named("m", n, s->m);
    tacet_mlkem768_keygen(s->d, s->z, s->ek, s->dk);
    assert_int_equal(tacet_mlkem768_encapsulate(s->ek, s->m, s->cipher, s->shared), 0);
}

static void assert_hex(const uint8_t *data, size_t size, const char *expected)
{
    uint8_t right[64];

    assert_int_equal(from_hex(expected, right, sizeof(right)), size);
    assert_memory_equal(data, right, size);
}

static void assert_hash(const uint8_t *data, size_t size, const char *expected)
{
    uint8_t hash[32];

    (void)crypto_hash_sha256(hash, data, size);
    assert_hex(hash, sizeof(hash), expected);
}

static void another_implementation_makes_the_same(void **state)
{
    struct set s;
    uint8_t got[32];

    (void)state;
    for (unsigned n = 0; n < sizeof(mlkem_vectors) / sizeof(mlkem_vectors[0]); n++) {
        make_set(n, &s);
        assert_hash(s.ek, EK, mlkem_vectors[n].ek_sha256);
        assert_hash(s.dk, DK, mlkem_vectors[n].dk_sha256);
        assert_hash(s.cipher, CIPHER, mlkem_vectors[n].cipher_sha256);
        assert_hex(s.shared, 32, mlkem_vectors[n].shared);
        tacet_mlkem768_decapsulate(s.dk, s.cipher, got);
        assert_memory_equal(got, s.shared, 32);
        s.cipher[7 * n] ^= (uint8_t)(1 << n);
        tacet_mlkem768_decapsulate(s.dk, s.cipher, got);
        assert_hex(got, 32, mlkem_vectors[n].rejected);
    }
}

/* Every bit of the ciphertext counts: with one changed the secret is J(z || c), FIPS 203 6.3. */
static void each_changed_bit_of_a_ciphertext_is_rejected_implicitly(void **state)
{
    struct set s;
    uint8_t got[32], expected[32];

    (void)state;
    make_set(0, &s);
    for (unsigned bit = 0; bit < 8 * CIPHER; bit += SANITIZED ? 61 : 3) {
        s.cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
        struct tacet_sponge j = tacet_shake256();
        tacet_sponge_absorb(&j, s.z, 32);
        tacet_sponge_absorb(&j, s.cipher, CIPHER);
        tacet_sponge_squeeze(&j, expected, 32);
        tacet_mlkem768_decapsulate(s.dk, s.cipher, got);
        assert_memory_equal(got, expected, 32);
        s.cipher[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

/* Coefficient `at` of t, 12 bits. */
static void set_coefficient(uint8_t ek[EK], unsigned at, unsigned value)
{
    uint8_t *pair = ek + at / 2 * 3;

    if (at % 2 == 0) {
        pair[0] = (uint8_t)value;
        pair[1] = (uint8_t)((pair[1] & 0xf0) | value >> 8);
    } else {
        pair[1] = (uint8_t)((pair[1] & 0x0f) | (value & 15) << 4);
        pair[2] = (uint8_t)(value >> 4);
    }
}

static void coefficient_of_q_or_more_is_refused_in_any_place(void **state)
{
    struct set s;
    uint8_t ek[EK], cipher[CIPHER] = { 0 }, shared[32] = { 0 };

    (void)state;
    make_set(1, &s);
    for (unsigned at = 0; at < 768; at++) {
        static const unsigned wrong[] = { 3329, 3330, 4095 };
        memcpy(ek, s.ek, EK);
        for (unsigned i = 0; i < 3; i++) {
            set_coefficient(ek, at, wrong[i]);
            assert_false(tacet_mlkem768_ek_valid(ek));
            assert_int_equal(tacet_mlkem768_encapsulate(ek, s.m, cipher, shared), TACET_ERR_CRYPTO);
        }
        set_coefficient(ek, at, 3328);
        assert_true(tacet_mlkem768_ek_valid(ek));
    }
    assert_true(sodium_is_zero(cipher, CIPHER));
    assert_true(sodium_is_zero(shared, 32));
}

static void decapsulation_key_whose_hash_is_not_of_its_key_is_refused(void **state)
{
    struct set s;

    (void)state;
    make_set(2, &s);
    assert_true(tacet_mlkem768_dk_valid(s.dk));
    for (unsigned i = 1152; i < 1152 + EK + 32; i++) {
        s.dk[i] ^= 1;
        assert_false(tacet_mlkem768_dk_valid(s.dk));
        s.dk[i] ^= 1;
    }
}

/* C2SP/CCTV, ML-KEM: one stream of SHAKE128 gives d, z, m and a random ciphertext for each run;
 * everything that is made goes into another. */
static void accumulate(unsigned runs, uint8_t out[32])
{
    struct tacet_sponge rng = tacet_shake128(), sum = tacet_shake128();
    struct set s;
    uint8_t random[CIPHER], got[32];

    for (unsigned i = 0; i < runs; i++) {
        tacet_sponge_squeeze(&rng, s.d, 32);
        tacet_sponge_squeeze(&rng, s.z, 32);
        tacet_sponge_squeeze(&rng, s.m, 32);
        tacet_sponge_squeeze(&rng, random, CIPHER);
        tacet_mlkem768_keygen(s.d, s.z, s.ek, s.dk);
        assert_int_equal(tacet_mlkem768_encapsulate(s.ek, s.m, s.cipher, s.shared), 0);
        tacet_mlkem768_decapsulate(s.dk, random, got);
        tacet_sponge_absorb(&sum, s.ek, EK);
        tacet_sponge_absorb(&sum, s.dk, DK);
        tacet_sponge_absorb(&sum, s.cipher, CIPHER);
        tacet_sponge_absorb(&sum, s.shared, 32);
        tacet_sponge_absorb(&sum, got, 32);
    }
    tacet_sponge_squeeze(&sum, out, 32);
}

static void accumulated_hash_of_100_runs_is_right(void **state)
{
    uint8_t got[32];

    (void)state;
    accumulate(100, got);
    assert_hex(got, 32, accumulated_100);
}

/* The figure is of C2SP/CCTV's README. */
static void accumulated_hash_of_10000_runs_is_right(void **state)
{
    uint8_t got[32];

    (void)state;
    if (SANITIZED) {
        skip();
    }
    accumulate(10000, got);
    assert_hex(got, 32, "f959d18d3d1180121433bf0e05f11e7908cf9d03edc150b2b07cb90bef5bc1c1");
    cJSON *json = load_vectors("cctv-mlkem/accumulated.json");
    if (json != NULL) {
        assert_hex(got, 32, member(json, "ML-KEM-768"));
        print_message("cctv-mlkem/accumulated.json: 10000 runs\n");
    }
    cJSON_Delete(json);
}

static void keygen_case(const cJSON *group, const cJSON *test)
{
    struct set s;
    uint8_t seed[64], ek[EK], dk[DK];

    (void)group;
    assert_string_equal(member(test, "result"), "valid");
    assert_int_equal(member_hex(test, "seed", seed, sizeof(seed)), 64);
    assert_int_equal(member_hex(test, "ek", ek, EK), EK);
    assert_int_equal(member_hex(test, "dk", dk, DK), DK);
    tacet_mlkem768_keygen(seed, seed + 32, s.ek, s.dk);
    assert_memory_equal(s.ek, ek, EK);
    assert_memory_equal(s.dk, dk, DK);
    assert_true(tacet_mlkem768_ek_valid(ek));
    assert_true(tacet_mlkem768_dk_valid(dk));
}

static void encaps_case(const cJSON *group, const cJSON *test)
{
    struct set s;
    uint8_t ek[ROOM], expected[CIPHER], shared[32];
    bool valid = strcmp(member(test, "result"), "valid") == 0;

    (void)group;
    if (member_hex(test, "ek", ek, sizeof(ek)) != EK) {
        assert_false(valid); /* the size is part of ours' type */
        return;
    }
    assert_int_equal(member_hex(test, "m", s.m, 32), 32);
    assert_int_equal(tacet_mlkem768_encapsulate(ek, s.m, s.cipher, s.shared),
                     valid ? 0 : TACET_ERR_CRYPTO);
    if (valid) {
        assert_int_equal(member_hex(test, "c", expected, CIPHER), CIPHER);
        assert_int_equal(member_hex(test, "K", shared, 32), 32);
        assert_memory_equal(s.cipher, expected, CIPHER);
        assert_memory_equal(s.shared, shared, 32);
    }
}

static void decaps_case(const cJSON *group, const cJSON *test)
{
    struct set s;
    uint8_t seed[ROOM], cipher[ROOM], ek[EK], shared[32];
    bool valid = strcmp(member(test, "result"), "valid") == 0;

    (void)group;
    if (member_hex(test, "seed", seed, sizeof(seed)) != 64 ||
        member_hex(test, "c", cipher, sizeof(cipher)) != CIPHER) {
        assert_false(valid);
        return;
    }
    assert_true(valid);
    tacet_mlkem768_keygen(seed, seed + 32, s.ek, s.dk);
    if (member_hex(test, "ek", ek, EK) == EK) {
        assert_memory_equal(s.ek, ek, EK);
    }
    assert_int_equal(member_hex(test, "K", shared, 32), 32);
    tacet_mlkem768_decapsulate(s.dk, cipher, s.shared);
    assert_memory_equal(s.shared, shared, 32);
}

static void semi_expanded_case(const cJSON *group, const cJSON *test)
{
    uint8_t dk[ROOM], cipher[ROOM], shared[32], got[32];
    bool valid = strcmp(member(test, "result"), "valid") == 0;

    (void)group;
    if (member_hex(test, "dk", dk, sizeof(dk)) != DK ||
        member_hex(test, "c", cipher, sizeof(cipher)) != CIPHER) {
        assert_false(valid);
        return;
    }
    assert_int_equal(tacet_mlkem768_dk_valid(dk), valid);
    if (valid) {
        assert_int_equal(member_hex(test, "K", shared, 32), 32);
        tacet_mlkem768_decapsulate(dk, cipher, got);
        assert_memory_equal(got, shared, 32);
    }
}

static void wycheproof_holds(void **state)
{
    (void)state;
    if (each_case("wycheproof/mlkem_768_keygen_seed_test.json", keygen_case) < 0) {
        skip();
    }
    assert_true(each_case("wycheproof/mlkem_768_encaps_test.json", encaps_case) > 0);
    assert_true(each_case("wycheproof/mlkem_768_test.json", decaps_case) > 0);
    assert_true(
        each_case("wycheproof/mlkem_768_semi_expanded_decaps_test.json", semi_expanded_case) > 0);
}

static void acvp_keygen(const cJSON *test, const cJSON *result)
{
    struct set s;
    uint8_t ek[EK], dk[DK];

    assert_int_equal(member_hex(test, "d", s.d, 32), 32);
    assert_int_equal(member_hex(test, "z", s.z, 32), 32);
    assert_int_equal(member_hex(result, "ek", ek, EK), EK);
    assert_int_equal(member_hex(result, "dk", dk, DK), DK);
    tacet_mlkem768_keygen(s.d, s.z, s.ek, s.dk);
    assert_memory_equal(s.ek, ek, EK);
    assert_memory_equal(s.dk, dk, DK);
}

static void acvp_encapsulation(const cJSON *test, const cJSON *result)
{
    struct set s;
    uint8_t cipher[CIPHER], shared[32];

    assert_int_equal(member_hex(test, "ek", s.ek, EK), EK);
    assert_int_equal(member_hex(test, "m", s.m, 32), 32);
    assert_int_equal(member_hex(result, "c", cipher, CIPHER), CIPHER);
    assert_int_equal(member_hex(result, "k", shared, 32), 32);
    assert_int_equal(tacet_mlkem768_encapsulate(s.ek, s.m, s.cipher, s.shared), 0);
    assert_memory_equal(s.cipher, cipher, CIPHER);
    assert_memory_equal(s.shared, shared, 32);
}

static void acvp_decapsulation(const cJSON *test, const cJSON *result)
{
    struct set s;
    uint8_t shared[32];

    assert_int_equal(member_hex(test, "dk", s.dk, DK), DK);
    assert_int_equal(member_hex(test, "c", s.cipher, CIPHER), CIPHER);
    assert_int_equal(member_hex(result, "k", shared, 32), 32);
    tacet_mlkem768_decapsulate(s.dk, s.cipher, s.shared);
    assert_memory_equal(s.shared, shared, 32);
}

/* A key of another size fails its type check. */
static void acvp_key_check(const cJSON *test, const cJSON *result)
{
    bool passes = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(result, "testPassed"));
    uint8_t key[ROOM];

    if (cJSON_HasObjectItem(test, "dk")) {
        bool sized = member_hex(test, "dk", key, sizeof(key)) == DK;
        assert_int_equal(sized && tacet_mlkem768_dk_valid(key), passes);
    } else {
        bool sized = member_hex(test, "ek", key, sizeof(key)) == EK;
        assert_int_equal(sized && tacet_mlkem768_ek_valid(key), passes);
    }
}

/* The cases of the group of ML-KEM-768 with this function; how many. */
static int acvp_group(const char *mode, const char *function,
                      void (*run)(const cJSON *test, const cJSON *result))
{
    char name[2][96];
    cJSON *json[2];
    const cJSON *group, *test;
    int count = 0;

    for (int i = 0; i < 2; i++) {
        (void)snprintf(name[i], sizeof(name[i]), "acvp-mlkem/acvp_v1.1.0.40_%s_%s.json", mode,
                       i == 0 ? "prompt" : "expectedResults");
        json[i] = load_vectors(name[i]);
        if (json[i] == NULL) {
            return -1;
        }
    }
    cJSON_ArrayForEach(group, cJSON_GetObjectItemCaseSensitive(json[0], "testGroups"))
    {
        const cJSON *what = cJSON_GetObjectItemCaseSensitive(group, "function");
        if (strcmp(member(group, "parameterSet"), "ML-KEM-768") != 0 ||
            (what != NULL && strcmp(what->valuestring, function) != 0)) {
            continue;
        }
        int id = cJSON_GetObjectItemCaseSensitive(group, "tgId")->valueint;
        const cJSON *results = NULL;
        cJSON_ArrayForEach(results, cJSON_GetObjectItemCaseSensitive(json[1], "testGroups"))
        {
            if (cJSON_GetObjectItemCaseSensitive(results, "tgId")->valueint == id) {
                break;
            }
        }
        const cJSON *result = cJSON_GetObjectItemCaseSensitive(results, "tests")->child;
        cJSON_ArrayForEach(test, cJSON_GetObjectItemCaseSensitive(group, "tests"))
        {
            assert_int_equal(cJSON_GetObjectItemCaseSensitive(test, "tcId")->valueint,
                             cJSON_GetObjectItemCaseSensitive(result, "tcId")->valueint);
            run(test, result);
            result = result->next;
            count++;
        }
    }
    cJSON_Delete(json[0]);
    cJSON_Delete(json[1]);
    print_message("%s, ML-KEM-768 %s: %d cases\n", name[0], function, count);
    return count;
}

static void acvp_holds(void **state)
{
    static const struct {
        const char *mode;
        const char *function;
        void (*run)(const cJSON *test, const cJSON *result);
        int count;
    } groups[] = {
        { "keyGen", "keyGen", acvp_keygen, 25 },
        { "encapDecap", "encapsulation", acvp_encapsulation, 25 },
        { "encapDecap", "decapsulation", acvp_decapsulation, 10 },
        { "encapDecap", "decapsulationKeyCheck", acvp_key_check, 10 },
        { "encapDecap", "encapsulationKeyCheck", acvp_key_check, 10 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        int count = acvp_group(groups[i].mode, groups[i].function, groups[i].run);
        if (count < 0) {
            skip();
        }
        assert_int_equal(count, groups[i].count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_implementation_makes_the_same),
        cmocka_unit_test(each_changed_bit_of_a_ciphertext_is_rejected_implicitly),
        cmocka_unit_test(coefficient_of_q_or_more_is_refused_in_any_place),
        cmocka_unit_test(decapsulation_key_whose_hash_is_not_of_its_key_is_refused),
        cmocka_unit_test(accumulated_hash_of_100_runs_is_right),
        cmocka_unit_test(accumulated_hash_of_10000_runs_is_right),
        cmocka_unit_test(acvp_holds),
        cmocka_unit_test(wycheproof_holds),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
