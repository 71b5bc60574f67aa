/* What a receiver reports, against RFC 3550 section 6.4.1 and appendix A.3, A.8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "rtp/reception.h"

#define FIRST ((UINT64_C(1) << 32) + 65530)

static void nothing_received_is_nothing_to_report(void **state)
{
    struct tacet_reception r;
    struct tacet_report_block block;

    tacet_reception_init(&r, 7, 48000);
    assert_false(tacet_reception_report(&r, 0, &block));
    assert_int_equal(tacet_reception_lost(&r), 0);
}

static void losses_are_counted_a_report_at_a_time(void **state)
{
    struct tacet_reception r;
    struct tacet_report_block block;

    tacet_reception_init(&r, 7, 48000);
    for (uint64_t i = 0; i < 100; i++) {
        if (i % 4 != 1) {
            tacet_reception_on_packet(&r, (int64_t)i * 20000, FIRST + i, (uint32_t)i * 960);
        }
    }
    assert_true(tacet_reception_report(&r, TACET_S(2), &block));
    assert_int_equal(block.ssrc, 7);
    assert_int_equal(block.cumulative_lost, 25);
    assert_int_equal(block.fraction_lost, 64);
    assert_int_equal(block.highest_seq, (uint32_t)(FIRST + 99)); /* over a wrap */
    assert_int_equal(block.highest_seq >> 16, 1);
    assert_int_equal(block.last_sr, 0);
    assert_int_equal(block.delay_since_last_sr, 0);
    /* The next interval begins from nothing. */
    tacet_reception_on_packet(&r, TACET_S(2), FIRST + 100, 96000);
    assert_true(tacet_reception_report(&r, TACET_S(2), &block));
    assert_int_equal(block.fraction_lost, 0);
    assert_int_equal(block.cumulative_lost, 25);
    /* An interval in which only stragglers came: more than expected is no loss. */
    tacet_reception_on_packet(&r, TACET_S(2), FIRST + 1, 960);
    assert_true(tacet_reception_report(&r, TACET_S(2), &block));
    assert_int_equal(block.fraction_lost, 0);
    assert_int_equal(block.cumulative_lost, 24);
    /* All but one of 1000 lost. */
    tacet_reception_on_packet(&r, TACET_S(3), FIRST + 1100, 0);
    assert_true(tacet_reception_report(&r, TACET_S(3), &block));
    assert_int_equal(block.fraction_lost, 255);
}

static void packet_before_the_first_one_counts(void **state)
{
    struct tacet_reception r;
    struct tacet_report_block block;

    tacet_reception_init(&r, 7, 48000);
    tacet_reception_on_packet(&r, 0, FIRST + 1, 960);
    tacet_reception_on_packet(&r, 0, FIRST, 0);
    assert_true(tacet_reception_report(&r, 0, &block));
    assert_int_equal(block.cumulative_lost, 0);
}

static void loss_is_cut_to_24_bits(void **state)
{
    struct tacet_reception r;
    struct tacet_report_block block;

    tacet_reception_init(&r, 7, 48000);
    tacet_reception_on_packet(&r, 0, FIRST, 0);
    tacet_reception_on_packet(&r, 0, FIRST + (1 << 24), 0);
    assert_true(tacet_reception_report(&r, 0, &block));
    assert_int_equal(block.cumulative_lost, 0x7fffff);
    assert_int_equal(tacet_reception_lost(&r), (1 << 24) - 1);
}

static void jitter_is_that_of_a_8(void **state)
{
    struct tacet_reception r;
    struct tacet_report_block block;
    double jitter = 0;

    /* A timestamp that wraps in the middle, and packets 3 ms late every other time. */
    tacet_reception_init(&r, 7, 90000);
    for (uint32_t i = 0; i < 200; i++) {
        int64_t now = TACET_S(1000) + (int64_t)i * 100000 + (i % 2) * 3000;
        tacet_reception_on_packet(&r, now, FIRST + i, UINT32_MAX - 9000 * 100 + i * 9000);
        jitter += i > 0 ? (270 - jitter) / 16 : 0;
    }
    assert_true(tacet_reception_report(&r, TACET_S(1020), &block));
    assert_in_range(block.jitter, (unsigned)jitter - 2, (unsigned)jitter + 2);
    assert_in_range(tacet_reception_jitter_us(&r), 2950, 3050);

    tacet_reception_init(&r, 7, 90000);
    for (uint32_t i = 0; i < 200; i++) {
        tacet_reception_on_packet(&r, (int64_t)i * 100000, FIRST + i, i * 9000);
    }
    assert_true(tacet_reception_report(&r, TACET_S(20), &block));
    assert_int_equal(block.jitter, 0);
}

static void report_that_answers_an_sr_tells_the_round_trip(void **state)
{
    static const struct {
        int64_t sent_us;
        int64_t there_us; /* one way */
        int64_t held_us;
        int64_t back_us;
    } rows[] = {
        { TACET_S(10), 30000, 400000, 50000 },
        { TACET_S(65535) + 999999, 150, 1, 150 }, /* the middle bits wrap */
        { TACET_S(3), 0, 499999, 0 },
        { TACET_S(1) + 123456, TACET_MS(1200), TACET_S(5), TACET_MS(700) },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_reception r;
        struct tacet_report_block block;
        int64_t came = rows[i].sent_us + rows[i].there_us;
        tacet_reception_init(&r, 7, 90000);
        tacet_reception_on_packet(&r, came, FIRST, 0);
        tacet_reception_on_sr(&r, came, tacet_ntp(rows[i].sent_us), 0);
        assert_true(tacet_reception_report(&r, came + rows[i].held_us, &block));
        int64_t now = came + rows[i].held_us + rows[i].back_us;
        int64_t trip = tacet_report_round_trip_us(&block, now);
        int64_t truth = rows[i].there_us + rows[i].back_us;
        /* 1/65536 s is 15 us, and there are three of them. */
        assert_true(trip >= 0 && trip >= truth - 50 && trip <= truth + 50);
    }
}

static void report_that_answers_nothing_tells_no_round_trip(void **state)
{
    const struct tacet_report_block none = { .delay_since_last_sr = 1 };
    /* An SR of the future: not ours. */
    const struct tacet_report_block ahead = { .last_sr = 0x00640000 };

    assert_int_equal(tacet_report_round_trip_us(&none, TACET_S(10)), -1);
    assert_int_equal(tacet_report_round_trip_us(&ahead, TACET_S(10)), -1);
}

static void sender_report_tells_when_a_timestamp_was_captured(void **state)
{
    static const struct {
        uint32_t clock_rate, sr_timestamp, timestamp;
        int64_t after_us; /* capture after the report's moment */
    } rows[] = {
        { 48000, 1000, 1000, 0 },
        { 48000, 1000, 1960, 20000 },
        { 90000, 3000, 0, -33333 },
        { 90000, 0xFFFFFF00, 0xFFFFFF00 + 9000, 100000 }, /* the timestamp wraps */
        { 90000, 100, UINT32_MAX - 8899, -100000 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_reception r;
        int64_t captured = 77;
        tacet_reception_init(&r, 7, rows[i].clock_rate);
        assert_false(tacet_reception_captured_at(&r, rows[i].timestamp, &captured));
        assert_int_equal(captured, 77);
        tacet_reception_on_sr(&r, TACET_S(1), tacet_ntp(TACET_S(500)), rows[i].sr_timestamp);
        assert_true(tacet_reception_captured_at(&r, rows[i].timestamp, &captured));
        assert_int_equal(captured - TACET_S(500), rows[i].after_us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_received_is_nothing_to_report),
        cmocka_unit_test(losses_are_counted_a_report_at_a_time),
        cmocka_unit_test(packet_before_the_first_one_counts),
        cmocka_unit_test(loss_is_cut_to_24_bits),
        cmocka_unit_test(jitter_is_that_of_a_8),
        cmocka_unit_test(report_that_answers_an_sr_tells_the_round_trip),
        cmocka_unit_test(report_that_answers_nothing_tells_no_round_trip),
        cmocka_unit_test(sender_report_tells_when_a_timestamp_was_captured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
