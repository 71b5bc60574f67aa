/* See history.h. */
#include "rtp/history.h"

#include <assert.h>
#include <string.h>

_Static_assert(TACET_HISTORY_PACKETS <= 0x8000, "a 16-bit number names one packet of the ring");

void tacet_history_put(struct tacet_history *h, int64_t now, uint64_t seq, uint32_t timestamp,
                       bool marker, const uint8_t *payload, size_t size)
{
    struct tacet_history_packet *p = &h->packets[seq % TACET_HISTORY_PACKETS];

    assert(size <= sizeof(p->payload));
    p->used = true;
    p->marker = marker;
    p->seq = seq;
    p->timestamp = timestamp;
    p->sent_at_us = now;
    p->times = 0;
    p->size = size;
    memcpy(p->payload, payload, size);
    h->next = seq + 1;
}

struct tacet_history_packet *tacet_history_find(struct tacet_history *h, uint16_t seq)
{
    uint64_t back = (uint16_t)((uint16_t)h->next - seq); /* 1: the last one */

    if (back == 0 || back > TACET_HISTORY_PACKETS || back > h->next) {
        return NULL;
    }
    struct tacet_history_packet *p = &h->packets[(h->next - back) % TACET_HISTORY_PACKETS];
    return p->used && p->seq == h->next - back ? p : NULL;
}
