/*
 * Probes: for a moment packets go out faster than the estimate, and how far apart they arrive tells
 * whether the way carries more. This decides how a probe looks and reads its outcome; when one is
 * wanted is the estimator's business, and the pacer sends it.
 */
#ifndef TACET_RTP_PROBE_H
#define TACET_RTP_PROBE_H

#include "rtp/packet_result.h"

struct tacet_probe {
    uint8_t id; /* 0: none is under way */
    uint8_t last_id;
    int64_t rate_bps;
    int64_t bytes; /* to be sent at that rate */
    int64_t bytes_sent;
    int64_t wanted_at_us;
    bool done_sending;
    int64_t done_at_us;
    int64_t first_at_us; /* left, ... */
    int64_t last_at_us;
    int64_t bytes_behind; /* ... and so much behind the first */

    /* what came of it */
    int64_t first_sent_us, last_sent_us;
    int64_t first_arrived_us, last_arrived_us;
    int64_t bytes_between; /* behind the first that arrived, up to the last that did */
    int64_t bytes_pending; /* lost since the last that arrived */
    int64_t bytes_reported;
    uint32_t arrived, lost;
};

enum tacet_probe_outcome {
    TACET_PROBE_OPEN,    /* not over, or none is under way */
    TACET_PROBE_FAILED,  /* too little of it arrived to tell */
    TACET_PROBE_LIMITED, /* it arrived slower than it was sent: that is the capacity */
    TACET_PROBE_THROUGH  /* as fast as it was sent: perhaps the way carries more */
};

/* A probe at that rate for so long. */
void tacet_probe_begin(struct tacet_probe *p, int64_t now, int64_t rate_bps, int64_t duration_us);
/* A packet left; its probe number, 0 where none is under way. */
uint8_t tacet_probe_on_sent(struct tacet_probe *p, int64_t now, uint32_t size);
/* Bytes that are to follow now at its rate; 0: none. */
int64_t tacet_probe_left(const struct tacet_probe *p);
/* No more than was sent: there was nothing left to send. */
void tacet_probe_stop(struct tacet_probe *p, int64_t now);
/* In the order of sending. */
void tacet_probe_add(struct tacet_probe *p, const struct tacet_packet_result *result);
/* Ends it once everything is reported, or `patience_us` after the last was sent. The rate at which
 * it arrived, never above that at which it was sent. `own_loss_permille`: what the way loses
 * anyway. */
enum tacet_probe_outcome tacet_probe_update(struct tacet_probe *p, int64_t now, int64_t patience_us,
                                            int32_t own_loss_permille, int64_t *ret_bps);

#endif
