/*
 * The RTP streams that are received of one peer: authenticated packets in, frames out.
 *
 *     audio packet -> small queue, in order of arrival -> frame
 *     video packet -> assembly -> frame, in decoding order
 */
#ifndef TACET_CALL_INBOUND_H
#define TACET_CALL_INBOUND_H

#include "base/limits.h"
#include "base/pool.h"
#include "crypto/schedule.h"
#include "rtp/assembly.h"
#include "rtp/audio_nack.h"
#include "rtp/fec.h"
#include "rtp/header.h"
#include "rtp/nack.h"
#include "rtp/reception.h"
#include "tacet/codec.h"
#include "tacet/stats.h"

struct tacet_inbound_audio {
    uint32_t timestamp;
    int64_t received_at_us;
    size_t size;
    uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
};

struct tacet_inbound {
    struct tacet_reception reception[TACET_KIND_COUNT];
    struct tacet_inbound_stats stats[TACET_KIND_COUNT];
    struct tacet_inbound_audio audio[TACET_AUDIO_FRAMES_MAX];
    size_t audio_first;
    size_t audio_count;
    uint32_t heard[TACET_AUDIO_FRAMES_MAX]; /* timestamps taken last: redundancy repeats */
    size_t heard_count;
    struct tacet_inbound_audio polled; /* the one handed out last */
    struct tacet_assembly assembly;
    struct tacet_nack nack; /* video */
    struct tacet_audio_nack audio_nack;
    uint32_t rtx_ssrc;
    uint32_t fec_ssrc;
    struct tacet_fec_decoder fec;
    struct tacet_fec_scratch *scratch; /* borrowed */
    int64_t now_us;                    /* of the packet being put */
    int64_t patience_us;               /* how long a hole in the video is waited for */
    int64_t ask_after_us;              /* ... and after how long help is asked for */
};

/* `frame`: TACET_FRAME_SIZE_MAX bytes, borrowed for its life. */
void tacet_inbound_init(struct tacet_inbound *in, const uint32_t ssrcs[TACET_SSRC_KIND_COUNT],
                        struct tacet_pool *pool, uint8_t *frame, struct tacet_fec_scratch *scratch);
/* Gives every buffer back to the pool. */
void tacet_inbound_reset(struct tacet_inbound *in);
/*
 * Takes an authenticated, unprotected packet; the buffer is taken. `index` is its 48-bit index.
 * MALFORMED, LATE, REPLAY or NONE.
 */
enum tacet_drop tacet_inbound_put(struct tacet_inbound *in, int64_t now, enum tacet_kind kind,
                                  uint64_t index, struct tacet_buffer *buffer);
/* Likewise a retransmission: what it carries is put where it is missing. */
enum tacet_drop tacet_inbound_put_rtx(struct tacet_inbound *in, int64_t now,
                                      struct tacet_buffer *buffer);
/* Likewise a repair of the erasure correction. */
enum tacet_drop tacet_inbound_put_fec(struct tacet_inbound *in, int64_t now,
                                      struct tacet_buffer *buffer);
/* The video packets to ask for now, ascending; how many. `loss_there_permille`: of what is sent. */
size_t tacet_inbound_missing(struct tacet_inbound *in, int64_t now, int64_t round_trip_us,
                             int32_t loss_there_permille, uint16_t *out, size_t capacity);
/* 1 and the next frame (valid until the next call), or 0. */
int tacet_inbound_get(struct tacet_inbound *in, int64_t now, struct tacet_frame *ret);
/* When _get should be tried again although nothing came. */
int64_t tacet_inbound_timeout(const struct tacet_inbound *in);
/* Takes a playout report; a decoder that failed means that only a key frame helps. */
void tacet_inbound_playout(struct tacet_inbound *in, enum tacet_kind kind,
                           const struct tacet_playout_report *report);
/* When the other side should be told that the picture is lost: retransmission has had its time, or
 * there is nothing to wait for. INT64_MAX: not. */
int64_t tacet_inbound_refresh_at(const struct tacet_inbound *in);

#endif
