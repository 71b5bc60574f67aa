/* See frozen.h. Stricter than W3C's freezeCount, which forgives three average intervals and never
 * counts what came before the first picture. */
#include "sim/frozen.h"

void tacet_frozen_init(struct tacet_frozen *frozen, int64_t dialled_at_us)
{
    *frozen = (struct tacet_frozen){ .since_us = dialled_at_us + TACET_FROZEN_GRACE_US };
}

static int64_t wait(const struct tacet_frozen *frozen, int64_t now)
{
    int64_t gap_us = now - frozen->since_us;

    return gap_us > (frozen->any ? TACET_FROZEN_GAP_US : 0) ? gap_us : 0;
}

void tacet_frozen_on_shown(struct tacet_frozen *frozen, int64_t now)
{
    frozen->total_us += wait(frozen, now);
    frozen->since_us = now;
    frozen->any = true;
}

int64_t tacet_frozen_total(const struct tacet_frozen *frozen, int64_t now)
{
    return frozen->total_us + wait(frozen, now);
}

bool tacet_frozen_now(const struct tacet_frozen *frozen, int64_t now)
{
    return wait(frozen, now) > 0;
}
