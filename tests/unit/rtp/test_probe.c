/* What the spacing of a probe tells. */
#include "rtp/probe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define SIZE 1200
#define RATE 2000000

/* Sends a whole probe over a bottleneck and reports it, but what `lost` says. */
static enum tacet_probe_outcome probe(int64_t capacity_bps, uint32_t lost, int32_t own_permille,
                                      int64_t *ret_bps)
{
    struct tacet_probe p = { 0 };
    struct tacet_packet_result results[32] = { 0 };
    size_t count = 0;
    int64_t now = TACET_S(5);
    int64_t free_at = 0;

    tacet_probe_begin(&p, now, RATE, TACET_MS(60));
    while (tacet_probe_left(&p) > 0) {
        assert_in_range(count, 0, 31);
        int64_t begin = free_at > now ? free_at : now;
        free_at = begin + INT64_C(8000000) * SIZE / capacity_bps;
        results[count] = (struct tacet_packet_result){
            .sent_at_us = now,
            .arrived_at_us = free_at - TACET_S(77),
            .size = SIZE,
            .lost = (lost >> count & 1) != 0,
        };
        results[count++].probe = tacet_probe_on_sent(&p, now, SIZE);
        now += INT64_C(8000000) * SIZE / RATE;
    }
    assert_int_equal(tacet_probe_update(&p, now, TACET_MS(300), own_permille, ret_bps),
                     TACET_PROBE_OPEN);
    for (size_t i = 0; i < count; i++) {
        tacet_probe_add(&p, &results[i]);
    }
    return tacet_probe_update(&p, now, TACET_MS(300), own_permille, ret_bps);
}

static void spacing_is_the_capacity(void **state)
{
    static const struct {
        int64_t capacity_bps;
        uint32_t lost;
        int32_t own_permille;
        int64_t low, high;
        enum tacet_probe_outcome outcome;
    } rows[] = {
        { 10000000, 0, 0, 1900000, 2000000, TACET_PROBE_THROUGH },
        { 2000000, 0, 0, 1900000, 2000000, TACET_PROBE_THROUGH },
        { 1000000, 0, 0, 950000, 1050000, TACET_PROBE_LIMITED },
        { 500000, 0, 0, 480000, 520000, TACET_PROBE_LIMITED },
        /* Lost to chance: it was carried so far. */
        { 1000000, 1u << 3, 200, 950000, 1050000, TACET_PROBE_LIMITED },
        { 10000000, 1u | 1u << 12, 200, 1900000, 2000000, TACET_PROBE_THROUGH },
        /* No queue, but half of it did not pass. */
        { 10000000, 0xff0, 0, 500000, 1200000, TACET_PROBE_LIMITED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t bps = 0;
        assert_int_equal(probe(rows[i].capacity_bps, rows[i].lost, rows[i].own_permille, &bps),
                         rows[i].outcome);
        assert_in_range(bps, rows[i].low, rows[i].high);
    }
}

/* There was not more to send: what left arrived as it had left. */
static void probe_that_is_sent_slowly_goes_through_at_that_rate(void **state)
{
    struct tacet_probe p = { 0 };
    int64_t bps = 0;

    (void)state;
    tacet_probe_begin(&p, 0, RATE, TACET_MS(60));
    for (int64_t now = 0; tacet_probe_left(&p) > 0; now += TACET_MS(10)) {
        uint8_t id = tacet_probe_on_sent(&p, now, SIZE);
        tacet_probe_add(&p, &(struct tacet_packet_result){ .sent_at_us = now,
                                                           .arrived_at_us = now + TACET_MS(50),
                                                           .size = SIZE,
                                                           .probe = id });
    }
    assert_int_equal(tacet_probe_update(&p, TACET_MS(500), TACET_MS(300), 0, &bps),
                     TACET_PROBE_THROUGH);
    assert_int_equal(bps, SIZE * 8 * 100);
}

static void too_few_packets_tell_nothing(void **state)
{
    int64_t bps = -1;

    (void)state;
    assert_int_equal(probe(10000000, 0xfff0, 0, &bps), TACET_PROBE_FAILED);
    assert_int_equal(bps, -1);
}

static void probe_that_nobody_reports_is_given_up(void **state)
{
    struct tacet_probe p = { 0 };
    int64_t bps = -1;

    (void)state;
    tacet_probe_begin(&p, 0, RATE, TACET_MS(50));
    assert_int_equal(p.id, 1);
    for (int64_t now = 0; tacet_probe_left(&p) > 0; now += TACET_MS(5)) {
        assert_int_equal(tacet_probe_on_sent(&p, now, SIZE), 1);
    }
    assert_int_equal(tacet_probe_on_sent(&p, TACET_MS(60), SIZE), 0);
    assert_int_equal(tacet_probe_update(&p, TACET_MS(200), TACET_MS(300), 0, &bps),
                     TACET_PROBE_OPEN);
    assert_int_equal(tacet_probe_update(&p, TACET_MS(400), TACET_MS(300), 0, &bps),
                     TACET_PROBE_FAILED);
    assert_int_equal(p.id, 0);
    tacet_probe_begin(&p, TACET_MS(400), RATE, TACET_MS(50));
    assert_int_equal(p.id, 2);
}

static void probe_without_anything_to_send_ends(void **state)
{
    struct tacet_probe p = { 0 };
    int64_t bps = -1;

    (void)state;
    tacet_probe_begin(&p, 0, RATE, TACET_MS(50));
    assert_int_equal(tacet_probe_update(&p, TACET_MS(501), TACET_MS(300), 0, &bps),
                     TACET_PROBE_FAILED);
    assert_int_equal(tacet_probe_left(&p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spacing_is_the_capacity),
        cmocka_unit_test(probe_that_is_sent_slowly_goes_through_at_that_rate),
        cmocka_unit_test(too_few_packets_tell_nothing),
        cmocka_unit_test(probe_that_nobody_reports_is_given_up),
        cmocka_unit_test(probe_without_anything_to_send_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
