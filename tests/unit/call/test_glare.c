/*
 * Both parties dial each other (protocol.md section 9): in every interleaving of the packets there
 * is exactly one call, nobody's phone rings, and both agree which one it is.
 */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tacet/trust.h"

#include <string.h>

static void both_listen(int party, struct tacet_call_config *config)
{
    (void)party;
    config->listen = true;
}

/* A seed under which the caller's key is the smaller one, and one under which it is not. */
static uint64_t seeds[2];

static int find_seeds(void **state)
{
    (void)state;
    for (uint64_t seed = 60; seeds[0] == 0 || seeds[1] == 0; seed++) {
        struct pair p;
        struct tacet_public_identity id[2];
        pair_create(&p, seed, both_listen);
        tacet_identity_public(p.identity[CALLER], &id[CALLER]);
        tacet_identity_public(p.identity[CALLEE], &id[CALLEE]);
        seeds[memcmp(id[CALLER].key, id[CALLEE].key, TACET_KEY_SIZE) < 0] = seed;
        pair_free(&p);
    }
    return 0;
}

static void dial(struct pair *p, int from)
{
    struct tacet_callee who = { .hint = TACET_HINT_KEY };
    struct tacet_public_identity callee;

    tacet_identity_public(p->identity[1 - from], &callee);
    memcpy(who.key, callee.key, sizeof(who.key));
    assert_int_equal(
        tacet_call_dial(p->call[from], p->now, &who, &p->path[1 - from], 1, &p->peer[from]), 0);
}

static int connected(struct pair *p, int party)
{
    int count = 0;

    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        count += p->call[party]->peers[i].state == TACET_PEER_CONNECTED;
    }
    return count;
}

static void assert_one_call(struct pair *p)
{
    const struct tacet_event *answered[2];

    for (int i = 0; i < 2; i++) {
        assert_int_equal(connected(p, i), 1);
        assert_int_equal(pair_events(p, i, TACET_EVENT_INCOMING), 0);
        assert_int_equal(pair_events(p, i, TACET_EVENT_ANSWERED), 1);
        answered[i] = pair_last(p, i, TACET_EVENT_ANSWERED);
        const struct tacet_event *ended = pair_last(p, i, TACET_EVENT_ENDED);
        /* Who lost its own call was told which one it goes on as. */
        if (ended != NULL) {
            assert_int_equal(ended->peer, p->peer[i]);
            assert_int_equal(ended->u.ended.successor, answered[i]->peer);
        } else {
            assert_int_equal(answered[i]->peer, p->peer[i]);
        }
    }
    assert_string_equal(answered[0]->u.answered.words, answered[1]->u.answered.words);
}

/* One packet from that party to the other, if it has one. */
static void move_one(struct pair *p, int from)
{
    struct tacet_packet packet;
    uint8_t copy[TACET_DATAGRAM_MAX];

    if (tacet_call_poll_packet(p->call[from], p->now, &packet) == 1) {
        memcpy(copy, packet.data, packet.size);
        packet.data = copy;
        packet.path = p->path[from];
        (void)tacet_call_handle_packet(p->call[1 - from], p->now, &packet);
    }
}

static void every_interleaving_gives_exactly_one_call(void **state)
{
    (void)state;
    for (int s = 0; s < 2; s++) {
        for (unsigned order = 0; order < 1U << 8; order++) {
            struct pair p;
            pair_create(&p, seeds[s], both_listen);
            dial(&p, CALLER);
            /* The second dials later or sooner, too. */
            unsigned late = order % 4;
            for (unsigned i = 0; i < 8; i++) {
                if (i == late) {
                    dial(&p, CALLEE);
                }
                move_one(&p, (int)(order >> i & 1));
            }
            if (pair_events(&p, CALLEE, TACET_EVENT_INCOMING) == 0) {
                pair_run(&p, TACET_S(1));
            }
            if (pair_events(&p, CALLEE, TACET_EVENT_INCOMING) == 0) {
                assert_one_call(&p);
            }
            pair_free(&p);
        }
    }
}

/* The INITs of one party never arrive: the other's call must live, whichever would have won. */
static void call_lives_when_the_other_direction_is_blocked(void **state)
{
    (void)state;
    for (int s = 0; s < 2; s++) {
        for (int lost = 0; lost < 2; lost++) {
            struct pair p;
            pair_create(&p, seeds[s], both_listen);
            dial(&p, CALLER);
            dial(&p, CALLEE);
            /* This party's INIT, and each retransmission of it, goes to where nobody is. */
            struct tacet_peer *blocked = pair_peer(&p, lost);
            memset(blocked->initiator.init + 608, 0, 16);
            struct tacet_packet packet;
            uint8_t copy[TACET_DATAGRAM_MAX];
            assert_int_equal(tacet_call_poll_packet(p.call[lost], p.now, &packet), 1);
            memcpy(copy, packet.data, packet.size);
            pair_run(&p, TACET_S(20));
            for (int i = 0; i < 2; i++) {
                assert_int_equal(connected(&p, i), 1);
                assert_int_equal(pair_events(&p, i, TACET_EVENT_INCOMING), 0);
            }
            pair_free(&p);
        }
    }
}

static void giving_up_ones_own_call_declines_the_held_one(void **state)
{
    (void)state;
    for (int s = 0; s < 2; s++) {
        struct pair p;
        pair_create(&p, seeds[s], both_listen);
        dial(&p, CALLER);
        dial(&p, CALLEE);
        memset(pair_peer(&p, CALLER)->initiator.init + 608, 0, 16);
        struct tacet_packet packet;
        assert_int_equal(tacet_call_poll_packet(p.call[CALLER], p.now, &packet), 1);
        pair_pump(&p);
        if (connected(&p, CALLER) == 0) { /* the held one waits for ours to fail */
            tacet_call_hangup(p.call[CALLER], p.now);
            pair_run(&p, TACET_S(1));
            assert_int_equal(connected(&p, CALLER), 0);
            assert_int_equal(connected(&p, CALLEE), 0);
            assert_non_null(pair_last(&p, CALLEE, TACET_EVENT_ENDED));
        }
        pair_free(&p);
    }
}

static struct tacet_trust_table *contacts; /* the caller's */

static void both_listen_with_contacts(int party, struct tacet_call_config *config)
{
    config->listen = true;
    config->trust = party == CALLER ? contacts : NULL;
}

/* The caller dials "bob" by that name and reaches nobody, while whoever calls itself so calls. */
static void dial_by_name_and_be_called(struct pair *p, uint64_t seed)
{
    const struct tacet_callee who = { .hint = TACET_HINT_NAME, .name = "bob" };
    struct tacet_packet packet;

    pair_create(p, seed, both_listen_with_contacts);
    assert_int_equal(
        tacet_call_dial(p->call[CALLER], p->now, &who, &p->path[CALLEE], 1, &p->peer[CALLER]), 0);
    memset(pair_peer(p, CALLER)->initiator.init + 608, 0, 16);
    assert_int_equal(tacet_call_poll_packet(p->call[CALLER], p->now, &packet), 1);
    dial(p, CALLEE);
}

/* A self-signed name is a claim: who calls under the dialled one rings, and gets no microphone. */
static void claimed_name_is_not_the_party_that_is_dialled(void **state)
{
    (void)state;
    contacts = NULL;
    for (int s = 0; s < 2; s++) {
        struct pair p;
        dial_by_name_and_be_called(&p, seeds[s]);
        pair_run(&p, TACET_S(20)); /* also when the dialling has failed */
        assert_int_equal(connected(&p, CALLER), 0);
        assert_int_equal(pair_events(&p, CALLER, TACET_EVENT_ANSWERED), 0);
        assert_int_equal(pair_events(&p, CALLER, TACET_EVENT_INCOMING), 1);
        pair_free(&p);
    }
}

static void contact_of_the_dialled_name_is_the_party(void **state)
{
    (void)state;
    for (int s = 0; s < 2; s++) {
        struct pair p;
        struct tacet_public_identity bob;
        assert_int_equal(tacet_trust_create(&contacts), 0);
        dial_by_name_and_be_called(&p, seeds[s]);
        tacet_identity_public(p.identity[CALLEE], &bob);
        assert_int_equal(tacet_trust_pin(contacts, "bob", bob.key, NULL, 1, false), 0);
        pair_run(&p, TACET_S(20));
        assert_int_equal(connected(&p, CALLER), 1);
        assert_int_equal(pair_events(&p, CALLER, TACET_EVENT_INCOMING), 0);
        pair_free(&p);
        tacet_trust_free(&contacts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_interleaving_gives_exactly_one_call),
        cmocka_unit_test(call_lives_when_the_other_direction_is_blocked),
        cmocka_unit_test(giving_up_ones_own_call_declines_the_held_one),
        cmocka_unit_test(claimed_name_is_not_the_party_that_is_dialled),
        cmocka_unit_test(contact_of_the_dialled_name_is_the_party),
    };

    return cmocka_run_group_tests(tests, find_seeds, NULL);
}
