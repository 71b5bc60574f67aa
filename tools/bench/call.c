/*
 * tacet bench call: a whole call in real time, both sides in this process over UDP on 127.0.0.1,
 * and the bare loop of bare.h right after it, round by round. Each is told in CPU time a second
 * and a side:
 *   codec   inside codec calls, by the clock of the thread that makes them
 *   kernel  system time of the process (getrusage)
 *   engine  the rest
 */
#include "tacet/call.h"

#include "../tacet/report.h"
#include "bare.h"
#include "benchmark.h"
#include "clip.h"
#include "cpu.h"
#include "media/adapt.h"
#include "sample.h"
#include "tacet/runner.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SIDES 2
#define WARM_UP_US 1500000
#define CONNECT_WAIT_S 20
#define FPS 30
#define CLIP_SECONDS 2 /* played over and over */
#define AUDIO_BPS 32000
/* RTP header, VP8 descriptor, and what SRTP adds: the runner counts the same. */
#define PACKET_OVERHEAD 33

static const struct mode {
    const char *name;
    uint16_t width; /* 0: sound only */
    uint16_t height;
    int32_t video_bps;
} modes[] = {
    { "audio", 0, 0, 0 },
    { "audio+360p", 640, 360, 1000000 },
    { "audio+720p", 1280, 720, 2000000 },
};
#define MODES (sizeof(modes) / sizeof(modes[0]))

/* --- a call of the engine --- */

struct side {
    struct duplex *duplex;
    struct tacet_identity *identity;
    struct tacet_runner *runner;
    struct tacet_address address;
    bool caller;
};

struct duplex {
    struct side sides[SIDES];
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int answered;
    int failed;
    atomic_ullong shown;
};

static int show(void *ctx, const struct tacet_picture *picture)
{
    (void)atomic_fetch_add(&((struct duplex *)ctx)->shown, 1);
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
    struct duplex *d = ((struct side *)ctx)->duplex;

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

static void start_side(struct side *side, const struct mode *mode, const struct tacet_clip *clip)
{
    static const struct tacet_video_sink_ops screen = {
        .name = "counting", .open = open_screen, .show = show, .free = leave
    };
    struct tacet_address bind = { .family = 4, .ip = { 127, 0, 0, 1 } };
    struct tacet_random random = tacet_random_system();
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
    call.audio_bitrate_bps = AUDIO_BPS;
    tacet_runner_config_init(&runner);
    runner.audio_bitrate_bps = AUDIO_BPS;
    if (mode->width > 0) {
        call.media.video = true;
        call.media.width = mode->width;
        call.media.height = mode->height;
        call.media.fps = FPS;
        call.video_bitrate_bps = mode->video_bps;
        runner.video_bitrate_bps = mode->video_bps;
        runner.video_sink = (struct tacet_video_sink){ .ops = &screen, .ctx = side->duplex };
        tacet_clip_video_source(clip, &runner.video_source);
    }
    tacet_clip_audio_source(clip, &runner.audio_source);
    (void)tacet_bench_must(tacet_null_audio_sink_create(&runner.audio_sink), "sink");
    (void)tacet_bench_must(tacet_udp_create(&bind, &runner.transport), "socket");
    (void)tacet_bench_must(tacet_udp_local(&runner.transport, &side->address), "socket");
    (void)tacet_bench_must(tacet_call_create(&call, tacet_clock_now(), &runner.call), "call");
    runner.ctx = side;
    runner.on_event = on_event;
    runner.on_error = on_error;
    (void)tacet_bench_must(tacet_runner_start(&runner, &side->runner), "runner");
}

static void dial(void *arg, struct tacet_call *call, int64_t now)
{
    const struct duplex *d = arg;
    struct tacet_callee who = { .hint = TACET_HINT_KEY };
    struct tacet_public_identity callee;
    struct tacet_path path = { .address = d->sides[1].address };
    uint32_t peer;

    tacet_identity_public(d->sides[1].identity, &callee);
    memcpy(who.key, callee.key, sizeof(who.key));
    (void)tacet_bench_must(tacet_call_dial(call, now, &who, &path, 1, &peer), "dialling");
}

static void wait_answered(struct duplex *d)
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

static struct duplex *duplex_start(const struct mode *mode, const struct tacet_clip *clip)
{
    struct duplex *d = tacet_bench_alloc(1, sizeof(*d));

    (void)pthread_mutex_init(&d->mutex, NULL);
    (void)pthread_cond_init(&d->changed, NULL);
    for (int i = 0; i < SIDES; i++) {
        d->sides[i].duplex = d;
        d->sides[i].caller = i == 0;
        start_side(&d->sides[i], mode, clip);
    }
    (void)tacet_bench_must(tacet_runner_post(d->sides[0].runner, dial, d), "dialling");
    wait_answered(d);
    return d;
}

static int64_t duplex_codec_ns(const struct duplex *d)
{
    int64_t us = 0;

    for (int i = 0; i < SIDES; i++) {
        struct tacet_runner_usage usage;
        tacet_runner_usage(d->sides[i].runner, &usage);
        us += usage.codec_cpu_us;
    }
    return us * 1000;
}

static void duplex_stop(struct duplex *d)
{
    for (int i = 0; i < SIDES; i++) {
        tacet_runner_stop(&d->sides[i].runner);
        tacet_identity_free(&d->sides[i].identity);
    }
    (void)pthread_cond_destroy(&d->changed);
    (void)pthread_mutex_destroy(&d->mutex);
    free(d);
}

/* --- measuring --- */

struct reading {
    int64_t at_us;
    struct tacet_cpu cpu;
    int64_t codec_ns;
    uint64_t pictures;
};

/* What is running at the moment: one of the two. */
struct running {
    const struct duplex *duplex;
    const struct tacet_bare *bare;
};

static struct reading read_all(const struct running *running)
{
    struct reading r = { .at_us = tacet_clock_now(), .cpu = tacet_cpu_process() };

    if (running->duplex != NULL) {
        r.codec_ns = duplex_codec_ns(running->duplex);
        r.pictures = atomic_load(&running->duplex->shown);
    } else {
        r.codec_ns = tacet_bare_codec_ns(running->bare);
        r.pictures = tacet_bare_pictures(running->bare);
    }
    return r;
}

/* CPU seconds a second, of one side. */
struct cost {
    double total;
    double codec;
    double kernel;
    double pictures; /* a second */
};

static struct cost measure(const struct running *running, int seconds)
{
    int64_t start_us = tacet_clock_now() + WARM_UP_US;

    tacet_cpu_idle(start_us);
    struct reading a = read_all(running);
    tacet_cpu_idle(start_us + (int64_t)seconds * 1000000);
    struct reading b = read_all(running);
    double side_seconds = (double)(b.at_us - a.at_us) / 1e6 * SIDES;
    return (struct cost){
        .total = (double)(b.cpu.total_ns - a.cpu.total_ns) / 1e9 / side_seconds,
        .codec = (double)(b.codec_ns - a.codec_ns) / 1e9 / side_seconds,
        .kernel = (double)(b.cpu.kernel_ns - a.cpu.kernel_ns) / 1e9 / side_seconds,
        .pictures = (double)(b.pictures - a.pictures) / side_seconds,
    };
}

static struct cost measure_call(const struct mode *mode, const struct tacet_clip *clip, int seconds)
{
    struct duplex *d = duplex_start(mode, clip);
    struct cost cost = measure(&(struct running){ .duplex = d }, seconds);

    duplex_stop(d);
    return cost;
}

static struct cost measure_bare(const struct mode *mode, const struct tacet_clip *clip, int seconds)
{
    static const struct tacet_adapt_overhead overhead = {
        .per_packet = PACKET_OVERHEAD,
        .payload_max = TACET_DATAGRAM_MAX - PACKET_OVERHEAD,
    };
    struct tacet_bare_config config = { .clip = clip, .profile = TACET_PROFILE_AEAD_AES_256_GCM };
    struct tacet_event target = { .type = TACET_EVENT_SEND_TARGET };

    target.u.send_target.audio_bps = AUDIO_BPS;
    target.u.send_target.video_bps = mode->video_bps;
    tacet_audio_encoder_settings_init(&config.audio);
    tacet_video_encoder_settings_init(&config.video, mode->width, mode->height);
    (void)tacet_adapt(&target, &overhead, &config.audio, &config.video);
    struct tacet_bare *bare = tacet_bare_start(&config);
    struct cost cost = measure(&(struct running){ .bare = bare }, seconds);

    tacet_bare_stop(&bare);
    return cost;
}

/* --- the benchmark --- */

struct costs {
    struct tacet_sample total;
    struct tacet_sample codec;
    struct tacet_sample kernel;
    struct tacet_sample engine;
    struct tacet_sample pictures;
};

static void add(struct costs *costs, const struct cost *cost)
{
    tacet_sample_add(&costs->total, cost->total);
    tacet_sample_add(&costs->codec, cost->codec);
    tacet_sample_add(&costs->kernel, cost->kernel);
    tacet_sample_add(&costs->engine, cost->total - cost->codec - cost->kernel);
    tacet_sample_add(&costs->pictures, cost->pictures);
}

static cJSON *tell(struct costs *costs, const struct mode *mode, const char *what, cJSON *rows)
{
    cJSON *row = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(row, "media", mode->name);
    (void)cJSON_AddStringToObject(row, "what", what);
    (void)cJSON_AddNumberToObject(row, "videoKbps", mode->video_bps / 1000);
    tacet_sample_tell(&costs->total, row, "cpuS");
    tacet_sample_tell(&costs->codec, row, "codecS");
    tacet_sample_tell(&costs->kernel, row, "kernelS");
    tacet_sample_tell(&costs->engine, row, "engineS");
    if (mode->width > 0) {
        tacet_sample_tell(&costs->pictures, row, "picturesPerSecond");
    }
    tacet_sample_free(&costs->pictures);
    (void)cJSON_AddItemToArray(rows, row);
    return row;
}

static void run_mode(const struct tacet_settings *settings, const struct mode *mode, cJSON *rows)
{
    struct tacet_video_format format = { mode->width, mode->height, FPS, 1 };
    struct tacet_sample ratios = { 0 };
    struct tacet_clip clip = { 0 };
    struct costs call = { 0 };
    struct costs bare = { 0 };

    tacet_clip_load_sound(&clip, settings, CLIP_SECONDS);
    if (mode->width > 0) {
        tacet_clip_load_pictures(&clip, settings, &format, CLIP_SECONDS * FPS);
    }
    for (int round = 0; round < settings->rounds; round++) {
        tacet_live_line(mode->name);
        struct cost of_call = measure_call(mode, &clip, settings->seconds);
        struct cost of_bare = measure_bare(mode, &clip, settings->seconds);
        add(&call, &of_call);
        add(&bare, &of_bare);
        tacet_sample_add(&ratios, of_call.total / of_bare.total);
    }
    tacet_sample_tell(&ratios, tell(&call, mode, "call", rows), "ratio");
    (void)tell(&bare, mode, "bare loop", rows);
    tacet_clip_free(&clip);
}

static void run(const struct tacet_settings *settings, cJSON *rows)
{
    for (size_t i = 0; i < MODES; i++) {
        run_mode(settings, &modes[i], rows);
    }
}

static const struct tacet_option options[] = {
    { "--seconds", "N", TACET_OPTION_NUMBER, offsetof(struct tacet_settings, seconds), 1, 3600,
      "seconds that count of each run; default 5" },
    { "--rounds", "N", TACET_OPTION_NUMBER, offsetof(struct tacet_settings, rounds), 1, 1000,
      "rounds, each a call and a bare loop for each kind of media; default 5" },
    { "--audio-in", "SOURCE", TACET_OPTION_TEXT, offsetof(struct tacet_settings, audio_in), 0, 0,
      "wav:FILE or tone (the default)" },
    { "--video-in", "SOURCE", TACET_OPTION_TEXT, offsetof(struct tacet_settings, video_in), 0, 0,
      "y4m:FILE, scaled to the sizes that are measured, or testcard (the default)" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};
static const struct tacet_option *const groups[] = { options, tacet_json_option, NULL };
static const struct tacet_column columns[] = {
    { "media", "media", 0 },
    { "what", "", 0 },
    { "cpuS", "CPU s a second", 4 },
    { "codecS", "codec", 4 },
    { "kernelS", "kernel", 4 },
    { "engineS", "engine", 4 },
    { "ratio", "to bare loop", 3 },
    { "picturesPerSecond", "pictures/s", 1 },
    { NULL, NULL, 0 },
};

const struct tacet_benchmark tacet_benchmark_call = {
    .name = "call",
    .usage = { .command = "tacet bench call",
               .positional = "",
               .about = "CPU time of a call in real time, beside a bare loop\n"
                        "Calls of sound only, with 360p and with 720p, both sides in this process\n"
                        "over UDP on 127.0.0.1. Takes about three minutes.",
               .groups = groups },
    .seconds = 5,
    .rounds = 5,
    .note =
        "CPU seconds a second of call, of one side; medians of the rounds (quartiles), 1.5 s to\n"
        "warm up before each. codec: inside codec calls; kernel: system time; engine: the "
        "rest.\n"
        "bare loop: the same codecs, SRTP, sockets and a timer, nothing else, right after each\n"
        "call. Fewer than 30 pictures a second: the machine was too slow or too busy.",
    .columns = columns,
    .run = run,
};
