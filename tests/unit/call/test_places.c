/* Who has a place in the table of peers: what is over gives way, and nobody fills it for others. */
#include "crowd.h"
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"

static void a_fin_without_a_place_is_taken_when_there_is_one(void **state)
{
    struct pair p;
    struct tacet_callee nobody = { .hint = TACET_HINT_NONE };
    uint32_t peers[TACET_PEERS_MAX];

    (void)state;
    pair_create(&p, 2, NULL);
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        assert_int_equal(
            tacet_call_dial(p.call[CALLEE], p.now, &nobody, &p.path[CALLER], 1, &peers[i]), 0);
    }
    pair_dial(&p);
    pair_run(&p, TACET_S(1));
    assert_true(p.call[CALLEE]->drops[TACET_DROP_RATE] > 0);
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_INCOMING), 0);
    assert_int_equal(tacet_call_remove(p.call[CALLEE], p.now, peers[3]), 0);
    pair_run(&p, TACET_HANGUP_LINGER_US + TACET_S(3));
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_INCOMING), 1);
    assert_int_equal(pair_events(&p, CALLER, TACET_EVENT_RINGING), 1);
    pair_free(&p);
}

/* In the order in which their places go. */
static void the_place_of_who_is_over_goes_where_least_is_lost(void **state)
{
    static const struct {
        bool turned_away;
        bool caller;
        bool connected;
        bool unsaid;
        int64_t until_us;
    } rows[] = {
        { true, false, false, true, 8 },   { true, false, false, false, 9 },
        { false, false, false, false, 7 }, { false, false, false, true, 5 },
        { false, false, false, true, 6 },  { false, false, true, false, 3 },
        { false, true, false, false, 4 },  { false, false, true, true, 1 },
        { false, true, true, true, 2 },
    };
    const size_t count = sizeof(rows) / sizeof(rows[0]);
    struct pair p;
    struct tacet_peer *peer;

    (void)state;
    pair_create(&p, 6, NULL);
    for (size_t i = 0; i < TACET_PEERS_MAX; i++) {
        peer = &p.call[CALLEE]->peers[i * 5 % TACET_PEERS_MAX];
        peer->state = i < count ? TACET_PEER_ENDING : TACET_PEER_RINGING;
        tacet_timers_init(&peer->timers);
        if (i < count) {
            peer->turned_away = rows[i].turned_away;
            peer->caller = rows[i].caller;
            peer->connected_at_us = rows[i].connected ? 1 : 0;
            peer->control.send_end = rows[i].unsaid ? 1 : 0;
            tacet_timers_set(&peer->timers, TACET_TIMER_LINGER, rows[i].until_us);
        }
    }
    for (size_t i = 0; i < count; i++) {
        assert_true(tacet_call_has_room(p.call[CALLEE]));
        peer = tacet_call_new_peer(p.call[CALLEE]);
        assert_ptr_equal(peer, &p.call[CALLEE]->peers[i * 5 % TACET_PEERS_MAX]);
        assert_int_equal(peer->state, TACET_PEER_FREE);
        peer->state = TACET_PEER_RINGING;
    }
    /* Who is not over keeps his place. */
    assert_false(tacet_call_has_room(p.call[CALLEE]));
    assert_null(tacet_call_new_peer(p.call[CALLEE]));
    pair_free(&p);
}

static void pins_only(int party, struct tacet_call_config *config)
{
    config->allow_unverified = party == CALLER;
}

static void a_dial_that_is_refused_takes_nobodys_place(void **state)
{
    struct tacet_callee nobody = { .hint = TACET_HINT_NONE };
    struct pair p;
    struct tacet_peer_info info;
    uint32_t peer;

    (void)state;
    pair_create(&p, 7, pins_only);
    pair_dial(&p);
    pair_pump(&p);
    tacet_call_hangup(p.call[CALLER], p.now);
    pair_pump(&p);
    for (uint32_t i = 0; i < TACET_PEERS_MAX; i++) {
        if (i != p.peer[CALLEE] % TACET_PEERS_MAX) {
            p.call[CALLEE]->peers[i].state = TACET_PEER_RINGING;
        }
    }
    assert_int_equal(tacet_call_dial(p.call[CALLEE], p.now, &nobody, &p.path[CALLER], 1, &peer),
                     TACET_ERR_TRUST);
    assert_int_equal(tacet_call_peer(p.call[CALLEE], p.peer[CALLEE], &info), 0);
    assert_int_equal(info.state, TACET_PEER_ENDING);
    pair_free(&p);
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
        crowd_dial(c, 0);
        tacet_call_hangup(c->call[0], c->now);
        crowd_run(c, TACET_MS(170)); /* as often as the caller's own table lets it */
        calls++;
    }
    assert_true(calls > 60);
    assert_int_equal(c->incoming, 3);
    crowd_run(c, TACET_S(3));
    assert_int_equal(tacet_alloc_live(), live); /* what the three rings took is free again */
    crowd_dial(c, 0);
    crowd_dial(c, 1);
    assert_int_equal(c->rang[1], 1);
    assert_int_equal(crowd_dial_back(c, 2), 0);
    crowd_free(c);
}

/* Strangers ring and hang up, each from an address of its own, and leave nothing but goodbyes. */
static void who_has_hung_up_is_in_nobodys_way(void **state)
{
    struct crowd *c = crowd_create(TACET_PEERS_MAX + 1);

    (void)state;
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        crowd_dial(c, i);
        assert_int_equal(c->rang[i], 1);
        tacet_call_hangup(c->call[i], c->now);
        crowd_run(c, TACET_MS(100));
    }
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        assert_int_equal(c->call[CROWD]->peers[i].state, TACET_PEER_ENDING);
    }
    crowd_dial(c, TACET_PEERS_MAX); /* a further caller */
    assert_int_equal(c->rang[TACET_PEERS_MAX], 1);
    assert_int_equal(crowd_dial_back(c, TACET_PEERS_MAX), 0);
    crowd_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fin_without_a_place_is_taken_when_there_is_one),
        cmocka_unit_test(the_place_of_who_is_over_goes_where_least_is_lost),
        cmocka_unit_test(a_dial_that_is_refused_takes_nobodys_place),
        cmocka_unit_test(a_ring_flood_leaves_room_for_others),
        cmocka_unit_test(who_has_hung_up_is_in_nobodys_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
