/*
 * Whose call may wait for an answer, and ring (protocol.md section 3): what strangers may cost, and
 * that they keep nobody out who is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "call/call.h"
#include "call/demux.h"
#include "sim/rng.h"
#include "tacet/trust.h"

#include <stdio.h>
#include <string.h>

enum { CROWD = 14 };

/* One callee, and callers with identities of their own. */
struct crowd {
    struct tacet_rng rng;
    int64_t now;
    int mute;                                   /* whose CTRL is lost; or -1 */
    uint8_t host[CROWD + 1];                    /* where they are; several may be at one */
    struct tacet_trust_table *trust;            /* the callee's */
    struct tacet_identity *identity[CROWD + 1]; /* the last is the callee's */
    struct tacet_call *call[CROWD + 1];
    uint32_t incoming;               /* rings at the callee */
    uint32_t ringing_peer;           /* the last of them */
    uint32_t told_of;                /* any other event there */
    uint32_t rang[CROWD];            /* RINGING at the caller */
    enum tacet_end ended[CROWD + 1]; /* 0: not since it dialled */
    bool remote[CROWD];
};

static struct tacet_path path_of(const struct crowd *c, int i)
{
    return (struct tacet_path){
        .address = { .family = 4, .ip = { 192, 0, 2, c->host[i] }, .port = (uint16_t)(5000 + i) }
    };
}

static struct crowd *crowd_create(int callers)
{
    static struct crowd crowd;
    struct crowd *c = &crowd;

    memset(c, 0, sizeof(*c));
    assert_int_equal(tacet_init(), 0);
    tacet_rng_seed(&c->rng, 5, 0);
    c->now = TACET_S(10);
    c->mute = -1;
    assert_int_equal(tacet_trust_create(&c->trust), 0);
    for (int i = 0; i <= CROWD; i++) {
        struct tacet_call_config config;
        c->host[i] = (uint8_t)(i + 1);
        if (i >= callers && i < CROWD) {
            continue;
        }
        tacet_call_config_init(&config);
        config.random = tacet_rng_random(&c->rng);
        assert_int_equal(tacet_identity_create(&config.random, "someone", &c->identity[i]), 0);
        config.identity = c->identity[i];
        config.unix_time_offset_us = INT64_C(1700000000) * 1000000;
        config.listen = i == CROWD;
        config.trust = i == CROWD ? c->trust : NULL;
        config.no_answer_us = TACET_S(1000);
        assert_int_equal(tacet_call_create(&config, c->now, &c->call[i]), 0);
    }
    return c;
}

static void crowd_free(struct crowd *c)
{
    for (int i = 0; i <= CROWD; i++) {
        tacet_call_free(&c->call[i]);
        tacet_identity_free(&c->identity[i]);
    }
    tacet_trust_free(&c->trust);
}

/* The callee has saved this one's key. */
static void crowd_know(struct crowd *c, int who)
{
    char label[16];

    (void)snprintf(label, sizeof(label), "friend-%d", who);
    assert_int_equal(tacet_trust_pin(c->trust, label, c->identity[who]->ed_public, NULL, 0, false),
                     0);
}

static void on_event(struct crowd *c, int i, const struct tacet_event *event)
{
    if (i == CROWD) {
        if (event->type == TACET_EVENT_INCOMING) {
            c->incoming++;
            c->ringing_peer = event->peer;
        } else {
            c->told_of++;
        }
        if (event->type == TACET_EVENT_ENDED) {
            c->ended[i] = event->u.ended.reason;
        }
    } else if (event->type == TACET_EVENT_RINGING) {
        c->rang[i]++;
    } else if (event->type == TACET_EVENT_ENDED) {
        c->ended[i] = event->u.ended.reason;
        c->remote[i] = event->u.ended.remote;
    }
}

static void crowd_pump(struct crowd *c)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (int i = 0; i <= CROWD; i++) {
            struct tacet_packet packet;
            struct tacet_event event;
            while (c->call[i] != NULL && tacet_call_poll_packet(c->call[i], c->now, &packet) == 1) {
                uint8_t copy[TACET_DATAGRAM_MAX];
                int to = i == CROWD ? packet.path.address.port - 5000 : CROWD;
                struct tacet_packet in = { .path = path_of(c, i),
                                           .data = copy,
                                           .size = packet.size };
                memcpy(copy, packet.data, packet.size);
                moved = true;
                if (i != c->mute || tacet_demux(copy, in.size) != TACET_PACKET_CTRL) {
                    (void)tacet_call_handle_packet(c->call[to], c->now, &in);
                }
            }
            while (c->call[i] != NULL && tacet_call_poll_event(c->call[i], &event) == 1) {
                on_event(c, i, &event);
                moved = true;
            }
        }
    }
}

static void crowd_run(struct crowd *c, int64_t duration_us)
{
    int64_t end = c->now + duration_us;

    for (;;) {
        int64_t next = end + 1;
        crowd_pump(c);
        for (int i = 0; i <= CROWD; i++) {
            int64_t at = c->call[i] == NULL ? end + 1 : tacet_call_next_timeout(c->call[i], NULL);
            next = at < next ? at : next;
        }
        if (next > end) {
            break;
        }
        c->now = next > c->now ? next : c->now;
        for (int i = 0; i <= CROWD; i++) {
            if (c->call[i] != NULL) {
                tacet_call_handle_timeout(c->call[i], c->now);
            }
        }
    }
    c->now = end;
}

static uint32_t crowd_dial(struct crowd *c, int who)
{
    struct tacet_callee callee = { .hint = TACET_HINT_KEY };
    struct tacet_path path = path_of(c, CROWD);
    uint32_t peer;

    memcpy(callee.key, c->identity[CROWD]->ed_public, sizeof(callee.key));
    c->ended[who] = 0;
    assert_int_equal(tacet_call_dial(c->call[who], c->now, &callee, &path, 1, &peer), 0);
    crowd_pump(c);
    return peer;
}

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
        (void)crowd_dial(c, i);
        assert_int_equal(c->rang[i], 1);
        crowd_run(c, TACET_S(1));
    }
    assert_int_equal(c->incoming, TACET_UNANSWERED_MAX);
    uint32_t told_of = c->told_of;
    for (int turn = 0; turn < 20; turn++) {
        (void)crowd_dial(c, TACET_UNANSWERED_MAX + turn % 2);
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
    (void)crowd_dial(c, TACET_UNANSWERED_MAX);
    assert_int_equal(c->rang[TACET_UNANSWERED_MAX], 1);
    assert_int_equal(c->incoming, TACET_UNANSWERED_MAX + 1);
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
            (void)crowd_dial(c, (int)i);
            assert_int_equal(c->rang[i], i < places ? 1 : 0);
            if (i >= places) {
                is_busy(c, (int)i);
            }
            crowd_run(c, TACET_S(5)); /* the pace of rings is another matter */
        }
        assert_int_equal(c->incoming, places);
        for (int i = 8; i < 8 + TACET_UNANSWERED_MAX - (int)places && i < CROWD; i++) {
            crowd_know(c, i);
            (void)crowd_dial(c, i);
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
        (void)crowd_dial(c, i);
        assert_int_equal(c->rang[i], rows[i].rings ? 1 : 0);
        tacet_call_hangup(c->call[i], c->now);
        crowd_pump(c);
    }
    /* Others are not held to it: who comes from elsewhere, and who is known. */
    c->host[8] = 78;
    (void)crowd_dial(c, 8);
    assert_int_equal(c->rang[8], 1);
    crowd_know(c, 9);
    (void)crowd_dial(c, 9);
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

static void strangers_leave_places_in_the_table_of_rings(void **state)
{
    static const enum tacet_trust known[] = { TACET_TRUST_PINNED, TACET_TRUST_CERTIFIED,
                                              TACET_TRUST_VERIFIED };
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
    (void)crowd_dial(c, 0);
    assert_int_equal(c->incoming, 1);
    crowd_run(c, TACET_S(20)); /* longer than two rings must be apart */
    (void)crowd_dial(c, 0);
    is_busy(c, 0);
    assert_int_equal(c->incoming, 1);
    /* Another identity's is another matter, and the first still rings. */
    (void)crowd_dial(c, 1);
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
    (void)crowd_dial(c, 0);
    int64_t rang_at = c->now;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tacet_call_hangup(c->call[0], c->now);
        crowd_run(c, rang_at + rows[i].after_us - c->now);
        (void)crowd_dial(c, 0);
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
        (void)crowd_dial(c, 0);
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
    (void)crowd_dial(c, 0);
    assert_int_equal(c->incoming, 1);
    assert_int_equal(tacet_call_answer(c->call[CROWD], c->now, c->ringing_peer), 0);
    (void)crowd_dial(c, 1);
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
    (void)crowd_dial(c, 0);
    assert_int_equal(tacet_call_answer(c->call[CROWD], c->now, c->ringing_peer), 0);
    crowd_pump(c);
    (void)crowd_dial(c, 1);
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

/* One identity dials again and again: one ring in five seconds, and others still get through, in
 * and out. */
static void a_ring_flood_leaves_room_for_others(void **state)
{
    struct crowd *c = crowd_create(3);
    uint32_t calls = 0;
    long live = tacet_alloc_live();

    (void)state;
    int64_t end = c->now + TACET_S(12);
    while (c->now < end) {
        (void)crowd_dial(c, 0);
        tacet_call_hangup(c->call[0], c->now);
        crowd_run(c, TACET_MS(170)); /* as often as the caller's own table lets it */
        calls++;
    }
    assert_true(calls > 60);
    assert_int_equal(c->incoming, 3);
    crowd_run(c, TACET_S(3));
    assert_int_equal(tacet_alloc_live(), live); /* what the three rings took is free again */
    (void)crowd_dial(c, 0);
    (void)crowd_dial(c, 1);
    assert_int_equal(c->rang[1], 1);
    /* The callee itself can call. */
    struct tacet_callee who = { .hint = TACET_HINT_KEY };
    struct tacet_path path = path_of(c, 2);
    uint32_t peer;
    memcpy(who.key, c->identity[2]->ed_public, sizeof(who.key));
    assert_int_equal(tacet_call_dial(c->call[CROWD], c->now, &who, &path, 1, &peer), 0);
    crowd_free(c);
}

/* Strangers ring and hang up, each from an address of its own, and leave nothing but goodbyes. */
static void who_has_hung_up_is_in_nobodys_way(void **state)
{
    struct crowd *c = crowd_create(TACET_PEERS_MAX + 1);
    struct tacet_callee who = { .hint = TACET_HINT_KEY };
    struct tacet_path path = path_of(c, TACET_PEERS_MAX);
    uint32_t peer;

    (void)state;
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        (void)crowd_dial(c, i);
        assert_int_equal(c->rang[i], 1);
        tacet_call_hangup(c->call[i], c->now);
        crowd_run(c, TACET_MS(100));
    }
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        assert_int_equal(c->call[CROWD]->peers[i].state, TACET_PEER_ENDING);
    }
    (void)crowd_dial(c, TACET_PEERS_MAX); /* a further caller */
    assert_int_equal(c->rang[TACET_PEERS_MAX], 1);
    memcpy(who.key, c->identity[TACET_PEERS_MAX]->ed_public, sizeof(who.key));
    assert_int_equal(tacet_call_dial(c->call[CROWD], c->now, &who, &path, 1, &peer), 0);
    crowd_free(c);
}

static void nobody_waits_longer_than_90_s(void **state)
{
    struct crowd *c = crowd_create(1); /* its patience is 1000 s */

    (void)state;
    (void)crowd_dial(c, 0);
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
        cmocka_unit_test(strangers_keep_out_nobody_who_is_known),
        cmocka_unit_test(the_strangers_of_a_source_ring_twice_in_five_seconds),
        cmocka_unit_test(strangers_leave_places_in_the_table_of_rings),
        cmocka_unit_test(an_identity_has_one_unanswered_call),
        cmocka_unit_test(an_identity_rings_once_in_five_seconds),
        cmocka_unit_test(who_was_answered_may_ring_again_at_once),
        cmocka_unit_test(an_answer_that_comes_second_is_busy_and_both_apps_hear_it),
        cmocka_unit_test(who_calls_beside_an_answered_one_rings_on_and_cannot_be_answered),
        cmocka_unit_test(a_ring_flood_leaves_room_for_others),
        cmocka_unit_test(who_has_hung_up_is_in_nobodys_way),
        cmocka_unit_test(nobody_waits_longer_than_90_s),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
