/* Where a peer's packets go, and from where: addresses of this machine, and a handshake of which
 * copies come from elsewhere. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* --- the local side --- */

/* Addresses of the callee's machine; 0: not known. */
static struct tacet_address local_of(uint8_t host)
{
    return (struct tacet_address){ .family = host == 0 ? 0 : 4, .ip = { host } };
}

/* What the caller sends comes at that address. */
static void arrive_at(struct pair *p, uint8_t host)
{
    p->path[CALLER].local = local_of(host);
}

/* The callee's last datagram left from there. */
static void expect_from(const struct pair *p, uint8_t host)
{
    struct tacet_address expected = local_of(host);

    assert_true(tacet_address_equal(&p->sent_to[CALLEE].local, &expected));
}

static void callee_answers_from_the_address_that_was_dialled(void **state)
{
    struct tacet_packet packet;
    struct pair p;

    (void)state;
    pair_create(&p, 60, NULL);
    arrive_at(&p, 1);
    pair_dial(&p);
    p.path[CALLEE].local = local_of(9); /* where the answers come at the caller's machine */
    pair_pump(&p);
    expect_from(&p, 1);
    assert_int_equal(tacet_call_answer(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
    for (int i = 0; i < 20; i++) {
        pair_run(&p, TACET_MS(100));
        pair_send(&p, CALLEE, TACET_KIND_AUDIO, 0, 80);
        assert_int_equal(tacet_call_poll_packet(p.call[CALLEE], p.now, &packet), 1);
        assert_int_equal(packet.path.local.ip[0], 1);
        /* Somebody copies a packet to another address of this machine: that moves nothing. */
        arrive_at(&p, i % 4 == 1 ? 2 : 1);
    }
    expect_from(&p, 1);
    /* Who has dialled leaves it to the system. */
    assert_int_equal(p.sent_to[CALLER].local.family, 0);
    pair_free(&p);
}

/* Three newer ones on end, by the path in use; what is old or comes from elsewhere says nothing of
 * it. */
static void packets_in_a_row_at_another_address_move_it(void **state)
{
    static const struct {
        uint8_t host;
        bool newer;
        bool elsewhere;
        uint8_t then;
    } rows[] = {
        { 2, true, false, 1 },  { 1, true, false, 1 }, { 2, true, false, 1 },
        { 2, true, false, 1 },  { 2, true, true, 1 },  { 2, false, false, 1 },
        { 2, false, false, 1 }, { 2, true, false, 2 }, { 1, true, false, 2 },
    };
    struct pair p;

    (void)state;
    pair_create(&p, 71, NULL);
    arrive_at(&p, 1);
    pair_connect(&p);
    struct tacet_peer *callee = pair_peer(&p, CALLEE);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_path from = p.path[CALLER];
        from.local = local_of(rows[i].host);
        from.address.ip[3] = rows[i].elsewhere ? 77 : from.address.ip[3];
        tacet_peer_on_path(p.call[CALLEE], callee, p.now, &from, 100, rows[i].newer);
        assert_int_equal(callee->path.local.ip[0], rows[i].then);
    }
    pair_free(&p);
}

/* RESP goes from where each copy of INIT came to, though it is the same one. */
static void each_dialled_address_answers_for_itself(void **state)
{
    struct tacet_packet packet;
    uint8_t init[TACET_INIT_SIZE];
    struct pair p;

    (void)state;
    pair_create(&p, 61, NULL);
    pair_dial(&p);
    assert_int_equal(tacet_call_poll_packet(p.call[CALLER], p.now, &packet), 1);
    assert_int_equal(packet.size, sizeof(init));
    memcpy(init, packet.data, sizeof(init));
    for (uint8_t host = 1; host < 4; host++) {
        uint8_t copy[TACET_INIT_SIZE];
        struct tacet_packet in = { .path = p.path[CALLER], .data = copy, .size = sizeof(copy) };
        memcpy(copy, init, sizeof(copy));
        in.path.local = local_of(host);
        assert_int_equal(tacet_call_handle_packet(p.call[CALLEE], p.now, &in), TACET_DROP_NONE);
        assert_int_equal(tacet_call_poll_packet(p.call[CALLEE], p.now, &packet), 1);
        assert_int_equal(packet.path.local.ip[0], host);
        assert_int_equal(tacet_responder_count(&p.call[CALLEE]->responder), 1);
    }
    pair_free(&p);
}

/* This machine may have moved: it is not held to an address that leads nowhere any more, and
 * keeps to one again once it hears at which. */
static void after_silence_the_system_chooses_until_something_comes(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 62, NULL);
    arrive_at(&p, 1);
    pair_connect(&p);
    p.blocked[CALLER] = true;
    pair_run(&p, TACET_RECONNECTING_US - TACET_MS(100));
    expect_from(&p, 1);
    pair_run(&p, TACET_S(2));
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_RECONNECTING), 1);
    expect_from(&p, 0);
    p.blocked[CALLER] = false;
    arrive_at(&p, 2);
    pair_run(&p, TACET_S(2));
    expect_from(&p, 2);
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_RECONNECTED), 1);
    pair_free(&p);
}

/* Though a stray packet by another path came between. */
static void silence_twice_still_keeps_to_what_comes_then(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 67, NULL);
    arrive_at(&p, 1);
    pair_connect(&p);
    tacet_peer_lose_local(pair_peer(&p, CALLEE), p.now);
    tacet_peer_lose_local(pair_peer(&p, CALLEE), p.now);
    pair_run(&p, TACET_S(2));
    expect_from(&p, 1);
    pair_free(&p);
}

/* Its old address may still be there, and what is under way comes at it. */
static void machine_that_has_moved_is_not_held_to_its_old_address(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 68, NULL);
    arrive_at(&p, 1);
    pair_connect(&p);
    pair_run(&p, TACET_S(1));
    expect_from(&p, 1);
    tacet_call_handle_network_change(p.call[CALLEE], p.now);
    pair_pump(&p);
    expect_from(&p, 0);
    pair_run(&p, TACET_MOVED_US - TACET_MS(100));
    expect_from(&p, 0);
    arrive_at(&p, 2);
    pair_run(&p, TACET_S(2));
    expect_from(&p, 2);
    pair_free(&p);
}

/* The caller's NAT lets through only what leaves from the first address of the callee's machine;
 * ahead of the first FIN a copy of it comes at the second. */
static bool copy_fin_to_the_second(void *ctx, struct pair *p, int from,
                                   const struct tacet_packet *packet)
{
    bool *copied = ctx;

    if (from == CALLER && packet->size == TACET_FIN_SIZE && !*copied) {
        *copied = true;
        arrive_at(p, 2);
        (void)pair_give(p, CALLEE, packet, &p->path[CALLER]);
        arrive_at(p, 1);
    }
    return from == CALLEE && packet->path.local.ip[0] != 1;
}

static void copy_of_fin_at_another_address_is_put_right(void **state)
{
    struct pair p;
    bool copied = false;

    (void)state;
    pair_create(&p, 69, NULL);
    p.way = copy_fin_to_the_second;
    p.way_ctx = &copied;
    arrive_at(&p, 1);
    pair_dial(&p);
    pair_run(&p, TACET_S(5));
    assert_true(copied);
    assert_true(pair_peer(&p, CALLER)->established);
    expect_from(&p, 1);
    pair_free(&p);
}

static void path_that_wins_brings_its_local_address(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 63, NULL);
    arrive_at(&p, 1);
    pair_connect(&p);
    pair_run(&p, TACET_S(2));
    tacet_peer_lose_local(pair_peer(&p, CALLEE), p.now + TACET_S(60));
    p.path[CALLER].address.port = 6000;
    arrive_at(&p, 2);
    pair_run(&p, TACET_S(3));
    assert_true(tacet_path_equal(&pair_peer(&p, CALLEE)->path, &p.path[CALLER]));
    expect_from(&p, 2);
    /* Nothing is waited for any more. */
    arrive_at(&p, 3);
    pair_run(&p, TACET_S(3));
    expect_from(&p, 3);
    pair_free(&p);
}

/* --- a handshake that an observer overtakes with copies --- */

static const struct tacet_path third = { .address = {
                                             .family = 4, .ip = { 203, 0, 113, 9 }, .port = 9 } };

/* What an observer has copied to the caller, and what that drew to where it seemed to come from. */
struct overtaken {
    int copies; /* still to come */
    size_t given;
    size_t drawn;
};

/* Ahead of what the callee sends comes a copy of it from `third`. What the caller sends elsewhere
 * does not reach the callee. */
static bool copy_from_third(void *ctx, struct pair *p, int from, const struct tacet_packet *packet)
{
    struct overtaken *o = ctx;

    if (from == CALLER) {
        o->drawn += tacet_path_equal(&packet->path, &third) ? packet->size : 0;
        return !tacet_path_equal(&packet->path, &p->path[CALLEE]);
    }
    if (o->copies > 0) {
        o->copies--;
        o->given += packet->size;
        (void)pair_give(p, CALLER, packet, &third);
    }
    return false;
}

/* Dials these paths and answers; the first so many datagrams of the callee are overtaken. */
static struct overtaken overtake(struct pair *p, const struct tacet_path *paths, size_t path_count,
                                 int copies)
{
    struct overtaken o = { .copies = copies };

    p->way = copy_from_third;
    p->way_ctx = &o;
    pair_dial_at(p, paths, path_count);
    pair_pump(p);
    assert_int_equal(tacet_call_answer(p->call[CALLEE], p->now, p->peer[CALLEE]), 0);
    pair_run(p, TACET_S(3));
    p->way = NULL;
    assert_int_equal(o.copies, 0);
    return o;
}

static void expect_the_call_came_about(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_events(p, i, TACET_EVENT_ENDED), 0);
        assert_int_equal(pair_peer(p, i)->state, TACET_PEER_CONNECTED);
        assert_true(tacet_path_equal(&pair_peer(p, i)->path, &p->path[1 - i]));
    }
}

static void copy_of_resp_from_elsewhere_ends_nothing_and_draws_nothing(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 64, NULL);
    struct overtaken o = overtake(&p, &p.path[CALLEE], 1, 1);
    expect_the_call_came_about(&p);
    assert_int_equal(o.given, TACET_RESP_SIZE);
    assert_int_equal(o.drawn, 0);
    pair_free(&p);
}

/* As if the peer had moved, and no more. */
static void copies_of_all_that_comes_first_draw_at_most_three_times_their_bytes(void **state)
{
    (void)state;
    for (int copies = 2; copies < 12; copies++) {
        struct pair p;
        pair_create(&p, 65, NULL);
        struct overtaken o = overtake(&p, &p.path[CALLEE], 1, copies);
        expect_the_call_came_about(&p);
        assert_in_range(o.drawn, 0, 3 * (o.given - TACET_RESP_SIZE));
        pair_free(&p);
    }
}

/* Addresses of a ticket that nobody answers at, in whose name he sends. */
static void copies_from_another_dialled_address_end_nothing(void **state)
{
    (void)state;
    for (int copies = 1; copies < 6; copies++) {
        for (int first = 0; first < 2; first++) {
            struct tacet_path paths[2] = { third, third };
            struct pair p;
            pair_create(&p, 66, NULL);
            paths[first] = p.path[CALLEE];
            (void)overtake(&p, paths, 2, copies);
            expect_the_call_came_about(&p);
            const struct tacet_peer *caller = pair_peer(&p, CALLER);
            /* That of RESP alone is put right by the first packet: nothing is waited for. */
            assert_in_range(caller->connected_at_us - caller->started_at_us, 0,
                            copies == 1 ? TACET_MS(100) : TACET_S(2));
            pair_free(&p);
        }
    }
}

/* All that the callee sends comes by a path that nobody dialled, as its NAT may have it. Once that
 * is in use a packet by the dialled one is a move like any other. */
static void path_that_won_is_not_given_up_for_the_dialled_one(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 72, NULL);
    pair_dial(&p);
    struct tacet_path dialled = p.path[CALLEE];
    p.path[CALLEE] = third;
    pair_pump(&p);
    assert_int_equal(tacet_call_answer(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
    pair_run(&p, TACET_S(3));
    expect_the_call_came_about(&p);
    p.path[CALLEE] = dialled;
    pair_send(&p, CALLEE, TACET_KIND_AUDIO, 0, 80);
    (void)pair_hand_over(&p, CALLEE);
    assert_true(pair_peer(&p, CALLER)->validation.running);
    assert_true(tacet_path_equal(&pair_peer(&p, CALLER)->path, &third));
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callee_answers_from_the_address_that_was_dialled),
        cmocka_unit_test(packets_in_a_row_at_another_address_move_it),
        cmocka_unit_test(each_dialled_address_answers_for_itself),
        cmocka_unit_test(after_silence_the_system_chooses_until_something_comes),
        cmocka_unit_test(silence_twice_still_keeps_to_what_comes_then),
        cmocka_unit_test(machine_that_has_moved_is_not_held_to_its_old_address),
        cmocka_unit_test(copy_of_fin_at_another_address_is_put_right),
        cmocka_unit_test(path_that_wins_brings_its_local_address),
        cmocka_unit_test(copy_of_resp_from_elsewhere_ends_nothing_and_draws_nothing),
        cmocka_unit_test(copies_of_all_that_comes_first_draw_at_most_three_times_their_bytes),
        cmocka_unit_test(copies_from_another_dialled_address_end_nothing),
        cmocka_unit_test(path_that_won_is_not_given_up_for_the_dialled_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
