/* How fast the first packets came. */
#include "rtp/packet_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define PACKETS 8

/* Packets of these sizes, of which some leave at once behind the one before and the others long
 * after it, as a bottleneck lets them through; `late_us` each: jitter, which keeps the order. */
static int64_t told_by(int64_t capacity_bps, const int64_t late_us[PACKETS], int count)
{
    static const size_t sizes[PACKETS] = { 188, 1084, 316, 188, 1084, 316, 188, 188 };
    struct tacet_packet_pair p = { 0 };
    int64_t free_at_us = 0;
    int64_t arrived_us = 0;

    for (int i = 0; i < count; i++) {
        int64_t leaves_us = TACET_S(9) + i / 3 * TACET_S(1);
        free_at_us = free_at_us > leaves_us ? free_at_us : leaves_us;
        free_at_us += (int64_t)sizes[i] * 8000000 / capacity_bps;
        arrived_us = free_at_us + late_us[i] > arrived_us ? free_at_us + late_us[i] : arrived_us;
        tacet_packet_pair_add(&p, arrived_us, sizes[i]);
    }
    return tacet_packet_pair_bps(&p);
}

static void closest_pair_tells_what_the_way_carries(void **state)
{
    static const int64_t even[PACKETS] = { 0 };
    static const int64_t uneven[PACKETS] = { 20000, 0, 9000, 3000, 14000, 40000, 0, 5000 };
    static const struct {
        int64_t capacity_bps;
        const int64_t *late_us;
        int count;
        int64_t low_bps, high_bps;
    } rows[] = {
        { 50000, even, PACKETS, 49900, 50100 },
        { 150000, even, PACKETS, 149000, 151000 },
        { 2000000, even, PACKETS, 1990000, 2010000 },
        { 100000, uneven, PACKETS, 0, 300000 }, /* too much rather than too little */
        { 2000000, uneven, PACKETS, 0, INT64_MAX },
        { 50000, even, 4, 0, 0 }, /* too few */
        { 50000, even, 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t bps = told_by(rows[i].capacity_bps, rows[i].late_us, rows[i].count);
        if (bps < rows[i].low_bps || bps > rows[i].high_bps) {
            print_error("row %zu: %lld\n", i, (long long)bps);
        }
        assert_true(bps >= rows[i].low_bps && bps <= rows[i].high_bps);
    }
}

/* Where nothing but chance has brought two packets close together no other two are as close. */
static void one_pair_alone_tells_nothing(void **state)
{
    static const struct {
        int64_t gap_us[4];
        int64_t bps;
        int64_t guess_bps;
    } rows[] = {
        { { 100000, 20000, 50000, 100000 }, 0, 42971 }, /* 188 bytes in 35 ms */
        { { 100000, 20000, 50000, 22000 }, 75200, 71618 },
        { { 20000, 20000, 20000, 20000 }, 75200, 75200 },
        { { 0, 50000, 50000, 50000 }, 0, 60158 }, /* at once, and then not */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_packet_pair p = { 0 };
        int64_t now = TACET_S(1);
        tacet_packet_pair_add(&p, now, 188);
        for (int n = 0; n < 3; n++) {
            now += rows[i].gap_us[n];
            tacet_packet_pair_add(&p, now, 188);
        }
        assert_int_equal(tacet_packet_pair_guess_bps(&p), 0); /* too few */
        tacet_packet_pair_add(&p, now + rows[i].gap_us[3], 188);
        assert_int_equal(tacet_packet_pair_bps(&p), rows[i].bps);
        assert_int_equal(tacet_packet_pair_guess_bps(&p), rows[i].guess_bps);
    }
}

/* A machine that reads late gets several at once. */
static void packets_of_one_moment_tell_of_no_bottleneck(void **state)
{
    struct tacet_packet_pair p = { 0 };

    (void)state;
    for (int i = 0; i < PACKETS; i++) {
        tacet_packet_pair_add(&p, TACET_S(1), 188);
    }
    assert_true(tacet_packet_pair_bps(&p) > 1000000000);
    assert_int_equal(tacet_packet_pair_guess_bps(&p), 1000000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closest_pair_tells_what_the_way_carries),
        cmocka_unit_test(one_pair_alone_tells_nothing),
        cmocka_unit_test(packets_of_one_moment_tell_of_no_bottleneck),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
