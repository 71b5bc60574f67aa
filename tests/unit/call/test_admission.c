/*
 * Whose call may wait for an answer, and ring (protocol.md section 3): what strangers may cost, and
 * that they keep nobody out who is known.
 */
#include "crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void is_busy(struct crowd *c, int who)
{
    assert_int_equal(c->ended[who], TACET_END_BUSY);
    assert_true(c->remote[who]);
}

static void eight_calls_wait_and_the_ninth_is_busy(void **state)
{
    struct crowd *c = crowd_create(TACET_UNANSWERED_MAX + 2);

    (void)state;
    for (int i = 0; i < TACET_UNANSWERED_MAX + 2; i++) {
        crowd_know(c, i);
    }
    for (int i = 0; i < TACET_UNANSWERED_MAX; i++) {
        crowd_dial(c, i);
        assert_int_equal(c->rang[i], 1);
        crowd_run(c, TACET_S(1));
    }
    assert_int_equal(c->incoming, TACET_UNANSWERED_MAX);
    uint32_t told_of = c->told_of;
    for (int turn = 0; turn < 20; turn++) {
        crowd_dial(c, TACET_UNANSWERED_MAX + turn % 2);
        is_busy(c, TACET_UNANSWERED_MAX + turn % 2);
        crowd_run(c, TACET_MS(100));
    }
    /* The app never heard of them. */
    assert_int_equal(c->incoming, TACET_UNANSWERED_MAX);
    assert_int_equal(c->told_of, told_of);
    /* One of the eight goes: there is room again. */
    assert_int_equal(
        tacet_call_decline(c->call[CROWD], c->now, c->ringing_peer, TACET_END_DECLINED), 0);
    crowd_run(c, TACET_S(1));
    crowd_dial(c, TACET_UNANSWERED_MAX);
    assert_int_equal(c->rang[TACET_UNANSWERED_MAX], 1);
    assert_int_equal(c->incoming, TACET_UNANSWERED_MAX + 1);
    crowd_free(c);
}

static void those_whom_one_calls_keep_nobody_out(void **state)
{
    struct crowd *c = crowd_create(1);

    (void)state;
    for (int i = 0; i < TACET_UNANSWERED_MAX; i++) {
        c->call[CROWD]->peers[i].caller = true;
        c->call[CROWD]->peers[i].state = TACET_PEER_RINGING;
        tacet_timers_init(&c->call[CROWD]->peers[i].timers);
    }
    crowd_dial(c, 0);
    assert_int_equal(c->rang[0], 1);
    crowd_free(c);
}

/* Nine callers, the last of them known, from as many addresses or from one. */
static void strangers_keep_out_nobody_who_is_known(void **state)
{
    (void)state;
    for (int one = 0; one < 2; one++) {
        uint32_t places = one == 1 ? TACET_UNANSWERED_SOURCE_MAX : TACET_UNANSWERED_STRANGERS_MAX;
        struct crowd *c = crowd_create(CROWD);
        for (int i = 0; one == 1 && i < CROWD; i++) {
            c->host[i] = 77;
        }
        for (uint32_t i = 0; i < 8; i++) {
            crowd_dial(c, (int)i);
            assert_int_equal(c->rang[i], i < places ? 1 : 0);
            if (i >= places) {
                is_busy(c, (int)i);
            }
            crowd_run(c, TACET_S(5)); /* the pace of rings is another matter */
        }
        assert_int_equal(c->incoming, places);
        for (int i = 8; i < 8 + TACET_UNANSWERED_MAX - (int)places && i < CROWD; i++) {
            crowd_know(c, i);
            crowd_dial(c, i);
            assert_int_equal(c->rang[i], 1);
        }
        crowd_free(c);
    }
}

/* Each has a key of its own, and hangs up at once. */
static void the_strangers_of_a_source_ring_twice_in_five_seconds(void **state)
{
    static const struct {
        int64_t after_us;
        bool rings;
    } rows[] = {
        { 0, true },
        { TACET_MS(100), true },
        { TACET_MS(200), false },
        { TACET_MS(4900), false },
        { TACET_MS(5000), true },  /* the first is forgotten */
        { TACET_MS(5050), false }, /* the second not yet */
        { TACET_MS(5100), true },
        { TACET_MS(5200), false },
    };
    struct crowd *c = crowd_create(12);
    int64_t began = c->now;

    (void)state;
    for (int i = 0; i < 12; i++) {
        c->host[i] = 77;
    }
    for (int i = 0; i < (int)(sizeof(rows) / sizeof(rows[0])); i++) {
        crowd_run(c, began + rows[i].after_us - c->now);
        crowd_dial(c, i);
        assert_int_equal(c->rang[i], rows[i].rings ? 1 : 0);
        tacet_call_hangup(c->call[i], c->now);
        crowd_pump(c);
    }
    /* Others are not held to it: who comes from elsewhere, and who is known. */
    c->host[8] = 78;
    crowd_dial(c, 8);
    assert_int_equal(c->rang[8], 1);
    crowd_know(c, 9);
    crowd_dial(c, 9);
    assert_int_equal(c->rang[9], 1);
    crowd_free(c);
}

static bool rings_at(struct tacet_rings *rings, int64_t now, uint8_t who, enum tacet_trust trust)
{
    static struct tacet_peer peer;

    peer.identity.trust = trust;
    peer.identity.key[0] = who;
    peer.path.address = (struct tacet_address){ .family = 4, .ip = { 198, 51, 100, who } };
    return tacet_admission_ring(rings, now, &peer);
}

static const enum tacet_trust known[] = { TACET_TRUST_PINNED, TACET_TRUST_CERTIFIED,
                                          TACET_TRUST_VERIFIED };

/* However many of those who are known ring, and from where. */
static void rings_of_the_known_keep_no_stranger_out(void **state)
{
    struct tacet_rings rings = { 0 };
    struct tacet_peer stranger = { .identity.trust = TACET_TRUST_UNVERIFIED };

    (void)state;
    for (uint8_t who = 0; who < TACET_RINGS_MAX - 1; who++) {
        assert_true(rings_at(&rings, TACET_S(10), who, known[who % 3]));
    }
    stranger.identity.key[0] = 99;
    stranger.path = rings.of[0].path;
    for (int i = 0; i < TACET_RINGS_MAX - 1; i++) {
        rings.of[i].path = stranger.path;
    }
    assert_true(tacet_admission_ring(&rings, TACET_S(10), &stranger));
}

static void strangers_leave_places_in_the_table_of_rings(void **state)
{
    struct tacet_rings rings = { 0 };
    uint8_t who = 0;

    (void)state;
    for (; who < 40; who++) {
        assert_int_equal(rings_at(&rings, TACET_S(10), who, TACET_TRUST_UNVERIFIED),
                         who < TACET_RINGS_STRANGERS_MAX);
    }
    for (int i = 0; i < TACET_RINGS_MAX - TACET_RINGS_STRANGERS_MAX; i++) {
        assert_true(rings_at(&rings, TACET_S(11), who++, known[i % 3]));
    }
    assert_false(rings_at(&rings, TACET_S(11), who, TACET_TRUST_VERIFIED)); /* it is full */
    assert_true(rings_at(&rings, TACET_S(15), who, TACET_TRUST_UNVERIFIED));
}

static void an_identity_has_one_unanswered_call(void **state)
{
    struct crowd *c = crowd_create(2);

    (void)state;
    crowd_dial(c, 0);
    assert_int_equal(c->incoming, 1);
    crowd_run(c, TACET_S(20)); /* longer than two rings must be apart */
    crowd_dial(c, 0);
    is_busy(c, 0);
    assert_int_equal(c->incoming, 1);
    /* Another identity's is another matter, and the first still rings. */
    crowd_dial(c, 1);
    assert_int_equal(c->incoming, 2);
    assert_int_equal(c->rang[0], 1);
    crowd_free(c);
}

static void an_identity_rings_once_in_five_seconds(void **state)
{
    static const struct {
        int64_t after_us; /* since the last ring */
        bool rings;
    } rows[] = {
        { TACET_MS(100), false },  { TACET_MS(4900), false }, { TACET_MS(5000), true },
        { TACET_MS(4990), false }, { TACET_MS(5100), true },
    };
    struct crowd *c = crowd_create(2);
    uint32_t rings = 1;

    (void)state;
    crowd_dial(c, 0);
    int64_t rang_at = c->now;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tacet_call_hangup(c->call[0], c->now);
        crowd_run(c, rang_at + rows[i].after_us - c->now);
        crowd_dial(c, 0);
        rings += rows[i].rings ? 1 : 0;
        rang_at = rows[i].rings ? c->now : rang_at;
        assert_int_equal(c->incoming, rings);
        assert_int_equal(c->rang[0], rings);
        if (!rows[i].rings) {
            is_busy(c, 0);
        }
    }
    crowd_free(c);
}

static void who_was_answered_may_ring_again_at_once(void **state)
{
    struct crowd *c = crowd_create(1);

    (void)state;
    for (uint32_t i = 1; i <= 3; i++) {
        crowd_dial(c, 0);
        assert_int_equal(c->incoming, i);
        assert_int_equal(tacet_call_answer(c->call[CROWD], c->now, c->ringing_peer), 0);
        crowd_pump(c);
        tacet_call_hangup(c->call[0], c->now);
        crowd_run(c, TACET_MS(500));
    }
    crowd_free(c);
}

/* The app answers the first, of whom nothing has come but FIN, and then the second. */
static void an_answer_that_comes_second_is_busy_and_both_apps_hear_it(void **state)
{
    struct crowd *c = crowd_create(2);

    (void)state;
    c->mute = 0;
    crowd_dial(c, 0);
    assert_int_equal(c->incoming, 1);
    assert_int_equal(tacet_call_answer(c->call[CROWD], c->now, c->ringing_peer), 0);
    crowd_dial(c, 1);
    assert_int_equal(c->incoming, 2);
    assert_int_equal(tacet_call_answer(c->call[CROWD], c->now, c->ringing_peer), 0);
    crowd_run(c, TACET_S(1));
    assert_int_equal(c->ended[0], 0);
    assert_int_equal(c->ended[CROWD], 0);
    c->mute = -1;
    crowd_run(c, TACET_S(3));
    is_busy(c, 0);
    assert_int_equal(c->ended[CROWD], TACET_END_BUSY);
    assert_int_equal(c->ended[1], 0);
    crowd_free(c);
}

static void who_calls_beside_an_answered_one_rings_on_and_cannot_be_answered(void **state)
{
    struct crowd *c = crowd_create(2);

    (void)state;
    crowd_dial(c, 0);
    assert_int_equal(tacet_call_answer(c->call[CROWD], c->now, c->ringing_peer), 0);
    crowd_pump(c);
    crowd_dial(c, 1);
    assert_int_equal(tacet_call_answer(c->call[CROWD], c->now, c->ringing_peer), TACET_ERR_BUSY);
    crowd_run(c, TACET_S(1));
    assert_int_equal(c->rang[1], 1);
    assert_int_equal(c->ended[1], 0);
    assert_int_equal(tacet_call_decline(c->call[CROWD], c->now, c->ringing_peer, TACET_END_BUSY),
                     0);
    crowd_pump(c);
    is_busy(c, 1);
    assert_int_equal(c->ended[0], 0);
    crowd_free(c);
}

static void nobody_waits_longer_than_90_s(void **state)
{
    struct crowd *c = crowd_create(1); /* its patience is 1000 s */

    (void)state;
    crowd_dial(c, 0);
    crowd_run(c, TACET_UNANSWERED_TIMEOUT_US - TACET_MS(1));
    assert_int_equal(c->ended[0], 0);
    crowd_run(c, TACET_MS(2));
    assert_int_equal(c->ended[0], TACET_END_NO_ANSWER);
    assert_true(c->remote[0]);
    crowd_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_calls_wait_and_the_ninth_is_busy),
        cmocka_unit_test(those_whom_one_calls_keep_nobody_out),
        cmocka_unit_test(strangers_keep_out_nobody_who_is_known),
        cmocka_unit_test(the_strangers_of_a_source_ring_twice_in_five_seconds),
        cmocka_unit_test(rings_of_the_known_keep_no_stranger_out),
        cmocka_unit_test(strangers_leave_places_in_the_table_of_rings),
        cmocka_unit_test(an_identity_has_one_unanswered_call),
        cmocka_unit_test(an_identity_rings_once_in_five_seconds),
        cmocka_unit_test(who_was_answered_may_ring_again_at_once),
        cmocka_unit_test(an_answer_that_comes_second_is_busy_and_both_apps_hear_it),
        cmocka_unit_test(who_calls_beside_an_answered_one_rings_on_and_cannot_be_answered),
        cmocka_unit_test(nobody_waits_longer_than_90_s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
