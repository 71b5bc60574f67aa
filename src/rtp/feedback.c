/*
 * See feedback.h. Arrival times are told in steps of 1/1024 s of the NTP time itself, not of the
 * time since the arrival: a packet then has the same arrival time in every report on it.
 */
#include "rtp/feedback.h"

#include "rtp/packet_result.h"
#include "rtp/rtcp.h"

#include "tacet/error.h"

#include <assert.h>
#include <string.h>

#define BLOCK_SIZE 8 /* SSRC, begin_seq, num_reports */
#define TIMESTAMP_SIZE 4
#define SRTCP_SIZE 21   /* GCM's tag, the index and the MKI */
#define BYTES_A_BYTE 60 /* received, for each of what a report takes without the packets */
#define HEADERS_SIZE (4 + 4 + TIMESTAMP_SIZE + SRTCP_SIZE + TACET_UDP_OVERHEAD)
#define USUAL_SHARE 8
#define URGENT_LEAST 4
#define URGENT_THIN_PERCENT 30
#define URGENT_THIN_US TACET_MS(50) /* a picture comes every 33 ms, ... */
#define URGENT_THIN_RATE 100000     /* ... at such a rate */
#define URGENT_INTERVAL_US TACET_MS(15)
#define URGENT_US TACET_MS(250)
#define URGENT_APART_US TACET_MS(1500)
#define REPORTED_MAX 16384
#define RECEIVED_BIT 0x8000
#define OFFSET_BITS 13
#define OFFSET_MASK 0x1fff

_Static_assert(8 + TACET_FEEDBACK_STREAMS * (BLOCK_SIZE + 2 * TACET_FEEDBACK_PACKETS) +
                       TIMESTAMP_SIZE + SRTCP_SIZE + 4 <=
                   1200,
               "a report is one datagram");
_Static_assert(TACET_FEEDBACK_WINDOW >= TACET_FEEDBACK_PACKETS, "what is told is remembered");

/* Part of a stream that a report covers: [begin, end). */
struct span {
    uint64_t begin;
    uint64_t end;
};

void tacet_feedback_init(struct tacet_feedback *f, const uint32_t ssrcs[TACET_FEEDBACK_STREAMS])
{
    memset(f, 0, sizeof(*f));
    for (int i = 0; i < TACET_FEEDBACK_STREAMS; i++) {
        f->streams[i].ssrc = ssrcs[i];
    }
    f->headers_size = HEADERS_SIZE + BLOCK_SIZE;
    f->due_us = INT64_MAX;
}

/* Returns how many packets before it have not come. */
static uint64_t record(struct tacet_feedback_stream *s, int64_t now, uint64_t seq)
{
    struct tacet_feedback_arrival *arrival = &s->arrivals[seq % TACET_FEEDBACK_WINDOW];

    if (!s->started) {
        s->started = true;
        s->highest_seq = seq;
        for (int i = 0; i < TACET_FEEDBACK_SPANS_MAX; i++) {
            s->reported[i] = seq;
        }
    }
    bool untold = s->reported[0] == s->reported[TACET_FEEDBACK_SPANS_MAX - 1];
    if (untold && seq < s->reported[0]) {
        for (int i = 0; i < TACET_FEEDBACK_SPANS_MAX; i++) {
            s->reported[i] = seq; /* reordered at the very start */
        }
    }
    if (seq + 1 <= arrival->seq_after) {
        return 0; /* too old, or a second copy: the first one's time counts (section 3.1) */
    }
    *arrival = (struct tacet_feedback_arrival){ .seq_after = seq + 1, .at_us = now };
    uint64_t passed_over = seq > s->highest_seq + 1 ? seq - s->highest_seq - 1 : 0;
    s->highest_seq = seq > s->highest_seq ? seq : s->highest_seq;
    return passed_over;
}

/* Most is lost, or the stream has become thin at once. */
static bool is_alarming(const struct tacet_feedback *f, int64_t now)
{
    int64_t since_us = now - f->reported_at_us;

    return f->reports > 0 &&
           ((f->missing >= URGENT_LEAST && f->missing > f->arrived) ||
            (since_us >= URGENT_THIN_US && f->usual_rate >= URGENT_THIN_RATE &&
             (int64_t)f->bytes * 1000000 / since_us * 100 < f->usual_rate * URGENT_THIN_PERCENT));
}

static void schedule(struct tacet_feedback *f, int64_t now)
{
    bool idle = f->due_us == INT64_MAX;
    bool enough = f->bytes >= BYTES_A_BYTE * (uint64_t)f->headers_size;

    if (now >= f->urgent_again_us && is_alarming(f, now)) {
        f->urgent_until_us = now + URGENT_US;
        f->urgent_again_us = now + URGENT_APART_US;
    }
    bool urgent = now < f->urgent_until_us;
    int64_t earliest =
        f->reported_at_us + (urgent ? URGENT_INTERVAL_US : TACET_FEEDBACK_INTERVAL_MIN_US);

    if (idle) {
        int64_t soon = now + TACET_FEEDBACK_INTERVAL_MIN_US;
        int64_t latest = f->reported_at_us + TACET_FEEDBACK_INTERVAL_MAX_US;
        f->due_us = f->reports > 0 && latest > soon ? latest : soon;
    }
    if ((enough || urgent) && f->reports > 0) {
        int64_t at = earliest > now ? earliest : now;
        f->due_us = at < f->due_us ? at : f->due_us;
    }
}

void tacet_feedback_on_packet(struct tacet_feedback *f, int64_t now, uint32_t ssrc, uint64_t seq,
                              size_t size)
{
    for (int i = 0; i < TACET_FEEDBACK_STREAMS; i++) {
        if (f->streams[i].ssrc == ssrc) {
            f->missing += record(&f->streams[i], now, seq);
            f->arrived++;
            f->bytes += size + TACET_UDP_OVERHEAD;
            schedule(f, now);
            return;
        }
    }
}

int64_t tacet_feedback_timeout(const struct tacet_feedback *f)
{
    return f->due_us;
}

/* How many reports tell of a packet: the table in the header. */
static int spans(const struct tacet_feedback *f, int64_t now, int32_t loss_permille)
{
    static const struct {
        int32_t permille;
        int spans;
    } rows[] = { { 144, 3 }, { 234, 4 }, { 312, 5 } };

    for (size_t i = 0; now >= f->urgent_until_us && i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (loss_permille <= rows[i].permille) {
            return rows[i].spans;
        }
    }
    return TACET_FEEDBACK_SPANS_MAX;
}

/* What the report covers of a stream, and where the next ones begin by that. */
static struct span next_span(struct tacet_feedback_stream *s, int reports)
{
    struct span span = { 0 };

    if (!s->started) {
        return span;
    }
    span.end = s->highest_seq + 1;
    span.begin = s->reported[reports - 1];
    if (span.end - span.begin > TACET_FEEDBACK_PACKETS) {
        span.begin = span.end - TACET_FEEDBACK_PACKETS;
    }
    memmove(&s->reported[1], &s->reported[0], sizeof(s->reported) - sizeof(s->reported[0]));
    s->reported[0] = span.end;
    return span;
}

static uint64_t in_1024ths(int64_t at_us)
{
    return tacet_ntp(at_us) >> 22;
}

static uint16_t metric(const struct tacet_feedback_stream *s, int64_t now, uint64_t seq)
{
    const struct tacet_feedback_arrival *arrival = &s->arrivals[seq % TACET_FEEDBACK_WINDOW];

    if (arrival->seq_after != seq + 1) {
        return 0;
    }
    if (arrival->at_us > now) {
        return RECEIVED_BIT | TACET_FEEDBACK_OFFSET_NONE;
    }
    uint64_t offset = in_1024ths(now) - in_1024ths(arrival->at_us);
    if (offset >= TACET_FEEDBACK_OFFSET_OVER) {
        offset = TACET_FEEDBACK_OFFSET_OVER;
    }
    return (uint16_t)(RECEIVED_BIT | offset); /* ECN 0: not ECN-capable */
}

static void write_block(const struct tacet_feedback_stream *s, struct span span, int64_t now,
                        struct tacet_writer *w)
{
    uint16_t count = (uint16_t)(span.end - span.begin);

    tacet_write_u32(w, s->ssrc);
    tacet_write_u16(w, (uint16_t)span.begin);
    tacet_write_u16(w, count);
    for (uint64_t seq = span.begin; seq < span.end; seq++) {
        tacet_write_u16(w, metric(s, now, seq));
    }
    tacet_write_zeros(w, count % 2 * 2u);
}

void tacet_feedback_write(struct tacet_feedback *f, int64_t now, int32_t loss_permille,
                          uint32_t ssrc, struct tacet_writer *w)
{
    struct span covered[TACET_FEEDBACK_STREAMS];
    size_t size = 0;
    size_t blocks = 0;

    for (int i = 0; i < TACET_FEEDBACK_STREAMS; i++) {
        covered[i] = next_span(&f->streams[i], spans(f, now, loss_permille));
        size_t count = (size_t)(covered[i].end - covered[i].begin);
        size += count > 0 ? BLOCK_SIZE + (count + 1) / 2 * 4 : 0;
        blocks += count > 0 ? 1 : 0;
    }
    if (size == 0) {
        f->due_us = INT64_MAX;
        return;
    }
    tacet_rtcp_write_ccfb(w, ssrc, size + TIMESTAMP_SIZE);
    for (int i = 0; i < TACET_FEEDBACK_STREAMS; i++) {
        if (covered[i].end > covered[i].begin) {
            write_block(&f->streams[i], covered[i], now, w);
        }
    }
    tacet_write_u32(w, tacet_ntp_middle(tacet_ntp(now)));
    f->headers_size = HEADERS_SIZE + blocks * BLOCK_SIZE;
    if (f->reports > 0 && now > f->reported_at_us) {
        int64_t rate = (int64_t)f->bytes * 1000000 / (now - f->reported_at_us);
        f->usual_rate += (rate - f->usual_rate) / USUAL_SHARE;
    }
    f->bytes = 0;
    f->arrived = 0;
    f->missing = 0;
    f->reported_at_us = now;
    f->due_us = now + TACET_FEEDBACK_INTERVAL_MAX_US;
    f->reports++;
}

static bool named_before(const struct tacet_feedback_report *report, uint32_t ssrc)
{
    for (size_t i = 0; i < report->block_count; i++) {
        if (report->blocks[i].ssrc == ssrc) {
            return true;
        }
    }
    return false;
}

int tacet_feedback_read(const uint8_t *data, size_t size, struct tacet_feedback_report *ret)
{
    struct tacet_reader r = tacet_reader(data, size);
    struct tacet_feedback_report report = { 0 };

    while (tacet_reader_left(&r) > TIMESTAMP_SIZE) {
        struct tacet_feedback_block block = { .ssrc = tacet_read_u32(&r) };
        block.begin_seq = tacet_read_u16(&r);
        block.count = tacet_read_u16(&r);
        /* Padded to 32 bits (section 3.1). */
        size_t metrics_size = ((size_t)block.count + 1) / 2 * 4;
        const uint8_t *metrics = tacet_read_view(&r, metrics_size);
        if (r.failed || block.count > REPORTED_MAX ||
            report.block_count == TACET_FEEDBACK_STREAMS || named_before(&report, block.ssrc)) {
            return TACET_ERR_FORMAT;
        }
        block.metrics = tacet_reader(metrics, metrics_size);
        report.blocks[report.block_count++] = block;
    }
    report.timestamp = tacet_read_u32(&r);
    if (r.failed) {
        return TACET_ERR_FORMAT;
    }
    *ret = report;
    return 0;
}

struct tacet_feedback_metric tacet_feedback_next_metric(struct tacet_feedback_block *block)
{
    uint16_t bits = tacet_read_u16(&block->metrics);

    if ((bits & RECEIVED_BIT) == 0) {
        return (struct tacet_feedback_metric){ 0 }; /* the other bits must be ignored */
    }
    return (struct tacet_feedback_metric){
        .received = true,
        .ecn = (uint8_t)(bits >> OFFSET_BITS & 3),
        .offset = bits & OFFSET_MASK,
    };
}
