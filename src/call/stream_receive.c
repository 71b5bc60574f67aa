/*
 * The receiving half of the control stream (see stream.h): bytes by offset into a ring, the ranges
 * that came ahead of a gap, and whole messages out of it in order.
 */
#include "call/stream.h"

#include <assert.h>
#include <string.h>

_Static_assert(sizeof(((struct tacet_control *)0)->recv_ranges) /
                       sizeof(((struct tacet_control *)0)->recv_ranges[0]) ==
                   TACET_ACK_RANGES_MAX,
               "what is held can be acknowledged");

bool tacet_stream_data_valid(const struct tacet_control *c, uint64_t offset, size_t size)
{
    return size > 0 && offset <= UINT64_MAX - size &&
           offset + size <= c->recv_taken + TACET_CONTROL_WINDOW;
}

static void store(struct tacet_control *c, uint64_t offset, const uint8_t *data, size_t size)
{
    size_t at = (size_t)(offset % TACET_CONTROL_WINDOW);
    size_t first = TACET_CONTROL_WINDOW - at < size ? TACET_CONTROL_WINDOW - at : size;

    memcpy(c->recv_ring + at, data, first);
    memcpy(c->recv_ring, data + first, size - first);
}

static void load(const struct tacet_control *c, uint64_t offset, uint8_t *out, size_t size)
{
    size_t at = (size_t)(offset % TACET_CONTROL_WINDOW);
    size_t first = TACET_CONTROL_WINDOW - at < size ? TACET_CONTROL_WINDOW - at : size;

    assert(offset + size <= c->recv_next);
    memcpy(out, c->recv_ring + at, first);
    memcpy(out + first, c->recv_ring, size - first);
}

static void remove_range(struct tacet_control *c, size_t i)
{
    memmove(&c->recv_ranges[i], &c->recv_ranges[i + 1],
            (TACET_ACK_RANGES_MAX - 1 - i) * sizeof(c->recv_ranges[0]));
    memset(&c->recv_ranges[TACET_ACK_RANGES_MAX - 1], 0, sizeof(c->recv_ranges[0]));
}

static size_t range_count(const struct tacet_control *c)
{
    size_t n = 0;

    while (n < TACET_ACK_RANGES_MAX && c->recv_ranges[n].begin != c->recv_ranges[n].end) {
        n++;
    }
    return n;
}

/* Notes [begin, end) as arrived ahead of a gap, joined with what it touches. False: the table is
 * full; the bytes are as good as lost and come again. */
static bool add_range(struct tacet_control *c, uint64_t begin, uint64_t end)
{
    size_t i = 0;

    while (i < range_count(c)) {
        if (c->recv_ranges[i].end < begin || c->recv_ranges[i].begin > end) {
            i++;
            continue;
        }
        begin = c->recv_ranges[i].begin < begin ? c->recv_ranges[i].begin : begin;
        end = c->recv_ranges[i].end > end ? c->recv_ranges[i].end : end;
        remove_range(c, i);
    }
    size_t count = range_count(c);
    if (count == TACET_ACK_RANGES_MAX) {
        return false;
    }
    for (i = count; i > 0 && c->recv_ranges[i - 1].begin > begin; i--) {
        c->recv_ranges[i] = c->recv_ranges[i - 1];
    }
    c->recv_ranges[i].begin = begin;
    c->recv_ranges[i].end = end;
    return true;
}

void tacet_stream_on_data(struct tacet_control *c, int64_t now, uint64_t offset,
                          const uint8_t *data, size_t size)
{
    uint64_t end = offset + size;

    assert(tacet_stream_data_valid(c, offset, size));
    c->ack_due = true;
    if (end <= c->recv_next) {
        /* A repetition: the word of its arrival was lost. A single byte asks only whether what has
         * arrived was taken. */
        if (size > 1) {
            bool row = c->repeats && now - c->repeated_at_us < TACET_CONTROL_REPEATED_US;
            c->repeats_since_us = row ? c->repeats_since_us : now;
            c->repeats = true;
            c->repeated_at_us = now;
        }
        return;
    }
    c->repeats = false;
    if (offset > c->recv_next) {
        if (add_range(c, offset, end)) {
            store(c, offset, data, size);
        }
        return;
    }
    store(c, c->recv_next, data + (c->recv_next - offset), (size_t)(end - c->recv_next));
    c->recv_next = end;
    while (range_count(c) > 0 && c->recv_ranges[0].begin <= c->recv_next) {
        c->recv_next = c->recv_ranges[0].end > c->recv_next ? c->recv_ranges[0].end : c->recv_next;
        remove_range(c, 0);
    }
}

void tacet_stream_write_ack(struct tacet_control *c, struct tacet_writer *w)
{
    size_t held = c->recv_next > c->recv_taken ? 1 : 0;
    size_t count = range_count(c);

    /* The highest range stays unsaid where all five do not fit: gaps are filled from below. */
    count = count + held > TACET_ACK_RANGES_MAX ? TACET_ACK_RANGES_MAX - held : count;
    tacet_write_u8(w, TACET_FRAME_ACK);
    tacet_write_u64(w, c->recv_taken);
    tacet_write_u8(w, (uint8_t)(count + held));
    if (held > 0) {
        tacet_write_u32(w, 0);
        tacet_write_u32(w, (uint32_t)(c->recv_next - c->recv_taken));
    }
    for (size_t i = 0; i < count; i++) {
        tacet_write_u32(w, (uint32_t)(c->recv_ranges[i].begin - c->recv_taken));
        tacet_write_u32(w, (uint32_t)(c->recv_ranges[i].end - c->recv_ranges[i].begin));
    }
    assert(!w->failed);
    c->ack_due = false;
}

int tacet_stream_take(struct tacet_control *c, enum tacet_message *ret_type, size_t *ret_size)
{
    uint8_t header[TACET_MESSAGE_HEADER];
    uint64_t available = c->recv_next - c->recv_taken;

    if (c->broken || available < sizeof(header)) {
        return 0;
    }
    load(c, c->recv_taken, header, sizeof(header));
    struct tacet_reader r = tacet_reader(header, sizeof(header));
    uint8_t type = tacet_read_u8(&r);
    size_t size = tacet_read_u32(&r);
    if (size > TACET_CONTROL_MESSAGE_MAX - sizeof(header) || type == 0 ||
        type >= TACET_MESSAGE_PING) {
        c->broken = true;
        return 0;
    }
    if (available < sizeof(header) + size) {
        return 0;
    }
    load(c, c->recv_taken + sizeof(header), c->message, size);
    c->recv_taken += sizeof(header) + size;
    c->ack_due = true; /* the window has moved */
    *ret_type = (enum tacet_message)type;
    *ret_size = size;
    return 1;
}
