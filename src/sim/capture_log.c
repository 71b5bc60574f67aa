/* See capture_log.h. */
#include "sim/capture_log.h"

uint64_t tacet_capture_add(struct tacet_capture_log *log, uint32_t rtp_timestamp,
                           int64_t captured_at_us)
{
    size_t slot = log->count % TACET_CAPTURES;

    log->of[slot].rtp_timestamp = rtp_timestamp;
    log->of[slot].captured_at_us = captured_at_us;
    log->of[slot].index = log->count;
    return log->count++;
}

bool tacet_capture_find(const struct tacet_capture_log *log, uint32_t rtp_timestamp,
                        int64_t *ret_captured_at_us, uint64_t *ret_index)
{
    for (uint64_t back = 1; back <= TACET_CAPTURES && back <= log->count; back++) {
        size_t slot = (log->count - back) % TACET_CAPTURES;
        if (log->of[slot].rtp_timestamp == rtp_timestamp) {
            *ret_captured_at_us = log->of[slot].captured_at_us;
            *ret_index = log->of[slot].index;
            return true;
        }
    }
    return false;
}
