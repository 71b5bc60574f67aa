/*
 * See sent_log.h. One ring holds all streams as they went out, since they share the way: what
 * arrived of one stream says that an earlier packet of another one is overdue. Each stream has a
 * table from its sequence numbers into the ring.
 */
#include "rtp/sent_log.h"

#include <assert.h>
#include <string.h>

#define SEQ_START (INT64_C(1) << 32) /* where tacet_unwrap_seq() begins */
#define TIMESTAMP_START (INT64_C(1) << 40)
/* Of the reporter's clock, in 1/65536 s: no call lasts for centuries, and what is computed of it
 * stays in range. */
#define CLOCK_MAX (INT64_C(1) << 50)
#define ROUND_TRIP_WEIGHT 8
#define REORDER_WEIGHT 256

_Static_assert((TACET_SENT_LOG_PACKETS & (TACET_SENT_LOG_PACKETS - 1)) == 0, "a power of two");
_Static_assert(TACET_SENT_LOG_PACKETS <= 0x8000, "a 16-bit number names one packet");

/* What one report says of a stream as a whole, and of all. */
struct view {
    bool named[TACET_FEEDBACK_STREAMS];
    uint64_t begin[TACET_FEEDBACK_STREAMS]; /* packets below have been told of before */
    int64_t arrived_sent_at_us;             /* when the last packet that has come was sent */
};

void tacet_sent_log_init(struct tacet_sent_log *log, const uint32_t ssrcs[TACET_FEEDBACK_STREAMS])
{
    memset(log, 0, sizeof(*log));
    for (int i = 0; i < TACET_FEEDBACK_STREAMS; i++) {
        log->streams[i].ssrc = ssrcs[i];
    }
    log->reorder_us = TACET_REORDER_MIN_US;
}

static int find_stream(const struct tacet_sent_log *log, uint32_t ssrc)
{
    for (int i = 0; i < TACET_FEEDBACK_STREAMS; i++) {
        if (log->streams[i].ssrc == ssrc) {
            return i;
        }
    }
    return -1;
}

static struct tacet_sent_packet *at(struct tacet_sent_log *log, uint64_t position)
{
    return &log->packets[position % TACET_SENT_LOG_PACKETS];
}

static bool decided(const struct tacet_sent_packet *p)
{
    return p->fate == TACET_SENT_ARRIVED || p->fate == TACET_SENT_LOST;
}

/* The ring is full: the oldest goes. */
static void make_room(struct tacet_sent_log *log)
{
    if (log->next < TACET_SENT_LOG_PACKETS) {
        return;
    }
    uint64_t oldest = log->next - TACET_SENT_LOG_PACKETS;
    log->counts.forgotten += at(log, oldest)->told ? 0 : 1;
    log->open = log->open > oldest ? log->open : oldest + 1;
    log->scan = log->scan > oldest ? log->scan : oldest + 1;
    log->ordered = log->ordered > oldest ? log->ordered : oldest + 1;
}

bool tacet_sent_log_on_sent(struct tacet_sent_log *log, int64_t now, uint32_t ssrc, uint16_t seq,
                            size_t size, uint8_t probe)
{
    int stream = find_stream(log, ssrc);

    if (stream < 0) {
        return false;
    }
    make_room(log);
    struct tacet_sent_stream *s = &log->streams[stream];
    s->slots[seq % TACET_SENT_LOG_PACKETS] = (uint16_t)(log->next % TACET_SENT_LOG_PACKETS);
    *at(log, log->next++) = (struct tacet_sent_packet){
        .result = { .sent_at_us = now,
                    .size = (uint32_t)size + TACET_UDP_OVERHEAD,
                    .stream = (uint8_t)stream,
                    .probe = probe,
                    .seq = (uint64_t)(tacet_unwrap_seq(&s->unwrap, seq) - SEQ_START) },
    };
    return true;
}

/* The packet of that number that a report can mean, or NULL where it was not sent or is forgotten.
 */
static struct tacet_sent_packet *find(struct tacet_sent_log *log, int stream, uint16_t seq)
{
    const struct tacet_sent_stream *s = &log->streams[stream];
    uint16_t slot = s->slots[seq % TACET_SENT_LOG_PACKETS];
    struct tacet_sent_packet *p = &log->packets[slot];
    uint64_t expected = (uint64_t)(tacet_unwrap_seq_peek(&s->unwrap, seq) - SEQ_START);

    return slot < log->next && p->result.stream == stream && p->result.seq == expected ? p : NULL;
}

/* Found to have been given up too early: waits longer from now on, by half. */
static void on_late(struct tacet_sent_log *log, struct tacet_sent_packet *p)
{
    if (p->came_late || p->result.unreported) {
        return;
    }
    p->came_late = true;
    log->counts.late++;
    log->reorder_us += log->reorder_us / 2;
    if (log->reorder_us > TACET_REORDER_MAX_US) {
        log->reorder_us = TACET_REORDER_MAX_US;
    }
}

/* The arrival on the reporter's clock. Where it is not told it is taken as near as is known: at the
 * report itself, or just out of range before it (RFC 8888 section 3.1). */
static int64_t arrival_us(int64_t timestamp, uint16_t offset)
{
    int64_t ticks = timestamp >> 6; /* 1/1024 s */

    if (offset != TACET_FEEDBACK_OFFSET_NONE) {
        ticks -= offset;
    }
    return ticks * 15625 / 16;
}

static void on_arrived(struct tacet_sent_log *log, struct tacet_sent_packet *p, int64_t timestamp,
                       uint16_t offset, struct view *view)
{
    if (p->result.sent_at_us > view->arrived_sent_at_us) {
        view->arrived_sent_at_us = p->result.sent_at_us;
    }
    if (p->fate == TACET_SENT_LOST) {
        on_late(log, p);
    } else if (p->fate != TACET_SENT_ARRIVED) {
        p->fate = TACET_SENT_ARRIVED;
        p->result.arrived_at_us = arrival_us(timestamp, offset);
    }
}

static void measure(struct tacet_sent_log *log, int64_t now, const struct tacet_sent_packet *p,
                    uint16_t offset)
{
    int64_t round_trip_us = now - p->result.sent_at_us - (int64_t)offset * 15625 / 16;

    if (offset >= TACET_FEEDBACK_OFFSET_OVER || round_trip_us <= 0) {
        return; /* not told, or not true */
    }
    log->round_trip_last_us = round_trip_us;
    log->round_trip_new = true;
    log->round_trip_us += log->round_trip_us == 0
                              ? round_trip_us
                              : (round_trip_us - log->round_trip_us) / ROUND_TRIP_WEIGHT;
}

static void read_block(struct tacet_sent_log *log, int64_t now, int64_t timestamp,
                       struct tacet_feedback_block block, struct view *view)
{
    int stream = find_stream(log, block.ssrc);
    const struct tacet_sent_packet *newest = NULL;
    uint16_t newest_offset = 0;

    if (stream < 0 || !log->streams[stream].unwrap.started) {
        return;
    }
    int64_t begin = tacet_unwrap_seq_peek(&log->streams[stream].unwrap, block.begin_seq);
    view->named[stream] = true;
    view->begin[stream] = begin > SEQ_START ? (uint64_t)(begin - SEQ_START) : 0;
    for (uint16_t i = 0; i < block.count; i++) {
        struct tacet_feedback_metric metric = tacet_feedback_next_metric(&block);
        struct tacet_sent_packet *p = find(log, stream, (uint16_t)(block.begin_seq + i));
        if (p == NULL) {
            continue;
        }
        if (metric.received) {
            bool news = p->fate == TACET_SENT_PENDING || p->fate == TACET_SENT_MISSING;
            on_arrived(log, p, timestamp, metric.offset, view);
            newest = news ? p : newest;
            newest_offset = news ? metric.offset : newest_offset;
        } else if (p->fate == TACET_SENT_PENDING) {
            p->fate = TACET_SENT_MISSING;
        }
    }
    if (newest != NULL) {
        measure(log, now, newest, newest_offset);
    }
}

/* Packets sent clearly before one that has come, and not come themselves, are lost. */
static void give_up(struct tacet_sent_log *log, const struct view *view)
{
    for (uint64_t i = log->open; i < log->next; i++) {
        struct tacet_sent_packet *p = at(log, i);
        if (p->result.sent_at_us > view->arrived_sent_at_us - log->reorder_us) {
            break;
        }
        if (decided(p)) {
            continue;
        }
        /* Below what the report covers, and no other one told of it: nobody knows. */
        p->result.unreported = p->fate == TACET_SENT_PENDING && view->named[p->result.stream] &&
                               p->result.seq < view->begin[p->result.stream];
        p->result.lost = true;
        p->fate = TACET_SENT_LOST;
    }
}

void tacet_sent_log_on_report(struct tacet_sent_log *log, int64_t now,
                              const struct tacet_feedback_report *report)
{
    struct view view = { .arrived_sent_at_us = INT64_MIN / 2 };
    int64_t timestamp = tacet_unwrap_timestamp(&log->clock, report->timestamp);
    bool newest = timestamp == log->clock.highest;

    if (timestamp - TIMESTAMP_START > CLOCK_MAX) {
        return;
    }
    log->counts.reports++;
    for (size_t i = 0; i < report->block_count; i++) {
        read_block(log, now, timestamp - TIMESTAMP_START, report->blocks[i], &view);
    }
    if (newest) {
        /* One that was overtaken does not know what has come since. */
        give_up(log, &view);
        log->reorder_us -= (log->reorder_us - TACET_REORDER_MIN_US) / REORDER_WEIGHT;
    }
    log->scan = log->open;
}

int64_t tacet_sent_log_new_round_trip(struct tacet_sent_log *log)
{
    bool told = log->round_trip_new;

    log->round_trip_new = false;
    return told ? log->round_trip_last_us : 0;
}

size_t tacet_sent_log_poll(struct tacet_sent_log *log, struct tacet_packet_result *out,
                           size_t capacity)
{
    size_t count = 0;

    for (; log->scan < log->next && count < capacity; log->scan++) {
        struct tacet_sent_packet *p = at(log, log->scan);
        if (decided(p) && !p->told) {
            p->told = true;
            log->counts.lost += p->result.lost ? 1 : 0;
            log->counts.arrived += p->result.lost ? 0 : 1;
            out[count++] = p->result;
        }
    }
    while (log->open < log->scan && at(log, log->open)->told) {
        log->open++;
    }
    return count;
}

size_t tacet_sent_log_poll_ordered(struct tacet_sent_log *log, struct tacet_packet_result *out,
                                   size_t capacity)
{
    size_t count = 0;

    for (; log->ordered < log->next && count < capacity; log->ordered++) {
        const struct tacet_sent_packet *p = at(log, log->ordered);
        if (!decided(p)) {
            break;
        }
        out[count++] = p->result;
    }
    return count;
}
