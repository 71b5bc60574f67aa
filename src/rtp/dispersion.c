/* See dispersion.h. */
#include "rtp/dispersion.h"

#define BYTES_LEAST 10000
#define BYTES_KEPT 100000 /* beyond that the older half is forgotten */
#define TRAIN_GAP_MAX_US 20000
#define NONE_PERCENT 105
#define STEADY_PERCENT 12

/* Where no queue spreads them jitter may press packets together: the whole counts, not the train.
 */
static void end_train(struct tacet_dispersion *d)
{
    if (d->train_bytes > 0) {
        int64_t span_us = d->last_arrived_us - d->first_arrived_us;
        int64_t usual_us = d->bytes > 0 ? d->train_bytes * d->span_us / d->bytes : span_us;
        d->apart_us += span_us > usual_us ? span_us - usual_us : usual_us - span_us;
        d->bytes += d->train_bytes;
        d->span_us += d->last_arrived_us - d->first_arrived_us;
        d->sent_span_us += d->last_sent_us - d->first_sent_us;
    }
    if (d->bytes > BYTES_KEPT) {
        d->bytes /= 2;
        d->span_us /= 2;
        d->sent_span_us /= 2;
        d->apart_us /= 2;
    }
}

static bool follows(const struct tacet_dispersion *d, const struct tacet_packet_result *result,
                    int64_t estimate_bps)
{
    int64_t gap_us = result->sent_at_us - d->last_sent_us;

    return d->begun && gap_us <= TRAIN_GAP_MAX_US &&
           gap_us * estimate_bps * 2 <= (int64_t)result->size * 8000000;
}

void tacet_dispersion_add(struct tacet_dispersion *d, const struct tacet_packet_result *result,
                          int64_t estimate_bps)
{
    if (result->lost) {
        end_train(d); /* where a packet is missing it may have been queued, or not */
        d->begun = false;
        d->train_bytes = 0;
        return;
    }
    if (d->begun && result->sent_at_us < d->last_sent_us) {
        return; /* it was told of only now: its train is over, or has been told of without it */
    }
    if (!follows(d, result, estimate_bps)) {
        end_train(d);
        d->begun = true;
        d->train_bytes = 0;
        d->first_sent_us = result->sent_at_us;
        d->first_arrived_us = result->arrived_at_us;
        d->last_arrived_us = result->arrived_at_us;
    } else {
        d->train_bytes += result->size;
    }
    d->last_sent_us = result->sent_at_us;
    if (result->arrived_at_us > d->last_arrived_us) {
        d->last_arrived_us = result->arrived_at_us;
    }
}

int64_t tacet_dispersion_bps(const struct tacet_dispersion *d)
{
    return d->bytes < BYTES_LEAST ? 0 : d->bytes * 8000000 / (d->span_us > 0 ? d->span_us : 1);
}

bool tacet_dispersion_is_steady(const struct tacet_dispersion *d)
{
    return d->bytes >= BYTES_LEAST && d->apart_us * 100 <= d->span_us * STEADY_PERCENT;
}

bool tacet_dispersion_is_none(const struct tacet_dispersion *d)
{
    return d->span_us * 100 <= d->sent_span_us * NONE_PERCENT;
}
