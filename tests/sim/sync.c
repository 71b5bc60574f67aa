/* Sound and pictures of one moment, as they come out of calls over networks that part them. */
#include "scenario.h"

#include <string.h>

#define VIDEO_FIRST 96 /* payload types of video, its retransmission and its repair, by */
#define VIDEO_LAST 98  /* docs/protocol.md, media */
#define SETTLED_S 12   /* sender reports have come, and sound has taken on what it was asked to */
#define RUN_S 42

/* What belongs to video arrives so much later. */
struct detour {
    int64_t us;
};

static bool delay_video(struct tacet_watch *watch, struct tacet_harness *h,
                        enum tacet_harness_party from, struct tacet_packet *packet)
{
    const struct detour *detour = watch->ctx;
    bool rtp = packet->size > 2 && packet->data[0] >> 6 == 2;

    if (!rtp || (packet->data[1] & 0x7f) < VIDEO_FIRST || (packet->data[1] & 0x7f) > VIDEO_LAST) {
        return true;
    }
    int error = tacet_harness_inject(h, from == TACET_CALLER ? TACET_CALLEE : TACET_CALLER,
                                     tacet_harness_now(h) + detour->us, tacet_harness_path(h, from),
                                     packet->data, packet->size);
    tacet_expect(error == 0);
    return false;
}

/* Runs both ways over `link`; once settled, `permille` of the pictures are to be within 40 ms of
 * their sound. Returns the call, for more to be asked of it. */
static struct tacet_harness *run_in_sync(uint64_t seed, const struct tacet_link_config *link,
                                         struct detour *detour, uint64_t permille)
{
    struct tacet_harness_config config;
    struct tacet_harness_result before[2];
    struct tacet_watch watch;

    tacet_watch_init(&watch, &config, seed);
    config.link[0] = *link;
    config.link[1] = *link;
    if (detour != NULL) {
        watch.on_packet = delay_video;
        watch.ctx = detour;
    }
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(SETTLED_S));
    tacet_harness_result(h, TACET_CALLER, &before[TACET_CALLER]);
    tacet_harness_result(h, TACET_CALLEE, &before[TACET_CALLEE]);
    tacet_harness_run(h, TACET_SECONDS(RUN_S));
    for (int i = 0; i < 2; i++) {
        struct tacet_harness_result result;
        tacet_harness_result(h, (enum tacet_harness_party)i, &result);
        uint64_t compared = result.sync_compared - before[i].sync_compared;
        uint64_t within = result.sync_within - before[i].sync_within;
        tacet_scenario_row("party %d: %llu of %llu, sound %lld ms, pictures %lld ms", i,
                           (unsigned long long)within, (unsigned long long)compared,
                           (long long)result.audio_latency_p50_us / 1000,
                           (long long)result.video_latency_p50_us / 1000);
        tacet_expect(compared >= (RUN_S - SETTLED_S) * 25 * 8 / 10);
        tacet_expect(within * 1000 >= compared * permille);
        /* What the receiver itself says of it is about the same. */
        struct tacet_stats stats = { .size = sizeof(stats) };
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        tacet_expect(tacet_call_stats(tacet_harness_call(h, party), tacet_harness_peer(h, party),
                                      &stats) == 0);
        const struct tacet_playout_report *report = &stats.inbound[TACET_KIND_VIDEO].playout;
        tacet_expect(report->sync_compared * 10 >= compared * 9);
        tacet_expect(report->sync_within * 1000 >= report->sync_compared * (permille - 100));
    }
    tacet_scenario_row("%s", "");
    return h;
}

static void sound_and_pictures_are_together_on_a_clean_link(uint64_t seed)
{
    static const int64_t delays_ms[] = { 0, 20, 200 };

    for (size_t i = 0; i < sizeof(delays_ms) / sizeof(delays_ms[0]); i++) {
        struct tacet_link_config link = { .delay_us = TACET_MILLIS(delays_ms[i]) };
        struct tacet_harness *h = run_in_sync(seed, &link, NULL, 990);
        struct tacet_harness_result result;
        tacet_harness_result(h, TACET_CALLEE, &result);
        /* Nothing is held that need not be. */
        tacet_expect(result.video_latency_p95_us <= link.delay_us + TACET_MILLIS(25));
        tacet_harness_free(&h);
    }
}

static void sound_and_pictures_are_together_with_jitter(uint64_t seed)
{
    static const int64_t jitters_ms[] = { 20, 60 };

    for (size_t i = 0; i < sizeof(jitters_ms) / sizeof(jitters_ms[0]); i++) {
        struct tacet_link_config link = { .delay_us = TACET_MILLIS(70),
                                          .jitter_us = TACET_MILLIS(jitters_ms[i]) };
        struct tacet_harness *h = run_in_sync(seed, &link, NULL, 950);
        tacet_harness_free(&h);
    }
}

static void sound_and_pictures_are_together_under_20_percent_loss(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(50),
                                      .jitter_us = TACET_MILLIS(20),
                                      .loss_permille = 200 };
    struct tacet_harness *h = run_in_sync(seed, &link, NULL, 950);

    tacet_harness_free(&h);
}

static void sound_waits_for_pictures_that_take_longer(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(30), .jitter_us = TACET_MILLIS(10) };
    struct detour detour = { .us = TACET_MILLIS(160) };
    struct tacet_harness *h = run_in_sync(seed, &link, &detour, 950);

    tacet_harness_free(&h);
}

const struct tacet_scenario tacet_scenarios_sync[] = {
    { "sound_and_pictures_are_together_on_a_clean_link",
      sound_and_pictures_are_together_on_a_clean_link },
    { "sound_and_pictures_are_together_under_20_percent_loss",
      sound_and_pictures_are_together_under_20_percent_loss },
    { "sound_and_pictures_are_together_with_jitter", sound_and_pictures_are_together_with_jitter },
    { "sound_waits_for_pictures_that_take_longer", sound_waits_for_pictures_that_take_longer },
    { NULL, NULL },
};
