/*
 * One RTP stream that is sent: frames become packets, protected and queued.
 *
 *     frame -> payloads (Opus: one, VP8: cut) -> RTP header -> SRTP -> queue
 */
#ifndef TACET_CALL_OUTBOUND_H
#define TACET_CALL_OUTBOUND_H

#include "call/queue.h"
#include "crypto/srtp.h"
#include "rtp/fec.h"
#include "rtp/history.h"
#include "rtp/recovery.h"
#include "rtp/red.h"
#include "tacet/frame.h"
#include "tacet/stats.h"

struct tacet_outbound {
    enum tacet_kind kind;
    uint8_t payload_type;
    uint64_t next_index; /* 48 bits: rollover counter and sequence number of the next packet */
    uint16_t picture_id; /* of the next picture */
    size_t payload_most; /* that a packet of video carries; no more than its repair and its
                            retransmission (RFC 4588, two bytes more) fit a datagram with */
    uint32_t epoch;      /* of the key in use, and the first index under it */
    uint64_t epoch_index;
    struct tacet_recovery recovery; /* video: what can be predicted from what */
    int64_t last_captured_at_us;    /* for the sender report */
    uint32_t last_timestamp;
    struct tacet_red red;           /* audio: what was sent last */
    struct tacet_red_plan red_plan; /* ... and which of it each packet repeats */
    uint32_t repeat;               /* bit n: the next packet repeats the n-th before it, as asked */
    struct tacet_history *history; /* of what was sent, borrowed; NULL: none is kept */
    struct tacet_outbound_stats stats;
};

/* `seq` is the first sequence number, below 2^15 (protocol.md section 5, rule 3). */
void tacet_outbound_init(struct tacet_outbound *out, enum tacet_kind kind, uint32_t ssrc,
                         uint16_t seq, uint16_t picture_id);
/*
 * Sends one frame. Returns the bytes queued, 0 where it was left out (the queue has no room for the
 * whole of it, or something that it is predicted from was left out), or TACET_ERR_CRYPTO.
 */
int tacet_outbound_send(struct tacet_outbound *out, int64_t now, struct tacet_srtp *srtp,
                        size_t overhead, const struct tacet_frame *frame, uint32_t timestamp,
                        struct tacet_queue *queue, const struct tacet_path *path);

/* The peer asks for this packet of sound: the next one repeats it, if it is remembered. */
void tacet_outbound_repeat(struct tacet_outbound *out, uint16_t seq);
/*
 * Sends a packet of the history again, through `rtx`, a stream of its own (RFC 4588 section 4).
 * Returns the bytes queued, 0 where it is gone or there is no room, or TACET_ERR_CRYPTO.
 */
int tacet_outbound_retransmit(struct tacet_outbound *rtx, int64_t now, struct tacet_srtp *srtp,
                              struct tacet_history *history, uint16_t seq,
                              struct tacet_queue *queue, const struct tacet_path *path);
/*
 * Sends `m` repairs for the k packets of the history from `first` on, through `fec`, a stream of
 * its own. Returns the bytes queued, 0 where there is no room, or TACET_ERR_CRYPTO.
 */
int tacet_outbound_protect(struct tacet_outbound *fec, int64_t now, struct tacet_srtp *srtp,
                           struct tacet_history *history, struct tacet_fec_scratch *scratch,
                           uint64_t first, size_t k, size_t m, struct tacet_queue *queue,
                           const struct tacet_path *path);
/* Packets sent under the key in use. */
uint64_t tacet_outbound_epoch_packets(const struct tacet_outbound *out);

#endif
