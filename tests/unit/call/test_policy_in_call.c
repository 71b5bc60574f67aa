/* The policy in both roles of a call, where a refused party sees no FIN and hears no ring. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_rows.h"
#include "tacet/trust.h"

#include <string.h>

static const uint8_t other_key[TACET_KEY_SIZE] = { 2 };

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
#define CASE(test) cmocka_unit_test_setup_teardown(test, make_tables, free_tables)
    const struct CMUnitTest tests[] = {
        CASE(a_contacts_changed_key_sees_no_fin_and_the_caller_is_told),
        CASE(a_caller_with_a_contacts_name_and_another_key_does_not_ring),
        CASE(a_caller_who_proves_too_little_does_not_ring),
        CASE(a_callee_who_proves_too_little_learns_nothing_of_the_caller),
        CASE(what_nobody_could_pass_is_an_error_and_sends_nothing),
        CASE(who_calls_from_the_key_that_is_being_dialled_is_pinned_by_that_ticket),
        CASE(only_an_outgoing_call_to_a_new_key_offers_a_pin),
        CASE(a_list_that_is_out_of_date_is_told_to_both_who_trust_it),
        CASE(each_side_marks_the_other_as_verified_for_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
