/* The call as an app sees it: two of them joined directly. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"

#include <sodium.h>
#include <string.h>

static void call_is_established_answered_and_ended(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 1, NULL);
    pair_dial(&p);
    pair_pump(&p);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_peer(&p, i)->state, TACET_PEER_RINGING);
        assert_int_equal(pair_events(&p, i, TACET_EVENT_ESTABLISHED), 1);
        assert_int_equal(pair_events(&p, i, TACET_EVENT_ANSWERED), 0);
    }
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_INCOMING), 1);
    assert_int_equal(pair_events(&p, CALLER, TACET_EVENT_RINGING), 1);
    assert_string_equal(pair_last(&p, CALLEE, TACET_EVENT_INCOMING)->u.incoming.name, "ann");

    assert_int_equal(tacet_call_answer(p.call[CALLEE], p.now, p.peer[CALLEE]), 0);
    pair_pump(&p);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_peer(&p, i)->state, TACET_PEER_CONNECTED);
        assert_int_equal(pair_events(&p, i, TACET_EVENT_ANSWERED), 1);
        assert_int_equal(pair_events(&p, i, TACET_EVENT_MEDIA), 1);
        assert_int_equal(pair_events(&p, i, TACET_EVENT_REKEYED), 1);
    }
    const struct tacet_event *a = pair_last(&p, CALLER, TACET_EVENT_ANSWERED);
    const struct tacet_event *b = pair_last(&p, CALLEE, TACET_EVENT_ANSWERED);
    assert_true(strlen(a->u.answered.words) > 10);
    assert_string_equal(a->u.answered.words, b->u.answered.words);
    assert_int_equal(a->u.answered.peer.trust, TACET_TRUST_PINNED);
    assert_int_equal(b->u.answered.peer.trust, TACET_TRUST_UNVERIFIED);

    tacet_call_hangup(p.call[CALLER], p.now);
    pair_pump(&p);
    for (int i = 0; i < 2; i++) {
        const struct tacet_event *end = pair_last(&p, i, TACET_EVENT_ENDED);
        assert_non_null(end);
        assert_int_equal(end->u.ended.reason, TACET_END_HANGUP);
        assert_int_equal(end->u.ended.remote, i == CALLEE);
        assert_true(tacet_call_idle(p.call[i]));
    }
    pair_run(&p, TACET_HANGUP_LINGER_US);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_peer(&p, i)->state, TACET_PEER_FREE);
        assert_true(sodium_is_zero((const uint8_t *)pair_peer(&p, i), sizeof(struct tacet_peer)));
        assert_int_equal(pair_events(&p, i, TACET_EVENT_ENDED), 1);
    }
    pair_free(&p);
}

static void send_from(struct pair *p, int party, enum tacet_kind kind, uint8_t references,
                      size_t size)
{
    static uint8_t data[TACET_FRAME_SIZE_MAX];
    bool key = kind == TACET_KIND_VIDEO && references == 0;
    struct tacet_frame frame = {
        .kind = kind,
        .key = key,
        .references = references,
        .updates = key ? TACET_REFERENCE_LAST | TACET_REFERENCE_GOLDEN | TACET_REFERENCE_ALTREF
                       : TACET_REFERENCE_LAST,
        .captured_at_us = p->now,
        .data = data,
        .size = size,
    };

    memset(data, 0x5a, sizeof(data));
    if (kind == TACET_KIND_VIDEO) {
        /* RFC 6386 section 9.1: a shown key frame of 64x48, or an inter frame. */
        static const uint8_t tag[10] = { 0x10, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 48, 0 };
        memcpy(data, tag, sizeof(tag));
        data[0] |= key ? 0 : 1;
    }
    assert_int_equal(tacet_call_send_frame(p->call[party], p->now, &frame), 0);
}

static void send(struct pair *p, int party, enum tacet_kind kind, bool key, size_t size)
{
    send_from(p, party, kind, key ? 0 : TACET_REFERENCE_LAST, size);
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

static void lost_packet_is_sent_again(void **state)
{
    struct pair p;
    struct tacet_stats stats = { .size = sizeof(stats) };

    (void)state;
    pair_create(&p, 5, NULL);
    pair_connect(&p);
    send(&p, CALLER, TACET_KIND_VIDEO, true, 1000);
    pair_run(&p, TACET_MS(40));
    p.blocked[CALLER] = true;
    send(&p, CALLER, TACET_KIND_VIDEO, false, 3000);
    pair_run(&p, TACET_MS(40));
    p.blocked[CALLER] = false;
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
    pair_create(&p, 5, NULL);
    pair_connect(&p);
    send(&p, CALLER, TACET_KIND_VIDEO, true, 1000);
    pair_run(&p, TACET_MS(40));
    p.blocked[CALLER] = true;
    send(&p, CALLER, TACET_KIND_VIDEO, false, 1000);
    pair_run(&p, TACET_MS(40));
    p.blocked[CALLER] = false;
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
    send_from(&p, CALLER, TACET_KIND_VIDEO, TACET_REFERENCE_GOLDEN, 1000);
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
    send_from(&p, CALLER, TACET_KIND_VIDEO, TACET_REFERENCE_GOLDEN, 1000);
    pair_pump(&p);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 1);
    send(&p, CALLER, TACET_KIND_VIDEO, true, 1000);
    pair_run(&p, TACET_MS(40));
    assert_int_equal(p.frames[CALLEE][TACET_KIND_VIDEO], 2);
    pair_free(&p);
}

static void nobody_there_is_unreachable_after_15_s(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 6, NULL);
    p.blocked[CALLER] = true;
    pair_dial(&p);
    pair_run(&p, TACET_DIAL_TIMEOUT_US - 1);
    assert_null(pair_last(&p, CALLER, TACET_EVENT_ENDED));
    pair_run(&p, 2);
    assert_int_equal(pair_last(&p, CALLER, TACET_EVENT_ENDED)->u.ended.reason,
                     TACET_END_UNREACHABLE);
    pair_free(&p);
}

static void unanswered_call_ends_after_60_s_on_both_sides(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 7, NULL);
    pair_dial(&p);
    pair_run(&p, TACET_RING_TIMEOUT_US + TACET_S(1));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_last(&p, i, TACET_EVENT_ENDED)->u.ended.reason, TACET_END_NO_ANSWER);
    }
    pair_free(&p);
}

static void decline_says_why(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 8, NULL);
    pair_dial(&p);
    pair_pump(&p);
    assert_int_equal(tacet_call_decline(p.call[CALLEE], p.now, p.peer[CALLEE], TACET_END_HANGUP),
                     TACET_ERR_ARGUMENT);
    assert_int_equal(tacet_call_decline(p.call[CALLEE], p.now, p.peer[CALLEE], TACET_END_BUSY), 0);
    pair_pump(&p);
    assert_int_equal(pair_last(&p, CALLER, TACET_EVENT_ENDED)->u.ended.reason, TACET_END_BUSY);
    assert_true(pair_last(&p, CALLER, TACET_EVENT_ENDED)->u.ended.remote);
    pair_free(&p);
}

static void silence_reconnects_within_30_s_and_ends_after(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 9, NULL);
    pair_connect(&p);
    p.blocked[CALLER] = p.blocked[CALLEE] = true;
    pair_run(&p, TACET_S(10));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_events(&p, i, TACET_EVENT_RECONNECTING), 1);
    }
    uint32_t held = p.media_packets[CALLER];
    send(&p, CALLER, TACET_KIND_AUDIO, false, 80);
    pair_pump(&p);
    assert_int_equal(p.media_packets[CALLER], held);
    p.blocked[CALLER] = p.blocked[CALLEE] = false;
    pair_run(&p, TACET_MS(500));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_events(&p, i, TACET_EVENT_RECONNECTED), 1);
    }
    send(&p, CALLER, TACET_KIND_AUDIO, false, 80);
    pair_pump(&p);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_AUDIO], 1);
    p.blocked[CALLER] = p.blocked[CALLEE] = true;
    pair_run(&p, TACET_S(32));
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_last(&p, i, TACET_EVENT_ENDED)->u.ended.reason, TACET_END_LOST);
    }
    pair_free(&p);
}

static void app_messages_arrive_in_order(void **state)
{
    static uint8_t text[TACET_MESSAGE_MAX];
    struct pair p;
    struct tacet_event event;

    (void)state;
    pair_create(&p, 10, NULL);
    pair_connect(&p);
    memset(text, 'x', sizeof(text));
    assert_int_equal(
        tacet_call_send_message(p.call[CALLER], p.now, p.peer[CALLER], (const uint8_t *)"one", 3),
        0);
    assert_int_equal(tacet_call_send_message(p.call[CALLER], p.now, p.peer[CALLER],
                                             (const uint8_t *)"second", 6),
                     0);
    for (int turn = 0; turn < 4; turn++) { /* packets only: nobody polls the events */
        struct tacet_packet packet;
        for (int from = 0; from < 2; from++) {
            while (tacet_call_poll_packet(p.call[from], p.now, &packet) == 1) {
                uint8_t copy[TACET_DATAGRAM_MAX];
                memcpy(copy, packet.data, packet.size);
                packet.data = copy;
                packet.path = p.path[from];
                (void)tacet_call_handle_packet(p.call[1 - from], p.now, &packet);
            }
        }
    }
    assert_int_equal(tacet_call_poll_event(p.call[CALLEE], &event), 1);
    assert_int_equal(event.u.message.size, 3);
    assert_memory_equal(event.u.message.data, "one", 3);
    assert_int_equal(tacet_call_poll_event(p.call[CALLEE], &event), 1);
    assert_int_equal(event.u.message.size, 6);
    assert_memory_equal(event.u.message.data, "second", 6);
    assert_int_equal(tacet_call_poll_event(p.call[CALLEE], &event), 0);
    pair_pump(&p);
    assert_int_equal(
        tacet_call_send_message(p.call[CALLER], p.now, p.peer[CALLER], text, sizeof(text)), 0);
    pair_run(&p, TACET_S(1));
    assert_int_equal(pair_last(&p, CALLEE, TACET_EVENT_MESSAGE)->u.message.size, sizeof(text));
    pair_free(&p);
}

static void old_peer_number_names_nobody(void **state)
{
    struct pair p;
    struct tacet_peer_info info;

    (void)state;
    pair_create(&p, 11, NULL);
    pair_connect(&p);
    uint32_t first = p.peer[CALLEE];
    tacet_call_hangup(p.call[CALLER], p.now);
    pair_run(&p, TACET_S(3));
    pair_connect(&p);
    assert_int_not_equal(first, p.peer[CALLEE]);
    assert_int_equal(tacet_call_peer(p.call[CALLEE], first, &info), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_call_remove(p.call[CALLEE], p.now, first), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_call_peer(p.call[CALLEE], p.peer[CALLEE], &info), 0);
    pair_free(&p);
}

static void nothing_is_allocated_while_connected(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 12, NULL);
    pair_connect(&p);
    unsigned long before = tacet_alloc_count();
    for (int i = 0; i < 100; i++) {
        send(&p, CALLER, TACET_KIND_AUDIO, false, 80);
        send(&p, CALLEE, TACET_KIND_VIDEO, i == 0, 500);
        pair_run(&p, TACET_MS(20));
    }
    assert_int_equal(p.frames[CALLER][TACET_KIND_VIDEO], 100);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_AUDIO], 100);
    assert_int_equal(tacet_alloc_count(), before);
    pair_free(&p);
}

static void failing_allocation_fails_create_and_leaks_nothing(void **state)
{
    struct pair p;
    long n = 0;
    int result;

    (void)state;
    pair_create(&p, 13, NULL);
    do {
        struct tacet_call *call = NULL;
        tacet_alloc_fail_after(n);
        result = tacet_call_create(&p.call[CALLER]->config, p.now, &call);
        tacet_alloc_fail_after(-1);
        assert_true(result == 0 || result == TACET_ERR_NOMEM);
        assert_true((call != NULL) == (result == 0));
        tacet_call_free(&call);
        n++;
    } while (result != 0);
    assert_true(n > 4);
    pair_free(&p);
}

static void forbid_everything_but_128(int party, struct tacet_call_config *config)
{
    if (party == CALLEE) {
        config->profiles[0] = TACET_PROFILE_AEAD_AES_128_GCM;
        config->profile_count = 1;
    }
}

static void both_sides_policies_choose_the_profile(void **state)
{
    struct pair p;
    struct tacet_stats stats = { .size = sizeof(stats) };

    (void)state;
    pair_create(&p, 14, forbid_everything_but_128);
    pair_connect(&p);
    assert_int_equal(tacet_call_stats(p.call[CALLER], p.peer[CALLER], &stats), 0);
    assert_int_equal(stats.profile, TACET_PROFILE_AEAD_AES_128_GCM);
    send(&p, CALLER, TACET_KIND_AUDIO, false, 80);
    pair_pump(&p);
    assert_int_equal(p.frames[CALLEE][TACET_KIND_AUDIO], 1);
    pair_free(&p);
}

static void set_short_rekey(int party, struct tacet_call_config *config)
{
    config->rekey_interval_us = party == CALLER ? TACET_S(10) : TACET_S(1000);
}

static void keys_are_renewed_and_no_frame_is_lost_to_it(void **state)
{
    struct pair p;
    struct tacet_stats stats = { .size = sizeof(stats) };

    (void)state;
    pair_create(&p, 16, set_short_rekey);
    pair_connect(&p);
    for (uint32_t i = 0; i < 3500; i++) { /* 70 s */
        send(&p, CALLER, TACET_KIND_AUDIO, false, 80);
        send(&p, CALLEE, TACET_KIND_AUDIO, false, 80);
        pair_run(&p, TACET_MS(20));
        assert_int_equal(p.frames[CALLER][TACET_KIND_AUDIO], i + 1);
        assert_int_equal(p.frames[CALLEE][TACET_KIND_AUDIO], i + 1);
    }
    assert_int_equal(tacet_call_stats(p.call[CALLER], p.peer[CALLER], &stats), 0);
    assert_in_range(stats.epoch, 7, 8);
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_REKEYED), stats.epoch);
    pair_free(&p);
}

static void many_packets_under_one_key_ask_for_another(void **state)
{
    struct pair p;

    (void)state;
    for (int party = 0; party < 2; party++) {
        pair_create(&p, 17, NULL);
        pair_connect(&p);
        send(&p, party, TACET_KIND_AUDIO, false, 80);
        pair_run(&p, TACET_S(11));
        assert_int_equal(pair_peer(&p, party)->rekey.epoch, 1);
        /* As if 2^24 packets had gone out already. */
        pair_peer(&p, party)->session->outbound[TACET_KIND_AUDIO].epoch_index -=
            TACET_REKEY_PACKETS;
        send(&p, party, TACET_KIND_AUDIO, false, 80);
        pair_run(&p, TACET_MS(1));
        assert_int_equal(pair_peer(&p, party)->rekey.epoch, 2);
        pair_free(&p);
    }
}

static void wrong_config_is_refused(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 15, NULL);
    struct tacet_call_config good = p.call[CALLER]->config;
    struct tacet_call *call = NULL;
    for (int row = 0; row < 6; row++) {
        struct tacet_call_config c = good;
        switch (row) {
        case 0:
            c.size--;
            break;
        case 1:
            c.identity = NULL;
            break;
        case 2:
            c.random.fill = NULL;
            break;
        case 3:
            c.profile_count = 0;
            break;
        case 4:
            c.profiles[0] = 2;
            break;
        default:
            c.media.width = 0;
            break;
        }
        assert_int_equal(tacet_call_create(&c, p.now, &call), TACET_ERR_ARGUMENT);
        assert_null(call);
    }
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(call_is_established_answered_and_ended),
        cmocka_unit_test(no_media_moves_before_the_answer),
        cmocka_unit_test(frames_arrive_whole_both_ways),
        cmocka_unit_test(picture_left_out_is_followed_by_nothing_but_a_key_frame),
        cmocka_unit_test(lost_packet_is_sent_again),
        cmocka_unit_test(picture_that_cannot_be_repaired_is_replaced_from_one_that_came),
        cmocka_unit_test(decoder_that_failed_gets_a_key_frame),
        cmocka_unit_test(nobody_there_is_unreachable_after_15_s),
        cmocka_unit_test(unanswered_call_ends_after_60_s_on_both_sides),
        cmocka_unit_test(decline_says_why),
        cmocka_unit_test(silence_reconnects_within_30_s_and_ends_after),
        cmocka_unit_test(app_messages_arrive_in_order),
        cmocka_unit_test(old_peer_number_names_nobody),
        cmocka_unit_test(nothing_is_allocated_while_connected),
        cmocka_unit_test(failing_allocation_fails_create_and_leaks_nothing),
        cmocka_unit_test(both_sides_policies_choose_the_profile),
        cmocka_unit_test(keys_are_renewed_and_no_frame_is_lost_to_it),
        cmocka_unit_test(many_packets_under_one_key_ask_for_another),
        cmocka_unit_test(wrong_config_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
