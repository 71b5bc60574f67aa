/*
 * See policy.h. A pin, a certificate and the words are looked up apart and then put together; a
 * name that somebody claims opens nothing by itself, but one that a contact has and with another
 * key closes the door.
 */
#include "call/policy.h"

#include "tacet/authority.h"
#include "tacet/trust.h"

#include <sodium.h>
#include <string.h>

/* What is known of a party. */
struct evidence {
    bool pinned;
    bool verified;
    bool certified;
};

static bool same_key(const uint8_t a[TACET_KEY_SIZE], const uint8_t b[TACET_KEY_SIZE])
{
    return sodium_memcmp(a, b, TACET_KEY_SIZE) == 0;
}

static const struct tacet_trust_entry *find_label(const struct tacet_policy *policy,
                                                  const char *label)
{
    return policy->trust != NULL ? tacet_trust_find(policy->trust, label) : NULL;
}

static const struct tacet_trust_entry *find_key(const struct tacet_policy *policy,
                                                const uint8_t key[TACET_KEY_SIZE])
{
    return policy->trust != NULL ? tacet_trust_find_key(policy->trust, key) : NULL;
}

static bool revoked(const struct tacet_policy *policy, const uint8_t key[TACET_KEY_SIZE])
{
    return policy->authorities != NULL && tacet_authorities_revoked(policy->authorities, key);
}

bool tacet_policy_stale(const struct tacet_policy *policy, uint64_t unix_now)
{
    return policy->authorities != NULL && tacet_authorities_stale(policy->authorities, unix_now);
}

/* --- before dialling --- */

static bool may_dial_key(const struct tacet_policy *policy, const uint8_t key[TACET_KEY_SIZE])
{
    const struct tacet_trust_entry *entry = find_key(policy, key);

    return !revoked(policy, key) &&
           (policy->require != TACET_REQUIRE_WORDS || (entry != NULL && entry->verified));
}

static bool may_dial_name(const struct tacet_policy *policy, const char *name)
{
    const struct tacet_trust_entry *entry = find_label(policy, name);

    switch (policy->require) {
    case TACET_REQUIRE_ANY:
        return policy->allow_unverified || entry != NULL || policy->authorities != NULL;
    case TACET_REQUIRE_PIN:
        return entry != NULL;
    case TACET_REQUIRE_CERTIFICATE:
        return entry != NULL || policy->authorities != NULL;
    case TACET_REQUIRE_WORDS:
        return entry != NULL && entry->verified;
    }
    return false;
}

/* Whoever is at an address: an unknown party by itself, though it may prove to be a known one. */
static bool may_dial_anyone(const struct tacet_policy *policy)
{
    bool certificate = policy->require == TACET_REQUIRE_CERTIFICATE && policy->authorities != NULL;

    return policy->allow_unverified &&
           (policy->require == TACET_REQUIRE_ANY || policy->trust != NULL || certificate);
}

bool tacet_policy_may_dial(const struct tacet_policy *policy, const struct tacet_callee *who)
{
    switch (who->hint) {
    case TACET_HINT_KEY:
        return may_dial_key(policy, who->key);
    case TACET_HINT_NAME:
        return may_dial_name(policy, who->name);
    case TACET_HINT_NONE:
        return may_dial_anyone(policy);
    }
    return false;
}

/* --- judging --- */

static bool is_dialled(const struct tacet_callee *dialled, const struct tacet_public_identity *peer)
{
    switch (dialled->hint) {
    case TACET_HINT_KEY:
        return same_key(peer->key, dialled->key);
    case TACET_HINT_NAME:
        return strcmp(peer->name, dialled->name) == 0;
    case TACET_HINT_NONE:
        return true;
    }
    return false;
}

static bool asked(const struct tacet_policy *policy, const uint8_t key[TACET_KEY_SIZE])
{
    for (size_t i = 0; i < policy->asked_count; i++) {
        if (same_key(policy->asked[i], key)) {
            return true;
        }
    }
    return false;
}

/* The name that a party gives itself, beside what this user calls it. */
static void put_names(const struct tacet_policy *policy, const struct tacet_callee *dialled,
                      struct tacet_public_identity *peer)
{
    const struct tacet_trust_entry *entry = find_key(policy, peer->key);
    const struct tacet_trust_entry *named = find_label(policy, peer->name);

    if (named != NULL && same_key(named->key, peer->key) && dialled != NULL &&
        dialled->hint == TACET_HINT_NAME) {
        entry = named; /* of several labels the one that was dialled */
    }
    memset(peer->label, 0, sizeof(peer->label));
    if (entry != NULL) {
        memcpy(peer->label, entry->label, sizeof(peer->label));
    }
    peer->name_taken = named != NULL && !same_key(named->key, peer->key);
    peer->name_claimed = named == NULL || peer->name_taken;
}

/* Fills in what pins say. Returns CHANGED where they speak against the party. */
static enum tacet_notice look_up_pins(const struct tacet_policy *policy,
                                      const struct tacet_callee *dialled,
                                      const struct tacet_public_identity *peer,
                                      struct evidence *evidence)
{
    bool by_name = dialled != NULL && dialled->hint == TACET_HINT_NAME;
    bool by_key = dialled != NULL && dialled->hint == TACET_HINT_KEY;
    const struct tacet_trust_entry *named = find_label(policy, peer->name);
    /* Who is dialled by name must have that contact's key: another contact's does not do. */
    const struct tacet_trust_entry *entry = by_name ? named : find_key(policy, peer->key);
    bool name_taken = named != NULL && !same_key(named->key, peer->key);

    if (name_taken && by_name) {
        return TACET_NOTICE_CHANGED;
    }
    evidence->verified = entry != NULL && entry->verified;
    evidence->pinned = entry != NULL || by_key || (dialled == NULL && asked(policy, peer->key));
    return name_taken && !evidence->pinned ? TACET_NOTICE_CHANGED : TACET_NOTICE_NONE;
}

/* Fills in what the authorities say. A key on a list is refused whatever else speaks for it. */
static enum tacet_notice ask_authorities(const struct tacet_policy *policy,
                                         const uint8_t *certificate, size_t size, uint64_t unix_now,
                                         const struct tacet_public_identity *peer,
                                         struct evidence *evidence)
{
    if (policy->authorities == NULL) {
        return TACET_NOTICE_NONE;
    }
    if (revoked(policy, peer->key)) {
        return TACET_NOTICE_REVOKED;
    }
    int checked = tacet_authorities_check(policy->authorities, certificate, size);
    if (checked != 0 && checked != TACET_ERR_NOTFOUND) {
        return TACET_NOTICE_CERTIFICATE;
    }
    if (policy->strict_revocation && tacet_policy_stale(policy, unix_now)) {
        return TACET_NOTICE_OUTDATED;
    }
    evidence->certified = checked == 0;
    return TACET_NOTICE_NONE;
}

static bool enough(const struct tacet_policy *policy, const struct tacet_callee *dialled,
                   const struct evidence *evidence)
{
    switch (policy->require) {
    case TACET_REQUIRE_ANY:
        return dialled == NULL || policy->allow_unverified || evidence->pinned ||
               evidence->certified;
    case TACET_REQUIRE_PIN:
        return evidence->pinned;
    case TACET_REQUIRE_CERTIFICATE:
        return evidence->certified || evidence->pinned;
    case TACET_REQUIRE_WORDS:
        return evidence->verified;
    }
    return false;
}

enum tacet_notice tacet_policy_judge(const struct tacet_policy *policy,
                                     const struct tacet_callee *dialled, const uint8_t *certificate,
                                     size_t size, uint64_t unix_now,
                                     struct tacet_public_identity *peer)
{
    struct evidence evidence = { 0 };

    put_names(policy, dialled, peer);
    if (dialled != NULL && !is_dialled(dialled, peer)) {
        return TACET_NOTICE_OTHER;
    }
    enum tacet_notice notice =
        ask_authorities(policy, certificate, size, unix_now, peer, &evidence);
    if (evidence.certified) {
        peer->name_claimed = false;
    }
    if (notice == TACET_NOTICE_NONE) {
        notice = look_up_pins(policy, dialled, peer, &evidence);
    }
    if (notice == TACET_NOTICE_NONE && !enough(policy, dialled, &evidence)) {
        notice = TACET_NOTICE_REQUIRED;
    }
    if (notice == TACET_NOTICE_NONE) {
        peer->trust = evidence.verified    ? TACET_TRUST_VERIFIED
                      : evidence.certified ? TACET_TRUST_CERTIFIED
                      : evidence.pinned    ? TACET_TRUST_PINNED
                                           : TACET_TRUST_UNVERIFIED;
    }
    return notice;
}
