/*
 * The video decode thread: takes each frame as soon as the network thread hands it over, decodes it
 * and shows it when it is due. One peer's pictures are shown at a time; which one the network
 * thread decides.
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
    d->decode_us_earlier = atomic_load(&runner->meter.video_decode_us);
    if (!d->used) {
        return 0;
    }
    atomic_store(&runner->sound_delays[d->seat], 0);
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

static int show(struct tacet_runner *runner, const struct tacet_shown *shown)
{
    const struct tacet_video_sink *sink = &runner->config.video_sink;
    struct tacet_runner_decode *d = &runner->decode;
    int64_t now = tacet_clock_now();
    int r = sink->ops->show(sink->ctx, &shown->picture);

    if (r < 0) {
        return r;
    }
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
    tacet_video_receiver_on_shown(d->receiver, now);
    d->shown++;
    return 0;
}

/* Shows what is due. */
static int show_due(struct tacet_runner *runner)
{
    struct tacet_runner_decode *d = &runner->decode;
    struct tacet_shown shown;
    int r = 0;

    if (!d->used) {
        return 0;
    }
    struct tacet_sync *sync = tacet_video_receiver_sync(d->receiver);
    tacet_sync_on_sound(sync, atomic_load(&runner->sound_ways[d->seat]),
                        atomic_load(&runner->sound_targets[d->seat]));
    while (r == 0 && tacet_video_receiver_get(d->receiver, tacet_clock_now(), &shown) == 1) {
        r = open_sink(runner);
        if (r == 0) {
            tacet_video_receiver_drop(d->receiver); /* nobody has said what this is */
        } else if (r > 0) {
            r = show(runner, &shown);
        }
    }
    atomic_store(&runner->sound_delays[d->seat], tacet_sync_sound_delay(sync));
    return r;
}

/* Takes what has come. */
static void take_frames(struct tacet_runner *runner)
{
    struct tacet_runner_decode *d = &runner->decode;
    const struct tacet_video_slot *slot;

    while ((slot = tacet_ring_front(runner->video_in)) != NULL) {
        if (slot->life != d->life && slot->life == atomic_load(&runner->video_life)) {
            break; /* of a life that this thread has yet to begin */
        }
        if (slot->life == atomic_load(&runner->video_life)) {
            struct tacet_frame frame = slot->frame;
            frame.data = slot->data;
            d->used = true;
            d->seat = slot->seat;
            tacet_video_receiver_put(d->receiver, tacet_clock_now(), &frame);
        }
        tacet_ring_release(runner->video_in);
    }
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
        slot->report.decode_time_us =
            atomic_load(&runner->meter.video_decode_us) - d->decode_us_earlier;
        tacet_ring_publish(runner->video_reports);
        tacet_runner_wake(runner);
    }
}

/* When there is something to do although no frame comes. */
static int64_t deadline(const struct tacet_runner_decode *d)
{
    int64_t due = d->used ? tacet_video_receiver_due(d->receiver) : TACET_NEVER;

    if (d->life % 2 == 0) {
        return TACET_NEVER;
    }
    return due < d->report_at_us ? due : d->report_at_us;
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
            take_frames(runner);
            r = show_due(runner);
        }
        if (r < 0) {
            tacet_runner_fail(runner, what, r);
            break;
        }
        if (d->life % 2 != 0) {
            report(runner, tacet_clock_now());
        }
        tacet_wakeup_wait(&d->thread.wakeup, deadline(d));
    }
    return NULL;
}
