/*
 * The video encode thread: takes pictures at the source's pace, scales them to the size that is
 * sent, encodes, and hands each frame to the network thread at once.
 *
 * The runner's clock paces sources that have none of their own: picture n of a session is due at
 * start + n / fps. A thread that comes a whole picture late passes over what it missed.
 */
#include "shell/runner_internal.h"

#include <assert.h>
#include <string.h>

#define CAMERA_WAIT_US TACET_MS(100) /* longest a camera may keep this thread from stopping */

/* What a camera may take to hand over what it has from before a call: more than any holds. */
#define DISCARD_READS_MAX 64
#define DISCARD_US TACET_MS(50)

#define FAILURES_MAX 10 /* pictures in a row that the encoder may refuse */

/* RTP header, VP8 payload descriptor with a 15-bit picture id, GCM tag and MKI (RFC 3550 5.1,
 * RFC 7741 4.2, RFC 7714 14.2). */
#define PACKET_OVERHEAD (12 + 6 + 17)

/* Where a session stands. */
struct pace {
    uint32_t session;
    int64_t start_us;
    uint64_t next; /* picture due next */
};

/* Settings until the call's first SEND_TARGET: the size and rates that were configured. */
static void first_settings(struct tacet_runner *runner)
{
    static const struct tacet_adapt_overhead overhead = {
        .per_packet = PACKET_OVERHEAD,
        .payload_max = TACET_DATAGRAM_MAX - PACKET_OVERHEAD,
    };
    const struct tacet_runner_config *config = &runner->config;
    struct tacet_runner_encode *e = &runner->encode;
    int32_t fps = (int32_t)(e->format.fps_numerator / e->format.fps_denominator);
    struct tacet_video_encoder_settings settings;

    tacet_video_encoder_settings_init(
        &settings, config->video_width != 0 ? config->video_width : e->format.width,
        config->video_width != 0 ? config->video_height : e->format.height);
    settings.bitrate_bps = config->video_bitrate_bps;
    settings.fps = fps > 0 ? fps : 1;
    tacet_video_adapt_init(&e->adapt, tacet_clock_now(), &overhead, &settings);
}

int tacet_runner_encode_prepare(struct tacet_runner *runner)
{
    struct tacet_runner_encode *e = &runner->encode;
    const struct tacet_video_source *source = &runner->config.video_source;

    if (source->ops == NULL) {
        return 0;
    }
    source->ops->format(source->ctx, &e->format);
    first_settings(runner);
    const struct tacet_video_encoder_settings *settings = &e->adapt.settings;
    /* The largest it will be first: nothing is allocated later. */
    int r = tacet_canvas_resize(&e->canvas, e->adapt.source_width, e->adapt.source_height);
    if (r == 0) {
        r = tacet_canvas_resize(&e->canvas, settings->width, settings->height);
    }
    if (r < 0) {
        return r;
    }
    return runner->config.video_codec->video_encoder_create(settings, &e->encoder);
}

void tacet_runner_encode_clear(struct tacet_runner *runner)
{
    struct tacet_runner_encode *e = &runner->encode;

    if (e->encoder.ops != NULL) {
        e->encoder.ops->free(e->encoder.ctx);
    }
    tacet_canvas_free(&e->canvas);
}

static int64_t due_us(const struct tacet_runner_encode *e, const struct pace *pace, uint64_t n)
{
    return pace->start_us +
           (int64_t)(n * 1000000 * e->format.fps_denominator / e->format.fps_numerator);
}

/* The next picture with its time of capture. 1, 0 (none, or the session is over), or an error. */
static int next_picture(struct tacet_runner *runner, struct pace *pace, struct tacet_picture *ret)
{
    const struct tacet_video_source *source = &runner->config.video_source;
    struct tacet_runner_encode *e = &runner->encode;
    uint64_t skip = 0;

    if (source->ops->clocked) {
        int r = source->ops->read(source->ctx, tacet_clock_now() + CAMERA_WAIT_US, 0, ret);
        if (r == 1 && ret->captured_at_us == 0) {
            ret->captured_at_us = tacet_clock_now();
        }
        return r;
    }
    int64_t due = due_us(e, pace, pace->next);
    while (tacet_clock_now() < due) {
        if (!tacet_runner_in_session(runner, pace->session)) {
            return 0;
        }
        tacet_wakeup_wait(&e->thread.wakeup, due);
    }
    int64_t now = tacet_clock_now();
    while (due_us(e, pace, pace->next + skip + 1) <= now) {
        skip++;
    }
    int r = source->ops->read(source->ctx, now, skip, ret);
    if (r == 1) {
        ret->captured_at_us = due_us(e, pace, pace->next + skip);
        pace->next += skip + 1;
    }
    return r;
}

static int configure(struct tacet_runner *runner)
{
    struct tacet_runner_encode *e = &runner->encode;
    const struct tacet_video_encoder_settings *settings = &e->adapt.settings;
    int r = tacet_canvas_resize(&e->canvas, settings->width, settings->height);

    if (r == 0) {
        int64_t began = tacet_meter_begin();
        r = e->encoder.ops->configure(e->encoder.ctx, settings);
        tacet_meter_end(&runner->meter, began);
    }
    return r;
}

/* Takes over what the network thread asks for. */
static int take_wishes(struct tacet_runner *runner)
{
    struct tacet_runner_encode *e = &runner->encode;
    bool changed = false;

    (void)pthread_mutex_lock(&runner->mutex);
    if (runner->wishes.target_changed) {
        changed = tacet_video_adapt_target(&e->adapt, tacet_clock_now(), &runner->wishes.target);
        runner->wishes.target_changed = false;
    }
    e->refresh = tacet_refresh_join(e->refresh, runner->wishes.refresh);
    runner->wishes.refresh = TACET_REFRESH_NONE;
    (void)pthread_mutex_unlock(&runner->mutex);
    return changed ? configure(runner) : 0;
}

static int encode(struct tacet_runner *runner, const struct tacet_picture *picture,
                  struct tacet_frame *ret)
{
    struct tacet_runner_encode *e = &runner->encode;
    const struct tacet_picture *fitting = picture;

    if (picture->width != e->adapt.settings.width || picture->height != e->adapt.settings.height) {
        int r = tacet_scale(picture, &e->canvas);
        if (r < 0) {
            return r;
        }
        fitting = &e->canvas.picture;
    }
    int64_t began = tacet_meter_begin();
    int r = e->encoder.ops->encode(e->encoder.ctx, fitting, e->refresh, ret);
    tacet_meter_end(&runner->meter, began);
    return r;
}

/* Hands a frame over. Where the ring is full, the frame is lost, later ones would lack it, and so
 * the next one is asked to be a key frame. */
static void push(struct tacet_runner *runner, uint32_t session, uint64_t index,
                 const struct tacet_frame *frame)
{
    struct tacet_video_slot *slot = tacet_ring_reserve(runner->video_out);

    if (slot == NULL || frame->size > sizeof(slot->data)) {
        runner->encode.refresh = TACET_REFRESH_KEY;
        return;
    }
    slot->life = session;
    slot->index = index;
    slot->frame = *frame;
    memcpy(slot->data, frame->data, frame->size);
    tacet_ring_publish(runner->video_out);
    tacet_runner_wake(runner);
}

static void log_captured(struct tacet_runner *runner, const struct tacet_picture *picture)
{
    tacet_runner_log(runner, &(struct tacet_media_event){
                                 .type = TACET_MEDIA_CAPTURED,
                                 .kind = TACET_KIND_VIDEO,
                                 .index = picture->index,
                                 .rtp_timestamp = tacet_runner_timestamp(runner, TACET_KIND_VIDEO,
                                                                         picture->captured_at_us),
                                 .time_us = picture->captured_at_us,
                                 .width = picture->width,
                                 .height = picture->height,
                             });
}

/* One picture from source to ring. 0, or what failed, with its name. */
static int send_picture(struct tacet_runner *runner, struct pace *pace, const char **ret_what)
{
    struct tacet_runner_encode *e = &runner->encode;
    struct tacet_picture picture = { 0 };
    struct tacet_frame frame = { 0 };

    *ret_what = "video source";
    int r = next_picture(runner, pace, &picture);
    if (r <= 0 || !tacet_runner_in_session(runner, pace->session)) {
        return r < 0 ? r : 0;
    }
    log_captured(runner, &picture);
    *ret_what = "video encoder";
    r = take_wishes(runner);
    if (r < 0 || !tacet_video_adapt_takes(&e->adapt)) {
        return r;
    }
    int64_t began_us = tacet_clock_now();
    r = encode(runner, &picture, &frame);
    if (r < 0) {
        /* One picture that does not encode, or becomes too large, is not worth a call. */
        e->refresh = TACET_REFRESH_KEY;
        e->failures++;
        return e->failures < FAILURES_MAX ? 0 : r;
    }
    e->failures = 0;
    int64_t now = tacet_clock_now();
    bool changed = tacet_video_adapt_encoded(&e->adapt, now, r == 0, now - began_us);
    if (r > 0) {                         /* else passed over by the rate control */
        e->refresh = TACET_REFRESH_NONE; /* it is what was asked for, or a key frame */
        frame.kind = TACET_KIND_VIDEO;
        frame.captured_at_us = picture.captured_at_us;
        push(runner, pace->session, picture.index, &frame);
    }
    return changed ? configure(runner) : 0;
}

/* What a camera took before the answer, or since the last call, is nobody's to see. Where reading
 * fails, the first picture says so. */
static void discard(const struct tacet_video_source *source)
{
    const int64_t until_us = tacet_clock_now() + DISCARD_US;
    struct tacet_picture old;
    int64_t now = tacet_clock_now();

    for (int i = 0; i < DISCARD_READS_MAX && now < until_us; i++) {
        if (source->ops->read(source->ctx, now, 0, &old) != 1) {
            return;
        }
        now = tacet_clock_now();
    }
}

static int start_source(struct tacet_runner *runner)
{
    const struct tacet_video_source *source = &runner->config.video_source;
    struct tacet_runner_encode *e = &runner->encode;

    if (!e->watching && source->ops->start != NULL) {
        int r = source->ops->start(source->ctx);
        if (r < 0) {
            return r;
        }
    }
    e->watching = true;
    if (source->ops->clocked) {
        discard(source);
    }
    return 0;
}

/* No camera looks on while nobody is there. */
static void stop_source(struct tacet_runner *runner)
{
    const struct tacet_video_source *source = &runner->config.video_source;

    if (runner->encode.watching && source->ops->stop != NULL) {
        source->ops->stop(source->ctx);
        runner->encode.watching = false;
    }
}

static int run_session(struct tacet_runner *runner, uint32_t session, const char **ret_what)
{
    struct pace pace = { .session = session };
    int r;

    *ret_what = "video source";
    r = start_source(runner);
    runner->encode.refresh = TACET_REFRESH_KEY;
    tacet_video_adapt_begin(&runner->encode.adapt);
    pace.start_us = tacet_clock_now();
    while (r == 0 && tacet_runner_in_session(runner, session)) {
        r = send_picture(runner, &pace, ret_what);
    }
    stop_source(runner);
    return r;
}

void *tacet_runner_encode_main(void *arg)
{
    struct tacet_runner *runner = arg;
    const char *what = NULL;

    while (!atomic_load(&runner->quit)) {
        uint32_t session = atomic_load(&runner->session);
        if (session % 2 == 0) {
            tacet_wakeup_wait(&runner->encode.thread.wakeup, TACET_NEVER);
            continue;
        }
        int r = run_session(runner, session, &what);
        if (r < 0) {
            tacet_runner_fail(runner, what, r);
            break;
        }
    }
    return NULL;
}
