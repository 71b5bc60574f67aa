/* The jitter buffer on virtual time: frames are numbers, sound is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "media/playout.h"
#include "sim/link.h"
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

/* A stream of frames with given arrival times, and what became of each. Its sound can be stretched
 * by PERIOD at a time. */
#define PERIOD 384
#define FRAME_MAX 2880

struct stream {
    struct tacet_playout *playout;
    size_t count;
    uint32_t frame;
    uint32_t *at;        /* timestamps */
    int64_t *arrives_us; /* NEVER: lost */
    size_t *order;       /* by arrival */
    size_t arrived;
    bool redundant;
    bool stiff;       /* cannot be stretched */
    uint32_t *played; /* how often */
    int64_t *heard_at_us;
    size_t last_played;
    bool in_order;
    uint32_t queued;
    size_t pending; /* samples of the last step not used yet */
    uint64_t recovered;
    uint64_t skipped;
    uint64_t pulled;
};

static void stream_init_of(struct stream *s, size_t count, uint32_t frame)
{
    memset(s, 0, sizeof(*s));
    assert_int_equal(tacet_playout_create(&s->playout), 0);
    s->count = count;
    s->frame = frame;
    s->at = calloc(count, sizeof(*s->at));
    s->arrives_us = calloc(count, sizeof(*s->arrives_us));
    s->played = calloc(count, sizeof(*s->played));
    s->heard_at_us = calloc(count, sizeof(*s->heard_at_us));
    s->in_order = true;
    for (size_t i = 0; i < count; i++) {
        s->at[i] = FIRST_TIMESTAMP + (uint32_t)i * frame;
        s->arrives_us[i] = (int64_t)(i + 1) * frame * 125 / 6;
    }
}

static void stream_init(struct stream *s, size_t count)
{
    stream_init_of(s, count, FRAME);
}

static void stream_free(struct stream *s)
{
    tacet_playout_free(&s->playout);
    free(s->at);
    free(s->arrives_us);
    free(s->order);
    free(s->played);
    free(s->heard_at_us);
}

static bool put(struct stream *s, size_t index, int64_t now)
{
    uint8_t data[8];

    memcpy(data, &index, sizeof(data));
    const struct tacet_frame frame = {
        .kind = TACET_KIND_AUDIO,
        .rtp_timestamp = s->at[index],
        .received_at_us = now,
        .data = data,
        .size = sizeof(data),
    };
    return tacet_playout_put(s->playout, now, &frame, s->frame, s->redundant ? s->frame : 0);
}

static void on_frame(struct stream *s, int64_t now, const struct tacet_playout_step *step)
{
    size_t index;

    assert_int_equal(step->size, sizeof(index));
    memcpy(&index, step->data, sizeof(index));
    assert_true(index < s->count);
    assert_int_equal(step->rtp_timestamp, s->at[index]);
    assert_int_equal(step->samples + step->crop, s->frame);
    s->in_order = s->in_order && (s->last_played == 0 || index > s->last_played - 1);
    s->last_played = index + 1;
    if (step->action == TACET_PLAYOUT_SKIP) {
        s->skipped++;
        return;
    }
    s->played[index]++;
    s->heard_at_us[index] = now;
}

static uint32_t stretch(struct stream *s, int64_t now, const struct tacet_playout_step *step)
{
    int32_t by = 0;

    if (step->stretch == 0 || s->stiff) {
        return step->samples;
    }
    if (step->stretch >= PERIOD) {
        by = PERIOD;
    } else if (step->stretch < 0) {
        by = step->stretch < -PERIOD ? -PERIOD : step->stretch;
    }
    tacet_playout_on_stretched(s->playout, now, by);
    return (uint32_t)((int32_t)step->samples + by);
}

static void pull(struct stream *s, int64_t now)
{
    size_t used = 0;

    while (used < PULL) {
        if (s->pending == 0) {
            const struct tacet_playout_pull where = { now, s->queued, (uint32_t)used,
                                                      (uint32_t)(PULL - used) };
            struct tacet_playout_step step;
            int64_t then = now + (int64_t)used * 125 / 6;
            tacet_playout_get(s->playout, &where, &step);
            if (step.action == TACET_PLAYOUT_FRAME || step.action == TACET_PLAYOUT_SKIP) {
                on_frame(s, then, &step);
            }
            s->recovered += step.action == TACET_PLAYOUT_RECOVER ? 1 : 0;
            if (step.action == TACET_PLAYOUT_SKIP) {
                continue;
            }
            assert_in_range(step.samples, 1, FRAME_MAX);
            s->pending = stretch(s, then, &step);
        }
        size_t part = s->pending < PULL - used ? s->pending : PULL - used;
        tacet_playout_on_pulled(s->playout, now, (uint32_t)part);
        s->pending -= part;
        used += part;
    }
    s->pulled += PULL;
}

static const struct stream *sorted;

static int by_arrival(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    int64_t apart = sorted->arrives_us[x] - sorted->arrives_us[y];

    return apart != 0 ? (apart < 0 ? -1 : 1) : (x < y ? -1 : 1);
}

/* Delivers and pulls, in the order of time, up to `until_us`. */
static void run(struct stream *s, int64_t from_us, int64_t until_us)
{
    if (s->order == NULL) {
        s->order = calloc(s->count, sizeof(*s->order));
        for (size_t i = 0; i < s->count; i++) {
            s->order[i] = i;
        }
        sorted = s;
        qsort(s->order, s->count, sizeof(*s->order), by_arrival);
    }
    for (int64_t now = from_us; now < until_us; now += PULL_US) {
        while (s->arrived < s->count && s->arrives_us[s->order[s->arrived]] <= now) {
            size_t i = s->order[s->arrived++];
            (void)put(s, i, s->arrives_us[i]);
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

static int64_t mean_delay_us(const struct tacet_playout_report *r)
{
    return r->jitter_buffer_delay_us / (int64_t)r->jitter_buffer_emitted_count;
}

/* All frames from `from` on to the last but ten have been played, once. */
static void expect_all_played(const struct stream *s, size_t from)
{
    for (size_t i = from; i + 10 < s->count; i++) {
        assert_int_equal(s->played[i], 1);
    }
    assert_true(s->in_order);
}

static int64_t delay_us(const struct stream *s, size_t index)
{
    return s->heard_at_us[index] - s->arrives_us[index];
}

static void clean_stream_is_hardly_delayed(void **state)
{
    (void)state;
    for (int64_t phase_us = 0; phase_us < PULL_US; phase_us += 1700) {
        struct stream s;
        stream_init(&s, 1500);
        run(&s, phase_us, 1500 * FRAME_US);
        struct tacet_playout_report report = report_of(&s);
        assert_int_equal(report.target_delay_us, TACET_PLAYOUT_MIN_US);
        assert_in_range(report.current_delay_us, TACET_MS(4), TACET_MS(20));
        assert_in_range(mean_delay_us(&report), TACET_MS(9), TACET_MS(25));
        assert_int_equal(report.samples_concealed, 0);
        assert_int_equal(report.samples_inserted, 0);
        assert_in_range(report.samples_removed, 1, 48 * 40); /* of the caution at the start */
        assert_int_equal(report.frames_late, 0);
        expect_all_played(&s, 0);
        /* Once it has settled, to the sample. */
        for (size_t i = 200; i < 1490; i++) {
            assert_in_range(delay_us(&s, i) - delay_us(&s, 199) + 1, 0, 2);
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
    run(&s, 0, 40 * FRAME_US);
    struct tacet_playout_report report = report_of(&s);
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
    run(&s, 0, 200 * FRAME_US);
    struct tacet_playout_report report = report_of(&s);
    size_t last = s.last_played - 1;
    assert_int_equal(report.last_played_at_us, s.heard_at_us[last] + FRAME_US);
    assert_int_equal(report.current_delay_us, delay_us(&s, last) + FRAME_US);
    assert_true(delay_us(&s, last) < TACET_MS(25)); /* nothing waits for that */
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
    stream_init(&s, 400);
    for (size_t i = 10; i + 1 < 400; i += 2) {
        s.arrives_us[i] = (int64_t)(i + 1) * FRAME_US + 25000;
    }
    run(&s, 0, 30 * FRAME_US);
    assert_true(put(&s, 31, 30 * FRAME_US));
    assert_false(put(&s, 31, 30 * FRAME_US)); /* it is in the buffer */
    run(&s, 30 * FRAME_US, 400 * FRAME_US);
    expect_all_played(&s, 0);
    assert_int_equal(report_of(&s).samples_concealed, 0);
    assert_false(put(&s, 5, 400 * FRAME_US));
    assert_int_equal(report_of(&s).frames_late, 1);
    stream_free(&s);
}

static void one_hiccup_moves_nothing(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 1400);
    for (size_t i = 1000; i < 1003; i++) {
        s.arrives_us[i] = 1003 * FRAME_US + 10000; /* 50, 30 and 10 ms late */
    }
    run(&s, 0, 1400 * FRAME_US);
    struct tacet_playout_report report = report_of(&s);
    assert_int_equal(report.samples_inserted, 0);
    assert_in_range(report.samples_concealed, FRAME, 2 * FRAME + FRAME / 2);
    assert_int_equal(report.concealment_events, 1);
    assert_in_range(report.frames_late, 1,
                    2); /* what came too late wholly; of the rest is played */
    assert_int_equal(report.frames_late, s.skipped); /* but that too is decoded */
    assert_in_range(delay_us(&s, 1390) - delay_us(&s, 999) + 1, 0, 2);
    stream_free(&s);
}

static void late_frame_is_played_from_where_it_is_due(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 300);
    run(&s, 0, 200 * FRAME_US);
    /* The one after the next comes just after half of its time has been made up. */
    size_t next = s.last_played;
    uint64_t played = report_of(&s).samples_received - s.pending;
    int64_t now = 200 * FRAME_US;
    while (report_of(&s).samples_concealed == 0) {
        pull(&s, now);
        now += PULL_US;
    }
    size_t held = s.last_played;
    assert_true(held >= next);
    assert_true(put(&s, held, now));
    pull(&s, now);
    struct tacet_playout_report report = report_of(&s);
    assert_int_equal(s.played[held], 1);
    assert_in_range(report.samples_concealed, 1, PULL);
    /* Time went on as if it had been there all along. */
    assert_int_equal(report.samples_received - s.pending - played,
                     (now + PULL_US) * 48 / 1000 - 200 * FRAME);
    assert_int_equal(report.samples_received - s.pending,
                     s.pulled - (s.pulled - report.samples_received + s.pending));
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
    assert_in_range(jittery.target_delay_us, TACET_MS(100), TACET_MS(130));
    assert_true(jittery.samples_inserted > 0);
    run(&s, 1000 * FRAME_US, 3000 * FRAME_US);
    struct tacet_playout_report calm = report_of(&s);
    assert_in_range(calm.target_delay_us, TACET_PLAYOUT_MIN_US, TACET_MS(10));
    assert_in_range(calm.current_delay_us, TACET_MS(4), TACET_MS(20));
    assert_true(s.in_order);
    stream_free(&s);
}

static void pause_is_anchored_anew(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 700);
    for (size_t i = 200; i < 450; i++) {
        s.arrives_us[i] = NEVER; /* five seconds of nothing */
    }
    run(&s, 0, 440 * FRAME_US);
    struct tacet_playout_report paused = report_of(&s);
    assert_in_range(paused.samples_concealed - paused.samples_silent, 9600, 9600 + PULL);
    assert_in_range(paused.samples_silent, 48000 * 4, 48000 * 5);
    run(&s, 440 * FRAME_US, 700 * FRAME_US);
    for (size_t i = 450; i < 690; i++) {
        assert_int_equal(s.played[i], 1);
        assert_in_range(delay_us(&s, i), TACET_MS(4), TACET_MS(25));
    }
    struct tacet_playout_report report = report_of(&s);
    assert_int_equal(report.concealment_events, 1);
    assert_int_equal(report.bursts[TACET_PLAYOUT_BURSTS - 1], 1);
    stream_free(&s);
}

static void outage_that_is_delivered_late_does_not_lag(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 1600);
    for (size_t i = 200; i < 240; i++) {
        s.arrives_us[i] = 240 * FRAME_US; /* 800 ms, all at once */
    }
    run(&s, 0, 300 * FRAME_US);
    assert_true(report_of(&s).samples_removed > 0);
    assert_in_range(report_of(&s).current_delay_us, TACET_MS(4), TACET_MS(230));
    run(&s, 300 * FRAME_US, 1600 * FRAME_US);
    assert_in_range(report_of(&s).current_delay_us, TACET_MS(4), TACET_MS(25));
    for (size_t i = 250; i < 1500; i++) {
        assert_true(s.played[i] == 1);
    }
    stream_free(&s);
}

/* From one frame on the path is longer, or shorter, for good. */
static void path_of_another_length_is_followed(void **state)
{
    static const struct {
        int64_t step_us;
        size_t concealed_ms; /* at most, above a step that is longer */
        size_t settled_ms;   /* after which the delay is as before */
    } rows[] = {
        { TACET_MS(30), 20, 3000 },  { TACET_MS(50), 20, 3000 }, { TACET_MS(100), 20, 3000 },
        { TACET_MS(500), 60, 3000 }, { -TACET_MS(50), 0, 1500 }, { -TACET_MS(100), 0, 2000 },
        { -TACET_MS(500), 0, 2500 },
    };

    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct stream s;
        int64_t step_us = rows[row].step_us;
        stream_init(&s, 1500);
        for (size_t i = 0; i < 1500; i++) {
            s.arrives_us[i] += TACET_S(1) + (i >= 600 ? step_us : 0);
        }
        run(&s, 0, TACET_MS(30900) + (step_us < 0 ? step_us : 0));
        struct tacet_playout_report report = report_of(&s);
        size_t longer_ms = step_us > 0 ? (size_t)step_us / 1000 : 0;
        printf("path %+d ms: concealed %u ms, removed %u, inserted %u\n", (int)(step_us / 1000),
               (unsigned int)(report.samples_concealed / 48),
               (unsigned int)(report.samples_removed / 48),
               (unsigned int)(report.samples_inserted / 48));
        assert_in_range(report.samples_concealed, 0, 48 * (longer_ms + rows[row].concealed_ms));
        for (size_t i = 600 + rows[row].settled_ms / 20; i < 1450; i++) {
            assert_int_equal(s.played[i], 1);
            assert_in_range(delay_us(&s, i), 0, TACET_MS(25));
        }
        stream_free(&s);
    }
}

/* A clock that is 300 ppm off for an hour: corrected as it goes, and never felt. */
static void drifting_clock_is_followed_for_an_hour(void **state)
{
    (void)state;
    for (int ppm = -300; ppm <= 300; ppm += 200) {
        struct stream s;
        const size_t count = 180000;
        stream_init(&s, count);
        for (size_t i = 0; i < count; i++) {
            s.arrives_us[i] = (int64_t)(i + 1) * FRAME_US + (int64_t)(i + 1) * ppm / 50;
        }
        run(&s, 0, 3590 * TACET_S(1));
        struct tacet_playout_report report = report_of(&s);
        int64_t drift = (int64_t)ppm * 3600 * 48 / 1000;
        int64_t made = (int64_t)report.samples_inserted - (int64_t)report.samples_removed;
        printf("%+d ppm: inserted %u, removed %u, concealed %u, delay %d\n", ppm,
               (unsigned int)report.samples_inserted, (unsigned int)report.samples_removed,
               (unsigned int)report.samples_concealed, (int)mean_delay_us(&report));
        assert_int_equal(report.samples_concealed, 0);
        assert_int_equal(report.frames_late, 0);
        assert_in_range(made - drift + 48 * 60, 0, 2 * 48 * 60);
        /* Hardly ever one way and back again: what is left over of a block is taken out. */
        uint64_t back = ppm > 0 ? report.samples_removed : report.samples_inserted;
        assert_true(back <= 48 * 40 + report.samples_inserted / 2);
        assert_in_range(mean_delay_us(&report), TACET_MS(6), TACET_MS(25));
        for (size_t i = 200; i + 1000 < count; i++) {
            assert_int_equal(s.played[i], 1);
            assert_in_range(delay_us(&s, i), 0, TACET_MS(28));
        }
        stream_free(&s);
    }
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
        run(&s, 0, 2900 * FRAME_US);
        struct tacet_playout_report report = report_of(&s);
        assert_int_equal(report.samples_concealed, 0);
        assert_int_equal(report.frames_late, 0);
        for (size_t i = 0; i < 2800; i++) {
            assert_int_equal(s.played[i], 1);
        }
        assert_in_range(mean_delay_us(&report), TACET_MS(8), TACET_MS(25));
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

/* Arrivals as a link gives them: each packet repeats the `depth` before it. */
struct trace {
    const char *name;
    struct tacet_link_config link;
    size_t depth;
    int64_t spike_us;            /* now and then the link stands still for up to so long */
    uint32_t concealed_of_10000; /* at most, the median of all seeds */
    uint32_t concealed_of_10000_most;
    int64_t mean_delay_us_max;
};

static void draw(struct stream *s, const struct trace *t, uint64_t seed)
{
    struct tacet_link link;
    struct tacet_rng rng;
    int64_t still_until_us = 0;

    tacet_rng_seed(&rng, seed, 1);
    tacet_link_init(&link, &t->link, seed, 0);
    for (size_t i = 0; i < s->count; i++) {
        s->arrives_us[i] = NEVER;
    }
    for (size_t i = 0; i < s->count; i++) {
        int64_t sent_us = (int64_t)(i + 1) * FRAME_US;
        int64_t at_us[2];
        if (t->spike_us > 0 && tacet_rng_below(&rng, 250) == 0) {
            still_until_us =
                sent_us + t->link.delay_us + (int64_t)tacet_rng_below(&rng, (uint64_t)t->spike_us);
        }
        if (tacet_link_send(&link, sent_us, 100, at_us) == 0) {
            continue;
        }
        int64_t came_us = at_us[0] > still_until_us ? at_us[0] : still_until_us;
        for (size_t back = 0; back <= t->depth && back <= i; back++) {
            size_t frame = i - back;
            s->arrives_us[frame] = came_us < s->arrives_us[frame] ? came_us : s->arrives_us[frame];
        }
    }
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void traces_are_played_within_bounds(void **state)
{
    enum { SEEDS = 20 };
    static const struct trace traces[] = {
        { "clean", { .delay_us = 50000 }, 0, 0, 0, 0, TACET_MS(25) },
        { "jitter", { .delay_us = 50000, .jitter_us = 20000 }, 0, 0, 2, 10, TACET_MS(45) },
        { "5 %",
          { .delay_us = 50000, .jitter_us = 20000, .loss_permille = 50 },
          1,
          0,
          45,
          70,
          TACET_MS(65) },
        { "10 %",
          { .delay_us = 50000, .jitter_us = 20000, .loss_permille = 100 },
          2,
          0,
          60,
          90,
          TACET_MS(75) },
        { "20 %",
          { .delay_us = 50000, .jitter_us = 20000, .loss_permille = 200 },
          3,
          0,
          90,
          150,
          TACET_MS(95) },
        { "30 %",
          { .delay_us = 50000, .jitter_us = 20000, .loss_permille = 300 },
          4,
          0,
          150,
          250,
          TACET_MS(115) },
        { "reordered", { .delay_us = 50000, .reorder_permille = 100 }, 0, 0, 20, 50, TACET_MS(50) },
        { "spikes",
          { .delay_us = 50000, .jitter_us = 5000 },
          0,
          TACET_MS(120),
          150,
          300,
          TACET_MS(90) },
    };

    (void)state;
    for (size_t row = 0; row < sizeof(traces) / sizeof(traces[0]); row++) {
        uint32_t concealed[SEEDS];
        int64_t delay_most_us = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct stream s;
            stream_init(&s, 1500);
            draw(&s, &traces[row], seed);
            run(&s, (int64_t)seed * 497, 1500 * FRAME_US);
            struct tacet_playout_report report = report_of(&s);
            assert_true(s.in_order);
            for (size_t i = 0; i < s.count; i++) {
                assert_true(s.played[i] <= 1);
            }
            concealed[seed - 1] =
                (uint32_t)(report.samples_concealed * 10000 / report.samples_received);
            int64_t delay = mean_delay_us(&report);
            delay_most_us = delay > delay_most_us ? delay : delay_most_us;
            stream_free(&s);
        }
        qsort(concealed, SEEDS, sizeof(concealed[0]), by_value);
        printf("%s: concealed %u of 10000 (at most %u), delay at most %d ms\n", traces[row].name,
               concealed[SEEDS / 2], concealed[SEEDS - 1], (int)(delay_most_us / 1000));
        assert_true(concealed[SEEDS / 2] <= traces[row].concealed_of_10000);
        assert_true(concealed[SEEDS - 1] <= traces[row].concealed_of_10000_most);
        assert_true(delay_most_us <= traces[row].mean_delay_us_max);
    }
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

/* A thread that was held up asks as at the time that was due, before the frame came. */
static void no_delay_is_taken_back_by_a_late_tick(void **state)
{
    struct tacet_playout_report before;
    struct tacet_playout_report after;
    struct stream s;

    (void)state;
    stream_init(&s, 2);
    assert_true(put(&s, 0, 0));
    pull(&s, 30000);
    pull(&s, 40000);
    tacet_playout_report(s.playout, &before);
    assert_int_equal(before.jitter_buffer_emitted_count, FRAME);
    assert_true(put(&s, 1, 65000));
    pull(&s, 50000);
    pull(&s, 60000);
    tacet_playout_report(s.playout, &after);
    assert_int_equal(after.jitter_buffer_emitted_count, 2 * FRAME);
    assert_true(after.jitter_buffer_delay_us >= before.jitter_buffer_delay_us);
    stream_free(&s);
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
        cmocka_unit_test(one_hiccup_moves_nothing),
        cmocka_unit_test(late_frame_is_played_from_where_it_is_due),
        cmocka_unit_test(delay_grows_with_jitter_and_shrinks_after_it),
        cmocka_unit_test(pause_is_anchored_anew),
        cmocka_unit_test(outage_that_is_delivered_late_does_not_lag),
        cmocka_unit_test(path_of_another_length_is_followed),
        cmocka_unit_test(drifting_clock_is_followed_for_an_hour),
        cmocka_unit_test(small_slips_of_timestamps_are_no_gaps),
        cmocka_unit_test(packets_of_any_length_join_on),
        cmocka_unit_test(traces_are_played_within_bounds),
        cmocka_unit_test(timestamp_far_off_begins_another_stream),
        cmocka_unit_test(full_buffer_lets_the_oldest_go),
        cmocka_unit_test(unusable_lengths_are_refused),
        cmocka_unit_test(no_delay_is_taken_back_by_a_late_tick),
        cmocka_unit_test(failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
