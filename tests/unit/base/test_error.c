/* Every code has a text of its own. */
#include "tacet/error.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_error_has_a_text_of_its_own(void **state)
{
    static const int codes[] = {
#define TACET_ERROR_CODE(name, value, text) TACET_ERR_##name,
        TACET_ERROR_TABLE(TACET_ERROR_CODE)
#undef TACET_ERROR_CODE
    };
    size_t count = sizeof(codes) / sizeof(codes[0]);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_true(codes[i] < 0);
        assert_string_not_equal(tacet_error_string(codes[i]), "unknown error");
        assert_string_not_equal(tacet_error_string(codes[i]), "success");
        for (size_t j = 0; j < i; j++) {
            assert_int_not_equal(codes[i], codes[j]);
            assert_string_not_equal(tacet_error_string(codes[i]), tacet_error_string(codes[j]));
        }
    }
}

static void other_numbers_are_unknown(void **state)
{
    (void)state;
    assert_string_equal(tacet_error_string(0), "success");
    assert_string_equal(tacet_error_string(1), "unknown error");
    assert_string_equal(tacet_error_string(-1000), "unknown error");
    assert_string_equal(tacet_error_string(INT32_MIN), "unknown error");
}

static void drop_names_are_those_of_the_summary(void **state)
{
    static const struct {
        enum tacet_drop drop;
        const char *name;
    } rows[] = {
        { TACET_DROP_NONE, "none" },           { TACET_DROP_SHORT, "short" },
        { TACET_DROP_UNKNOWN, "unknown" },     { TACET_DROP_AUTH, "auth" },
        { TACET_DROP_REPLAY, "replay" },       { TACET_DROP_LATE, "late" },
        { TACET_DROP_RATE, "rate" },           { TACET_DROP_STATE, "state" },
        { TACET_DROP_MALFORMED, "malformed" },
    };

    (void)state;
    assert_int_equal(sizeof(rows) / sizeof(rows[0]), TACET_DROP_COUNT);
    for (size_t i = 0; i < TACET_DROP_COUNT; i++) {
        assert_string_equal(tacet_drop_string(rows[i].drop), rows[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_a_text_of_its_own),
        cmocka_unit_test(other_numbers_are_unknown),
        cmocka_unit_test(drop_names_are_those_of_the_summary),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
