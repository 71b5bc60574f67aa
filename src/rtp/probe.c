/* See probe.h. */
#include "rtp/probe.h"

#include "base/limits.h"

#define PACKETS_LEAST 5
#define BYTES_LEAST 5000
#define THROUGH_PERCENT 85 /* of the rate it was sent at */
#define SPREAD_PERCENT 105 /* of the time it was sent in: jitter and the clock's ticks */
/* A probe that finds nothing to send does not wait for it for ever. */
#define SENDING_MAX_US TACET_MS(500)

void tacet_probe_begin(struct tacet_probe *p, int64_t now, int64_t rate_bps, int64_t duration_us)
{
    uint8_t id = (uint8_t)(p->last_id == UINT8_MAX ? 1 : p->last_id + 1);
    int64_t bytes = rate_bps * duration_us / 8000000;

    *p = (struct tacet_probe){
        .id = id,
        .last_id = id,
        .rate_bps = rate_bps,
        .bytes = bytes > BYTES_LEAST ? bytes : BYTES_LEAST,
        .wanted_at_us = now,
    };
}

uint8_t tacet_probe_on_sent(struct tacet_probe *p, int64_t now, uint32_t size)
{
    if (p->id == 0 || p->done_sending) {
        return 0;
    }
    p->first_at_us = p->bytes_sent == 0 ? now : p->first_at_us;
    p->bytes_behind += p->bytes_sent == 0 ? 0 : size;
    p->last_at_us = now;
    p->bytes_sent += size;
    if (p->bytes_sent >= p->bytes) {
        p->done_sending = true;
        p->done_at_us = now;
    }
    return p->id;
}

int64_t tacet_probe_left(const struct tacet_probe *p)
{
    return p->id == 0 || p->done_sending ? 0 : p->bytes - p->bytes_sent;
}

void tacet_probe_stop(struct tacet_probe *p, int64_t now)
{
    if (p->id != 0 && !p->done_sending) {
        p->done_sending = true;
        p->done_at_us = now;
    }
}

void tacet_probe_add(struct tacet_probe *p, const struct tacet_packet_result *result)
{
    if (p->id == 0 || result->probe != p->id) {
        return;
    }
    p->bytes_reported += result->size;
    if (result->lost) {
        p->lost++;
        p->bytes_pending += p->arrived > 0 ? result->size : 0;
        return;
    }
    if (p->arrived == 0) {
        p->first_sent_us = result->sent_at_us;
        p->first_arrived_us = result->arrived_at_us;
        p->last_arrived_us = result->arrived_at_us;
    } else {
        p->bytes_between += p->bytes_pending + result->size;
    }
    p->bytes_pending = 0;
    p->arrived++;
    p->last_sent_us = result->sent_at_us;
    if (result->arrived_at_us > p->last_arrived_us) {
        p->last_arrived_us = result->arrived_at_us;
    }
}

static int64_t rate_of(int64_t bytes, int64_t span_us)
{
    return span_us > 0 ? bytes * 8000000 / span_us : 0;
}

/* What the way did not spread it let through at the rate at which it left, be some of it lost. Else
 * by the longer of the two spans: jitter may press packets together, a queue never does. */
static int64_t measure(const struct tacet_probe *p, int32_t own_loss_permille, int64_t sent_bps)
{
    int64_t sent_us = p->last_sent_us - p->first_sent_us;
    int64_t arrived_us = p->last_arrived_us - p->first_arrived_us;
    int64_t bytes = p->bytes_between;
    int64_t expected = (int64_t)(p->arrived + p->lost) * own_loss_permille / 1000;

    if (p->lost > 2 * expected + 2) {
        bytes = bytes * p->arrived / (p->arrived + p->lost); /* the probe itself was too much */
    } else if (sent_us > 0 && arrived_us * 100 <= sent_us * SPREAD_PERCENT) {
        return sent_bps;
    }
    int64_t bps = rate_of(bytes, sent_us > arrived_us ? sent_us : arrived_us);
    return bps < sent_bps ? bps : sent_bps;
}

enum tacet_probe_outcome tacet_probe_update(struct tacet_probe *p, int64_t now, int64_t patience_us,
                                            int32_t own_loss_permille, int64_t *ret_bps)
{
    if (p->id == 0) {
        return TACET_PROBE_OPEN;
    }
    if (!p->done_sending && now - p->wanted_at_us > SENDING_MAX_US) {
        tacet_probe_stop(p, now);
    }
    if (!p->done_sending ||
        (p->bytes_reported < p->bytes_sent && now - p->done_at_us < patience_us)) {
        return TACET_PROBE_OPEN;
    }
    p->id = 0;
    /* It may have been sent slower than it was meant to be. */
    int64_t sent_bps = rate_of(p->bytes_behind, p->last_at_us - p->first_at_us);
    sent_bps = sent_bps < p->rate_bps ? sent_bps : p->rate_bps;
    int64_t bps = p->arrived >= PACKETS_LEAST ? measure(p, own_loss_permille, sent_bps) : 0;
    if (bps == 0 || p->bytes_sent * 2 < p->bytes) {
        return TACET_PROBE_FAILED;
    }
    *ret_bps = bps;
    return bps * 100 >= sent_bps * THROUGH_PERCENT ? TACET_PROBE_THROUGH : TACET_PROBE_LIMITED;
}
