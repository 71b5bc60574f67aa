/* See playout.h. Times of the stream are unwrapped RTP timestamps, 48 to the millisecond. */
#include "media/playout.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/seq.h"
#include "media/lateness.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>

#define STEP_SAMPLES 120      /* 2.5 ms: what codecs can conceal comes in multiples of it */
#define EMPTY_SAMPLES_MAX 480 /* look again after so much silence */
#define INSERT_SAMPLES_MIN 480
#define INSERT_SAMPLES_MAX 960
#define PAUSED_SAMPLES 9600   /* made up in a row; then nothing is coming */
#define JUMP_SAMPLES 480000   /* a timestamp so far off begins another stream */
#define MARGIN_US TACET_MS(5) /* of the target over the lateness it covers */
#define SHORT_US TACET_MS(5)  /* less than this below its target the delay may stay */
#define SPARE_US TACET_MS(25) /* a frame, and some */
#define SPARE_WATCH_US TACET_S(1)
#define OVERFULL_US (TACET_PLAYOUT_MAX_US + TACET_MS(60))

struct slot {
    bool used;
    int64_t at; /* unwrapped timestamp */
    uint32_t samples;
    uint32_t redundancy;
    int64_t received_at_us;
    size_t size;
    uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
};

enum state {
    STATE_WAITING = 0, /* no frame has been played yet */
    STATE_PLAYING,
    STATE_PAUSED /* frames have stopped coming */
};

struct tacet_playout {
    enum state state;
    struct tacet_unwrap unwrap;
    struct tacet_lateness lateness;
    int64_t next;           /* what is due */
    int64_t played_end;     /* end of the last frame played: nothing before it is taken again */
    uint32_t frame_samples; /* length of the last frame played */
    int64_t queued_us_q4;   /* smoothed, << 4 */
    uint32_t made_up;       /* samples in a row that no frame gave */
    uint32_t missing;       /* frames in a row that did not come */
    int64_t watch_since_us; /* how much the buffer held at least since then */
    int64_t spare_us;
    struct tacet_playout_report report;
    struct slot slots[TACET_AUDIO_WINDOW_PACKETS];
};

static int64_t to_us(int64_t samples)
{
    return samples * 125 / 6;
}

static int64_t to_samples(int64_t us)
{
    return us * 6 / 125;
}

int tacet_playout_create(struct tacet_playout **ret)
{
    struct tacet_playout *p = tacet_alloc(sizeof(*p));

    if (p == NULL) {
        return TACET_ERR_NOMEM;
    }
    tacet_lateness_init(&p->lateness);
    p->report.target_delay_us = TACET_PLAYOUT_MIN_US;
    *ret = p;
    return 0;
}

void tacet_playout_free(struct tacet_playout **playout)
{
    if (playout != NULL) {
        tacet_dealloc(*playout);
        *playout = NULL;
    }
}

static struct slot *earliest(struct tacet_playout *p)
{
    struct slot *best = NULL;

    for (size_t i = 0; i < TACET_AUDIO_WINDOW_PACKETS; i++) {
        struct slot *s = &p->slots[i];
        if (s->used && (best == NULL || s->at < best->at)) {
            best = s;
        }
    }
    return best;
}

/* End of the newest frame held, or `next`. */
static int64_t newest_end(const struct tacet_playout *p)
{
    int64_t end = p->next;

    for (size_t i = 0; i < TACET_AUDIO_WINDOW_PACKETS; i++) {
        const struct slot *s = &p->slots[i];
        if (s->used && s->at + s->samples > end) {
            end = s->at + s->samples;
        }
    }
    return end;
}

/* The slot for a frame at this time: a free one, or where all are used that of the oldest, unless
 * the frame itself is older. NULL: it is there already, or there is no room. */
static struct slot *find_room(struct tacet_playout *p, int64_t at, bool *ret_evicted)
{
    struct slot *free_slot = NULL;

    for (size_t i = 0; i < TACET_AUDIO_WINDOW_PACKETS; i++) {
        if (!p->slots[i].used) {
            free_slot = &p->slots[i];
        } else if (p->slots[i].at == at) {
            return NULL;
        }
    }
    *ret_evicted = free_slot == NULL;
    if (free_slot == NULL) {
        free_slot = earliest(p);
        if (at < free_slot->at) {
            return NULL;
        }
        p->report.samples_removed += free_slot->samples;
    }
    return free_slot;
}

/* Another stream has begun: nothing of the one before says anything about it. */
static void restart(struct tacet_playout *p)
{
    for (size_t i = 0; i < TACET_AUDIO_WINDOW_PACKETS; i++) {
        p->slots[i].used = false;
    }
    p->state = STATE_WAITING;
    p->unwrap = (struct tacet_unwrap){ 0 };
    p->made_up = 0;
    p->missing = 0;
    tacet_lateness_rebase(&p->lateness);
}

bool tacet_playout_put(struct tacet_playout *p, int64_t now, const struct tacet_frame *frame,
                       uint32_t samples, uint32_t redundancy)
{
    bool evicted = false;

    if (frame->size == 0 || frame->size > TACET_AUDIO_FRAME_SIZE_MAX || samples == 0 ||
        samples > TACET_AUDIO_FRAME_SAMPLES_MAX || samples % STEP_SAMPLES != 0) {
        return false;
    }
    int64_t at = tacet_unwrap_timestamp(&p->unwrap, frame->rtp_timestamp);
    if (p->state != STATE_WAITING && (at > p->next + JUMP_SAMPLES || at < p->next - JUMP_SAMPLES)) {
        restart(p);
        at = tacet_unwrap_timestamp(&p->unwrap, frame->rtp_timestamp);
    }
    int64_t transit = now - to_us(at);
    if (p->state == STATE_PAUSED && transit - p->lateness.base_us > TACET_PLAYOUT_MAX_US) {
        tacet_lateness_rebase(&p->lateness); /* no delay would cover it: the path is another */
    }
    tacet_lateness_add(&p->lateness, transit);
    if ((p->state == STATE_PLAYING && at < p->next) ||
        (p->state == STATE_PAUSED && at < p->played_end)) {
        p->report.frames_late++;
        return false;
    }
    struct slot *s = find_room(p, at, &evicted);
    if (s == NULL) {
        return false;
    }
    s->used = true;
    s->at = at;
    s->samples = samples;
    s->redundancy = redundancy % STEP_SAMPLES == 0 ? redundancy : 0;
    s->received_at_us = frame->received_at_us > 0 ? frame->received_at_us : now;
    s->size = frame->size;
    memcpy(s->data, frame->data, frame->size);
    return !evicted;
}

static void update_target(struct tacet_playout *p, int64_t queued_us)
{
    /* A sixteenth of the way at a time: what a sink holds goes up and down with every pull. */
    if (p->state == STATE_PLAYING) {
        p->queued_us_q4 += queued_us - (p->queued_us_q4 >> 4);
    } else {
        p->queued_us_q4 = queued_us << 4;
    }
    int64_t target = tacet_lateness_cover_us(&p->lateness) + (p->queued_us_q4 >> 4) + MARGIN_US;
    target = target < TACET_PLAYOUT_MIN_US ? TACET_PLAYOUT_MIN_US : target;
    p->report.target_delay_us = target > TACET_PLAYOUT_MAX_US ? TACET_PLAYOUT_MAX_US : target;
}

/* How long after its fastest possible arrival the frame at this time would be heard. */
static int64_t delay_of(const struct tacet_playout *p, int64_t at, int64_t ear_us)
{
    return ear_us - p->lateness.base_us - to_us(at);
}

/* Nothing is playing: silence until the first frame's time has come. True: it has. */
static bool begin(struct tacet_playout *p, int64_t ear_us, struct tacet_playout_step *ret)
{
    const struct slot *first = earliest(p);
    int64_t wait = EMPTY_SAMPLES_MAX;

    if (first != NULL) {
        wait = to_samples(p->report.target_delay_us - delay_of(p, first->at, ear_us));
        if (wait <= 0) {
            p->state = STATE_PLAYING;
            p->next = first->at;
            p->frame_samples = first->samples;
            p->watch_since_us = ear_us;
            p->spare_us = INT64_MAX;
            return true;
        }
    }
    *ret = (struct tacet_playout_step){
        .action = TACET_PLAYOUT_EMPTY,
        .samples = (uint32_t)(wait < EMPTY_SAMPLES_MAX ? wait : EMPTY_SAMPLES_MAX),
    };
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
    for (struct slot *s = earliest(p); s != NULL && s->at < p->next; s = earliest(p)) {
        s->used = false;
        p->report.frames_late++;
    }
}

/* After an outage that the path made up for all at once: go to the newest, do not lag for long. */
static void trim(struct tacet_playout *p)
{
    int64_t end = newest_end(p);

    if (to_us(end - p->next) <= OVERFULL_US) {
        return;
    }
    /* The newest frame has just come: the one to go on with stands the target before it. */
    int64_t keep = end - p->frame_samples - to_samples(p->report.target_delay_us);
    for (struct slot *s = earliest(p); s->at + s->samples <= keep; s = earliest(p)) {
        s->used = false;
    }
    const struct slot *first = earliest(p);
    p->report.samples_removed += (uint64_t)(first->at - p->next);
    p->next = first->at;
}

/* Whether one frame can go: for a second there has always been more than one unused, and the delay
 * is that much above its target. */
static bool may_skip(struct tacet_playout *p, const struct slot *due, int64_t ear_us)
{
    int64_t spare = to_us(newest_end(p) - due->at - due->samples);

    p->spare_us = spare < p->spare_us ? spare : p->spare_us;
    if (ear_us - p->watch_since_us < SPARE_WATCH_US) {
        return false;
    }
    bool skip = p->spare_us >= SPARE_US &&
                delay_of(p, due->at, ear_us) - p->report.target_delay_us >=
                    (SPARE_US > to_us(due->samples) ? SPARE_US : to_us(due->samples));
    p->watch_since_us = ear_us;
    p->spare_us = INT64_MAX;
    return skip;
}

/* The run of missing frames is over. */
static void on_frame(struct tacet_playout *p)
{
    if (p->missing > 0) {
        uint32_t length = p->missing < TACET_PLAYOUT_BURSTS ? p->missing : TACET_PLAYOUT_BURSTS;
        p->report.bursts[length - 1]++;
    }
    p->missing = 0;
    p->made_up = 0;
}

static void play(struct tacet_playout *p, struct slot *s, int64_t now, int64_t ear_us,
                 struct tacet_playout_step *ret)
{
    bool skip = may_skip(p, s, ear_us);

    *ret = (struct tacet_playout_step){
        .action = skip ? TACET_PLAYOUT_SKIP : TACET_PLAYOUT_FRAME,
        .rtp_timestamp = (uint32_t)s->at,
        .samples = s->samples,
        .received_at_us = s->received_at_us,
        .data = s->data,
        .size = s->size,
    };
    on_frame(p);
    s->used = false;
    p->next = s->at + s->samples;
    p->played_end = p->next;
    p->frame_samples = s->samples;
    if (skip) {
        p->report.samples_removed += s->samples;
        return;
    }
    p->report.playing = true;
    p->report.last_rtp_timestamp = ret->rtp_timestamp;
    p->report.last_played_at_us = ear_us;
    p->report.current_delay_us = ear_us - s->received_at_us;
    p->report.samples_received += s->samples;
    p->report.jitter_buffer_delay_us += (now - s->received_at_us) * s->samples;
    p->report.jitter_buffer_target_delay_us += p->report.target_delay_us * s->samples;
    p->report.jitter_buffer_emitted_count += s->samples;
}

/* What is due is not there; `after` is the first frame behind it, or NULL. */
static void bridge(struct tacet_playout *p, const struct slot *after, int64_t ear_us,
                   struct tacet_playout_step *ret)
{
    int64_t length = p->frame_samples;
    int64_t gap = after != NULL ? after->at - p->next : INT64_MAX;
    int64_t short_us = p->report.target_delay_us - delay_of(p, p->next, ear_us);

    *ret = (struct tacet_playout_step){
        .action = TACET_PLAYOUT_CONCEAL,
        .rtp_timestamp = (uint32_t)p->next,
    };
    if (after != NULL && gap == after->redundancy) {
        ret->action = TACET_PLAYOUT_RECOVER;
        ret->received_at_us = after->received_at_us;
        ret->data = after->data;
        ret->size = after->size;
        length = gap;
        p->missing++;
        p->made_up = 0;
    } else if (short_us >= SHORT_US) {
        length = (to_samples(short_us) + STEP_SAMPLES - 1) / STEP_SAMPLES * STEP_SAMPLES;
        length = length < INSERT_SAMPLES_MIN ? INSERT_SAMPLES_MIN : length;
        length = length > INSERT_SAMPLES_MAX ? INSERT_SAMPLES_MAX : length;
        ret->inserted = true;
        p->report.samples_inserted += (uint64_t)length;
        p->made_up += (uint32_t)length;
    } else {
        length = gap < length ? gap / STEP_SAMPLES * STEP_SAMPLES : length;
        p->report.concealment_events += p->made_up == 0 ? 1 : 0;
        p->report.samples_concealed += (uint64_t)length;
        p->missing++;
        p->made_up += (uint32_t)length;
    }
    ret->samples = (uint32_t)length;
    p->report.samples_received += (uint64_t)length;
    p->next += ret->inserted ? 0 : length;
    p->spare_us = 0; /* a buffer that runs dry has nothing to spare */
}

void tacet_playout_get(struct tacet_playout *p, int64_t now, uint32_t queued_samples,
                       struct tacet_playout_step *ret)
{
    int64_t queued_us = to_us(queued_samples);
    int64_t ear_us = now + queued_us;

    update_target(p, queued_us);
    if (p->state == STATE_PLAYING && p->made_up >= PAUSED_SAMPLES) {
        p->state = STATE_PAUSED;
        p->next = p->played_end;
    }
    if (p->state != STATE_PLAYING && !begin(p, ear_us, ret)) {
        return;
    }
    discard_overlapped(p);
    trim(p);
    struct slot *first = earliest(p);
    if (first != NULL && first->at - p->next < STEP_SAMPLES) {
        play(p, first, now, ear_us, ret);
    } else {
        bridge(p, first, ear_us, ret);
    }
}

void tacet_playout_report(const struct tacet_playout *p, struct tacet_playout_report *ret)
{
    *ret = p->report;
}
