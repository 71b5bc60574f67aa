/*
 * What became of some packets that were sent one after the other: how much was sent, how much of it
 * arrived, and whether chance explains what was lost.
 */
#ifndef TACET_RTP_LOSS_WINDOW_H
#define TACET_RTP_LOSS_WINDOW_H

#include "rtp/packet_result.h"

struct tacet_loss_window {
    int64_t begin_us; /* sent at; of the first packet */
    int64_t end_us;
    int64_t bytes;
    uint32_t sent;
    uint32_t lost;
    uint32_t runs; /* of lost packets */
    bool last_lost;
    int64_t run_began_us;
    int64_t longest_us; /* run */
    bool spoilt;        /* a queue, or an outage: says nothing about the way's own loss */
};

/* Zero-initialised is empty. In the order of sending. */
void tacet_loss_window_add(struct tacet_loss_window *w, const struct tacet_packet_result *result);
/* Empties it; a run of lost packets that goes on is known. */
void tacet_loss_window_restart(struct tacet_loss_window *w);
/* Counts the packets of one to those of another, for `_permille` and `_beyond_chance`. */
void tacet_loss_window_pool(struct tacet_loss_window *all, const struct tacet_loss_window *one);
/* 0: nothing was sent, here and below. */
int32_t tacet_loss_window_permille(const struct tacet_loss_window *w);
int64_t tacet_loss_window_sent_bps(const struct tacet_loss_window *w);
int64_t tacet_loss_window_arrived_bps(const struct tacet_loss_window *w);
/*
 * Whether more was lost than a share `expected` explains: by three standard deviations of a
 * binomial distribution, widened by the length of the runs in which packets were lost.
 */
bool tacet_loss_window_beyond_chance(const struct tacet_loss_window *w, int32_t expected_permille);

#endif
