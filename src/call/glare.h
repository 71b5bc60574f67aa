/*
 * Glare: both parties dial each other at once (protocol.md section 9). The incoming call is held,
 * neither rung nor declined, until one of the two is established; the call whose initiator has the
 * bytewise smaller identity key then wins, and the other lives only if that one fails. Our own
 * dialling is the local answer.
 */
#ifndef TACET_CALL_GLARE_H
#define TACET_CALL_GLARE_H

#include "call/peer.h"

/* Our own unanswered call to the party that this incoming one is from, or NULL. */
struct tacet_peer *tacet_glare_rival(const struct tacet_call *call,
                                     const struct tacet_peer *incoming);
/* Something was established: drops what has lost, answers what has won. */
void tacet_glare_resolve(struct tacet_call *call, int64_t now);
/* The held call that takes the place of one of our own, which has ended; or TACET_NO_PEER. */
uint32_t tacet_glare_successor(const struct tacet_call *call, const struct tacet_peer *ended);
/* One of our own calls ended: the held one to the same party is answered, or declined where the
 * user has given up. */
void tacet_glare_on_ended(struct tacet_call *call, const struct tacet_peer *ended, int64_t now,
                          bool given_up);

#endif
