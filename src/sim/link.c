/*
 * See link.h. Every packet offered draws the same number of times from each stream, whatever
 * becomes of it: the fate of the n-th packet does not depend on that of the ones before.
 */
#include "sim/link.h"

#include <assert.h>

#define IP_UDP_OVERHEAD 28 /* IPv4 and UDP headers */
#define REORDER_HOLD_US 20000
#define COPY_SPREAD_US 1000 /* a copy follows its original this much later, or less */

enum stream { STREAM_LOSS, STREAM_JITTER, STREAM_DUPLICATE, STREAM_REORDER, STREAM_COUNT };

void tacet_link_init(struct tacet_link *link, const struct tacet_link_config *config, uint64_t seed,
                     uint64_t stream)
{
    *link = (struct tacet_link){ .config = *config };
    tacet_rng_seed(&link->loss, seed, stream * STREAM_COUNT + STREAM_LOSS);
    tacet_rng_seed(&link->jitter, seed, stream * STREAM_COUNT + STREAM_JITTER);
    tacet_rng_seed(&link->duplicate, seed, stream * STREAM_COUNT + STREAM_DUPLICATE);
    tacet_rng_seed(&link->reorder, seed, stream * STREAM_COUNT + STREAM_REORDER);
}

/*
 * Gilbert-Elliott with loss only in the bad state: it is left with probability 1/burst, and entered
 * with loss / ((1 - loss) * burst), so that the share of lost packets is `loss` in the long run.
 */
static bool draw_loss(struct tacet_link *link)
{
    const struct tacet_link_config *c = &link->config;

    if (c->loss_permille <= 0 || c->loss_permille >= 1000 || c->burst <= 1) {
        link->bad = false;
        return tacet_rng_permille(&link->loss, c->loss_permille);
    }
    uint64_t loss = (uint64_t)c->loss_permille;
    uint64_t burst = (uint64_t)c->burst;
    if (link->bad) {
        link->bad = tacet_rng_below(&link->loss, burst) != 0;
    } else {
        link->bad = tacet_rng_below(&link->loss, (1000 - loss) * burst) < loss;
    }
    return link->bad;
}

/* Uniform in -range..range. */
static int64_t draw_around(struct tacet_rng *rng, int64_t range)
{
    assert(range >= 0);
    return (int64_t)tacet_rng_below(rng, (uint64_t)range * 2 + 1) - range;
}

/* When the packet has left the bottleneck; false where its queue is full. */
static bool pass_bottleneck(struct tacet_link *link, int64_t now, size_t size, int64_t *ret_out_us)
{
    const struct tacet_link_config *c = &link->config;

    if (c->rate_bps <= 0) {
        *ret_out_us = now;
        return true;
    }
    int64_t begin = link->busy_until_us > now ? link->busy_until_us : now;
    if (begin - now > c->queue_us) {
        return false;
    }
    int64_t bits = (int64_t)(size + IP_UDP_OVERHEAD) * 8;
    link->busy_until_us = begin + (bits * 1000000 + c->rate_bps - 1) / c->rate_bps;
    *ret_out_us = link->busy_until_us;
    return true;
}

int tacet_link_send(struct tacet_link *link, int64_t now, size_t size, int64_t ret_at_us[2])
{
    const struct tacet_link_config *c = &link->config;
    bool lost = draw_loss(link);
    int64_t jitter = draw_around(&link->jitter, c->jitter_us);
    bool reordered = tacet_rng_permille(&link->reorder, c->reorder_permille);
    bool duplicated = tacet_rng_permille(&link->duplicate, c->duplicate_permille);
    int64_t spread = (int64_t)tacet_rng_below(&link->duplicate, COPY_SPREAD_US) + 1;
    int64_t out_us;

    link->sent++;
    if (c->down) {
        link->lost++;
        return 0;
    }
    if (!pass_bottleneck(link, now, size, &out_us)) {
        link->queued_out++;
        return 0;
    }
    if (lost) {
        link->lost++;
        return 0;
    }
    int64_t at_us = out_us + c->delay_us + jitter;
    at_us = at_us > out_us ? at_us : out_us;
    if (reordered) {
        /* Out of the order: neither waits for those before nor holds those behind. */
        at_us += c->jitter_us + REORDER_HOLD_US;
    } else {
        at_us = at_us > link->last_arrival_us ? at_us : link->last_arrival_us;
        link->last_arrival_us = at_us;
    }
    ret_at_us[0] = at_us;
    ret_at_us[1] = at_us + spread;
    return duplicated ? 2 : 1;
}
