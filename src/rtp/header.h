/* The RTP fixed header (RFC 3550 section 5.1). Header extensions and CSRCs are parsed over. */
#ifndef TACET_RTP_HEADER_H
#define TACET_RTP_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_RTP_HEADER_SIZE 12

/* Payload types (protocol.md section 8). */
enum tacet_payload_type {
    TACET_PT_RED = 63,
    TACET_PT_VP8 = 96,
    TACET_PT_RTX = 97,
    TACET_PT_VIDEO_FEC = 98,
    TACET_PT_OPUS = 111
};

struct tacet_rtp {
    uint8_t payload_type;
    bool marker;
    uint16_t seq;
    uint32_t timestamp;
    uint32_t ssrc;
    const uint8_t *payload; /* inside the parsed packet; padding taken off */
    size_t payload_size;
};

/* The SSRC of a packet not yet authenticated; false if it is too short. */
bool tacet_rtp_ssrc(const uint8_t *packet, size_t size, bool rtcp, uint32_t *ret_ssrc);
/* 0 or TACET_ERR_FORMAT. */
int tacet_rtp_parse(const uint8_t *packet, size_t size, struct tacet_rtp *ret);
/* Writes the 12 bytes; payload fields are ignored. */
void tacet_rtp_write(const struct tacet_rtp *header, uint8_t out[TACET_RTP_HEADER_SIZE]);

#endif
