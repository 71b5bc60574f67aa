/*
 * See video_adapt.h.
 *
 * Measured with the real VP8 of codecs/ at 30 frames/s: mean luma PSNR of the shown pictures scaled
 * to the source's size, in dB, and pictures shown of 180, at 1, 3/4, 1/2 of the source's sides:
 *
 *     kbit/s    two people signing, 640x360    film over scrolling text, 480x270
 *     50        34.3/84  33.1/145 31.9/180     23.9/13  22.2/29  21.0/80
 *     100       35.5/171 34.5/180 33.5/180     23.9/47  22.5/113 21.5/159
 *     200       38.6/180 36.4/180 34.7/180     25.5/176 23.3/177 22.2/180
 *     300       40.5/180 37.2/180 35.2/180     27.5/180 24.1/180 22.8/180
 *     500       42.8/180 37.9/180 35.6/180     30.5/180 25.2/180 23.3/180
 *
 * So the full size is best down to where the encoder can no longer make every picture. That is at
 * 0.015 bits a pixel for the one and 0.06 for the other: no fixed number suits both. A step is left
 * below a low number that any content needs, and besides where more than a third of the pictures
 * are passed over, for text does not bear scaling: even 20 pictures a second of it are better. Then
 * the need is known to be higher, for some minutes.
 */
#include "media/video_adapt.h"

#include "base/limits.h"

#include <assert.h>

/* Millibits for each pixel. */
#define NEED_MIN 12
#define NEED_MAX 160
#define UP_FACTOR_PERCENT 150 /* so much more than the need lets a larger step in */
#define DOWN_HOLD_US TACET_S(1)
#define UP_HOLD_US TACET_S(3)
#define NEED_HOLD_US TACET_S(15) /* then an eighth of what was learnt is forgotten */
/* Pictures passed over: more than a third of those of two seconds. */
#define WINDOW_US TACET_S(2)
#define SKIPPED_SHARE 3
/* Where bits are scarce the encoder is given time in their place: where there are few for each
 * pixel, or pictures are passed over. That it then makes them all is no reason to hurry again; a
 * rate so much higher is. */
#define SCARCE_MILLIBITS 100
#define SCARCE_SHARE 10
#define SCARCE_OVER_PERCENT 150
/* Time of encoding in percent of a picture's interval: where to hurry, and where no more. */
#define BUSY_PERCENT 60
#define IDLE_PERCENT 25
#define SPEED_HOLD_US TACET_S(3)
#define CPU_USED_FAST (-12)
/*
 * Likewise for taking one's time, which is four times as long. The clips above, 20 s of each with
 * 185 kbit/s, at full size, in dB (pictures of 600, where some are passed over), and a picture's
 * time on one machine:
 *
 *     -12    37.4    27.9/393    0.6 ms
 *     -8     38.1    27.6/531    0.7
 *     -4     38.4    28.2/568    1.5
 *     -3     38.9    28.4/578    2.6
 *     -1     39.2    28.9/588    4.5
 *
 * In calls over a way of 600 kbit/s that loses a fifth, -1 shows nothing better than -3. Some
 * pictures take it five to eight times as long as at -8 or -12: that is then not tried again soon.
 */
#define LEISURE_PERCENT 10
#define LEISURE_OVER_PERCENT 45
#define LEISURE_AGAIN_US TACET_S(20)
#define CPU_USED_SLOW (-3)

/* The way down: each row has fewer pixels a second than the one before. */
static const struct {
    uint8_t numerator, denominator; /* of the source's sides */
    uint8_t one_of;                 /* so many pictures */
} steps[] = {
    { 1, 1, 1 }, { 3, 4, 1 }, { 1, 2, 1 }, { 1, 3, 1 }, { 1, 3, 2 }, { 1, 4, 2 },
};
#define STEPS (sizeof(steps) / sizeof(steps[0]))
#define SIDE_MIN 32 /* no step makes a picture smaller than this */

/* Even sides: chroma is halved. The source's own are left as they are. */
static uint16_t scaled(uint16_t side, size_t step)
{
    int32_t value = side * steps[step].numerator / steps[step].denominator;

    return (uint16_t)(step == 0 ? side : value & ~1);
}

static int32_t fps_at(const struct tacet_video_adapt *a, size_t step)
{
    int32_t fps = a->source_fps / steps[step].one_of;

    return fps > 0 ? fps : 1;
}

static bool possible(const struct tacet_video_adapt *a, size_t step)
{
    return step == 0 || (scaled(a->source_width, step) >= SIDE_MIN &&
                         scaled(a->source_height, step) >= SIDE_MIN);
}

/* Millibits for each pixel that the last target gives at a step. */
static int64_t millibits(const struct tacet_video_adapt *a, size_t step)
{
    int64_t pixels = (int64_t)scaled(a->source_width, step) * scaled(a->source_height, step);

    return (int64_t)tacet_adapt_video_bps(a->wire_bps, fps_at(a, step), &a->overhead) * 1000 /
           (pixels * fps_at(a, step));
}

/* The largest step that the rate is enough for, or the last one possible. */
static size_t step_for(const struct tacet_video_adapt *a, int64_t need)
{
    size_t step = 0;

    while (step + 1 < STEPS && possible(a, step + 1) && millibits(a, step) < need) {
        step++;
    }
    return step;
}

static bool apply(struct tacet_video_adapt *a, size_t step)
{
    struct tacet_video_encoder_settings before = a->settings;

    a->step = step;
    a->settings.width = scaled(a->source_width, step);
    a->settings.height = scaled(a->source_height, step);
    a->settings.fps = fps_at(a, step);
    a->settings.bitrate_bps = tacet_adapt_video_bps(a->wire_bps, a->settings.fps, &a->overhead);
    return a->settings.width != before.width || a->settings.height != before.height ||
           a->settings.fps != before.fps || a->settings.bitrate_bps != before.bitrate_bps;
}

static void begin_window(struct tacet_video_adapt *a, int64_t now)
{
    a->window_since_us = now;
    a->offered = 0;
    a->skipped = 0;
    a->skipped_millibits = 0;
}

static bool take_step(struct tacet_video_adapt *a, int64_t now, size_t step)
{
    a->down_since_us = -1;
    a->up_since_us = -1;
    begin_window(a, now);
    return apply(a, step);
}

void tacet_video_adapt_init(struct tacet_video_adapt *a, int64_t now,
                            const struct tacet_adapt_overhead *overhead,
                            const struct tacet_video_encoder_settings *source)
{
    assert(source->width > 0);
    assert(source->height > 0);
    assert(source->fps > 0);
    *a = (struct tacet_video_adapt){
        .settings = *source,
        .overhead = *overhead,
        .source_width = source->width,
        .source_height = source->height,
        .source_fps = source->fps,
        .wire_bps = source->bitrate_bps,
        .need = NEED_MIN,
        .need_since_us = now,
        .down_since_us = -1,
        .up_since_us = -1,
        .speed_since_us = now,
        .leisure_from_us = now,
    };
    (void)take_step(a, now, step_for(a, NEED_MIN));
}

void tacet_video_adapt_begin(struct tacet_video_adapt *a)
{
    a->begun = false;
}

/* Whether a step has been wrong for long enough, and which is right; true if settings changed. */
static bool move(struct tacet_video_adapt *a, int64_t now)
{
    size_t down = step_for(a, a->need);
    size_t up = step_for(a, (int64_t)a->need * UP_FACTOR_PERCENT / 100);

    a->down_since_us = down <= a->step ? -1 : a->down_since_us < 0 ? now : a->down_since_us;
    a->up_since_us = up >= a->step ? -1 : a->up_since_us < 0 ? now : a->up_since_us;
    if (a->down_since_us >= 0 && now - a->down_since_us >= DOWN_HOLD_US) {
        return take_step(a, now, down);
    }
    if (a->up_since_us >= 0 && now - a->up_since_us >= UP_HOLD_US) {
        return take_step(a, now, up);
    }
    return false;
}

bool tacet_video_adapt_target(struct tacet_video_adapt *a, int64_t now,
                              const struct tacet_event *send_target)
{
    assert(send_target->type == TACET_EVENT_SEND_TARGET);
    a->wire_bps = send_target->u.send_target.video_bps;
    if (!a->begun) {
        return take_step(a, now, step_for(a, a->need));
    }
    bool changed = apply(a, a->step);
    bool moved = move(a, now);
    return changed || moved;
}

bool tacet_video_adapt_takes(struct tacet_video_adapt *a)
{
    a->turn = (a->turn + 1) % steps[a->step].one_of;
    return a->turn == 0;
}

/* What the content needs, from what the encoder passes over. True: at once a step down. */
static bool learn_need(struct tacet_video_adapt *a, int64_t now, bool skipped)
{
    a->offered++;
    if (skipped) {
        a->skipped++;
        a->skipped_millibits += millibits(a, a->step);
    }
    if (now - a->need_since_us >= NEED_HOLD_US) {
        a->need -= (a->need - NEED_MIN + 7) / 8;
        a->need_since_us = now;
    }
    if (now - a->window_since_us < WINDOW_US) {
        return false;
    }
    if (a->skipped * SCARCE_SHARE > a->offered) {
        a->scarce_bps = a->settings.bitrate_bps;
    }
    bool many = a->skipped * SKIPPED_SHARE > a->offered;
    int64_t had = many ? a->skipped_millibits / a->skipped : 0;
    begin_window(a, now);
    if (!many) {
        return false;
    }
    int64_t need = had * 5 / 4 + 1;
    need = need < NEED_MAX ? need : NEED_MAX;
    a->need = need > a->need ? (int32_t)need : a->need;
    a->need_since_us = now;
    return true;
}

static bool is_scarce(const struct tacet_video_adapt *a)
{
    bool slow = a->settings.cpu_used == CPU_USED_SLOW;
    int64_t most = slow ? SCARCE_MILLIBITS * SCARCE_OVER_PERCENT / 100 : SCARCE_MILLIBITS;

    return millibits(a, a->step) < most ||
           (int64_t)a->settings.bitrate_bps * 100 < (int64_t)a->scarce_bps * SCARCE_OVER_PERCENT;
}

/* By the time of encoding in percent of what there is. */
static int32_t speed_for(struct tacet_video_adapt *a, int64_t now, int64_t percent)
{
    struct tacet_video_encoder_settings usual;
    bool slow = a->settings.cpu_used == CPU_USED_SLOW;

    if (slow && percent > LEISURE_OVER_PERCENT) {
        a->leisure_from_us = now + LEISURE_AGAIN_US;
    }
    bool leisure = percent <= (slow ? LEISURE_OVER_PERCENT : LEISURE_PERCENT);

    tacet_video_encoder_settings_init(&usual, a->source_width, a->source_height);
    if (percent >= BUSY_PERCENT) {
        return CPU_USED_FAST;
    }
    if (leisure && now >= a->leisure_from_us && is_scarce(a)) {
        return CPU_USED_SLOW;
    }
    return slow || percent <= IDLE_PERCENT ? usual.cpu_used : a->settings.cpu_used;
}

/* The encoder's speed, by its own time against the time there is. */
static bool choose_speed(struct tacet_video_adapt *a, int64_t now, int64_t encode_us)
{
    int64_t interval_us = 1000000 / a->settings.fps;

    a->encode_us_q4 += encode_us - (a->encode_us_q4 >> 4);
    if (now - a->speed_since_us < SPEED_HOLD_US) {
        return false;
    }
    int32_t before = a->settings.cpu_used;
    a->settings.cpu_used = speed_for(a, now, (a->encode_us_q4 >> 4) * 100 / interval_us);
    if (a->settings.cpu_used == before) {
        return false;
    }
    a->speed_since_us = now;
    return true;
}

bool tacet_video_adapt_encoded(struct tacet_video_adapt *a, int64_t now, bool skipped,
                               int64_t encode_us)
{
    bool changed = choose_speed(a, now, encode_us);

    a->begun = true;
    if (learn_need(a, now, skipped)) {
        return take_step(a, now, step_for(a, a->need)) || changed;
    }
    return move(a, now) || changed;
}
