/*
 * Calls over ways whose capacity is scarce: it changes under way, or is another each way. What is
 * used of it, what is put on it beyond, and what that costs. The cases of RFC 8867 that need more
 * than one call at a bottleneck are in tests/unit/rtp/test_rfc8867.c.
 */
#include "base/range.h"
#include "scenario.h"

#define STEP_US TACET_MILLIS(100)
#define WINDOW 3 /* steps: a frame more or less in 100 ms is no rate */
#define SETTLES_S 5
#define SENT_PERCENT_MAX 150 /* of a very narrow way, from dialling on */

struct network {
    int32_t video_bps;
    int64_t queue_ms;
    int64_t jitter_ms;
};

/* Holds from so many seconds after dialling to the next; the last one only ends the call. Rates are
 * [0] of the way there, [1] of the way back; the other bounds are for each direction. */
struct phase {
    int64_t from_s;
    int64_t rate_bps[2];
    int64_t above_ms_max; /* on end, 10 % over the capacity */
    int64_t concealed_permille_max;
    int64_t frozen_ms_max;
    int64_t latency_ms_max; /* of any picture */
    int64_t reaches_bps;    /* within five seconds; 0: nothing is asked */
};

/* What is seen of a direction as it runs, by who receives. */
struct course {
    uint64_t bytes[WINDOW + 1]; /* sent up to the last steps, the newest first */
    int64_t bps_max;
    int64_t above_us; /* on end, more than 10 % over the capacity */
    int64_t above_us_max;
    int64_t latency_us_max;
};

static struct tacet_harness_result result_of(struct tacet_harness *h, int at)
{
    struct tacet_harness_result result;

    tacet_harness_result(h, (enum tacet_harness_party)at, &result);
    return result;
}

static void course_begin(struct tacet_harness *h, struct course course[2])
{
    for (int at = 0; at < 2; at++) {
        struct tacet_harness_result result = result_of(h, at);
        course[at] = (struct course){ 0 };
        for (int i = 0; i <= WINDOW; i++) {
            course[at].bytes[i] = tacet_traffic_link_bytes(&result.sent);
        }
    }
}

static void course_step(struct tacet_harness *h, int at, struct course *course)
{
    struct tacet_harness_moment moment;

    tacet_harness_moment(h, (enum tacet_harness_party)at, &moment);
    for (int i = WINDOW; i > 0; i--) {
        course->bytes[i] = course->bytes[i - 1];
    }
    course->bytes[0] = tacet_traffic_link_bytes(&moment.sent);
    int64_t bytes = (int64_t)(course->bytes[0] - course->bytes[WINDOW]);
    int64_t bps = bytes * 8 * 1000000 / (WINDOW * STEP_US);
    course->bps_max = tacet_most(course->bps_max, bps);
    course->above_us = bps * 10 > moment.link.rate_bps * 11 ? course->above_us + STEP_US : 0;
    course->above_us_max = tacet_most(course->above_us_max, course->above_us);
    course->latency_us_max = tacet_most(course->latency_us_max, moment.video_latency_us);
}

static void course_run(struct tacet_harness *h, int64_t until_us, struct course course[2])
{
    while (tacet_harness_now(h) < until_us) {
        tacet_harness_run(h, tacet_harness_now(h) + STEP_US);
        for (int at = 0; at < 2; at++) {
            course_step(h, at, &course[at]);
        }
    }
}

static struct tacet_harness *begin(struct tacet_watch *watch, uint64_t seed,
                                   const struct network *network, const int64_t rate_bps[2])
{
    struct tacet_harness_config config;

    tacet_watch_init(watch, &config, seed);
    config.width = 640;
    config.height = 360;
    config.fps = 30;
    config.video_bitrate_bps = network->video_bps;
    for (int i = 0; i < 2; i++) {
        config.link[i] = (struct tacet_link_config){
            .delay_us = TACET_MILLIS(50),
            .jitter_us = TACET_MILLIS(network->jitter_ms),
            .queue_us = TACET_MILLIS(network->queue_ms),
            .rate_bps = rate_bps[i],
        };
    }
    return tacet_watch_dial(&config);
}

static void expect_phase(const struct phase *phase, int64_t capacity_bps, int32_t video_bps,
                         const struct course *course, const struct tacet_harness_result result[3],
                         int64_t settled_s)
{
    const struct tacet_harness_result *from = &result[0];
    const struct tacet_harness_result *to = &result[2];
    uint64_t bytes =
        tacet_traffic_link_bytes(&to->sent) - tacet_traffic_link_bytes(&result[1].sent);
    uint64_t concealed = to->audio_concealed - from->audio_concealed;
    uint64_t played = to->audio_played - from->audio_played;
    uint64_t captured = to->pictures_captured - from->pictures_captured;
    uint64_t shown = to->pictures_shown - from->pictures_shown;
    int64_t wanted_bps = capacity_bps < video_bps ? capacity_bps : video_bps;

    tacet_scenario_row("from %lld s on: %lld ms above, %llu of %llu sound made up, %lld ms frozen, "
                       "%llu of %llu shown, %lld ms late",
                       (long long)phase->from_s, (long long)course->above_us_max / 1000,
                       (unsigned long long)concealed, (unsigned long long)played,
                       (long long)(to->video_frozen_us - from->video_frozen_us) / 1000,
                       (unsigned long long)shown, (unsigned long long)captured,
                       (long long)course->latency_us_max / 1000);
    tacet_expect((int64_t)bytes * 8 * 100 >= wanted_bps * settled_s * 60);
    tacet_expect(course->above_us_max <= TACET_MILLIS(phase->above_ms_max));
    tacet_expect(course->bps_max >= phase->reaches_bps);
    tacet_expect(concealed * 1000 <= played * (uint64_t)phase->concealed_permille_max);
    tacet_expect(to->video_frozen_us - from->video_frozen_us <= TACET_MILLIS(phase->frozen_ms_max));
    tacet_expect(shown * 100 >= captured * 70);
    tacet_expect(course->latency_us_max <= TACET_MILLIS(phase->latency_ms_max));
    tacet_expect(to->pictures_bad == 0);
}

static void run_phases(uint64_t seed, const struct network *network, const struct phase *phases,
                       size_t count)
{
    struct tacet_watch watch;
    struct tacet_harness *h = begin(&watch, seed, network, phases[0].rate_bps);

    for (size_t i = 0; i + 1 < count; i++) {
        const struct phase *phase = &phases[i];
        struct tacet_harness_result results[2][3];
        struct course course[2];
        int64_t until_s[3] = { phase->from_s, phase->from_s + SETTLES_S, phases[i + 1].from_s };
        course_begin(h, course);
        for (int at = 0; at < 2; at++) {
            tacet_harness_link(h, (enum tacet_harness_party)at)->config.rate_bps =
                phase->rate_bps[at];
        }
        for (int n = 0; n < 3; n++) {
            course_run(h, TACET_SECONDS(until_s[n]), course);
            results[TACET_CALLER][n] = result_of(h, TACET_CALLER);
            results[TACET_CALLEE][n] = result_of(h, TACET_CALLEE);
        }
        for (int at = 0; at < 2; at++) {
            expect_phase(phase, phase->rate_bps[1 - at], network->video_bps, &course[at],
                         results[at], until_s[2] - until_s[1]);
        }
    }
    tacet_scenario_row("%s", "");
    tacet_expect_one_call(h, &watch);
    tacet_harness_free(&h);
}

/* A fifth of the capacity for 20 s, and all of it again. */
static void capacity_that_falls_and_returns(uint64_t seed)
{
    static const struct network network = { 2500000, 200, 0 };
    static const struct phase phases[] = {
        { 0, { 2500000, 2500000 }, 1000, 10, 200, 300, 2000000 },
        { 20, { 500000, 500000 }, 1000, 15, 700, 500, 0 },
        { 40, { 2500000, 2500000 }, 1000, 10, 100, 400, 1500000 },
        { .from_s = 60 },
    };

    run_phases(seed, &network, phases, sizeof(phases) / sizeof(phases[0]));
}

/* To half, first one way and then both: small pictures, while nobody knows how narrow it is, keep a
 * freeze short. */
static void capacity_that_halves(uint64_t seed)
{
    static const struct network network = { 2500000, 200, 0 };
    static const struct phase phases[] = {
        { 0, { 2500000, 2500000 }, 1000, 10, 200, 300, 2000000 },
        { 10, { 1200000, 2500000 }, 1000, 25, 400, 400, 0 },
        { 25, { 2500000, 2500000 }, 1000, 10, 100, 400, 1500000 },
        { 40, { 1200000, 1200000 }, 1000, 25, 400, 400, 0 },
        { .from_s = 55 },
    };

    run_phases(seed, &network, phases, sizeof(phases) / sizeof(phases[0]));
}

/* RFC 8867 section 5.1, variable available capacity with a single flow; each way. */
static void capacity_that_varies(uint64_t seed)
{
    static const struct network network = { 1500000, 300, 30 };
    static const struct phase phases[] = {
        { 0, { 1000000, 1000000 }, 1000, 30, 500, 500, 0 },
        { 40, { 2500000, 2500000 }, 1000, 20, 200, 500, 1500000 },
        { 60, { 600000, 600000 }, 1000, 80, 1500, 1100, 0 },
        { 80, { 1000000, 1000000 }, 1000, 45, 200, 500, 0 },
        { .from_s = 100 },
    };

    run_phases(seed, &network, phases, sizeof(phases) / sizeof(phases[0]));
}

/* RFC 8867 section 5.3, congested feedback link with bi-directional media; where the two ways
 * change within five seconds of each other, the later one is put off by as much. */
static void feedback_way_is_congested_too(uint64_t seed)
{
    static const struct network network = { 1500000, 300, 30 };
    static const struct phase phases[] = {
        { 0, { 2000000, 2000000 }, 1000, 10, 200, 300, 1500000 },
        { 20, { 1000000, 2000000 }, 1000, 50, 400, 500, 0 },
        { 35, { 1000000, 800000 }, 1000, 110, 1600, 1200, 0 },
        { 45, { 500000, 800000 }, 1000, 100, 1000, 900, 0 },
        { 60, { 2000000, 800000 }, 1000, 50, 200, 400, 0 },
        { 70, { 2000000, 2000000 }, 1000, 15, 100, 400, 1500000 },
        { .from_s = 100 },
    };

    run_phases(seed, &network, phases, sizeof(phases) / sizeof(phases[0]));
}

/* 2 Mbit/s one way and 300 kbit/s the other, and 1.2 Mbit/s of pictures wanted both ways. */
static void one_way_is_narrow(uint64_t seed)
{
    static const struct network network = { 1200000, 300, 20 };
    struct phase phases[] = {
        { 0, { 2000000, 2000000 }, 1000, 60, 600, 600, 0 },
        { 10, { 2000000, 2000000 }, 1000, 30, 500, 500, 0 },
        { .from_s = 40 },
    };

    phases[0].rate_bps[seed % 2] = phases[1].rate_bps[seed % 2] = 300000;
    run_phases(seed, &network, phases, sizeof(phases) / sizeof(phases[0]));
}

/* A way that carries sound and little beside: it is not flooded until something tells, and the
 * first picture does not wait behind what was too much. */
static void very_narrow_way_is_not_flooded_at_first(uint64_t seed)
{
    static const struct {
        int64_t rate_bps;
        int64_t queue_ms, jitter_ms;
        int64_t first_ms_max; /* picture, after dialling */
        uint64_t concealed_permille_max;
        uint64_t shown_min; /* of nearly 900 */
    } rows[] = {
        { 64000, 200, 0, 2000, 100, 220 },  { 80000, 200, 0, 2000, 90, 400 },
        { 100000, 200, 0, 1600, 110, 700 }, { 100000, 200, 10, 5000, 260, 350 },
        { 100000, 500, 0, 1800, 60, 750 },  { 100000, 500, 20, 6000, 90, 600 },
        { 150000, 200, 0, 900, 30, 850 },   { 150000, 200, 20, 2600, 70, 720 },
        { 250000, 200, 0, 900, 20, 850 },   { 250000, 200, 20, 900, 45, 840 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct network network = { 1500000, rows[i].queue_ms, rows[i].jitter_ms };
        const int64_t rate_bps[2] = { rows[i].rate_bps, rows[i].rate_bps };
        struct tacet_watch watch;
        struct tacet_harness *h = begin(&watch, seed, &network, rate_bps);
        tacet_harness_run(h, TACET_SECONDS(30));
        for (int at = 0; at < 2; at++) {
            struct tacet_harness_result result = result_of(h, at);
            tacet_scenario_row(
                "%d kbit/s, queue of %d ms, jitter of %d: first picture at %d ms, %llu of %llu "
                "sound made up, %llu shown",
                (int)rows[i].rate_bps / 1000, (int)rows[i].queue_ms, (int)rows[i].jitter_ms,
                (int)(result.first_video_us / 1000), (unsigned long long)result.audio_concealed,
                (unsigned long long)result.audio_played, (unsigned long long)result.pictures_shown);
            tacet_expect(tacet_traffic_link_bytes(&result.sent) * 8 <=
                         (uint64_t)rows[i].rate_bps * 30 * SENT_PERCENT_MAX / 100);
            tacet_expect(result.first_video_us >= 0);
            tacet_expect(result.first_video_us <= TACET_MILLIS(rows[i].first_ms_max));
            tacet_expect(result.audio_concealed * 1000 <=
                         result.audio_played * rows[i].concealed_permille_max);
            tacet_expect(result.pictures_shown >= rows[i].shown_min);
        }
        tacet_expect_one_call(h, &watch);
        tacet_harness_free(&h);
    }
    tacet_scenario_row("%s", "");
}

/* RFC 8867 section 5.8, media pause and resume: a camera that is off for 20 s. */
static void video_that_pauses_comes_back(uint64_t seed)
{
    static const struct network network = { 1500000, 300, 30 };
    static const int64_t rate_bps[2] = { 2000000, 2000000 };
    struct tacet_watch watch;
    struct tacet_harness *h = begin(&watch, seed, &network, rate_bps);
    struct course course[2];

    tacet_harness_run(h, TACET_SECONDS(20));
    tacet_harness_pause_video(h, TACET_CALLER, true);
    tacet_harness_run(h, TACET_SECONDS(21));
    struct tacet_harness_result before = result_of(h, TACET_CALLEE);
    tacet_harness_run(h, TACET_SECONDS(40));
    struct tacet_harness_result after = result_of(h, TACET_CALLEE);
    tacet_expect(after.pictures_shown == before.pictures_shown);
    /* Sound and reports go on, and no more. */
    uint64_t bytes = tacet_traffic_link_bytes(&after.sent) - tacet_traffic_link_bytes(&before.sent);
    tacet_expect(bytes * 8 <= UINT64_C(100000) * 19);
    tacet_harness_pause_video(h, TACET_CALLER, false);
    tacet_harness_run(h, TACET_MILLIS(40300));
    after = result_of(h, TACET_CALLEE);
    tacet_expect(after.pictures_shown > before.pictures_shown);
    course_begin(h, course);
    course_run(h, TACET_SECONDS(45), course);
    tacet_expect(course[TACET_CALLEE].bps_max >= 1400000);
    tacet_expect(course[TACET_CALLEE].above_us_max <= TACET_SECONDS(1));
    tacet_expect(result_of(h, TACET_CALLEE).pictures_bad == 0);
    tacet_expect_flow(h);
    tacet_harness_free(&h);
}

const struct tacet_scenario tacet_scenarios_capacity[] = {
    { "capacity_that_falls_and_returns", capacity_that_falls_and_returns },
    { "capacity_that_halves", capacity_that_halves },
    { "capacity_that_varies", capacity_that_varies },
    { "feedback_way_is_congested_too", feedback_way_is_congested_too },
    { "one_way_is_narrow", one_way_is_narrow },
    { "very_narrow_way_is_not_flooded_at_first", very_narrow_way_is_not_flooded_at_first },
    { "video_that_pauses_comes_back", video_that_pauses_comes_back },
    { NULL, NULL },
};
