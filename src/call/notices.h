/* What a call tells its app of trust: who was refused, what should be saved or fetched. */
#ifndef TACET_CALL_NOTICES_H
#define TACET_CALL_NOTICES_H

#include "call/peer.h"

/* A handshake message was dropped: if the policy refused an authentic party, says so, once for
 * each and for as long as no other was. `peer` is whom this side dialled, or TACET_NO_PEER. */
void tacet_notices_refused(struct tacet_call *call, uint32_t peer);
/* A peer was let in. */
void tacet_notices_accepted(struct tacet_call *call, const struct tacet_peer *peer);
/* A peer's call was answered. */
void tacet_notices_answered(struct tacet_call *call, const struct tacet_peer *peer);
/* Notes for the policy whom own calls under way go to by ticket. */
void tacet_notices_asked(struct tacet_call *call);

#endif
