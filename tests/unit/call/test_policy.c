/*
 * Who is let in, and how far it is trusted: the policy alone over every kind of pin and
 * requirement, then in both roles of a call, where a refused party sees no FIN and hears no ring.
 */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/policy.h"
#include "crypto/authority.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "crypto/revocations.h"
#include "tacet/trust.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* --- the policy alone --- */

/* What the trust table knows, of a party that says it is "bob" and has a key. */
enum pins {
    NO_TABLE,
    EMPTY,
    PINNED,   /* that key as "bob" */
    VERIFIED, /* likewise, and the words were compared */
    RENAMED,  /* that key as "carl" */
    CHANGED,  /* another key as "bob" */
    BOTH,     /* that key as "carl" and another as "bob" */
    PINS_COUNT
};

/* Whom this side dialled. */
enum way {
    CALLS,    /* nobody: the party calls */
    KEY,      /* that key */
    OTHER,    /* another key */
    NAME,     /* "bob" */
    SOMEBODY, /* "carl" */
    NOBODY    /* an address */
};

#define UNVERIFIED TACET_TRUST_UNVERIFIED
#define IS_PINNED TACET_TRUST_PINNED
#define IS_VERIFIED TACET_TRUST_VERIFIED
#define NONE TACET_NOTICE_NONE
#define REQUIRED TACET_NOTICE_REQUIRED
#define ANY TACET_REQUIRE_ANY
#define PIN TACET_REQUIRE_PIN
#define CERTIFICATE TACET_REQUIRE_CERTIFICATE
#define WORDS TACET_REQUIRE_WORDS

static const uint8_t key[TACET_KEY_SIZE] = { 1 };
static const uint8_t other_key[TACET_KEY_SIZE] = { 2 };

static struct tacet_trust_table *make_table(enum pins pins)
{
    struct tacet_trust_table *table = NULL;

    if (pins == NO_TABLE) {
        return NULL;
    }
    assert_int_equal(tacet_trust_create(&table), 0);
    if (pins == PINNED || pins == VERIFIED) {
        assert_int_equal(tacet_trust_pin(table, "bob", key, NULL, 0, false), 0);
    }
    if (pins == VERIFIED) {
        assert_int_equal(tacet_trust_verify(table, "bob", true), 0);
    }
    if (pins == RENAMED || pins == BOTH) {
        assert_int_equal(tacet_trust_pin(table, "carl", key, NULL, 0, false), 0);
    }
    if (pins == CHANGED || pins == BOTH) {
        assert_int_equal(tacet_trust_pin(table, "bob", other_key, NULL, 0, false), 0);
    }
    return table;
}

static struct tacet_callee callee(enum way way)
{
    struct tacet_callee who = { .hint = way == KEY || way == OTHER ? TACET_HINT_KEY
                                        : way == NOBODY            ? TACET_HINT_NONE
                                                                   : TACET_HINT_NAME };

    if (who.hint == TACET_HINT_KEY) {
        memcpy(who.key, way == KEY ? key : other_key, sizeof(who.key));
    } else if (who.hint == TACET_HINT_NAME) {
        (void)snprintf(who.name, sizeof(who.name), "%s", way == NAME ? "bob" : "carl");
    }
    return who;
}

static void each_party_is_judged_by_what_is_known_of_its_key(void **state)
{
    static const struct {
        enum way way;
        enum pins pins;
        enum tacet_require require;
        bool refuse_unverified;
        enum tacet_notice notice;
        enum tacet_trust trust;
    } rows[] = {
        /* Who calls in: its name is a claim. */
        { CALLS, NO_TABLE, ANY, false, NONE, UNVERIFIED },
        { CALLS, EMPTY, ANY, true, NONE, UNVERIFIED },
        { CALLS, PINNED, ANY, false, NONE, IS_PINNED },
        { CALLS, RENAMED, ANY, false, NONE, IS_PINNED },
        { CALLS, BOTH, ANY, false, NONE, IS_PINNED },
        { CALLS, VERIFIED, ANY, false, NONE, IS_VERIFIED },
        { CALLS, CHANGED, ANY, false, TACET_NOTICE_CHANGED, UNVERIFIED },
        { CALLS, NO_TABLE, PIN, false, REQUIRED, UNVERIFIED },
        { CALLS, EMPTY, PIN, false, REQUIRED, UNVERIFIED },
        { CALLS, PINNED, PIN, false, NONE, IS_PINNED },
        { CALLS, RENAMED, PIN, false, NONE, IS_PINNED },
        { CALLS, VERIFIED, PIN, false, NONE, IS_VERIFIED },
        { CALLS, CHANGED, PIN, false, TACET_NOTICE_CHANGED, UNVERIFIED },
        { CALLS, EMPTY, CERTIFICATE, false, REQUIRED, UNVERIFIED },
        { CALLS, PINNED, CERTIFICATE, false, NONE, IS_PINNED },
        { CALLS, NO_TABLE, WORDS, false, REQUIRED, UNVERIFIED },
        { CALLS, PINNED, WORDS, false, REQUIRED, UNVERIFIED },
        { CALLS, VERIFIED, WORDS, false, NONE, IS_VERIFIED },
        /* A ticket is a pin, and names the key whatever contact has the name. */
        { KEY, NO_TABLE, ANY, true, NONE, IS_PINNED },
        { KEY, EMPTY, PIN, true, NONE, IS_PINNED },
        { KEY, EMPTY, CERTIFICATE, false, NONE, IS_PINNED },
        { KEY, VERIFIED, PIN, false, NONE, IS_VERIFIED },
        { KEY, EMPTY, WORDS, false, REQUIRED, UNVERIFIED },
        { KEY, PINNED, WORDS, false, REQUIRED, UNVERIFIED },
        { KEY, VERIFIED, WORDS, false, NONE, IS_VERIFIED },
        { KEY, CHANGED, ANY, false, NONE, IS_PINNED },
        { OTHER, NO_TABLE, ANY, false, TACET_NOTICE_OTHER, UNVERIFIED },
        { OTHER, VERIFIED, ANY, false, TACET_NOTICE_OTHER, UNVERIFIED },
        /* Who is dialled by name must have the key of the contact of that name. */
        { NAME, NO_TABLE, ANY, false, NONE, UNVERIFIED },
        { NAME, NO_TABLE, ANY, true, REQUIRED, UNVERIFIED },
        { NAME, PINNED, ANY, true, NONE, IS_PINNED },
        { NAME, PINNED, PIN, false, NONE, IS_PINNED },
        { NAME, EMPTY, PIN, false, REQUIRED, UNVERIFIED },
        { NAME, VERIFIED, WORDS, false, NONE, IS_VERIFIED },
        { NAME, PINNED, WORDS, false, REQUIRED, UNVERIFIED },
        { NAME, CHANGED, ANY, false, TACET_NOTICE_CHANGED, UNVERIFIED },
        { NAME, BOTH, ANY, false, TACET_NOTICE_CHANGED, UNVERIFIED },
        { NAME, RENAMED, ANY, false, NONE, UNVERIFIED },
        { NAME, RENAMED, PIN, false, REQUIRED, UNVERIFIED },
        { SOMEBODY, EMPTY, ANY, false, TACET_NOTICE_OTHER, UNVERIFIED },
        { SOMEBODY, RENAMED, ANY, false, TACET_NOTICE_OTHER, UNVERIFIED },
        /* Whoever is at an address may prove to be a contact. */
        { NOBODY, NO_TABLE, ANY, false, NONE, UNVERIFIED },
        { NOBODY, NO_TABLE, ANY, true, REQUIRED, UNVERIFIED },
        { NOBODY, PINNED, ANY, false, NONE, IS_PINNED },
        { NOBODY, VERIFIED, WORDS, false, NONE, IS_VERIFIED },
        { NOBODY, EMPTY, PIN, false, REQUIRED, UNVERIFIED },
        { NOBODY, CHANGED, ANY, false, TACET_NOTICE_CHANGED, UNVERIFIED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_trust_table *table = make_table(rows[i].pins);
        struct tacet_callee who = callee(rows[i].way);
        struct tacet_public_identity peer = { .name = "bob" };
        struct tacet_policy policy = {
            .trust = table,
            .require = rows[i].require,
            .allow_unverified = !rows[i].refuse_unverified,
        };
        memcpy(peer.key, key, sizeof(key));
        enum tacet_notice notice = tacet_policy_judge(&policy, rows[i].way == CALLS ? NULL : &who,
                                                      NULL, 0, 1700000000, &peer);
        if (notice != rows[i].notice || peer.trust != rows[i].trust) {
            fail_msg("row %zu: %s, %s", i, tacet_notice_string(notice),
                     tacet_trust_string(peer.trust));
        }
        /* What can pass may be dialled. */
        if (rows[i].way != CALLS && notice == NONE) {
            assert_true(tacet_policy_may_dial(&policy, &who));
        }
        tacet_trust_free(&table);
    }
}

static void what_cannot_pass_is_not_dialled(void **state)
{
    static const struct {
        enum way way;
        enum pins pins;
        enum tacet_require require;
        bool refuse_unverified;
        bool may;
    } rows[] = {
        { KEY, NO_TABLE, ANY, true, true },
        { KEY, NO_TABLE, PIN, true, true },
        { KEY, NO_TABLE, WORDS, false, false },
        { KEY, PINNED, WORDS, false, false },
        { KEY, VERIFIED, WORDS, true, true },
        { NAME, NO_TABLE, ANY, false, true },
        { NAME, NO_TABLE, ANY, true, false },
        { NAME, EMPTY, ANY, true, false },
        { NAME, PINNED, ANY, true, true },
        { NAME, CHANGED, ANY, true, true },
        { NAME, EMPTY, PIN, false, false },
        { NAME, RENAMED, PIN, false, false },
        { NAME, PINNED, PIN, false, true },
        { NAME, EMPTY, CERTIFICATE, false, false },
        { NAME, PINNED, CERTIFICATE, false, true },
        { NAME, PINNED, WORDS, false, false },
        { NAME, VERIFIED, WORDS, false, true },
        { NOBODY, NO_TABLE, ANY, false, true },
        { NOBODY, VERIFIED, ANY, true, false },
        { NOBODY, NO_TABLE, PIN, false, false },
        { NOBODY, EMPTY, PIN, false, true },
        { NOBODY, NO_TABLE, WORDS, false, false },
        { NOBODY, NO_TABLE, CERTIFICATE, false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_trust_table *table = make_table(rows[i].pins);
        struct tacet_callee who = callee(rows[i].way);
        struct tacet_policy policy = {
            .trust = table,
            .require = rows[i].require,
            .allow_unverified = !rows[i].refuse_unverified,
        };
        if (tacet_policy_may_dial(&policy, &who) != rows[i].may) {
            fail_msg("row %zu", i);
        }
        tacet_trust_free(&table);
    }
}

/* --- with authorities --- */

#define UNIX_NOW UINT64_C(1700000000)

struct ca {
    uint8_t public_key[32];
    uint8_t secret[64];
    struct tacet_authority authority;
};

static struct ca make_ca(uint8_t seed, const char *suffix)
{
    const uint8_t bytes[32] = { seed };
    struct ca ca;

    assert_int_equal(crypto_sign_seed_keypair(ca.public_key, ca.secret, bytes), 0);
    tacet_authority_fill(ca.public_key, suffix, &ca.authority);
    return ca;
}

static void add_ca(struct tacet_authorities *set, const struct ca *ca)
{
    uint8_t file[TACET_AUTHORITY_FILE_MAX];
    size_t size = tacet_authority_write(&ca->authority, ca->secret, file);

    assert_int_equal(tacet_authorities_add(set, file, size), 0);
}

/* A list with that key on it, or none; out of date half an hour after it is issued. */
static void add_list(struct tacet_authorities *set, const struct ca *ca, uint64_t issued,
                     const uint8_t *revoked_key)
{
    uint8_t entry[TACET_REVOCATION_ENTRY] = { 0, 0, 0, 0, 0, 0, 0, 99 };
    uint8_t data[512];
    size_t size = 0;
    struct tacet_revocations list = {
        .number = 1,
        .issued = issued,
        .next_update = issued + 1800,
        .count = revoked_key != NULL ? 1 : 0,
        .entries = entry,
    };

    if (revoked_key != NULL) {
        memcpy(entry + 8, revoked_key, 32);
    }
    memcpy(list.ca_id, ca->authority.id, sizeof(list.ca_id));
    assert_int_equal(tacet_revocations_write(&list, ca->secret, data, sizeof(data), &size), 0);
    assert_int_equal(tacet_authorities_revoke(set, data, size), 0);
}

/* What the certificate of the party is worth. */
enum kind {
    SELF_SIGNED,
    CERTIFIED,
    FORGED,   /* names the authority, which did not sign it */
    OUTSIDE,  /* signed by one that may not sign this name */
    STRANGER, /* signed by an authority that nobody trusts here */
    REVOKED,  /* certified, and then its key was revoked */
    REVOKED_SELF_SIGNED,
    STALE /* certified; the list is out of date */
};

static const char *kind_name(enum kind kind)
{
    return kind == OUTSIDE ? "bob@elsewhere" : "bob@example.org";
}

static void a_certificate_counts_as_its_authority_is_trusted(void **state)
{
    static const struct {
        enum kind kind;
        bool incoming;
        bool ticket;
        bool pinned;
        bool verified;
        bool strict;
        enum tacet_require require;
        enum tacet_notice notice;
        enum tacet_trust trust;
    } rows[] = {
#define REFUSED_CERTIFICATE TACET_NOTICE_CERTIFICATE
#define IS_CERTIFIED TACET_TRUST_CERTIFIED
        { SELF_SIGNED, true, false, false, false, false, ANY, NONE, UNVERIFIED },
        { SELF_SIGNED, true, false, false, false, false, CERTIFICATE, REQUIRED, UNVERIFIED },
        { SELF_SIGNED, true, false, true, false, false, CERTIFICATE, NONE, IS_PINNED },
        { SELF_SIGNED, false, false, false, false, false, CERTIFICATE, REQUIRED, UNVERIFIED },
        { SELF_SIGNED, false, true, false, false, false, CERTIFICATE, NONE, IS_PINNED },
        { CERTIFIED, true, false, false, false, false, ANY, NONE, IS_CERTIFIED },
        { CERTIFIED, true, false, false, false, true, CERTIFICATE, NONE, IS_CERTIFIED },
        { CERTIFIED, true, false, false, false, false, PIN, REQUIRED, UNVERIFIED },
        { CERTIFIED, true, false, true, false, false, PIN, NONE, IS_CERTIFIED },
        { CERTIFIED, true, false, true, false, false, WORDS, REQUIRED, UNVERIFIED },
        { CERTIFIED, true, false, true, true, false, WORDS, NONE, IS_VERIFIED },
        { CERTIFIED, false, false, false, false, false, CERTIFICATE, NONE, IS_CERTIFIED },
        { CERTIFIED, false, true, false, false, false, PIN, NONE, IS_CERTIFIED },
        { FORGED, true, false, false, false, false, ANY, REFUSED_CERTIFICATE, UNVERIFIED },
        { FORGED, false, true, true, true, false, ANY, REFUSED_CERTIFICATE, UNVERIFIED },
        { OUTSIDE, true, false, false, false, false, ANY, REFUSED_CERTIFICATE, UNVERIFIED },
        { OUTSIDE, false, false, false, false, false, ANY, REFUSED_CERTIFICATE, UNVERIFIED },
        { STRANGER, true, false, false, false, false, ANY, NONE, UNVERIFIED },
        { STRANGER, true, false, false, false, false, CERTIFICATE, REQUIRED, UNVERIFIED },
        { STRANGER, false, true, false, false, false, CERTIFICATE, NONE, IS_PINNED },
        { REVOKED, true, false, true, true, false, ANY, TACET_NOTICE_REVOKED, UNVERIFIED },
        { REVOKED, false, true, true, true, false, ANY, TACET_NOTICE_REVOKED, UNVERIFIED },
        { REVOKED_SELF_SIGNED, true, false, true, true, false, ANY, TACET_NOTICE_REVOKED,
          UNVERIFIED },
        { REVOKED_SELF_SIGNED, false, true, false, false, false, ANY, TACET_NOTICE_REVOKED,
          UNVERIFIED },
        { STALE, true, false, false, false, false, CERTIFICATE, NONE, IS_CERTIFIED },
        { STALE, true, false, true, true, true, ANY, TACET_NOTICE_OUTDATED, UNVERIFIED },
        { STALE, false, true, false, false, true, ANY, TACET_NOTICE_OUTDATED, UNVERIFIED },
    };
    const struct ca ca = make_ca(1, "example.org");
    const struct ca stranger = make_ca(2, "");
    struct tacet_rng rng;
    struct tacet_identity *bob = NULL;

    (void)state;
    tacet_rng_seed(&rng, 7, 0);
    const struct tacet_random random = tacet_rng_random(&rng);
    assert_int_equal(tacet_identity_create(&random, "bob@example.org", &bob), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum kind kind = rows[i].kind;
        const struct ca *signer = kind == STRANGER ? &stranger : &ca;
        struct tacet_authorities *set = NULL;
        struct tacet_trust_table *table = make_table(EMPTY);
        uint8_t request[TACET_REQUEST_MAX], certificate[TACET_CERTIFICATE_MAX];
        size_t request_size, size;
        struct tacet_certificate parsed;
        struct tacet_public_identity peer;

        assert_int_equal(tacet_authorities_create(&set), 0);
        add_ca(set, &ca);
        add_list(set, &ca, kind == STALE ? UNIX_NOW - 3600 : UNIX_NOW,
                 kind == REVOKED || kind == REVOKED_SELF_SIGNED ? bob->ed_public : NULL);
        if (kind == SELF_SIGNED || kind == REVOKED_SELF_SIGNED) {
            assert_int_equal(
                tacet_certificate_self_sign(bob, &random, UNIX_NOW, certificate, &size), 0);
        } else {
            tacet_certificate_request(bob, &random, kind_name(kind), signer->authority.id,
                                      UNIX_NOW - 60, UNIX_NOW + 86400, request, &request_size);
            tacet_certificate_sign(request, request_size,
                                   kind == FORGED ? stranger.secret : signer->secret, certificate,
                                   &size);
        }
        assert_int_equal(tacet_certificate_parse(certificate, size, &parsed), 0);
        assert_int_equal(tacet_certificate_check(certificate, size, &parsed, UNIX_NOW), 0);
        tacet_certificate_public(&parsed, &peer);
        peer.trust = UNVERIFIED;
        if (rows[i].pinned) {
            assert_int_equal(tacet_trust_pin(table, "robert", bob->ed_public, NULL, 0, false), 0);
            assert_int_equal(tacet_trust_verify(table, "robert", rows[i].verified), 0);
        }
        const struct tacet_policy policy = {
            .trust = table,
            .authorities = set,
            .require = rows[i].require,
            .strict_revocation = rows[i].strict,
            .allow_unverified = true,
        };
        struct tacet_callee who = { .hint = rows[i].ticket ? TACET_HINT_KEY : TACET_HINT_NAME };
        memcpy(who.key, bob->ed_public, sizeof(who.key));
        memcpy(who.name, peer.name, sizeof(who.name));
        enum tacet_notice notice = tacet_policy_judge(&policy, rows[i].incoming ? NULL : &who,
                                                      certificate, size, UNIX_NOW, &peer);
        if (notice != rows[i].notice || peer.trust != rows[i].trust) {
            fail_msg("row %zu: %s, %s", i, tacet_notice_string(notice),
                     tacet_trust_string(peer.trust));
        }
        /* The CA vouches for the name, whatever this user calls the key. */
        if (notice == NONE) {
            assert_int_equal(peer.name_claimed, kind != CERTIFIED && kind != STALE);
        }
        assert_string_equal(peer.label, rows[i].pinned ? "robert" : "");
        assert_int_equal(tacet_policy_stale(&policy, UNIX_NOW), kind == STALE);
        if (kind == REVOKED) { /* and whoever is known to be revoked is not even dialled */
            assert_int_equal(tacet_policy_may_dial(&policy, &who), !rows[i].ticket);
        }
        tacet_trust_free(&table);
        tacet_authorities_free(&set);
    }
    tacet_identity_free(&bob);
}

/* --- in a call --- */

static struct tacet_trust_table *tables[2];
static enum tacet_require required[2];
static struct tacet_authorities *authorities;

static void with_tables(int party, struct tacet_call_config *config)
{
    config->trust = tables[party];
    config->require = required[party];
    config->authorities = authorities;
    config->open = true;
}

static int make_tables(void **state)
{
    (void)state;
    memset(required, 0, sizeof(required));
    return tacet_trust_create(&tables[0]) != 0 || tacet_trust_create(&tables[1]) != 0;
}

static int free_tables(void **state)
{
    (void)state;
    tacet_trust_free(&tables[0]);
    tacet_trust_free(&tables[1]);
    return 0;
}

/* Pins the key of `whose` in the other party's table. */
static void pin(struct pair *p, int whose, const char *label)
{
    struct tacet_public_identity identity;

    tacet_identity_public(p->identity[whose], &identity);
    assert_int_equal(tacet_trust_pin(tables[1 - whose], label, identity.key, NULL, 0, true), 0);
}

static void pin_another_key(int whose, const char *label)
{
    assert_int_equal(tacet_trust_pin(tables[1 - whose], label, other_key, NULL, 0, true), 0);
}

static void dial(struct pair *p, enum tacet_hint hint)
{
    struct tacet_callee who = { .hint = hint, .name = "bob" };

    if (hint == TACET_HINT_KEY) {
        pair_dial(p);
        return;
    }
    assert_int_equal(
        tacet_call_dial(p->call[CALLER], p->now, &who, &p->path[CALLEE], 1, &p->peer[CALLER]), 0);
}

static void assert_notice(const struct pair *p, int party, enum tacet_notice notice, uint32_t peer,
                          const char *name)
{
    const struct tacet_event *event = pair_last(p, party, TACET_EVENT_TRUST);

    assert_non_null(event);
    assert_int_equal(pair_events(p, party, TACET_EVENT_TRUST), 1);
    assert_int_equal(event->u.trust.notice, notice);
    assert_int_equal(event->peer, peer);
    assert_string_equal(event->u.trust.identity.name, name);
}

static void a_contacts_changed_key_sees_no_fin_and_the_caller_is_told(void **state)
{
    static const enum tacet_hint hints[] = { TACET_HINT_NAME, TACET_HINT_NONE };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct pair p;
        pair_create(&p, 80 + i, with_tables);
        pin_another_key(CALLEE, "bob");
        dial(&p, hints[i]);
        pair_pump(&p);
        assert_int_equal(pair_peer(&p, CALLER)->state, TACET_PEER_DIALLING);
        assert_notice(&p, CALLER, TACET_NOTICE_CHANGED, p.peer[CALLER], "bob");
        pair_run(&p, TACET_S(16));
        const struct tacet_event *ended = pair_last(&p, CALLER, TACET_EVENT_ENDED);
        assert_non_null(ended);
        assert_int_equal(ended->u.ended.reason, TACET_END_IMPOSTOR);
        assert_notice(&p, CALLER, TACET_NOTICE_CHANGED, p.peer[CALLER], "bob");
        assert_int_equal(p.event_count[CALLEE], 0);
        /* The user accepts the new key and dials again. */
        pin(&p, CALLEE, "bob");
        p.now += TACET_S(5);
        dial(&p, hints[i]);
        pair_pump(&p);
        assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_INCOMING), 1);
        assert_int_equal(pair_last(&p, CALLER, TACET_EVENT_ESTABLISHED)->u.incoming.trust,
                         TACET_TRUST_PINNED);
        pair_free(&p);
    }
}

static void a_caller_with_a_contacts_name_and_another_key_does_not_ring(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 90, with_tables);
    pin_another_key(CALLER, "ann");
    pair_dial(&p);
    pair_run(&p, TACET_S(2));
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_INCOMING), 0);
    assert_notice(&p, CALLEE, TACET_NOTICE_CHANGED, TACET_NO_PEER, "ann");
    /* Its FIN is read once, however often it comes. */
    assert_int_equal(p.call[CALLEE]->drops[TACET_DROP_AUTH], 1);
    assert_true(p.call[CALLEE]->drops[TACET_DROP_REPLAY] > 0);
    pair_free(&p);
}

static void a_caller_who_proves_too_little_does_not_ring(void **state)
{
    static const struct {
        enum tacet_require require;
        const char *label; /* NULL: not pinned */
        bool verified;
        bool rings;
        enum tacet_trust trust;
    } rows[] = {
        { ANY, NULL, false, true, UNVERIFIED },
        { ANY, "ann", false, true, IS_PINNED },
        { ANY, "anna", true, true, IS_VERIFIED },
        { PIN, NULL, false, false, UNVERIFIED },
        { PIN, "anna", false, true, IS_PINNED },
        { CERTIFICATE, NULL, false, false, UNVERIFIED },
        { CERTIFICATE, "anna", false, true, IS_PINNED },
        { WORDS, NULL, false, false, UNVERIFIED },
        { WORDS, "anna", false, false, UNVERIFIED },
        { WORDS, "anna", true, true, IS_VERIFIED },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pair p;
        required[CALLEE] = rows[i].require;
        pair_create(&p, 100 + i, with_tables);
        if (rows[i].label != NULL) {
            pin(&p, CALLER, rows[i].label);
            assert_int_equal(tacet_trust_verify(tables[CALLEE], rows[i].label, rows[i].verified),
                             0);
        }
        pair_dial(&p);
        pair_run(&p, TACET_S(1));
        assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_INCOMING), rows[i].rings);
        if (rows[i].rings) {
            assert_int_equal(pair_last(&p, CALLEE, TACET_EVENT_INCOMING)->u.incoming.trust,
                             rows[i].trust);
            assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_TRUST), 0);
        } else {
            assert_notice(&p, CALLEE, TACET_NOTICE_REQUIRED, TACET_NO_PEER, "ann");
        }
        pair_free(&p);
        if (rows[i].label != NULL) {
            assert_int_equal(tacet_trust_forget(tables[CALLEE], rows[i].label), 0);
        }
    }
}

static void a_callee_who_proves_too_little_learns_nothing_of_the_caller(void **state)
{
    struct pair p;

    (void)state;
    required[CALLER] = PIN;
    pair_create(&p, 120, with_tables);
    dial(&p, TACET_HINT_NONE);
    pair_run(&p, TACET_S(16));
    assert_notice(&p, CALLER, TACET_NOTICE_REQUIRED, p.peer[CALLER], "bob");
    assert_int_equal(pair_last(&p, CALLER, TACET_EVENT_ENDED)->u.ended.reason, TACET_END_IMPOSTOR);
    assert_int_equal(p.event_count[CALLEE], 0);
    pair_free(&p);
}

static void what_nobody_could_pass_is_an_error_and_sends_nothing(void **state)
{
    struct pair p;
    struct tacet_callee who = { .hint = TACET_HINT_NAME, .name = "bob" };
    struct tacet_packet packet;

    (void)state;
    required[CALLER] = PIN;
    pair_create(&p, 121, with_tables);
    assert_int_equal(
        tacet_call_dial(p.call[CALLER], p.now, &who, &p.path[CALLEE], 1, &p.peer[CALLER]),
        TACET_ERR_TRUST);
    assert_int_equal(tacet_call_poll_packet(p.call[CALLER], p.now, &packet), 0);
    pair_free(&p);
    required[CALLER] = (enum tacet_require)(TACET_REQUIRE_WORDS + 1);
    struct tacet_call_config config;
    struct tacet_call *call = NULL;
    struct tacet_identity *identity = NULL;
    struct tacet_rng rng;
    tacet_rng_seed(&rng, 1, 0);
    tacet_call_config_init(&config);
    config.random = tacet_rng_random(&rng);
    assert_int_equal(tacet_identity_create(&config.random, NULL, &identity), 0);
    config.identity = identity;
    config.unix_time_offset_us = INT64_C(1700000000) * 1000000;
    with_tables(CALLER, &config);
    assert_int_equal(tacet_call_create(&config, 0, &call), TACET_ERR_ARGUMENT);
    tacet_identity_free(&identity);
}

static void who_calls_from_the_key_that_is_being_dialled_is_pinned_by_that_ticket(void **state)
{
    struct pair p;
    struct tacet_callee who = { .hint = TACET_HINT_KEY };
    struct tacet_public_identity caller;
    uint32_t peer;

    (void)state;
    required[CALLEE] = PIN;
    pair_create(&p, 122, with_tables);
    tacet_identity_public(p.identity[CALLER], &caller);
    memcpy(who.key, caller.key, sizeof(who.key));
    /* It dials too, but nothing of that arrives; then the other's call comes in. */
    assert_int_equal(tacet_call_dial(p.call[CALLEE], p.now, &who, &p.path[CALLER], 1, &peer), 0);
    pair_dial(&p);
    pair_run(&p, TACET_S(1));
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_TRUST), 0);
    int found = 0;
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        const struct tacet_peer *incoming = &p.call[CALLEE]->peers[i];
        if (incoming->state > TACET_PEER_DIALLING && !incoming->caller) {
            assert_int_equal(incoming->identity.trust, TACET_TRUST_PINNED);
            found++;
        }
    }
    assert_int_equal(found, 1);
    pair_free(&p);
}

static void only_an_outgoing_call_to_a_new_key_offers_a_pin(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 123, with_tables);
    pair_connect(&p);
    assert_notice(&p, CALLER, TACET_NOTICE_OFFER, p.peer[CALLER], "bob");
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_TRUST), 0);
    assert_null(tacet_trust_at(tables[CALLER], 0)); /* the call writes nothing down */
    assert_null(tacet_trust_at(tables[CALLEE], 0));
    pair_free(&p);
    pair_create(&p, 123, with_tables);
    pin(&p, CALLEE, "robert");
    pair_connect(&p);
    assert_int_equal(pair_events(&p, CALLER, TACET_EVENT_TRUST), 0);
    pair_free(&p);
}

static void a_list_that_is_out_of_date_is_told_to_both_who_trust_it(void **state)
{
    const struct ca ca = make_ca(1, "");
    struct pair p;

    (void)state;
    assert_int_equal(tacet_authorities_create(&authorities), 0);
    add_ca(authorities, &ca);
    add_list(authorities, &ca, UNIX_NOW - 3600, NULL);
    pair_create(&p, 125, with_tables);
    pair_dial(&p);
    pair_pump(&p);
    assert_notice(&p, CALLER, TACET_NOTICE_STALE, p.peer[CALLER], "bob");
    assert_notice(&p, CALLEE, TACET_NOTICE_STALE, p.peer[CALLEE], "ann");
    pair_free(&p);
    tacet_authorities_free(&authorities);
}

static void each_side_marks_the_other_as_verified_for_itself(void **state)
{
    struct pair p;
    struct tacet_peer_info info;

    (void)state;
    pair_create(&p, 124, with_tables);
    pair_dial(&p);
    pair_pump(&p);
    /* Before the words there is nothing that could match. */
    assert_int_equal(tacet_call_set_verified(p.call[CALLEE], p.now, p.peer[CALLEE]),
                     TACET_ERR_STATE);
    assert_int_equal(tacet_call_set_verified(p.call[CALLER], p.now, p.peer[CALLER] + 1),
                     TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_call_answer(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
    pair_pump(&p);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(tacet_call_set_verified(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
        pair_pump(&p);
        assert_notice(&p, CALLEE, TACET_NOTICE_VERIFIED, p.peer[CALLEE], "ann");
        assert_int_equal(pair_last(&p, CALLEE, TACET_EVENT_TRUST)->u.trust.identity.trust,
                         TACET_TRUST_VERIFIED);
    }
    assert_int_equal(tacet_call_peer(p.call[CALLEE], p.peer[CALLEE], &info), 0);
    assert_int_equal(info.identity.trust, TACET_TRUST_VERIFIED);
    assert_int_equal(tacet_call_peer(p.call[CALLER], p.peer[CALLER], &info), 0);
    assert_int_equal(info.identity.trust, TACET_TRUST_PINNED);
    tacet_call_hangup(p.call[CALLEE], p.now);
    pair_pump(&p);
    assert_int_equal(tacet_call_set_verified(p.call[CALLER], p.now, p.peer[CALLER]),
                     TACET_ERR_STATE);
    pair_free(&p);
}

int main(void)
{
#define IN_A_CALL(test) cmocka_unit_test_setup_teardown(test, make_tables, free_tables)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_party_is_judged_by_what_is_known_of_its_key),
        cmocka_unit_test(what_cannot_pass_is_not_dialled),
        cmocka_unit_test(a_certificate_counts_as_its_authority_is_trusted),
        IN_A_CALL(a_contacts_changed_key_sees_no_fin_and_the_caller_is_told),
        IN_A_CALL(a_caller_with_a_contacts_name_and_another_key_does_not_ring),
        IN_A_CALL(a_caller_who_proves_too_little_does_not_ring),
        IN_A_CALL(a_callee_who_proves_too_little_learns_nothing_of_the_caller),
        IN_A_CALL(what_nobody_could_pass_is_an_error_and_sends_nothing),
        IN_A_CALL(who_calls_from_the_key_that_is_being_dialled_is_pinned_by_that_ticket),
        IN_A_CALL(only_an_outgoing_call_to_a_new_key_offers_a_pin),
        IN_A_CALL(a_list_that_is_out_of_date_is_told_to_both_who_trust_it),
        IN_A_CALL(each_side_marks_the_other_as_verified_for_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
