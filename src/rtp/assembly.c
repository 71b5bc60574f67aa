/*
 * See assembly.h. The window holds packets by sequence number; a frame is a run of them without a
 * gap, from a start (RFC 7741 section 4.2: S = 1, PID = 0) to a marker, under one timestamp:
 *
 *      next_seq                 a hole                      highest
 *         | start .. marker | start .. ____ .. marker | start ..
 *
 * The first packet counts as behind a hole, so that reordering at the very start is like any other.
 */
#include "rtp/assembly.h"

#include <assert.h>
#include <string.h>

#define FIRST_HOLE 64 /* packets that may come late before the first one */

/* A frame that nothing needs is passed over when what is behind it is there; not at once, for the
 * network may have exchanged the two. */
#define BRIDGE_US TACET_MS(10)

_Static_assert(FIRST_HOLE < TACET_VIDEO_WINDOW_PACKETS, "the first packet is inside the window");

enum run {
    RUN_COMPLETE, /* a frame; `end` is behind its marker */
    RUN_MISSING,  /* `end` has not come */
    RUN_BROKEN    /* no frame of the RFC, or one too large; `end` is where to go on */
};

struct run_of_packets {
    enum run what;
    int64_t end;
    size_t size;
};

void tacet_assembly_init(struct tacet_assembly *a, struct tacet_pool *pool, uint8_t *frame)
{
    assert(pool != NULL);
    assert(frame != NULL);
    memset(a, 0, sizeof(*a));
    a->pool = pool;
    a->frame = frame;
    a->wants_refresh = true;
    a->wants_key = true;
    a->hole_since_us = INT64_MAX;
    a->bridge_at_us = INT64_MAX;
}

void tacet_assembly_reset(struct tacet_assembly *a)
{
    for (size_t i = 0; i < TACET_VIDEO_WINDOW_PACKETS; i++) {
        tacet_pool_put(a->pool, a->slots[i].buffer);
    }
    tacet_assembly_init(a, a->pool, a->frame);
}

void tacet_assembly_require_key(struct tacet_assembly *a)
{
    a->wants_refresh = true;
    a->wants_key = true;
    a->decoded = (struct tacet_decoded){ 0 };
}

void tacet_assembly_require_refresh(struct tacet_assembly *a)
{
    a->wants_refresh = true;
}

static struct tacet_assembly_slot *slot_of(struct tacet_assembly *a, int64_t seq)
{
    return &a->slots[(uint64_t)seq % TACET_VIDEO_WINDOW_PACKETS];
}

/* The packet, or NULL if it has not come. */
static struct tacet_assembly_slot *find(struct tacet_assembly *a, int64_t seq)
{
    struct tacet_assembly_slot *slot = slot_of(a, seq);

    return slot->buffer != NULL && slot->seq == seq ? slot : NULL;
}

/* Padding only: it has a sequence number and nothing else. */
static bool is_filler(const struct tacet_assembly_slot *slot)
{
    return slot->buffer->size == 0;
}

static bool is_start(const struct tacet_assembly_slot *slot)
{
    return !is_filler(slot) && tacet_vp8_begins_frame(&slot->descriptor);
}

static bool is_key_start(const struct tacet_assembly_slot *slot)
{
    return !is_filler(slot) && tacet_vp8_begins_key_frame(
                                   &slot->descriptor, slot->buffer->data + slot->descriptor_size);
}

/* Whether the frame that begins with this packet decodes, after what has been handed out. `next`:
 * nothing is missing before it. */
static bool is_decodable(const struct tacet_assembly *a, const struct tacet_assembly_slot *start,
                         bool next)
{
    return is_key_start(start) ||
           (!a->wants_key && tacet_decoded_allows(&a->decoded, &start->descriptor, next));
}

/* Whether the frames behind the one that begins so do without it. */
static bool is_dispensable(const struct tacet_assembly *a, const struct tacet_assembly_slot *first)
{
    return is_start(first) && tacet_decoded_spares(&a->decoded, &first->descriptor);
}

/* Forgets everything before `seq`, which becomes the next one; counts the frames it belonged to. */
static void discard_to(struct tacet_assembly *a, int64_t seq)
{
    int64_t end = a->next_seq + TACET_VIDEO_WINDOW_PACKETS;
    bool all_filler = seq < end;

    assert(seq >= a->next_seq);
    for (int64_t i = a->next_seq; i < seq && i < end; i++) {
        struct tacet_assembly_slot *slot = find(a, i);
        if (slot == NULL) {
            all_filler = false;
            continue;
        }
        all_filler = all_filler && is_filler(slot);
        if (!is_filler(slot) &&
            (a->frames_discarded == 0 || slot->timestamp != a->discarded_timestamp)) {
            a->frames_discarded++;
            a->discarded_timestamp = slot->timestamp;
        }
        tacet_pool_put(a->pool, slot->buffer);
        slot->buffer = NULL;
    }
    a->next_seq = seq;
    if (!all_filler) {
        tacet_decoded_on_gap(&a->decoded);
    }
}

static enum tacet_drop drop(struct tacet_assembly *a, struct tacet_buffer *buffer,
                            enum tacet_drop reason)
{
    tacet_pool_put(a->pool, buffer);
    return reason;
}

enum tacet_drop tacet_assembly_put(struct tacet_assembly *a, uint16_t seq, uint32_t timestamp,
                                   bool marker, struct tacet_buffer *buffer)
{
    struct tacet_assembly_slot packet = { .buffer = buffer,
                                          .seq = tacet_unwrap_seq_peek(&a->unwrap, seq),
                                          .timestamp = timestamp,
                                          .marker = marker };

    if (a->started && packet.seq < a->next_seq) {
        a->packets_late++;
        return drop(a, buffer, TACET_DROP_LATE);
    }
    if (a->started && find(a, packet.seq) != NULL) {
        return drop(a, buffer, TACET_DROP_REPLAY);
    }
    if (buffer->size > 0 &&
        tacet_vp8_descriptor_parse(buffer->data, buffer->size, &packet.descriptor,
                                   &packet.descriptor_size) != 0) {
        return drop(a, buffer, TACET_DROP_MALFORMED);
    }
    if (!a->started) {
        a->started = true;
        a->next_seq = packet.seq - FIRST_HOLE;
        a->hole_since_us = buffer->at_us;
    } else if (packet.seq > a->unwrap.highest + 1 && a->hole_since_us == INT64_MAX) {
        a->hole_since_us = buffer->at_us;
    }
    if (packet.seq >= a->next_seq + TACET_VIDEO_WINDOW_PACKETS) {
        discard_to(a, packet.seq - TACET_VIDEO_WINDOW_PACKETS + 1);
        a->wants_refresh = true;
    }
    (void)tacet_unwrap_seq(&a->unwrap, seq);
    assert(slot_of(a, packet.seq)->buffer == NULL);
    *slot_of(a, packet.seq) = packet;
    return TACET_DROP_NONE;
}

/* What begins at `seq`: a frame, or the beginning of one, or nothing that can become one. */
static struct run_of_packets scan(struct tacet_assembly *a, int64_t seq)
{
    const struct tacet_assembly_slot *first = NULL;
    struct run_of_packets run = { .end = seq };

    for (;; run.end++) {
        const struct tacet_assembly_slot *slot = find(a, run.end);
        if (slot == NULL) {
            run.what = RUN_MISSING;
            return run;
        }
        if (is_filler(slot)) {
            continue;
        }
        bool fits =
            first == NULL ? is_start(slot) : !is_start(slot) && slot->timestamp == first->timestamp;
        if (!fits) {
            run.what = RUN_BROKEN;
            run.end += first == NULL; /* else this packet may begin the next frame */
            return run;
        }
        first = first == NULL ? slot : first;
        run.size += slot->buffer->size - slot->descriptor_size;
        if (run.size > TACET_FRAME_SIZE_MAX) {
            run.what = RUN_BROKEN;
            run.end++;
            return run;
        }
        if (slot->marker) {
            run.what = RUN_COMPLETE;
            run.end++;
            return run;
        }
    }
}

/* Passes over fillers and, while the picture is lost, over all that does not begin one that heals
 * it. */
static void skip_useless(struct tacet_assembly *a)
{
    const struct tacet_assembly_slot *slot = find(a, a->next_seq);

    while (slot != NULL &&
           (is_filler(slot) ||
            (a->wants_refresh && !(is_start(slot) && is_decodable(a, slot, true))))) {
        discard_to(a, a->next_seq + 1);
        slot = find(a, a->next_seq);
    }
}

/* Puts the run at next_seq together. False if what it gives is not a VP8 frame. */
static bool hand_out(struct tacet_assembly *a, int64_t end, struct tacet_frame *ret)
{
    struct tacet_frame frame = { .kind = TACET_KIND_VIDEO, .data = a->frame };
    struct tacet_vp8_descriptor descriptor = { 0 };
    struct tacet_vp8_header header;

    for (int64_t seq = a->next_seq; seq < end; seq++) {
        struct tacet_assembly_slot *slot = find(a, seq);
        assert(slot != NULL);
        if (is_start(slot)) {
            frame.rtp_timestamp = slot->timestamp;
            frame.picture_id = slot->descriptor.picture_id;
            frame.temporal_layer = slot->descriptor.temporal_layer;
            descriptor = slot->descriptor;
        }
        size_t piece = slot->buffer->size - slot->descriptor_size;
        assert(piece <= TACET_FRAME_SIZE_MAX - frame.size);
        memcpy(a->frame + frame.size, slot->buffer->data + slot->descriptor_size, piece);
        frame.size += piece;
        frame.received_at_us =
            slot->buffer->at_us > frame.received_at_us ? slot->buffer->at_us : frame.received_at_us;
    }
    if (tacet_vp8_header_parse(a->frame, frame.size, &header) != 0) {
        return false;
    }
    frame.key = header.key;
    frame.width = header.width;
    frame.height = header.height;
    /* Which references an inter frame has is inside its arithmetic code: all that it could be. */
    uint8_t all = TACET_REFERENCE_LAST | TACET_REFERENCE_GOLDEN | TACET_REFERENCE_ALTREF;
    bool recovers =
        descriptor.has_temporal_layer && descriptor.temporal_layer == 0 && descriptor.layer_sync;
    frame.references = header.key ? 0
                       : recovers ? TACET_REFERENCE_GOLDEN | TACET_REFERENCE_ALTREF
                                  : all;
    frame.updates = descriptor.non_reference ? 0 : all;
    for (int64_t seq = a->next_seq; seq < end; seq++) {
        struct tacet_assembly_slot *slot = find(a, seq);
        tacet_pool_put(a->pool, slot->buffer);
        slot->buffer = NULL;
    }
    a->next_seq = end;
    assert(frame.key || !a->wants_key); /* is_decodable() saw to it */
    tacet_decoded_on_frame(&a->decoded, &descriptor, frame.key);
    a->wants_refresh = false;
    a->wants_key = false;
    *ret = frame;
    return true;
}

/* When the last packet came of the frame that the hole is in, with `behind` the first one behind
 * it; INT64_MIN: the hole is between two frames. */
static int64_t grew_at(struct tacet_assembly *a, int64_t hole, int64_t behind)
{
    const struct tacet_assembly_slot *of = find(a, hole > a->next_seq ? a->next_seq : behind);
    int64_t at_us = INT64_MIN;

    if (of == NULL || (hole == a->next_seq && is_start(of))) {
        return at_us;
    }
    for (int64_t seq = a->next_seq; seq <= a->unwrap.highest; seq++) {
        const struct tacet_assembly_slot *slot = find(a, seq);
        if (slot != NULL && slot->timestamp == of->timestamp && slot->buffer->at_us > at_us) {
            at_us = slot->buffer->at_us;
        }
    }
    return at_us;
}

/*
 * Looks behind the hole at `hole`. True: *ret_seq is where to go on at once, a complete frame that
 * does without all before it. False: *ret_seq is the first packet behind the hole, hole_since_us
 * says since when nothing has come for its frame (INT64_MAX: there is nothing behind it), and
 * bridge_at_us when to go on with a frame that needs nothing that is missing.
 */
static bool look_behind(struct tacet_assembly *a, int64_t now, int64_t hole, int64_t *ret_seq)
{
    int64_t bridge = INT64_MAX;

    a->hole_since_us = INT64_MAX;
    a->bridge_at_us = INT64_MAX;
    *ret_seq = hole;
    for (int64_t seq = hole + 1; seq <= a->unwrap.highest; seq++) {
        const struct tacet_assembly_slot *slot = find(a, seq);
        if (slot == NULL) {
            continue;
        }
        bool useful = bridge == INT64_MAX && is_start(slot) && is_decodable(a, slot, false);
        if (useful && scan(a, seq).what == RUN_COMPLETE) {
            if (is_key_start(slot) ||
                (slot->descriptor.temporal_layer == 0 && slot->descriptor.layer_sync)) {
                *ret_seq = seq;
                return true;
            }
            bridge = seq;
        }
        if (a->hole_since_us == INT64_MAX) {
            *ret_seq = seq;
        }
        if (slot->buffer->at_us < a->hole_since_us) {
            a->hole_since_us = slot->buffer->at_us;
        }
    }
    if (bridge != INT64_MAX) {
        a->bridge_at_us = a->hole_since_us + BRIDGE_US;
    }
    if (a->hole_since_us != INT64_MAX) {
        int64_t grew_us = grew_at(a, hole, *ret_seq);
        a->hole_since_us = grew_us > a->hole_since_us ? grew_us : a->hole_since_us;
    }
    *ret_seq = a->bridge_at_us <= now ? bridge : *ret_seq;
    return a->bridge_at_us <= now;
}

/* Goes on behind what is lost: with a frame that heals it, or does without it, or without any. */
static bool pass_over(struct tacet_assembly *a, int64_t now, int64_t patience_us, int64_t hole)
{
    int64_t behind;

    if (look_behind(a, now, hole, &behind)) {
        discard_to(a, behind);
        return true;
    }
    if (a->hole_since_us == INT64_MAX || tacet_assembly_timeout(a, patience_us) > now) {
        return false;
    }
    discard_to(a, behind);
    a->wants_refresh = true;
    return true;
}

int tacet_assembly_get(struct tacet_assembly *a, int64_t now, int64_t patience_us,
                       struct tacet_frame *ret)
{
    assert(patience_us >= 0);
    while (a->started) { /* each round hands out, moves next_seq on or returns */
        skip_useless(a);
        struct run_of_packets run = scan(a, a->next_seq);
        const struct tacet_assembly_slot *first = find(a, a->next_seq);
        if (run.what == RUN_COMPLETE && is_decodable(a, first, true) && hand_out(a, run.end, ret)) {
            return 1;
        }
        if (run.what != RUN_MISSING) {
            a->wants_refresh = a->wants_refresh || !is_dispensable(a, first);
            discard_to(a, run.end);
        } else if (!pass_over(a, now, patience_us, run.end)) {
            return 0;
        }
    }
    return 0;
}

int64_t tacet_assembly_timeout(const struct tacet_assembly *a, int64_t patience_us)
{
    if (a->hole_since_us > INT64_MAX - patience_us) {
        return INT64_MAX;
    }
    int64_t give_up_at_us = a->hole_since_us + patience_us;
    return a->bridge_at_us < give_up_at_us ? a->bridge_at_us : give_up_at_us;
}
