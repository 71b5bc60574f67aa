/* Encoded frames: what crosses the border between the call and the codecs. */
#ifndef TACET_FRAME_H
#define TACET_FRAME_H

#include "tacet/api.h"

enum tacet_kind {
    TACET_KIND_AUDIO = 0,
    TACET_KIND_VIDEO = 1,
    TACET_KIND_COUNT
};

/* Bits of `references` and `updates`: the reference pictures of VP8 (RFC 6386 section 9.7). */
enum tacet_reference {
    TACET_REFERENCE_LAST = 1,
    TACET_REFERENCE_GOLDEN = 2,
    TACET_REFERENCE_ALTREF = 4
};

/*
 * What the encoder should predict the next picture from. GOLDEN and ALTREF are asked for where the
 * receivers are known to hold that picture of the encoder's and something newer is lost: unlike a
 * key frame, what comes of it is hardly larger than any other.
 */
enum tacet_refresh {
    TACET_REFRESH_NONE = 0, /* as it likes */
    TACET_REFRESH_KEY,      /* nothing: a key frame */
    TACET_REFRESH_GOLDEN,   /* the golden picture only */
    TACET_REFRESH_ALTREF    /* the altref picture only */
};

/* What to ask for where `newer` comes while `waiting` has not been made: a key frame heals all. */
static inline enum tacet_refresh tacet_refresh_join(enum tacet_refresh waiting,
                                                    enum tacet_refresh newer)
{
    return waiting == TACET_REFRESH_KEY || newer == TACET_REFRESH_NONE ? waiting : newer;
}

#define TACET_FRAME_SIZE_MAX (256 * 1024) /* bytes of one encoded picture */

/*
 * Sending: the encoder fills it, tacet_call_send_frame() reads it; the call computes the RTP
 * timestamp and the picture id, so those two are ignored there.
 * Receiving: tacet_call_poll_frame() fills it; captured_at_us is then by the sender's clock, which
 * is one for both kinds (so that audio and video can be shown together) and not the receiver's. It
 * is told by his reports and hence unknown, and 0, until the first one has come.
 */
struct tacet_frame {
    enum tacet_kind kind;
    bool key;                /* video: decodable without any earlier frame */
    uint8_t temporal_layer;  /* video: 0 is the base layer */
    uint8_t references;      /* video: bits of enum tacet_reference that decoding needs */
    uint8_t updates;         /* video: bits that decoding replaces */
    uint16_t picture_id;     /* video: 15 bits, RFC 7741 section 4.2 */
    uint16_t width;          /* video: pixels; of key frames, 0 where not known */
    uint16_t height;
    uint32_t rtp_timestamp;  /* audio: 48 kHz clock, video: 90 kHz clock */
    int64_t captured_at_us;  /* when the first sample or the picture was taken from its source */
    bool capture_known;      /* receiving: captured_at_us is valid */
    int64_t received_at_us;  /* receiving: when its last packet came */
    const uint8_t *data;     /* borrowed; see the function that takes or gives the frame */
    size_t size;             /* bytes, 1 to TACET_FRAME_SIZE_MAX */
};

#endif
