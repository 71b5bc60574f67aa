/* See probing.h. */
#include "rtp/probing.h"

#include "base/limits.h"
#include "base/range.h"

/* How fast, of the estimate */
#define FIRST_PERCENT 300
#define RATE_PERCENT 150
#define NEXT_PERCENT 200 /* after one that went through */
#define OF_MOST_PERCENT 115
#define LEAST_BPS 100000 /* a slower one is not sent in the time it has (probe.c) */

/* For how long */
#define LENGTH_US TACET_MS(60)
#define LENGTH_MAX_US TACET_MS(150)
#define NOISE_TIMES 12

/* When */
#define AT_START 3
#define APART_START_US TACET_MS(200)
#define APART_US TACET_MS(2500)
#define BLIND_APART_US TACET_S(8)
#define AFTER_DECREASE_US TACET_MS(2000)
#define PATIENCE_US TACET_MS(300)
#define ROOM_PERCENT 120 /* of the estimate: so fast trains of packets arrive */

/* One's own probe may leave so long a queue for so long. */
#define QUEUE_US TACET_MS(70)
#define GRACE_US TACET_MS(400)

void tacet_probing_init(struct tacet_probing *p, int64_t now)
{
    *p = (struct tacet_probing){ .next_us = now, .ended_us = now - TACET_S(10) };
}

/* Something tells of room, or nothing is known of it, or nothing has been tried for long. */
static bool may_succeed(const struct tacet_probing *p, int64_t now, int64_t estimate_bps,
                        const struct tacet_dispersion *trains)
{
    int64_t trains_bps = tacet_dispersion_bps(trains);

    return p->begun < AT_START || now >= p->blind_us || trains_bps == 0 ||
           trains_bps * 100 > estimate_bps * ROOM_PERCENT || tacet_dispersion_is_none(trains);
}

bool tacet_probing_is_due(const struct tacet_probing *p, int64_t now, int64_t estimate_bps,
                          const struct tacet_dispersion *trains)
{
    return p->probe.id == 0 && now >= p->next_us && may_succeed(p, now, estimate_bps, trains);
}

void tacet_probing_begin(struct tacet_probing *p, int64_t now, int64_t estimate_bps,
                         int64_t most_bps, int64_t noise_us)
{
    int64_t percent = p->begun == 0                         ? FIRST_PERCENT
                      : p->succeeded || p->begun < AT_START ? NEXT_PERCENT
                                                            : RATE_PERCENT;
    int64_t rate_bps = tacet_most(estimate_bps * percent / 100, LEAST_BPS);
    int64_t length_us = tacet_most(LENGTH_US, tacet_least(noise_us * NOISE_TIMES, LENGTH_MAX_US));

    p->begun += p->begun < AT_START;
    rate_bps = tacet_least(rate_bps, most_bps * OF_MOST_PERCENT / 100);
    tacet_probe_begin(&p->probe, now, rate_bps, length_us);
}

enum tacet_probe_outcome tacet_probing_update(struct tacet_probing *p, int64_t now,
                                              int64_t round_trip_us, int32_t own_loss_permille,
                                              int64_t *ret_bps)
{
    enum tacet_probe_outcome outcome =
        tacet_probe_update(&p->probe, now, round_trip_us + PATIENCE_US, own_loss_permille, ret_bps);

    if (outcome != TACET_PROBE_OPEN) {
        p->ended_us = now;
        p->succeeded = false;
        p->blind_us = now + BLIND_APART_US;
        p->next_us = now + (p->begun < AT_START ? APART_START_US : APART_US);
    }
    return outcome;
}

void tacet_probing_on_success(struct tacet_probing *p, int64_t now, int64_t round_trip_us)
{
    p->succeeded = true;
    p->blind_us = now;
    p->next_us = now + round_trip_us;
}

void tacet_probing_on_decrease(struct tacet_probing *p, int64_t now)
{
    p->next_us = tacet_most(p->next_us, now + AFTER_DECREASE_US);
}

void tacet_probing_begin_late(struct tacet_probing *p, int64_t now)
{
    p->begun = AT_START;
    p->next_us = now + APART_US;
}

void tacet_probing_begin_heard(struct tacet_probing *p)
{
    p->begun = 1;
}

void tacet_probing_put_off(struct tacet_probing *p, int64_t now)
{
    p->blind_us = now + BLIND_APART_US;
}

void tacet_probing_hasten(struct tacet_probing *p, int64_t now)
{
    p->next_us = now;
    p->blind_us = now;
}

bool tacet_probing_excuses(const struct tacet_probing *p, int64_t now, int64_t queue_us)
{
    return (p->probe.id != 0 || now - p->ended_us < GRACE_US) && queue_us < QUEUE_US;
}
