/* The delay of the jitter buffer: how it follows a way that will not stay as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "playout_stream.h"
#include "sim/link.h"
#include "sim/rng.h"

#include <stdio.h>
#include <stdlib.h>

static void one_hiccup_moves_nothing(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 1400);
    for (size_t i = 1000; i < 1003; i++) {
        s.arrives_us[i] = 1003 * FRAME_US + 10000; /* 50, 30 and 10 ms late */
    }
    stream_run(&s, 0, 1400 * FRAME_US);
    struct tacet_playout_report report = stream_report(&s);
    assert_int_equal(report.samples_inserted, 0);
    assert_in_range(report.samples_concealed, FRAME, 2 * FRAME + FRAME / 2);
    assert_int_equal(report.concealment_events, 1);
    assert_in_range(report.frames_late, 1,
                    2); /* what came too late wholly; of the rest is played */
    assert_int_equal(report.frames_late, s.skipped); /* but that too is decoded */
    assert_in_range(stream_delay_us(&s, 1390) - stream_delay_us(&s, 999) + 1, 0, 2);
    stream_free(&s);
}

static void late_frame_is_played_from_where_it_is_due(void **state)
{
    struct stream s;

    (void)state;
    stream_init(&s, 300);
    stream_run(&s, 0, 200 * FRAME_US);
    /* The one after the next comes just after half of its time has been made up. */
    size_t next = s.last_played;
    uint64_t played = stream_report(&s).samples_received - s.pending;
    int64_t now = 200 * FRAME_US;
    while (stream_report(&s).samples_concealed == 0) {
        stream_pull(&s, now);
        now += PULL_US;
    }
    size_t held = s.last_played;
    assert_true(held >= next);
    assert_true(stream_put(&s, held, now));
    stream_pull(&s, now);
    struct tacet_playout_report report = stream_report(&s);
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
    stream_run(&s, 0, 1000 * FRAME_US);
    struct tacet_playout_report jittery = stream_report(&s);
    assert_in_range(jittery.target_delay_us, TACET_MS(100), TACET_MS(130));
    assert_true(jittery.samples_inserted > 0);
    stream_run(&s, 1000 * FRAME_US, 3000 * FRAME_US);
    struct tacet_playout_report calm = stream_report(&s);
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
    stream_run(&s, 0, 440 * FRAME_US);
    struct tacet_playout_report paused = stream_report(&s);
    assert_in_range(paused.samples_concealed - paused.samples_silent, 9600, 9600 + PULL);
    assert_in_range(paused.samples_silent, 48000 * 4, 48000 * 5);
    stream_run(&s, 440 * FRAME_US, 700 * FRAME_US);
    for (size_t i = 450; i < 690; i++) {
        assert_int_equal(s.played[i], 1);
        assert_in_range(stream_delay_us(&s, i), TACET_MS(4), TACET_MS(25));
    }
    struct tacet_playout_report report = stream_report(&s);
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
    stream_run(&s, 0, 300 * FRAME_US);
    assert_true(stream_report(&s).samples_removed > 0);
    assert_in_range(stream_report(&s).current_delay_us, TACET_MS(4), TACET_MS(230));
    stream_run(&s, 300 * FRAME_US, 1600 * FRAME_US);
    assert_in_range(stream_report(&s).current_delay_us, TACET_MS(4), TACET_MS(25));
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
        stream_run(&s, 0, TACET_MS(30900) + (step_us < 0 ? step_us : 0));
        struct tacet_playout_report report = stream_report(&s);
        size_t longer_ms = step_us > 0 ? (size_t)step_us / 1000 : 0;
        printf("path %+d ms: concealed %u ms, removed %u, inserted %u\n", (int)(step_us / 1000),
               (unsigned int)(report.samples_concealed / 48),
               (unsigned int)(report.samples_removed / 48),
               (unsigned int)(report.samples_inserted / 48));
        assert_in_range(report.samples_concealed, 0, 48 * (longer_ms + rows[row].concealed_ms));
        for (size_t i = 600 + rows[row].settled_ms / 20; i < 1450; i++) {
            assert_int_equal(s.played[i], 1);
            assert_in_range(stream_delay_us(&s, i), 0, TACET_MS(25));
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
        stream_run(&s, 0, 3590 * TACET_S(1));
        struct tacet_playout_report report = stream_report(&s);
        int64_t drift = (int64_t)ppm * 3600 * 48 / 1000;
        int64_t made = (int64_t)report.samples_inserted - (int64_t)report.samples_removed;
        printf("%+d ppm: inserted %u, removed %u, concealed %u, delay %d\n", ppm,
               (unsigned int)report.samples_inserted, (unsigned int)report.samples_removed,
               (unsigned int)report.samples_concealed, (int)stream_mean_delay_us(&report));
        assert_int_equal(report.samples_concealed, 0);
        assert_int_equal(report.frames_late, 0);
        assert_in_range(made - drift + 48 * 60, 0, 2 * 48 * 60);
        /* Hardly ever one way and back again: what is left over of a block is taken out. */
        uint64_t back = ppm > 0 ? report.samples_removed : report.samples_inserted;
        assert_true(back <= 48 * 40 + report.samples_inserted / 2);
        assert_in_range(stream_mean_delay_us(&report), TACET_MS(6), TACET_MS(25));
        for (size_t i = 200; i + 1000 < count; i++) {
            assert_int_equal(s.played[i], 1);
            assert_in_range(stream_delay_us(&s, i), 0, TACET_MS(28));
        }
        stream_free(&s);
    }
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
            stream_run(&s, (int64_t)seed * 497, 1500 * FRAME_US);
            struct tacet_playout_report report = stream_report(&s);
            assert_true(s.in_order);
            for (size_t i = 0; i < s.count; i++) {
                assert_true(s.played[i] <= 1);
            }
            concealed[seed - 1] =
                (uint32_t)(report.samples_concealed * 10000 / report.samples_received);
            int64_t delay = stream_mean_delay_us(&report);
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

/* A thread that was held up asks as at the time that was due, before the frame came. */
static void no_delay_is_taken_back_by_a_late_tick(void **state)
{
    struct tacet_playout_report before;
    struct tacet_playout_report after;
    struct stream s;

    (void)state;
    stream_init(&s, 2);
    assert_true(stream_put(&s, 0, 0));
    stream_pull(&s, 30000);
    stream_pull(&s, 40000);
    tacet_playout_report(s.playout, &before);
    assert_int_equal(before.jitter_buffer_emitted_count, FRAME);
    assert_true(stream_put(&s, 1, 65000));
    stream_pull(&s, 50000);
    stream_pull(&s, 60000);
    tacet_playout_report(s.playout, &after);
    assert_int_equal(after.jitter_buffer_emitted_count, 2 * FRAME);
    assert_true(after.jitter_buffer_delay_us >= before.jitter_buffer_delay_us);
    stream_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_hiccup_moves_nothing),
        cmocka_unit_test(late_frame_is_played_from_where_it_is_due),
        cmocka_unit_test(delay_grows_with_jitter_and_shrinks_after_it),
        cmocka_unit_test(pause_is_anchored_anew),
        cmocka_unit_test(outage_that_is_delivered_late_does_not_lag),
        cmocka_unit_test(path_of_another_length_is_followed),
        cmocka_unit_test(drifting_clock_is_followed_for_an_hour),
        cmocka_unit_test(traces_are_played_within_bounds),
        cmocka_unit_test(no_delay_is_taken_back_by_a_late_tick),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
