/*
 * Both sides of a call as an app has it, in this process, over UDP on 127.0.0.1. What comes is
 * decoded and thrown away.
 */
#ifndef TACET_BENCH_DUPLEX_H
#define TACET_BENCH_DUPLEX_H

#include "clip.h"

struct tacet_duplex;

struct tacet_duplex_config {
    const struct tacet_clip *clip; /* without pictures: sound only; outlives the call */
    int32_t audio_bps;
    int32_t video_bps; /* on the wire */
};

/* Starts both sides and waits until media may flow; ends the process where they cannot. */
struct tacet_duplex *tacet_duplex_start(const struct tacet_duplex_config *config);
/* CPU time inside codec calls, both sides. */
int64_t tacet_duplex_codec_ns(const struct tacet_duplex *duplex);
/* CPU time inside the calls of the transports, both sides. */
int64_t tacet_duplex_sockets_ns(const struct tacet_duplex *duplex);
/* Pictures shown, both sides. */
uint64_t tacet_duplex_pictures(const struct tacet_duplex *duplex);
void tacet_duplex_stop(struct tacet_duplex **duplex);

#endif
