/* Unwrapping of sequence numbers and timestamps. */
#include "base/seq.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SEQ_START (INT64_C(1) << 32)
#define TIMESTAMP_START (INT64_C(1) << 40)

static void sequence_numbers_go_on_over_the_wrap(void **state)
{
    static const struct {
        uint16_t seq;
        int64_t expected; /* above SEQ_START */
        int64_t highest;
    } rows[] = {
        { 65534, 65534, 65534 },
        { 65535, 65535, 65535 },
        { 1, 65537, 65537 },
        { 0, 65536, 65537 },
        { 65533, 65533, 65537 },
        { 32768, 98304, 98304 },
        { 0, 65536, 98304 },
        { 0xffff, 131071, 131071 },
        { 10, 131082, 131082 },
        /* Half of the space back is the past, half less one ahead is the future. */
        { (uint16_t)(10 + 32768), 131082 - 32768, 131082 },
        { (uint16_t)(10 + 32767), 131082 + 32767, 131082 + 32767 },
    };
    struct tacet_unwrap u = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t before = u.highest;
        assert_true(tacet_unwrap_seq_peek(&u, rows[i].seq) == SEQ_START + rows[i].expected);
        assert_true(u.highest == before);
        assert_true(tacet_unwrap_seq(&u, rows[i].seq) == SEQ_START + rows[i].expected);
        assert_true(u.highest == SEQ_START + rows[i].highest);
    }
}

static void what_comes_before_the_first_is_not_negative(void **state)
{
    struct tacet_unwrap u = { 0 };

    (void)state;
    assert_true(tacet_unwrap_seq(&u, 0) == SEQ_START);
    assert_true(tacet_unwrap_seq(&u, 65535) == SEQ_START - 1);
    assert_true(u.highest == SEQ_START);
}

static void timestamps_go_on_over_the_wrap(void **state)
{
    struct tacet_unwrap u = { 0 };

    (void)state;
    assert_true(tacet_unwrap_timestamp(&u, 0xfffffc40) == TIMESTAMP_START + 0xfffffc40);
    assert_true(tacet_unwrap_timestamp(&u, 0) == TIMESTAMP_START + (INT64_C(1) << 32));
    assert_true(tacet_unwrap_timestamp_peek(&u, 0xffffffff) ==
                TIMESTAMP_START + (INT64_C(1) << 32) - 1);
    assert_true(tacet_unwrap_timestamp(&u, 0x7fffffff) ==
                TIMESTAMP_START + (INT64_C(1) << 32) + 0x7fffffff);
    assert_true(tacet_unwrap_timestamp(&u, 960) == TIMESTAMP_START + (INT64_C(1) << 32) + 960);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequence_numbers_go_on_over_the_wrap),
        cmocka_unit_test(what_comes_before_the_first_is_not_negative),
        cmocka_unit_test(timestamps_go_on_over_the_wrap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
