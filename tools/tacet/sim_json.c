/* What a simulation found, as JSON: the members that docs/tacet.1 names. What was not measured is
 * null. */
#include "sim_figures.h"

#include <cjson/cJSON.h>
#include <math.h>

/* Rounded so that the output stays readable. */
static void add(cJSON *object, const char *name, bool known, double value, double step)
{
    if (known) {
        (void)cJSON_AddNumberToObject(object, name, round(value / step) * step);
    } else {
        (void)cJSON_AddNullToObject(object, name);
    }
}

static void add_latency(cJSON *object, bool known, int64_t p50_us, int64_t p95_us)
{
    cJSON *latency = cJSON_AddObjectToObject(object, "latencyMs");

    add(latency, "p50", known, (double)p50_us / 1e3, 0.1);
    add(latency, "p95", known, (double)p95_us / 1e3, 0.1);
}

static double kbps(uint64_t bytes, int64_t us)
{
    return us > 0 ? (double)bytes * 8e3 / (double)us : 0;
}

static void add_audio(cJSON *direction, const struct tacet_harness_result *result)
{
    cJSON *audio = cJSON_AddObjectToObject(direction, "audio");
    bool played = result->audio_played > 0;

    add(audio, "concealedPct", played,
        100.0 * (double)result->audio_concealed / (double)result->audio_played, 0.001);
    add_latency(audio, result->first_audio_us >= 0, result->audio_latency_p50_us,
                result->audio_latency_p95_us);
    add(audio, "speechCorrelation", result->seconds_compared > 0, result->speech_p10, 0.0001);
    add(audio, "sentKbps", true, kbps(result->sent.bytes[TACET_TRAFFIC_AUDIO], result->media_us),
        0.1);
    add(audio, "firstMs", result->first_audio_us >= 0, (double)result->first_audio_us / 1e3, 0.1);
}

static void add_video(cJSON *direction, const struct tacet_harness_result *result)
{
    cJSON *video = cJSON_AddObjectToObject(direction, "video");
    uint64_t bytes = tacet_traffic_video_bytes(&result->sent);

    (void)cJSON_AddNumberToObject(video, "shown", (double)result->pictures_shown);
    (void)cJSON_AddNumberToObject(video, "captured", (double)result->pictures_captured);
    add(video, "frozenMs", true, (double)result->video_frozen_us / 1e3, 0.1);
    add_latency(video, result->pictures_shown > 0, result->video_latency_p50_us,
                result->video_latency_p95_us);
    add(video, "psnrDb", result->pictures_compared > 0, result->psnr_db, 0.01);
    add(video, "ssim", result->pictures_compared > 0, result->ssim, 0.0001);
    add(video, "sentKbps", true, kbps(bytes, result->media_us), 0.1);
    add(video, "rtxPct", bytes > 0,
        100.0 * (double)result->sent.bytes[TACET_TRAFFIC_RTX] / (double)bytes, 0.01);
    add(video, "fecPct", bytes > 0,
        100.0 * (double)result->sent.bytes[TACET_TRAFFIC_FEC] / (double)bytes, 0.01);
    add(video, "firstMs", result->first_video_us >= 0, (double)result->first_video_us / 1e3, 0.1);
    (void)cJSON_AddNumberToObject(video, "broken", (double)result->pictures_bad);
}

static void add_lip_sync(cJSON *direction, const struct tacet_harness_result *result)
{
    cJSON *sync = cJSON_AddObjectToObject(direction, "lipSyncMs");
    bool known = result->sync_compared > 0;

    add(sync, "p95", known, (double)result->sync_p95_us / 1e3, 0.1);
    add(sync, "worst", known, (double)result->sync_worst_us / 1e3, 0.1);
}

cJSON *tacet_sim_json(const struct tacet_sim_request *request,
                      const struct tacet_sim_outcome *outcome)
{
    static const char *const names[] = { "caller", "callee" };
    cJSON *root = cJSON_CreateObject();
    char hash[65];

    tacet_sim_hash_text(outcome, hash);
    (void)cJSON_AddStringToObject(root, "hash", hash);
    (void)cJSON_AddNumberToObject(root, "seed", (double)request->seed);
    add(root, "wallS", true, outcome->wall_s, 0.001);
    add(root, "cpuS", true, outcome->cpu_s, 0.001);
    (void)cJSON_AddNumberToObject(root, "seconds", request->settings.seconds);
    (void)cJSON_AddStringToObject(root, "codec", request->real_codecs ? "real" : "fake");
    (void)cJSON_AddBoolToObject(root, "answered", outcome->answered);
    cJSON *directions = cJSON_AddArrayToObject(root, "directions");
    for (int i = 0; i < 2; i++) {
        cJSON *direction = cJSON_CreateObject();
        (void)cJSON_AddItemToArray(directions, direction);
        (void)cJSON_AddStringToObject(direction, "from", names[i]);
        (void)cJSON_AddStringToObject(direction, "to", names[1 - i]);
        add_audio(direction, &outcome->direction[i]);
        if (request->ends[i].media.video) {
            add_video(direction, &outcome->direction[i]);
            add_lip_sync(direction, &outcome->direction[i]);
        } else {
            (void)cJSON_AddNullToObject(direction, "video");
            (void)cJSON_AddNullToObject(direction, "lipSyncMs");
        }
    }
    return root;
}
