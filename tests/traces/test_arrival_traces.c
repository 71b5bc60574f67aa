/*
 * Estimators and playout buffer against recorded arrivals (arrival_trace.h): no simulated link has
 * made up what they meet here. What was sent is what it was, so an estimate changes nothing; what
 * counts is what is seen, and when.
 */
#include "arrival_trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "media/playout.h"
#include "rtp/bwe.h"
#include "rtp/delay_trend.h"

#define FEEDBACK_US TACET_MS(50)
#define TRACE_US TACET_S(18)
#define CLOCK_US INT64_C(-987654321) /* of the receiver */
#define RESULTS_MAX 256
#define SECONDS 20

/* --- delay_trend --- */

/* How many of twenty looks a second see overuse, and the longest queue of that second. */
struct trend_course {
    int overuses[SECONDS];
    int64_t queue_us_max[SECONDS];
};

static void run_trend(const char *name, struct trend_course *course)
{
    struct arrival_trace trace;
    struct tacet_delay_trend trend;
    size_t next = 0;

    memset(course, 0, sizeof(*course));
    arrival_trace_read(name, &trace);
    tacet_delay_trend_init(&trend);
    for (int64_t now = 0; now < TRACE_US; now += FEEDBACK_US) {
        for (; next < trace.count; next++) {
            const struct arrival *a = &trace.arrivals[next];
            if (a->arrived_at_us != ARRIVAL_LOST && a->arrived_at_us > now) {
                break;
            }
            if (a->arrived_at_us != ARRIVAL_LOST) {
                tacet_delay_trend_add(&trend, a->sent_at_us, a->arrived_at_us + CLOCK_US);
            }
        }
        tacet_delay_trend_update(&trend);
        int second = (int)(now / TACET_S(1));
        course->overuses[second] += trend.overuse ? 1 : 0;
        if (trend.queue_us > course->queue_us_max[second]) {
            course->queue_us_max[second] = trend.queue_us;
        }
    }
    arrival_trace_free(&trace);
}

static void queues_are_seen_and_jitter_is_none(void **state)
{
    static const struct {
        const char *name;
        int from_s, to_s; /* the latter not in it */
        int overuses[2];  /* at least, at most; of twenty looks each second */
        int64_t queue_ms_max;
    } rows[] = {
        { "clean", 0, 18, { 0, 0 }, 5 },
        /* 150 and 250 ms in which nothing is served: one look or two, and over. */
        { "crowded-wifi", 0, 5, { 0, 0 }, 20 },
        { "crowded-wifi", 6, 13, { 0, 1 }, 25 },
        { "crowded-wifi", 14, 18, { 0, 1 }, 20 },
        { "crowded-wifi", 0, 18, { 0, 10 }, 260 },
        { "lte-handover", 0, 6, { 0, 1 }, 25 },
        { "lte-handover", 0, 18, { 0, 16 }, 310 },
        /* A queue that grows is seen within 200 ms, as long as it stands, and no longer. */
        { "congested-queue", 0, 6, { 0, 0 }, 10 },
        { "congested-queue", 6, 7, { 15, 17 }, 200 },
        { "congested-queue", 7, 11, { 72, 80 }, 420 },
        { "congested-queue", 12, 18, { 0, 0 }, 10 },
        { "satellite", 0, 18, { 0, 1 }, 20 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trend_course course;
        int overuses = 0;
        run_trend(rows[i].name, &course);
        for (int second = rows[i].from_s; second < rows[i].to_s; second++) {
            overuses += course.overuses[second];
            assert_true(course.queue_us_max[second] <= TACET_MS(rows[i].queue_ms_max));
        }
        if (overuses < rows[i].overuses[0] || overuses > rows[i].overuses[1]) {
            print_error("%s from %d s: %d times\n", rows[i].name, rows[i].from_s, overuses);
        }
        assert_in_range(overuses, rows[i].overuses[0], rows[i].overuses[1]);
    }
}

/* --- bwe --- */

static void run_bwe(const char *name, int64_t start_bps, int64_t most_bps,
                    int64_t estimate_bps[SECONDS])
{
    struct tacet_packet_result results[RESULTS_MAX];
    struct arrival_trace trace;
    struct tacet_bwe bwe;
    size_t sent = 0;
    size_t reported = 0;

    arrival_trace_read(name, &trace);
    int64_t way_us = trace.arrivals[0].arrived_at_us;
    tacet_bwe_init(&bwe, 0, start_bps, most_bps);
    for (int64_t now = FEEDBACK_US; now < TRACE_US; now += FEEDBACK_US) {
        size_t count = 0;
        size_t come = reported;
        for (; sent < trace.count && trace.arrivals[sent].sent_at_us <= now; sent++) {
            (void)tacet_bwe_on_sent(&bwe, trace.arrivals[sent].sent_at_us,
                                    trace.arrivals[sent].size);
        }
        /* The report has come back as fast as what it is of went there. */
        for (size_t i = reported; i < sent; i++) {
            come = trace.arrivals[i].arrived_at_us <= now - way_us ? i + 1 : come;
        }
        for (; reported < come; reported++) {
            const struct arrival *a = &trace.arrivals[reported];
            bool lost = a->arrived_at_us == ARRIVAL_LOST;
            assert_true(count < RESULTS_MAX);
            results[count++] = (struct tacet_packet_result){
                .sent_at_us = a->sent_at_us,
                .arrived_at_us = lost ? 0 : (a->arrived_at_us + CLOCK_US) / 976 * 976,
                .size = a->size,
                .seq = reported,
                .lost = lost,
            };
        }
        if (now >= tacet_bwe_timeout(&bwe)) {
            tacet_bwe_on_timeout(&bwe, now);
        }
        if (count > 0) {
            tacet_bwe_on_results(&bwe, now, results, count, 2 * way_us);
        }
        estimate_bps[now / TACET_S(1)] = tacet_bwe_estimate(&bwe);
    }
    arrival_trace_free(&trace);
}

/* 420 kbit/s are sent, 600 wanted at most. */
static void estimate_falls_where_the_rate_is_short_and_returns(void **state)
{
    static const struct {
        const char *name;
        int from_s, to_s;
        int64_t least_kbps, most_kbps; /* at the end of each second */
    } rows[] = {
        { "clean", 1, 18, 500, 600 },
        { "crowded-wifi", 1, 13, 400, 600 },
        { "crowded-wifi", 13, 18, 220, 600 },
        { "lte-handover", 1, 12, 400, 600 },
        { "lte-handover", 12, 18, 250, 600 },
        { "congested-queue", 1, 6, 500, 600 },
        { "congested-queue", 6, 11, 200, 360 }, /* 360 is what there is */
        { "congested-queue", 17, 18, 420, 600 },
        { "satellite", 2, 18, 500, 600 }, /* rain is no queue */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t estimate_bps[SECONDS];
        run_bwe(rows[i].name, 400000, 600000, estimate_bps);
        for (int second = rows[i].from_s; second < rows[i].to_s; second++) {
            int64_t kbps = estimate_bps[second] / 1000;
            if (kbps < rows[i].least_kbps || kbps > rows[i].most_kbps) {
                print_error("%s at %d s: %d kbit/s\n", rows[i].name, second, (int)kbps);
            }
            assert_in_range(kbps, rows[i].least_kbps, rows[i].most_kbps);
        }
    }
}

/* --- playout --- */

#define SAMPLES 960
#define PULL_SAMPLES 480
#define PULL_US TACET_MS(10)

static void put_arrived(struct tacet_playout *playout, const struct arrival_trace *trace, bool *put,
                        int64_t now)
{
    uint32_t sound = 0;

    for (size_t i = 0; i < trace->count && trace->arrivals[i].sent_at_us <= now; i++) {
        const struct arrival *a = &trace->arrivals[i];
        const struct tacet_frame frame = {
            .kind = TACET_KIND_AUDIO,
            .rtp_timestamp = sound * SAMPLES,
            .received_at_us = a->arrived_at_us,
            .data = (const uint8_t *)"sound",
            .size = 5,
        };
        if (a->size != ARRIVAL_AUDIO_BYTES) {
            continue;
        }
        sound++;
        if (!put[i] && a->arrived_at_us <= now) {
            put[i] = true;
            (void)tacet_playout_put(playout, a->arrived_at_us, &frame, SAMPLES, 0);
        }
    }
}

static void pull(struct tacet_playout *playout, int64_t now, uint32_t *pending)
{
    uint32_t used = 0;

    while (used < PULL_SAMPLES) {
        struct tacet_playout_step step = { .action = TACET_PLAYOUT_SKIP };
        const struct tacet_playout_pull where = { now, 0, used, PULL_SAMPLES - used };
        while (*pending == 0 && step.action == TACET_PLAYOUT_SKIP) {
            tacet_playout_get(playout, &where, &step);
            if (step.action != TACET_PLAYOUT_SKIP) {
                /* Voice, of a pitch of 8 ms. */
                int32_t by = step.stretch >= 384 ? 384 : step.stretch < -384 ? -384 : 0;
                if (step.stretch != 0) {
                    tacet_playout_on_stretched(playout, now, by);
                }
                *pending = (uint32_t)((int32_t)step.samples + by);
            }
        }
        uint32_t part = *pending < PULL_SAMPLES - used ? *pending : PULL_SAMPLES - used;
        tacet_playout_on_pulled(playout, now, part);
        *pending -= part;
        used += part;
    }
}

static void run_playout(const char *name, struct tacet_playout_report *ret)
{
    struct arrival_trace trace;
    struct tacet_playout *playout = NULL;
    bool put[ARRIVALS_MAX] = { false };
    uint32_t pending = 0;

    arrival_trace_read(name, &trace);
    assert_int_equal(tacet_playout_create(&playout), 0);
    for (int64_t now = 0; now < TRACE_US; now += PULL_US) {
        put_arrived(playout, &trace, put, now);
        pull(playout, now, &pending);
    }
    tacet_playout_report(playout, ret);
    tacet_playout_free(&playout);
    arrival_trace_free(&trace);
}

static void sound_waits_as_long_as_arrivals_ask_for(void **state)
{
    static const struct {
        const char *name;
        uint64_t concealed_ms[2]; /* at least what was lost, and what nobody can wait for */
        int64_t mean_delay_ms_max;
        int64_t last_delay_ms_max;
    } rows[] = {
        { "clean", { 0, 60 }, 30, 35 },           { "crowded-wifi", { 180, 700 }, 85, 85 },
        { "lte-handover", { 200, 600 }, 65, 60 }, { "congested-queue", { 60, 1500 }, 80, 60 },
        { "satellite", { 220, 260 }, 40, 40 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_playout_report report;
        run_playout(rows[i].name, &report);
        uint64_t concealed_ms = report.samples_concealed / 48;
        int64_t mean_us =
            report.jitter_buffer_delay_us / (int64_t)report.jitter_buffer_emitted_count;
        if (concealed_ms < rows[i].concealed_ms[0] || concealed_ms > rows[i].concealed_ms[1]) {
            print_error("%s: %d ms concealed\n", rows[i].name, (int)concealed_ms);
        }
        assert_in_range(concealed_ms, rows[i].concealed_ms[0], rows[i].concealed_ms[1]);
        assert_true(mean_us <= TACET_MS(rows[i].mean_delay_ms_max));
        assert_true(report.current_delay_us <= TACET_MS(rows[i].last_delay_ms_max));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queues_are_seen_and_jitter_is_none),
        cmocka_unit_test(estimate_falls_where_the_rate_is_short_and_returns),
        cmocka_unit_test(sound_waits_as_long_as_arrivals_ask_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
