/* Captures wait in a ring for their arrival; what is overwritten there never arrived. */
#include "latency.h"

#include <stdlib.h>
#include <string.h>

void tacet_latency_init(struct tacet_latency *latency)
{
    memset(latency, 0, sizeof(*latency));
    (void)pthread_mutex_init(&latency->lock, NULL);
}

void tacet_latency_captured(struct tacet_latency *latency, uint32_t rtp_timestamp, int64_t time_us)
{
    (void)pthread_mutex_lock(&latency->lock);
    latency->pending[latency->pending_next].rtp_timestamp = rtp_timestamp;
    latency->pending[latency->pending_next].time_us = time_us;
    latency->pending_next = (latency->pending_next + 1) % TACET_LATENCY_PENDING;
    latency->captured++;
    (void)pthread_mutex_unlock(&latency->lock);
}

void tacet_latency_arrived(struct tacet_latency *latency, uint32_t rtp_timestamp, int64_t time_us)
{
    (void)pthread_mutex_lock(&latency->lock);
    latency->arrived++;
    for (size_t i = 0; i < TACET_LATENCY_PENDING; i++) {
        if (latency->pending[i].time_us != 0 &&
            latency->pending[i].rtp_timestamp == rtp_timestamp) {
            latency->values_us[latency->matched % TACET_LATENCY_KEPT] =
                time_us - latency->pending[i].time_us;
            latency->matched++;
            latency->pending[i].time_us = 0;
            break;
        }
    }
    (void)pthread_mutex_unlock(&latency->lock);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

int64_t tacet_latency_median_us(struct tacet_latency *latency)
{
    static int64_t sorted[TACET_LATENCY_KEPT]; /* main thread only */
    size_t count;

    (void)pthread_mutex_lock(&latency->lock);
    count = latency->matched < TACET_LATENCY_KEPT ? (size_t)latency->matched : TACET_LATENCY_KEPT;
    memcpy(sorted, latency->values_us, count * sizeof(sorted[0]));
    (void)pthread_mutex_unlock(&latency->lock);
    if (count == 0) {
        return -1;
    }
    qsort(sorted, count, sizeof(sorted[0]), compare);
    return sorted[count / 2];
}
