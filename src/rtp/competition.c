/* See competition.h. Integers only: the same on every machine. */
#include "rtp/competition.h"

#include "base/limits.h"
#include "base/range.h"

/* Two of them are longer than a flow takes from one overflow to the next. */
#define SPAN_US TACET_S(6)
#define SWING_LEAST_US TACET_MS(20)
#define SWING_NOISE_TIMES 2
#define LONG_PERCENT 40 /* of the way from its least to its most the queue is long */
#define GONE_US TACET_MS(30)
#define APART_US TACET_MS(600) /* what is lost sooner belongs to the same overflow */
#define FELT_US TACET_S(10)
/* So much is lost by chance, and so many packets more told late. */
#define CHANCE_PERMILLE 30
#define LATE_PACKETS 2

/*
 * An AIMD that goes down to b of what it was grows by 3 (1 - b) / (1 + b) of a packet in each round
 * trip: 0.24 for our 0.85. Cubic grows by time, so that it has more where round trips are long or
 * windows large: it is back after the cube root of 0.75 windows, in seconds, and in that time we
 * have to grow by the 0.15 that we lose: by 0.17 of the square of that root. Both are a third to a
 * half more here, for we meet every overflow and a TCP only those that hit it.
 */
#define RENO_PERCENT 36
#define CUBIC_PERCENT 22
#define PACKET_BITS 12000
#define BPS_MOST INT64_C(1000000000)
#define ROUND_TRIP_LEAST_US TACET_MS(50)
#define ROUND_TRIP_MOST_US TACET_MS(250)

void tacet_competition_init(struct tacet_competition *c, int64_t now)
{
    *c = (struct tacet_competition){ .overflow_us = now - FELT_US };
}

static void begin_span(struct tacet_competition *c, int64_t now, int64_t level_us)
{
    c->before = c->span;
    c->span = (struct tacet_competition_span){ .low_us = level_us, .top_us = level_us };
    c->span_until_us = now + SPAN_US;
}

void tacet_competition_begin(struct tacet_competition *c, int64_t now,
                             const struct tacet_delay_trend *delay, int64_t queue_us)
{
    if (c->present) {
        return;
    }
    c->present = true;
    c->empty_us = delay->level_us - queue_us;
    begin_span(c, now, delay->level_us);
    c->before = c->span;
}

static int64_t least(const struct tacet_competition *c)
{
    return tacet_least(c->span.low_us, c->before.low_us);
}

static int64_t swing(const struct tacet_competition *c)
{
    return tacet_most(c->span.top_us, c->before.top_us) - least(c);
}

static bool by_chance(const struct tacet_competition *c)
{
    int64_t sent = c->span.sent + c->before.sent;
    int64_t lost = c->span.lost + c->before.lost;

    return (lost - LATE_PACKETS) * 1000 > sent * CHANCE_PERMILLE;
}

static bool overflows(struct tacet_competition *c, int64_t now,
                      const struct tacet_delay_trend *delay, size_t sent, size_t lost)
{
    if (swing(c) <= tacet_most(SWING_LEAST_US, SWING_NOISE_TIMES * delay->noise_us)) {
        return false;
    }
    if ((delay->level_us - least(c)) * 100 < swing(c) * LONG_PERCENT) {
        c->span.sent += (int64_t)sent;
        c->span.lost += (int64_t)lost;
        return false;
    }
    return lost > 0 && now - c->overflow_us >= APART_US && !by_chance(c);
}

bool tacet_competition_update(struct tacet_competition *c, int64_t now,
                              const struct tacet_delay_trend *delay, size_t sent, size_t lost)
{
    c->present = c->present && delay->level_us - c->empty_us > GONE_US;
    if (!c->present) {
        return false;
    }
    if (now >= c->span_until_us) {
        begin_span(c, now, delay->level_us);
    }
    c->span.low_us = tacet_least(c->span.low_us, delay->level_us);
    c->span.top_us = tacet_most(c->span.top_us, delay->level_us);
    if (!overflows(c, now, delay, sent, lost)) {
        return false;
    }
    c->overflow_us = now;
    return true;
}

bool tacet_competition_is_felt(const struct tacet_competition *c, int64_t now)
{
    return c->present && now - c->overflow_us < FELT_US;
}

int64_t tacet_competition_swing_us(const struct tacet_competition *c, int64_t now)
{
    return tacet_competition_is_felt(c, now) ? swing(c) : 0;
}

/* Rounded up. */
static int64_t cube_root(int64_t x)
{
    int64_t root = 0;

    while (root * root * root < x) {
        root++;
    }
    return root;
}

int64_t tacet_competition_growth_bps(int64_t bps, int64_t round_trip_us)
{
    int64_t ms = tacet_clamp(round_trip_us, ROUND_TRIP_LEAST_US, ROUND_TRIP_MOST_US) / 1000;
    int64_t packet_bps = PACKET_BITS * 1000 / ms; /* one more in each round trip */
    int64_t root = cube_root(tacet_least(bps, BPS_MOST) / packet_bps);

    return tacet_most(packet_bps * 1000 / ms * RENO_PERCENT / 100,
                      packet_bps * root * root * CUBIC_PERCENT / 100);
}
