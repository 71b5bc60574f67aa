/*
 * One direction of a simulated network, fed with sizes and the time:
 *
 *     ingress -> [bottleneck: drop-tail queue served at rate] -> [loss: random, then
 *     Gilbert-Elliott] -> [duplication] -> [delay +- jitter, reordering] -> arrival times
 *
 * Each purpose draws from its own stream of chance, so that with one seed the n-th packet always
 * meets the same fate.
 */
#ifndef TACET_SIM_LINK_H
#define TACET_SIM_LINK_H

#include "sim/rng.h"

#include <stddef.h>

struct tacet_link_config {
    int64_t delay_us;
    int64_t jitter_us;          /* uniform around the delay; order kept */
    int32_t loss_permille;
    int32_t burst;              /* mean length of a run of lost packets; 0 or 1: independent */
    int32_t reorder_permille;   /* these packets skip the order: held back by one jitter + 20 ms */
    int32_t duplicate_permille;
    int64_t rate_bps;           /* 0: no bottleneck; counts UDP payload + 28 */
    int64_t queue_us;           /* longest wait in the queue at the current rate */
    bool down;                  /* drop everything */
};

struct tacet_link {
    struct tacet_link_config config; /* may be changed between packets */
    struct tacet_rng loss, jitter, duplicate, reorder;
    bool bad;                   /* Gilbert-Elliott state */
    int64_t busy_until_us;
    int64_t last_arrival_us;
    uint64_t sent, lost, queued_out; /* offered, lost at random, lost at the full queue */
};

void tacet_link_init(struct tacet_link *link, const struct tacet_link_config *config,
                     uint64_t seed, uint64_t stream);
/* Offers a packet of `size` bytes; returns how many copies arrive (0 to 2) and when. */
int tacet_link_send(struct tacet_link *link, int64_t now, size_t size, int64_t ret_at_us[2]);

#endif
