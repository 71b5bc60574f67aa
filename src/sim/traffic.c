/* See traffic.h. Payload types: docs/protocol.md, "Media"; RTP or RTCP: RFC 5761 section 4. */
#include "sim/traffic.h"

#define PT_OPUS 111
#define PT_RED 63
#define PT_VP8 96
#define PT_RTX 97
#define PT_FEC 98

static enum tacet_traffic_kind kind_of(const uint8_t *data, size_t size)
{
    if (size < 2 || data[0] < 128 || data[0] > 191 || (data[1] >= 192 && data[1] <= 223)) {
        return TACET_TRAFFIC_OTHER;
    }
    switch (data[1] & 0x7F) {
    case PT_OPUS:
    case PT_RED:
        return TACET_TRAFFIC_AUDIO;
    case PT_VP8:
        return TACET_TRAFFIC_VIDEO;
    case PT_RTX:
        return TACET_TRAFFIC_RTX;
    case PT_FEC:
        return TACET_TRAFFIC_FEC;
    default:
        return TACET_TRAFFIC_OTHER;
    }
}

void tacet_traffic_add(struct tacet_traffic *traffic, const uint8_t *data, size_t size)
{
    enum tacet_traffic_kind kind = kind_of(data, size);

    traffic->packets[kind]++;
    traffic->bytes[kind] += size;
}

uint64_t tacet_traffic_video_bytes(const struct tacet_traffic *traffic)
{
    return traffic->bytes[TACET_TRAFFIC_VIDEO] + traffic->bytes[TACET_TRAFFIC_RTX] +
           traffic->bytes[TACET_TRAFFIC_FEC];
}

uint64_t tacet_traffic_link_bytes(const struct tacet_traffic *traffic)
{
    uint64_t sum = 0;

    for (int kind = 0; kind < TACET_TRAFFIC_KINDS; kind++) {
        sum += traffic->bytes[kind] + TACET_IP_UDP_BYTES * traffic->packets[kind];
    }
    return sum;
}
