/*
 * Media that comes before this side is connected. A caller sends from ANSWER on; what connects the
 * callee, ANSWER_ACK, may be lost where the media behind it is not. Every picture stands on the
 * first one, so the packets of pictures are kept as they came, unread, and read once connected.
 * Those of sound are not: it would be late.
 */
#ifndef TACET_CALL_EARLY_H
#define TACET_CALL_EARLY_H

#include "tacet/error.h"
#include "tacet/transport.h"

#include <stdint.h>

struct tacet_call;
struct tacet_peer;

/* Keeps a copy of the packet, for a peer that has been answered and is not connected. NONE: it is
 * kept, and counts as used until it is judged. RATE: so many are. */
enum tacet_drop tacet_early_keep(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                 const struct tacet_packet *packet);
/* Reads what has been kept, if the peer is connected by now, and counts it as what it was. */
void tacet_early_read(struct tacet_call *call, struct tacet_peer *peer, int64_t now);

#endif
