/* Packets of one peer where the ground moves under them: the call has ended, or keys are between
 * two epochs. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

/* A datagram that the caller sends to the callee. */
struct datagram {
    uint8_t data[TACET_DATAGRAM_MAX];
    size_t size;
};

static void poll_caller(struct pair *p, struct datagram *ret)
{
    struct tacet_packet packet;

    assert_int_equal(tacet_call_poll_packet(p->call[CALLER], p->now, &packet), 1);
    memcpy(ret->data, packet.data, packet.size);
    ret->size = packet.size;
}

static void next_rtp(struct pair *p, struct datagram *ret)
{
    static const uint8_t sound[80];
    struct tacet_frame frame = {
        .kind = TACET_KIND_AUDIO, .captured_at_us = p->now, .data = sound, .size = sizeof(sound)
    };

    assert_int_equal(tacet_call_send_frame(p->call[CALLER], p->now, &frame), 0);
    poll_caller(p, ret);
}

static void next_rtcp(struct pair *p, struct datagram *ret)
{
    tacet_peer_send_report(p->call[CALLER], pair_peer(p, CALLER), p->now, false);
    poll_caller(p, ret);
}

static enum tacet_drop deliver(struct pair *p, struct datagram *datagram)
{
    struct tacet_packet in = { .path = p->path[CALLER],
                               .data = datagram->data,
                               .size = datagram->size };

    return tacet_call_handle_packet(p->call[CALLEE], p->now, &in);
}

/* The callee's control stream is full, for the caller acknowledges nothing; then the caller moves,
 * and the very media packet that decides for the new path asks for a rekey that cannot be said. */
static void peer_given_up_by_its_own_packet_is_left_alone(void **state)
{
    static const uint8_t message[TACET_MESSAGE_MAX];

    (void)state;
    for (int rtcp = 0; rtcp < 2; rtcp++) {
        struct datagram datagram;
        struct pair p;

        pair_create(&p, 90, NULL);
        pair_connect(&p);
        pair_run(&p, TACET_S(15));
        size_t available = tacet_pool_available(p.call[CALLEE]->pool);
        assert_int_equal(tacet_call_send_message(p.call[CALLEE], p.now, p.peer[CALLEE], message,
                                                 sizeof(message)),
                         0);
        p.blocked[CALLEE] = true;
        pair_pump(&p);
        p.blocked[CALLEE] = false;
        p.path[CALLER].address.port = 6000;
        next_rtp(&p, &datagram);
        assert_int_equal(deliver(&p, &datagram), TACET_DROP_NONE);
        pair_pump(&p); /* the challenge, and the answer to it */
        assert_true(pair_peer(&p, CALLEE)->validation.answered);
        pair_peer(&p, CALLEE)->validation.copies = 0; /* the old path was asked, and is silent */
        p.now = pair_peer(&p, CALLEE)->validation.decide_at_us;
        (rtcp ? next_rtcp : next_rtp)(&p, &datagram);
        assert_int_equal(deliver(&p, &datagram), TACET_DROP_NONE);
        assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_ENDING);
        pair_pump(&p);
        assert_int_equal(pair_last(&p, CALLEE, TACET_EVENT_ENDED)->u.ended.reason, TACET_END_LOST);
        assert_int_equal(tacet_pool_available(p.call[CALLEE]->pool), available);
        pair_free(&p);
    }
}

/* A caller that begins epoch 2 at once and never confirms it: when the time of the epoch before
 * the last is over, the callee still sends in epoch 1. */
static void epoch_in_use_is_kept_while_the_next_is_not_confirmed(void **state)
{
    struct tacet_frame frame = { .kind = TACET_KIND_AUDIO,
                                 .data = (const uint8_t *)"sound",
                                 .size = 5 };
    struct pair p;

    (void)state;
    pair_create(&p, 91, NULL);
    pair_connect(&p);
    /* Past the rule against floods: the keys themselves must hold. */
    pair_peer(&p, CALLEE)->rekeyed_at_us -= TACET_REKEY_FLOOD_US;
    tacet_peer_begin_rekey(p.call[CALLER], pair_peer(&p, CALLER), p.now);
    p.blocked[CALLEE] = true;
    pair_run(&p, TACET_OLD_EPOCH_US + TACET_S(1));
    assert_int_equal(pair_peer(&p, CALLEE)->rekey.epoch, 2);
    assert_false(pair_peer(&p, CALLEE)->rekey.confirmed);
    assert_non_null(tacet_rekey_sender(&pair_peer(&p, CALLEE)->rekey));
    frame.captured_at_us = p.now;
    assert_int_equal(tacet_call_send_frame(p.call[CALLEE], p.now, &frame), 0);
    p.blocked[CALLEE] = false;
    pair_run(&p, TACET_S(3)); /* REKEY2 goes out again, in epoch 1 */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pair_peer(&p, i)->state, TACET_PEER_CONNECTED);
        assert_true(pair_peer(&p, i)->rekey.confirmed);
        assert_int_equal(pair_peer(&p, i)->rekey.send_epoch, 2);
    }
    pair_free(&p);
}

static void caller_that_floods_with_epochs_is_hung_up_on(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 92, NULL);
    pair_connect(&p);
    p.now += TACET_REKEY_FLOOD_US;
    tacet_peer_begin_rekey(p.call[CALLER], pair_peer(&p, CALLER), p.now);
    pair_pump(&p);
    assert_int_equal(pair_peer(&p, CALLEE)->rekey.epoch, 2); /* this one is allowed */
    pair_run(&p, TACET_S(2)); /* the caller hears of it: nothing of its own holds it back */
    tacet_peer_begin_rekey(p.call[CALLER], pair_peer(&p, CALLER), p.now);
    pair_pump(&p);
    assert_int_equal(pair_last(&p, CALLEE, TACET_EVENT_ENDED)->u.ended.reason, TACET_END_PROTOCOL);
    pair_free(&p);
}

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
    struct datagram datagram;
    struct pair p;
    int before = 0, after = 0;

    (void)state;
    pair_create(&p, 94, NULL);
    pair_connect(&p);
    p.blocked[CALLEE] = true;
    for (int i = 0; i < 150; i++) {
        next_rtp(&p, &datagram);
        if (i < 10) {
            before += (datagram.data[1] & 0x7f) == TACET_PT_RED;
        } else if (i >= 100) {
            after += (datagram.data[1] & 0x7f) == TACET_PT_OPUS;
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
        cmocka_unit_test(peer_given_up_by_its_own_packet_is_left_alone),
        cmocka_unit_test(epoch_in_use_is_kept_while_the_next_is_not_confirmed),
        cmocka_unit_test(caller_that_floods_with_epochs_is_hung_up_on),
        cmocka_unit_test(control_does_not_wait_behind_media),
        cmocka_unit_test(sound_for_who_never_reports_is_repeated_for_a_moment_only),
        cmocka_unit_test(pictures_begin_afresh_where_the_way_has_collapsed),
        cmocka_unit_test(packet_of_a_large_picture_is_sent_again_while_the_rest_waits),
        cmocka_unit_test(no_picture_begins_afresh_where_there_is_none),
        cmocka_unit_test(media_gives_way_while_the_control_stream_is_stuck),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
