/* Safety numbers: Signal's published vector, and what ours has of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/safety_number.h"
#include "tacet/trust.h"
#include "vectors.h"

#include <stdio.h>
#include <string.h>

/* libsignal, rust/protocol/src/fingerprint.rs, tests; as in libsignal-protocol-java's
 * NumericFingerprintGeneratorTest. Keys with Signal's type byte. */
static const char alice_key[] =
    "0506863bc66d02b40d27b8d49ca7c09e9239236f9d7d25d6fcca5ce13c7064d868";
static const char bob_key[] = "05f781b6fb32fed9ba1cf2de978d4d5da28dc34046ae814402b5c0dbd96fda907b";
static const char displayable[] = "300354477692869396892869876765458257569162576843440918079131";

/* Two halves, the smaller first. */
static void check(const char *key_a, const char *id_a, const char *key_b, const char *id_b,
                  const char *expected)
{
    uint8_t key[2][33];
    char half[2][TACET_SAFETY_HALF_DIGITS];

    assert_int_equal(from_hex(key_a, key[0], 33), 33);
    assert_int_equal(from_hex(key_b, key[1], 33), 33);
    tacet_safety_half(key[0], 33, id_a, strlen(id_a), half[0]);
    tacet_safety_half(key[1], 33, id_b, strlen(id_b), half[1]);
    int first = memcmp(half[0], half[1], sizeof(half[0])) <= 0 ? 0 : 1;
    assert_memory_equal(half[first], expected, TACET_SAFETY_HALF_DIGITS);
    assert_memory_equal(half[1 - first], expected + TACET_SAFETY_HALF_DIGITS,
                        TACET_SAFETY_HALF_DIGITS);
}

static void signals_vector_is_reproduced(void **state)
{
    (void)state;
    check(alice_key, "+14152222222", bob_key, "+14153333333", displayable);
}

static void the_published_file_agrees(void **state)
{
    cJSON *json = load_vectors("signal-fingerprint/numeric_fingerprint.json");

    (void)state;
    if (json == NULL) {
        skip();
    }
    check(member(json, "alice_identity"), member(json, "alice_stable_id"),
          member(json, "bob_identity"), member(json, "bob_stable_id"), member(json, "displayable"));
    cJSON_Delete(json);
}

static void both_sides_see_the_same_number_in_groups_of_five(void **state)
{
    uint8_t a[32], b[32];
    char ab[TACET_SAFETY_NUMBER_MAX], ba[TACET_SAFETY_NUMBER_MAX];

    (void)state;
    memset(a, 1, sizeof(a));
    memset(b, 2, sizeof(b));
    assert_ptr_equal(tacet_safety_number(a, b, ab), ab);
    (void)tacet_safety_number(b, a, ba);
    assert_string_equal(ab, ba);
    assert_int_equal(strlen(ab), 71);
    for (size_t i = 0; i < 71; i++) {
        assert_true(i % 6 == 5 ? ab[i] == ' ' : ab[i] >= '0' && ab[i] <= '9');
    }
    /* Python: hashlib, h = SHA-512(00 00 || key || key || key), then 5199 times
     * h = SHA-512(h || key). */
    assert_string_equal(ab,
                        "08588 75980 70173 80613 13249 45877 81923 89058 08131 02403 67392 13837");
}

static void another_key_gives_another_number(void **state)
{
    uint8_t a[32] = { 1 }, b[32] = { 2 };
    char before[TACET_SAFETY_NUMBER_MAX], after[TACET_SAFETY_NUMBER_MAX];

    (void)state;
    (void)tacet_safety_number(a, b, before);
    b[31] ^= 0x80;
    (void)tacet_safety_number(a, b, after);
    assert_string_not_equal(before, after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signals_vector_is_reproduced),
        cmocka_unit_test(the_published_file_agrees),
        cmocka_unit_test(both_sides_see_the_same_number_in_groups_of_five),
        cmocka_unit_test(another_key_gives_another_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
