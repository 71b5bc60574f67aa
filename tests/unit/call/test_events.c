/* The bounded queue of events. */
#include "call/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct tacet_events events;

static void push(enum tacet_event_type type, uint32_t peer)
{
    struct tacet_event event = { .type = type, .peer = peer };

    tacet_events_push(&events, &event);
}

static void push_target(uint32_t peer, int32_t bps, enum tacet_refresh refresh)
{
    struct tacet_event event = {
        .type = TACET_EVENT_SEND_TARGET,
        .peer = peer,
        .u.send_target = { .audio_bps = bps, .refresh = refresh },
    };

    tacet_events_push(&events, &event);
}

static void events_come_in_order(void **state)
{
    struct tacet_event event;

    (void)state;
    events = (struct tacet_events){ 0 };
    for (int round = 0; round < 3; round++) { /* around the end of the queue */
        for (uint32_t i = 0; i < TACET_EVENTS_MAX - 1; i++) {
            push(TACET_EVENT_RINGING, i);
        }
        for (uint32_t i = 0; i < TACET_EVENTS_MAX - 1; i++) {
            assert_true(tacet_events_take(&events, &event));
            assert_int_equal(event.peer, i);
        }
        assert_false(tacet_events_take(&events, &event));
    }
}

static void newer_target_replaces_the_older_but_keeps_its_refresh(void **state)
{
    struct tacet_event event;

    (void)state;
    events = (struct tacet_events){ 0 };
    push_target(1, 100, TACET_REFRESH_KEY);
    push_target(2, 150, TACET_REFRESH_NONE);
    push_target(1, 200, TACET_REFRESH_NONE);
    assert_true(tacet_events_take(&events, &event));
    assert_int_equal(event.u.send_target.audio_bps, 200);
    assert_int_equal(event.u.send_target.refresh, TACET_REFRESH_KEY);
    assert_true(tacet_events_take(&events, &event));
    assert_int_equal(event.peer, 2);
    assert_int_equal(event.u.send_target.refresh, TACET_REFRESH_NONE);
    assert_false(tacet_events_take(&events, &event));
}

static void peer_that_repeats_itself_pushes_nothing_out(void **state)
{
    static const enum tacet_event_type repeated[] = { TACET_EVENT_MEDIA, TACET_EVENT_RINGING,
                                                      TACET_EVENT_REKEYED };
    struct tacet_event event;
    uint32_t count = 0;

    (void)state;
    events = (struct tacet_events){ 0 };
    for (uint32_t i = 0; i < 3 * TACET_EVENTS_MAX; i++) {
        for (size_t k = 0; k < sizeof(repeated) / sizeof(repeated[0]); k++) {
            event = (struct tacet_event){ .type = repeated[k], .peer = 1 };
            event.u.media.width = (uint16_t)i;
            tacet_events_push(&events, &event);
        }
    }
    push(TACET_EVENT_ANSWERED, 2);
    assert_true(tacet_events_take(&events, &event));
    assert_int_equal(event.type, TACET_EVENT_MEDIA);
    assert_int_equal(event.u.media.width, 3 * TACET_EVENTS_MAX - 1); /* the newest */
    while (tacet_events_take(&events, &event)) {
        count++;
    }
    assert_int_equal(count, 3);
    assert_int_equal(event.type, TACET_EVENT_ANSWERED);
}

static void full_queue_still_tells_the_end(void **state)
{
    struct tacet_event event;
    uint32_t count = 0;

    (void)state;
    events = (struct tacet_events){ 0 };
    for (uint32_t i = 0; i < TACET_EVENTS_MAX + 10; i++) {
        push(TACET_EVENT_RINGING, i);
    }
    push(TACET_EVENT_ENDED, 99);
    while (tacet_events_take(&events, &event)) {
        count++;
    }
    assert_int_equal(count, TACET_EVENTS_MAX);
    assert_int_equal(event.type, TACET_EVENT_ENDED);
    assert_int_equal(event.peer, 99);
}

static void the_end_of_one_costs_neither_anothers_nor_a_message(void **state)
{
    static const enum tacet_event_type last[] = { TACET_EVENT_ANSWERED, TACET_EVENT_MESSAGE,
                                                  TACET_EVENT_ENDED, TACET_EVENT_ENDED };
    struct tacet_event event;

    (void)state;
    events = (struct tacet_events){ 0 };
    for (uint32_t i = 0; i < TACET_EVENTS_MAX - 2; i++) {
        push(TACET_EVENT_RINGING, i);
    }
    for (uint32_t i = 0; i < 4; i++) {
        push(last[i], i);
    }
    for (uint32_t i = 0; i < TACET_EVENTS_MAX - 3; i++) {
        assert_true(tacet_events_take(&events, &event));
        assert_int_equal(event.type, TACET_EVENT_RINGING);
        assert_int_equal(event.peer, i);
    }
    for (uint32_t i = 1; i < 4; i++) {
        assert_true(tacet_events_take(&events, &event));
        assert_int_equal(event.type, last[i]);
        assert_int_equal(event.peer, i);
    }
    assert_false(tacet_events_take(&events, &event));
}

static void names_are_there(void **state)
{
    (void)state;
    for (int type = TACET_EVENT_INCOMING; type <= TACET_EVENT_ENDED; type++) {
        assert_string_not_equal(tacet_event_string((enum tacet_event_type)type), "unknown");
    }
    for (int reason = TACET_END_HANGUP; reason <= TACET_END_LOST; reason++) {
        assert_string_not_equal(tacet_end_string((enum tacet_end)reason), "unknown");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_come_in_order),
        cmocka_unit_test(newer_target_replaces_the_older_but_keeps_its_refresh),
        cmocka_unit_test(peer_that_repeats_itself_pushes_nothing_out),
        cmocka_unit_test(full_queue_still_tells_the_end),
        cmocka_unit_test(the_end_of_one_costs_neither_anothers_nor_a_message),
        cmocka_unit_test(names_are_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
