/*
 * A laboratory for the estimator: senders with an estimator and a pacer each, and TCP flows if
 * wanted, over simulated bottlenecks on virtual time. No call, no packet: sizes and times only.
 *
 *     encoder -> pacer -> bottleneck(s), shared -> the flow's own way (delay, jitter, loss)
 *        ^                                                |
 *     estimator <- feedback every 50 ms, its own way back -'
 */
#ifndef TACET_TESTS_BWE_LAB_H
#define TACET_TESTS_BWE_LAB_H

#include "rtp/bwe.h"
#include "rtp/pacer.h"
#include "sim/link.h"

#define LAB_FLOWS 12
#define LAB_ALL_FLOWS (-1) /* where a flow is asked for: the sum of all */
#define LAB_BOTTLENECKS 2
#define LAB_STEPS 16
#define LAB_SECONDS_MAX 300

struct lab_flow_config {
    bool tcp;                  /* Cubic instead of the estimator */
    int64_t transfer_bytes[2]; /* TCP: least and most of each transfer; 0, 0: one without end */
    int64_t rest_us;           /* TCP: mean time between two of them, exponential */
    int64_t begin_us, end_us;
    int64_t pause_us, resume_us; /* sends nothing between; 0, 0: never */
    int64_t start_bps, most_bps;
    int64_t frame_us;              /* 0: no video, audio only */
    int64_t content_bps;           /* pictures need no more; 0: they take what there is */
    int64_t wobble_permille;       /* how much frames differ in size */
    struct tacet_link_config way;  /* behind the bottlenecks; its rate must be 0 */
    struct tacet_link_config back; /* of the feedback */
    int64_t moves_us;              /* 0: never; from then on both are ... */
    struct tacet_link_config moved;
    uint32_t bottlenecks;      /* bits: which it passes, in order ... */
    uint32_t back_bottlenecks; /* ... and its feedback */
};

struct lab_step {
    int64_t at_us;
    int bottleneck;
    int64_t rate_bps;
};

struct lab_config {
    uint64_t seed;
    int64_t rate_bps[LAB_BOTTLENECKS];
    int64_t queue_us[LAB_BOTTLENECKS];
    struct lab_step steps[LAB_STEPS];
    struct lab_flow_config flows[LAB_FLOWS];
    int flow_count;
};

struct lab;

void lab_config_init(struct lab_config *config);
void lab_flow_config_init(struct lab_flow_config *flow);
struct lab *lab_create(const struct lab_config *config);
void lab_free(struct lab *lab);
void lab_run(struct lab *lab, int64_t until_us);
struct tacet_bwe *lab_bwe(struct lab *lab, int flow);

/* Of the bytes that left the last bottleneck between the two times. */
int64_t lab_rate(const struct lab *lab, int flow, int64_t from_us, int64_t to_us);
/* Of those that were sent. */
int64_t lab_sent_rate(const struct lab *lab, int flow, int64_t from_us, int64_t to_us);
/* The estimate, mean and least, sampled every 100 ms. */
int64_t lab_estimate_mean(const struct lab *lab, int flow, int64_t from_us, int64_t to_us);
int64_t lab_estimate_least(const struct lab *lab, int flow, int64_t from_us, int64_t to_us);
/* From capture to the arrival of the last packet of a frame (lost ones aside). */
int64_t lab_latency(const struct lab *lab, int flow, int64_t from_us, int64_t to_us,
                    int percentile);
/* The longest time on end that `rate_bps` is exceeded by the sent rate, in steps of 100 ms. The
 * flow may be LAB_ALL_FLOWS. */
int64_t lab_longest_above(const struct lab *lab, int flow, int64_t from_us, int64_t to_us,
                          int64_t rate_bps);
/* Share of packets lost. */
int lab_lost_permille(const struct lab *lab, int flow, int64_t from_us, int64_t to_us);
/* When the estimate first reaches that much from `from_us` on, or INT64_MAX. */
int64_t lab_reached(const struct lab *lab, int flow, int64_t from_us, int64_t bps);
void lab_print(const struct lab *lab, int64_t step_us);

#endif
