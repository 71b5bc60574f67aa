/*
 * Calls whose network is disturbed: silent for a while, moved to another address, slow, crooked or
 * out of order. What it costs, and how soon the call goes on.
 */
#include "scenario.h"

#include <string.h>

static const enum tacet_harness_party both[] = { TACET_CALLER, TACET_CALLEE };

static const struct tacet_link_config ordinary = { .delay_us = TACET_MILLIS(50),
                                                   .jitter_us = TACET_MILLIS(20) };

static struct tacet_harness *call_over(struct tacet_watch *watch, uint64_t seed,
                                       const struct tacet_link_config *there,
                                       const struct tacet_link_config *back)
{
    struct tacet_harness_config config;

    tacet_watch_init(watch, &config, seed);
    config.link[TACET_CALLER] = *there;
    config.link[TACET_CALLEE] = *back;
    return tacet_watch_dial(&config);
}

static struct tacet_harness_result result_of(struct tacet_harness *h,
                                             enum tacet_harness_party party)
{
    struct tacet_harness_result result;

    tacet_harness_result(h, party, &result);
    return result;
}

static void run_for(struct tacet_harness *h, int64_t us)
{
    tacet_harness_run(h, tacet_harness_now(h) + us);
}

static void set_down(struct tacet_harness *h, unsigned directions, bool down)
{
    for (int i = 0; i < 2; i++) {
        if ((directions & 1u << i) != 0) {
            tacet_harness_link(h, both[i])->config.down = down;
        }
    }
}

static void set_delay(struct tacet_harness *h, int64_t delay_us)
{
    for (int i = 0; i < 2; i++) {
        tacet_harness_link(h, both[i])->config.delay_us = delay_us;
    }
}

static bool reconnecting(struct tacet_harness *h, enum tacet_harness_party party)
{
    struct tacet_peer_info info;

    tacet_expect(
        tacet_call_peer(tacet_harness_call(h, party), tacet_harness_peer(h, party), &info) == 0);
    return info.reconnecting;
}

/* Since `from`: sound that was not made up. */
static uint64_t heard(const struct tacet_harness_result *from,
                      const struct tacet_harness_result *to)
{
    return to->audio_played - to->audio_concealed - (from->audio_played - from->audio_concealed);
}

enum { THERE = 1, BACK = 2, BOTH_WAYS = THERE | BACK };

/* 500 ms after packets come again both hear and see what is new: nothing old is under way, who
 * hears nothing sends no media. */
static void goes_on_after(uint64_t seed, unsigned directions, int64_t outage_us)
{
    struct tacet_watch watch;
    struct tacet_harness *h = call_over(&watch, seed, &ordinary, &ordinary);

    tacet_scenario_row("directions %u, %lld ms", directions, (long long)(outage_us / 1000));
    tacet_harness_run(h, TACET_SECONDS(6) + (int64_t)(seed % 1000) * 977);
    tacet_expect_one_call(h, &watch);
    int64_t from_us = tacet_harness_now(h);
    set_down(h, directions, true);
    tacet_harness_run(h, from_us + TACET_MILLIS(5400));
    for (int i = 0; i < 2; i++) {
        bool silent = (directions & 1u << (1 - i)) != 0;
        tacet_expect(reconnecting(h, both[i]) == silent);
        tacet_expect(!silent ||
                     watch.at_us[i][TACET_EVENT_RECONNECTING] >= from_us + TACET_MILLIS(4900));
        tacet_expect(!silent ||
                     watch.at_us[i][TACET_EVENT_RECONNECTING] <= from_us + TACET_MILLIS(5100));
    }
    uint64_t media[2] = { watch.media_packets[0], watch.media_packets[1] };
    uint64_t packets[2] = { watch.packets[0], watch.packets[1] };
    tacet_harness_run(h, from_us + outage_us);
    uint64_t quarters = (uint64_t)(tacet_harness_now(h) - from_us - TACET_MILLIS(5400)) / 250000;
    for (int i = 0; i < 2; i++) {
        bool silent = (directions & 1u << (1 - i)) != 0;
        /* Held but for reports; something leaves four times a second. */
        tacet_expect(!silent || watch.media_packets[i] - media[i] <= 3 * quarters + 3);
        tacet_expect(watch.packets[i] - packets[i] >= quarters);
    }
    struct tacet_harness_result before[2] = { result_of(h, TACET_CALLER),
                                              result_of(h, TACET_CALLEE) };
    set_down(h, directions, false);
    run_for(h, TACET_MILLIS(500));
    for (int i = 0; i < 2; i++) {
        bool silent = (directions & 1u << (1 - i)) != 0;
        tacet_scenario_row("directions %u, %lld ms, party %d", directions,
                           (long long)(outage_us / 1000), i);
        struct tacet_harness_result after = result_of(h, both[i]);
        tacet_expect(tacet_harness_event_count(h, both[i], TACET_EVENT_RECONNECTED) ==
                     (silent ? 1 : 0));
        tacet_expect(heard(&before[i], &after) >= 48 * 20);
        tacet_expect(after.pictures_shown >= before[i].pictures_shown + 1);
        tacet_expect(after.pictures_bad == 0);
    }
    run_for(h, TACET_SECONDS(1));
    tacet_expect_flow(h);
    /* As fast as before, soon. */
    run_for(h, TACET_SECONDS(2));
    tacet_expect_flow(h);
    tacet_expect_goodbye(h, &watch, both[seed % 2]);
    tacet_harness_free(&h);
}

static const int64_t outages_us[] = { TACET_MILLIS(5500), TACET_SECONDS(8), TACET_SECONDS(15),
                                      TACET_SECONDS(25) };

static void call_goes_on_soon_after_silence(uint64_t seed)
{
    for (size_t i = 0; i < sizeof(outages_us) / sizeof(outages_us[0]); i++) {
        goes_on_after(seed, BOTH_WAYS, outages_us[i]);
    }
}

static void call_goes_on_soon_after_silence_one_way(uint64_t seed)
{
    for (size_t i = 0; i < sizeof(outages_us) / sizeof(outages_us[0]); i++) {
        goes_on_after(seed, THERE, outages_us[i]);
        goes_on_after(seed, BACK, outages_us[i]);
    }
}

/* Too short to be called silence: nobody says "reconnecting", and it costs little more than it
 * lasts. */
static void short_outage_one_way_costs_what_it_lasts(uint64_t seed)
{
    for (int64_t second = 1; second <= 4; second++) {
        struct tacet_watch watch;
        struct tacet_harness *h = call_over(&watch, seed, &ordinary, &ordinary);
        unsigned way = (seed + (uint64_t)second) % 2 == 0 ? THERE : BACK;
        enum tacet_harness_party deaf = way == THERE ? TACET_CALLEE : TACET_CALLER;
        enum tacet_harness_party other = both[1 - deaf];
        tacet_scenario_row("%lld s", (long long)second);
        tacet_harness_run(h, TACET_SECONDS(6));
        struct tacet_harness_result from[2] = { result_of(h, TACET_CALLER),
                                                result_of(h, TACET_CALLEE) };
        set_down(h, way, true);
        run_for(h, TACET_SECONDS(second));
        set_down(h, way, false);
        struct tacet_harness_result before = result_of(h, deaf);
        run_for(h, TACET_MILLIS(500));
        struct tacet_harness_result after = result_of(h, deaf);
        tacet_expect(heard(&before, &after) >= 48 * 200);
        tacet_expect(after.pictures_shown >= before.pictures_shown + 1);
        run_for(h, TACET_SECONDS(2));
        for (int i = 0; i < 2; i++) {
            after = result_of(h, both[i]);
            uint64_t made_up = after.audio_concealed - from[i].audio_concealed;
            tacet_expect(tacet_harness_event_count(h, both[i], TACET_EVENT_RECONNECTING) == 0);
            tacet_expect(after.pictures_bad == 0);
            tacet_expect(both[i] == other ? made_up <= 48 * 100
                                          : made_up <= 48 * (1000 * (uint64_t)second + 250));
        }
        tacet_expect_flow(h);
        tacet_harness_free(&h);
    }
}

static struct tacet_path new_path(enum tacet_harness_party party)
{
    return (struct tacet_path){
        .address = { .family = 4, .ip = { 203, 0, 113, (uint8_t)(party + 1) }, .port = 7000 },
    };
}

static void move_costs_little_sound(uint64_t seed)
{
    static const int64_t lingers_us[] = { 0, TACET_MILLIS(300), TACET_SECONDS(1) };

    for (size_t row = 0; row < 3; row++) {
        for (int mover = 0; mover < 2; mover++) {
            struct tacet_watch watch;
            struct tacet_harness *h = call_over(&watch, seed, &ordinary, &ordinary);
            struct tacet_path path = new_path(both[mover]);
            tacet_scenario_row("mover %d, old address lives %lld ms", mover,
                               (long long)(lingers_us[row] / 1000));
            tacet_harness_run(h, TACET_SECONDS(8) + (int64_t)(seed % 1000) * 977);
            struct tacet_harness_result before[2] = { result_of(h, TACET_CALLER),
                                                      result_of(h, TACET_CALLEE) };
            tacet_harness_move(h, both[mover], &path, lingers_us[row]);
            run_for(h, TACET_SECONDS(3));
            for (int i = 0; i < 2; i++) {
                struct tacet_harness_result after = result_of(h, both[i]);
                uint64_t made_up = after.audio_concealed - before[i].audio_concealed;
                tacet_scenario_row("mover %d, old address lives %lld ms, party %d: %llu ms", mover,
                                   (long long)(lingers_us[row] / 1000), i,
                                   (unsigned long long)(made_up / 48));
                tacet_expect(made_up < 48 * 200);
                tacet_expect(after.pictures_bad == 0);
            }
            tacet_expect_flow(h);
            tacet_harness_free(&h);
        }
    }
}

/* What a side got between two moments. */
struct share {
    uint64_t made_up; /* samples */
    uint64_t shown;
    uint64_t captured;
    int64_t frozen_us;
};

static struct share since(struct tacet_harness *h, enum tacet_harness_party party,
                          const struct tacet_harness_result *from)
{
    struct tacet_harness_result to = result_of(h, party);

    tacet_expect(to.pictures_bad == 0);
    struct share share = {
        .made_up = to.audio_concealed - from->audio_concealed,
        .shown = to.pictures_shown - from->pictures_shown,
        .captured = to.pictures_captured - from->pictures_captured,
        .frozen_us = to.video_frozen_us - from->video_frozen_us,
    };
    tacet_scenario_row("party %d: %llu ms made up, %llu of %llu shown, %lld ms frozen", (int)party,
                       (unsigned long long)(share.made_up / 48), (unsigned long long)share.shown,
                       (unsigned long long)share.captured, (long long)(share.frozen_us / 1000));
    return share;
}

static const struct tacet_harness_result beginning;

/* The packets of one moment come 300 ms late, and those behind them with them: order is kept. */
static void spike(struct tacet_harness *h)
{
    set_delay(h, TACET_MILLIS(350));
    run_for(h, TACET_MILLIS(20));
    set_delay(h, TACET_MILLIS(50));
}

static void jitter_spike_costs_what_it_lasts(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness *h = call_over(&watch, seed, &ordinary, &ordinary);

    tacet_harness_run(h, TACET_SECONDS(8));
    struct tacet_harness_result before[2] = { result_of(h, TACET_CALLER),
                                              result_of(h, TACET_CALLEE) };
    spike(h);
    run_for(h, TACET_SECONDS(10));
    for (int i = 0; i < 2; i++) {
        struct share share = since(h, both[i], &before[i]);
        tacet_expect(share.made_up <= 48 * 350);
        tacet_expect(share.shown + 12 >= share.captured);
        tacet_expect(share.frozen_us <= TACET_MILLIS(600));
        struct tacet_harness_moment moment;
        tacet_harness_moment(h, both[i], &moment);
        tacet_expect(moment.video_latency_us <= TACET_MILLIS(200));
    }
    tacet_harness_free(&h);
}

static void jitter_spikes_every_5_s(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness *h = call_over(&watch, seed, &ordinary, &ordinary);

    tacet_harness_run(h, TACET_SECONDS(5));
    for (int n = 0; n < 6; n++) {
        spike(h);
        run_for(h, TACET_SECONDS(5));
    }
    for (int i = 0; i < 2; i++) {
        struct share share = since(h, both[i], &beginning);
        tacet_expect(share.made_up <= 48 * 6 * 350);
        tacet_expect(share.shown * 100 >= share.captured * 90);
        tacet_expect(share.frozen_us <= TACET_MILLIS(6 * 600));
    }
    tacet_expect_flow(h);
    tacet_harness_free(&h);
}

static void steps_of_the_delay(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness *h = call_over(&watch, seed, &ordinary, &ordinary);

    tacet_harness_run(h, TACET_SECONDS(8));
    for (int n = 0; n < 4; n++) {
        struct tacet_harness_result before[2] = { result_of(h, TACET_CALLER),
                                                  result_of(h, TACET_CALLEE) };
        set_delay(h, n % 2 == 0 ? TACET_MILLIS(150) : TACET_MILLIS(50));
        run_for(h, TACET_SECONDS(6));
        for (int i = 0; i < 2; i++) {
            struct share share = since(h, both[i], &before[i]);
            tacet_expect(share.made_up <= 48 * 250);
            tacet_expect(share.shown + 8 >= share.captured);
            /* Both ways at once longer by 100 ms: that looks like a queue on both. */
            tacet_expect(share.frozen_us <= TACET_MILLIS(800));
        }
    }
    tacet_harness_free(&h);
}

/* What troubles one way costs its listener, and not the other one. */
static void ways_that_differ(uint64_t seed)
{
    static const struct {
        struct tacet_link_config way[2]; /* the better one first */
        uint64_t made_up_ms_max[2];      /* by who hears over it */
        int64_t frozen_ms_max[2];
    } rows[] = {
        { { { .delay_us = TACET_MILLIS(20) }, { .delay_us = TACET_MILLIS(180) } },
          { 30, 30 },
          { 300, 300 } },
        { { { .delay_us = TACET_MILLIS(50) },
            { .delay_us = TACET_MILLIS(50), .jitter_us = TACET_MILLIS(40) } },
          { 30, 300 },
          { 200, 300 } },
        { { { .delay_us = TACET_MILLIS(50) },
            { .delay_us = TACET_MILLIS(50), .loss_permille = 200 } },
          { 100, 900 },
          { 600, 2600 } },
    };

    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        int better = (int)((seed + row) % 2); /* whose packets go the better way */
        struct tacet_watch watch;
        struct tacet_harness *h = call_over(&watch, seed, &rows[row].way[better == 0 ? 0 : 1],
                                            &rows[row].way[better == 0 ? 1 : 0]);
        tacet_harness_run(h, TACET_SECONDS(30));
        for (int worse = 0; worse < 2; worse++) {
            struct share share = since(h, both[worse == 0 ? 1 - better : better], &beginning);
            tacet_expect(share.made_up <= 48 * rows[row].made_up_ms_max[worse]);
            /* The call may begin late, too: its handshake takes both ways. */
            tacet_expect(share.frozen_us <= TACET_MILLIS(rows[row].frozen_ms_max[worse]));
            tacet_expect(share.shown * 100 >= share.captured * 90);
        }
        tacet_expect_flow(h);
        tacet_harness_free(&h);
    }
}

/* With jitter, which covers some of it, and without any. */
static void reordering_is_put_right(uint64_t seed)
{
    static const struct tacet_link_config links[] = {
        { .delay_us = TACET_MILLIS(50), .jitter_us = TACET_MILLIS(20), .reorder_permille = 50 },
        { .delay_us = TACET_MILLIS(20), .reorder_permille = 50 },
    };

    for (size_t row = 0; row < sizeof(links) / sizeof(links[0]); row++) {
        struct tacet_watch watch;
        struct tacet_harness *h = call_over(&watch, seed, &links[row], &links[row]);
        tacet_harness_run(h, TACET_SECONDS(30));
        for (int i = 0; i < 2; i++) {
            struct share share = since(h, both[i], &beginning);
            tacet_expect(share.made_up <= 48 * 300);
            tacet_expect(share.shown * 100 >= share.captured * 97);
            tacet_expect(share.frozen_us <= TACET_MILLIS(500));
        }
        tacet_expect_flow(h);
        tacet_harness_free(&h);
    }
}

static void clocks_that_differ(uint64_t seed)
{
    struct tacet_harness_config config;
    struct tacet_watch watch;

    tacet_watch_init(&watch, &config, seed);
    config.link[0] = config.link[1] = ordinary;
    config.audio_clock_ppm[0] = seed % 2 == 0 ? 300 : -300;
    config.audio_clock_ppm[1] = -config.audio_clock_ppm[0];
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(30));
    struct tacet_harness_result before[2] = { result_of(h, TACET_CALLER),
                                              result_of(h, TACET_CALLEE) };
    /* Three minutes more: 54 ms apart by then. */
    run_for(h, TACET_SECONDS(180));
    for (int i = 0; i < 2; i++) {
        struct share share = since(h, both[i], &before[i]);
        struct tacet_harness_result after = result_of(h, both[i]);
        tacet_expect(share.made_up <= 48 * 180);
        tacet_expect(share.shown + 10 >= share.captured);
        tacet_expect(after.audio_latency_p95_us <= TACET_MILLIS(180));
    }
    tacet_harness_free(&h);
}

const struct tacet_scenario tacet_scenarios_disturbance[] = {
    { "call_goes_on_soon_after_silence", call_goes_on_soon_after_silence },
    { "call_goes_on_soon_after_silence_one_way", call_goes_on_soon_after_silence_one_way },
    { "short_outage_one_way_costs_what_it_lasts", short_outage_one_way_costs_what_it_lasts },
    { "move_costs_little_sound", move_costs_little_sound },
    { "jitter_spike_costs_what_it_lasts", jitter_spike_costs_what_it_lasts },
    { "jitter_spikes_every_5_s", jitter_spikes_every_5_s },
    { "steps_of_the_delay", steps_of_the_delay },
    { "ways_that_differ", ways_that_differ },
    { "reordering_is_put_right", reordering_is_put_right },
    { "clocks_that_differ", clocks_that_differ },
    { NULL, NULL },
};
