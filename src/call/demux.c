/*
 * See demux.h. Nothing is parsed here: a type says only which parser may look at the datagram, and
 * every one of them checks length and authenticity itself.
 */
#include "call/demux.h"

#include <assert.h>

#define RTP_FIRST 128
#define RTP_LAST 191
#define RTCP_FIRST 192
#define RTCP_LAST 223
#define TACET_FIRST 4
#define TACET_LAST 15

enum tacet_packet_type tacet_demux(const uint8_t *packet, size_t size)
{
    assert(packet != NULL || size == 0);
    /* RTP and RTCP share the port and the first byte; the second tells them apart. */
    if (size < 2) {
        return TACET_PACKET_UNKNOWN;
    }
    if (packet[0] >= RTP_FIRST && packet[0] <= RTP_LAST) {
        /* RFC 5761 section 4: RTCP types 192 to 223 are RTP payload types 64 to 95 with the
         * marker set, which nobody may use on a shared port. */
        return packet[1] >= RTCP_FIRST && packet[1] <= RTCP_LAST ? TACET_PACKET_RTCP
                                                                 : TACET_PACKET_RTP;
    }
    if (packet[0] < TACET_FIRST || packet[0] > TACET_LAST) {
        return TACET_PACKET_UNKNOWN; /* STUN, DTLS, TURN and what RFC 7983 leaves open */
    }
    switch (packet[0]) {
    case TACET_PACKET_INIT:
        return TACET_PACKET_INIT;
    case TACET_PACKET_RESP:
        return TACET_PACKET_RESP;
    case TACET_PACKET_FIN:
        return TACET_PACKET_FIN;
    case TACET_PACKET_COOKIE:
        return TACET_PACKET_COOKIE;
    case TACET_PACKET_CTRL:
        return TACET_PACKET_CTRL;
    case TACET_PACKET_RELAY:
        return TACET_PACKET_RELAY;
    default:
        return TACET_PACKET_UNKNOWN;
    }
}
