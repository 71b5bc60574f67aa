/*
 * What a simulated party hears and sees, and what is measured of it. Its playout is reported to the
 * call.
 */
#ifndef TACET_SIM_PARTY_PLAYBACK_H
#define TACET_SIM_PARTY_PLAYBACK_H

#include "sim/party.h"

/* Receivers. */
int tacet_party_playback_create(struct tacet_party *party);
/* Accepts one half built. */
void tacet_party_playback_free(struct tacet_party *party);
/* Something is played from now on. */
void tacet_party_playback_start(struct tacet_party *party, int64_t now);
/* A received frame of this session. */
void tacet_party_playback_take(struct tacet_party *party, int64_t now,
                               const struct tacet_frame *frame);

#endif
