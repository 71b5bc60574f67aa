/*
 * What is missing of the sound that is received, and whether it is worth asking for: a packet that
 * is asked for is repeated in the next one that is sent (red.h), so it comes a round trip and about
 * two packets after its time. Where the round trip is short, playout waits for that. So a way that
 * loses too little for all sound to be repeated all the time (repair.c) loses next to none of it,
 * and where it is repeated, what has been lost with its repeats may still come.
 */
#ifndef TACET_RTP_AUDIO_NACK_H
#define TACET_RTP_AUDIO_NACK_H

#include "rtp/nack.h"

struct tacet_audio_nack {
    struct tacet_nack nack;
    uint32_t timestamp; /* of the newest packet */
    int64_t step;       /* between the timestamps of two packets; 0: not known */
};

/* A packet came whose own sound begins there. */
void tacet_audio_nack_on_packet(struct tacet_audio_nack *a, int64_t now, int64_t seq,
                                uint32_t timestamp);
/* Sound of that time came, be it in a later packet. */
void tacet_audio_nack_on_sound(struct tacet_audio_nack *a, int64_t now, uint32_t timestamp);
/* The packets to ask for now, ascending, at most TACET_RED_BACK_MAX; how many. Those that could not
 * come in time over such a round trip are forgotten. */
size_t tacet_audio_nack_due(struct tacet_audio_nack *a, int64_t now, int64_t round_trip_us,
                            uint16_t *out);
/* When _due has something; INT64_MAX. */
int64_t tacet_audio_nack_timeout(const struct tacet_audio_nack *a);

#endif
