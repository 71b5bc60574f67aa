/* The media half of a simulated party: what it captures and sends, plays and shows. */
#ifndef TACET_SIM_PARTY_MEDIA_H
#define TACET_SIM_PARTY_MEDIA_H

#include "sim/party.h"

int tacet_party_media_create(struct tacet_party *party);
void tacet_party_media_free(struct tacet_party *party);
/* Sources run from now on: nothing is captured before. */
void tacet_party_media_start(struct tacet_party *party, int64_t now, uint32_t peer);
void tacet_party_media_stop(struct tacet_party *party);
/* A SEND_TARGET: new settings for the encoders. */
void tacet_party_media_target(struct tacet_party *party, const struct tacet_event *event);
/* A received frame. */
void tacet_party_media_take(struct tacet_party *party, int64_t now, uint32_t peer,
                            const struct tacet_frame *frame);

#endif
