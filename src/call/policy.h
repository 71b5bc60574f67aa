/*
 * The policy: whether an authenticated party is let in, and how far it is trusted (protocol.md
 * sections 3 and 6). Both roles ask it: who calls before FIN, who is called before it rings. It
 * looks at what is trusted and changes nothing; what it says of a refused party goes to the app.
 */
#ifndef TACET_CALL_POLICY_H
#define TACET_CALL_POLICY_H

#include "base/limits.h"
#include "tacet/call.h"

struct tacet_policy {
    const struct tacet_trust_table *trust;       /* or NULL */
    const struct tacet_authorities *authorities; /* or NULL */
    enum tacet_require require;
    bool strict_revocation;
    bool allow_unverified; /* to be dialled; who calls in is judged by `require` alone */
    /* Keys that own calls under way go to by ticket: who calls from one of them meanwhile is
     * pinned as its ticket is. */
    uint8_t asked[TACET_PEERS_MAX][TACET_KEY_SIZE];
    size_t asked_count;
};

/* Why a party that is authentic was refused. */
struct tacet_refusal {
    enum tacet_notice notice; /* TACET_NOTICE_NONE: nobody was */
    struct tacet_public_identity identity;
};

/* Whether a call to `who` could pass at all; if not, nothing is sent. */
bool tacet_policy_may_dial(const struct tacet_policy *policy, const struct tacet_callee *who);
/*
 * Judges the party of this certificate, whose own signature, time and keys have been checked.
 * `dialled` is whom this side wanted to reach, NULL where the party is calling. Returns NONE and
 * sets peer->trust, or why it is refused; in any case what is known of its name.
 */
enum tacet_notice tacet_policy_judge(const struct tacet_policy *policy,
                                     const struct tacet_callee *dialled, const uint8_t *certificate,
                                     size_t size, uint64_t unix_now,
                                     struct tacet_public_identity *peer);
/* Whether a revocation list that counts here is out of date. */
bool tacet_policy_stale(const struct tacet_policy *policy, uint64_t unix_now);

#endif
