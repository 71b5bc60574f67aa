/* See sim_figures.h. */
#include "sim_figures.h"

#include <inttypes.h>
#include <stdio.h>

typedef void put_fn(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX]);

static void put_latency(char cell[TACET_SIM_TEXT_MAX], int64_t p50_us, int64_t p95_us)
{
    (void)snprintf(cell, TACET_SIM_TEXT_MAX, "%.0f / %.0f ms", (double)p50_us / 1e3,
                   (double)p95_us / 1e3);
}

static double kbps(uint64_t bytes, int64_t us)
{
    return us > 0 ? (double)bytes * 8e3 / (double)us : 0;
}

static void put_concealed(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    if (r->audio_played > 0) {
        (void)snprintf(cell, TACET_SIM_TEXT_MAX, "%.2f %%",
                       100.0 * (double)r->audio_concealed / (double)r->audio_played);
    }
}

static void put_audio_latency(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    if (r->first_audio_us >= 0) {
        put_latency(cell, r->audio_latency_p50_us, r->audio_latency_p95_us);
    }
}

static void put_speech(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    if (r->seconds_compared > 0) {
        (void)snprintf(cell, TACET_SIM_TEXT_MAX, "%.3f", r->speech_p10);
    }
}

static void put_first_audio(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    if (r->first_audio_us >= 0) {
        (void)snprintf(cell, TACET_SIM_TEXT_MAX, "%.0f ms", (double)r->first_audio_us / 1e3);
    }
}

static void put_audio_sent(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    (void)snprintf(cell, TACET_SIM_TEXT_MAX, "%.0f kbit/s",
                   kbps(r->sent.bytes[TACET_TRAFFIC_AUDIO], r->media_us));
}

static void put_shown(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    (void)snprintf(cell, TACET_SIM_TEXT_MAX, "%" PRIu64 " of %" PRIu64, r->pictures_shown,
                   r->pictures_captured);
}

static void put_frozen(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    (void)snprintf(cell, TACET_SIM_TEXT_MAX, "%.2f s", (double)r->video_frozen_us / 1e6);
}

static void put_video_latency(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    if (r->pictures_shown > 0) {
        put_latency(cell, r->video_latency_p50_us, r->video_latency_p95_us);
    }
}

static void put_lip_sync(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    if (r->sync_compared > 0) {
        put_latency(cell, r->sync_p95_us, r->sync_worst_us);
    }
}

static void put_quality(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    if (r->pictures_compared > 0) {
        (void)snprintf(cell, TACET_SIM_TEXT_MAX, "%.1f dB / %.3f", r->psnr_db, r->ssim);
    }
}

static void put_first_video(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    if (r->first_video_us >= 0) {
        (void)snprintf(cell, TACET_SIM_TEXT_MAX, "%.0f ms", (double)r->first_video_us / 1e3);
    }
}

static void put_video_sent(const struct tacet_harness_result *r, char cell[TACET_SIM_TEXT_MAX])
{
    (void)snprintf(cell, TACET_SIM_TEXT_MAX, "%.0f kbit/s",
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
    { "lip sync p95 / worst", put_lip_sync, true },
    { "video PSNR / SSIM", put_quality, true },
    { "first video after", put_first_video, true },
    { "video sent", put_video_sent, true },
};

size_t tacet_sim_figures(const struct tacet_sim_request *request,
                         const struct tacet_sim_outcome *outcome,
                         struct tacet_sim_figure out[TACET_SIM_FIGURES_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].video && !request->ends[0].media.video) {
            continue;
        }
        struct tacet_sim_figure *figure = &out[count++];
        *figure = (struct tacet_sim_figure){ .what = rows[i].what, .text = { "-", "-" } };
        rows[i].put(&outcome->direction[0], figure->text[0]);
        rows[i].put(&outcome->direction[1], figure->text[1]);
    }
    return count;
}

void tacet_sim_hash_text(const struct tacet_sim_outcome *outcome, char out[65])
{
    for (size_t i = 0; i < sizeof(outcome->hash); i++) {
        (void)snprintf(out + 2 * i, 3, "%02x", outcome->hash[i]);
    }
}

void tacet_sim_link_text(const struct tacet_link_config *link, char out[TACET_SIM_TEXT_MAX])
{
    int at = snprintf(out, TACET_SIM_TEXT_MAX, "%g\u00a0ms", (double)link->delay_us / 1e3);

    if (link->jitter_us > 0) {
        at += snprintf(out + at, TACET_SIM_TEXT_MAX - (size_t)at, "\u00a0\u00b1\u00a0%g\u00a0ms",
                       (double)link->jitter_us / 1e3);
    }
    if (link->loss_permille > 0) {
        at += snprintf(out + at, TACET_SIM_TEXT_MAX - (size_t)at, ", %g\u00a0%% lost",
                       link->loss_permille / 10.0);
    }
    if (link->loss_permille > 0 && link->burst > 1) {
        at +=
            snprintf(out + at, TACET_SIM_TEXT_MAX - (size_t)at, " in runs of %d", (int)link->burst);
    }
    if (link->reorder_permille > 0) {
        at += snprintf(out + at, TACET_SIM_TEXT_MAX - (size_t)at, ", %g\u00a0%% out of order",
                       link->reorder_permille / 10.0);
    }
    if (link->duplicate_permille > 0) {
        at += snprintf(out + at, TACET_SIM_TEXT_MAX - (size_t)at, ", %g\u00a0%% twice",
                       link->duplicate_permille / 10.0);
    }
    if (link->rate_bps > 0) {
        (void)snprintf(out + at, TACET_SIM_TEXT_MAX - (size_t)at,
                       ", %g\u00a0kbit/s, queue %g\u00a0ms", (double)link->rate_bps / 1e3,
                       (double)link->queue_us / 1e3);
    }
}

void tacet_sim_print(const struct tacet_sim_request *request,
                     const struct tacet_sim_outcome *outcome)
{
    struct tacet_sim_figure figures[TACET_SIM_FIGURES_MAX];
    size_t count = tacet_sim_figures(request, outcome, figures);
    char hash[65];

    tacet_sim_hash_text(outcome, hash);
    (void)printf("%d s of call in %.2f s%s\n\n  %-24s  %20s  %20s\n", request->settings.seconds,
                 outcome->wall_s, outcome->answered ? "" : "; it was never answered", "",
                 "caller to callee", "callee to caller");
    for (size_t i = 0; i < count; i++) {
        (void)printf("  %-24s  %20s  %20s\n", figures[i].what, figures[i].text[0],
                     figures[i].text[1]);
    }
    (void)printf("\nseed %" PRIu64 ", hash %s\n", request->seed, hash);
}
