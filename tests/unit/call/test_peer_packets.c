/* Packets of one peer that find it ended by what they themselves brought about. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(peer_given_up_by_its_own_packet_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
