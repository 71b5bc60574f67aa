/*
 * Which verified incoming calls may ring (protocol.md section 3): few unanswered ones at a time,
 * one of an identity, and one ring of an identity in a while. The others are declined as busy.
 * Identities cost nothing: strangers, whom only their own word vouches for, have a part of the
 * places, and few of one source, so that they keep out nobody who is known.
 */
#ifndef TACET_CALL_ADMISSION_H
#define TACET_CALL_ADMISSION_H

#include "base/limits.h"
#include "tacet/address.h"
#include "tacet/identity.h"

#include <stdbool.h>

struct tacet_call;
struct tacet_peer;

struct tacet_ring_past {
    bool used;
    bool stranger;
    int64_t at_us;
    uint8_t key[TACET_KEY_SIZE];
    struct tacet_path path;
};

/* Who rang of late. */
struct tacet_rings {
    struct tacet_ring_past of[TACET_RINGS_MAX];
};

/* Whether this incoming peer, its identity verified and not told to the app yet, may wait for an
 * answer beside those that do. */
bool tacet_admission_may_wait(const struct tacet_call *call, const struct tacet_peer *peer);
/* Whether it may ring now; if so this is its ring. */
bool tacet_admission_ring(struct tacet_rings *rings, int64_t now, const struct tacet_peer *peer);
/* A ring that was answered annoyed nobody: the next one need not wait. */
void tacet_admission_answered(struct tacet_rings *rings, const uint8_t key[TACET_KEY_SIZE]);

#endif
