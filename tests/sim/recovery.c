/* Video that loses whole frames, and comes back without a key frame. */
#include "scenario.h"

#define ROUND_TRIP TACET_MILLIS(100)

static struct tacet_harness *begin(struct tacet_watch *watch, uint64_t seed,
                                   const struct tacet_link_config *link, bool real_codecs)
{
    struct tacet_harness_config config;

    tacet_watch_init(watch, &config, seed);
    config.link[0] = *link;
    config.link[1] = *link;
    config.real_codecs = real_codecs;
    config.video_bitrate_bps = 1000000;
    struct tacet_harness *h = tacet_watch_dial(&config);
    return h;
}

static void get_stats(struct tacet_harness *h, enum tacet_harness_party party,
                      struct tacet_stats *ret)
{
    *ret = (struct tacet_stats){ .size = sizeof(*ret) };
    tacet_expect(
        tacet_call_stats(tacet_harness_call(h, party), tacet_harness_peer(h, party), ret) == 0);
}

/* The link is dead for some frames, again and again, each time at another place between two of the
 * pictures that recovery is made from. */
static void lost_frames_are_healed_without_a_key_frame(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = ROUND_TRIP / 2, .jitter_us = TACET_MILLIS(10) };
    struct tacet_watch watch;

    for (int real = 0; real < 2; real++) {
        struct tacet_harness *h = begin(&watch, seed, &link, real != 0);
        struct tacet_harness_result before, after;
        struct tacet_stats stats;
        tacet_harness_run(h, TACET_SECONDS(4));
        get_stats(h, TACET_CALLEE, &stats);
        uint64_t keys = stats.inbound[TACET_KIND_VIDEO].key_frames_received;
        uint16_t width = stats.inbound[TACET_KIND_VIDEO].playout.width;
        for (int round = 0; round < 12; round++) {
            int64_t outage = TACET_MILLIS(40 + round * 20);
            int64_t from = tacet_harness_now(h) + TACET_MILLIS(1300 + round * 61);
            tacet_harness_result(h, TACET_CALLEE, &before);
            tacet_harness_run(h, from);
            tacet_harness_link(h, TACET_CALLER)->config.down = true;
            tacet_harness_run(h, from + outage);
            tacet_harness_link(h, TACET_CALLER)->config.down = false;
            tacet_harness_run(h, from + outage + TACET_SECONDS(1));
            tacet_harness_result(h, TACET_CALLEE, &after);
            tacet_scenario_row("outage of %lld ms, %s codecs", (long long)outage / 1000,
                               real != 0 ? "real" : "fake");
            /* To notice it takes a frame, to ask and to answer a round trip and a frame. */
            tacet_expect(after.video_frozen_us - before.video_frozen_us <=
                         outage + ROUND_TRIP * 3 / 2 + TACET_MILLIS(120));
            tacet_expect(after.pictures_bad == 0);
            get_stats(h, TACET_CALLEE, &stats);
            /* A picture of another size begins with one. */
            const struct tacet_inbound_stats *video = &stats.inbound[TACET_KIND_VIDEO];
            keys += video->playout.width != width ? 1 : 0;
            width = video->playout.width;
            tacet_expect(video->key_frames_received == keys);
        }
        tacet_harness_free(&h);
    }
    tacet_scenario_row("%s", "");
}

/* So much is lost that help is asked for all the time; and it is given, but not by key frames that
 * would fill the way. */
static void storm_of_requests_gives_few_key_frames(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = ROUND_TRIP / 2 };
    struct tacet_watch watch;
    struct tacet_harness *h = begin(&watch, seed, &link, false);
    struct tacet_stats stats;

    tacet_harness_run(h, TACET_SECONDS(4));
    tacet_harness_link(h, TACET_CALLER)->config.loss_permille = 650;
    tacet_harness_run(h, TACET_SECONDS(12));
    get_stats(h, TACET_CALLER, &stats);
    uint64_t keys = stats.outbound[TACET_KIND_VIDEO].key_frames_sent;
    tacet_expect(stats.outbound[TACET_KIND_VIDEO].pli_count +
                     stats.outbound[TACET_KIND_VIDEO].nack_count >=
                 20);
    tacet_expect(keys <= 1 + 4);
    tacet_harness_link(h, TACET_CALLER)->config.loss_permille = 0;
    tacet_harness_run(h, TACET_SECONDS(14));
    tacet_expect_flow(h);
    tacet_harness_free(&h);
}

static void bursts_never_show_a_broken_picture(uint64_t seed)
{
    static const struct {
        int32_t loss_permille;
        int32_t burst;
    } rows[] = { { 100, 1 }, { 100, 3 }, { 100, 8 }, { 250, 3 } };
    struct tacet_watch watch;

    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct tacet_link_config link = { .delay_us = ROUND_TRIP / 2,
                                          .jitter_us = TACET_MILLIS(20) };
        struct tacet_harness *h = begin(&watch, seed, &link, false);
        tacet_scenario_row("%d permille in bursts of %d", rows[row].loss_permille, rows[row].burst);
        tacet_harness_run(h, TACET_SECONDS(2));
        for (int i = 0; i < 2; i++) {
            struct tacet_link_config *config =
                &tacet_harness_link(h, (enum tacet_harness_party)i)->config;
            config->loss_permille = rows[row].loss_permille;
            config->burst = rows[row].burst;
        }
        tacet_harness_run(h, TACET_SECONDS(30));
        for (int i = 0; i < 2; i++) {
            enum tacet_harness_party party = (enum tacet_harness_party)i;
            struct tacet_harness_result result;
            struct tacet_stats stats;
            tacet_harness_result(h, party, &result);
            get_stats(h, party, &stats);
            tacet_expect(result.pictures_bad == 0);
            tacet_expect(stats.inbound[TACET_KIND_VIDEO].playout.frames_failed == 0);
            tacet_expect(result.pictures_shown * 100 >= result.pictures_captured * 70);
        }
        tacet_harness_free(&h);
    }
    tacet_scenario_row("%s", "");
}

const struct tacet_scenario tacet_scenarios_recovery[] = {
    { "lost_frames_are_healed_without_a_key_frame", lost_frames_are_healed_without_a_key_frame },
    { "storm_of_requests_gives_few_key_frames", storm_of_requests_gives_few_key_frames },
    { "bursts_never_show_a_broken_picture", bursts_never_show_a_broken_picture },
    { NULL, NULL },
};
