/*
 * The sending half of the control stream (see stream.h): a ring of bytes, a table of segments in
 * flight, and the rules for sending one again. A segment is lost when a packet sent three later,
 * or one and an eighth of a round trip later, has been acknowledged (the thresholds of RFC 9002
 * section 6.1); the loss of the last ones, which no later packet shows, is found by a probe after
 * one and a half round trips, then at growing intervals. Until a call is connected a segment
 * goes out twice at once (tacet_control_send_twice()).
 */
#include "call/stream.h"

#include <assert.h>
#include <string.h>

#define REORDER_PACKETS 3
#define PROBE_SEGMENTS 3 /* the two lowest and the highest */
#define DITHER_STEPS 4
#define DITHER_SHARE 32

_Static_assert(TACET_CONTROL_WINDOW >= TACET_CONTROL_MESSAGE_MAX, "a message fits the window");
_Static_assert(TACET_STREAM_SEGMENT_MAX <= UINT16_MAX, "a length is 16 bits");

static void arm(struct tacet_control *c);

void tacet_stream_send_init(struct tacet_control *c)
{
    c->retry_at_us = INT64_MAX;
}

size_t tacet_stream_room(const struct tacet_control *c)
{
    assert(c->send_end - c->send_base <= TACET_CONTROL_WINDOW);
    return (size_t)(TACET_CONTROL_WINDOW - (c->send_end - c->send_base));
}

void tacet_stream_push(struct tacet_control *c, const void *data, size_t size)
{
    size_t at = (size_t)(c->send_end % TACET_CONTROL_WINDOW);
    size_t first = TACET_CONTROL_WINDOW - at < size ? TACET_CONTROL_WINDOW - at : size;

    assert(size <= tacet_stream_room(c));
    if (size == 0) {
        return;
    }
    memcpy(c->send_ring + at, data, first);
    memcpy(c->send_ring, (const uint8_t *)data + first, size - first);
    c->send_end += size;
}

/* A free place in the table, or NULL. */
static struct tacet_control_sent *free_entry(struct tacet_control *c)
{
    for (size_t i = 0; i < TACET_CONTROL_IN_FLIGHT_MAX; i++) {
        if (!c->sent[i].used) {
            return &c->sent[i];
        }
    }
    return NULL;
}

/* The segment with the lowest offset, of the lost ones or of all. */
static struct tacet_control_sent *lowest(struct tacet_control *c, bool lost)
{
    struct tacet_control_sent *found = NULL;

    for (size_t i = 0; i < TACET_CONTROL_IN_FLIGHT_MAX; i++) {
        struct tacet_control_sent *s = &c->sent[i];
        if (s->used && (s->lost || !lost) && (found == NULL || s->offset < found->offset)) {
            found = s;
        }
    }
    return found;
}

/* Of those that do not count as lost: the lowest, or the one with the highest offset. */
static struct tacet_control_sent *in_flight(struct tacet_control *c, bool highest)
{
    struct tacet_control_sent *found = NULL;

    for (size_t i = 0; i < TACET_CONTROL_IN_FLIGHT_MAX; i++) {
        struct tacet_control_sent *s = &c->sent[i];
        if (s->used && !s->lost &&
            (found == NULL || (highest ? s->offset > found->offset : s->offset < found->offset))) {
            found = s;
        }
    }
    return found;
}

bool tacet_stream_sendable(const struct tacet_control *c)
{
    bool place = false;

    if (c->send_base == c->send_end) {
        return false; /* all is acknowledged, as nearly always */
    }
    for (size_t i = 0; i < TACET_CONTROL_IN_FLIGHT_MAX; i++) {
        if (c->sent[i].used && c->sent[i].lost) {
            return true;
        }
        place |= !c->sent[i].used;
    }
    return place && c->send_next < c->send_end;
}

static void write_segment(struct tacet_control *c, int64_t now, struct tacet_control_sent *s,
                          struct tacet_writer *w)
{
    size_t at = (size_t)(s->offset % TACET_CONTROL_WINDOW);
    size_t first = TACET_CONTROL_WINDOW - at < s->size ? TACET_CONTROL_WINDOW - at : s->size;

    tacet_write_u8(w, TACET_FRAME_STREAM);
    tacet_write_u64(w, s->offset);
    tacet_write_u16(w, s->size);
    tacet_write_bytes(w, c->send_ring + at, first);
    tacet_write_bytes(w, c->send_ring, s->size - first);
    assert(!w->failed);
    s->order = c->send_order;
    s->sent_at_us = s->retransmission ? now : s->sent_at_us; /* of a first copy too */
    s->lost = false;
}

/* When what stands there in the stream goes out again. */
static int64_t copy_at(const struct tacet_control *c, int64_t now, uint64_t offset)
{
    return offset < c->twice_end ? now + TACET_COPY_US : INT64_MAX;
}

static struct tacet_control_sent new_segment(const struct tacet_control *c, int64_t now,
                                             uint64_t offset, size_t size)
{
    return (struct tacet_control_sent){
        .used = true,
        .offset = offset,
        .size = (uint16_t)size,
        .sent_at_us = now,
        .copy_at_us = copy_at(c, now, offset),
    };
}

void tacet_stream_write(struct tacet_control *c, int64_t now, struct tacet_writer *w)
{
    bool any = false;

    for (;;) {
        struct tacet_control_sent *s = lowest(c, true);
        size_t room = tacet_writer_left(w);
        if (room <= TACET_STREAM_FRAME_HEADER) {
            break;
        }
        room -= TACET_STREAM_FRAME_HEADER;
        if (s != NULL && s->size > room) {
            break; /* the next packet takes it: a segment keeps its borders */
        }
        if (s == NULL) {
            size_t size = (size_t)(c->send_end - c->send_next);
            s = free_entry(c);
            if (size == 0 || s == NULL) {
                break;
            }
            size = size < room ? size : room;
            size = size < TACET_STREAM_SEGMENT_MAX ? size : TACET_STREAM_SEGMENT_MAX;
            *s = new_segment(c, now, c->send_next, size);
            c->send_next += size;
        }
        write_segment(c, now, s, w);
        any = true;
    }
    if (any) {
        c->send_order++;
        c->last_sent_at_us = now;
        arm(c);
    }
}

/* --- loss --- */

/* The measured one, else what the handshake made of it; 0: no idea. */
static int64_t known_round_trip(const struct tacet_control *c)
{
    return c->round_trips > 0 ? c->round_trip_us : c->round_trip_guess_us;
}

static int64_t probe_interval(const struct tacet_control *c)
{
    int64_t us = known_round_trip(c) + known_round_trip(c) / 2;

    us = us == 0 ? TACET_CONTROL_RETRY_FIRST_US : us;
    us = us > TACET_CONTROL_RETRY_MIN_US ? us : TACET_CONTROL_RETRY_MIN_US;
    /* A probe is small: a way that is full carries two of them a second all the same, and on one
     * that loses much each doubling would be heard as a second without an answer. */
    int64_t most = us > TACET_CONTROL_RETRY_MAX_US ? us : TACET_CONTROL_RETRY_MAX_US;
    for (int32_t i = 0; i < c->retries && us < most; i++) {
        us += us / 2;
    }
    us = us < most ? us : most;
    /* Not in step with sound: who always comes behind its packets finds the same queue full. */
    return us - us * (c->retries % DITHER_STEPS) / DITHER_SHARE;
}

/* When a segment counts as lost for being overtaken; INT64_MAX while nothing overtook it. */
static int64_t lost_at(const struct tacet_control *c, const struct tacet_control_sent *s)
{
    if (!s->used || s->lost || s->order >= c->acked_order) {
        return INT64_MAX;
    }
    if (c->acked_order - 1 - s->order >= REORDER_PACKETS) {
        return INT64_MIN;
    }
    int64_t us = known_round_trip(c) + known_round_trip(c) / 8;
    us = us > TACET_CONTROL_RETRY_MIN_US ? us : TACET_CONTROL_RETRY_MIN_US;
    return s->sent_at_us + us;
}

static bool detect_losses(struct tacet_control *c, int64_t now)
{
    bool any = false;

    for (size_t i = 0; i < TACET_CONTROL_IN_FLIGHT_MAX; i++) {
        if (lost_at(c, &c->sent[i]) <= now) {
            c->sent[i].lost = true;
            c->sent[i].retransmission = true;
            any = true;
        }
    }
    return any;
}

/* Those whose time has come go out again, though nothing says that they are lost. */
static bool take_copies(struct tacet_control *c, int64_t now)
{
    bool any = false;

    for (size_t i = 0; i < TACET_CONTROL_IN_FLIGHT_MAX; i++) {
        if (c->sent[i].used && c->sent[i].copy_at_us <= now) {
            c->sent[i].copy_at_us = INT64_MAX;
            c->sent[i].lost = true;
            any = true;
        }
    }
    return any;
}

/* Sets the one timer: the next segment to count as lost, a copy, or the probe. */
static void arm(struct tacet_control *c)
{
    if (c->send_base == c->send_next) {
        c->retry_at_us = INT64_MAX;
        return;
    }
    c->retry_at_us = c->last_sent_at_us + probe_interval(c);
    for (size_t i = 0; i < TACET_CONTROL_IN_FLIGHT_MAX; i++) {
        int64_t at = lost_at(c, &c->sent[i]);
        if (c->sent[i].used && c->sent[i].copy_at_us < at) {
            at = c->sent[i].copy_at_us;
        }
        c->retry_at_us = at < c->retry_at_us ? at : c->retry_at_us;
    }
}

void tacet_stream_on_timeout(struct tacet_control *c, int64_t now)
{
    if (now < c->retry_at_us) {
        return;
    }
    bool copies = take_copies(c, now);
    if (!detect_losses(c, now) && !copies && now >= c->last_sent_at_us + probe_interval(c)) {
        struct tacet_control_sent *s = lowest(c, false);
        if (s == NULL) {
            /* All has arrived and not all was taken, or the word of it was lost: the last byte
             * again, which is answered at once. */
            s = free_entry(c);
            assert(s != NULL);
            *s = new_segment(c, now, c->send_next - 1, 1);
        }
        /* Two at a time (RFC 9002 section 6.2.4): a message of two segments, of which one was lost,
         * is not to wait for two probes. But where nothing at all is known of the round trip, the
         * second is left to measure it. And the last: it may be all that the other side lacks, and
         * only the word of the others was lost. */
        for (int i = 0; i < (known_round_trip(c) > 0 ? PROBE_SEGMENTS : 1) && s != NULL; i++) {
            s->lost = true;
            s->retransmission = true;
            s->copy_at_us = copy_at(c, now, s->offset);
            s = in_flight(c, i == PROBE_SEGMENTS - 2);
        }
        c->probe_order = c->send_order;
        c->retries += c->retries < INT16_MAX;
        c->unanswered += c->unanswered < INT16_MAX;
        c->last_sent_at_us = now; /* it goes in this very poll, or as soon as there are keys */
    }
    arm(c);
}

/* --- acknowledgements --- */

bool tacet_stream_ack_valid(const struct tacet_control *c, const struct tacet_ack *ack)
{
    uint64_t at = ack->next;

    for (size_t i = 0; i < ack->count; i++) {
        bool ordered = i == 0 ? ack->ranges[i].begin >= at : ack->ranges[i].begin > at;
        if (!ordered || ack->ranges[i].end <= ack->ranges[i].begin) {
            return false;
        }
        at = ack->ranges[i].end;
    }
    return ack->next <= c->send_next && at <= c->send_next;
}

static bool covers(const struct tacet_ack *ack, const struct tacet_control_sent *s)
{
    uint64_t end = s->offset + s->size;

    if (end <= ack->next) {
        return true;
    }
    for (size_t i = 0; i < ack->count; i++) {
        /* What is below `next` counts as the beginning of a range that touches it. */
        bool touches = ack->ranges[i].begin == ack->next;
        if ((touches || s->offset >= ack->ranges[i].begin) && end <= ack->ranges[i].end) {
            return true;
        }
    }
    return false;
}

static void measure(struct tacet_control *c, int64_t sample_us)
{
    sample_us = sample_us > 1 ? sample_us : 1;
    /* RFC 6298 section 2: smoothed by an eighth. */
    c->round_trip_us =
        c->round_trips == 0 ? sample_us : c->round_trip_us + (sample_us - c->round_trip_us) / 8;
    c->round_trip_total_us += sample_us;
    c->round_trips++;
}

/* A probe went out since that packet, and its answer may be the first that came through: it took so
 * long at most. A way that has become slow shows in that all the same, and is learnt in steps. */
static int64_t at_most_twice(const struct tacet_control *c, int64_t at_most_us)
{
    int64_t known_us = known_round_trip(c);

    known_us = known_us > 0 ? known_us : TACET_CONTROL_RETRY_FIRST_US;
    return at_most_us < 2 * known_us ? at_most_us : 2 * known_us;
}

void tacet_stream_on_ack(struct tacet_control *c, int64_t now, const struct tacet_ack *ack)
{
    const struct tacet_control_sent *newest = NULL;
    bool moved = ack->next > c->send_base;

    assert(tacet_stream_ack_valid(c, ack));
    for (size_t i = 0; i < TACET_CONTROL_IN_FLIGHT_MAX; i++) {
        struct tacet_control_sent *s = &c->sent[i];
        if (!s->used || !covers(ack, s)) {
            continue;
        }
        s->used = false;
        c->unanswered = 0;
        c->acked_order = s->order + 1 > c->acked_order ? s->order + 1 : c->acked_order;
        if (!s->retransmission && (newest == NULL || s->order > newest->order)) {
            newest = s;
        }
    }
    bool ambiguous = newest != NULL && newest->order < c->probe_order;
    if (newest != NULL) {
        int64_t sample_us = now - newest->sent_at_us;
        measure(c, ambiguous ? at_most_twice(c, sample_us) : sample_us);
    }
    if (newest != NULL && !ambiguous) {
        /* RFC 6298 section 5 (Karn): the back-off stays until a round trip that was measured says
         * how long to wait, or a path slower than the interval would never be measured. */
        c->retries = 0;
    } else if (moved && c->round_trips > 0 && c->retries > 1) {
        /* Where much is lost, most is sent twice and measures nothing. What gets through shows that
         * the path is there: the next loss is not to wait for all those before it. */
        c->retries = 1;
    }
    c->send_base = ack->next > c->send_base ? ack->next : c->send_base;
    (void)detect_losses(c, now);
    arm(c);
}
