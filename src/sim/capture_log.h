/*
 * From capture to ear and eye: the sender notes when each RTP timestamp was captured, the receiver
 * asks when it plays it.
 */
#ifndef TACET_SIM_CAPTURE_LOG_H
#define TACET_SIM_CAPTURE_LOG_H

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

/* Returns the number of the capture, from 0. */
uint64_t tacet_capture_add(struct tacet_capture_log *log, uint32_t rtp_timestamp,
                           int64_t captured_at_us);
/* When and as which the one with this timestamp was captured; false if it is not known. */
bool tacet_capture_find(const struct tacet_capture_log *log, uint32_t rtp_timestamp,
                        int64_t *ret_captured_at_us, uint64_t *ret_index);

#endif
