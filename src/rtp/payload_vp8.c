/*
 * See payload_vp8.h. The descriptor's bits, RFC 7741 section 4.2:
 *
 *      X R N S R PID   the first byte; X: the next one follows
 *      I L T K RSV     which of the following are there
 *      M PictureID     7 bits, or 15 with M            (I)
 *      TL0PICIDX                                       (L, needs T)
 *      TID Y KEYIDX    one byte                        (T or K)
 */
#include "rtp/payload_vp8.h"

#include "base/bytes.h"
#include "tacet/error.h"

#include <assert.h>

enum {
    BIT_X = 0x80,
    BIT_N = 0x20,
    BIT_S = 0x10,
    MASK_PID = 0x07,
    BIT_I = 0x80,
    BIT_L = 0x40,
    BIT_T = 0x20,
    BIT_K = 0x10,
    BIT_M = 0x80,
    BIT_Y = 0x20,
    MASK_KEYIDX = 0x1f
};

/* What the extension byte announces. */
static void parse_extension(struct tacet_reader *r, struct tacet_vp8_descriptor *d)
{
    uint8_t present = tacet_read_u8(r);

    if ((present & BIT_I) != 0) {
        uint8_t high = tacet_read_u8(r);
        d->has_picture_id = true;
        d->picture_id_long = (high & BIT_M) != 0;
        d->picture_id = high & 0x7f;
        if (d->picture_id_long) {
            d->picture_id = (uint16_t)(d->picture_id << 8 | tacet_read_u8(r));
        }
    }
    if ((present & BIT_L) != 0) {
        d->has_tl0 = true;
        d->tl0_picture_index = tacet_read_u8(r);
    }
    if ((present & (BIT_T | BIT_K)) != 0) {
        uint8_t bits = tacet_read_u8(r);
        d->has_temporal_layer = (present & BIT_T) != 0;
        d->has_key_index = (present & BIT_K) != 0;
        /* What is not announced must be ignored. */
        if (d->has_temporal_layer) {
            d->temporal_layer = bits >> 6;
            d->layer_sync = (bits & BIT_Y) != 0;
        }
        if (d->has_key_index) {
            d->key_index = bits & MASK_KEYIDX;
        }
    }
}

int tacet_vp8_descriptor_parse(const uint8_t *payload, size_t size,
                               struct tacet_vp8_descriptor *ret, size_t *ret_size)
{
    struct tacet_reader r = tacet_reader(payload, size);
    struct tacet_vp8_descriptor d = { 0 };

    uint8_t first = tacet_read_u8(&r);
    d.non_reference = (first & BIT_N) != 0;
    d.start = (first & BIT_S) != 0;
    d.partition = first & MASK_PID;
    if ((first & BIT_X) != 0) {
        parse_extension(&r, &d);
    }
    if (r.failed || tacet_reader_left(&r) == 0) {
        return TACET_ERR_FORMAT;
    }
    *ret = d;
    *ret_size = r.at;
    return 0;
}

bool tacet_vp8_begins_frame(const struct tacet_vp8_descriptor *d)
{
    return d->start && d->partition == 0;
}

bool tacet_vp8_begins_key_frame(const struct tacet_vp8_descriptor *d, const uint8_t *behind)
{
    /* RFC 6386 section 9.1: the lowest bit of a frame is 0 in a key frame. */
    return tacet_vp8_begins_frame(d) && (behind[0] & 1) == 0;
}

size_t tacet_vp8_descriptor_write(const struct tacet_vp8_descriptor *d,
                                  uint8_t out[TACET_VP8_DESCRIPTOR_MAX])
{
    struct tacet_writer w = tacet_writer(out, TACET_VP8_DESCRIPTOR_MAX);
    bool layers = d->has_temporal_layer || d->has_key_index;
    bool extended = d->has_picture_id || d->has_tl0 || layers;

    assert(d->partition <= MASK_PID);
    assert(d->temporal_layer <= 3 && d->key_index <= MASK_KEYIDX);
    assert(d->picture_id <= (d->picture_id_long ? 0x7fff : 0x7f));
    tacet_write_u8(&w, (uint8_t)((extended ? BIT_X : 0) | (d->non_reference ? BIT_N : 0) |
                                 (d->start ? BIT_S : 0) | d->partition));
    if (extended) {
        tacet_write_u8(&w, (uint8_t)((d->has_picture_id ? BIT_I : 0) | (d->has_tl0 ? BIT_L : 0) |
                                     (d->has_temporal_layer ? BIT_T : 0) |
                                     (d->has_key_index ? BIT_K : 0)));
    }
    if (d->has_picture_id && d->picture_id_long) {
        tacet_write_u16(&w, (uint16_t)(BIT_M << 8 | d->picture_id));
    } else if (d->has_picture_id) {
        tacet_write_u8(&w, (uint8_t)d->picture_id);
    }
    if (d->has_tl0) {
        tacet_write_u8(&w, d->tl0_picture_index);
    }
    if (layers) {
        uint8_t bits = d->has_key_index ? d->key_index : 0;
        if (d->has_temporal_layer) {
            bits = (uint8_t)(bits | d->temporal_layer << 6 | (d->layer_sync ? BIT_Y : 0));
        }
        tacet_write_u8(&w, bits);
    }
    assert(!w.failed);
    return w.at;
}

int tacet_vp8_header_parse(const uint8_t *frame, size_t size, struct tacet_vp8_header *ret)
{
    struct tacet_reader r = tacet_reader(frame, size);
    struct tacet_vp8_header header = { 0 };

    /* RFC 6386 section 9.1: the frame tag, little endian; key frames have a start code and their
     * size behind it, the upper two bits of which are a scale that we ignore. */
    uint8_t first = tacet_read_u8(&r);
    tacet_read_skip(&r, 2);
    header.key = (first & 0x01) == 0;
    header.shown = (first & 0x10) != 0;
    if (header.key) {
        uint32_t start_code = tacet_read_u24(&r);
        uint16_t width = tacet_read_u16(&r);
        uint16_t height = tacet_read_u16(&r);
        header.width = (uint16_t)((width >> 8 | width << 8) & 0x3fff);
        header.height = (uint16_t)((height >> 8 | height << 8) & 0x3fff);
        if (start_code != 0x9d012a || header.width == 0 || header.height == 0) {
            return TACET_ERR_FORMAT;
        }
    }
    if (r.failed) {
        return TACET_ERR_FORMAT;
    }
    *ret = header;
    return 0;
}

void tacet_vp8_cut(struct tacet_vp8_cutter *c, const uint8_t *frame, size_t size,
                   const struct tacet_vp8_descriptor *descriptor, size_t payload_max)
{
    uint8_t scratch[TACET_VP8_DESCRIPTOR_MAX];
    size_t descriptor_size = tacet_vp8_descriptor_write(descriptor, scratch);

    assert(size > 0);
    assert(payload_max > descriptor_size);
    size_t room = payload_max - descriptor_size;
    *c = (struct tacet_vp8_cutter){
        .frame = frame,
        .size = size,
        .packets_left = (size + room - 1) / room,
        .descriptor = *descriptor,
    };
    c->descriptor.partition = 0; /* partitions are not told apart: RFC 7741 section 4.2 allows it */
}

size_t tacet_vp8_cut_count(const struct tacet_vp8_cutter *c)
{
    return c->packets_left;
}

size_t tacet_vp8_cut_next(struct tacet_vp8_cutter *c, uint8_t *out, size_t capacity, bool *ret_last)
{
    uint8_t head[TACET_VP8_DESCRIPTOR_MAX];
    struct tacet_writer w = tacet_writer(out, capacity);

    if (c->packets_left == 0) {
        return 0;
    }
    /* Rounded up: what is left is never more than the packets left can hold. */
    size_t piece = (c->size - c->at + c->packets_left - 1) / c->packets_left;
    c->descriptor.start = c->at == 0;
    size_t head_size = tacet_vp8_descriptor_write(&c->descriptor, head);
    tacet_write_bytes(&w, head, head_size);
    tacet_write_bytes(&w, c->frame + c->at, piece);
    assert(!w.failed);
    c->at += piece;
    c->packets_left--;
    *ret_last = c->packets_left == 0;
    return w.at;
}
