/* What a datagram is, by its first bytes (RFC 7983, RFC 9443; protocol.md section 2). */
#ifndef TACET_CALL_DEMUX_H
#define TACET_CALL_DEMUX_H

#include <stddef.h>
#include <stdint.h>

enum tacet_packet_type {
    TACET_PACKET_INIT = 0x08,
    TACET_PACKET_RESP = 0x09,
    TACET_PACKET_FIN = 0x0a,
    TACET_PACKET_COOKIE = 0x0b,
    TACET_PACKET_CTRL = 0x0c,
    TACET_PACKET_RELAY = 0x0d,
    TACET_PACKET_RTP = 128,
    TACET_PACKET_RTCP = 192,
    TACET_PACKET_UNKNOWN = 255
};

enum tacet_packet_type tacet_demux(const uint8_t *packet, size_t size);

#endif
