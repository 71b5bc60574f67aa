/*
 * See recovery.h. KEYIDX counts the long-term pictures. A frame carries the number of the newest
 * one that it builds on, itself included: it changes where the frame itself is one, and falls back
 * where a frame is predicted from an older one. So a receiver that has all frames of the base layer
 * knows each long-term picture from the change, and one that has not knows from a frame's number
 * and Y whether it has what it needs.
 */
#include "rtp/recovery.h"

#include "base/limits.h"

#include <assert.h>

#define LAST TACET_REFERENCE_LAST
#define GOLDEN TACET_REFERENCE_GOLDEN
#define ALTREF TACET_REFERENCE_ALTREF
#define LONG_TERM (GOLDEN | ALTREF)
#define NUMBER_MASK 0x1f
#define TID_MAX 3

/* From deciding to the receiver's noticing: a round trip, the encoder's wait for its next picture
 * and the way of a larger frame through the pacer. */
#define ANSWER_MARGIN_US TACET_MS(60)
/* A key frame is the largest there is: however often it is asked for, no more than this. */
#define KEY_APART_MIN_US TACET_MS(300)

static bool is_base(const struct tacet_frame *frame)
{
    return frame->key || frame->temporal_layer == 0;
}

/* An inter frame refers to something: where nothing is said, to the one before. */
static uint8_t references_of(const struct tacet_frame *frame)
{
    return frame->key ? 0 : frame->references == 0 ? LAST : frame->references;
}

/* The one long-term picture that the frame is predicted from, or NULL: it builds on others. */
static const struct tacet_recovery_buffer *recovers_from(const struct tacet_recovery *r,
                                                         const struct tacet_frame *frame)
{
    if (!is_base(frame) || (frame->updates & LONG_TERM) != 0) {
        return NULL;
    }
    for (int i = 0; i < TACET_RECOVERY_BUFFERS; i++) {
        if (references_of(frame) == 1 << i && r->buffers[i].long_term) {
            return &r->buffers[i];
        }
    }
    return NULL;
}

bool tacet_recovery_can_send(const struct tacet_recovery *r, const struct tacet_frame *frame)
{
    for (int i = 0; i < TACET_RECOVERY_BUFFERS; i++) {
        if ((references_of(frame) >> i & 1) != 0 && !r->buffers[i].valid) {
            return false;
        }
    }
    return true;
}

/* RFC 7741 section 4.2: a frame of an upper layer depends on the newest one of the base alone. */
static bool is_sync(const struct tacet_recovery *r, const struct tacet_frame *frame)
{
    for (int i = 0; i < TACET_RECOVERY_BUFFERS; i++) {
        const struct tacet_recovery_buffer *buffer = &r->buffers[i];
        if ((references_of(frame) >> i & 1) != 0 && (!buffer->base || buffer->tl0 != r->tl0)) {
            return false;
        }
    }
    return true;
}

static uint8_t number_of(const struct tacet_recovery *r, const struct tacet_frame *frame)
{
    const struct tacet_recovery_buffer *from = recovers_from(r, frame);

    if (frame->key || (is_base(frame) && (frame->updates & LONG_TERM) != 0)) {
        return (uint8_t)(r->number_newest + 1) & NUMBER_MASK;
    }
    return from != NULL ? from->number : r->number;
}

void tacet_recovery_describe(const struct tacet_recovery *r, const struct tacet_frame *frame,
                             struct tacet_vp8_descriptor *d)
{
    bool base = is_base(frame);
    uint8_t layer = frame->temporal_layer < TID_MAX ? frame->temporal_layer : TID_MAX;

    d->non_reference = !frame->key && frame->updates == 0;
    d->has_tl0 = true;
    d->tl0_picture_index = (uint8_t)(r->tl0 + (base ? 1 : 0));
    d->has_temporal_layer = true;
    d->temporal_layer = base ? 0 : layer;
    d->layer_sync = base ? recovers_from(r, frame) != NULL : is_sync(r, frame);
    d->has_key_index = true;
    d->key_index = number_of(r, frame);
}

void tacet_recovery_on_sent(struct tacet_recovery *r, const struct tacet_frame *frame,
                            uint16_t picture_id)
{
    bool base = is_base(frame);
    uint8_t updates = frame->key ? LAST | LONG_TERM : frame->updates;
    uint8_t number = number_of(r, frame);
    bool recovers = recovers_from(r, frame) != NULL;

    r->tl0 = (uint8_t)(r->tl0 + (base ? 1 : 0));
    for (int i = 0; i < TACET_RECOVERY_BUFFERS; i++) {
        struct tacet_recovery_buffer *buffer = &r->buffers[i];
        if ((updates >> i & 1) != 0) {
            *buffer = (struct tacet_recovery_buffer){
                .valid = true,
                .base = base,
                .tl0 = r->tl0,
                .long_term = base && (1 << i & LONG_TERM) != 0,
                .number = number,
                .picture_id = picture_id,
            };
        } else if (recovers && buffer->long_term && !buffer->acknowledged) {
            buffer->long_term = false; /* the frames from here on do not build on it */
        }
    }
    if (base && (updates & LONG_TERM) != 0) {
        r->number_newest = number;
    }
    r->number = base ? number : r->number;
}

void tacet_recovery_on_left_out(struct tacet_recovery *r, const struct tacet_frame *frame)
{
    for (int i = 0; i < TACET_RECOVERY_BUFFERS; i++) {
        if (frame->key || (frame->updates >> i & 1) != 0) {
            r->buffers[i] = (struct tacet_recovery_buffer){ 0 };
        }
    }
}

void tacet_recovery_abandon(struct tacet_recovery *r)
{
    for (int i = 0; i < TACET_RECOVERY_BUFFERS; i++) {
        r->buffers[i].valid &= r->buffers[i].acknowledged;
    }
}

void tacet_recovery_on_ack(struct tacet_recovery *r, uint16_t picture_id)
{
    for (int i = 0; i < TACET_RECOVERY_BUFFERS; i++) {
        struct tacet_recovery_buffer *buffer = &r->buffers[i];
        buffer->acknowledged |= buffer->long_term && buffer->picture_id == picture_id;
    }
}

void tacet_recovery_clear_acks(struct tacet_recovery *r)
{
    for (int i = 0; i < TACET_RECOVERY_BUFFERS; i++) {
        r->buffers[i].acknowledged = false;
    }
}

/* The newest acknowledged picture, which gives the smallest frame. */
static enum tacet_refresh best(const struct tacet_recovery *r)
{
    static const enum tacet_refresh from[TACET_RECOVERY_BUFFERS] = { TACET_REFRESH_NONE,
                                                                     TACET_REFRESH_GOLDEN,
                                                                     TACET_REFRESH_ALTREF };
    enum tacet_refresh found = TACET_REFRESH_NONE;
    int age_found = NUMBER_MASK + 1;

    for (int i = 0; i < TACET_RECOVERY_BUFFERS; i++) {
        const struct tacet_recovery_buffer *buffer = &r->buffers[i];
        int age = (r->number_newest - buffer->number) & NUMBER_MASK;
        if (buffer->valid && buffer->long_term && buffer->acknowledged && age < age_found) {
            found = from[i];
            age_found = age;
        }
    }
    return found;
}

static bool answer_under_way(const struct tacet_recovery *r, int64_t now, int64_t round_trip_us)
{
    return r->asked && now - r->asked_at_us < round_trip_us + ANSWER_MARGIN_US;
}

enum tacet_refresh tacet_recovery_decide(struct tacet_recovery *r, int64_t now,
                                         int64_t round_trip_us, enum tacet_recovery_cause cause)
{
    enum tacet_refresh refresh = best(r);
    int64_t apart_us = round_trip_us * 3 / 2;

    if (cause == TACET_RECOVERY_PLI && answer_under_way(r, now, round_trip_us)) {
        return TACET_REFRESH_NONE;
    }
    if (refresh == TACET_REFRESH_NONE) {
        apart_us = apart_us > KEY_APART_MIN_US ? apart_us : KEY_APART_MIN_US;
        if (r->key_asked && now - r->key_asked_at_us < apart_us) {
            return TACET_REFRESH_NONE;
        }
        refresh = TACET_REFRESH_KEY;
        r->key_asked = true;
        r->key_asked_at_us = now;
    }
    r->asked = true;
    r->asked_at_us = now;
    return refresh;
}
