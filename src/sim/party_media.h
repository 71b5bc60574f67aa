/*
 * The media half of a simulated party, from ANSWERED to ENDED: what it captures and sends
 * (party_capture.h), plays and shows (party_playback.h). Each runs in ticks on virtual time.
 */
#ifndef TACET_SIM_PARTY_MEDIA_H
#define TACET_SIM_PARTY_MEDIA_H

#include "sim/party.h"

int tacet_party_media_create(struct tacet_party *party);
/* Accepts one half built. */
void tacet_party_media_free(struct tacet_party *party);
/* Sources run from now on: nothing is captured before. */
void tacet_party_media_start(struct tacet_party *party, int64_t now, uint32_t peer);
void tacet_party_media_stop(struct tacet_party *party);
/* A received frame. */
void tacet_party_media_take(struct tacet_party *party, int64_t now, uint32_t peer,
                            const struct tacet_frame *frame);

/* --- for its two halves --- */

/* Calls `tick` then, with the number of the session. */
void tacet_party_tick_at(struct tacet_party *party, int64_t at_us, tacet_world_fn *tick);
/* Whether that session still runs: a tick of an earlier one does nothing. */
bool tacet_party_is_current(const struct tacet_party *party, uint64_t session);
/* The codec of the call, real or fake. */
const struct tacet_codec *tacet_party_codec(const struct tacet_party *party, enum tacet_kind kind);

#endif
