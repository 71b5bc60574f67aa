/*
 * Who is let in, and how far it is trusted, by every kind of pin, certificate and requirement: the
 * policy alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/policy.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "policy_rows.h"
#include "sim/rng.h"
#include "tacet/trust.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_party_is_judged_by_what_is_known_of_its_key),
        cmocka_unit_test(what_cannot_pass_is_not_dialled),
        cmocka_unit_test(a_certificate_counts_as_its_authority_is_trusted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
