/* Bytes over the last moments, by any clock. */
#include "rtp/rate_window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

static void too_little_is_no_rate(void **state)
{
    struct tacet_rate_window w;

    (void)state;
    tacet_rate_window_init(&w);
    assert_int_equal(tacet_rate_window_bps(&w, TACET_S(1)), 0);
    tacet_rate_window_add(&w, 0, 1000);
    tacet_rate_window_add(&w, TACET_MS(30), 1000);
    assert_int_equal(tacet_rate_window_bps(&w, TACET_S(1)), 0);
}

static void steady_stream_has_its_rate(void **state)
{
    /* A clock may stand anywhere, also below nothing. */
    static const int64_t starts_us[] = { 0, -5000000, -123, 7777777777, -100000000007 };

    (void)state;
    for (size_t i = 0; i < sizeof(starts_us) / sizeof(starts_us[0]); i++) {
        struct tacet_rate_window w;
        tacet_rate_window_init(&w);
        for (int64_t t = 0; t < TACET_S(3); t += TACET_MS(5)) {
            tacet_rate_window_add(&w, starts_us[i] + t, 625); /* 1 Mbit/s */
        }
        assert_in_range(tacet_rate_window_bps(&w, TACET_MS(500)), 980000, 1020000);
        assert_in_range(tacet_rate_window_bps(&w, TACET_MS(100)), 900000, 1100000);
        assert_in_range(tacet_rate_window_bps(&w, TACET_S(60)), 980000, 1020000);
    }
}

static void silence_empties_the_window(void **state)
{
    struct tacet_rate_window w;

    (void)state;
    tacet_rate_window_init(&w);
    for (int64_t t = 0; t < TACET_S(1); t += TACET_MS(5)) {
        tacet_rate_window_add(&w, t, 625);
    }
    tacet_rate_window_add(&w, TACET_S(1) + TACET_MS(600), 625);
    assert_int_equal(tacet_rate_window_bps(&w, TACET_MS(500)), 0);
    tacet_rate_window_add(&w, TACET_S(100), 625);
    assert_int_equal(tacet_rate_window_bps(&w, TACET_MS(500)), 0);
    /* What is older than the window changes nothing. */
    tacet_rate_window_add(&w, TACET_S(1), 100000);
    assert_int_equal(tacet_rate_window_bps(&w, TACET_S(1)), 0);
}

static void late_bytes_count_where_they_belong(void **state)
{
    struct tacet_rate_window w;

    (void)state;
    tacet_rate_window_init(&w);
    tacet_rate_window_add(&w, 0, 1);
    tacet_rate_window_add(&w, TACET_MS(200), 1);
    tacet_rate_window_add(&w, TACET_MS(150), 1250); /* 10 kbit in 100 ms */
    assert_int_equal(tacet_rate_window_bps(&w, TACET_MS(100)), 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_little_is_no_rate),
        cmocka_unit_test(steady_stream_has_its_rate),
        cmocka_unit_test(silence_empties_the_window),
        cmocka_unit_test(late_bytes_count_where_they_belong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
