/* See pacer.h. */
#include "rtp/pacer.h"

#include "base/limits.h"

#include <assert.h>

#define RATE_LEAST_BPS 10000
#define PEAK_TIMES 4
#define ALLOWANCE_LEAST_BYTES 2600 /* two full packets */
#define DEBT_MAX_US TACET_S(1)
#define UNIT INT64_C(8000000) /* bit/s times microseconds in a byte */

/* What goes out in the long run, and what may go out ahead of that. */
static const struct {
    int64_t percent;
    int64_t ahead_us;
} slacks[] = {
    [TACET_PACER_TIGHT] = { 106, TACET_MS(30) },
    [TACET_PACER_SLACK] = { 120, TACET_MS(45) },
    [TACET_PACER_ROOM] = { 250, TACET_MS(45) },
};

static int64_t sustained(const struct tacet_pacer *p)
{
    return p->rate_bps * slacks[p->slack].percent / 100;
}

static int64_t allowance(const struct tacet_pacer *p)
{
    int64_t bytes = sustained(p) * slacks[p->slack].ahead_us;

    return bytes > ALLOWANCE_LEAST_BYTES * UNIT ? bytes : ALLOWANCE_LEAST_BYTES * UNIT;
}

static int64_t spent_at(const struct tacet_pacer *p, int64_t now)
{
    int64_t passed_us = now - p->updated_us;

    passed_us = passed_us > 0 ? passed_us : 0;
    /* The multiplication below stays in range. */
    passed_us = passed_us < TACET_S(60) ? passed_us : TACET_S(60);
    int64_t left = p->spent - sustained(p) * passed_us;
    return left > 0 ? left : 0;
}

void tacet_pacer_init(struct tacet_pacer *p, int64_t now, int64_t rate_bps)
{
    *p = (struct tacet_pacer){ .updated_us = now, .peak_free_us = now };
    tacet_pacer_set_rate(p, now, rate_bps, TACET_PACER_SLACK);
}

void tacet_pacer_set_rate(struct tacet_pacer *p, int64_t now, int64_t rate_bps,
                          enum tacet_pacer_slack slack)
{
    p->spent = spent_at(p, now);
    p->updated_us = now;
    p->rate_bps = rate_bps > RATE_LEAST_BPS ? rate_bps : RATE_LEAST_BPS;
    p->slack = slack;
    /* What was sent at a higher rate does not silence a lower one for long. */
    int64_t debt_max = allowance(p) + sustained(p) * DEBT_MAX_US;
    p->spent = p->spent < debt_max ? p->spent : debt_max;
}

void tacet_pacer_set_probe(struct tacet_pacer *p, int64_t now, int64_t rate_bps)
{
    assert(rate_bps >= 0);
    if (rate_bps > 0 && p->probe_bps == 0 && p->peak_free_us > now) {
        p->peak_free_us = now;
    }
    p->probe_bps = rate_bps;
}

int64_t tacet_pacer_next(const struct tacet_pacer *p)
{
    int64_t over = p->spent - allowance(p);
    int64_t next = p->peak_free_us;

    if (p->probe_bps == 0 && over > 0) {
        int64_t at = p->updated_us + (over + sustained(p) - 1) / sustained(p);
        next = at > next ? at : next;
    }
    return next;
}

void tacet_pacer_on_sent(struct tacet_pacer *p, int64_t now, size_t size)
{
    int64_t peak = p->probe_bps > 0 ? p->probe_bps : p->rate_bps * PEAK_TIMES;
    int64_t begin = p->peak_free_us > now ? p->peak_free_us : now;

    p->spent = spent_at(p, now) + (int64_t)size * UNIT;
    p->updated_us = now;
    p->peak_free_us = begin + (int64_t)size * UNIT / peak;
}

int64_t tacet_pacer_wait(const struct tacet_pacer *p, int64_t now, size_t waiting)
{
    int64_t over = spent_at(p, now) + (int64_t)waiting * UNIT - allowance(p);

    return over > 0 ? over / sustained(p) : 0;
}
