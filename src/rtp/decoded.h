/*
 * The receiver's knowledge of what the decoder holds, and hence which frame it can decode next:
 * told by descriptors alone (RFC 7741 section 4.2, protocol.md section 8). The other half of
 * recovery.h. Pure.
 *
 *     what a frame needs, by its descriptor
 *
 *     key frame                nothing
 *     TID 0, Y                 the long-term picture KEYIDX
 *     TID 0                    the frame of the base layer before it: TL0PICIDX - 1
 *     TID > 0, Y               the frame of the base layer TL0PICIDX
 *     TID > 0                  that, and all frames between
 *     no TL0PICIDX or no TID   the frame before it
 */
#ifndef TACET_RTP_DECODED_H
#define TACET_RTP_DECODED_H

#include "rtp/payload_vp8.h"

#define TACET_LONG_TERM_MAX   4 /* numbers of 32 that are remembered */
#define TACET_LONG_TERM_ACKED 2 /* GOLDEN and ALTREF: the sender has no more */

/* A picture that later frames may be predicted from, although all between is lost. */
struct tacet_long_term {
    bool held;
    uint8_t number; /* KEYIDX */
    uint16_t picture_id;
};

/* Zeroed to begin: nothing but a key frame can be decoded then. */
struct tacet_decoded {
    bool intact;       /* nothing but fillers has been passed over since the last frame */
    bool intact_base;  /* nor since the last of the base layer */
    bool has_layers;   /* they say what they depend on; the following are valid */
    bool has_base;
    uint8_t tl0;       /* TL0PICIDX of the last frame of the base layer */
    uint8_t number;    /* KEYIDX of it */
    uint16_t picture_id;
    struct tacet_long_term long_term[TACET_LONG_TERM_MAX]; /* newest first */
};

/* Whether the inter frame of that descriptor decodes. `next`: nothing is missing before it. */
bool tacet_decoded_allows(const struct tacet_decoded *d, const struct tacet_vp8_descriptor *frame,
                          bool next);
/* Whether all frames behind that one, which has not been decoded, do without it. */
bool tacet_decoded_spares(const struct tacet_decoded *d, const struct tacet_vp8_descriptor *frame);
/* The frame of that descriptor has been decoded. */
void tacet_decoded_on_frame(struct tacet_decoded *d, const struct tacet_vp8_descriptor *frame,
                            bool key);
/* Something has been passed over. */
void tacet_decoded_on_gap(struct tacet_decoded *d);
/* The long-term pictures decoded last, newest first: what RPSI acknowledges. Returns how many, at
 * most TACET_LONG_TERM_ACKED. */
size_t tacet_decoded_long_term(const struct tacet_decoded *d,
                               uint16_t picture_ids[TACET_LONG_TERM_ACKED]);

#endif
