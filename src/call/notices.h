/* What a call tells its app of trust: who was refused, what should be saved or fetched. */
#ifndef TACET_CALL_NOTICES_H
#define TACET_CALL_NOTICES_H

#include "base/limits.h"
#include "call/peer.h"
#include "call/policy.h"

/* What was told of refused parties lately. */
struct tacet_refusals {
    struct tacet_refusal last;
    uint32_t last_peer;
    int64_t at_us[TACET_REFUSALS_MAX]; /* the latest, in a ring */
    uint64_t count;
};

/* A handshake message was dropped: if the policy refused an authentic party, says so, once for
 * each and for as long as no other was; and not more often than TACET_REFUSALS_MAX allows, since
 * anybody can be refused. `peer` is whom this side dialled, or TACET_NO_PEER. */
void tacet_notices_refused(struct tacet_call *call, int64_t now, uint32_t peer);
/* A peer was let in. */
void tacet_notices_accepted(struct tacet_call *call, const struct tacet_peer *peer);
/* A peer's call was answered. */
void tacet_notices_answered(struct tacet_call *call, const struct tacet_peer *peer);
/* Notes for the policy whom own calls under way go to by ticket. */
void tacet_notices_asked(struct tacet_call *call);

#endif
