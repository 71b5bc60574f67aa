/* The frames that wait in the jitter buffer. */
#include "media/playout_held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define LENGTH 960

static struct tacet_held_frame *add(struct tacet_held *held, int64_t at, uint32_t *ret_evicted)
{
    struct tacet_held_frame *frame = tacet_held_add(held, at, ret_evicted);

    if (frame != NULL) {
        frame->samples = LENGTH;
    }
    return frame;
}

static void frames_are_found_in_the_order_of_their_time(void **state)
{
    static const int64_t times[] = { 3, 0, 2, 1 };
    struct tacet_held held = { 0 };
    uint32_t evicted;

    (void)state;
    assert_null(tacet_held_first(&held));
    assert_int_equal(tacet_held_end(&held), INT64_MIN);
    for (size_t i = 0; i < 4; i++) {
        assert_non_null(add(&held, times[i] * LENGTH, &evicted));
        assert_int_equal(evicted, 0);
        assert_int_equal(tacet_held_end(&held), 4 * LENGTH);
    }
    assert_null(add(&held, LENGTH, &evicted)); /* it is there already */
    for (int64_t i = 0; i < 4; i++) {
        struct tacet_held_frame *first = tacet_held_first(&held);
        assert_int_equal(first->at, i * LENGTH);
        first->used = false;
    }
    assert_null(tacet_held_first(&held));
}

static void oldest_makes_room_for_a_newer_one_only(void **state)
{
    static struct tacet_held held;
    uint32_t evicted = 1;

    (void)state;
    for (int64_t i = 1; i <= TACET_AUDIO_WINDOW_PACKETS; i++) {
        assert_non_null(add(&held, i * LENGTH, &evicted));
        assert_int_equal(evicted, 0);
    }
    assert_null(add(&held, 0, &evicted));
    assert_int_equal(tacet_held_first(&held)->at, LENGTH);
    assert_non_null(add(&held, (TACET_AUDIO_WINDOW_PACKETS + 1) * LENGTH, &evicted));
    assert_int_equal(evicted, LENGTH);
    assert_int_equal(tacet_held_first(&held)->at, 2 * LENGTH);
    tacet_held_clear(&held);
    assert_null(tacet_held_first(&held));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_found_in_the_order_of_their_time),
        cmocka_unit_test(oldest_makes_room_for_a_newer_one_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
