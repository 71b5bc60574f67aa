/*
 * tacet bench call: a whole call in real time, both sides in this process over UDP on 127.0.0.1,
 * and the bare loop of bare.h right after it, round by round. Each is told in CPU time a second
 * and a side:
 *   codec    inside codec calls, by the clock of the thread that makes them
 *   kernel   system time of the process (getrusage); kernels that sample it at their ticks err
 *   engine   all but codec and kernel
 *   sockets  inside the calls of the transport, by the clock of the thread: exact
 *   rest     all but codec and sockets: exact
 */
#include "tacet/call.h"

#include "../tacet/report.h"
#include "bare.h"
#include "benchmark.h"
#include "clip.h"
#include "cpu.h"
#include "duplex.h"
#include "media/adapt.h"
#include "sample.h"
#include "tacet/runner.h"

#define SIDES 2
#define WARM_UP_US 1500000
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

/* --- measuring --- */

struct reading {
    int64_t at_us;
    struct tacet_cpu cpu;
    int64_t codec_ns;
    int64_t sockets_ns;
    uint64_t pictures;
};

/* What is running at the moment: one of the two. */
struct running {
    const struct tacet_duplex *duplex;
    const struct tacet_bare *bare;
};

static struct reading read_all(const struct running *running)
{
    struct reading r = { .at_us = tacet_clock_now(), .cpu = tacet_cpu_process() };

    if (running->duplex != NULL) {
        r.codec_ns = tacet_duplex_codec_ns(running->duplex);
        r.sockets_ns = tacet_duplex_sockets_ns(running->duplex);
        r.pictures = tacet_duplex_pictures(running->duplex);
    } else {
        r.codec_ns = tacet_bare_codec_ns(running->bare);
        r.sockets_ns = tacet_bare_sockets_ns(running->bare);
        r.pictures = tacet_bare_pictures(running->bare);
    }
    return r;
}

/* CPU seconds a second, of one side. */
struct cost {
    double total;
    double codec;
    double kernel;
    double sockets;
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
        .sockets = (double)(b.sockets_ns - a.sockets_ns) / 1e9 / side_seconds,
        .pictures = (double)(b.pictures - a.pictures) / side_seconds,
    };
}

static struct cost measure_call(const struct mode *mode, const struct tacet_clip *clip, int seconds)
{
    struct tacet_duplex *duplex = tacet_duplex_start(&(struct tacet_duplex_config){
        .clip = clip, .audio_bps = AUDIO_BPS, .video_bps = mode->video_bps });
    struct cost cost = measure(&(struct running){ .duplex = duplex }, seconds);

    tacet_duplex_stop(&duplex);
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
    tacet_audio_encoder_settings_init(&config.audio);
    tacet_video_encoder_settings_init(&config.video, mode->width, mode->height);
    (void)tacet_adapt_audio(&target, &config.audio);
    config.video.bitrate_bps = tacet_adapt_video_bps(mode->video_bps, config.video.fps, &overhead);
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
    struct tacet_sample sockets;
    struct tacet_sample rest;
    struct tacet_sample pictures;
};

static void add(struct costs *costs, const struct cost *cost)
{
    tacet_sample_add(&costs->total, cost->total);
    tacet_sample_add(&costs->codec, cost->codec);
    tacet_sample_add(&costs->kernel, cost->kernel);
    tacet_sample_add(&costs->engine, cost->total - cost->codec - cost->kernel);
    tacet_sample_add(&costs->sockets, cost->sockets);
    tacet_sample_add(&costs->rest, cost->total - cost->codec - cost->sockets);
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
    tacet_sample_tell(&costs->sockets, row, "socketsS");
    tacet_sample_tell(&costs->rest, row, "restS");
    if (mode->width > 0) {
        tacet_sample_tell(&costs->pictures, row, "picturesPerSecond");
    }
    tacet_sample_free(&costs->pictures);
    (void)cJSON_AddItemToArray(rows, row);
    return row;
}

/* For the same number of pictures: a machine that is too slow drops some. */
static double ratio(const struct cost *call, const struct cost *bare)
{
    bool video = call->pictures > 0 && bare->pictures > 0;

    return call->total / bare->total * (video ? bare->pictures / call->pictures : 1);
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
        tacet_sample_add(&ratios, ratio(&of_call, &of_bare));
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
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};
static const struct tacet_option *const groups[] = { options, tacet_clip_options, tacet_json_option,
                                                     NULL };
static const struct tacet_column columns[] = {
    { "media", "media", 0, false },
    { "what", "", 0, false },
    { "cpuS", "CPU s a second", 4, false },
    { "codecS", "codec", 4, true },
    { "kernelS", "kernel", 4, true },
    { "engineS", "engine", 4, true },
    { "socketsS", "sockets", 4, true },
    { "restS", "rest", 4, true },
    { "ratio", "to bare loop", 3, false },
    { "picturesPerSecond", "pictures/s", 1, true },
    { NULL, NULL, 0, false },
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
        "warm up before each. codec: inside codec calls. kernel: system time, which most kernels\n"
        "only sample, so that a single run can be far off. engine: all but these two. Exact:\n"
        "sockets, CPU time inside the calls that wait, send and receive; rest, all but codec and\n"
        "sockets. bare loop: the same codecs, SRTP, sockets and a timer, nothing else, right\n"
        "after each call. Fewer than 30 pictures a second: the machine was too slow or too busy.",
    .columns = columns,
    .run = run,
};
