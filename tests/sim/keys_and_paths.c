/* Calls whose keys are renewed and whose parties move. */
#include "scenario.h"

#include <string.h>

static void set_short_rekey(void *ctx, enum tacet_harness_party at,
                            struct tacet_call_config *config)
{
    (void)ctx;
    /* Both say so; the initiator's counts. */
    config->rekey_interval_us = at == TACET_CALLER ? TACET_SECONDS(10) : TACET_SECONDS(3600);
}

static struct tacet_harness *dial_with(struct tacet_watch *watch,
                                       struct tacet_harness_config *config,
                                       const struct tacet_link_config *link, bool rekeys)
{
    config->link[0] = *link;
    config->link[1] = *link;
    config->on_config = rekeys ? set_short_rekey : NULL;
    struct tacet_harness *h = tacet_watch_dial(config);
    tacet_harness_run(h, TACET_SECONDS(3));
    tacet_expect_one_call(h, watch);
    return h;
}

static struct tacet_harness *dial_over(struct tacet_watch *watch, uint64_t seed,
                                       const struct tacet_link_config *link, bool rekeys)
{
    struct tacet_harness_config config;

    tacet_watch_init(watch, &config, seed);
    return dial_with(watch, &config, link, rekeys);
}

static uint32_t epoch(struct tacet_harness *h, enum tacet_harness_party party)
{
    struct tacet_stats stats = { .size = sizeof(stats) };

    tacet_expect(
        tacet_call_stats(tacet_harness_call(h, party), tacet_harness_peer(h, party), &stats) == 0);
    return stats.epoch;
}

static void rekeys_on_a_clean_link_lose_nothing(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(40) };
    struct tacet_watch watch;
    struct tacet_harness *h = dial_over(&watch, seed, &link, true);

    tacet_harness_run(h, TACET_SECONDS(125));
    for (int i = 0; i < 2; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        struct tacet_harness_result result;
        tacet_harness_result(h, party, &result);
        tacet_expect(epoch(h, party) >= 12);
        tacet_expect(result.audio_concealed == 0);
        tacet_expect(result.pictures_bad == 0);
        /* At most what is under way just now. */
        tacet_expect(result.pictures_shown + 6 >= result.pictures_captured);
        tacet_expect(tacet_drops(h, party, TACET_DROP_AUTH) == 0);
        tacet_expect(tacet_drops(h, party, TACET_DROP_UNKNOWN) == 0);
    }
    tacet_expect_goodbye(h, &watch, TACET_CALLER);
    tacet_harness_free(&h);
}

static void rekeys_under_20_percent_loss_complete(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(40), .loss_permille = 200 };
    struct tacet_watch watch;
    struct tacet_harness *h = dial_over(&watch, seed, &link, true);

    tacet_harness_run(h, TACET_SECONDS(65));
    for (int i = 0; i < 2; i++) {
        tacet_expect(epoch(h, (enum tacet_harness_party)i) >= 5);
        tacet_expect(watch.ended[i] == 0);
    }
    tacet_harness_free(&h);
}

/* Both find out how little it carries only by what is lost, and each word of that is lost too. */
static void rekeys_on_a_way_that_became_narrow_complete(uint64_t seed)
{
    static const struct tacet_link_config narrow[] = {
        { .delay_us = TACET_MILLIS(10), .rate_bps = 130000, .queue_us = TACET_MILLIS(60) },
        { .delay_us = TACET_MILLIS(10), .rate_bps = 150000, .queue_us = TACET_MILLIS(25) },
        { .delay_us = TACET_MILLIS(200), .rate_bps = 130000, .queue_us = TACET_MILLIS(60) },
        { .delay_us = TACET_MILLIS(40), .rate_bps = 300000, .queue_us = TACET_MILLIS(20) },
        { .delay_us = TACET_MILLIS(40), .rate_bps = 150000, .queue_us = TACET_MILLIS(600) },
    };
    struct tacet_link_config wide = { .delay_us = TACET_MILLIS(40) };

    for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++) {
        struct tacet_harness_config config;
        struct tacet_watch watch;
        tacet_watch_init(&watch, &config, seed);
        config.video_bitrate_bps = 2500000;
        struct tacet_harness *h = dial_with(&watch, &config, &wide, true);
        tacet_scenario_row("%d kbit/s, queue of %d ms", (int)(narrow[i].rate_bps / 1000),
                           (int)(narrow[i].queue_us / 1000));
        tacet_harness_run(h, TACET_SECONDS(5));
        tacet_harness_link(h, TACET_CALLER)->config = narrow[i];
        tacet_harness_link(h, TACET_CALLEE)->config = narrow[i];
        tacet_harness_run(h, TACET_SECONDS(45));
        for (int party = 0; party < 2; party++) {
            tacet_expect(watch.ended[party] == 0);
            tacet_expect(epoch(h, (enum tacet_harness_party)party) >= 3);
        }
        tacet_expect_goodbye(h, &watch, TACET_CALLEE);
        tacet_harness_free(&h);
    }
    tacet_scenario_row("%s", "");
}

/* The n-th address of a party; no two alike. */
static struct tacet_path nth_path(enum tacet_harness_party party, unsigned n)
{
    return (struct tacet_path){
        .address = {
            .family = 4,
            .ip = { 198, 51, 100, (uint8_t)(party + 1) },
            .port = (uint16_t)(10000 + n),
        },
    };
}

static void party_that_moves_is_found_again(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(50), .jitter_us = TACET_MILLIS(10) };

    for (int mover = 0; mover < 2; mover++) {
        enum tacet_harness_party other = mover == 0 ? TACET_CALLEE : TACET_CALLER;
        struct tacet_harness_result before;
        struct tacet_harness_result after;
        struct tacet_watch watch;
        struct tacet_harness *h = dial_over(&watch, seed, &link, false);
        tacet_harness_run(h, TACET_SECONDS(15));
        struct tacet_path path = nth_path((enum tacet_harness_party)mover, 1);
        tacet_harness_result(h, (enum tacet_harness_party)mover, &before);
        tacet_harness_move(h, (enum tacet_harness_party)mover, &path, 0);
        tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(2));
        struct tacet_peer_info info;
        tacet_expect(tacet_call_peer(tacet_harness_call(h, other), tacet_harness_peer(h, other),
                                     &info) == 0);
        tacet_expect(tacet_path_equal(&info.path, &path));
        /* What was sent to the old address meanwhile is gone: a round trip and a little. */
        tacet_harness_result(h, (enum tacet_harness_party)mover, &after);
        tacet_expect(after.audio_concealed - before.audio_concealed <= 48 * 250);
        tacet_expect_flow(h);
        /* And the keys are new. */
        tacet_expect(epoch(h, TACET_CALLER) == 2);
        tacet_expect(epoch(h, TACET_CALLEE) == 2);
        tacet_expect_goodbye(h, &watch, other);
        tacet_harness_free(&h);
    }
}

/*
 * Loses 5 %, and of two calls of one seed the same packets of media: what else is sent in one of
 * them moves nobody's chance in the other.
 */
struct fate {
    uint64_t seed;
    uint64_t others; /* packets so far that are not RTP */
};

static bool spare(struct tacet_watch *watch, struct tacet_harness *h, enum tacet_harness_party from,
                  struct tacet_packet *packet)
{
    struct fate *fate = watch->ctx;
    struct tacet_rng rng;
    uint64_t which = fate->others;

    (void)h;
    if (packet->data[0] >= 128 && (packet->data[1] < 192 || packet->data[1] > 223)) {
        /* The sequence number and the SSRC, which are in clear. */
        which = (uint64_t)1 << 63;
        for (size_t i = 2; i < 12; i += i == 3 ? 5 : 1) {
            which |= (uint64_t)packet->data[i] << (8 * (i < 4 ? i - 2 : i - 6));
        }
    } else {
        fate->others++;
    }
    tacet_rng_seed(&rng, fate->seed ^ which, 77 + (uint64_t)from);
    return !tacet_rng_permille(&rng, 50);
}

/* From one network to another, as a phone does: both are there for a second. Whether the other
 * party had followed before that was over. */
static bool move_in_time(struct tacet_harness *h, enum tacet_harness_party mover, unsigned n)
{
    enum tacet_harness_party other = mover == TACET_CALLER ? TACET_CALLEE : TACET_CALLER;
    struct tacet_path path = nth_path(mover, n);
    struct tacet_peer_info info;

    tacet_harness_move(h, mover, &path, TACET_SECONDS(1));
    tacet_harness_run(h, tacet_harness_now(h) + TACET_MILLIS(950));
    tacet_expect(
        tacet_call_peer(tacet_harness_call(h, other), tacet_harness_peer(h, other), &info) == 0);
    return tacet_path_equal(&info.path, &path);
}

/* Returns in how many roams no challenge came through in time: one in a thousand, each of three
 * being lost or its answer. */
static unsigned run_ten_minutes(uint64_t seed, bool busy, struct tacet_harness_result result[2])
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(40) };
    struct fate fate = { .seed = seed };
    struct tacet_watch watch;
    struct tacet_harness *h = dial_over(&watch, seed, &link, busy);
    unsigned unlucky = 0;

    watch.ctx = &fate;
    watch.on_packet = spare;
    for (unsigned minute = 1; minute <= 10; minute++) {
        tacet_harness_run(h, TACET_SECONDS(60) * minute);
        if (busy) {
            unlucky += !move_in_time(h, minute % 2 == 0 ? TACET_CALLER : TACET_CALLEE, minute);
        }
    }
    tacet_harness_run(h, TACET_SECONDS(605));
    for (int i = 0; i < 2; i++) {
        tacet_harness_result(h, (enum tacet_harness_party)i, &result[i]);
        tacet_expect(watch.ended[i] == 0);
        tacet_expect(!busy || epoch(h, (enum tacet_harness_party)i) >= 50);
    }
    tacet_harness_free(&h);
    return unlucky;
}

static void ten_minutes_of_rekeys_and_roams_lose_no_more(uint64_t seed)
{
    struct tacet_harness_result calm[2];
    struct tacet_harness_result busy[2];

    (void)run_ten_minutes(seed, false, calm);
    unsigned unlucky = run_ten_minutes(seed, true, busy);
    tacet_expect(unlucky <= 1);
    for (int i = 0; i < 2; i++) {
        tacet_scenario_row(
            "calm: %llu concealed, %llu shown; busy: %llu, %llu of %llu",
            (unsigned long long)calm[i].audio_concealed, (unsigned long long)calm[i].pictures_shown,
            (unsigned long long)busy[i].audio_concealed, (unsigned long long)busy[i].pictures_shown,
            (unsigned long long)busy[i].pictures_captured);
        /* Of 30,000 packets of sound two, since what is reported of loss, and so how much each
         * repeats, differs by what else was lost; and what an unlucky roam costs. Of 15,000
         * pictures twenty: those that a loss held up are passed over where the next one does
         * without. */
        tacet_expect(busy[i].audio_concealed <=
                     calm[i].audio_concealed + 960 * 2 + 48 * 700 * unlucky);
        tacet_expect(busy[i].pictures_bad == 0);
        tacet_expect(busy[i].pictures_shown + 20 + 20 * unlucky >= calm[i].pictures_shown);
    }
    tacet_scenario_row("%s", "");
}

const struct tacet_scenario tacet_scenarios_keys_and_paths[] = {
    { "rekeys_on_a_clean_link_lose_nothing", rekeys_on_a_clean_link_lose_nothing },
    { "rekeys_on_a_way_that_became_narrow_complete", rekeys_on_a_way_that_became_narrow_complete },
    { "rekeys_under_20_percent_loss_complete", rekeys_under_20_percent_loss_complete },
    { "party_that_moves_is_found_again", party_that_moves_is_found_again },
    { "ten_minutes_of_rekeys_and_roams_lose_no_more",
      ten_minutes_of_rekeys_and_roams_lose_no_more },
    { NULL, NULL },
};
