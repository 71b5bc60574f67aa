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

static void next_ctrl(struct pair *p, struct datagram *ret)
{
    tacet_call_handle_network_change(p->call[CALLER], p->now); /* a PING */
    tacet_call_handle_timeout(p->call[CALLER], p->now);
    poll_caller(p, ret);
}

static enum tacet_drop deliver(struct pair *p, struct datagram *datagram)
{
    struct tacet_packet in = { .path = p->path[CALLER],
                               .data = datagram->data,
                               .size = datagram->size };

    return tacet_call_handle_packet(p->call[CALLEE], p->now, &in);
}

/* Somebody sends on from elsewhere what came late: the peer has not moved. */
static void old_packet_from_elsewhere_is_no_move(void **state)
{
    static void (*const next[])(struct pair *, struct datagram *) = { next_rtp, next_rtcp,
                                                                      next_ctrl };

    (void)state;
    for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
        struct datagram packets[3];
        struct pair p;
        pair_create(&p, 94, NULL);
        pair_connect(&p);
        for (int k = 0; k < 3; k++) {
            p.now += TACET_MS(20);
            next[i](&p, &packets[k]);
        }
        assert_int_equal(deliver(&p, &packets[1]), TACET_DROP_NONE);
        p.path[CALLER].address.port = 6000;
        assert_int_equal(deliver(&p, &packets[0]), TACET_DROP_NONE);
        assert_false(pair_peer(&p, CALLEE)->validation.running);
        assert_int_equal(deliver(&p, &packets[2]), TACET_DROP_NONE);
        assert_true(pair_peer(&p, CALLEE)->validation.running);
        pair_free(&p);
    }
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

/* What waits for the next word of the other side waits for one that is authentic. */
static void forged_rtcp_sets_nothing_going(void **state)
{
    struct datagram datagram;
    struct datagram forged;
    struct pair p;

    (void)state;
    pair_create(&p, 93, NULL);
    pair_connect(&p);
    struct tacet_sending *sending = &pair_peer(&p, CALLEE)->session->sending;
    sending->afresh = true;
    next_rtcp(&p, &datagram);
    for (size_t i = 8; i < datagram.size; i++) {
        forged = datagram;
        forged.data[i] ^= 1;
        assert_int_not_equal(deliver(&p, &forged), TACET_DROP_NONE);
        assert_true(sending->afresh);
    }
    assert_int_equal(deliver(&p, &datagram), TACET_DROP_NONE);
    assert_false(sending->afresh);
    assert_int_equal(deliver(&p, &datagram), TACET_DROP_REPLAY);
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_given_up_by_its_own_packet_is_left_alone),
        cmocka_unit_test(old_packet_from_elsewhere_is_no_move),
        cmocka_unit_test(epoch_in_use_is_kept_while_the_next_is_not_confirmed),
        cmocka_unit_test(forged_rtcp_sets_nothing_going),
        cmocka_unit_test(caller_that_floods_with_epochs_is_hung_up_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
