/*
 * See rtcp.h. Reading is in two steps, so that a packet whose lengths do not add up is refused as a
 * whole (RFC 3550 appendix A.2), while one part that is malformed inside is passed over alone.
 */
#include "rtp/rtcp.h"

#include "rtp/nack.h"

#include "tacet/error.h"

#include <assert.h>
#include <string.h>

#define VERSION 2
#define PADDING_BIT 0x20
#define COUNT_MASK 0x1f
#define SDES_CNAME 1
#define PAYLOAD_TYPE_MASK 0x7f
#define LONG_PICTURE_ID 0x8000 /* M: 15 bits follow */

struct part_header {
    bool padding;
    uint8_t count; /* or format, or subtype */
    uint8_t type;
    size_t body_size;
};

/* The common header; the body must be there whole. */
static bool read_header(struct tacet_reader *r, struct part_header *ret)
{
    uint8_t first = tacet_read_u8(r);

    ret->padding = (first & PADDING_BIT) != 0;
    ret->count = first & COUNT_MASK;
    ret->type = tacet_read_u8(r);
    ret->body_size = (size_t)tacet_read_u16(r) * 4;
    return !r->failed && first >> 6 == VERSION && ret->body_size <= tacet_reader_left(r);
}

/* Takes the padding of the last part off its body. */
static bool strip_padding(const uint8_t *body, size_t *body_size)
{
    struct tacet_reader r = tacet_reader(body, *body_size);

    if (*body_size == 0) {
        return false;
    }
    tacet_read_skip(&r, *body_size - 1);
    uint8_t padding = tacet_read_u8(&r);
    if (padding == 0 || padding % 4 != 0 || padding > *body_size) {
        return false;
    }
    *body_size -= padding;
    return true;
}

int tacet_rtcp_check(const uint8_t *packet, size_t size)
{
    struct tacet_reader r = tacet_reader(packet, size);

    if (size == 0) {
        return TACET_ERR_FORMAT;
    }
    while (tacet_reader_left(&r) > 0) {
        struct part_header header;
        if (!read_header(&r, &header)) {
            return TACET_ERR_FORMAT;
        }
        const uint8_t *body = tacet_read_view(&r, header.body_size);
        if (header.padding &&
            (tacet_reader_left(&r) > 0 || !strip_padding(body, &header.body_size))) {
            return TACET_ERR_FORMAT; /* only the last part may be padded */
        }
    }
    return 0;
}

static void read_block(struct tacet_reader *r, struct tacet_report_block *ret)
{
    ret->ssrc = tacet_read_u32(r);
    ret->fraction_lost = tacet_read_u8(r);
    uint32_t lost = tacet_read_u24(r);
    ret->cumulative_lost = (int32_t)(lost & 0x7fffff) - (int32_t)(lost & 0x800000);
    ret->highest_seq = tacet_read_u32(r);
    ret->jitter = tacet_read_u32(r);
    ret->last_sr = tacet_read_u32(r);
    ret->delay_since_last_sr = tacet_read_u32(r);
}

/* SR and RR; what follows the blocks is an extension of some profile and is passed over. */
static bool read_report(struct tacet_reader *r, uint8_t count, struct tacet_rtcp_part *part)
{
    part->ssrc = tacet_read_u32(r);
    if (part->type == TACET_RTCP_SR) {
        part->u.report.ntp = tacet_read_u64(r);
        part->u.report.rtp_timestamp = tacet_read_u32(r);
        part->u.report.packet_count = tacet_read_u32(r);
        part->u.report.octet_count = tacet_read_u32(r);
    }
    for (uint8_t i = 0; i < count; i++) {
        struct tacet_report_block block;
        read_block(r, &block);
        if (part->u.report.block_count < TACET_REPORT_BLOCKS_MAX) {
            part->u.report.blocks[part->u.report.block_count++] = block;
        }
    }
    return !r->failed;
}

/* The CNAME of the first chunk; a longer one than ours is malformed. No chunk: an empty name. */
static bool read_sdes(struct tacet_reader *r, uint8_t count, struct tacet_rtcp_part *part)
{
    if (count == 0) {
        return true;
    }
    part->ssrc = tacet_read_u32(r);
    for (;;) {
        uint8_t item = tacet_read_u8(r);
        if (item == 0) { /* the end of the chunk, or of the data */
            return !r->failed;
        }
        uint8_t length = tacet_read_u8(r);
        if (item != SDES_CNAME) {
            tacet_read_skip(r, length);
            continue;
        }
        if (length > TACET_CNAME_MAX) {
            return false;
        }
        memset(part->u.cname, 0, sizeof(part->u.cname));
        tacet_read_bytes(r, part->u.cname, length);
    }
}

static bool read_feedback(struct tacet_reader *r, struct tacet_rtcp_part *part)
{
    part->ssrc = tacet_read_u32(r);
    if (part->type != TACET_RTCP_RTPFB || part->format != TACET_RTPFB_CCFB) {
        part->u.feedback.media_ssrc = tacet_read_u32(r);
    }
    part->u.feedback.fci_size = tacet_reader_left(r);
    part->u.feedback.fci = tacet_read_view(r, part->u.feedback.fci_size);
    return !r->failed;
}

static bool read_part(struct tacet_reader *r, const struct part_header *header,
                      struct tacet_rtcp_part *part)
{
    switch (part->type) {
    case TACET_RTCP_SR:
    case TACET_RTCP_RR:
        return read_report(r, header->count, part);
    case TACET_RTCP_SDES:
        return read_sdes(r, header->count, part);
    case TACET_RTCP_BYE:
        if (header->count > 0) {
            part->ssrc = tacet_read_u32(r);
        }
        return !r->failed;
    case TACET_RTCP_RTPFB:
    case TACET_RTCP_PSFB:
        part->format = header->count;
        return read_feedback(r, part);
    default:
        return true;
    }
}

static bool is_known(uint8_t type)
{
    return (type >= TACET_RTCP_SR && type <= TACET_RTCP_BYE) || type == TACET_RTCP_RTPFB ||
           type == TACET_RTCP_PSFB;
}

int tacet_rtcp_next(struct tacet_reader *reader, struct tacet_rtcp_part *ret)
{
    while (tacet_reader_left(reader) > 0) {
        struct part_header header;
        if (!read_header(reader, &header)) {
            reader->failed = true; /* not checked before: nothing more to find */
            return TACET_ERR_FORMAT;
        }
        const uint8_t *body = tacet_read_view(reader, header.body_size);
        if (header.padding && !strip_padding(body, &header.body_size)) {
            return TACET_ERR_FORMAT;
        }
        if (!is_known(header.type)) {
            continue;
        }
        struct tacet_rtcp_part part = { .type = (enum tacet_rtcp_type)header.type };
        struct tacet_reader inner = tacet_reader(body, header.body_size);
        if (!read_part(&inner, &header, &part)) {
            return TACET_ERR_FORMAT;
        }
        *ret = part;
        return 1;
    }
    return 0;
}

static void write_header(struct tacet_writer *w, size_t count, enum tacet_rtcp_type type,
                         size_t body_size)
{
    assert(count <= COUNT_MASK);
    assert(body_size % 4 == 0);
    tacet_write_u8(w, (uint8_t)(VERSION << 6 | count));
    tacet_write_u8(w, (uint8_t)type);
    tacet_write_u16(w, (uint16_t)(body_size / 4));
}

static void write_block(struct tacet_writer *w, const struct tacet_report_block *block)
{
    assert(block->cumulative_lost >= -0x800000 && block->cumulative_lost <= 0x7fffff);
    tacet_write_u32(w, block->ssrc);
    tacet_write_u8(w, block->fraction_lost);
    tacet_write_u24(w, (uint32_t)block->cumulative_lost & 0xffffff);
    tacet_write_u32(w, block->highest_seq);
    tacet_write_u32(w, block->jitter);
    tacet_write_u32(w, block->last_sr);
    tacet_write_u32(w, block->delay_since_last_sr);
}

void tacet_rtcp_write_report(struct tacet_writer *w, const struct tacet_rtcp_part *report)
{
    bool sender = report->type == TACET_RTCP_SR;
    size_t blocks = report->u.report.block_count;

    assert(sender || report->type == TACET_RTCP_RR);
    assert(blocks <= TACET_REPORT_BLOCKS_MAX);
    write_header(w, blocks, report->type, 4 + (sender ? 20u : 0u) + blocks * 24);
    tacet_write_u32(w, report->ssrc);
    if (sender) {
        tacet_write_u64(w, report->u.report.ntp);
        tacet_write_u32(w, report->u.report.rtp_timestamp);
        tacet_write_u32(w, report->u.report.packet_count);
        tacet_write_u32(w, report->u.report.octet_count);
    }
    for (size_t i = 0; i < blocks; i++) {
        write_block(w, &report->u.report.blocks[i]);
    }
}

void tacet_rtcp_write_sdes(struct tacet_writer *w, uint32_t ssrc, const char *cname)
{
    size_t length = strlen(cname);
    /* RFC 3550 section 6.5: at least one zero ends the items, then up to the next word. */
    size_t body_size = (4 + 2 + length + 1 + 3) / 4 * 4;

    assert(length <= TACET_CNAME_MAX);
    write_header(w, 1, TACET_RTCP_SDES, body_size);
    tacet_write_u32(w, ssrc);
    tacet_write_u8(w, SDES_CNAME);
    tacet_write_u8(w, (uint8_t)length);
    tacet_write_bytes(w, cname, length);
    tacet_write_zeros(w, body_size - 6 - length);
}

void tacet_rtcp_write_nack(struct tacet_writer *w, uint32_t ssrc, uint32_t media_ssrc,
                           const uint16_t *seqs, size_t count)
{
    write_header(w, TACET_RTPFB_NACK, TACET_RTCP_RTPFB, 8 + 4 * tacet_nack_pairs(seqs, count));
    tacet_write_u32(w, ssrc);
    tacet_write_u32(w, media_ssrc);
    tacet_nack_write(w, seqs, count);
}

void tacet_rtcp_write_pli(struct tacet_writer *w, uint32_t ssrc, uint32_t media_ssrc)
{
    write_header(w, TACET_PSFB_PLI, TACET_RTCP_PSFB, 8);
    tacet_write_u32(w, ssrc);
    tacet_write_u32(w, media_ssrc);
}

void tacet_rtcp_write_ccfb(struct tacet_writer *w, uint32_t ssrc, size_t fci_size)
{
    write_header(w, TACET_RTPFB_CCFB, TACET_RTCP_RTPFB, 4 + fci_size);
    tacet_write_u32(w, ssrc);
}

void tacet_rtcp_write_rpsi(struct tacet_writer *w, uint32_t ssrc, uint32_t media_ssrc,
                           uint8_t payload_type, uint16_t picture_id)
{
    assert(payload_type <= PAYLOAD_TYPE_MASK);
    assert((picture_id & LONG_PICTURE_ID) == 0);
    write_header(w, TACET_PSFB_RPSI, TACET_RTCP_PSFB, 12);
    tacet_write_u32(w, ssrc);
    tacet_write_u32(w, media_ssrc);
    tacet_write_u8(w, 0); /* PB: the two bytes fill the word */
    tacet_write_u8(w, payload_type);
    tacet_write_u16(w, LONG_PICTURE_ID | picture_id);
}

int tacet_rtcp_read_rpsi(const uint8_t *fci, size_t size, uint8_t payload_type,
                         uint16_t *ret_picture_id)
{
    struct tacet_reader r = tacet_reader(fci, size);
    uint8_t padding_bits = tacet_read_u8(&r);
    uint8_t type = tacet_read_u8(&r) & PAYLOAD_TYPE_MASK; /* the bit above is ignored */
    uint16_t picture_id = tacet_read_u16(&r);

    if (r.failed || tacet_reader_left(&r) > 0 || padding_bits != 0 || type != payload_type ||
        (picture_id & LONG_PICTURE_ID) == 0) {
        return TACET_ERR_FORMAT;
    }
    *ret_picture_id = picture_id & 0x7fff;
    return 0;
}

uint64_t tacet_ntp(int64_t now)
{
    assert(now >= 0);
    uint64_t seconds = (uint64_t)now / 1000000;
    uint64_t rest = (uint64_t)now % 1000000;
    return seconds << 32 | ((rest << 32) + 500000) / 1000000;
}

int64_t tacet_ntp_us(uint64_t ntp)
{
    return (int64_t)((ntp >> 32) * 1000000 + (((ntp & UINT32_MAX) * 1000000 + (1U << 31)) >> 32));
}

uint32_t tacet_ntp_middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}
