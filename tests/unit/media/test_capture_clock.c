/* A device's samples on our time: as a file gives them, and as devices with wrong clocks do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "media/capture_clock.h"

#define START_US TACET_S(500)
#define FRAME 960
#define TICK_US 10000

static void source_without_a_clock_is_never_moved(void **state)
{
    struct tacet_capture_clock c;

    (void)state;
    tacet_capture_clock_begin(&c, START_US, false);
    for (int64_t n = 1; n <= 1000; n++) {
        /* However late the reads are. */
        tacet_capture_clock_on_samples(&c, START_US + n * 90000, FRAME);
        assert_int_equal(tacet_capture_clock_time(&c, FRAME), START_US + (n - 1) * 20000);
    }
}

/* What has been captured by then, as whole portions. */
static uint64_t captured(int64_t since_us, int ppm, uint32_t portion)
{
    int64_t samples = since_us * 48 / 1000;

    samples += samples * ppm / 1000000;
    return (uint64_t)samples / portion * portion;
}

static void device_is_followed_in_steps_that_no_receiver_hears(void **state)
{
    static const struct {
        int ppm;
        uint32_t portion;
    } rows[] = { { 0, 480 }, { 0, 1024 }, { 300, 128 }, { -300, 480 }, { 300, 1024 }, { -100, 1 } };

    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct tacet_capture_clock c;
        int64_t last_us = 0;
        int64_t moved_at_us = 0;
        uint64_t taken = 0;
        uint32_t fill = 0;
        tacet_capture_clock_begin(&c, START_US, true);
        for (int64_t since = TICK_US; since < TACET_S(3600); since += TICK_US) {
            uint64_t there = captured(since, rows[row].ppm, rows[row].portion);
            while (taken < there) {
                uint32_t count = FRAME - fill;
                count = count < there - taken ? count : (uint32_t)(there - taken);
                tacet_capture_clock_on_samples(&c, START_US + since, count);
                taken += count;
                fill += count;
                if (fill < FRAME) {
                    continue;
                }
                fill = 0;
                int64_t at_us = tacet_capture_clock_time(&c, FRAME);
                int64_t true_us = START_US + (int64_t)((taken - FRAME) * 125 / 6);
                true_us -= (true_us - START_US) * rows[row].ppm / 1000000;
                int64_t step_us = at_us - last_us - 20000;
                if (last_us != 0 && step_us != 0) {
                    assert_true(step_us == 2000 || step_us == -2000);
                    assert_true(at_us - moved_at_us > TACET_MS(900));
                    moved_at_us = at_us;
                }
                last_us = at_us;
                /* A portion stands in the device for up to its length before it is read. */
                assert_in_range(at_us - true_us + TACET_MS(6), 0, TACET_MS(6 + 10 + 22));
            }
        }
        assert_true(taken > 48000 * 3590ULL);
        assert_true((rows[row].ppm != 0) == (moved_at_us > START_US + TACET_S(3000)));
    }
}

static void device_that_stood_still_is_anchored_anew(void **state)
{
    struct tacet_capture_clock c;
    int64_t now = START_US;

    (void)state;
    tacet_capture_clock_begin(&c, now, true);
    for (int n = 0; n < 500; n++, now += 20000) {
        tacet_capture_clock_on_samples(&c, now, FRAME);
    }
    assert_int_equal(tacet_capture_clock_time(&c, 0), now - 20000);
    now += TACET_S(1);
    tacet_capture_clock_on_samples(&c, now, FRAME);
    assert_int_equal(tacet_capture_clock_time(&c, FRAME), now - 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(source_without_a_clock_is_never_moved),
        cmocka_unit_test(device_is_followed_in_steps_that_no_receiver_hears),
        cmocka_unit_test(device_that_stood_still_is_anchored_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
