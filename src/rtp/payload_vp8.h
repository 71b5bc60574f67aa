/*
 * The VP8 payload (RFC 7741): descriptor in and out, and cutting a frame into packets. Putting
 * frames together again is assembly.h.
 */
#ifndef TACET_RTP_PAYLOAD_VP8_H
#define TACET_RTP_PAYLOAD_VP8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_VP8_DESCRIPTOR_MAX 6

struct tacet_vp8_descriptor { /* RFC 7741 section 4.2 */
    bool non_reference;       /* N */
    bool start;               /* S */
    uint8_t partition;        /* PID */
    bool has_picture_id;
    uint16_t picture_id;      /* 15 bits; a 7-bit one on the wire is widened by nobody here */
    bool picture_id_long;     /* M */
    bool has_tl0;
    uint8_t tl0_picture_index;
    bool has_temporal_layer;
    uint8_t temporal_layer;   /* TID */
    bool layer_sync;          /* Y */
    bool has_key_index;
    uint8_t key_index;        /* KEYIDX */
};

/* Reads a descriptor; *ret_size is its length. TACET_ERR_FORMAT (also: nothing behind it). */
int tacet_vp8_descriptor_parse(const uint8_t *payload, size_t size,
                               struct tacet_vp8_descriptor *ret, size_t *ret_size);
/* Whether the packet is the first one of its frame. */
bool tacet_vp8_begins_frame(const struct tacet_vp8_descriptor *d);
/* ... and this a key frame; `behind` is what follows the descriptor, a byte at least. */
bool tacet_vp8_begins_key_frame(const struct tacet_vp8_descriptor *d, const uint8_t *behind);
/* Writes it and returns its length. */
size_t tacet_vp8_descriptor_write(const struct tacet_vp8_descriptor *d,
                                  uint8_t out[TACET_VP8_DESCRIPTOR_MAX]);

/* The first bytes of a VP8 frame (RFC 6386 section 9.1). TACET_ERR_FORMAT. */
struct tacet_vp8_header {
    bool key;
    bool shown;
    uint16_t width;  /* key frames only */
    uint16_t height;
};
int tacet_vp8_header_parse(const uint8_t *frame, size_t size, struct tacet_vp8_header *ret);

/* Cuts a frame of `size` bytes into packets of nearly equal size, each at most `payload_max` with
 * its descriptor. */
struct tacet_vp8_cutter {
    const uint8_t *frame;
    size_t size;
    size_t at;
    size_t packets_left;
    struct tacet_vp8_descriptor descriptor;
};
void tacet_vp8_cut(struct tacet_vp8_cutter *c, const uint8_t *frame, size_t size,
                   const struct tacet_vp8_descriptor *descriptor, size_t payload_max);
size_t tacet_vp8_cut_count(const struct tacet_vp8_cutter *c);
/* Writes the next payload; returns its size, 0 when the frame is done. *ret_last: set marker. */
size_t tacet_vp8_cut_next(struct tacet_vp8_cutter *c, uint8_t *out, size_t capacity,
                          bool *ret_last);

#endif
