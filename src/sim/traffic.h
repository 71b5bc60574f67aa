/* What a party puts on the wire, told apart by what anyone on the way can see: first byte, payload
 * type. Bytes are UDP payload. */
#ifndef TACET_SIM_TRAFFIC_H
#define TACET_SIM_TRAFFIC_H

#include <stddef.h>
#include <stdint.h>

#define TACET_IP_UDP_BYTES 28 /* of a packet below its UDP payload, with IPv4 */

enum tacet_traffic_kind {
    TACET_TRAFFIC_OTHER = 0, /* handshake, control, RTCP */
    TACET_TRAFFIC_AUDIO,
    TACET_TRAFFIC_VIDEO, /* first transmissions */
    TACET_TRAFFIC_RTX,
    TACET_TRAFFIC_FEC,
    TACET_TRAFFIC_KINDS
};

struct tacet_traffic { /* zero-initialised: nothing yet */
    uint64_t packets[TACET_TRAFFIC_KINDS];
    uint64_t bytes[TACET_TRAFFIC_KINDS];
};

void tacet_traffic_add(struct tacet_traffic *traffic, const uint8_t *data, size_t size);
/* All that video costs: payload, retransmissions, repairs. */
uint64_t tacet_traffic_video_bytes(const struct tacet_traffic *traffic);
/* Everything, with IP and UDP headers: what a link's rate counts. */
uint64_t tacet_traffic_link_bytes(const struct tacet_traffic *traffic);

#endif
