/* Sound and pictures through two calls joined directly: what is lost is repaired or replaced. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void send(struct pair *p, int party, enum tacet_kind kind, bool key, size_t size)
{
    pair_send(p, party, kind, key ? 0 : TACET_REFERENCE_LAST, size);
}

static void no_media_moves_before_the_answer(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 2, NULL);
    pair_dial(&p);
    pair_pump(&p);
    for (int i = 0; i < 2; i++) {
        send(&p, i, TACET_KIND_AUDIO, false, 80);
        send(&p, i, TACET_KIND_VIDEO, true, 3000);
    }
    pair_pump(&p);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(p.media_packets[i], 0);
        assert_int_equal(p.frames[i][TACET_KIND_AUDIO], 0);
        assert_int_equal(p.frames[i][TACET_KIND_VIDEO], 0);
    }
    pair_free(&p);
}

static void frames_arrive_whole_both_ways(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 3, NULL);
    pair_connect(&p);
    for (int i = 0; i < 2; i++) {
        uint32_t timestamp = tacet_call_rtp_timestamp(p.call[i], TACET_KIND_VIDEO, p.now);
        send(&p, i, TACET_KIND_AUDIO, false, 80);
        send(&p, i, TACET_KIND_VIDEO, true, 50000);
        pair_run(&p, TACET_S(1));
        assert_int_equal(p.frames[1 - i][TACET_KIND_AUDIO], 1);
        assert_int_equal(p.frames[1 - i][TACET_KIND_VIDEO], 1);
        assert_int_equal(p.last_frame[1 - i].size, 50000);
        assert_int_equal(p.last_frame[1 - i].rtp_timestamp, timestamp);
        assert_int_equal(p.last_frame[1 - i].width, 64);
        assert_true(p.last_frame[1 - i].key);
    }
    struct tacet_stats stats = { .size = sizeof(stats) };
    assert_int_equal(tacet_call_stats(p.call[CALLEE], p.peer[CALLEE], &stats), 0);
    assert_int_equal(stats.inbound[TACET_KIND_AUDIO].frames_received, 1);
    assert_int_equal(stats.inbound[TACET_KIND_VIDEO].key_frames_received, 1);
    assert_int_equal(stats.outbound[TACET_KIND_VIDEO].frames_sent, 1);
    assert_int_equal(stats.epoch, 1);
    assert_true(stats.pq);
    assert_int_equal(stats.profile, TACET_PROFILE_AEAD_AES_256_GCM);
    assert_true(stats.setup_us >= 0);
    pair_free(&p);
}

/* ANSWER_ACK and the first frames come together, and the app polls frames first. */
static void frames_are_held_until_the_app_knows_that_it_is_answered(void **state)
{
    struct pair p;
    struct tacet_event event = { .type = TACET_EVENT_ENDED };
    struct tacet_frame frame;
    const char *reason;
    uint32_t peer;

    (void)state;
    pair_create(&p, 3, NULL);
    pair_dial(&p);
    pair_pump(&p);
    assert_int_equal(tacet_call_answer(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
    (void)pair_hand_over(&p, CALLEE);
    send(&p, CALLER, TACET_KIND_AUDIO, false, 80);
    send(&p, CALLER, TACET_KIND_VIDEO, true, 1000);
    (void)pair_hand_over(&p, CALLER);
    assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_CONNECTED);
    assert_int_equal(tacet_call_poll_frame(p.call[CALLEE], p.now, &peer, &frame), 0);
    (void)pair_hand_over(&p, CALLEE);
    assert_true(tacet_call_next_timeout(p.call[CALLEE], &reason) > p.now); /* events come first */
    while (event.type != TACET_EVENT_ANSWERED) {
        assert_int_equal(tacet_call_poll_event(p.call[CALLEE], &event), 1);
    }
    assert_int_equal(tacet_call_next_timeout(p.call[CALLEE], &reason), 0);
    assert_string_equal(reason, "frames");
    assert_int_equal(tacet_call_poll_frame(p.call[CALLEE], p.now, &peer, &frame), 1);
    assert_int_equal(frame.kind, TACET_KIND_AUDIO);
    assert_int_equal(peer, p.peer[CALLEE]);
    assert_int_equal(tacet_call_poll_frame(p.call[CALLEE], p.now, &peer, &frame), 1);
    assert_int_equal(frame.kind, TACET_KIND_VIDEO);
    assert_true(frame.key);
    assert_int_equal(tacet_call_poll_frame(p.call[CALLEE], p.now, &peer, &frame), 0);
    assert_true(tacet_call_next_timeout(p.call[CALLEE], &reason) > p.now);
    pair_free(&p);
}

static void picture_left_out_is_followed_by_nothing_but_a_key_frame(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 4, NULL);
    pair_connect(&p);
    send(&p, CALLER, TACET_KIND_VIDEO, false, 1000); /* an inter frame first: refused */
    pair_pump(&p);
    assert_int_equal(p.media_packets[CALLER], 0);
    send(&p, CALLER, TACET_KIND_VIDEO, true, 1000);
    /* Fill the queue, so that a picture finds no room, then drain it. */
    for (int i = 0; i < 8; i++) {
        send(&p, CALLER, TACET_KIND_VIDEO, true, 200000);
    }
    pair_run(&p, TACET_S(5));
    uint32_t before = p.media_packets[CALLER];
    send(&p, CALLER, TACET_KIND_VIDEO, false, 1000);
    pair_pump(&p);
    assert_int_equal(p.media_packets[CALLER], before);
    assert_int_equal(pair_last(&p, CALLER, TACET_EVENT_SEND_TARGET)->u.send_target.refresh,
                     TACET_REFRESH_KEY);
    send(&p, CALLER, TACET_KIND_VIDEO, true, 1000);
    send(&p, CALLER, TACET_KIND_VIDEO, false, 1000);
    pair_run(&p, TACET_MS(5));
    assert_int_equal(p.media_packets[CALLER], before + 2);
    pair_free(&p);
}

/* A key frame comes, the probe behind it is over, and the next frame is lost. */
static void connect_and_lose(struct pair *p, size_t size)
{
    pair_create(p, 5, NULL);
    pair_connect(p);
    send(p, CALLER, TACET_KIND_VIDEO, true, 1000);
    pair_run(p, TACET_MS(150));
    p->blocked[CALLER] = true;
    send(p, CALLER, TACET_KIND_VIDEO, false, size);
    pair_run(p, TACET_MS(40));
    p->blocked[CALLER] = false;
}

static void lost_packet_is_sent_again(void **state)
{
    struct pair p;
    struct tacet_stats stats = { .size = sizeof(stats) };

    (void)state;
    connect_and_lose(&p, 3000);
    p.event_count[CALLER] = 0;
    send(&p, CALLER, TACET_KIND_VIDEO, false, 1000);
    pair_run(&p, TACET_MS(150));
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 3);
    const struct tacet_event *target = pair_last(&p, CALLER, TACET_EVENT_SEND_TARGET);
    assert_true(target == NULL || target->u.send_target.refresh == TACET_REFRESH_NONE);
    assert_int_equal(tacet_call_stats(p.call[CALLER], p.peer[CALLER], &stats), 0);
    /* What a probe is filled with does not count, there or here. */
    assert_in_range(stats.outbound[TACET_KIND_VIDEO].retransmitted_packets_sent, 3, 6);
    assert_in_range(stats.outbound[TACET_KIND_VIDEO].nack_count, 1, 5);
    assert_int_equal(tacet_call_stats(p.call[CALLEE], p.peer[CALLEE], &stats), 0);
    assert_in_range(stats.inbound[TACET_KIND_VIDEO].retransmitted_packets_received, 3, 6);
    pair_free(&p);
}

static void picture_that_cannot_be_repaired_is_replaced_from_one_that_came(void **state)
{
    struct pair p;

    (void)state;
    connect_and_lose(&p, 1000);
    /* As if it had been sent too long ago. */
    memset(pair_peer(&p, CALLER)->session->history, 0, sizeof(struct tacet_history));
    p.event_count[CALLER] = 0;
    send(&p, CALLER, TACET_KIND_VIDEO, false, 1000);
    pair_run(&p, TACET_MS(700));
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 1);
    assert_int_equal(pair_last(&p, CALLER, TACET_EVENT_SEND_TARGET)->u.send_target.refresh,
                     TACET_REFRESH_GOLDEN);
    send(&p, CALLER, TACET_KIND_VIDEO, false, 1000); /* it builds on what is lost */
    pair_pump(&p);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 1);
    pair_send(&p, CALLER, TACET_KIND_VIDEO, TACET_REFERENCE_GOLDEN, 1000);
    send(&p, CALLER, TACET_KIND_VIDEO, false, 1000);
    pair_run(&p, TACET_MS(40));
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 3);
    pair_free(&p);
}

static void decoder_that_failed_gets_a_key_frame(void **state)
{
    struct tacet_playout_report report = { .frames_decoded = 1, .frames_failed = 1 };
    struct pair p;

    (void)state;
    pair_create(&p, 5, NULL);
    pair_connect(&p);
    send(&p, CALLER, TACET_KIND_VIDEO, true, 1000);
    pair_run(&p, TACET_MS(700)); /* the picture is acknowledged */
    p.event_count[CALLER] = 0;
    assert_int_equal(
        tacet_call_handle_playout(p.call[CALLEE], p.now, p.peer[CALLEE], TACET_KIND_VIDEO, &report),
        0);
    pair_run(&p, TACET_MS(700));
    assert_int_equal(pair_last(&p, CALLER, TACET_EVENT_SEND_TARGET)->u.send_target.refresh,
                     TACET_REFRESH_KEY);
    pair_send(&p, CALLER, TACET_KIND_VIDEO, TACET_REFERENCE_GOLDEN, 1000);
    pair_pump(&p);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 1);
    send(&p, CALLER, TACET_KIND_VIDEO, true, 1000);
    pair_run(&p, TACET_MS(40));
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 2);
    pair_free(&p);
}

/* Whether the callee knows when the sound that comes now was captured. */
static bool times_are_known(struct pair *p)
{
    send(p, CALLER, TACET_KIND_AUDIO, false, 80);
    pair_pump(p);
    assert_int_equal(p->last_frame[CALLEE].kind, TACET_KIND_AUDIO);
    return p->last_frame[CALLEE].capture_known;
}

static void times_are_known_as_soon_as_there_is_something_of_each_kind(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 9, NULL);
    pair_connect(&p);
    send(&p, CALLER, TACET_KIND_AUDIO, false, 80);
    pair_run(&p, TACET_MS(20));
    assert_false(times_are_known(&p));
    send(&p, CALLER, TACET_KIND_VIDEO, true, 1000);
    pair_run(&p, TACET_MS(20));
    assert_true(times_are_known(&p));
    assert_in_range(p.last_frame[CALLEE].captured_at_us - p.now + 1000, 0, 2000);
    pair_free(&p);
}

static void times_are_told_again_soon(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 10, NULL);
    pair_connect(&p);
    p.blocked[CALLER] = true;
    send(&p, CALLER, TACET_KIND_AUDIO, false, 80);
    send(&p, CALLER, TACET_KIND_VIDEO, true, 1000);
    pair_run(&p, TACET_MS(20));
    p.blocked[CALLER] = false;
    assert_false(times_are_known(&p));
    pair_run(&p, TACET_MS(100));
    assert_true(times_are_known(&p));
    pair_free(&p);
}

static void send_sound_only(int party, struct tacet_call_config *config)
{
    config->media.video = party == CALLEE;
}

static void times_of_sound_alone_wait_for_no_picture(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 11, send_sound_only);
    pair_connect(&p);
    send(&p, CALLER, TACET_KIND_AUDIO, false, 80);
    pair_run(&p, TACET_MS(20));
    assert_true(times_are_known(&p));
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_media_moves_before_the_answer),
        cmocka_unit_test(frames_arrive_whole_both_ways),
        cmocka_unit_test(frames_are_held_until_the_app_knows_that_it_is_answered),
        cmocka_unit_test(picture_left_out_is_followed_by_nothing_but_a_key_frame),
        cmocka_unit_test(lost_packet_is_sent_again),
        cmocka_unit_test(picture_that_cannot_be_repaired_is_replaced_from_one_that_came),
        cmocka_unit_test(decoder_that_failed_gets_a_key_frame),
        cmocka_unit_test(times_are_known_as_soon_as_there_is_something_of_each_kind),
        cmocka_unit_test(times_are_told_again_soon),
        cmocka_unit_test(times_of_sound_alone_wait_for_no_picture),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
