/*
 * From capture to ear and eye: the sender notes when each RTP timestamp was captured, the receiver
 * asks when it plays it, and what came out is kept for percentiles.
 */
#ifndef TACET_SIM_LATENCY_H
#define TACET_SIM_LATENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_CAPTURES 2048 /* remembered; older ones are forgotten (40 s of sound) */

struct tacet_capture_log {
    uint64_t count;
    struct {
        uint32_t rtp_timestamp;
        int64_t captured_at_us;
        uint64_t index;
    } of[TACET_CAPTURES];
};

/* A list of latencies. Zero-initialised is empty. */
struct tacet_latencies {
    int64_t *us;
    size_t count;
    size_t capacity;
};

/* Returns the number of the capture, from 0. */
uint64_t tacet_capture_add(struct tacet_capture_log *log, uint32_t rtp_timestamp,
                           int64_t captured_at_us);
/* When and as which the one with this timestamp was captured; false if it is not known. */
bool tacet_capture_find(const struct tacet_capture_log *log, uint32_t rtp_timestamp,
                        int64_t *ret_captured_at_us, uint64_t *ret_index);

void tacet_latencies_add(struct tacet_latencies *latencies, int64_t us);
/* The value that `percent` of all do not exceed; 0 where there is none. */
int64_t tacet_latencies_percentile(const struct tacet_latencies *latencies, size_t percent);
void tacet_latencies_free(struct tacet_latencies *latencies);

#endif
