/* The jitter buffer: what is played of what came, and what is made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "playout_stream.h"
#include "tacet/error.h"

static void clean_stream_is_hardly_delayed(void **state)
{
    (void)state;
    for (int64_t phase_us = 0; phase_us < PULL_US; phase_us += 1700) {
        struct stream s;
        stream_init(&s, 1500);
        stream_run(&s, phase_us, 1500 * FRAME_US);
        struct tacet_playout_report report = stream_report(&s);
        assert_int_equal(report.target_delay_us, TACET_PLAYOUT_MIN_US);
        assert_in_range(report.current_delay_us, TACET_MS(4), TACET_MS(20));
        assert_in_range(stream_mean_delay_us(&report), TACET_MS(9), TACET_MS(25));
        assert_int_equal(report.samples_concealed, 0);
        assert_int_equal(report.samples_inserted, 0);
        assert_in_range(report.samples_removed, 1, 48 * 40); /* of the caution at the start */
        assert_int_equal(report.frames_late, 0);
        stream_expect_all_played(&s, 0);
        /* Once it has settled, to the sample. */
        for (size_t i = 200; i < 1490; i++) {
            assert_in_range(stream_delay_us(&s, i) - stream_delay_us(&s, 199) + 1, 0, 2);
        }
        assert_int_equal(report.samples_received,
                         report.jitter_buffer_emitted_count + s.pending - report.samples_removed);
        stream_free(&s);
    }
}

static void emitted_samples_count_when_they_leave(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 40);
    s.stiff = true;
    stream_run(&s, 0, 40 * FRAME_US);
    struct tacet_playout_report report = stream_report(&s);
    /* Each frame is asked for 30 ms after it came; its second half leaves 10 ms after the first. */
    assert_int_equal(report.jitter_buffer_emitted_count + s.pending, report.samples_received);
    assert_int_equal(report.jitter_buffer_delay_us,
                     (int64_t)report.jitter_buffer_emitted_count * TACET_MS(35) +
                         (s.pending > 0 ? -(int64_t)PULL * TACET_MS(5) : 0));
    assert_int_equal(report.jitter_buffer_target_delay_us,
                     (int64_t)report.jitter_buffer_emitted_count * TACET_MS(30));
    assert_int_equal(report.last_rtp_timestamp, s.at[s.last_played - 1]);
    assert_int_equal(report.last_played_at_us, s.heard_at_us[s.last_played - 1]);
    stream_free(&s);
}

static void what_the_sink_holds_is_heard_later(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 200);
    s.queued = 960;
    stream_run(&s, 0, 200 * FRAME_US);
    struct tacet_playout_report report = stream_report(&s);
    size_t last = s.last_played - 1;
    assert_int_equal(report.last_played_at_us, s.heard_at_us[last] + FRAME_US);
    assert_int_equal(report.current_delay_us, stream_delay_us(&s, last) + FRAME_US);
    assert_true(stream_delay_us(&s, last) < TACET_MS(25)); /* nothing waits for that */
    stream_free(&s);
}

static void lost_frame_is_concealed_once(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 200);
    s.arrives_us[50] = NEVER;
    s.arrives_us[80] = NEVER;
    s.arrives_us[81] = NEVER;
    stream_run(&s, 0, 150 * FRAME_US);
    struct tacet_playout_report report = stream_report(&s);
    assert_int_equal(report.samples_concealed, 3 * FRAME);
    assert_int_equal(report.concealment_events, 2);
    assert_int_equal(report.bursts[0], 1);
    assert_int_equal(report.bursts[1], 1);
    assert_int_equal(report.samples_inserted, 0);
    assert_int_equal(s.played[50], 0);
    assert_in_range(s.heard_at_us[51] - s.heard_at_us[49], 2 * FRAME_US - 1, 2 * FRAME_US + 1);
    stream_free(&s);
}

static void redundancy_of_the_next_frame_recovers_a_lost_one(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 200);
    s.redundant = true;
    s.arrives_us[50] = NEVER;
    s.arrives_us[80] = NEVER;
    s.arrives_us[81] = NEVER;
    stream_run(&s, 0, 150 * FRAME_US);
    struct tacet_playout_report report = stream_report(&s);
    assert_int_equal(s.recovered, 2); /* 50, and 81 out of 82 */
    assert_int_equal(report.samples_concealed, FRAME);
    assert_int_equal(s.played[51], 1);
    assert_int_equal(s.played[82], 1);
    stream_free(&s);
}

static void reordered_and_doubled_frames_play_once_in_order(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 400);
    for (size_t i = 10; i + 1 < 400; i += 2) {
        s.arrives_us[i] = (int64_t)(i + 1) * FRAME_US + 25000;
    }
    stream_run(&s, 0, 30 * FRAME_US);
    assert_true(stream_put(&s, 31, 30 * FRAME_US));
    assert_false(stream_put(&s, 31, 30 * FRAME_US)); /* it is in the buffer */
    stream_run(&s, 30 * FRAME_US, 400 * FRAME_US);
    stream_expect_all_played(&s, 0);
    assert_int_equal(stream_report(&s).samples_concealed, 0);
    assert_false(stream_put(&s, 5, 400 * FRAME_US));
    assert_int_equal(stream_report(&s).frames_late, 1);
    stream_free(&s);
}

/* A sender that follows its device's clock moves its timestamps by 2 ms now and then. */
static void small_slips_of_timestamps_are_no_gaps(void **state)
{
    (void)state;
    for (int slip = -96; slip <= 96; slip += 192) {
        struct stream s;
        stream_init(&s, 3000);
        for (size_t i = 0; i < s.count; i++) {
            s.at[i] += (uint32_t)((int)(i / 100) * slip);
            s.arrives_us[i] += (int64_t)(i / 100) * slip * 125 / 6;
        }
        stream_run(&s, 0, 2900 * FRAME_US);
        struct tacet_playout_report report = stream_report(&s);
        assert_int_equal(report.samples_concealed, 0);
        assert_int_equal(report.frames_late, 0);
        for (size_t i = 0; i < 2800; i++) {
            assert_int_equal(s.played[i], 1);
        }
        assert_in_range(stream_mean_delay_us(&report), TACET_MS(8), TACET_MS(25));
        stream_free(&s);
    }
}

/* Packets of another length from one to the next: nothing is lost, cut or played twice. What is
 * made up is only the time by which a longer packet has to come later than the one before it. */
static void packets_of_any_length_join_on(void **state)
{
    static const uint32_t lengths[] = { 480, 960, 1920, 2880, 480, 2880, 1920, 960 };
    struct tacet_playout *p;
    uint32_t at = FIRST_TIMESTAMP;
    uint32_t expected = FIRST_TIMESTAMP;
    uint64_t grown = 0; /* samples by which packets became longer */
    int64_t next_us = 480 * 125 / 6;
    size_t pending = 0;
    uint64_t frames = 0;

    (void)state;
    assert_int_equal(tacet_playout_create(&p), 0);
    for (int64_t now = 0; now < TACET_S(60); now += PULL_US) {
        for (; next_us <= now; frames++) {
            uint32_t length = lengths[frames / 50 % 8];
            uint32_t then = lengths[(frames + 1) / 50 % 8];
            const struct tacet_frame frame = { .rtp_timestamp = at,
                                               .data = (const uint8_t *)"x",
                                               .size = 1,
                                               .received_at_us = next_us };
            assert_true(tacet_playout_put(p, next_us, &frame, length, 0));
            at += length;
            next_us += then * 125 / 6;
            grown += then > length ? then - length : 0;
        }
        for (size_t used = 0; used < PULL;) {
            const struct tacet_playout_pull where = { now, 0, (uint32_t)used,
                                                      (uint32_t)(PULL - used) };
            struct tacet_playout_step step;
            if (pending == 0) {
                tacet_playout_get(p, &where, &step);
                pending = step.samples;
                if (step.action == TACET_PLAYOUT_FRAME) {
                    assert_int_equal(step.rtp_timestamp, expected);
                    assert_int_equal(step.crop, 0);
                    expected += step.samples;
                }
            }
            size_t part = pending < PULL - used ? pending : PULL - used;
            pending -= part;
            used += part;
        }
    }
    struct tacet_playout_report report;
    tacet_playout_report(p, &report);
    assert_true(grown >= 480 * 20);
    assert_true(report.samples_concealed <= grown);
    assert_int_equal(report.frames_late, 0);
    assert_true(at - expected <= 2 * 2880 + 960);
    tacet_playout_free(&p);
}

static void timestamp_far_off_begins_another_stream(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 5000);
    for (size_t i = 100; i < 4000; i++) {
        s.arrives_us[i] = NEVER;
    }
    for (size_t i = 4000; i < 5000; i++) {
        s.arrives_us[i] = (int64_t)(i - 4000 + 101) * FRAME_US;
    }
    stream_run(&s, 0, 1000 * FRAME_US);
    for (size_t i = 4000; i < 4800; i++) {
        assert_int_equal(s.played[i], 1);
    }
    stream_free(&s);
}

static void full_buffer_lets_the_oldest_go(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 100);
    for (size_t i = 0; i < TACET_AUDIO_WINDOW_PACKETS; i++) {
        assert_true(stream_put(&s, i + 1, 0));
    }
    assert_false(stream_put(&s, 0, 0)); /* older than all: it is the oldest itself */
    assert_int_equal(stream_report(&s).samples_removed, 0);
    assert_false(stream_put(&s, 90, 0));
    assert_int_equal(stream_report(&s).samples_removed, FRAME);
    stream_free(&s);
}

static void unusable_lengths_are_refused(void **state)
{
    static const uint32_t lengths[] = { 0, 1, 119, 2881, 3000, UINT32_MAX };
    struct tacet_playout *playout;
    const uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX + 1] = { 0 };
    struct tacet_frame frame = { .kind = TACET_KIND_AUDIO, .data = data, .size = 10 };

    (void)state;
    assert_int_equal(tacet_playout_create(&playout), 0);
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        assert_false(tacet_playout_put(playout, 0, &frame, lengths[i], 0));
    }
    frame.size = sizeof(data);
    assert_false(tacet_playout_put(playout, 0, &frame, FRAME, 0));
    frame.size = 0;
    assert_false(tacet_playout_put(playout, 0, &frame, FRAME, 0));
    frame.size = 10;
    assert_true(tacet_playout_put(playout, 0, &frame, FRAME, 0));
    tacet_playout_free(&playout);
}

static void failing_allocation_is_reported(void **state)
{
    struct tacet_playout *playout = NULL;

    (void)state;
    tacet_alloc_fail_after(0);
    assert_int_equal(tacet_playout_create(&playout), TACET_ERR_NOMEM);
    tacet_alloc_fail_after(-1);
    assert_null(playout);
    tacet_playout_free(&playout);
    tacet_playout_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clean_stream_is_hardly_delayed),
        cmocka_unit_test(emitted_samples_count_when_they_leave),
        cmocka_unit_test(what_the_sink_holds_is_heard_later),
        cmocka_unit_test(lost_frame_is_concealed_once),
        cmocka_unit_test(redundancy_of_the_next_frame_recovers_a_lost_one),
        cmocka_unit_test(reordered_and_doubled_frames_play_once_in_order),
        cmocka_unit_test(small_slips_of_timestamps_are_no_gaps),
        cmocka_unit_test(packets_of_any_length_join_on),
        cmocka_unit_test(timestamp_far_off_begins_another_stream),
        cmocka_unit_test(full_buffer_lets_the_oldest_go),
        cmocka_unit_test(unusable_lengths_are_refused),
        cmocka_unit_test(failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
