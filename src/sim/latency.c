/* See latency.h. Memory comes from the C library, as everywhere in the simulator. */
#include "sim/latency.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

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

void tacet_latencies_add(struct tacet_latencies *latencies, int64_t us)
{
    if (latencies->count == latencies->capacity) {
        size_t capacity = latencies->capacity == 0 ? 1024 : latencies->capacity * 2;
        int64_t *grown = realloc(latencies->us, capacity * sizeof(*grown));
        assert(grown != NULL);
        latencies->us = grown;
        latencies->capacity = capacity;
    }
    latencies->us[latencies->count++] = us;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return (*x > *y) - (*x < *y);
}

int64_t tacet_latencies_percentile(const struct tacet_latencies *latencies, size_t percent)
{
    assert(percent <= 100);
    if (latencies->count == 0) {
        return 0;
    }
    int64_t *sorted = malloc(latencies->count * sizeof(*sorted));
    assert(sorted != NULL);
    memcpy(sorted, latencies->us, latencies->count * sizeof(*sorted));
    qsort(sorted, latencies->count, sizeof(*sorted), compare);
    /* The nearest rank: the smallest value with at least that share at or below it. */
    size_t rank = (latencies->count * percent + 99) / 100;
    int64_t value = sorted[rank > 0 ? rank - 1 : 0];
    free(sorted);
    return value;
}

void tacet_latencies_free(struct tacet_latencies *latencies)
{
    free(latencies->us);
    *latencies = (struct tacet_latencies){ 0 };
}
