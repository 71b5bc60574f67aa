/* The words and their commitment, against figures computed with Python; the list as published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/words.h"
#include "vectors.h"

#include <strings.h>

static uint8_t counting[128];

static void words_are_those_of_the_formula(void **state)
{
    static const struct {
        unsigned h; /* where the handshake hash begins in 00..7f */
        const char *words;
    } rows[] = { { 64, "assume souvenir endorse unravel" },
                 { 0, "sailboat torpedo drunken positive" } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[TACET_WORDS_MAX];
        tacet_words(counting, counting + 32, counting + rows[i].h, out);
        assert_string_equal(out, rows[i].words);
    }
}

static void words_depend_on_every_input(void **state)
{
    char genuine[TACET_WORDS_MAX], out[TACET_WORDS_MAX];
    uint8_t data[128];

    (void)state;
    tacet_words(counting, counting + 32, counting + 64, genuine);
    for (size_t i = 0; i < sizeof(data); i++) {
        memcpy(data, counting, sizeof(data));
        data[i] ^= 1;
        tacet_words(data, data + 32, data + 64, out);
        assert_string_not_equal(out, genuine);
    }
}

static void nonce_must_be_the_one_committed_to(void **state)
{
    uint8_t commitment[TACET_SAS_COMMITMENT], expected[TACET_SAS_COMMITMENT];
    uint8_t nonce[TACET_SAS_NONCE];

    (void)state;
    (void)from_hex("5751c586b86d1f435c9bc554990c56e9a310da1fc845f119284d09f084e4c270", expected,
                   sizeof(expected));
    tacet_words_commit(counting, commitment);
    assert_memory_equal(commitment, expected, sizeof(expected));
    assert_true(tacet_words_check(counting, commitment));
    for (size_t bit = 0; bit < 8 * sizeof(nonce); bit++) {
        memcpy(nonce, counting, sizeof(nonce));
        nonce[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(tacet_words_check(nonce, commitment));
        commitment[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(tacet_words_check(counting, commitment));
        commitment[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void no_word_is_in_the_list_twice(void **state)
{
    const char(*list)[TACET_WORD_MAX + 1] = &tacet_word_list[0][0];

    (void)state;
    for (unsigned i = 0; i < 512; i++) {
        assert_true(strlen(list[i]) >= 4 && strlen(list[i]) <= TACET_WORD_MAX);
        for (unsigned k = 0; k < i; k++) {
            assert_int_not_equal(strcasecmp(list[i], list[k]), 0);
        }
    }
}

static void list_is_the_published_one(void **state)
{
    char *text = read_vectors("wordlist/pgp-words.tsv");
    unsigned count = 0;

    (void)state;
    if (text == NULL) {
        skip();
    }
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        unsigned byte;
        char even[32], odd[32];
        if (line[0] == '#') {
            continue;
        }
        assert_non_null(strchr(line, '\n'));
        assert_int_equal(sscanf(line, "%x\t%31s\t%31s", &byte, even, odd), 3);
        assert_int_equal(byte, count);
        assert_string_equal(tacet_word_list[byte][0], even);
        assert_string_equal(tacet_word_list[byte][1], odd);
        count++;
    }
    assert_int_equal(count, 256);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_formula),
        cmocka_unit_test(words_depend_on_every_input),
        cmocka_unit_test(nonce_must_be_the_one_committed_to),
        cmocka_unit_test(no_word_is_in_the_list_twice),
        cmocka_unit_test(list_is_the_published_one),
    };

    for (unsigned i = 0; i < sizeof(counting); i++) {
        counting[i] = (uint8_t)i;
    }
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
