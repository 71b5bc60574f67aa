/* See sim_run.h. */
#include "sim_run.h"

#include "report.h"

#include "tacet/error.h"
#include "tacet/runner.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#define STEP_US 100000
#define PROGRESS_US 500000
#define ROWS_MAX 36000 /* of the timeline: an hour in steps */

static double cpu_seconds(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void configure(const struct tacet_sim_request *request, struct tacet_harness_config *config)
{
    const struct tacet_media *media = &request->ends[0].media;

    tacet_harness_config_init(config);
    config->seed = request->seed;
    config->real_codecs = request->real_codecs;
    config->quality = true;
    config->audio = media->audio;
    config->video = media->video;
    config->audio_bitrate_bps = request->settings.audio_kbps * 1000;
    config->video_bitrate_bps = request->settings.video_kbps * 1000;
    if (media->video) {
        config->width = media->width;
        config->height = media->height;
        config->fps = media->fps;
    }
    config->schedule = request->schedule.count > 0 ? &request->schedule : NULL;
    for (int i = 0; i < 2; i++) {
        config->link[i] = request->link[i];
        config->audio_source[i] = request->ends[i].audio_source;
        config->video_source[i] = request->ends[i].video_source;
    }
}

/* Always in the same steps, whatever is looked at between them. */
/* The time between two rows of the timeline: one step, more for very long calls. */
static int64_t row_us(const struct tacet_sim_request *request)
{
    int64_t steps = (int64_t)request->settings.seconds * 1000000 / STEP_US / ROWS_MAX + 1;

    return steps * STEP_US;
}

static void run(struct tacet_harness *h, const struct tacet_sim_request *request,
                struct tacet_sim_timeline *timeline)
{
    int64_t each_us = row_us(request);
    const int64_t end_us = (int64_t)request->settings.seconds * 1000000;
    int64_t tell_at_us = tacet_clock_now() + PROGRESS_US;
    char text[64];

    for (int64_t at_us = 0; at_us < end_us; at_us += STEP_US) {
        tacet_harness_run(h, at_us + STEP_US);
        if ((at_us + STEP_US) % each_us == 0) {
            tacet_sim_timeline_add(timeline, h);
        }
        if (tacet_clock_now() >= tell_at_us) {
            (void)snprintf(text, sizeof(text), "%" PRId64 " of %d s simulated", at_us / 1000000,
                           request->settings.seconds);
            tacet_live_line(text);
            tell_at_us = tacet_clock_now() + PROGRESS_US;
        }
    }
    tacet_live_over();
}

int tacet_sim_run(const struct tacet_sim_request *request, struct tacet_sim_outcome *ret)
{
    struct tacet_harness_config config;
    struct tacet_harness *h = NULL;
    int64_t begun_us = tacet_clock_now();
    double cpu_s = cpu_seconds();

    *ret = (struct tacet_sim_outcome){ 0 };
    configure(request, &config);
    int error = tacet_harness_create(&config, &h);
    if (error == 0 && request->report != NULL) {
        int64_t rows = (int64_t)request->settings.seconds * 1000000 / row_us(request);
        error =
            tacet_sim_timeline_create((size_t)rows, (double)row_us(request) / 1e6, &ret->timeline);
    }
    if (error == 0) {
        error = tacet_harness_dial(h);
    }
    if (error != 0) {
        tacet_harness_free(&h);
        tacet_sim_outcome_free(ret);
        return tacet_complain("the call cannot be simulated: %s", tacet_error_string(error));
    }
    run(h, request, &ret->timeline);
    tacet_harness_hash(h, ret->hash);
    ret->answered = tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_ANSWERED) > 0 &&
                    tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_ANSWERED) > 0;
    tacet_harness_result(h, TACET_CALLEE, &ret->direction[0]);
    tacet_harness_result(h, TACET_CALLER, &ret->direction[1]);
    tacet_harness_free(&h);
    ret->wall_s = (double)(tacet_clock_now() - begun_us) / 1e6;
    ret->cpu_s = cpu_seconds() - cpu_s;
    return 0;
}

void tacet_sim_outcome_free(struct tacet_sim_outcome *outcome)
{
    tacet_sim_timeline_free(&outcome->timeline);
}
