/* What a simulated party captures, encodes and sends. */
#ifndef TACET_SIM_PARTY_CAPTURE_H
#define TACET_SIM_PARTY_CAPTURE_H

#include "sim/party.h"

/* Sources and encoders. */
int tacet_party_capture_create(struct tacet_party *party);
/* Accepts one half built. */
void tacet_party_capture_free(struct tacet_party *party);
/* Sources run from now on. */
void tacet_party_capture_start(struct tacet_party *party, int64_t now);
/* A SEND_TARGET: new settings for the encoders. */
void tacet_party_capture_target(struct tacet_party *party, const struct tacet_event *event);

#endif
