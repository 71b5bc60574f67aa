/* How calls begin and end when the network behaves. */
#include "scenario.h"

#include <stdlib.h>
#include <string.h>

static void expect_quality(struct tacet_harness *h)
{
    for (int i = 0; i < 2; i++) {
        struct tacet_harness_result result;
        tacet_harness_result(h, (enum tacet_harness_party)i, &result);
        tacet_expect(result.audio_played >= 48000 * 4);
        tacet_expect(result.audio_concealed <= 48000 / 50);
        tacet_expect(result.pictures_captured >= 100);
        tacet_expect(result.pictures_shown + 3 >= result.pictures_captured);
        tacet_expect(result.pictures_bad == 0);
        tacet_expect(result.video_frozen_us == 0);
        /* 20 ms of link, 20 ms of packet, and the playout buffer. */
        tacet_expect(result.audio_latency_p50_us >= TACET_MILLIS(40));
        tacet_expect(result.audio_latency_p95_us <= TACET_MILLIS(140));
        tacet_expect(result.video_latency_p50_us >= TACET_MILLIS(20));
        tacet_expect(result.video_latency_p95_us <= TACET_MILLIS(60));
        tacet_expect(result.first_audio_us > 0);
        tacet_expect(result.first_audio_us <= TACET_MILLIS(500));
        tacet_expect(result.first_video_us > 0);
        tacet_expect(result.first_video_us <= TACET_MILLIS(500));
    }
}

static void clean_call(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(5));
    tacet_expect_one_call(h, &watch);
    tacet_expect(tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_RINGING) == 1);
    for (int i = 0; i < 2; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        struct tacet_stats stats = { .size = sizeof(stats) };
        struct tacet_call *call = tacet_harness_call(h, party);
        tacet_expect(tacet_harness_event_count(h, party, TACET_EVENT_MEDIA) >= 1);
        tacet_expect(tacet_call_stats(call, tacet_harness_peer(h, party), &stats) == 0);
        tacet_expect(stats.handshake_us > 0);
        tacet_expect(stats.setup_us >= stats.handshake_us);
        tacet_expect(stats.epoch >= 1);
        tacet_expect(stats.profile == TACET_PROFILE_AEAD_AES_256_GCM);
        for (int drop = 1; drop < TACET_DROP_COUNT; drop++) {
            /* FIN's copy */
            bool copy = party == TACET_CALLEE && drop == TACET_DROP_REPLAY;
            tacet_expect(stats.drops[drop] == (copy ? 1 : 0));
        }
    }
    expect_quality(h);
    tacet_expect_goodbye(h, &watch, (enum tacet_harness_party)(seed % 2));
    tacet_harness_free(&h);
}

static void clean_call_with_real_codecs(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    config.real_codecs = true;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(5));
    tacet_expect_one_call(h, &watch);
    expect_quality(h);
    tacet_expect_goodbye(h, &watch, TACET_CALLEE);
    tacet_harness_free(&h);
}

/* When each side first heard and first saw the other, after dialling. */
static void first_media(uint64_t seed, int32_t loss_permille, int64_t ret_audio_us[2],
                        int64_t ret_video_us[2])
{
    struct tacet_watch watch;
    struct tacet_harness_config config;
    bool all = false;

    tacet_watch_init(&watch, &config, seed);
    for (int i = 0; i < 2; i++) {
        config.link[i].delay_us = TACET_MILLIS(50);
        config.link[i].loss_permille = loss_permille;
    }
    struct tacet_harness *h = tacet_watch_dial(&config);
    while (!all) {
        all = true;
        tacet_expect(tacet_harness_now(h) < TACET_SECONDS(15));
        tacet_harness_run(h, tacet_harness_now(h) + TACET_MILLIS(100));
        for (int i = 0; i < 2; i++) {
            struct tacet_harness_result result;
            tacet_harness_result(h, (enum tacet_harness_party)i, &result);
            ret_audio_us[i] = result.first_audio_us;
            ret_video_us[i] = result.first_video_us;
            all = all && result.first_audio_us > 0 && result.first_video_us > 0;
        }
    }
    tacet_harness_free(&h);
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return (*x > *y) - (*x < *y);
}

/* 50 ms each way: sound after 3.5 round trips and 60 ms, a picture after 4.5 and 60 ms; where a
 * fifth is lost, the median of 200 calls and both their sides after 1.5 round trips more (20 calls
 * are too few: their median is that of chance), and nineteen of twenty hear something in 1.2 s. Nor
 * has who is slow to hear to wait much longer to see: a picture that overtakes the answer's last
 * message is kept for it. */
static void first_media_comes_soon(uint64_t seed)
{
    enum { SIDES = 400 };
    int64_t audio_us[SIDES], video_us[SIDES];

    first_media(seed, 0, audio_us, video_us);
    for (int i = 0; i < 2; i++) {
        tacet_expect(audio_us[i] <= TACET_MILLIS(350 + 60));
        tacet_expect(video_us[i] <= TACET_MILLIS(450 + 60));
    }
    for (uint64_t i = 0; i < SIDES; i += 2) {
        first_media(seed * SIDES + i, 200, &audio_us[i], &video_us[i]);
    }
    qsort(audio_us, SIDES, sizeof(audio_us[0]), compare);
    qsort(video_us, SIDES, sizeof(video_us[0]), compare);
    int64_t audio = audio_us[SIDES / 2 - 1];
    int64_t video = video_us[SIDES / 2 - 1];
    int64_t late = audio_us[SIDES * 19 / 20];
    tacet_scenario_row("medians: sound %lld ms, picture %lld ms; sound is late from %lld ms on",
                       (long long)audio / 1000, (long long)video / 1000, (long long)late / 1000);
    tacet_expect(audio <= TACET_MILLIS(540));
    tacet_expect(video <= TACET_MILLIS(620));
    tacet_expect(late <= TACET_MILLIS(1200));
    tacet_expect(video_us[SIDES * 9 / 10] <= audio_us[SIDES * 9 / 10] + TACET_MILLIS(150));
    tacet_scenario_row("%s", "");
}

/* The profile of the table's row is the one that the callee allows. */
static void set_profile(void *ctx, enum tacet_harness_party at, struct tacet_call_config *config)
{
    struct tacet_watch *watch = ctx;
    const uint16_t *profile = watch->ctx;

    config->profiles[0] = *profile;
    config->profile_count = 1;
    if (at == TACET_CALLER) {
        config->profiles[0] = TACET_PROFILE_AEAD_AES_256_GCM;
        config->profiles[1] = TACET_PROFILE_AEAD_AES_128_GCM;
        config->profiles[2] = TACET_PROFILE_AES_CM_128_HMAC_SHA1_80;
        config->profile_count = 3;
    }
}

static void every_profile_carries_a_call(uint64_t seed)
{
    static uint16_t profiles[] = { TACET_PROFILE_AEAD_AES_256_GCM, TACET_PROFILE_AEAD_AES_128_GCM,
                                   TACET_PROFILE_AES_CM_128_HMAC_SHA1_80 };

    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        struct tacet_watch watch;
        struct tacet_harness_config config;
        struct tacet_stats stats = { .size = sizeof(stats) };
        tacet_scenario_row("profile %s", tacet_profile_string(profiles[i]));
        tacet_watch_init(&watch, &config, seed);
        watch.ctx = &profiles[i];
        config.on_config = set_profile;
        struct tacet_harness *h = tacet_watch_dial(&config);
        tacet_harness_run(h, TACET_SECONDS(2));
        tacet_expect_one_call(h, &watch);
        tacet_expect(tacet_call_stats(tacet_harness_call(h, TACET_CALLER),
                                      tacet_harness_peer(h, TACET_CALLER), &stats) == 0);
        tacet_expect(stats.profile == profiles[i]);
        tacet_expect_flow(h);
        tacet_harness_free(&h);
    }
}

static void declined(uint64_t seed)
{
    static const enum tacet_end reasons[] = { TACET_END_DECLINED, TACET_END_BUSY };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        struct tacet_watch watch;
        struct tacet_harness_config config;
        tacet_scenario_row("reason %s", tacet_end_string(reasons[i]));
        tacet_watch_init(&watch, &config, seed);
        config.auto_answer = false;
        watch.decline = reasons[i];
        struct tacet_harness *h = tacet_watch_dial(&config);
        tacet_harness_run(h, TACET_SECONDS(5));
        tacet_expect(watch.ended[TACET_CALLER] == reasons[i]);
        tacet_expect(watch.ended_remote[TACET_CALLER]);
        tacet_expect(watch.ended[TACET_CALLEE] == reasons[i]);
        tacet_expect(!watch.ended_remote[TACET_CALLEE]);
        tacet_expect(tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_ANSWERED) == 0);
        tacet_expect(watch.media_packets[0] + watch.media_packets[1] == 0);
        tacet_harness_free(&h);
    }
}

static void nobody_answers_for_60_s(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    config.auto_answer = false;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(58));
    tacet_expect(tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_RINGING) == 1);
    tacet_expect(watch.ended[TACET_CALLER] == 0);
    tacet_expect(watch.ended[TACET_CALLEE] == 0);
    tacet_harness_run(h, TACET_SECONDS(63));
    for (int i = 0; i < 2; i++) {
        tacet_expect(watch.ended[i] == TACET_END_NO_ANSWER);
        tacet_expect(watch.at_us[i][TACET_EVENT_ENDED] <= TACET_SECONDS(62));
    }
    tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_INCOMING) == 1);
    tacet_expect(watch.media_packets[0] + watch.media_packets[1] == 0);
    tacet_harness_free(&h);
}

static void caller_gives_up_while_it_rings(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    config.auto_answer = false;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(3));
    tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_INCOMING) == 1);
    tacet_expect_goodbye(h, &watch, TACET_CALLER);
    tacet_harness_free(&h);
}

static void nobody_is_there(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    config.link[TACET_CALLER].down = true;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_MILLIS(14900));
    tacet_expect(watch.ended[TACET_CALLER] == 0);
    /* 200 ms, then half as long again each time, at most 3 s: 9 to 12 INITs in 15 s, the third and
     * later ones twice. */
    tacet_expect(watch.packets[TACET_CALLER] >= 14);
    tacet_expect(watch.packets[TACET_CALLER] <= 24);
    tacet_harness_run(h, TACET_MILLIS(15100));
    tacet_expect(watch.ended[TACET_CALLER] == TACET_END_UNREACHABLE);
    tacet_expect(!watch.ended_remote[TACET_CALLER]);
    tacet_expect(watch.packets[TACET_CALLEE] == 0);
    tacet_harness_free(&h);
}

static void second_call_after_the_first(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(2));
    tacet_expect_one_call(h, &watch);
    tacet_expect_goodbye(h, &watch, TACET_CALLEE);
    tacet_expect(tacet_harness_dial(h) == 0);
    tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(2));
    tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_INCOMING) == 2);
    tacet_expect(tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_ANSWERED) == 2);
    tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_ANSWERED) == 2);
    tacet_harness_free(&h);
}

static void messages_and_mute_reach_the_other_side(uint64_t seed)
{
    static const size_t sizes[] = { 1, 1000, 60000 };
    static uint8_t data[60000];
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    config.link[0].loss_permille = 100;
    config.link[1].loss_permille = 100;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(5));
    tacet_expect_one_call(h, &watch);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        tacet_scenario_row("message of %zu bytes", sizes[i]);
        tacet_message_fill(data, sizes[i]);
        tacet_expect(
            tacet_call_send_message(tacet_harness_call(h, TACET_CALLER), tacet_harness_clock(h),
                                    tacet_harness_peer(h, TACET_CALLER), data, sizes[i]) == 0);
        tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(10));
        tacet_expect(watch.message_size[TACET_CALLEE] == sizes[i]);
        tacet_expect(watch.message_right[TACET_CALLEE]);
        tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_MESSAGE) == i + 1);
    }
    tacet_expect(!watch.muted[TACET_CALLER]);
    tacet_expect(tacet_call_set_muted(tacet_harness_call(h, TACET_CALLEE), tacet_harness_clock(h),
                                      TACET_KIND_AUDIO, true) == 0);
    tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(2));
    tacet_expect(watch.muted[TACET_CALLER]);
    tacet_harness_free(&h);
}

/* RESP comes when INIT has just been repeated: it answers the first one, and what follows is not
 * repeated as if the round trip were the time since the last. */
static void round_trip_longer_than_the_first_wait(uint64_t seed)
{
    static const int64_t delays_ms[] = { 95, 100, 105, 115 };

    for (size_t i = 0; i < sizeof(delays_ms) / sizeof(delays_ms[0]); i++) {
        struct tacet_watch watch;
        struct tacet_harness_config config;
        tacet_watch_init(&watch, &config, seed);
        config.link[0].delay_us = config.link[1].delay_us = TACET_MILLIS(delays_ms[i]);
        struct tacet_harness *h = tacet_watch_dial(&config);
        tacet_harness_run(h, TACET_MILLIS(6 * delays_ms[i]));
        tacet_scenario_row("%d ms: %llu and %llu packets", (int)delays_ms[i],
                           (unsigned long long)watch.packets[TACET_CALLER],
                           (unsigned long long)watch.packets[TACET_CALLEE]);
        tacet_expect(watch.packets[TACET_CALLER] <= 52);
        tacet_expect(watch.packets[TACET_CALLEE] <= 38);
        tacet_harness_run(h, TACET_SECONDS(3));
        tacet_expect_one_call(h, &watch);
        tacet_harness_free(&h);
    }
    tacet_scenario_row("%s", "");
}

const struct tacet_scenario tacet_scenarios_setup[] = {
    { "clean_call", clean_call },
    { "clean_call_with_real_codecs", clean_call_with_real_codecs },
    { "first_media_comes_soon", first_media_comes_soon },
    { "every_profile_carries_a_call", every_profile_carries_a_call },
    { "declined", declined },
    { "nobody_answers_for_60_s", nobody_answers_for_60_s },
    { "caller_gives_up_while_it_rings", caller_gives_up_while_it_rings },
    { "nobody_is_there", nobody_is_there },
    { "round_trip_longer_than_the_first_wait", round_trip_longer_than_the_first_wait },
    { "second_call_after_the_first", second_call_after_the_first },
    { "messages_and_mute_reach_the_other_side", messages_and_mute_reach_the_other_side },
    { NULL, NULL },
};
