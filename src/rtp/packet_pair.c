/* See packet_pair.h. */
#include "rtp/packet_pair.h"

#include "base/range.h"

#include <stdbool.h>

#define PACKETS_LEAST 5
#define FASTEST_BPS 1000000000
#define ALIKE_PERCENT 85

void tacet_packet_pair_add(struct tacet_packet_pair *p, int64_t now, size_t size)
{
    int64_t gap_us = now - p->last_us;

    if (p->packets > 0) {
        int64_t bps = (int64_t)size * 8000000 / (gap_us > 0 ? gap_us : 1);
        int64_t lower = bps < p->most_bps ? bps : p->most_bps;
        p->most_bps = bps > p->most_bps ? bps : p->most_bps;
        p->second_bps = lower > p->second_bps ? lower : p->second_bps;
    }
    p->packets += p->packets < PACKETS_LEAST;
    p->last_us = now;
}

int64_t tacet_packet_pair_guess_bps(const struct tacet_packet_pair *p)
{
    int64_t most = tacet_least(p->most_bps, FASTEST_BPS);
    int64_t second = tacet_least(p->second_bps, FASTEST_BPS);

    return second == 0 || p->packets < PACKETS_LEAST ? 0 : 2 * most * second / (most + second);
}

int64_t tacet_packet_pair_bps(const struct tacet_packet_pair *p)
{
    bool alike = p->second_bps * 100 >= p->most_bps * ALIKE_PERCENT;

    return p->packets < PACKETS_LEAST || !alike ? 0 : p->most_bps;
}
