/* See reception.h. Sequence numbers come unwrapped, so that appendix A.1's guessing is not here. */
#include "rtp/reception.h"

#include <assert.h>

#define LOST_MAX 0x7fffff /* 24 bits, signed */

void tacet_reception_init(struct tacet_reception *r, uint32_t ssrc, uint32_t clock_rate)
{
    assert(clock_rate > 0);
    *r = (struct tacet_reception){ .ssrc = ssrc, .clock_rate = clock_rate };
}

/* `now` in timestamp units; split so that the product stays far from 63 bits. */
static int64_t to_units(int64_t us, uint32_t clock_rate)
{
    return us / 1000000 * clock_rate + us % 1000000 * clock_rate / 1000000;
}

void tacet_reception_on_packet(struct tacet_reception *r, int64_t now, uint64_t seq,
                               uint32_t timestamp)
{
    /* RFC 3550 A.8. Only differences of transit count, so 32 bits of it are enough and a wrapping
     * timestamp does no harm. */
    int64_t transit = (uint32_t)((uint32_t)to_units(now, r->clock_rate) - timestamp);

    if (!r->started) {
        r->started = true;
        r->first_seq = seq;
        r->highest_seq = seq;
    } else {
        int64_t d = (int32_t)(uint32_t)(transit - r->transit);
        d = d < 0 ? -d : d;
        r->jitter_q4 += d - ((r->jitter_q4 + 8) >> 4);
    }
    r->transit = transit;
    r->highest_seq = seq > r->highest_seq ? seq : r->highest_seq;
    r->first_seq = seq < r->first_seq ? seq : r->first_seq; /* reordered at the very start */
    r->packets++;
}

void tacet_reception_on_sr(struct tacet_reception *r, int64_t now, uint64_t ntp, uint32_t timestamp)
{
    r->last_sr = tacet_ntp_middle(ntp);
    r->last_sr_at_us = now;
    r->sr_known = true;
    r->sr_timestamp = timestamp;
    r->sr_sender_us = tacet_ntp_us(ntp);
}

bool tacet_reception_captured_at(const struct tacet_reception *r, uint32_t timestamp,
                                 int64_t *ret_us)
{
    int64_t since = (int32_t)(timestamp - r->sr_timestamp);

    if (!r->sr_known) {
        return false;
    }
    *ret_us = r->sr_sender_us + since * 1000000 / r->clock_rate;
    return true;
}

static uint64_t expected(const struct tacet_reception *r)
{
    return r->started ? r->highest_seq - r->first_seq + 1 : 0;
}

int64_t tacet_reception_lost(const struct tacet_reception *r)
{
    return (int64_t)expected(r) - (int64_t)r->packets;
}

/* RFC 3550 A.3: of this interval, 0 where duplicates outnumber losses. */
static uint8_t fraction_lost(const struct tacet_reception *r)
{
    int64_t interval = (int64_t)(expected(r) - r->expected_prior);
    int64_t lost = interval - (int64_t)(r->packets - r->packets_prior);

    if (interval <= 0 || lost <= 0) {
        return 0;
    }
    int64_t fraction = lost * 256 / interval;
    return (uint8_t)(fraction > 255 ? 255 : fraction);
}

/* A delay in 1/65536 s. */
static uint32_t to_ntp_short(int64_t us)
{
    return (uint32_t)(tacet_ntp(us < 0 ? 0 : us) >> 16);
}

bool tacet_reception_report(struct tacet_reception *r, int64_t now, struct tacet_report_block *ret)
{
    if (!r->started) {
        return false;
    }
    int64_t lost = tacet_reception_lost(r);
    lost = lost > LOST_MAX ? LOST_MAX : lost;
    lost = lost < -LOST_MAX - 1 ? -LOST_MAX - 1 : lost;
    *ret = (struct tacet_report_block){
        .ssrc = r->ssrc,
        .fraction_lost = fraction_lost(r),
        .cumulative_lost = (int32_t)lost,
        .highest_seq = (uint32_t)r->highest_seq,
        .jitter = (uint32_t)(r->jitter_q4 >> 4),
        .last_sr = r->last_sr,
        .delay_since_last_sr = r->last_sr != 0 ? to_ntp_short(now - r->last_sr_at_us) : 0,
    };
    r->loss_q8 += (ret->fraction_lost * 1000 - r->loss_q8) / (r->expected_prior > 0 ? 4 : 1);
    r->expected_prior = expected(r);
    r->packets_prior = r->packets;
    return true;
}

int32_t tacet_reception_loss_permille(const struct tacet_reception *r)
{
    return r->loss_q8 / 256;
}

int64_t tacet_reception_jitter_us(const struct tacet_reception *r)
{
    return (r->jitter_q4 >> 4) * 1000000 / r->clock_rate;
}

int64_t tacet_report_round_trip_us(const struct tacet_report_block *block, int64_t now)
{
    if (block->last_sr == 0) {
        return -1;
    }
    uint32_t ntp_short =
        tacet_ntp_middle(tacet_ntp(now)) - block->last_sr - block->delay_since_last_sr;
    /* Rounding on both sides may come to a little below zero; anything else is not about us. */
    if ((int32_t)ntp_short < 0) {
        return (int32_t)ntp_short >= -65536 / 100 ? 0 : -1;
    }
    return (int64_t)((uint64_t)ntp_short * 1000000 >> 16);
}
