/* See packet_pair.h. */
#include "rtp/packet_pair.h"

#define PACKETS_LEAST 5

void tacet_packet_pair_add(struct tacet_packet_pair *p, int64_t now, size_t size)
{
    int64_t gap_us = now - p->last_us;

    if (p->packets > 0) {
        int64_t bps = (int64_t)size * 8000000 / (gap_us > 0 ? gap_us : 1);
        p->most_bps = bps > p->most_bps ? bps : p->most_bps;
    }
    p->packets += p->packets < PACKETS_LEAST;
    p->last_us = now;
}

int64_t tacet_packet_pair_bps(const struct tacet_packet_pair *p)
{
    return p->packets < PACKETS_LEAST ? 0 : p->most_bps;
}
