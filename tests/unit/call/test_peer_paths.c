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

static void path_that_wins_brings_its_local_address(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 63, NULL);
    arrive_at(&p, 1);
    pair_connect(&p);
    pair_run(&p, TACET_S(2));
    p.path[CALLER].address.port = 6000;
    arrive_at(&p, 2);
    pair_run(&p, TACET_S(3));
    assert_true(tacet_path_equal(&pair_peer(&p, CALLEE)->path, &p.path[CALLER]));
    expect_from(&p, 2);
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callee_answers_from_the_address_that_was_dialled),
        cmocka_unit_test(each_dialled_address_answers_for_itself),
        cmocka_unit_test(after_silence_the_system_chooses_until_something_comes),
        cmocka_unit_test(path_that_wins_brings_its_local_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
