/* Calls over networks that lose, delay, double and fall silent. */
#include "scenario.h"

#include <string.h>

/* Runs a call of so many seconds over this network both ways; the media may differ. */
static struct tacet_harness *run_over(struct tacet_watch *watch, uint64_t seed,
                                      const struct tacet_link_config *link, int64_t seconds)
{
    struct tacet_harness_config config;

    tacet_watch_init(watch, &config, seed);
    config.link[0] = *link;
    config.link[1] = *link;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(seconds));
    tacet_expect_one_call(h, watch);
    return h;
}

static void heal(struct tacet_harness *h)
{
    for (int i = 0; i < 2; i++) {
        struct tacet_link *link = tacet_harness_link(h, (enum tacet_harness_party)i);
        link->config = (struct tacet_link_config){ .delay_us = TACET_MILLIS(20) };
    }
}

static void get_stats(struct tacet_harness *h, enum tacet_harness_party party,
                      struct tacet_stats *ret)
{
    *ret = (struct tacet_stats){ .size = sizeof(*ret) };
    tacet_expect(
        tacet_call_stats(tacet_harness_call(h, party), tacet_harness_peer(h, party), ret) == 0);
}

static void loss_of_10_percent(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(20), .loss_permille = 100 };
    struct tacet_watch watch;
    struct tacet_harness *h = run_over(&watch, seed, &link, 30);

    for (int i = 0; i < 2; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        struct tacet_harness_result result;
        struct tacet_stats stats;
        tacet_harness_result(h, party, &result);
        get_stats(h, party, &stats);
        tacet_expect(result.audio_played >= 48000 * 27);
        /* Single losses come back out of the next packet while the sender knows of the loss, so
         * that clearly less is concealed than was lost; two in a row always are. */
        tacet_expect(result.audio_concealed > 0);
        tacet_expect(result.audio_concealed * 100 <= result.audio_played * 3);
        tacet_expect(result.audio_latency_p95_us <= TACET_MILLIS(160));
        tacet_expect(result.pictures_bad == 0);
        /* What was lost comes back out of the repairs, or is asked for; nothing broken is shown
         * meanwhile, and little stands still. */
        tacet_expect(stats.inbound[TACET_KIND_VIDEO].fec_packets_recovered >= 35);
        tacet_expect(stats.inbound[TACET_KIND_VIDEO].nack_count >= 1);
        tacet_expect(stats.inbound[TACET_KIND_VIDEO].retransmitted_packets_received >= 1);
        tacet_expect(result.pictures_shown * 100 >= result.pictures_captured * 95);
        tacet_expect(result.video_frozen_us <= TACET_MILLIS(2500));
        tacet_expect(result.video_latency_p95_us <= TACET_MILLIS(150));
        int64_t lost = stats.remote_inbound[TACET_KIND_AUDIO].packets_lost;
        int64_t sent = (int64_t)stats.outbound[TACET_KIND_AUDIO].packets_sent;
        tacet_expect(lost * 100 >= sent * 5);
        tacet_expect(lost * 100 <= sent * 15);
    }
    heal(h);
    tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(1));
    tacet_expect_flow(h);
    tacet_expect_goodbye(h, &watch, TACET_CALLER);
    tacet_harness_free(&h);
}

static void video_comes_back_after_a_lost_packet(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(20) };
    struct tacet_watch watch;
    struct tacet_harness *h = run_over(&watch, seed, &link, 3);

    /* One dark moment: whatever is in it is lost, and the next pictures refer to it. */
    tacet_harness_link(h, TACET_CALLER)->config.down = true;
    tacet_harness_run(h, tacet_harness_now(h) + TACET_MILLIS(80));
    heal(h);
    struct tacet_harness_result before, after;
    tacet_harness_result(h, TACET_CALLEE, &before);
    tacet_harness_run(h, tacet_harness_now(h) + TACET_MILLIS(400));
    tacet_harness_result(h, TACET_CALLEE, &after);
    tacet_expect(after.pictures_shown > before.pictures_shown);
    tacet_expect(after.pictures_bad == 0);
    tacet_expect_flow(h);
    tacet_harness_free(&h);
}

static void jitter_of_30_ms(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(50), .jitter_us = TACET_MILLIS(30) };
    struct tacet_watch watch;
    struct tacet_harness *h = run_over(&watch, seed, &link, 20);

    for (int i = 0; i < 2; i++) {
        struct tacet_harness_result result;
        tacet_harness_result(h, (enum tacet_harness_party)i, &result);
        tacet_expect(result.audio_played >= 48000 * 18);
        tacet_expect(result.audio_concealed * 100 <= result.audio_played * 3);
        tacet_expect(result.audio_latency_p95_us <= TACET_MILLIS(250));
        tacet_expect(result.pictures_bad == 0);
        tacet_expect(result.pictures_shown + 10 >= result.pictures_captured);
    }
    tacet_harness_free(&h);
}

static void duplication_of_20_percent(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(20), .duplicate_permille = 200 };
    struct tacet_watch watch;
    struct tacet_harness *h = run_over(&watch, seed, &link, 20);

    for (int i = 0; i < 2; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        struct tacet_harness_result result;
        tacet_harness_result(h, party, &result);
        tacet_expect(result.audio_concealed <= 48000 / 50);
        tacet_expect(result.pictures_bad == 0);
        tacet_expect(result.pictures_shown <= result.pictures_captured);
        tacet_expect(result.pictures_shown + 3 >= result.pictures_captured);
        tacet_expect(tacet_drops(h, party, TACET_DROP_REPLAY) > 100);
        tacet_expect(tacet_drops(h, party, TACET_DROP_AUTH) == 0);
    }
    tacet_harness_free(&h);
}

static void wild_then_healed(uint64_t seed)
{
    struct tacet_link_config link = {
        .delay_us = TACET_MILLIS(60),
        .jitter_us = TACET_MILLIS(40),
        .loss_permille = 200,
        .burst = 4,
        .reorder_permille = 100,
        .duplicate_permille = 100,
    };
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    config.link[0] = link;
    config.link[1] = link;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(14));
    tacet_expect_one_call(h, &watch);
    tacet_harness_run(h, TACET_SECONDS(25));
    for (int i = 0; i < 2; i++) {
        struct tacet_harness_result result;
        tacet_harness_result(h, (enum tacet_harness_party)i, &result);
        tacet_expect(result.pictures_bad == 0);
    }
    heal(h);
    tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(2));
    tacet_expect_flow(h);
    tacet_expect_goodbye(h, &watch, TACET_CALLEE);
    tacet_harness_free(&h);
}

static void set_down(struct tacet_harness *h, bool down)
{
    tacet_harness_link(h, TACET_CALLER)->config.down = down;
    tacet_harness_link(h, TACET_CALLEE)->config.down = down;
}

static void peer_vanishes(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(20) };
    struct tacet_watch watch;
    struct tacet_harness *h = run_over(&watch, seed, &link, 3);

    set_down(h, true);
    tacet_harness_run(h, TACET_SECONDS(32));
    for (int i = 0; i < 2; i++) {
        tacet_expect(watch.at_us[i][TACET_EVENT_RECONNECTING] >= TACET_MILLIS(7900));
        tacet_expect(watch.at_us[i][TACET_EVENT_RECONNECTING] <= TACET_MILLIS(8200));
        tacet_expect(watch.ended[i] == 0);
    }
    tacet_harness_run(h, TACET_SECONDS(40));
    for (int i = 0; i < 2; i++) {
        tacet_expect(watch.ended[i] == TACET_END_LOST);
        tacet_expect(!watch.ended_remote[i]);
        tacet_expect(watch.at_us[i][TACET_EVENT_ENDED] >= TACET_MILLIS(32900));
        tacet_expect(watch.at_us[i][TACET_EVENT_ENDED] <= TACET_MILLIS(33200));
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        tacet_expect(tacet_harness_event_count(h, party, TACET_EVENT_RECONNECTING) == 1);
        tacet_expect(tacet_harness_event_count(h, party, TACET_EVENT_RECONNECTED) == 0);
        tacet_expect(tacet_harness_peer(h, party) == UINT32_MAX);
    }
    tacet_harness_free(&h);
}

static void outage_of_8_s_is_survived(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(20) };
    struct tacet_watch watch;
    struct tacet_harness *h = run_over(&watch, seed, &link, 3);

    set_down(h, true);
    tacet_harness_run(h, TACET_SECONDS(11));
    set_down(h, false);
    tacet_harness_run(h, TACET_SECONDS(13));
    for (int i = 0; i < 2; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        tacet_expect(tacet_harness_event_count(h, party, TACET_EVENT_RECONNECTING) == 1);
        tacet_expect(tacet_harness_event_count(h, party, TACET_EVENT_RECONNECTED) == 1);
        tacet_expect(watch.at_us[i][TACET_EVENT_RECONNECTED] >= TACET_SECONDS(11));
        tacet_expect(watch.at_us[i][TACET_EVENT_RECONNECTED] <= TACET_SECONDS(13));
    }
    tacet_expect_one_call(h, &watch);
    tacet_expect_flow(h);
    tacet_expect_goodbye(h, &watch, TACET_CALLER);
    tacet_harness_free(&h);
}

/* Both begin with more than the way carries, and its queues are full before anything was heard. A
 * short one is never seen empty: its loss looks like the way's own, and its delay as well. */
static void narrow_way_is_used_and_not_flooded(uint64_t seed)
{
    static const struct {
        int64_t rate_bps;
        int32_t queue_ms;
        int32_t loss_permille;
        uint64_t shown_min;        /* of 360 */
        uint64_t sent_percent_max; /* of the capacity */
    } rows[] = {
        { 300000, 200, 0, 100, 110 }, { 500000, 200, 0, 200, 110 }, { 600000, 200, 200, 150, 110 },
        { 150000, 100, 0, 100, 130 }, { 250000, 100, 0, 200, 130 }, { 250000, 100, 50, 200, 150 },
        { 400000, 50, 0, 200, 130 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_link_config link = { .delay_us = TACET_MILLIS(50),
                                          .jitter_us =
                                              rows[i].loss_permille > 0 ? TACET_MILLIS(20) : 0,
                                          .loss_permille = rows[i].loss_permille,
                                          .rate_bps = rows[i].rate_bps,
                                          .queue_us = TACET_MILLIS(rows[i].queue_ms) };
        struct tacet_harness_result before[2], after;
        struct tacet_watch watch;
        struct tacet_harness *h = run_over(&watch, seed, &link, 8);

        tacet_scenario_row("%d kbit/s, queue of %d ms, %d permille lost",
                           (int)(rows[i].rate_bps / 1000), (int)rows[i].queue_ms,
                           (int)rows[i].loss_permille);
        for (int at = 0; at < 2; at++) {
            tacet_harness_result(h, (enum tacet_harness_party)at, &before[at]);
        }
        tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(12));
        for (int at = 0; at < 2; at++) {
            tacet_harness_result(h, (enum tacet_harness_party)at, &after);
            uint64_t bytes =
                tacet_traffic_link_bytes(&after.sent) - tacet_traffic_link_bytes(&before[at].sent);
            tacet_expect(bytes * 800 <= (uint64_t)rows[i].rate_bps * 12 * rows[i].sent_percent_max);
            tacet_expect(after.pictures_shown - before[at].pictures_shown >= rows[i].shown_min);
        }
        tacet_harness_free(&h);
    }
    tacet_scenario_row("%s", "");
}

/* Two minutes and a half: whatever the engine does from time to time has been done by then. */
static void long_call(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(30),
                                      .jitter_us = TACET_MILLIS(5),
                                      .loss_permille = 5 };
    struct tacet_watch watch;
    struct tacet_harness *h = run_over(&watch, seed, &link, 150);

    for (int i = 0; i < 2; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        tacet_expect(tacet_harness_event_count(h, party, TACET_EVENT_RECONNECTING) == 0);
        tacet_expect(tacet_drops(h, party, TACET_DROP_AUTH) == 0);
        tacet_expect(tacet_drops(h, party, TACET_DROP_MALFORMED) == 0);
    }
    heal(h);
    tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(1));
    tacet_expect_flow(h);
    tacet_harness_free(&h);
}

const struct tacet_scenario tacet_scenarios_network[] = {
    { "loss_of_10_percent", loss_of_10_percent },
    { "video_comes_back_after_a_lost_packet", video_comes_back_after_a_lost_packet },
    { "jitter_of_30_ms", jitter_of_30_ms },
    { "duplication_of_20_percent", duplication_of_20_percent },
    { "wild_then_healed", wild_then_healed },
    { "peer_vanishes", peer_vanishes },
    { "outage_of_8_s_is_survived", outage_of_8_s_is_survived },
    { "narrow_way_is_used_and_not_flooded", narrow_way_is_used_and_not_flooded },
    { "long_call", long_call },
    { NULL, NULL },
};
