/*
 * See loss.h. Time here is the packets' own, of sending: where none are sent nothing is forgotten.
 * Counts stand in buckets of 100 ms, so that the windows are exact sums and old counts need no
 * decay; runs are averaged over the last 16 or so, however long ago, for a mean over a window
 * would be one over next to nothing where losses are few.
 */
#include "rtp/loss.h"

#include <assert.h>

#define SHORT_BUCKETS 10
#define RUN_WEIGHT 16
/* Two standard deviations, as the second's share may stray from the truth by chance alone. */
#define DEVIATIONS 2

_Static_assert(SHORT_BUCKETS < TACET_LOSS_BUCKETS, "the short window is the shorter one");

static struct tacet_loss_bucket *bucket_of(struct tacet_loss *l, int64_t number)
{
    return &l->buckets[(uint64_t)number % TACET_LOSS_BUCKETS];
}

/* Moves on to the bucket of this time; those passed on the way are empty. */
static void advance(struct tacet_loss *l, int64_t number)
{
    if (!l->started || number - l->bucket >= TACET_LOSS_BUCKETS) {
        for (int i = 0; i < TACET_LOSS_BUCKETS; i++) {
            l->buckets[i] = (struct tacet_loss_bucket){ 0 };
        }
        l->started = true;
        l->bucket = number;
    }
    while (l->bucket < number) {
        l->bucket++;
        *bucket_of(l, l->bucket) = (struct tacet_loss_bucket){ 0 };
    }
}

/* A run has ended: the mean moves by 1/n at first, then by 1/16. */
static void end_run(struct tacet_loss *l)
{
    if (l->run == 0) {
        return;
    }
    int32_t length_q8 = (int32_t)(l->run < TACET_LOSS_RUN_MAX ? l->run : TACET_LOSS_RUN_MAX) * 256;
    l->runs += l->runs < RUN_WEIGHT ? 1 : 0;
    l->burst_q8 += (length_q8 - l->burst_q8) / (int32_t)l->runs;
    l->run = 0;
}

void tacet_loss_on_results(struct tacet_loss *l, const struct tacet_packet_result *results,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct tacet_packet_result *r = &results[i];
        int64_t number = r->sent_at_us / TACET_LOSS_BUCKET_US;
        assert(r->sent_at_us >= 0);
        if (r->unreported || (l->started && number <= l->bucket - TACET_LOSS_BUCKETS)) {
            continue;
        }
        advance(l, number);
        struct tacet_loss_bucket *bucket = bucket_of(l, number);
        bucket->sent++;
        if (r->lost) {
            bucket->lost++;
            l->run++;
        } else {
            end_run(l);
        }
    }
}

static struct tacet_loss_bucket sum(const struct tacet_loss *l, int buckets)
{
    struct tacet_loss_bucket total = { 0 };

    for (int i = 0; l->started && i < buckets && i <= l->bucket; i++) {
        int64_t number = l->bucket - i;
        const struct tacet_loss_bucket *b = &l->buckets[(uint64_t)number % TACET_LOSS_BUCKETS];
        total.sent += b->sent;
        total.lost += b->lost;
    }
    return total;
}

static int32_t share(struct tacet_loss_bucket b)
{
    return b.sent == 0 ? 0 : (int32_t)((uint64_t)b.lost * 1000 / b.sent);
}

int32_t tacet_loss_long_permille(const struct tacet_loss *l)
{
    return share(sum(l, TACET_LOSS_BUCKETS));
}

static int32_t square_root(int64_t v)
{
    int64_t root = 0;

    for (int64_t bit = INT64_C(1) << 20; bit > 0; bit >>= 1) {
        root += (root + bit) * (root + bit) <= v ? bit : 0;
    }
    return (int32_t)root;
}

int32_t tacet_loss_permille(const struct tacet_loss *l)
{
    struct tacet_loss_bucket second = sum(l, SHORT_BUCKETS);
    int32_t now = share(second);
    int32_t usual = tacet_loss_long_permille(l);

    if (now <= usual) {
        return usual;
    }
    /* sqrt(p (1 - p) / n), in permille. */
    int32_t deviation = square_root((int64_t)now * (1000 - now) / second.sent);
    int32_t surely = now - DEVIATIONS * deviation;
    return surely > usual ? now : usual;
}

int32_t tacet_loss_burst_q8(const struct tacet_loss *l)
{
    return l->runs == 0 ? 256 : l->burst_q8;
}
