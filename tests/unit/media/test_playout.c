/* The jitter buffer on virtual time: frames are numbers, sound is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "media/playout.h"
#include "sim/rng.h"
#include "tacet/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME 960
#define FRAME_US 20000
#define PULL 480
#define PULL_US 10000
#define FIRST_TIMESTAMP 0xFFFFFE00U /* wraps early on */
#define NEVER INT64_MAX

/* A stream of frames with given arrival times, and what became of each. */
struct stream {
    struct tacet_playout *playout;
    size_t count;
    int64_t *arrives_us; /* NEVER: lost */
    bool redundant;
    bool *put;
    uint32_t *played; /* how often */
    int64_t *heard_at_us;
    size_t last_played;
    bool in_order;
    uint32_t queued;
    size_t pending; /* samples of the last step not used yet */
    uint64_t recovered;
    uint64_t skipped;
};

static uint32_t timestamp_of(size_t index)
{
    return FIRST_TIMESTAMP + (uint32_t)(index * FRAME);
}

static size_t index_of(uint32_t timestamp)
{
    return (uint32_t)(timestamp - FIRST_TIMESTAMP) / FRAME;
}

static void stream_init(struct stream *s, size_t count)
{
    memset(s, 0, sizeof(*s));
    assert_int_equal(tacet_playout_create(&s->playout), 0);
    s->count = count;
    s->arrives_us = calloc(count, sizeof(*s->arrives_us));
    s->put = calloc(count, sizeof(*s->put));
    s->played = calloc(count, sizeof(*s->played));
    s->heard_at_us = calloc(count, sizeof(*s->heard_at_us));
    s->in_order = true;
    for (size_t i = 0; i < count; i++) {
        s->arrives_us[i] = (int64_t)(i + 1) * FRAME_US;
    }
}

static void stream_free(struct stream *s)
{
    tacet_playout_free(&s->playout);
    free(s->arrives_us);
    free(s->put);
    free(s->played);
    free(s->heard_at_us);
}

static bool put(struct stream *s, size_t index, int64_t now)
{
    uint8_t data[8];

    memcpy(data, &index, sizeof(data));
    const struct tacet_frame frame = {
        .kind = TACET_KIND_AUDIO,
        .rtp_timestamp = timestamp_of(index),
        .received_at_us = now,
        .data = data,
        .size = sizeof(data),
    };
    return tacet_playout_put(s->playout, now, &frame, FRAME, s->redundant ? FRAME : 0);
}

static void on_step(struct stream *s, int64_t now, const struct tacet_playout_step *step)
{
    if (step->action == TACET_PLAYOUT_RECOVER) {
        s->recovered++;
    }
    if (step->action == TACET_PLAYOUT_FRAME || step->action == TACET_PLAYOUT_SKIP) {
        size_t index;
        assert_int_equal(step->size, sizeof(index));
        memcpy(&index, step->data, sizeof(index));
        assert_int_equal(index, index_of(step->rtp_timestamp));
        assert_true(index < s->count);
        s->in_order = s->in_order && (s->last_played == 0 || index > s->last_played - 1);
        s->last_played = index + 1;
        s->played[index]++;
        s->heard_at_us[index] = now;
        s->skipped += step->action == TACET_PLAYOUT_SKIP ? 1 : 0;
    }
}

static void pull(struct stream *s, int64_t now)
{
    size_t used = 0;

    while (used < PULL) {
        if (s->pending == 0) {
            struct tacet_playout_step step;
            do {
                tacet_playout_get(s->playout, now, s->queued + (uint32_t)used, &step);
                on_step(s, now + (int64_t)used * 125 / 6, &step);
            } while (step.action == TACET_PLAYOUT_SKIP);
            assert_in_range(step.samples, 1, TACET_AUDIO_FRAME_SAMPLES_MAX);
            s->pending = step.samples;
        }
        size_t part = s->pending < PULL - used ? s->pending : PULL - used;
        s->pending -= part;
        used += part;
    }
}

/* Delivers and pulls, in the order of time, up to `until_us`. */
static void run(struct stream *s, int64_t from_us, int64_t until_us)
{
    for (int64_t now = from_us; now < until_us; now += PULL_US) {
        for (;;) {
            size_t next = SIZE_MAX;
            for (size_t i = 0; i < s->count; i++) {
                if (!s->put[i] && s->arrives_us[i] <= now &&
                    (next == SIZE_MAX || s->arrives_us[i] < s->arrives_us[next])) {
                    next = i;
                }
            }
            if (next == SIZE_MAX) {
                break;
            }
            s->put[next] = true;
            (void)put(s, next, s->arrives_us[next]);
        }
        pull(s, now);
    }
}

static struct tacet_playout_report report_of(const struct stream *s)
{
    struct tacet_playout_report report;

    tacet_playout_report(s->playout, &report);
    return report;
}

static void clean_stream_settles_at_forty_milliseconds(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 500);
    run(&s, 0, 500 * FRAME_US);
    struct tacet_playout_report report = report_of(&s);
    assert_int_equal(report.target_delay_us, TACET_PLAYOUT_MIN_US);
    assert_in_range(report.current_delay_us, TACET_MS(40), TACET_MS(41));
    assert_int_equal(report.samples_concealed, 0);
    assert_int_equal(report.samples_inserted, 0);
    assert_int_equal(report.samples_removed, 0);
    assert_int_equal(report.frames_late, 0);
    for (size_t i = 0; i < 490; i++) {
        assert_int_equal(s.played[i], 1);
        /* Not a sample's jump in alignment. */
        assert_in_range(s.heard_at_us[i] - s.arrives_us[i], TACET_MS(40), TACET_MS(41));
    }
    stream_free(&s);
}

static void what_the_sink_holds_counts_towards_the_delay(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 200);
    s.queued = 960;
    run(&s, 0, 200 * FRAME_US);
    for (size_t i = 0; i < 190; i++) {
        assert_int_equal(s.played[i], 1);
        assert_in_range(s.heard_at_us[i] + 20000 - s.arrives_us[i], TACET_MS(40), TACET_MS(41));
    }
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
    run(&s, 0, 150 * FRAME_US);
    struct tacet_playout_report report = report_of(&s);
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
    run(&s, 0, 150 * FRAME_US);
    struct tacet_playout_report report = report_of(&s);
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
    stream_init(&s, 200);
    for (size_t i = 10; i + 1 < 200; i += 2) {
        s.arrives_us[i] = (int64_t)(i + 1) * FRAME_US + 25000;
    }
    run(&s, 0, 30 * FRAME_US);
    size_t held = s.last_played; /* the next one to play is in the buffer */
    assert_false(put(&s, held, 30 * FRAME_US));
    run(&s, 30 * FRAME_US, 200 * FRAME_US);
    assert_true(s.in_order);
    for (size_t i = 0; i < 190; i++) {
        assert_int_equal(s.played[i], 1);
    }
    assert_false(put(&s, 5, 200 * FRAME_US));
    assert_int_equal(report_of(&s).frames_late, 1);
    stream_free(&s);
}

static void one_hiccup_moves_nothing(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 300);
    for (size_t i = 100; i < 103; i++) {
        s.arrives_us[i] = 103 * FRAME_US + 10000; /* 50, 30 and 10 ms late */
    }
    run(&s, 0, 300 * FRAME_US);
    struct tacet_playout_report report = report_of(&s);
    assert_int_equal(report.samples_inserted, 0);
    assert_int_equal(report.samples_concealed, FRAME);
    assert_int_equal(report.frames_late, 1);
    assert_in_range(s.heard_at_us[290] - s.arrives_us[290], TACET_MS(40), TACET_MS(41));
    stream_free(&s);
}

static void delay_grows_with_jitter_and_shrinks_after_it(void **state)
{
    struct stream s;
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 7, 0);
    stream_init(&s, 3000);
    for (size_t i = 500; i < 1000; i++) {
        s.arrives_us[i] += (int64_t)tacet_rng_below(&rng, 120000);
    }
    run(&s, 0, 1000 * FRAME_US);
    struct tacet_playout_report jittery = report_of(&s);
    assert_in_range(jittery.target_delay_us, TACET_MS(100), TACET_MS(140));
    assert_true(jittery.samples_inserted > 0);
    run(&s, 1000 * FRAME_US, 3000 * FRAME_US);
    struct tacet_playout_report calm = report_of(&s);
    assert_int_equal(calm.target_delay_us, TACET_PLAYOUT_MIN_US);
    assert_in_range(calm.current_delay_us, TACET_MS(40), TACET_MS(40 + 45));
    assert_int_equal(calm.samples_removed, s.skipped * FRAME);
    assert_true(s.skipped >= 1);
    assert_true(s.in_order);
    stream_free(&s);
}

static void pause_is_anchored_anew(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 400);
    for (size_t i = 100; i < 150; i++) {
        s.arrives_us[i] = NEVER; /* a second of nothing */
    }
    run(&s, 0, 140 * FRAME_US);
    struct tacet_playout_report paused = report_of(&s);
    assert_int_equal(paused.samples_concealed - paused.samples_silent, 9600);
    run(&s, 140 * FRAME_US, 400 * FRAME_US);
    for (size_t i = 150; i < 390; i++) {
        assert_int_equal(s.played[i], 1);
        assert_in_range(s.heard_at_us[i] - s.arrives_us[i], TACET_MS(40), TACET_MS(41));
    }
    stream_free(&s);
}

static void outage_that_is_delivered_late_does_not_lag(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 600);
    for (size_t i = 100; i < 140; i++) {
        s.arrives_us[i] = 140 * FRAME_US; /* 800 ms, all at once */
    }
    run(&s, 0, 600 * FRAME_US);
    struct tacet_playout_report report = report_of(&s);
    assert_true(report.samples_removed > 0);
    assert_in_range(report.current_delay_us, TACET_MS(40), TACET_MS(85));
    for (size_t i = 150; i < 400; i++) {
        assert_true(s.played[i] == 1);
    }
    stream_free(&s);
}

static void longer_path_is_played_again_within_a_second(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 600);
    for (size_t i = 100; i < 600; i++) {
        s.arrives_us[i] += 500000; /* for good */
    }
    run(&s, 0, 620 * FRAME_US);
    size_t played = 0;
    for (size_t i = 150; i < 590; i++) {
        assert_true(s.played[i] <= 1);
        played += s.played[i];
    }
    assert_true(played >= 438);
    stream_free(&s);
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
    run(&s, 0, 1000 * FRAME_US);
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
        assert_true(put(&s, i + 1, 0));
    }
    assert_false(put(&s, 0, 0)); /* older than all: it is the oldest itself */
    assert_int_equal(report_of(&s).samples_removed, 0);
    assert_false(put(&s, 90, 0));
    assert_int_equal(report_of(&s).samples_removed, FRAME);
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

/* 10 % random loss, jitter up to 60 ms, a minute: for several seeds. */
static void every_frame_in_time_plays_once_in_order_under_loss_and_jitter(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct stream s;
        struct tacet_rng rng;
        size_t lost = 0;
        const size_t count = 3000;

        tacet_rng_seed(&rng, seed, 0);
        stream_init(&s, count);
        for (size_t i = 0; i < count; i++) {
            s.arrives_us[i] += (int64_t)tacet_rng_below(&rng, 60000);
            if (tacet_rng_below(&rng, 10) == 0) {
                s.arrives_us[i] = NEVER;
                lost++;
            }
        }
        run(&s, 0, (int64_t)count * FRAME_US);
        struct tacet_playout_report report = report_of(&s);
        size_t played = 0;
        for (size_t i = 0; i < count; i++) {
            assert_true(s.played[i] <= 1);
            played += s.played[i];
        }
        assert_true(s.in_order);
        double loss = (double)lost / (double)count;
        double share = (double)report.samples_concealed / (double)report.samples_received;
        printf("seed %u: lost %.4f concealed %.4f late %u skipped %u inserted %u target %d ms\n",
               (unsigned int)seed, loss, share, (unsigned int)report.frames_late,
               (unsigned int)s.skipped, (unsigned int)report.samples_inserted,
               (int)(report.target_delay_us / 1000));
        assert_true(share >= loss - 0.002); /* the last frames are still in the buffer */
        assert_true(share <= loss + 0.02);
        /* What was neither lost nor late has been played, but for what the end cut off. */
        assert_true(played + lost + report.frames_late + 10 >= count);
        assert_true(s.skipped <= 2);
        stream_free(&s);
    }
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
        cmocka_unit_test(clean_stream_settles_at_forty_milliseconds),
        cmocka_unit_test(what_the_sink_holds_counts_towards_the_delay),
        cmocka_unit_test(lost_frame_is_concealed_once),
        cmocka_unit_test(redundancy_of_the_next_frame_recovers_a_lost_one),
        cmocka_unit_test(reordered_and_doubled_frames_play_once_in_order),
        cmocka_unit_test(one_hiccup_moves_nothing),
        cmocka_unit_test(delay_grows_with_jitter_and_shrinks_after_it),
        cmocka_unit_test(pause_is_anchored_anew),
        cmocka_unit_test(outage_that_is_delivered_late_does_not_lag),
        cmocka_unit_test(longer_path_is_played_again_within_a_second),
        cmocka_unit_test(timestamp_far_off_begins_another_stream),
        cmocka_unit_test(full_buffer_lets_the_oldest_go),
        cmocka_unit_test(unusable_lengths_are_refused),
        cmocka_unit_test(every_frame_in_time_plays_once_in_order_under_loss_and_jitter),
        cmocka_unit_test(failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
