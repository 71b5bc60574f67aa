/* See duplex.h. */
#include "duplex.h"

#include "../tacet/report.h"
#include "benchmark.h"
#include "metered.h"
#include "tacet/call.h"
#include "tacet/runner.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIDES 2
#define CONNECT_WAIT_S 20

struct side {
    struct tacet_duplex *duplex;
    struct tacet_identity *identity;
    struct tacet_runner *runner;
    struct tacet_address address;
    struct tacet_metered sockets;
    bool caller;
};

struct tacet_duplex {
    struct side sides[SIDES];
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int answered;
    int failed;
    atomic_ullong shown;
};

static int show(void *ctx, const struct tacet_picture *picture)
{
    (void)atomic_fetch_add(&((struct tacet_duplex *)ctx)->shown, 1);
    return 0;
}

static int open_screen(void *ctx, const struct tacet_video_format *format)
{
    return 0;
}

static void leave(void *ctx)
{
}

static void on_event(void *ctx, struct tacet_call *call, const struct tacet_event *event)
{
    struct tacet_duplex *d = ((struct side *)ctx)->duplex;

    if (event->type == TACET_EVENT_INCOMING) {
        (void)tacet_bench_must(tacet_call_answer(call, tacet_clock_now(), event->peer),
                               "answering");
    }
    (void)pthread_mutex_lock(&d->mutex);
    d->answered += event->type == TACET_EVENT_ANSWERED ? 1 : 0;
    d->failed += event->type == TACET_EVENT_ENDED ? 1 : 0;
    (void)pthread_cond_signal(&d->changed);
    (void)pthread_mutex_unlock(&d->mutex);
}

static void on_error(void *ctx, const char *what, int error)
{
    exit(tacet_complain("%s: %s", what, tacet_error_string(error)));
}

static void start_side(struct side *side, const struct tacet_duplex_config *config)
{
    static const struct tacet_video_sink_ops screen = {
        .name = "counting", .open = open_screen, .show = show, .free = leave
    };
    struct tacet_address bind = { .family = 4, .ip = { 127, 0, 0, 1 } };
    struct tacet_random random = tacet_random_system();
    const struct tacet_clip *clip = config->clip;
    struct tacet_runner_config runner;
    struct tacet_call_config call;

    (void)tacet_bench_must(
        tacet_identity_create(&random, side->caller ? "caller" : "callee", &side->identity),
        "identity");
    tacet_call_config_init(&call);
    call.identity = side->identity;
    call.random = random;
    call.unix_time_offset_us = tacet_clock_unix_offset();
    call.listen = !side->caller;
    call.audio_bitrate_bps = config->audio_bps;
    tacet_runner_config_init(&runner);
    runner.audio_bitrate_bps = config->audio_bps;
    if (clip->picture_count > 0) {
        call.media.video = true;
        call.media.width = clip->format.width;
        call.media.height = clip->format.height;
        call.media.fps = (uint16_t)(clip->format.fps_numerator / clip->format.fps_denominator);
        call.video_bitrate_bps = config->video_bps;
        runner.video_bitrate_bps = config->video_bps;
        runner.video_sink = (struct tacet_video_sink){ .ops = &screen, .ctx = side->duplex };
        tacet_clip_video_source(clip, &runner.video_source);
    }
    tacet_clip_audio_source(clip, &runner.audio_source);
    (void)tacet_bench_must(tacet_null_audio_sink_create(&runner.audio_sink), "sink");
    (void)tacet_bench_must(tacet_udp_create(&bind, &runner.transport), "socket");
    (void)tacet_bench_must(tacet_udp_local(&runner.transport, &side->address), "socket");
    tacet_metered_wrap(&side->sockets, &runner.transport);
    (void)tacet_bench_must(tacet_call_create(&call, tacet_clock_now(), &runner.call), "call");
    runner.ctx = side;
    runner.on_event = on_event;
    runner.on_error = on_error;
    (void)tacet_bench_must(tacet_runner_start(&runner, &side->runner), "runner");
}

static void dial(void *arg, struct tacet_call *call, int64_t now)
{
    const struct tacet_duplex *d = arg;
    struct tacet_callee who = { .hint = TACET_HINT_KEY };
    struct tacet_public_identity callee;
    struct tacet_path path = { .address = d->sides[1].address };
    uint32_t peer;

    tacet_identity_public(d->sides[1].identity, &callee);
    memcpy(who.key, callee.key, sizeof(who.key));
    (void)tacet_bench_must(tacet_call_dial(call, now, &who, &path, 1, &peer), "dialling");
}

static void wait_answered(struct tacet_duplex *d)
{
    struct timespec until = { 0 };
    int late = 0;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CONNECT_WAIT_S;
    (void)pthread_mutex_lock(&d->mutex);
    while (d->answered < SIDES && d->failed == 0 && late == 0) {
        late = pthread_cond_timedwait(&d->changed, &d->mutex, &until);
    }
    bool connected = d->answered == SIDES && d->failed == 0;
    (void)pthread_mutex_unlock(&d->mutex);
    (void)tacet_bench_must(connected ? 0 : TACET_ERR_STATE, "the call did not connect");
}

struct tacet_duplex *tacet_duplex_start(const struct tacet_duplex_config *config)
{
    struct tacet_duplex *d = tacet_bench_alloc(1, sizeof(*d));

    (void)pthread_mutex_init(&d->mutex, NULL);
    (void)pthread_cond_init(&d->changed, NULL);
    for (int i = 0; i < SIDES; i++) {
        d->sides[i].duplex = d;
        d->sides[i].caller = i == 0;
        start_side(&d->sides[i], config);
    }
    (void)tacet_bench_must(tacet_runner_post(d->sides[0].runner, dial, d), "dialling");
    wait_answered(d);
    return d;
}

int64_t tacet_duplex_codec_ns(const struct tacet_duplex *d)
{
    int64_t us = 0;

    for (int i = 0; i < SIDES; i++) {
        struct tacet_runner_usage usage;
        tacet_runner_usage(d->sides[i].runner, &usage);
        us += usage.codec_cpu_us;
    }
    return us * 1000;
}

int64_t tacet_duplex_sockets_ns(const struct tacet_duplex *d)
{
    return atomic_load(&d->sides[0].sockets.cpu_ns) + atomic_load(&d->sides[1].sockets.cpu_ns);
}

uint64_t tacet_duplex_pictures(const struct tacet_duplex *d)
{
    return atomic_load(&d->shown);
}

void tacet_duplex_stop(struct tacet_duplex **duplex)
{
    struct tacet_duplex *d = *duplex;

    for (int i = 0; i < SIDES; i++) {
        tacet_runner_stop(&d->sides[i].runner);
        tacet_identity_free(&d->sides[i].identity);
    }
    (void)pthread_cond_destroy(&d->changed);
    (void)pthread_mutex_destroy(&d->mutex);
    free(d);
    *duplex = NULL;
}
