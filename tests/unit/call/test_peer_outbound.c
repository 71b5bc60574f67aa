/* What goes to one peer: when it goes, when again, and when not. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void control_does_not_wait_behind_media(void **state)
{
    static const uint8_t sound[80];
    struct tacet_frame frame = { .kind = TACET_KIND_AUDIO, .data = sound, .size = sizeof(sound) };
    struct tacet_packet packet;
    struct pair p;

    (void)state;
    pair_create(&p, 93, NULL);
    pair_connect(&p);
    for (int i = 0; i < 100; i++) {
        frame.captured_at_us += 20000;
        assert_int_equal(tacet_call_send_frame(p.call[CALLER], p.now, &frame), 0);
    }
    tacet_call_hangup(p.call[CALLER], p.now);
    assert_int_equal(tacet_call_poll_packet(p.call[CALLER], p.now, &packet), 1);
    assert_int_equal(packet.data[0], 0x0c); /* CTRL */
    pair_free(&p);
}

/* Nobody knows yet what is lost, so sound is repeated; who never reports is not to pay for ever. */
static void sound_for_who_never_reports_is_repeated_for_a_moment_only(void **state)
{
    struct tacet_packet packet;
    struct pair p;
    int before = 0, after = 0;

    (void)state;
    pair_create(&p, 94, NULL);
    pair_connect(&p);
    p.blocked[CALLEE] = true;
    for (int i = 0; i < 150; i++) {
        pair_send(&p, CALLER, TACET_KIND_AUDIO, 0, 80);
        assert_int_equal(tacet_call_poll_packet(p.call[CALLER], p.now, &packet), 1);
        if (i < 10) {
            before += (packet.data[1] & 0x7f) == TACET_PT_RED;
        } else if (i >= 100) {
            after += (packet.data[1] & 0x7f) == TACET_PT_OPUS;
        }
        pair_run(&p, TACET_MS(20));
    }
    assert_int_equal(before, 10);
    assert_int_equal(after, 50);
    pair_free(&p);
}

/* Three packets of a picture, key or from the one before; whether it was taken. */
static bool send_picture(struct pair *p, bool key)
{
    const struct tacet_outbound *out = &pair_peer(p, CALLER)->session->outbound[TACET_KIND_VIDEO];
    uint64_t before = out->next_index;

    pair_send(p, CALLER, TACET_KIND_VIDEO, key ? 0 : TACET_REFERENCE_LAST, 3000);
    return out->next_index > before;
}

/* The callee asks for one packet of the picture again, and reports. How often it was sent again. */
static uint64_t ask_again(struct pair *p, uint64_t index)
{
    struct tacet_rtp_session *session = pair_peer(p, CALLER)->session;
    uint64_t before = session->rtx.stats.packets_sent;

    session->wanted[0] = (uint16_t)index;
    session->wanted_count = 1;
    tacet_peer_send_report(p->call[CALLEE], pair_peer(p, CALLEE), p->now, false);
    pair_pump(p);
    assert_int_equal(session->wanted_count, 0);
    return session->rtx.stats.packets_sent - before;
}

/* What was made for the old rate is neither sent again nor built on, but for what the receiver has
 * said that it holds. */
static void pictures_begin_afresh_where_the_way_has_collapsed(void **state)
{
    (void)state;
    for (int held = 0; held < 2; held++) {
        struct pair p;

        pair_create(&p, 95, NULL);
        pair_connect(&p);
        p.blocked[CALLER] = true;
        struct tacet_rtp_session *session = pair_peer(&p, CALLER)->session;
        struct tacet_outbound *out = &session->outbound[TACET_KIND_VIDEO];
        assert_true(send_picture(&p, true));
        if (held > 0) {
            tacet_recovery_on_ack(&out->recovery, (uint16_t)(out->picture_id - 1) & 0x7fff);
        }
        pair_run(&p, TACET_MS(100));
        assert_true(send_picture(&p, false));
        pair_run(&p, TACET_MS(100));
        uint64_t old = out->next_index - 1;
        assert_int_equal(ask_again(&p, old), 1);
        session->sending.afresh = true;
        assert_int_equal(ask_again(&p, old), 0);
        assert_false(session->sending.afresh);
        enum tacet_refresh refresh =
            pair_last(&p, CALLER, TACET_EVENT_SEND_TARGET)->u.send_target.refresh;
        assert_int_equal(refresh, held > 0 ? TACET_REFRESH_GOLDEN : TACET_REFRESH_KEY);
        assert_false(send_picture(&p, false));
        assert_true(send_picture(&p, true));
        pair_run(&p, TACET_MS(100));
        assert_int_equal(ask_again(&p, old), 0);
        assert_int_equal(ask_again(&p, out->next_index - 1), 1);
        pair_free(&p);
    }
}

/* Of the packets of pictures, as they are sent first, the second is lost, and all that is sent once
 * more to fill a probe. */
static bool lose_the_second(void *ctx, struct pair *p, int from, const struct tacet_packet *packet)
{
    int *count = ctx;
    uint8_t type = packet->data[1] & 0x7f;

    if (from != CALLER || packet->data[0] >> 6 != 2) {
        return false;
    }
    *count += type == TACET_PT_VP8 ? 1 : 0;
    return type == TACET_PT_RTX || (type == TACET_PT_VP8 && *count == 2);
}

/* A fifth is lost, and to ask for it again would take too long. */
static void key_picture_is_whole_though_a_packet_of_it_is_lost(void **state)
{
    int count = 0;
    struct pair p;

    (void)state;
    pair_create(&p, 102, NULL);
    pair_connect(&p);
    p.way = lose_the_second;
    p.way_ctx = &count;
    p.blocked[CALLEE] = true;
    struct tacet_rtp_session *session = pair_peer(&p, CALLER)->session;
    session->sent_log->round_trip_us = TACET_MS(300);
    (void)tacet_repair_on_loss(&session->repair, p.now, 200, 256);
    assert_true(send_picture(&p, true));
    pair_run(&p, TACET_S(1));
    assert_int_equal(count, 3);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 1);
    assert_int_equal(
        pair_peer(&p, CALLEE)->session->inbound.stats[TACET_KIND_VIDEO].fec_packets_recovered, 1);
    pair_free(&p);
}

static void nothing_is_sent_again_for_ever(void **state)
{
    uint64_t times = 0;
    struct pair p;

    (void)state;
    pair_create(&p, 99, NULL);
    pair_connect(&p);
    assert_true(send_picture(&p, true));
    pair_run(&p, TACET_MS(200));
    uint64_t last = pair_peer(&p, CALLER)->session->outbound[TACET_KIND_VIDEO].next_index - 1;
    for (int i = 0; i < 2 * TACET_RETRANSMISSIONS_MAX; i++) {
        times += ask_again(&p, last);
        pair_run(&p, TACET_MS(200));
    }
    /* What filled a probe counts too. */
    assert_in_range(times, TACET_RETRANSMISSIONS_MAX / 2, TACET_RETRANSMISSIONS_MAX);
    pair_free(&p);
}

/* Nor is what was left out built on afterwards. */
static void media_is_held_while_nothing_comes(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 100, NULL);
    pair_connect(&p);
    assert_true(send_picture(&p, true));
    pair_run(&p, TACET_MS(200));
    p.blocked[CALLEE] = true;
    pair_run(&p, TACET_RECONNECTING_US + TACET_MS(100));
    assert_true(pair_peer(&p, CALLER)->reconnecting);
    uint32_t before = p.media_packets[CALLER];
    for (int i = 0; i < 10; i++) {
        pair_send(&p, CALLER, TACET_KIND_AUDIO, 0, 80);
        assert_false(send_picture(&p, i % 2 == 0));
        pair_run(&p, TACET_MS(20));
    }
    assert_int_equal(p.media_packets[CALLER], before);
    p.blocked[CALLEE] = false;
    pair_run(&p, TACET_S(2));
    assert_false(pair_peer(&p, CALLER)->reconnecting);
    uint32_t told = pair_events(&p, CALLER, TACET_EVENT_SEND_TARGET);
    assert_false(send_picture(&p, false));
    pair_pump(&p);
    assert_int_equal(pair_events(&p, CALLER, TACET_EVENT_SEND_TARGET), told + 1);
    assert_int_not_equal(pair_last(&p, CALLER, TACET_EVENT_SEND_TARGET)->u.send_target.refresh,
                         TACET_REFRESH_NONE);
    assert_true(send_picture(&p, true));
    pair_free(&p);
}

/* Long before the cipher's own limit. */
static void keys_are_renewed_after_so_many_packets(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 101, NULL);
    pair_connect(&p);
    pair_run(&p, TACET_S(15));
    struct tacet_outbound *out = &pair_peer(&p, CALLER)->session->outbound[TACET_KIND_AUDIO];
    pair_send(&p, CALLER, TACET_KIND_AUDIO, 0, 80);
    out->epoch_index = out->next_index - TACET_REKEY_PACKETS + 2;
    for (uint32_t epoch = 1; epoch <= 2; epoch++) {
        pair_send(&p, CALLER, TACET_KIND_AUDIO, 0, 80);
        pair_run(&p, TACET_S(1));
        assert_int_equal(pair_peer(&p, CALLER)->rekey.epoch, epoch);
    }
    pair_free(&p);
}

/* What is sent again goes ahead of what waits: a large picture is whole no sooner without it. */
static void packet_of_a_large_picture_is_sent_again_while_the_rest_waits(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 98, NULL);
    pair_connect(&p);
    p.blocked[CALLER] = true;
    struct tacet_rtp_session *session = pair_peer(&p, CALLER)->session;
    uint64_t first = session->outbound[TACET_KIND_VIDEO].next_index;
    pair_send(&p, CALLER, TACET_KIND_VIDEO, 0, 60000);
    pair_run(&p, TACET_MS(100));
    assert_true(tacet_sending_wait(&session->sending, p.now) > TACET_PACER_WAIT_US);
    assert_int_equal(ask_again(&p, first), 1);
    pair_free(&p);
}

/* However much stands on it: late pictures are worse than missing ones. */
static void picture_is_left_out_before_it_waits_for_half_a_second(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 103, NULL);
    pair_connect(&p);
    struct tacet_sending *sending = &pair_peer(&p, CALLER)->session->sending;
    int64_t most_us = 0;
    for (int i = 0; i < 100; i++) {
        pair_send(&p, CALLER, TACET_KIND_VIDEO, i == 0 ? 0 : TACET_REFERENCE_LAST, 1000);
        int64_t wait_us = tacet_sending_wait(sending, p.now);
        most_us = wait_us > most_us ? wait_us : most_us;
    }
    assert_in_range(most_us, TACET_MS(250), TACET_MS(400));
    pair_free(&p);
}

/* A probe soon after the first picture has few packets to be filled from: those, over and over. */
static void probe_is_filled_from_however_few_packets(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 102, NULL);
    pair_connect(&p);
    struct tacet_peer *peer = pair_peer(&p, CALLER);
    assert_false(tacet_peer_pad(p.call[CALLER], peer, p.now)); /* there are none */
    pair_send(&p, CALLER, TACET_KIND_VIDEO, 0, 3000);
    pair_pump(&p);
    for (int i = 0; i < 10; i++) {
        assert_true(tacet_peer_pad(p.call[CALLER], peer, p.now));
        pair_run(&p, TACET_MS(20));
    }
    pair_free(&p);
}

/* Who sends none is not asked for a key frame, however the way is. */
static void no_picture_begins_afresh_where_there_is_none(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 97, NULL);
    pair_connect(&p);
    uint32_t told = pair_events(&p, CALLER, TACET_EVENT_SEND_TARGET);
    pair_peer(&p, CALLER)->session->sending.afresh = true;
    tacet_peer_send_report(p.call[CALLEE], pair_peer(&p, CALLEE), p.now, false);
    pair_pump(&p);
    assert_false(pair_peer(&p, CALLER)->session->sending.afresh);
    assert_int_equal(pair_events(&p, CALLER, TACET_EVENT_SEND_TARGET), told);
    pair_free(&p);
}

static void media_gives_way_while_the_control_stream_is_stuck(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 96, NULL);
    pair_connect(&p);
    struct tacet_rtp_session *session = pair_peer(&p, CALLER)->session;
    assert_true(send_picture(&p, true));
    pair_run(&p, TACET_MS(100));
    uint64_t last = session->outbound[TACET_KIND_VIDEO].next_index - 1;
    assert_int_equal(ask_again(&p, last), 1);
    p.blocked[CALLER] = true;
    assert_int_equal(
        tacet_call_send_message(p.call[CALLER], p.now, p.peer[CALLER], (const uint8_t *)"hey", 3),
        0);
    pair_run(&p, TACET_S(2));
    assert_true(tacet_control_is_stuck(&pair_peer(&p, CALLER)->control, p.now));
    assert_false(send_picture(&p, true));
    assert_int_equal(ask_again(&p, last), 0);
    /* Until it is answered, and no longer. */
    p.blocked[CALLER] = false;
    while (!tacet_control_idle(&pair_peer(&p, CALLER)->control)) {
        assert_false(send_picture(&p, true));
        p.now = tacet_call_next_timeout(p.call[CALLER], NULL);
        tacet_call_handle_timeout(p.call[CALLER], p.now);
        pair_pump(&p);
    }
    assert_true(send_picture(&p, true));
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_does_not_wait_behind_media),
        cmocka_unit_test(sound_for_who_never_reports_is_repeated_for_a_moment_only),
        cmocka_unit_test(pictures_begin_afresh_where_the_way_has_collapsed),
        cmocka_unit_test(key_picture_is_whole_though_a_packet_of_it_is_lost),
        cmocka_unit_test(nothing_is_sent_again_for_ever),
        cmocka_unit_test(media_is_held_while_nothing_comes),
        cmocka_unit_test(keys_are_renewed_after_so_many_packets),
        cmocka_unit_test(packet_of_a_large_picture_is_sent_again_while_the_rest_waits),
        cmocka_unit_test(picture_is_left_out_before_it_waits_for_half_a_second),
        cmocka_unit_test(probe_is_filled_from_however_few_packets),
        cmocka_unit_test(no_picture_begins_afresh_where_there_is_none),
        cmocka_unit_test(media_gives_way_while_the_control_stream_is_stuck),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
