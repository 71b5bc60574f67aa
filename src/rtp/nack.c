/* See nack.h. The list is short: insertion and search are plain scans. */
#include "rtp/nack.h"

#include <assert.h>
#include <string.h>

/* Above a round trip, for the jitter of the way and the work at the other end. */
#define ASK_AGAIN_MARGIN_US TACET_MS(20)
/* Between the copies of a question: what is lost in one moment is not lost in the next. */
#define COPIES_APART_US TACET_MS(8)
#define FAILS_MAX 150000 /* of a million */

static void drop_first(struct tacet_nack *n, size_t count)
{
    n->count -= count;
    memmove(&n->missing[0], &n->missing[count], n->count * sizeof(n->missing[0]));
}

static struct tacet_nack_entry entry(const struct tacet_nack *n, int64_t now, int64_t seq)
{
    return (struct tacet_nack_entry){
        .seq = seq,
        .missing_since_us = now,
        .ask_at_us = now + n->delay_us,
    };
}

static void add(struct tacet_nack *n, int64_t now, int64_t seq)
{
    if (n->count == TACET_NACK_MAX) {
        drop_first(n, 1); /* the oldest has the least time left */
    }
    n->missing[n->count++] = entry(n, now, seq);
}

static void remove_one(struct tacet_nack *n, int64_t seq)
{
    for (size_t i = 0; i < n->count; i++) {
        if (n->missing[i].seq == seq) {
            n->count--;
            memmove(&n->missing[i], &n->missing[i + 1], (n->count - i) * sizeof(n->missing[0]));
            return;
        }
    }
}

/* All up to here, it included, have been sent and are not there. */
static void add_to(struct tacet_nack *n, int64_t now, int64_t end)
{
    /* After a long outage only the newest are worth asking for. */
    int64_t first = n->highest + 1;

    if (end - first > TACET_NACK_MAX) {
        first = end - TACET_NACK_MAX;
    }
    for (int64_t s = first; s < end; s++) {
        add(n, now, s);
    }
}

void tacet_nack_on_packet(struct tacet_nack *n, int64_t now, int64_t seq)
{
    if (!n->started) {
        n->started = true;
        n->lowest = seq;
        n->highest = seq;
        return;
    }
    if (seq <= n->highest) {
        if (seq < n->lowest) {
            tacet_nack_begin(n, now, seq); /* the first ones came in another order */
        }
        remove_one(n, seq);
        return;
    }
    add_to(n, now, seq);
    n->highest = seq;
}

void tacet_nack_begin(struct tacet_nack *n, int64_t now, int64_t seq)
{
    if (!n->started) {
        n->started = true;
        n->lowest = seq;
        n->highest = seq - 1;
    }
    size_t count = seq < n->lowest ? (size_t)(n->lowest - seq) : 0;
    if (count == 0 || count > TACET_NACK_MAX - n->count) {
        return;
    }
    memmove(&n->missing[count], &n->missing[0], n->count * sizeof(n->missing[0]));
    n->count += count;
    n->lowest = seq;
    for (size_t i = 0; i < count; i++) {
        n->missing[i] = entry(n, now, seq + (int64_t)i);
    }
}

void tacet_nack_expect(struct tacet_nack *n, int64_t now, int64_t seq)
{
    if (n->started && seq > n->highest && seq - n->highest <= TACET_NACK_MAX) {
        add_to(n, now, seq + 1);
        n->highest = seq;
    }
}

void tacet_nack_skip(struct tacet_nack *n, int64_t seq)
{
    n->count = 0;
    n->highest = seq - 1;
}

void tacet_nack_postpone(struct tacet_nack *n, int64_t seq, int64_t until_us)
{
    for (size_t i = 0; i < n->count; i++) {
        if (n->missing[i].seq == seq && n->missing[i].ask_at_us < until_us) {
            n->missing[i].ask_at_us = until_us;
        }
    }
}

size_t tacet_nack_due(struct tacet_nack *n, int64_t now, const struct tacet_nack_pace *pace,
                      uint16_t *out, size_t capacity)
{
    size_t expired = 0;
    size_t count = 0;

    assert(pace->copies > 0);
    if (now - pace->kept_us > pace->patience_us) {
        while (expired < n->count &&
               now - n->missing[expired].missing_since_us > pace->patience_us) {
            expired++;
        }
    }
    drop_first(n, expired);
    for (size_t i = 0; i < n->count && count < capacity; i++) {
        struct tacet_nack_entry *e = &n->missing[i];
        if (e->ask_at_us <= now) {
            out[count++] = (uint16_t)e->seq;
            e->asked++;
            bool more = e->asked % pace->copies != 0;
            e->ask_at_us =
                now + (more ? COPIES_APART_US : pace->round_trip_us + ASK_AGAIN_MARGIN_US);
        }
    }
    return count;
}

uint32_t tacet_nack_copies(int32_t loss_there, int32_t loss_back)
{
    int64_t fails = 1000000 - (int64_t)(1000 - loss_there) * (1000 - loss_back); /* one try */
    int64_t all = fails;
    uint32_t copies = 1;

    while (copies < TACET_NACK_COPIES_MAX && all > FAILS_MAX) {
        all = all * fails / 1000000;
        copies++;
    }
    return copies;
}

int64_t tacet_nack_timeout(const struct tacet_nack *n)
{
    int64_t next = INT64_MAX;

    for (size_t i = 0; i < n->count; i++) {
        next = n->missing[i].ask_at_us < next ? n->missing[i].ask_at_us : next;
    }
    return next;
}

/* Takes the numbers that go into one pair; returns how many. */
static size_t take_pair(const uint16_t *seqs, size_t count, uint16_t *ret_blp)
{
    size_t taken = 1;

    *ret_blp = 0;
    while (taken < count && (uint16_t)(seqs[taken] - seqs[0] - 1) < 16) {
        *ret_blp |= (uint16_t)(1U << (uint16_t)(seqs[taken] - seqs[0] - 1));
        taken++;
    }
    return taken;
}

size_t tacet_nack_pairs(const uint16_t *seqs, size_t count)
{
    size_t pairs = 0;
    uint16_t blp;

    for (size_t i = 0; i < count; pairs++) {
        i += take_pair(seqs + i, count - i, &blp);
    }
    return pairs;
}

void tacet_nack_write(struct tacet_writer *w, const uint16_t *seqs, size_t count)
{
    uint16_t blp;

    for (size_t i = 0; i < count;) {
        uint16_t pid = seqs[i];
        i += take_pair(seqs + i, count - i, &blp);
        tacet_write_u16(w, pid);
        tacet_write_u16(w, blp);
    }
}

size_t tacet_nack_read(const uint8_t *fci, size_t size, uint16_t *out, size_t capacity)
{
    struct tacet_reader r = tacet_reader(fci, size);
    size_t count = 0;

    while (tacet_reader_left(&r) >= 4) {
        uint16_t pid = tacet_read_u16(&r);
        uint16_t blp = tacet_read_u16(&r);
        for (int bit = -1; bit < 16; bit++) {
            if ((bit < 0 || (blp >> bit & 1) != 0) && count < capacity) {
                out[count++] = (uint16_t)(pid + bit + 1);
            }
        }
    }
    return count;
}
