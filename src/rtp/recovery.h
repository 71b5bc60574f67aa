/*
 * The sender's knowledge of which pictures its encoder predicts from, which of them the receiver
 * has said that it holds (RPSI, RFC 4585 section 6.3.3), and hence what to make when the receiver
 * has lost the picture: a frame from an older one that it has, or a key frame. It also numbers the
 * frames for the payload descriptor (RFC 7741 section 4.2). Pure.
 *
 *     buffers        LAST, GOLDEN, ALTREF: which frame stands in each at the encoder
 *     long-term      what the base layer put into GOLDEN or ALTREF, numbered by KEYIDX
 */
#ifndef TACET_RTP_RECOVERY_H
#define TACET_RTP_RECOVERY_H

#include "rtp/payload_vp8.h"
#include "tacet/frame.h"

#define TACET_RECOVERY_BUFFERS 3

struct tacet_recovery_buffer { /* bit i of references and updates is buffer i */
    bool valid;          /* what stands in it has been sent, with all that it needs */
    bool base;           /* a frame of the base layer */
    uint8_t tl0;         /* TL0PICIDX of it */
    bool long_term;
    bool acknowledged;
    uint8_t number;      /* KEYIDX of it; valid if long_term */
    uint16_t picture_id;
};

/* Zeroed to begin: nothing but a key frame can be sent then. */
struct tacet_recovery {
    struct tacet_recovery_buffer buffers[TACET_RECOVERY_BUFFERS];
    uint8_t tl0;              /* of the last frame of the base layer */
    uint8_t number_newest;    /* of the last long-term picture ever made */
    uint8_t number;           /* of the newest among those that the next frame builds on */
    bool asked;               /* ever */
    int64_t asked_at_us;      /* when the last refresh was decided on */
    bool key_asked;
    int64_t key_asked_at_us;  /* likewise a key frame */
};

/* Why there is something to decide. */
enum tacet_recovery_cause {
    TACET_RECOVERY_PLI,     /* the receiver says that it lost the picture */
    TACET_RECOVERY_LEFT_OUT /* a frame was not sent, or cannot be for want of such a one */
};

/* Whether the receiver can decode the frame if it has all that was sent. */
bool tacet_recovery_can_send(const struct tacet_recovery *r, const struct tacet_frame *frame);
/* Fills what the descriptor says of the frame's place among the others. */
void tacet_recovery_describe(const struct tacet_recovery *r, const struct tacet_frame *frame,
                             struct tacet_vp8_descriptor *d);
/* The frame has been sent under that picture id; or it was left out. */
void tacet_recovery_on_sent(struct tacet_recovery *r, const struct tacet_frame *frame,
                            uint16_t picture_id);
void tacet_recovery_on_left_out(struct tacet_recovery *r, const struct tacet_frame *frame);

/* What has been sent counts no longer, but for what the receiver has said that it holds. */
void tacet_recovery_abandon(struct tacet_recovery *r);

/* The receiver holds that picture; it holds none (what it has is said again behind that). */
void tacet_recovery_on_ack(struct tacet_recovery *r, uint16_t picture_id);
void tacet_recovery_clear_acks(struct tacet_recovery *r);
/*
 * What to ask of the encoder now; NONE while what was asked for last may still be on its way.
 * Remembers what it has decided.
 */
enum tacet_refresh tacet_recovery_decide(struct tacet_recovery *r, int64_t now,
                                         int64_t round_trip_us, enum tacet_recovery_cause cause);

#endif
