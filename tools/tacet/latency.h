/* How long it takes from capture to playing, where both happen in this process: the two are joined
 * by their RTP timestamp. One object a direction and kind; any thread. */
#ifndef TACET_TOOL_LATENCY_H
#define TACET_TOOL_LATENCY_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_LATENCY_PENDING 512
#define TACET_LATENCY_KEPT 4096 /* the newest values; the median is theirs */

struct tacet_latency {
    pthread_mutex_t lock;
    struct {
        uint32_t rtp_timestamp;
        int64_t time_us; /* 0: free */
    } pending[TACET_LATENCY_PENDING];
    size_t pending_next;
    int64_t values_us[TACET_LATENCY_KEPT];
    uint64_t captured;
    uint64_t arrived;
    uint64_t matched;
};

void tacet_latency_init(struct tacet_latency *latency);
void tacet_latency_captured(struct tacet_latency *latency, uint32_t rtp_timestamp, int64_t time_us);
void tacet_latency_arrived(struct tacet_latency *latency, uint32_t rtp_timestamp, int64_t time_us);
/* The median, or -1 where nothing arrived. */
int64_t tacet_latency_median_us(struct tacet_latency *latency);

#endif
