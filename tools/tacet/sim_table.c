/* What a simulation found, as a table for people: a row a figure, a column a direction. */
#include "sim_run.h"

#include <inttypes.h>
#include <stdio.h>

#define CELL_MAX 40

typedef void put_fn(const struct tacet_harness_result *r, char cell[CELL_MAX]);

static void put_latency(char cell[CELL_MAX], int64_t p50_us, int64_t p95_us)
{
    (void)snprintf(cell, CELL_MAX, "%.0f / %.0f ms", (double)p50_us / 1e3, (double)p95_us / 1e3);
}

static double kbps(uint64_t bytes, int64_t us)
{
    return us > 0 ? (double)bytes * 8e3 / (double)us : 0;
}

static void put_concealed(const struct tacet_harness_result *r, char cell[CELL_MAX])
{
    if (r->audio_played > 0) {
        (void)snprintf(cell, CELL_MAX, "%.2f %%",
                       100.0 * (double)r->audio_concealed / (double)r->audio_played);
    }
}

static void put_audio_latency(const struct tacet_harness_result *r, char cell[CELL_MAX])
{
    if (r->first_audio_us >= 0) {
        put_latency(cell, r->audio_latency_p50_us, r->audio_latency_p95_us);
    }
}

static void put_speech(const struct tacet_harness_result *r, char cell[CELL_MAX])
{
    if (r->seconds_compared > 0) {
        (void)snprintf(cell, CELL_MAX, "%.3f", r->speech_p10);
    }
}

static void put_first_audio(const struct tacet_harness_result *r, char cell[CELL_MAX])
{
    if (r->first_audio_us >= 0) {
        (void)snprintf(cell, CELL_MAX, "%.0f ms", (double)r->first_audio_us / 1e3);
    }
}

static void put_audio_sent(const struct tacet_harness_result *r, char cell[CELL_MAX])
{
    (void)snprintf(cell, CELL_MAX, "%.0f kbit/s",
                   kbps(r->sent.bytes[TACET_TRAFFIC_AUDIO], r->media_us));
}

static void put_shown(const struct tacet_harness_result *r, char cell[CELL_MAX])
{
    (void)snprintf(cell, CELL_MAX, "%" PRIu64 " of %" PRIu64, r->pictures_shown,
                   r->pictures_captured);
}

static void put_frozen(const struct tacet_harness_result *r, char cell[CELL_MAX])
{
    (void)snprintf(cell, CELL_MAX, "%.2f s", (double)r->video_frozen_us / 1e6);
}

static void put_video_latency(const struct tacet_harness_result *r, char cell[CELL_MAX])
{
    if (r->pictures_shown > 0) {
        put_latency(cell, r->video_latency_p50_us, r->video_latency_p95_us);
    }
}

static void put_quality(const struct tacet_harness_result *r, char cell[CELL_MAX])
{
    if (r->pictures_compared > 0) {
        (void)snprintf(cell, CELL_MAX, "%.1f dB / %.3f", r->psnr_db, r->ssim);
    }
}

static void put_first_video(const struct tacet_harness_result *r, char cell[CELL_MAX])
{
    if (r->first_video_us >= 0) {
        (void)snprintf(cell, CELL_MAX, "%.0f ms", (double)r->first_video_us / 1e3);
    }
}

static void put_video_sent(const struct tacet_harness_result *r, char cell[CELL_MAX])
{
    (void)snprintf(cell, CELL_MAX, "%.0f kbit/s",
                   kbps(tacet_traffic_video_bytes(&r->sent), r->media_us));
}

static const struct {
    const char *what;
    put_fn *put;
    bool video;
} rows[] = {
    { "audio concealed", put_concealed, false },
    { "audio latency p50 / p95", put_audio_latency, false },
    { "audio like its source", put_speech, false },
    { "first audio after", put_first_audio, false },
    { "audio sent", put_audio_sent, false },
    { "pictures shown", put_shown, true },
    { "video frozen", put_frozen, true },
    { "video latency p50 / p95", put_video_latency, true },
    { "video PSNR / SSIM", put_quality, true },
    { "first video after", put_first_video, true },
    { "video sent", put_video_sent, true },
};

void tacet_sim_print(const struct tacet_sim_request *request,
                     const struct tacet_sim_outcome *outcome)
{
    (void)printf("%d s of call in %.2f s%s\n\n  %-24s  %20s  %20s\n", request->settings.seconds,
                 outcome->wall_s, outcome->answered ? "" : "; it was never answered", "",
                 "caller to callee", "callee to caller");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char cell[2][CELL_MAX] = { "-", "-" };
        if (rows[i].video && !request->ends[0].media.video) {
            continue;
        }
        rows[i].put(&outcome->direction[0], cell[0]);
        rows[i].put(&outcome->direction[1], cell[1]);
        (void)printf("  %-24s  %20s  %20s\n", rows[i].what, cell[0], cell[1]);
    }
    (void)printf("\nseed %" PRIu64 ", hash ", request->seed);
    for (size_t i = 0; i < sizeof(outcome->hash); i++) {
        (void)printf("%02x", outcome->hash[i]);
    }
    (void)printf("\n");
}
