/*
 * Video frames from RTP packets: a window of packets in, complete frames in decoding order out. A
 * frame is handed out as soon as it is whole and everything that it is predicted from has been
 * handed out (decoded.h): a picture that is missing something never comes out. What is missing and
 * not needed is passed over.
 *
 * A hole in what is needed is waited for until `patience_us` after the first packet behind it came,
 * or the last one of its frame, which may take long to send; or until a frame behind it heals the
 * loss. `wants_refresh` says that nothing else can.
 *
 * Pure: fed with packets and the time, it owns the buffers that it was given until it hands them
 * back to the pool.
 */
#ifndef TACET_RTP_ASSEMBLY_H
#define TACET_RTP_ASSEMBLY_H

#include "base/limits.h"
#include "base/pool.h"
#include "base/seq.h"
#include "rtp/decoded.h"
#include "rtp/payload_vp8.h"
#include "tacet/error.h"
#include "tacet/frame.h"

struct tacet_assembly_slot {
    struct tacet_buffer *buffer; /* NULL: empty; data/size: the RTP payload */
    int64_t seq;
    uint32_t timestamp;
    bool marker;
    size_t descriptor_size;
    struct tacet_vp8_descriptor descriptor;
};

struct tacet_assembly {
    struct tacet_pool *pool;
    struct tacet_assembly_slot slots[TACET_VIDEO_WINDOW_PACKETS]; /* by seq % count */
    struct tacet_unwrap unwrap;
    int64_t next_seq;        /* first packet of the next frame to hand out */
    bool started;
    bool wants_refresh;      /* true from the start until a frame is handed out */
    bool wants_key;          /* ... which has to be a key frame */
    int64_t hole_since_us;   /* when the first packet behind the hole came, or the last one of its
                                frame; INT64_MAX: no hole */
    int64_t bridge_at_us;    /* when the hole is passed over, for what is behind it does without;
                                INT64_MAX: not */
    struct tacet_decoded decoded; /* what has been handed out */
    uint64_t frames_discarded;       /* of which something came */
    uint32_t discarded_timestamp;    /* of the last of them */
    uint64_t packets_late;
    uint8_t *frame;          /* TACET_FRAME_SIZE_MAX bytes, of the last frame handed out */
};

/* `frame` is memory for one frame, borrowed for the assembly's life. */
void tacet_assembly_init(struct tacet_assembly *a, struct tacet_pool *pool, uint8_t *frame);
/* Gives every buffer back. */
void tacet_assembly_reset(struct tacet_assembly *a);
/*
 * Takes a packet: buffer->data and size are its RTP payload, buffer->at_us when it came. The
 * buffer is taken in every case. TACET_DROP_LATE, _REPLAY, _MALFORMED or NONE.
 */
enum tacet_drop tacet_assembly_put(struct tacet_assembly *a, uint16_t seq, uint32_t timestamp,
                                   bool marker, struct tacet_buffer *buffer);
/* 1 and the next frame (data valid until the next call), 0 if there is none yet. */
int tacet_assembly_get(struct tacet_assembly *a, int64_t now, int64_t patience_us,
                       struct tacet_frame *ret);
/* When _get should be tried again although no packet came (the patience runs out); INT64_MAX. */
int64_t tacet_assembly_timeout(const struct tacet_assembly *a, int64_t patience_us);
/* The decoder failed or lost track: hand out nothing before the next key frame. */
void tacet_assembly_require_key(struct tacet_assembly *a);
/* What is missing will not come: hand out nothing that depends on it. */
void tacet_assembly_require_refresh(struct tacet_assembly *a);

#endif
