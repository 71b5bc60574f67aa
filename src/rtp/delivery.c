/* See delivery.h. */
#include "rtp/delivery.h"

#include "base/range.h"

#define EXPLAINED_MOST_PERMILLE 700

void tacet_delivery_init(struct tacet_delivery *d)
{
    *d = (struct tacet_delivery){ 0 };
    tacet_rate_window_init(&d->arrived);
    tacet_rate_window_init(&d->passed);
    tacet_rate_window_init(&d->sent);
}

void tacet_delivery_add(struct tacet_delivery *d, const struct tacet_packet_result *result)
{
    tacet_rate_window_add(&d->sent, result->sent_at_us, result->size);
    if (result->sent_at_us > d->newest_sent_us) {
        d->newest_sent_us = result->sent_at_us;
    }
    /* What nothing was told of may well have arrived: the reports are what was lost. */
    if (result->unreported || result->lost) {
        d->lost_bytes += result->size;
        return;
    }
    tacet_rate_window_add(&d->arrived, result->arrived_at_us, result->size);
    tacet_rate_window_add(&d->passed, result->arrived_at_us, result->size + d->lost_bytes);
    d->lost_bytes = 0;
}

int64_t tacet_delivery_arrived_bps(const struct tacet_delivery *d, int64_t window_us)
{
    return tacet_rate_window_bps(&d->arrived, window_us);
}

int64_t tacet_delivery_sent_bps(const struct tacet_delivery *d, int64_t window_us)
{
    return tacet_rate_window_bps(&d->sent, window_us);
}

int64_t tacet_delivery_carried_bps(const struct tacet_delivery *d, int64_t window_us,
                                   int32_t explained_permille)
{
    int64_t arrives = tacet_rate_window_bps(&d->arrived, window_us);
    int64_t bps =
        arrives * 1000 / (1000 - tacet_least(explained_permille, EXPLAINED_MOST_PERMILLE));

    return tacet_least(bps, tacet_rate_window_bps(&d->passed, window_us));
}
