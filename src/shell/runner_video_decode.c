/*
 * The video decode thread: decodes each frame as soon as the network thread hands it over, and
 * shows it. One peer's pictures are shown at a time; which one the network thread decides.
 */
#include "shell/runner_internal.h"

#include <assert.h>

int tacet_runner_decode_prepare(struct tacet_runner *runner)
{
    const struct tacet_runner_config *config = &runner->config;

    if (config->video_sink.ops == NULL) {
        return 0;
    }
    return tacet_meter_video_receiver(&runner->meter, config->receive_width_max,
                                      config->receive_height_max, &runner->decode.receiver);
}

void tacet_runner_decode_clear(struct tacet_runner *runner)
{
    tacet_video_receiver_free(&runner->decode.receiver);
}

/* A new peer begins with a new receiver: no picture and no count of the last one stays. */
static int begin_life(struct tacet_runner *runner, uint32_t life)
{
    struct tacet_runner_decode *d = &runner->decode;

    d->life = life;
    d->report_at_us = tacet_clock_now() + TACET_RUNNER_REPORT_US;
    if (!d->used) {
        return 0;
    }
    /* As a rule this is when a peer goes, so that the next call finds all its memory there. */
    d->used = false;
    tacet_video_receiver_free(&d->receiver);
    return tacet_runner_decode_prepare(runner);
}

/* Opens the sink once the peer's size is known. 1 open, 0 not yet, or an error. */
static int open_sink(struct tacet_runner *runner)
{
    const struct tacet_video_sink *sink = &runner->config.video_sink;
    struct tacet_video_format format;

    if (runner->decode.opened) {
        return 1;
    }
    (void)pthread_mutex_lock(&runner->mutex);
    bool known = runner->wishes.format_known;
    format = runner->wishes.format;
    (void)pthread_mutex_unlock(&runner->mutex);
    if (!known) {
        return 0;
    }
    int r = sink->ops->open != NULL ? sink->ops->open(sink->ctx, &format) : 0;
    runner->decode.opened = r == 0;
    return r < 0 ? r : 1;
}

static int show(struct tacet_runner *runner, struct tacet_shown *shown)
{
    const struct tacet_video_sink *sink = &runner->config.video_sink;
    struct tacet_runner_decode *d = &runner->decode;
    int r = open_sink(runner);

    if (r <= 0) {
        return r;
    }
    int64_t now = tacet_clock_now();
    r = sink->ops->show(sink->ctx, &shown->picture);
    if (r < 0) {
        return r;
    }
    tacet_video_receiver_on_shown(d->receiver, now, shown);
    tacet_runner_log(runner, &(struct tacet_media_event){
                                 .type = TACET_MEDIA_SHOWN,
                                 .kind = TACET_KIND_VIDEO,
                                 .index = d->shown,
                                 .rtp_timestamp = shown->rtp_timestamp,
                                 .time_us = now,
                                 .width = shown->picture.width,
                                 .height = shown->picture.height,
                                 .picture = &shown->picture,
                             });
    d->shown++;
    return 0;
}

/* Decodes and shows what has come. */
static int take_frames(struct tacet_runner *runner)
{
    struct tacet_runner_decode *d = &runner->decode;
    const struct tacet_video_slot *slot;
    int r = 0;

    while (r == 0 && (slot = tacet_ring_front(runner->video_in)) != NULL) {
        if (slot->life != d->life && slot->life == atomic_load(&runner->video_life)) {
            break; /* of a life that this thread has yet to begin */
        }
        if (slot->life == atomic_load(&runner->video_life)) {
            struct tacet_frame frame = slot->frame;
            struct tacet_shown shown;
            frame.data = slot->data;
            d->used = true;
            if (tacet_video_receiver_put(d->receiver, tacet_clock_now(), &frame, &shown) == 1) {
                r = show(runner, &shown);
            }
        }
        tacet_ring_release(runner->video_in);
    }
    return r;
}

static void report(struct tacet_runner *runner, int64_t now)
{
    struct tacet_runner_decode *d = &runner->decode;

    if (now < d->report_at_us) {
        return;
    }
    d->report_at_us = now + TACET_RUNNER_REPORT_US;
    struct tacet_report_slot *slot = tacet_ring_reserve(runner->video_reports);
    if (slot != NULL) {
        slot->life = d->life;
        tacet_video_receiver_report(d->receiver, now, &slot->report);
        tacet_ring_publish(runner->video_reports);
        tacet_runner_wake(runner);
    }
}

void *tacet_runner_decode_main(void *arg)
{
    struct tacet_runner *runner = arg;
    struct tacet_runner_decode *d = &runner->decode;
    int r = 0;

    while (!atomic_load(&runner->quit)) {
        uint32_t life = atomic_load(&runner->video_life);
        const char *what = "video sink";
        if (life != d->life) {
            what = "video decoder";
            r = begin_life(runner, life);
        }
        if (r == 0) {
            r = take_frames(runner);
        }
        if (r < 0) {
            tacet_runner_fail(runner, what, r);
            break;
        }
        if (d->life % 2 != 0) {
            report(runner, tacet_clock_now());
        }
        tacet_wakeup_wait(&d->thread.wakeup, d->life % 2 != 0 ? d->report_at_us : TACET_NEVER);
    }
    return NULL;
}
