/*
 * tacet bench codec: what a frame costs and how much of it arrives, by setting. A frame is encoded
 * and decoded at once; the first of a run are left out of the times, but not of the quality.
 */
#include "tacet/codec.h"

#include "../tacet/report.h"
#include "benchmark.h"
#include "clip.h"
#include "cpu.h"
#include "sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WARM_UP 10 /* frames; the first key frame is among them */
#define FRAME_SAMPLES 960
#define DELAY_MAX 960 /* samples that a codec may lag behind */
#define FPS 30

struct times {
    struct tacet_sample encode;
    struct tacet_sample decode;
};

static void add_times(struct times *times, size_t frame, int64_t encode_ns, int64_t decode_ns)
{
    if (frame >= WARM_UP) {
        tacet_sample_add(&times->encode, (double)encode_ns / 1e6);
        tacet_sample_add(&times->decode, (double)decode_ns / 1e6);
    }
}

/* --- sound --- */

static double correlate(const int16_t *a, const int16_t *b, size_t count)
{
    double ab = 0;
    double aa = 0;
    double bb = 0;

    for (size_t i = 0; i < count; i++) {
        ab += (double)a[i] * b[i];
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

/* How far `coded` lags behind, in samples: where the first second fits best. */
static size_t find_delay(const int16_t *pcm, const int16_t *coded, size_t count)
{
    size_t span = count < TACET_SAMPLE_RATE ? count : TACET_SAMPLE_RATE;
    size_t best = 0;
    double best_value = -2;

    for (size_t delay = 0; delay < DELAY_MAX; delay++) {
        double value = correlate(pcm, coded + delay, span - DELAY_MAX);
        if (value > best_value) {
            best_value = value;
            best = delay;
        }
    }
    return best;
}

/* Of the aligned sound, a second at a time: their median. */
static double correlation(const int16_t *pcm, const int16_t *coded, size_t count)
{
    struct tacet_sample seconds = { 0 };
    size_t delay = find_delay(pcm, coded, count);

    for (size_t at = 0; at + TACET_SAMPLE_RATE <= count; at += TACET_SAMPLE_RATE) {
        size_t span = TACET_SAMPLE_RATE - (at + TACET_SAMPLE_RATE + delay > count ? delay : 0);
        tacet_sample_add(&seconds, correlate(pcm + at, coded + at + delay, span));
    }
    double median = tacet_sample_quantile(&seconds, 0.5);
    tacet_sample_free(&seconds);
    return median;
}

/* Encodes and decodes the whole clip; returns the encoded bytes. */
static size_t code_sound(const struct tacet_clip *clip, int complexity, int kbps, int16_t *coded,
                         struct times *times)
{
    const struct tacet_codec *opus = tacet_codec_find(TACET_KIND_AUDIO, "opus");
    struct tacet_audio_encoder_settings settings;
    struct tacet_audio_encoder encoder;
    struct tacet_audio_decoder decoder;
    uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
    size_t bytes = 0;

    tacet_audio_encoder_settings_init(&settings);
    settings.complexity = complexity;
    settings.bitrate_bps = kbps * 1000;
    (void)tacet_bench_must(opus->audio_encoder_create(&settings, &encoder), "opus");
    (void)tacet_bench_must(opus->audio_decoder_create(&decoder), "opus");
    for (size_t i = 0; i < clip->sample_count / FRAME_SAMPLES; i++) {
        size_t size = 0;
        size_t count = 0;
        int64_t began = tacet_cpu_thread_ns();
        int r = encoder.ops->encode(encoder.ctx, clip->pcm + i * FRAME_SAMPLES, FRAME_SAMPLES, data,
                                    sizeof(data), &size);
        int64_t between = tacet_cpu_thread_ns();
        (void)tacet_bench_must(r, "opus");
        r = decoder.ops->decode(decoder.ctx, data, size, false, coded + i * FRAME_SAMPLES,
                                FRAME_SAMPLES, &count);
        add_times(times, i, between - began, tacet_cpu_thread_ns() - between);
        (void)tacet_bench_must(r, "opus");
        bytes += size;
    }
    encoder.ops->free(encoder.ctx);
    decoder.ops->free(decoder.ctx);
    return bytes;
}

static void run_sound(const struct tacet_settings *settings, const struct tacet_clip *clip,
                      int complexity, int kbps, cJSON *rows)
{
    int16_t *coded = tacet_bench_alloc(clip->sample_count + DELAY_MAX, sizeof(*coded));
    struct times times = { 0 };
    cJSON *row = cJSON_CreateObject();
    char text[32];
    size_t bytes = 0;

    for (int round = 0; round < settings->rounds; round++) {
        bytes = code_sound(clip, complexity, kbps, coded, &times);
    }
    (void)snprintf(text, sizeof(text), "complexity %d", complexity);
    (void)cJSON_AddStringToObject(row, "codec", "opus");
    (void)cJSON_AddStringToObject(row, "setting", text);
    (void)cJSON_AddStringToObject(row, "frame", "20 ms");
    (void)cJSON_AddNumberToObject(row, "complexity", complexity);
    (void)cJSON_AddNumberToObject(row, "kbps", kbps);
    tacet_sample_tell_number(row, "codedKbps",
                             (double)bytes * 8 * TACET_SAMPLE_RATE / 1000 /
                                 (double)clip->sample_count);
    tacet_sample_tell(&times.encode, row, "encodeMs");
    tacet_sample_tell(&times.decode, row, "decodeMs");
    tacet_sample_tell_number(row, "correlation", correlation(clip->pcm, coded, clip->sample_count));
    (void)cJSON_AddItemToArray(rows, row);
    free(coded);
}

/* --- pictures --- */

/* Of the luma plane, in dB; 99 for pictures that are the same. */
static double psnr(const struct tacet_picture *a, const struct tacet_picture *b)
{
    uint64_t error = 0;

    if (a->width != b->width || a->height != b->height) {
        return 0;
    }
    for (int y = 0; y < a->height; y++) {
        const uint8_t *p = a->planes[0] + (ptrdiff_t)y * a->strides[0];
        const uint8_t *q = b->planes[0] + (ptrdiff_t)y * b->strides[0];
        for (int x = 0; x < a->width; x++) {
            error += (uint64_t)((p[x] - q[x]) * (p[x] - q[x]));
        }
    }
    double pixels = (double)a->width * a->height;
    return error > 0 ? 10 * log10(255.0 * 255.0 * pixels / (double)error) : 99;
}

struct outcome {
    size_t bytes;
    size_t skipped; /* by the rate control */
    struct tacet_sample psnr;
};

static void code_pictures(const struct tacet_clip *clip,
                          const struct tacet_video_encoder_settings *settings, struct times *times,
                          struct outcome *outcome)
{
    const struct tacet_codec *vp8 = tacet_codec_find(TACET_KIND_VIDEO, "vp8");
    struct tacet_video_encoder encoder;
    struct tacet_video_decoder decoder;

    (void)tacet_bench_must(vp8->video_encoder_create(settings, &encoder), "vp8");
    (void)tacet_bench_must(vp8->video_decoder_create(settings->width, settings->height, &decoder),
                           "vp8");
    for (size_t i = 0; i < clip->picture_count; i++) {
        struct tacet_picture picture = clip->pictures[i].picture;
        struct tacet_picture decoded;
        struct tacet_frame frame;
        picture.captured_at_us = (int64_t)i * 1000000 / FPS;
        int64_t began = tacet_cpu_thread_ns();
        int r = encoder.ops->encode(encoder.ctx, &picture,
                                    i == 0 ? TACET_REFRESH_KEY : TACET_REFRESH_NONE, &frame);
        int64_t between = tacet_cpu_thread_ns();
        if (tacet_bench_must(r, "vp8") == 0) {
            outcome->skipped++;
            continue;
        }
        r = decoder.ops->decode(decoder.ctx, frame.data, frame.size, &decoded);
        add_times(times, i, between - began, tacet_cpu_thread_ns() - between);
        (void)tacet_bench_must(r, "vp8");
        outcome->bytes += frame.size;
        tacet_sample_add(&outcome->psnr, psnr(&picture, &decoded));
    }
    encoder.ops->free(encoder.ctx);
    decoder.ops->free(decoder.ctx);
}

static void run_pictures(const struct tacet_settings *settings, const struct tacet_clip *clip,
                         int cpu_used, int kbps, cJSON *rows)
{
    struct tacet_video_encoder_settings wanted;
    struct outcome outcome = { 0 };
    struct times times = { 0 };
    cJSON *row = cJSON_CreateObject();
    char text[32];

    tacet_video_encoder_settings_init(&wanted, clip->format.width, clip->format.height);
    wanted.cpu_used = cpu_used;
    wanted.bitrate_bps = kbps * 1000;
    wanted.fps = FPS;
    for (int round = 0; round < settings->rounds; round++) {
        code_pictures(clip, &wanted, &times, &outcome);
    }
    double total = (double)(clip->picture_count * (size_t)settings->rounds);
    (void)cJSON_AddStringToObject(row, "codec", "vp8");
    (void)snprintf(text, sizeof(text), "cpu-used %d", cpu_used);
    (void)cJSON_AddStringToObject(row, "setting", text);
    (void)snprintf(text, sizeof(text), "%ux%u", clip->format.width, clip->format.height);
    (void)cJSON_AddStringToObject(row, "frame", text);
    (void)cJSON_AddNumberToObject(row, "cpuUsed", cpu_used);
    (void)cJSON_AddNumberToObject(row, "kbps", kbps);
    tacet_sample_tell_number(row, "codedKbps", (double)outcome.bytes * 8 * FPS / 1000 / total);
    tacet_sample_tell(&times.encode, row, "encodeMs");
    tacet_sample_tell(&times.decode, row, "decodeMs");
    tacet_sample_tell(&outcome.psnr, row, "psnrDb");
    tacet_sample_tell_number(row, "skippedPct", 100.0 * (double)outcome.skipped / total);
    (void)cJSON_AddItemToArray(rows, row);
}

/* --- the benchmark --- */

static void run_all_sound(const struct tacet_settings *settings, cJSON *rows)
{
    static const int complexities[] = { 0, 5, 9, 10 };
    static const int kbps[] = { 16, 32, 64 };
    struct tacet_clip clip = { 0 };

    tacet_clip_load_sound(&clip, settings, (size_t)settings->seconds);
    for (size_t c = 0; c < sizeof(complexities) / sizeof(complexities[0]); c++) {
        for (size_t b = 0; b < sizeof(kbps) / sizeof(kbps[0]); b++) {
            tacet_live_line("opus");
            run_sound(settings, &clip, complexities[c], kbps[b], rows);
        }
    }
    tacet_clip_free(&clip);
}

static void run_all_pictures(const struct tacet_settings *settings, cJSON *rows)
{
    static const struct {
        struct tacet_video_format format;
        int kbps[2];
    } sizes[] = {
        { { 640, 360, FPS, 1 }, { 500, 1000 } },
        { { 1280, 720, FPS, 1 }, { 1500, 2500 } },
    };
    static const int cpu_used[] = { -4, -8, -12 };

    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct tacet_clip clip = { 0 };
        tacet_clip_load_pictures(&clip, settings, &sizes[s].format,
                                 (size_t)settings->seconds * FPS);
        for (size_t c = 0; c < sizeof(cpu_used) / sizeof(cpu_used[0]); c++) {
            for (size_t b = 0; b < 2; b++) {
                tacet_live_line("vp8");
                run_pictures(settings, &clip, cpu_used[c], sizes[s].kbps[b], rows);
            }
        }
        tacet_clip_free(&clip);
    }
}

static void run(const struct tacet_settings *settings, cJSON *rows)
{
    run_all_sound(settings, rows);
    run_all_pictures(settings, rows);
}

static const struct tacet_option options[] = {
    { "--seconds", "N", TACET_OPTION_NUMBER, offsetof(struct tacet_settings, seconds), 1, 60,
      "seconds of sound and of pictures that each setting codes; default 3" },
    { "--rounds", "N", TACET_OPTION_NUMBER, offsetof(struct tacet_settings, rounds), 1, 1000,
      "how often, each time with a new encoder; default 1" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};
static const struct tacet_option *const groups[] = { options, tacet_clip_options, tacet_json_option,
                                                     NULL };
static const struct tacet_column columns[] = {
    { "codec", "codec", 0, false },
    { "setting", "setting", 0, false },
    { "frame", "frame", 0, false },
    { "kbps", "kbit/s", 0, false },
    { "codedKbps", "coded", 0, false },
    { "encodeMs", "encode ms (quartiles)", 3, false },
    { "decodeMs", "decode ms (quartiles)", 3, false },
    { "psnrDb", "luma PSNR dB", 1, false },
    { "correlation", "correlation", 4, false },
    { NULL, NULL, 0, false },
};

const struct tacet_benchmark tacet_benchmark_codec = {
    .name = "codec",
    .usage = { .command = "tacet bench codec",
               .positional = "",
               .about = "ms a frame and what is left of it, by setting of Opus and VP8\n"
                        "Encodes and decodes sound and pictures held in memory.",
               .groups = groups },
    .seconds = 3,
    .rounds = 1,
    .note =
        "CPU time of one thread a frame; the first 10 frames do not count. correlation: of the\n"
        "aligned sound, the median of its seconds. coded: kbit/s that came out.",
    .columns = columns,
    .run = run,
};
