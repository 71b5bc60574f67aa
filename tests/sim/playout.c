/* The voice over networks whose delay will not stay: what is made up, and how far behind it is. */
#include "rtp/header.h"
#include "scenario.h"

#include <string.h>

static const enum tacet_harness_party both[] = { TACET_CALLER, TACET_CALLEE };

static struct tacet_harness *call_over(struct tacet_watch *watch, uint64_t seed,
                                       const struct tacet_link_config *link,
                                       const int32_t clock_ppm[2])
{
    struct tacet_harness_config config;

    tacet_watch_init(watch, &config, seed);
    config.video = false;
    config.link[0] = *link;
    config.link[1] = *link;
    memcpy(config.audio_clock_ppm, clock_ppm, sizeof(config.audio_clock_ppm));
    return tacet_watch_dial(&config);
}

static const int32_t right_clocks[2];

static struct tacet_harness_result result_of(struct tacet_harness *h,
                                             enum tacet_harness_party party)
{
    struct tacet_harness_result result;

    tacet_harness_result(h, party, &result);
    return result;
}

static struct tacet_playout_report playout_of(struct tacet_harness *h,
                                              enum tacet_harness_party party)
{
    struct tacet_stats stats = { .size = sizeof(stats) };

    tacet_expect(
        tacet_call_stats(tacet_harness_call(h, party), tacet_harness_peer(h, party), &stats) == 0);
    return stats.inbound[TACET_KIND_AUDIO].playout;
}

static void run_for(struct tacet_harness *h, int64_t us)
{
    tacet_harness_run(h, tacet_harness_now(h) + us);
}

static void set_delay(struct tacet_harness *h, int64_t delay_us)
{
    for (int i = 0; i < 2; i++) {
        tacet_harness_link(h, both[i])->config.delay_us = delay_us;
    }
}

/* Between two reports: samples made up, and the mean time in the buffer. */
struct stretch_of_time {
    uint64_t concealed;
    int64_t delay_us;
};

static struct stretch_of_time between(const struct tacet_playout_report *from,
                                      const struct tacet_playout_report *to)
{
    uint64_t emitted = to->jitter_buffer_emitted_count - from->jitter_buffer_emitted_count;

    tacet_expect(emitted > 0);
    return (struct stretch_of_time){
        .concealed = to->samples_concealed - from->samples_concealed,
        .delay_us = (to->jitter_buffer_delay_us - from->jitter_buffer_delay_us) / (int64_t)emitted,
    };
}

/* What half a minute over a way that stays as it is may cost, each way. */
struct steady {
    struct tacet_link_config link;
    uint64_t concealed_permille_max;
    int64_t buffer_ms_max;  /* mean time in the jitter buffer */
    int64_t latency_ms_max; /* median; the packet itself takes 20 */
    int64_t latency_p95_ms_max;
};

static void expect_steady(uint64_t seed, const struct steady *steady)
{
    struct tacet_watch watch;
    struct tacet_harness *h = call_over(&watch, seed, &steady->link, right_clocks);

    tacet_harness_run(h, TACET_SECONDS(30));
    for (int i = 0; i < 2; i++) {
        struct tacet_harness_result result = result_of(h, both[i]);
        struct tacet_playout_report report = playout_of(h, both[i]);
        struct stretch_of_time all = between(&(struct tacet_playout_report){ 0 }, &report);
        tacet_expect(result.audio_played >= 48000 * 28);
        tacet_expect(all.concealed * 1000 <= result.audio_played * steady->concealed_permille_max);
        tacet_expect(all.delay_us <= TACET_MILLIS(steady->buffer_ms_max));
        tacet_expect(result.audio_latency_p50_us <= TACET_MILLIS(steady->latency_ms_max));
        tacet_expect(result.audio_latency_p95_us <= TACET_MILLIS(steady->latency_p95_ms_max));
    }
    tacet_harness_free(&h);
}

static void voice_is_hardly_delayed_on_a_clean_link(uint64_t seed)
{
    /* Odd, so that arrivals and pulls have no fixed order. */
    int64_t delay_us = 50000 + (int64_t)(seed % 7) * 1300;

    expect_steady(
        seed, &(struct steady){
                  { .delay_us = delay_us }, 0, 25, delay_us / 1000 + 42, delay_us / 1000 + 65 });
}

static void voice_covers_jitter_of_20_ms(uint64_t seed)
{
    static const struct steady steady = {
        { .delay_us = TACET_MILLIS(50), .jitter_us = TACET_MILLIS(20) }, 1, 45, 115, 140
    };

    expect_steady(seed, &steady);
}

#define LOST 3

/* Three packets of sound, each with one between it and the next. */
struct losses {
    int64_t from_us;
    int seen;
};

static bool lose_some(struct tacet_watch *watch, struct tacet_harness *h,
                      enum tacet_harness_party from, struct tacet_packet *packet)
{
    struct losses *losses = watch->ctx;

    if (from != TACET_CALLER || tacet_harness_now(h) < losses->from_us || packet->size < 2 ||
        packet->data[0] >> 6 != 2 || (packet->data[1] & 0x7f) != TACET_PT_OPUS ||
        losses->seen == 2 * LOST) {
        return true;
    }
    return losses->seen++ % 2 != 0;
}

/* On a way that was clean nothing is repeated unless it is asked for. */
static void lost_voice_is_asked_for_over_a_short_way(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(10) };
    struct losses losses = { .from_us = INT64_MAX };
    struct tacet_stats sent = { .size = sizeof(sent) };
    struct tacet_stats got = { .size = sizeof(got) };
    struct tacet_watch watch;
    struct tacet_harness *h = call_over(&watch, seed, &link, right_clocks);

    watch.on_packet = lose_some;
    watch.ctx = &losses;
    tacet_harness_run(h, TACET_SECONDS(10));
    losses.from_us = 0;
    run_for(h, TACET_SECONDS(1));
    tacet_expect(losses.seen == 2 * LOST);
    tacet_expect(tacet_call_stats(tacet_harness_call(h, TACET_CALLER),
                                  tacet_harness_peer(h, TACET_CALLER), &sent) == 0);
    tacet_expect(tacet_call_stats(tacet_harness_call(h, TACET_CALLEE),
                                  tacet_harness_peer(h, TACET_CALLEE), &got) == 0);
    tacet_expect(sent.outbound[TACET_KIND_AUDIO].nack_count > 0);
    /* One may be on the way. */
    tacet_expect(got.inbound[TACET_KIND_AUDIO].frames_received + 1 >=
                 sent.outbound[TACET_KIND_AUDIO].frames_sent);
    tacet_expect(got.inbound[TACET_KIND_AUDIO].packets_received + LOST <=
                 sent.outbound[TACET_KIND_AUDIO].packets_sent);
    tacet_harness_free(&h);
}

static void voice_is_put_in_order(uint64_t seed)
{
    static const struct steady steady = { { .delay_us = TACET_MILLIS(40),
                                            .jitter_us = TACET_MILLIS(5),
                                            .reorder_permille = 100,
                                            .duplicate_permille = 50 },
                                          5,
                                          50,
                                          110,
                                          120 };

    expect_steady(seed, &steady);
}

static void voice_survives_jitter_spikes(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(40), .jitter_us = TACET_MILLIS(5) };
    struct tacet_watch watch;
    struct tacet_harness *h = call_over(&watch, seed, &link, right_clocks);

    tacet_harness_run(h, TACET_SECONDS(5));
    for (int spike = 0; spike < 10; spike++) {
        /* What is sent now comes late, and with it all that is sent meanwhile. */
        set_delay(h, TACET_MILLIS(40 + 60 + 10 * spike));
        run_for(h, TACET_MILLIS(20));
        set_delay(h, TACET_MILLIS(40));
        run_for(h, TACET_SECONDS(4));
    }
    for (int i = 0; i < 2; i++) {
        struct tacet_harness_result result = result_of(h, both[i]);
        struct tacet_playout_report report = playout_of(h, both[i]);
        /* No more than the spikes themselves: a second in all, and a little to see it. */
        tacet_expect(result.audio_concealed <= 48 * 1300);
        tacet_expect(report.frames_late <= 30);
        tacet_expect(result.audio_latency_p50_us <= TACET_MILLIS(140));
        tacet_expect(report.current_delay_us <= TACET_MILLIS(120));
    }
    tacet_harness_free(&h);
}

static void voice_follows_steps_of_the_delay(uint64_t seed)
{
    static const int64_t steps_us[] = { TACET_MILLIS(140), TACET_MILLIS(40), TACET_MILLIS(70),
                                        TACET_MILLIS(40) };
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(40), .jitter_us = TACET_MILLIS(3) };
    struct tacet_watch watch;
    struct tacet_harness *h = call_over(&watch, seed, &link, right_clocks);
    int64_t delay_us = link.delay_us;

    tacet_harness_run(h, TACET_SECONDS(10));
    for (size_t n = 0; n < sizeof(steps_us) / sizeof(steps_us[0]); n++) {
        struct tacet_playout_report before[2], soon[2];
        int64_t step_us = steps_us[n] - delay_us;
        delay_us = steps_us[n];
        for (int i = 0; i < 2; i++) {
            before[i] = playout_of(h, both[i]);
        }
        set_delay(h, delay_us);
        run_for(h, TACET_SECONDS(3));
        for (int i = 0; i < 2; i++) {
            soon[i] = playout_of(h, both[i]);
            struct stretch_of_time change = between(&before[i], &soon[i]);
            /* The step itself, and what it takes to see that it is one. */
            int64_t most_us = step_us > 0 ? step_us + TACET_MILLIS(50) : 0;
            tacet_expect((int64_t)change.concealed <= most_us * 48 / 1000);
        }
        run_for(h, TACET_SECONDS(12));
        for (int i = 0; i < 2; i++) {
            struct tacet_playout_report report = playout_of(h, both[i]);
            struct stretch_of_time after = between(&soon[i], &report);
            tacet_expect(after.concealed <= 48 * 20);
            tacet_expect(after.delay_us <= TACET_MILLIS(40));
        }
    }
    tacet_harness_free(&h);
}

static void voice_goes_on_soon_after_an_outage(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(50), .jitter_us = TACET_MILLIS(20) };
    struct tacet_watch watch;
    struct tacet_harness *h = call_over(&watch, seed, &link, right_clocks);
    uint64_t heard[2];

    tacet_harness_run(h, TACET_SECONDS(10));
    for (int i = 0; i < 2; i++) {
        tacet_harness_link(h, both[i])->config.down = true;
    }
    run_for(h, TACET_SECONDS(5));
    for (int i = 0; i < 2; i++) {
        struct tacet_harness_result result = result_of(h, both[i]);
        heard[i] = result.audio_played - result.audio_concealed;
        tacet_harness_link(h, both[i])->config.down = false;
    }
    /* A packet is sent within 20 ms and on its way for 70 at most. */
    run_for(h, TACET_MILLIS(20 + 70 + 200));
    for (int i = 0; i < 2; i++) {
        struct tacet_harness_result result = result_of(h, both[i]);
        tacet_expect(result.audio_played - result.audio_concealed > heard[i]);
    }
    struct tacet_playout_report back[2];
    for (int i = 0; i < 2; i++) {
        back[i] = playout_of(h, both[i]);
    }
    run_for(h, TACET_SECONDS(10));
    for (int i = 0; i < 2; i++) {
        struct tacet_playout_report report = playout_of(h, both[i]);
        struct stretch_of_time after = between(&back[i], &report);
        tacet_expect(after.concealed * 100 <= 48000 * 10);
        tacet_expect(after.delay_us <= TACET_MILLIS(100));
    }
    tacet_harness_free(&h);
}

/* One sound clock 300 ppm slow, the other as much fast: a second in an hour. */
static void voice_follows_a_drifting_clock_for_an_hour(uint64_t seed)
{
    static const int32_t clock_ppm[2] = { 300, -300 };
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(40), .jitter_us = TACET_MILLIS(5) };
    struct tacet_watch watch;
    struct tacet_harness *h = call_over(&watch, seed, &link, clock_ppm);

    tacet_harness_run(h, TACET_SECONDS(10));
    for (int minute = 0; minute < 60; minute += 10) {
        struct tacet_playout_report before[2];
        for (int i = 0; i < 2; i++) {
            before[i] = playout_of(h, both[i]);
        }
        run_for(h, TACET_SECONDS(600));
        for (int i = 0; i < 2; i++) {
            struct tacet_playout_report report = playout_of(h, both[i]);
            struct stretch_of_time part = between(&before[i], &report);
            int64_t inserted = (int64_t)(report.samples_inserted - before[i].samples_inserted);
            int64_t removed = (int64_t)(report.samples_removed - before[i].samples_removed);
            /* The callee hears the caller's slow clock. */
            int64_t drift = (int64_t)clock_ppm[1 - i] * 600 * 48000 / 1000000;
            tacet_expect(part.concealed * 1000 <= 48000 * 600);
            tacet_expect(part.delay_us >= TACET_MILLIS(5));
            tacet_expect(part.delay_us <= TACET_MILLIS(45));
            tacet_expect(inserted - removed >= drift - 48 * 60);
            tacet_expect(inserted - removed <= drift + 48 * 60);
        }
    }
    tacet_harness_free(&h);
}

const struct tacet_scenario tacet_scenarios_playout[] = {
    { "voice_is_hardly_delayed_on_a_clean_link", voice_is_hardly_delayed_on_a_clean_link },
    { "voice_covers_jitter_of_20_ms", voice_covers_jitter_of_20_ms },
    { "voice_survives_jitter_spikes", voice_survives_jitter_spikes },
    { "voice_follows_steps_of_the_delay", voice_follows_steps_of_the_delay },
    { "voice_goes_on_soon_after_an_outage", voice_goes_on_soon_after_an_outage },
    { "lost_voice_is_asked_for_over_a_short_way", lost_voice_is_asked_for_over_a_short_way },
    { "voice_is_put_in_order", voice_is_put_in_order },
    { "voice_follows_a_drifting_clock_for_an_hour", voice_follows_a_drifting_clock_for_an_hour },
    { NULL, NULL },
};
