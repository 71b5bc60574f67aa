/*
 * See playout.h. Times of the stream are unwrapped RTP timestamps, 48 to the millisecond. This file
 * decides what is played; how much longer or shorter is playout_pace.c's, what waits
 * playout_held.c's.
 */
#include "media/playout.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/seq.h"
#include "media/playout_held.h"
#include "media/playout_pace.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>

#define STEP_SAMPLES 120     /* 2.5 ms: what codecs can conceal comes in multiples of it */
#define CONCEAL_SAMPLES 960  /* at most at a time */
#define SLIP_SAMPLES 240     /* a timestamp so little off its place was moved by a clock */
#define MADE_UP_SAMPLES 3840 /* made up in a row; then the path may be longer */
#define WORTH_SAMPLES 4800   /* that came at once: more than any packet repeats */
#define PAUSED_SAMPLES 9600  /* made up in a row; then nothing is coming */
#define JUMP_SAMPLES 480000  /* a timestamp so far off begins another stream */
#define HELD_BACK_US TACET_MS(15)
#define OVERFULL_US (TACET_PLAYOUT_MAX_US + TACET_MS(60))

enum state {
    STATE_WAITING = 0, /* no frame has been played yet */
    STATE_PLAYING,
    STATE_PAUSED /* frames have stopped coming */
};

/* The frame whose sound is being pulled. */
struct leaving {
    int64_t received_at_us;
    uint32_t samples; /* of the frame */
    uint32_t sound;   /* that they have become */
    uint32_t pulled;  /* of that */
};

struct tacet_playout {
    enum state state;
    struct tacet_unwrap unwrap;
    struct tacet_pace pace;
    int64_t next;           /* what is due */
    int64_t played_end;     /* end of the last frame played: nothing before it is taken again */
    int64_t newest_end;     /* of all that came */
    uint32_t frame_samples; /* length of the last frame played */
    uint32_t made_up;       /* samples in a row that no frame gave */
    int64_t missing;        /* frames in a row that did not come */
    bool cropped;           /* the last frame played came while its time was passing */
    bool seam;              /* the next frame does not join on */
    struct leaving leaving;
    struct tacet_playout_report report;
    struct tacet_held held;
};

static int64_t to_us(int64_t samples)
{
    return samples * 125 / 6;
}

int tacet_playout_create(struct tacet_playout **ret)
{
    struct tacet_playout *p = tacet_alloc(sizeof(*p));

    if (p == NULL) {
        return TACET_ERR_NOMEM;
    }
    tacet_pace_init(&p->pace);
    *ret = p;
    return 0;
}

void tacet_playout_free(struct tacet_playout **playout)
{
    if (playout != NULL && *playout != NULL) {
        memset(*playout, 0, sizeof(**playout)); /* frames that were heard */
        tacet_dealloc(*playout);
        *playout = NULL;
    }
}

/* Another stream has begun: nothing of the one before says anything about it. */
static void restart(struct tacet_playout *p)
{
    tacet_held_clear(&p->held);
    p->state = STATE_WAITING;
    p->unwrap = (struct tacet_unwrap){ 0 };
    p->made_up = 0;
    p->missing = 0;
    p->newest_end = 0;
    tacet_lateness_rebase(&p->pace.lateness);
}

/* A frame counts as come when it can be played, be it only out of the one after it. */
static void note_arrival(struct tacet_playout *p, int64_t now, int64_t at, uint32_t samples,
                         uint32_t redundancy)
{
    int64_t transit = now - to_us(at + samples);

    if (p->state == STATE_PAUSED && transit - p->pace.lateness.base_us > TACET_PLAYOUT_MAX_US) {
        tacet_lateness_rebase(&p->pace.lateness); /* no delay would cover it: the path is another */
    }
    if (redundancy > 0 && p->newest_end > 0 && at - redundancy >= p->newest_end) {
        tacet_lateness_add(&p->pace.lateness, now - to_us(at));
    }
    tacet_lateness_add(&p->pace.lateness, transit);
    p->newest_end = at + samples > p->newest_end ? at + samples : p->newest_end;
}

bool tacet_playout_put(struct tacet_playout *p, int64_t now, const struct tacet_frame *frame,
                       uint32_t samples, uint32_t redundancy)
{
    uint32_t evicted = 0;

    if (frame->size == 0 || frame->size > TACET_AUDIO_FRAME_SIZE_MAX || samples == 0 ||
        samples > TACET_AUDIO_FRAME_SAMPLES_MAX || samples % STEP_SAMPLES != 0) {
        return false;
    }
    redundancy = redundancy % STEP_SAMPLES == 0 ? redundancy : 0;
    int64_t at = tacet_unwrap_timestamp(&p->unwrap, frame->rtp_timestamp);
    if (p->state != STATE_WAITING && (at > p->next + JUMP_SAMPLES || at < p->next - JUMP_SAMPLES)) {
        restart(p);
        at = tacet_unwrap_timestamp(&p->unwrap, frame->rtp_timestamp);
    }
    note_arrival(p, now, at, samples, redundancy);
    if (p->state != STATE_WAITING && at < p->played_end - SLIP_SAMPLES) {
        p->report.frames_late++;
        return false;
    }
    struct tacet_held_frame *s = tacet_held_add(&p->held, at, &evicted);
    if (s == NULL) {
        return false;
    }
    p->report.samples_removed += evicted;
    s->samples = samples;
    s->redundancy = redundancy;
    s->received_at_us = frame->received_at_us > 0 ? frame->received_at_us : now;
    s->size = frame->size;
    memcpy(s->data, frame->data, frame->size);
    return evicted == 0;
}

/* How long after its fastest possible arrival a frame is asked for. It cannot come before its last
 * sample was taken: a longer packet comes later, yet is not late. */
static int64_t slack_of(const struct tacet_playout *p, int64_t now, int64_t end)
{
    return now - p->pace.lateness.base_us - to_us(end);
}

/* Nothing is playing: silence until the first frame's time has come. True: it has. */
static bool begin(struct tacet_playout *p, const struct tacet_playout_pull *pull,
                  struct tacet_playout_step *ret)
{
    const struct tacet_held_frame *first = tacet_held_first(&p->held);

    if (first != NULL && slack_of(p, pull->now, first->at + first->samples) >= p->pace.target_us) {
        p->seam = p->state == STATE_PAUSED;
        p->state = STATE_PLAYING;
        p->next = first->at;
        p->played_end = p->seam ? p->played_end : first->at;
        p->frame_samples = first->samples;
        p->made_up = 0;
        tacet_pace_begin(&p->pace, pull->now);
        return true;
    }
    *ret = (struct tacet_playout_step){ .action = TACET_PLAYOUT_EMPTY, .samples = pull->wanted };
    if (p->state == STATE_PAUSED) {
        p->report.samples_received += ret->samples;
        p->report.samples_concealed += ret->samples;
        p->report.samples_silent += ret->samples;
    }
    return false;
}

/* Frames of a sender whose timestamps overlap: the time of these has been played already. */
static void discard_overlapped(struct tacet_playout *p)
{
    for (struct tacet_held_frame *s = tacet_held_first(&p->held);
         s != NULL && s->at < p->played_end - SLIP_SAMPLES; s = tacet_held_first(&p->held)) {
        s->used = false;
        p->report.frames_late++;
    }
}

/* After an outage that the path made up for all at once: go to the newest, do not lag for long. */
static void trim(struct tacet_playout *p, int64_t now)
{
    int64_t end = tacet_held_end(&p->held);

    if (end < p->next || to_us(end - p->next) <= OVERFULL_US) {
        return;
    }
    /* The newest frame has just come: the one to go on with stands the target before it. */
    int64_t keep = end - p->frame_samples - p->pace.target_us * 6 / 125;
    for (struct tacet_held_frame *s = tacet_held_first(&p->held); s->at + s->samples <= keep;
         s = tacet_held_first(&p->held)) {
        s->used = false;
    }
    const struct tacet_held_frame *first = tacet_held_first(&p->held);
    if (first->at > p->next) {
        p->report.samples_removed += (uint64_t)(first->at - p->next);
        p->next = first->at;
    }
    p->seam = true;
    tacet_pace_begin(&p->pace, now);
}

/* The frames between the last one played and this time never came, or too late. */
static void note_missing(struct tacet_playout *p, int64_t until)
{
    int64_t missing = (until - p->played_end + p->frame_samples / 2) / p->frame_samples;

    p->missing += missing > 0 ? missing : 0;
}

static void end_missing(struct tacet_playout *p)
{
    if (p->missing > 0) {
        p->report
            .bursts[(p->missing < TACET_PLAYOUT_BURSTS ? p->missing : TACET_PLAYOUT_BURSTS) - 1]++;
    }
    p->missing = 0;
}

/* Much has been made up, and nothing that is held is in time: the path is longer now. Or it stood
 * still, and so much has come at once that it is better heard late than not. */
static bool path_seems_longer(const struct tacet_playout *p, const struct tacet_held_frame *first,
                              int64_t end)
{
    return p->made_up >= MADE_UP_SAMPLES &&
           (end - STEP_SAMPLES <= p->next || p->next - first->at >= WORTH_SAMPLES);
}

/* Of a frame that comes while its time is passing, the beginning is over; but where more delay is
 * wanted it is over only so far. It is played whole, and it and all after it later, where the path
 * is longer, or where nothing has come behind it and all of it is over, or the one before came late
 * too. */
static uint32_t crop_of(const struct tacet_playout *p, const struct tacet_held_frame *s,
                        int64_t now)
{
    int64_t over = p->next - s->at;
    int64_t short_us = p->pace.target_us - slack_of(p, now, p->next + s->samples);
    int64_t own_end = s->at + s->samples;
    int64_t end = tacet_held_end(&p->held);

    end = end > own_end ? end : own_end;
    over -= short_us > 0 ? short_us * 6 / 125 : 0;
    if (over < STEP_SAMPLES || p->made_up == 0 || path_seems_longer(p, s, end)) {
        return 0;
    }
    bool all = over + STEP_SAMPLES >= s->samples;
    if (end == own_end && (all || p->cropped)) {
        return 0;
    }
    return all ? s->samples : (uint32_t)over;
}

static void skip(struct tacet_playout *p, struct tacet_held_frame *s,
                 struct tacet_playout_step *ret)
{
    ret->action = TACET_PLAYOUT_SKIP;
    ret->seam = true;
    p->seam = true;
    p->report.frames_late++;
    note_missing(p, s->at + s->samples);
    p->played_end = s->at + s->samples;
}

static void play(struct tacet_playout *p, struct tacet_held_frame *s,
                 const struct tacet_playout_pull *pull, struct tacet_playout_step *ret)
{
    int64_t ear_us = pull->now + to_us(pull->queued + pull->filled);
    uint32_t crop = crop_of(p, s, pull->now);

    *ret = (struct tacet_playout_step){
        .action = TACET_PLAYOUT_FRAME,
        .rtp_timestamp = (uint32_t)s->at,
        .samples = s->samples,
        .received_at_us = s->received_at_us,
        .data = s->data,
        .size = s->size,
    };
    s->used = false;
    if (crop == s->samples) {
        skip(p, s, ret);
        return;
    }
    ret->crop = crop;
    ret->samples -= crop;
    ret->seam = p->seam || crop > 0;
    p->next = s->at + s->samples;
    if (!ret->seam) {
        ret->stretch = tacet_pace_stretch(&p->pace, pull, slack_of(p, pull->now, p->next));
        ret->alike_permille = p->pace.alike_permille;
    }
    note_missing(p, s->at);
    end_missing(p);
    p->seam = false;
    p->made_up = 0;
    p->cropped = crop > 0;
    p->played_end = p->next;
    p->frame_samples = s->samples;
    p->leaving = (struct leaving){ s->received_at_us, ret->samples, ret->samples, 0 };
    p->report.playing = true;
    p->report.last_rtp_timestamp = ret->rtp_timestamp;
    p->report.last_played_at_us = ear_us - to_us(crop);
    p->report.current_delay_us = ear_us - s->received_at_us;
    p->report.samples_received += ret->samples;
}

/* What is due is not there; `after` is the first frame behind it, or NULL. */
static void bridge(struct tacet_playout *p, const struct tacet_held_frame *after,
                   const struct tacet_playout_pull *pull, struct tacet_playout_step *ret)
{
    int64_t gap = after != NULL ? after->at - p->next : CONCEAL_SAMPLES;
    int64_t length = (pull->wanted + STEP_SAMPLES - 1) / STEP_SAMPLES * STEP_SAMPLES;

    *ret = (struct tacet_playout_step){
        .action = TACET_PLAYOUT_CONCEAL,
        .rtp_timestamp = (uint32_t)p->next,
    };
    if (after != NULL && after->redundancy > 0 && gap == after->redundancy) {
        ret->action = TACET_PLAYOUT_RECOVER;
        ret->received_at_us = after->received_at_us;
        ret->data = after->data;
        ret->size = after->size;
        ret->samples = (uint32_t)gap;
        note_missing(p, p->next);
        end_missing(p);
        p->made_up = 0;
        p->played_end = p->next + gap;
    } else {
        length = length < CONCEAL_SAMPLES ? length : CONCEAL_SAMPLES;
        length = gap < length ? gap / STEP_SAMPLES * STEP_SAMPLES : length;
        ret->samples = (uint32_t)length;
        p->report.concealment_events += p->made_up == 0 ? 1 : 0;
        p->report.samples_concealed += (uint64_t)length;
        p->made_up += (uint32_t)length;
    }
    p->report.samples_received += ret->samples;
    p->next += ret->samples;
}

/* The first frame of a path that seems to be longer now: those after it may come later than it. */
static bool held_back(const struct tacet_playout *p, const struct tacet_held_frame *first,
                      int64_t now)
{
    int64_t hold_us = p->pace.target_us < HELD_BACK_US ? p->pace.target_us : HELD_BACK_US;

    return path_seems_longer(p, first, tacet_held_end(&p->held)) && first->at < p->next &&
           now - first->received_at_us < hold_us;
}

void tacet_playout_get(struct tacet_playout *p, const struct tacet_playout_pull *pull,
                       struct tacet_playout_step *ret)
{
    assert(pull->wanted > 0);
    p->leaving = (struct leaving){ 0 };
    tacet_pace_aim(&p->pace);
    if (p->state == STATE_PLAYING && p->made_up >= PAUSED_SAMPLES) {
        p->state = STATE_PAUSED;
        p->next = p->played_end;
    }
    if (p->state != STATE_PLAYING && !begin(p, pull, ret)) {
        return;
    }
    discard_overlapped(p);
    trim(p, pull->now);
    struct tacet_held_frame *first = tacet_held_first(&p->held);
    if (first == NULL || held_back(p, first, pull->now)) {
        bridge(p, NULL, pull, ret);
    } else if (first->at - p->next < (p->made_up > 0 ? STEP_SAMPLES : SLIP_SAMPLES)) {
        play(p, first, pull, ret);
    } else {
        bridge(p, first, pull, ret);
    }
}

void tacet_playout_on_stretched(struct tacet_playout *p, int64_t now, int32_t samples)
{
    struct tacet_playout_report *r = &p->report;

    tacet_pace_on_stretched(&p->pace, now, samples);
    p->leaving.sound = (uint32_t)((int32_t)p->leaving.sound + samples);
    r->samples_received = (uint64_t)((int64_t)r->samples_received + samples);
    r->samples_inserted += samples > 0 ? (uint64_t)samples : 0;
    r->samples_removed += samples < 0 ? (uint64_t)-samples : 0;
}

void tacet_playout_on_pulled(struct tacet_playout *p, int64_t now, uint32_t samples)
{
    struct leaving *l = &p->leaving;

    if (l->samples == 0) {
        return; /* silence, or made up */
    }
    assert(l->pulled + samples <= l->sound);
    /* Each sample of the frame leaves when the sound that it has become does. */
    uint32_t before = (uint32_t)((uint64_t)l->pulled * l->samples / l->sound);
    l->pulled += samples;
    uint32_t left = (uint32_t)((uint64_t)l->pulled * l->samples / l->sound) - before;
    /* Ticks that are made up for ask as at a time before the frame came. */
    int64_t waited_us = now > l->received_at_us ? now - l->received_at_us : 0;
    p->report.jitter_buffer_delay_us += waited_us * left;
    p->report.jitter_buffer_target_delay_us += p->pace.target_us * left;
    p->report.jitter_buffer_emitted_count += left;
}

void tacet_playout_set_min_delay(struct tacet_playout *p, int64_t delay_us)
{
    assert(delay_us >= 0);
    assert(delay_us <= TACET_PLAYOUT_MAX_US);
    p->pace.floor_us = delay_us;
}

void tacet_playout_report(const struct tacet_playout *p, struct tacet_playout_report *ret)
{
    *ret = p->report;
    ret->target_delay_us = p->pace.target_us;
}
