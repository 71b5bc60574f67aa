/*
 * The sending half of the control stream, over links good and bad: what is sent, and when again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control_link.h"

#include <string.h>

#define SEEDS 200
#define UNTIL_HEALED TACET_S(20)

static void any_link_delivers_all_messages_once_in_order(void **state)
{
    struct control_link *w = *state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        control_link_start(w, seed);
        w->loss_permille = (int32_t)tacet_rng_below(&w->rng, 400);
        w->double_permille = (int32_t)tacet_rng_below(&w->rng, 300);
        w->corrupt_permille = (int32_t)tacet_rng_below(&w->rng, 100);
        w->delay_us = (int64_t)tacet_rng_below(&w->rng, TACET_MS(300));
        w->jitter_us = (int64_t)tacet_rng_below(&w->rng, TACET_MS(100));
        int64_t healed = w->now + UNTIL_HEALED;
        while (control_link_step(w, healed)) {
        }
        w->loss_permille = 0;
        w->corrupt_permille = 0;
        control_link_run_to_the_end(w);
    }
}

/* The long way to lose: everything in one direction for a while, and acknowledgements only. */
static void a_blocked_direction_heals(void **state)
{
    struct control_link *w = *state;

    control_link_start(w, 1);
    w->loss_permille = 1000;
    int64_t healed = w->now + TACET_S(10);
    while (control_link_step(w, healed)) {
    }
    assert_int_equal(w->got[0] + w->got[1], 0);
    /* Backed off: a probe comes twice a second by then, not every 20 ms. */
    assert_true(w->packets < 70);
    w->now = healed;
    w->loss_permille = 0;
    control_link_run_to_the_end(w);
    assert_true(w->now - healed < TACET_S(15));
}

/* Who sends hears no answer; who answers sees the same again and again. */
static void stream_without_answers_is_stuck(void **state)
{
    struct control_link *w = *state;

    control_link_start(w, 1);
    w->sent[1] = MESSAGES; /* it only acknowledges */
    w->blocked[1] = true;
    int64_t until = w->now + TACET_MS(400);
    while (control_link_step(w, until)) {
    }
    assert_false(tacet_control_is_stuck(&w->side[0], w->now));
    assert_false(tacet_control_is_stuck(&w->side[1], w->now));
    until = w->now + TACET_S(4);
    while (control_link_step(w, until)) {
    }
    assert_true(tacet_control_is_stuck(&w->side[0], w->now));
    assert_true(tacet_control_is_stuck(&w->side[1], w->now));
    assert_false(tacet_control_is_stuck(&w->side[1], w->now + TACET_S(2)));
    w->blocked[1] = false;
    until = w->now + TACET_S(1);
    while (control_link_step(w, until)) {
    }
    assert_false(tacet_control_is_stuck(&w->side[0], w->now));
    assert_false(tacet_control_is_stuck(&w->side[1], w->now));
}

/* A goodbye must not wait until all before it is known to have arrived. */
static void last_message_comes_though_no_answer_does(void **state)
{
    struct control_link *w = *state;
    static const uint8_t body[1300] = { 0 };

    control_link_start(w, 1);
    w->sent[0] = w->sent[1] = MESSAGES;
    w->side[0].round_trip_guess_us = TACET_MS(40);
    w->blocked[1] = true;
    w->unread = true; /* they are counted below */
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_REKEY2, body, 1300), 0);
    int64_t until = w->now + TACET_MS(50);
    while (control_link_step(w, until)) {
    }
    w->now = until;
    w->blocked[0] = true;
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_HANGUP, body, 1), 0);
    control_link_drain(w, 0);
    w->blocked[0] = false;
    until = w->now + TACET_MS(200);
    while (control_link_step(w, until)) {
    }
    assert_int_equal(w->side[1].recv_next, 1300 + 1 + 2 * TACET_MESSAGE_HEADER);
}

/* What an app leaves unread is asked about for ever, and answered. */
static void unread_message_is_not_stuck(void **state)
{
    struct control_link *w = *state;

    control_link_start(w, 1);
    w->sent[1] = MESSAGES;
    w->unread = true;
    int64_t until = w->now + TACET_S(20);
    while (control_link_step(w, until)) {
    }
    assert_int_equal(w->got[1], 0);
    assert_false(tacet_control_is_stuck(&w->side[0], w->now));
    assert_false(tacet_control_is_stuck(&w->side[1], w->now));
}

/* Each byte of the generator's messages has been sent once. */
static void assert_nothing_was_sent_twice(const struct control_link *w)
{
    static uint8_t body[TACET_CONTROL_MESSAGE_MAX];
    uint64_t bytes = 0;

    for (unsigned n = 0; n < MESSAGES; n++) {
        bytes += TACET_MESSAGE_HEADER + control_link_body(0, n, body);
        bytes += TACET_MESSAGE_HEADER + control_link_body(1, n, body);
    }
    assert_int_equal(w->stream_bytes, bytes);
}

static void a_clean_link_needs_no_retransmission(void **state)
{
    struct control_link *w = *state;

    control_link_start(w, 1);
    control_link_run_to_the_end(w);
    assert_nothing_was_sent_twice(w);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(w->side[i].round_trip_us, 2 * w->delay_us);
        assert_true(w->side[i].round_trips > 0);
        assert_int_equal(w->side[i].round_trip_total_us,
                         (int64_t)w->side[i].round_trips * 2 * w->delay_us);
    }
}

/* So many packets that a probe does not repeat them all. */
static void send_a_few(struct control_link *w)
{
    static const uint8_t body[1100] = { 0 };

    for (int i = 0; i < 4; i++) {
        assert_int_equal(
            tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_APP, body, sizeof(body)), 0);
    }
    control_link_drain(w, 0);
}

static void a_slow_link_is_measured_in_spite_of_probes(void **state)
{
    struct control_link *w = *state;

    control_link_start(w, 1);
    w->delay_us = TACET_MS(400); /* four times the first interval */
    control_link_run_to_the_end(w);
    assert_in_range(w->side[0].round_trip_us, w->delay_us, 2 * w->delay_us);
}

static void a_slow_link_that_the_handshake_has_measured_is_not_probed(void **state)
{
    struct control_link *w = *state;

    control_link_start(w, 1);
    w->delay_us = TACET_MS(400);
    w->side[0].round_trip_guess_us = 2 * w->delay_us;
    w->side[1].round_trip_guess_us = 2 * w->delay_us;
    control_link_run_to_the_end(w);
    assert_nothing_was_sent_twice(w);
    assert_int_equal(w->side[0].round_trip_us, 2 * w->delay_us);
}

/* Acknowledgements are lost for two seconds. What comes then answers a probe, but says that the
 * first packets arrived as well: how long that took, it does not say. */
static void lost_acknowledgements_are_no_slow_way(void **state)
{
    struct control_link *w = *state;

    control_link_start(w, 1);
    w->sent[0] = w->sent[1] = MESSAGES;
    w->unread = true;
    w->delay_us = TACET_MS(50);
    w->side[0].round_trip_guess_us = TACET_MS(100);
    w->blocked[1] = true;
    send_a_few(w);
    int64_t until = w->now + TACET_S(2);
    while (control_link_step(w, until)) {
    }
    w->blocked[1] = false;
    until = w->now + TACET_S(1);
    while (w->side[0].round_trips == 0 && control_link_step(w, until)) {
    }
    assert_true(w->side[0].round_trips > 0);
    assert_in_range(w->side[0].round_trip_us, TACET_MS(100), TACET_MS(200));
}

/* While a call is set up: each segment has a copy, in time for what was lost not to be missed, and
 * the round trip is that of the first. Afterwards there are none. */
static void what_goes_out_twice_is_there_though_the_first_is_lost(void **state)
{
    struct control_link *w = *state;

    control_link_start(w, 1);
    w->sent[0] = w->sent[1] = MESSAGES;
    w->unread = true;
    w->delay_us = TACET_MS(50);
    tacet_control_send_twice(&w->side[0], true);
    w->blocked[0] = true;
    send_a_few(w);
    uint64_t once = w->stream_bytes;
    tacet_control_send_twice(&w->side[0], false);
    w->blocked[0] = false;
    int64_t until = w->now + TACET_COPY_US + w->delay_us;
    while (control_link_step(w, until)) {
    }
    assert_int_equal(w->side[1].recv_next, w->side[0].send_end);
    assert_int_equal(w->stream_bytes, 2 * once);
    until = w->now + TACET_MS(100);
    while (w->side[0].round_trips == 0 && control_link_step(w, until)) {
    }
    assert_int_equal(w->side[0].round_trip_us, 2 * w->delay_us + TACET_COPY_US);
    send_a_few(w);
    until = w->now + TACET_COPY_US + w->delay_us;
    while (control_link_step(w, until)) {
    }
    assert_int_equal(w->stream_bytes, 3 * once);
}

/* Of two packets the first is lost: the word that the second arrived is waited for an eighth of a
 * round trip longer, not until a probe. */
static void an_overtaken_packet_is_sent_again_after_its_time(void **state)
{
    struct control_link *w = *state;
    static const uint8_t body[1200] = { 0 };
    struct tacet_control *c = &w->side[0];
    size_t size;

    control_link_start(w, 1);
    w->delay_us = TACET_MS(100);
    control_link_run_to_the_end(w);
    assert_int_equal(c->round_trip_us, TACET_MS(200));
    assert_int_equal(tacet_control_send(c, w->now, TACET_MESSAGE_APP, body, sizeof(body)), 0);
    assert_int_equal(tacet_control_poll_packet(c, w->now, w->packet, &size), 1);
    assert_int_equal(tacet_control_poll_packet(c, w->now + 1, w->packet, &size), 1);
    assert_int_equal(control_link_give(w, w->packet, size), TACET_DROP_NONE);
    assert_int_equal(tacet_control_poll_packet(&w->side[1], w->now, w->packet, &size), 1);
    uint32_t epoch = 0;
    bool newer = false;
    assert_int_equal(
        tacet_control_receive(c, w->now + TACET_MS(200), w->packet, size, &epoch, &newer),
        TACET_DROP_NONE);
    assert_true(tacet_control_next_timeout(c) == w->now + TACET_MS(225));
    assert_int_equal(tacet_control_poll_packet(c, w->now + TACET_MS(225) - 1, w->packet, &size), 0);
    assert_int_equal(tacet_control_poll_packet(c, w->now + TACET_MS(225), w->packet, &size), 1);
}

static void a_full_window_says_so_and_queues_nothing(void **state)
{
    struct control_link *w = *state;
    static const uint8_t body[TACET_CONTROL_MESSAGE_MAX] = { 0 };
    struct tacet_control *c = &w->side[0];

    control_link_start(w, 1);
    assert_int_equal(tacet_control_send(c, w->now, TACET_MESSAGE_APP, body, 65532),
                     TACET_ERR_ARGUMENT);
    assert_true(tacet_control_idle(c));
    assert_int_equal(tacet_control_send(c, w->now, TACET_MESSAGE_APP, body, 65531), 0);
    assert_int_equal(tacet_control_send(c, w->now, TACET_MESSAGE_RING, NULL, 0), TACET_ERR_FULL);
    assert_int_equal(c->send_end, 65536);
    assert_false(tacet_control_idle(c));
}

/* An application that takes nothing: no room is given, and nobody shouts meanwhile. */
static void what_is_not_taken_is_not_sent_again_and_again(void **state)
{
    struct control_link *w = *state;
    static const uint8_t body[60000] = { 0 };
    enum tacet_message type;
    const uint8_t *got;
    size_t size;

    control_link_start(w, 1);
    w->sent[0] = w->sent[1] = MESSAGES; /* nothing from the generator */
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_APP, body, 60000), 0);
    for (int64_t end = w->now + TACET_S(30); w->now < end;) {
        int64_t next = end;
        for (int i = 0; i < 2; i++) {
            control_link_drain(w, i);
            int64_t at = tacet_control_next_timeout(&w->side[i]);
            next = at < next ? at : next;
        }
        w->now = w->flight_count > 0 ? w->now + TACET_MS(1) : next;
        while (w->flight_count > 0) {
            struct control_flight flight = w->flights[--w->flight_count];
            uint32_t epoch = 0;
            bool newer = false;
            assert_int_equal(tacet_control_receive(&w->side[flight.to], w->now, flight.bytes,
                                                   flight.size, &epoch, &newer),
                             TACET_DROP_NONE);
        }
    }
    assert_true(w->packets < 400);
    assert_false(tacet_control_idle(&w->side[0]));
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_APP, body, 60000),
                     TACET_ERR_FULL);
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &got, &size), 1);
    assert_int_equal(size, 60000);
    assert_true(tacet_control_next_timeout(&w->side[1]) == 0); /* there is room, and it says so */
    w->got[0] = w->got[1] = MESSAGES;
    control_link_run_to_the_end(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_link_delivers_all_messages_once_in_order),
        cmocka_unit_test(a_blocked_direction_heals),
        cmocka_unit_test(stream_without_answers_is_stuck),
        cmocka_unit_test(last_message_comes_though_no_answer_does),
        cmocka_unit_test(unread_message_is_not_stuck),
        cmocka_unit_test(a_clean_link_needs_no_retransmission),
        cmocka_unit_test(a_slow_link_is_measured_in_spite_of_probes),
        cmocka_unit_test(a_slow_link_that_the_handshake_has_measured_is_not_probed),
        cmocka_unit_test(lost_acknowledgements_are_no_slow_way),
        cmocka_unit_test(what_goes_out_twice_is_there_though_the_first_is_lost),
        cmocka_unit_test(an_overtaken_packet_is_sent_again_after_its_time),
        cmocka_unit_test(a_full_window_says_so_and_queues_nothing),
        cmocka_unit_test(what_is_not_taken_is_not_sent_again_and_again),
    };

    return cmocka_run_group_tests(tests, control_link_create, control_link_free);
}
