/* Media that overtakes the message that connects the callee. */
#include "call/demux.h"
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* The callee has answered, and what the caller sends in return has been lost. */
static void answer_half(struct pair *p, uint64_t seed)
{
    pair_create(p, seed, NULL);
    pair_dial(p);
    pair_pump(p);
    p->blocked[CALLER] = true;
    assert_int_equal(tacet_call_answer(p->call[CALLEE], p->now, p->peer[CALLEE]), 0);
    pair_pump(p);
    p->blocked[CALLER] = false;
    assert_int_equal(pair_peer(p, CALLER)->state, TACET_PEER_CONNECTED);
    assert_int_equal(pair_peer(p, CALLEE)->state, TACET_PEER_ANSWERED);
}

static enum tacet_drop give(struct pair *p, uint8_t *data, size_t size)
{
    struct tacet_packet packet = { .path = p->path[CALLER], .data = data, .size = size };

    p->handed[CALLEE]++;
    return tacet_call_handle_packet(p->call[CALLEE], p->now, &packet);
}

/* Hands over the caller's RTP that waits, and nothing else; all of it meets the same fate. `flip`:
 * with a bit of its payload changed. */
static size_t give_rtp(struct pair *p, enum tacet_drop expected, bool flip)
{
    struct tacet_packet packet;
    size_t count = 0;

    while (tacet_call_poll_packet(p->call[CALLER], p->now, &packet) == 1) {
        uint8_t copy[TACET_DATAGRAM_MAX];
        memcpy(copy, packet.data, packet.size);
        if (tacet_demux(copy, packet.size) == TACET_PACKET_RTP) {
            copy[20] ^= flip ? 1 : 0;
            assert_int_equal(give(p, copy, packet.size), expected);
            count++;
        }
    }
    return count;
}

static void send(struct pair *p, enum tacet_kind kind, uint8_t references, size_t size)
{
    pair_send(p, CALLER, kind, references, size);
}

/* Somebody who knows the SSRC and fills every place, but does not write the caller's address. */
static void junk_from_elsewhere_takes_no_place(void **state)
{
    uint8_t junk[1000] = { 0x80, 96 };
    struct tacet_path elsewhere;
    struct pair p;

    (void)state;
    answer_half(&p, 47);
    uint32_t ssrc = pair_peer(&p, CALLEE)->session->inbound.stats[TACET_KIND_VIDEO].ssrc;
    for (int i = 0; i < 4; i++) {
        junk[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    }
    elsewhere = p.path[CALLER];
    elsewhere.address.port++;
    for (int i = 0; i < 2 * TACET_EARLY_PACKETS_MAX; i++) {
        struct tacet_packet in = { .path = elsewhere, .data = junk, .size = sizeof(junk) };
        assert_int_equal(tacet_call_handle_packet(p.call[CALLEE], p.now, &in), TACET_DROP_STATE);
    }
    send(&p, TACET_KIND_VIDEO, 0, 500);
    assert_true(give_rtp(&p, TACET_DROP_NONE, false) > 0);
    pair_run(&p, TACET_S(1));
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 1);
    pair_free(&p);
}

static void picture_that_overtakes_the_answer_is_shown_after_it(void **state)
{
    struct pair p;

    (void)state;
    answer_half(&p, 40);
    send(&p, TACET_KIND_VIDEO, 0, 500);
    assert_true(give_rtp(&p, TACET_DROP_NONE, false) > 0);
    p.now += TACET_MS(33);
    send(&p, TACET_KIND_VIDEO, TACET_REFERENCE_LAST, 100);
    assert_true(give_rtp(&p, TACET_DROP_NONE, false) > 0);
    pair_pump(&p);
    assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_ANSWERED);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 0);
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_ANSWERED), 0);
    pair_run(&p, TACET_S(1)); /* ANSWER_ACK goes out again */
    assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_CONNECTED);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 2);
    assert_int_equal(pair_peer(&p, CALLER)->session->outbound[TACET_KIND_VIDEO].stats.pli_count, 0);
    pair_free(&p);
}

/* To the sender it has waited at the receiver, not on the way. */
static void time_of_arrival_is_told_as_it_was(void **state)
{
    struct pair p;

    (void)state;
    answer_half(&p, 41);
    send(&p, TACET_KIND_VIDEO, 0, 500);
    assert_true(give_rtp(&p, TACET_DROP_NONE, false) > 0);
    int64_t came_us = p.now;
    pair_run(&p, TACET_S(1));
    const struct tacet_feedback_stream *video =
        &pair_peer(&p, CALLEE)->session->feedback.streams[TACET_SSRC_VIDEO];
    assert_int_equal(video->arrivals[video->highest_seq % TACET_FEEDBACK_WINDOW].at_us, came_us);
    pair_free(&p);
}

static void sound_that_overtakes_the_answer_is_dropped(void **state)
{
    struct pair p;

    (void)state;
    answer_half(&p, 42);
    send(&p, TACET_KIND_AUDIO, 0, 80);
    assert_int_equal(give_rtp(&p, TACET_DROP_STATE, false), 1);
    pair_free(&p);
}

static void forged_packet_is_found_out_when_it_is_read(void **state)
{
    struct pair p;

    (void)state;
    answer_half(&p, 43);
    send(&p, TACET_KIND_VIDEO, 0, 500);
    size_t kept = give_rtp(&p, TACET_DROP_NONE, true);
    assert_true(kept > 0);
    assert_int_equal(p.call[CALLEE]->drops[TACET_DROP_AUTH], 0);
    pair_run(&p, TACET_S(1));
    assert_int_equal(p.call[CALLEE]->drops[TACET_DROP_AUTH], kept);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 0);
    pair_free(&p);
}

/* Genuine or forged: what was thought of it when it was kept counts no more, nor stays anything of
 * it. */
static void what_was_kept_is_counted_once(void **state)
{
    (void)state;
    for (int forged = 0; forged < 2; forged++) {
        struct pair p;
        uint64_t counted = 0;

        answer_half(&p, 51);
        size_t available = tacet_pool_available(p.call[CALLEE]->pool);
        send(&p, TACET_KIND_VIDEO, 0, 5000);
        assert_true(give_rtp(&p, TACET_DROP_NONE, forged == 1) > 1);
        pair_run(&p, TACET_S(1));
        assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_CONNECTED);
        for (int drop = 0; drop < TACET_DROP_COUNT; drop++) {
            counted += p.call[CALLEE]->drops[drop];
        }
        assert_int_equal(counted, p.handed[CALLEE]);
        assert_int_equal(tacet_pool_available(p.call[CALLEE]->pool), available);
        pair_free(&p);
    }
}

static void no_more_are_kept_than_the_bound_and_none_for_longer_than_the_call(void **state)
{
    uint8_t packet[60] = { 0x80, 96 };
    struct pair p;

    (void)state;
    answer_half(&p, 44);
    size_t available = tacet_pool_available(p.call[CALLEE]->pool);
    uint32_t ssrc = pair_peer(&p, CALLEE)->session->inbound.stats[TACET_KIND_VIDEO].ssrc;
    for (int i = 0; i < 4; i++) {
        packet[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    }
    for (int i = 0; i < TACET_EARLY_PACKETS_MAX; i++) {
        assert_int_equal(give(&p, packet, sizeof(packet)), TACET_DROP_NONE);
    }
    assert_int_equal(give(&p, packet, sizeof(packet)), TACET_DROP_RATE);
    assert_int_equal(tacet_pool_available(p.call[CALLEE]->pool),
                     available - TACET_EARLY_PACKETS_MAX);
    assert_int_equal(tacet_call_remove(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
    assert_int_equal(tacet_pool_available(p.call[CALLEE]->pool), available);
    pair_free(&p);
}

static void nothing_is_kept_before_the_local_answer(void **state)
{
    uint8_t packet[60] = { 0x80, 96 };
    struct pair p;

    (void)state;
    pair_create(&p, 45, NULL);
    pair_dial(&p);
    pair_pump(&p);
    struct tacet_rekey *rekey = &pair_peer(&p, CALLEE)->rekey;
    uint32_t ssrc = rekey->ssrcs.of[tacet_rekey_direction(rekey, false)][TACET_SSRC_VIDEO];
    for (int i = 0; i < 4; i++) {
        packet[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    }
    assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_RINGING);
    assert_int_equal(give(&p, packet, sizeof(packet)), TACET_DROP_STATE);
    pair_free(&p);
}

/* The caller has moved since: what was kept comes from where it was. */
static void what_was_kept_holds_up_no_move(void **state)
{
    struct pair p;

    (void)state;
    answer_half(&p, 50);
    send(&p, TACET_KIND_VIDEO, 0, 500);
    assert_true(give_rtp(&p, TACET_DROP_NONE, false) > 0);
    p.path[CALLER].address.ip[3] = 77;
    pair_run(&p, TACET_MS(500));
    assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_CONNECTED);
    assert_true(tacet_path_equal(&pair_peer(&p, CALLEE)->path, &p.path[CALLER]));
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(junk_from_elsewhere_takes_no_place),
        cmocka_unit_test(picture_that_overtakes_the_answer_is_shown_after_it),
        cmocka_unit_test(time_of_arrival_is_told_as_it_was),
        cmocka_unit_test(sound_that_overtakes_the_answer_is_dropped),
        cmocka_unit_test(forged_packet_is_found_out_when_it_is_read),
        cmocka_unit_test(what_was_kept_is_counted_once),
        cmocka_unit_test(no_more_are_kept_than_the_bound_and_none_for_longer_than_the_call),
        cmocka_unit_test(nothing_is_kept_before_the_local_answer),
        cmocka_unit_test(what_was_kept_holds_up_no_move),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
