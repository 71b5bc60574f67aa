/*
 * The media of one answered peer: what is sent, what is received, and the RTCP that goes between.
 * All its memory is taken when the call is created.
 */
#ifndef TACET_CALL_RTP_SESSION_H
#define TACET_CALL_RTP_SESSION_H

#include "call/inbound.h"
#include "call/outbound.h"
#include "call/queue.h"
#include "call/rekey.h"
#include "call/sending.h"
#include "rtp/feedback.h"
#include "rtp/loss.h"
#include "rtp/repair.h"
#include "rtp/rtcp.h"
#include "rtp/sent_log.h"
#include "tacet/random.h"

struct tacet_told { /* what became of the packets sent, by the peer's feedback */
    uint64_t arrived;
    uint64_t lost;
    uint64_t arrived_bytes; /* on the wire */
};

struct tacet_rtp_session {
    bool used;
    struct tacet_outbound outbound[TACET_KIND_COUNT];
    struct tacet_outbound rtx;
    struct tacet_outbound fec;
    struct tacet_sending sending;
    struct tacet_fec_scratch *scratch;
    struct tacet_history *history;   /* of the video sent */
    uint16_t wanted[TACET_NACK_MAX]; /* sequence numbers that the peer has asked for */
    size_t wanted_count;
    int64_t ask_from_us[TACET_KIND_COUNT]; /* no NACK sooner */
    uint64_t resend_from;                  /* what was sent before this packet is not sent again */
    struct tacet_queue early;              /* see early.h */
    struct tacet_inbound inbound;
    struct tacet_remote_inbound_stats remote[TACET_KIND_COUNT];
    char cname[TACET_CNAME_MAX + 1];
    struct tacet_feedback feedback; /* of what is received */
    struct tacet_sent_log *sent_log;
    struct tacet_loss loss; /* of what is sent */
    struct tacet_loss audio_loss;
    uint64_t results; /* behind them */
    struct tacet_told told[TACET_SSRC_KIND_COUNT];
    struct tacet_repair repair;
    bool target_changed; /* the encoders are to be told */
    bool refresh_wanted; /* the peer lost the picture */
    uint16_t acked;      /* the picture acknowledged last, and how often */
    uint32_t acked_times;
    bool sent_since_report[TACET_KIND_COUNT];
    uint64_t padded; /* the packet of the history that filled a probe last */
    uint8_t *frame;  /* TACET_FRAME_SIZE_MAX bytes */
};

int tacet_rtp_session_create(struct tacet_rtp_session **ret);
void tacet_rtp_session_free(struct tacet_rtp_session **session);

/* Begins for one peer: draws first sequence numbers, picture id and CNAME. */
void tacet_rtp_session_begin(struct tacet_rtp_session *s, const struct tacet_random *random,
                             const struct tacet_rekey *rekey, struct tacet_pool *pool);
/* Gives every buffer back and wipes what was received. */
void tacet_rtp_session_end(struct tacet_rtp_session *s);

/* The next packet of sound repeats as many earlier ones as `sending` has room for by now. */
void tacet_rtp_session_repeat_sound(struct tacet_rtp_session *session);
/* Writes the compound RTCP of this interval (RFC 3550 section 6.1): an SR a kind that was sent, or
 * one RR, with the blocks, then SDES, and PLI if `pli`. Returns its size. */
size_t tacet_rtp_session_report(struct tacet_rtp_session *s, int64_t now, bool pli, uint8_t *out,
                                size_t capacity);
/* Writes a NACK for the packets of sound and of video that are to be asked for now; 0: none is. The
 * next one is so much later that they take a share of the rate only; but sound, which is asked for
 * in few words and soon or never, does not wait for what was asked of video. */
size_t tacet_rtp_session_nack(struct tacet_rtp_session *s, int64_t now, int64_t round_trip_us,
                              uint8_t *out, size_t capacity);
/* When the next is due; INT64_MAX: nothing is to be asked for. */
int64_t tacet_rtp_session_nack_timeout(const struct tacet_rtp_session *s);
/* A datagram of RTP goes out now. */
void tacet_rtp_session_on_sent(struct tacet_rtp_session *s, int64_t now,
                               const struct tacet_buffer *packet);
/* Writes the congestion control feedback that is due; 0: nothing is to be told. */
size_t tacet_rtp_session_feedback(struct tacet_rtp_session *s, int64_t now, uint8_t *out,
                                  size_t capacity);
/* Takes an authenticated compound RTCP packet. MALFORMED or NONE. */
enum tacet_drop tacet_rtp_session_on_rtcp(struct tacet_rtp_session *s, int64_t now,
                                          const uint8_t *packet, size_t size);

#endif
