/*
 * The media of one answered peer: what is sent and what is received. The RTCP that goes between has
 * rtcp_send.h and rtcp_receive.h. All its memory is taken when the call is created.
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
    bool reported;          /* the first report has been due */
    uint32_t early_reports; /* to come, before the first interval is over: they tell times only */
    uint64_t padded;        /* the packet of the history that filled a probe last */
    uint8_t *frame;         /* TACET_FRAME_SIZE_MAX bytes */
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
/* A datagram of RTP goes out now. */
void tacet_rtp_session_on_sent(struct tacet_rtp_session *s, int64_t now,
                               const struct tacet_buffer *packet);

#endif
