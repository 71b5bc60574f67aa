/*
 * The least that a call can be: two threads, each of which codes, protects, sends, receives,
 * unprotects and decodes at the pace of the clock. No handshake, no jitter buffer, no repair, no
 * RTCP, nothing is played. What a call of the engine costs beyond this is the engine's.
 */
#ifndef TACET_BENCH_BARE_H
#define TACET_BENCH_BARE_H

#include "clip.h"
#include "tacet/codec.h"

struct tacet_bare;

struct tacet_bare_config {
    const struct tacet_clip *clip; /* without pictures: sound only */
    struct tacet_audio_encoder_settings audio;
    struct tacet_video_encoder_settings video;
    uint16_t profile;
};

/* Starts both parties; ends the process where it cannot. */
struct tacet_bare *tacet_bare_start(const struct tacet_bare_config *config);
/* CPU time inside codec calls, both parties. */
int64_t tacet_bare_codec_ns(const struct tacet_bare *bare);
/* CPU time inside the calls that wait, send and receive, both parties. */
int64_t tacet_bare_sockets_ns(const struct tacet_bare *bare);
/* Pictures decoded, both parties. */
uint64_t tacet_bare_pictures(const struct tacet_bare *bare);
/* Stops and frees; ends the process where a party has failed meanwhile. */
void tacet_bare_stop(struct tacet_bare **bare);

#endif
