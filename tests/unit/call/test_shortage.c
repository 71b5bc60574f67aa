/*
 * A call to which something comes too late or is not there: a rekey without memory, an app that
 * does not look, a handshake that nobody goes on with.
 */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "call/half_open.h"

#include <sodium.h>
#include <string.h>

/* Packets only: neither app looks at its events. */
static void move_packets(struct pair *p)
{
    while (pair_hand_over(p, CALLER) || pair_hand_over(p, CALLEE)) {
    }
}

static void half_open_secrets_are_wiped_in_time_though_nothing_else_happens(void **state)
{
    struct pair p;
    const char *reason = NULL;

    (void)state;
    pair_create(&p, 1, NULL);
    assert_true(tacet_call_next_timeout(p.call[CALLEE], NULL) == TACET_NEVER);
    int64_t begun = p.now;
    p.blocked[CALLEE] = true;
    pair_dial(&p);
    pair_pump(&p);
    struct tacet_responder *responder = &p.call[CALLEE]->responder;
    assert_int_equal(tacet_responder_count(responder), 1);
    int64_t next = tacet_call_next_timeout(p.call[CALLEE], &reason);
    assert_true(next == begun + TACET_HALF_OPEN_TIMEOUT_US);
    assert_string_equal(reason, "half_open");
    tacet_call_handle_timeout(p.call[CALLEE], next);
    assert_true(sodium_is_zero((const uint8_t *)responder->entries,
                               TACET_HALF_OPEN_MAX * sizeof(*responder->entries)));
    assert_true(tacet_call_next_timeout(p.call[CALLEE], NULL) == TACET_NEVER);
    pair_free(&p);
}

static void set_short_rekey(int party, struct tacet_call_config *config)
{
    (void)party;
    config->rekey_interval_us = TACET_S(10);
}

/* Each allocation of a rekey fails once: whose it was ends the call as failed, by itself. */
static void a_rekey_without_memory_is_not_the_others_fault(void **state)
{
    int failed[2] = { 0, 0 };
    bool went_on = false;

    (void)state;
    for (long n = 0; !went_on; n++) {
        struct pair p;
        pair_create(&p, 3, set_short_rekey);
        pair_connect(&p);
        pair_run(&p, TACET_MS(9900));
        tacet_alloc_fail_after(n);
        pair_run(&p, TACET_MS(200));
        tacet_alloc_fail_after(-1);
        const struct tacet_event *ended[2] = { pair_last(&p, CALLER, TACET_EVENT_ENDED),
                                               pair_last(&p, CALLEE, TACET_EVENT_ENDED) };
        went_on = ended[CALLER] == NULL;
        assert_true((ended[CALLEE] == NULL) == went_on);
        for (int i = 0; !went_on && i < 2; i++) {
            assert_int_equal(ended[i]->u.ended.reason, TACET_END_FAILED);
            failed[i] += ended[i]->u.ended.remote ? 0 : 1;
        }
        assert_true(went_on || ended[CALLER]->u.ended.remote != ended[CALLEE]->u.ended.remote);
        assert_true(!went_on || pair_peer(&p, CALLEE)->rekey.epoch == 2);
        pair_free(&p);
    }
    assert_true(failed[CALLER] > 0);
    assert_true(failed[CALLEE] > 0);
}

static void lose(struct pair *p)
{
    int64_t end = p->now + TACET_LOST_US + TACET_HANGUP_LINGER_US + TACET_S(1);

    p->blocked[CALLER] = p->blocked[CALLEE] = true;
    while (p->now < end) {
        p->now += TACET_MS(250);
        tacet_call_handle_timeout(p->call[CALLER], p->now);
        tacet_call_handle_timeout(p->call[CALLEE], p->now);
        move_packets(p);
    }
}

static void send_text(struct pair *p, const char *text)
{
    assert_int_equal(tacet_call_send_message(p->call[CALLER], p->now, p->peer[CALLER],
                                             (const uint8_t *)text, strlen(text)),
                     0);
    move_packets(p);
}

static void assert_text(const struct tacet_event *event, const char *text)
{
    assert_int_equal(event->type, TACET_EVENT_MESSAGE);
    assert_int_equal(event->u.message.size, strlen(text));
    assert_memory_equal(event->u.message.data, text, strlen(text));
}

static void a_message_stays_readable_when_its_peer_is_lost(void **state)
{
    struct pair p;
    struct tacet_event event;

    (void)state;
    pair_create(&p, 4, NULL);
    pair_connect(&p);
    send_text(&p, "the first");
    send_text(&p, "the second");
    assert_int_equal(tacet_call_poll_event(p.call[CALLEE], &event), 1);
    assert_text(&event, "the first"); /* and now the app is slow */
    lose(&p);
    assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_FREE);
    assert_text(&event, "the first");
    pair_free(&p);
}

static void a_message_that_waits_outlives_its_peer(void **state)
{
    struct pair p;
    struct tacet_event event;
    bool found = false;

    (void)state;
    pair_create(&p, 5, NULL);
    pair_connect(&p);
    send_text(&p, "the only one");
    lose(&p);
    assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_FREE);
    while (!found && tacet_call_poll_event(p.call[CALLEE], &event) == 1) {
        found = event.type == TACET_EVENT_MESSAGE;
    }
    assert_true(found);
    assert_text(&event, "the only one");
    /* Once it has been read nothing of it stays. */
    while (tacet_call_poll_event(p.call[CALLEE], &event) == 1) {
    }
    assert_true(sodium_is_zero(p.call[CALLEE]->message, TACET_MESSAGE_MAX));
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(half_open_secrets_are_wiped_in_time_though_nothing_else_happens),
        cmocka_unit_test(a_rekey_without_memory_is_not_the_others_fault),
        cmocka_unit_test(a_message_stays_readable_when_its_peer_is_lost),
        cmocka_unit_test(a_message_that_waits_outlives_its_peer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
