/*
 * See header.h. The first parser behind SRTP's authentication, and a glance ahead of it, which only
 * says where a packet belongs and is believed for nothing else.
 */
#include "rtp/header.h"

#include "base/bytes.h"
#include "tacet/error.h"

#include <assert.h>

#define VERSION 2
#define PADDING_BIT 0x20
#define EXTENSION_BIT 0x10
#define MARKER_BIT 0x80

bool tacet_rtp_ssrc(const uint8_t *packet, size_t size, bool rtcp, uint32_t *ret_ssrc)
{
    struct tacet_reader r = tacet_reader(packet, size);

    tacet_read_skip(&r, rtcp ? 4 : 8);
    uint32_t ssrc = tacet_read_u32(&r);
    if (r.failed) {
        return false;
    }
    *ret_ssrc = ssrc;
    return true;
}

/* RFC 3550 section 5.1: the last byte counts the padding, itself included. */
static size_t padding_size(const uint8_t *packet, size_t size)
{
    struct tacet_reader r = tacet_reader(packet, size);

    tacet_read_skip(&r, size - 1);
    return tacet_read_u8(&r);
}

int tacet_rtp_parse(const uint8_t *packet, size_t size, struct tacet_rtp *ret)
{
    struct tacet_reader r = tacet_reader(packet, size);
    struct tacet_rtp header = { 0 };

    uint8_t first = tacet_read_u8(&r);
    uint8_t second = tacet_read_u8(&r);
    header.payload_type = (uint8_t)(second & ~MARKER_BIT);
    header.marker = (second & MARKER_BIT) != 0;
    header.seq = tacet_read_u16(&r);
    header.timestamp = tacet_read_u32(&r);
    header.ssrc = tacet_read_u32(&r);
    tacet_read_skip(&r, (size_t)(first & 0x0f) * 4); /* CSRCs */
    if ((first & EXTENSION_BIT) != 0) {
        tacet_read_skip(&r, 2); /* defined by the profile */
        tacet_read_skip(&r, (size_t)tacet_read_u16(&r) * 4);
    }
    if (r.failed || first >> 6 != VERSION) {
        return TACET_ERR_FORMAT;
    }
    header.payload_size = tacet_reader_left(&r);
    if ((first & PADDING_BIT) != 0) {
        size_t padding = padding_size(packet, size);
        if (padding == 0 || padding > header.payload_size) {
            return TACET_ERR_FORMAT;
        }
        header.payload_size -= padding;
    }
    header.payload = tacet_read_view(&r, header.payload_size);
    *ret = header;
    return 0;
}

void tacet_rtp_write(const struct tacet_rtp *header, uint8_t out[TACET_RTP_HEADER_SIZE])
{
    struct tacet_writer w = tacet_writer(out, TACET_RTP_HEADER_SIZE);

    assert(header->payload_type <= 127);
    tacet_write_u8(&w, VERSION << 6);
    tacet_write_u8(&w, (uint8_t)(header->payload_type | (header->marker ? MARKER_BIT : 0)));
    tacet_write_u16(&w, header->seq);
    tacet_write_u32(&w, header->timestamp);
    tacet_write_u32(&w, header->ssrc);
    assert(!w.failed && w.at == TACET_RTP_HEADER_SIZE);
}
