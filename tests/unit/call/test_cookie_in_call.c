/* COOKIE in a whole call: what the caller does with one, and how long that takes. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/handshake_layout.h"

#include <sodium.h>
#include <string.h>

/* The callee's COOKIE for the INIT, from the callee's address. */
static enum tacet_drop hand_cookie(struct pair *p, const uint8_t *init,
                                   const struct tacet_path *from)
{
    struct tacet_callee hint = { .hint = TACET_HINT_KEY };
    struct tacet_random random = tacet_rng_random(&p->rng[CALLEE]);
    uint8_t cookie[TACET_COOKIE_SIZE];
    struct tacet_packet packet = { .path = *from, .data = cookie, .size = sizeof(cookie) };

    memcpy(hint.key, p->identity[CALLEE]->ed_public, sizeof(hint.key));
    tacet_cookie_write(&p->call[CALLEE]->responder.cookies, &random, p->now, &p->path[CALLER],
                       &hint, init, cookie);
    return tacet_call_handle_packet(p->call[CALLER], p->now, &packet);
}

static size_t poll_inits(struct pair *p, uint8_t ret_last[TACET_INIT_SIZE])
{
    struct tacet_packet packet;
    size_t count = 0;

    while (tacet_call_poll_packet(p->call[CALLER], p->now, &packet) == 1) {
        assert_int_equal(packet.size, TACET_INIT_SIZE);
        memcpy(ret_last, packet.data, TACET_INIT_SIZE);
        count++;
    }
    return count;
}

static void a_caller_answers_one_cookie_an_init_at_once(void **state)
{
    struct pair p;
    uint8_t first[TACET_INIT_SIZE];
    uint8_t init[TACET_INIT_SIZE];
    struct tacet_path elsewhere;

    (void)state;
    pair_create(&p, 31, NULL);
    pair_dial(&p);
    assert_int_equal(poll_inits(&p, first), 1);
    elsewhere = p.path[CALLEE];
    elsewhere.address.port++;
    assert_int_equal(hand_cookie(&p, first, &elsewhere), TACET_DROP_UNKNOWN);
    assert_int_equal(poll_inits(&p, init), 0);

    for (int turn = 0; turn < 4; turn++) {
        assert_int_equal(hand_cookie(&p, first, &p.path[CALLEE]), TACET_DROP_NONE);
        assert_int_equal(poll_inits(&p, init), 1);
        /* Only mac2 has changed. */
        assert_memory_equal(init, first, TACET_INIT_MAC2);
        assert_false(sodium_is_zero(init + TACET_INIT_MAC2, TACET_MAC_SIZE));
        /* Whoever asks again and again draws nothing more. */
        assert_int_equal(hand_cookie(&p, init, &p.path[CALLEE]), TACET_DROP_STATE);
        assert_int_equal(poll_inits(&p, init), 0);
        p.now = tacet_call_next_timeout(p.call[CALLER], NULL);
        tacet_call_handle_timeout(p.call[CALLER], p.now);
        assert_int_equal(poll_inits(&p, init), 1);
        assert_memory_equal(init, first, TACET_INIT_MAC2);
        assert_false(sodium_is_zero(init + TACET_INIT_MAC2, TACET_MAC_SIZE));
    }
    pair_free(&p);
}

static void a_call_under_load_is_made_in_two_round_trips(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 32, NULL);
    for (size_t k = 0; k < TACET_INIT_RATE_MAX; k++) {
        (void)tacet_cookie_count_init(&p.call[CALLEE]->responder.cookies, p.now);
    }
    pair_dial(&p);
    pair_pump(&p); /* no time passes */
    assert_int_equal(p.call[CALLEE]->drops[TACET_DROP_RATE], 1);
    assert_int_equal(pair_events(&p, CALLEE, TACET_EVENT_INCOMING), 1);
    assert_int_equal(pair_events(&p, CALLER, TACET_EVENT_RINGING), 1);
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_caller_answers_one_cookie_an_init_at_once),
        cmocka_unit_test(a_call_under_load_is_made_in_two_round_trips),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
