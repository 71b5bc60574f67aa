/*
 * What a party may be shown as: the user's own label for its key, not the name that it gives
 * itself, which may be another contact's.
 */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/policy.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "tacet/trust.h"

#include <string.h>

static struct tacet_trust_table *table;

static int make_table(void **state)
{
    (void)state;
    return tacet_trust_create(&table);
}

static int free_table(void **state)
{
    (void)state;
    tacet_trust_free(&table);
    return 0;
}

static void with_table(int party, struct tacet_call_config *config)
{
    config->trust = party == CALLEE ? table : NULL;
}

static void the_label_of_the_key_is_told_and_whether_the_name_is_anothers(void **state)
{
    static const uint8_t key[TACET_KEY_SIZE] = { 1 }, other_key[TACET_KEY_SIZE] = { 2 };
    static const struct {
        const char *label;  /* of the party's key; NULL: not saved */
        const char *second; /* another label of it */
        const char *others; /* a contact with another key */
        bool ticket;        /* the party is dialled by its key */
        bool name;          /* ... by its name */
        enum tacet_notice notice;
        const char *shown; /* label */
        bool claimed;
        bool taken;
    } rows[] = {
        { NULL, NULL, NULL, false, false, TACET_NOTICE_NONE, "", true, false },
        { "bob", NULL, NULL, false, false, TACET_NOTICE_NONE, "bob", false, false },
        { "carl", NULL, NULL, false, false, TACET_NOTICE_NONE, "carl", true, false },
        /* It says that it is "bob", and somebody else is. */
        { "carl", NULL, "bob", false, false, TACET_NOTICE_NONE, "carl", true, true },
        { NULL, NULL, "bob", true, false, TACET_NOTICE_NONE, "", true, true },
        { NULL, NULL, "bob", false, false, TACET_NOTICE_CHANGED, "", true, true },
        { "carl", NULL, "bob", false, true, TACET_NOTICE_CHANGED, "carl", true, true },
        { NULL, NULL, "dora", false, false, TACET_NOTICE_NONE, "", true, false },
        /* Of two labels the one that was dialled. */
        { "anton", "bob", NULL, false, true, TACET_NOTICE_NONE, "bob", false, false },
        { "anton", "bob", NULL, false, false, TACET_NOTICE_NONE, "anton", false, false },
    };
    uint8_t certificate[1] = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_public_identity peer = { .name = "bob", .label = "stale" };
        struct tacet_callee who = { .hint = rows[i].ticket ? TACET_HINT_KEY : TACET_HINT_NAME,
                                    .name = "bob" };
        struct tacet_policy policy = { .allow_unverified = true };

        assert_int_equal(tacet_trust_create(&table), 0);
        policy.trust = table;
        memcpy(peer.key, key, sizeof(key));
        memcpy(who.key, key, sizeof(key));
        if (rows[i].label != NULL) {
            assert_int_equal(tacet_trust_pin(table, rows[i].label, key, NULL, 0, false), 0);
        }
        if (rows[i].second != NULL) {
            assert_int_equal(tacet_trust_pin(table, rows[i].second, key, NULL, 0, false), 0);
        }
        if (rows[i].others != NULL) {
            assert_int_equal(tacet_trust_pin(table, rows[i].others, other_key, NULL, 0, false), 0);
        }
        enum tacet_notice notice =
            tacet_policy_judge(&policy, rows[i].ticket || rows[i].name ? &who : NULL, certificate,
                               sizeof(certificate), 0, &peer);
        if (notice != rows[i].notice || strcmp(peer.label, rows[i].shown) != 0 ||
            peer.name_claimed != rows[i].claimed || peer.name_taken != rows[i].taken) {
            fail_msg("row %zu: %s, label '%s', claimed %d, taken %d", i,
                     tacet_notice_string(notice), peer.label, peer.name_claimed, peer.name_taken);
        }
        tacet_trust_free(&table);
    }
}

/* "ann" of the certificate is saved as "anna"; "ann" is somebody else. */
static void every_event_of_a_contact_carries_its_label(void **state)
{
    static const uint8_t other_key[TACET_KEY_SIZE] = { 2 };
    struct pair p;
    struct tacet_public_identity caller;
    struct tacet_peer_info info;

    (void)state;
    pair_create(&p, 1, with_table);
    tacet_identity_public(p.identity[CALLER], &caller);
    assert_int_equal(tacet_trust_pin(table, "anna", caller.key, NULL, 0, false), 0);
    assert_int_equal(tacet_trust_pin(table, "ann", other_key, NULL, 0, false), 0);
    pair_connect(&p);
    assert_int_equal(tacet_call_set_verified(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
    pair_pump(&p);
    const struct tacet_public_identity *told[] = {
        &pair_last(&p, CALLEE, TACET_EVENT_INCOMING)->u.incoming,
        &pair_last(&p, CALLEE, TACET_EVENT_ESTABLISHED)->u.incoming,
        &pair_last(&p, CALLEE, TACET_EVENT_ANSWERED)->u.answered.peer,
        &pair_last(&p, CALLEE, TACET_EVENT_TRUST)->u.trust.identity,
        &info.identity,
    };
    assert_int_equal(tacet_call_peer(p.call[CALLEE], p.peer[CALLEE], &info), 0);
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        assert_string_equal(told[i]->label, "anna");
        assert_string_equal(told[i]->name, "ann");
        assert_true(told[i]->name_claimed && told[i]->name_taken);
    }
    /* Who has no table has no labels. */
    assert_string_equal(pair_last(&p, CALLER, TACET_EVENT_ESTABLISHED)->u.incoming.label, "");
    assert_false(pair_last(&p, CALLER, TACET_EVENT_ESTABLISHED)->u.incoming.name_taken);
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_label_of_the_key_is_told_and_whether_the_name_is_anothers),
        cmocka_unit_test_setup_teardown(every_event_of_a_contact_carries_its_label, make_table,
                                        free_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
