/* When packets may leave. */
#include "rtp/pacer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define SIZE 1200

/* How long so many packets take that come at once. */
static int64_t time_of(struct tacet_pacer *p, int64_t now, int count)
{
    int64_t begin = now;

    for (int i = 0; i < count; i++) {
        int64_t next = tacet_pacer_next(p);
        now = next > now ? next : now;
        tacet_pacer_on_sent(p, now, SIZE);
    }
    return now - begin;
}

static void normal_picture_leaves_within_a_third_of_its_time(void **state)
{
    static const int64_t rates[] = { 300000, 1500000, 4000000 };

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        int count = (int)(rates[i] / 30 / 8 / SIZE);
        struct tacet_pacer p;
        tacet_pacer_init(&p, 0, rates[i]);
        assert_in_range(time_of(&p, 0, count), 0, TACET_MS(11));
        /* And so does each of a stream of them. */
        for (int64_t now = 33333; now < TACET_S(2); now += 33333) {
            assert_in_range(time_of(&p, now, count), 0, TACET_MS(11) + 500);
        }
    }
}

static void key_frame_does_not_burst(void **state)
{
    struct tacet_pacer p;

    (void)state;
    tacet_pacer_init(&p, 0, 1000000);
    /* 48 kB at 1 Mbit/s: what is over the allowance leaves at 1.2 times the rate. */
    assert_in_range(time_of(&p, 0, 40), TACET_MS(240), TACET_MS(330));
}

static void key_frame_is_sooner_gone_where_there_is_room(void **state)
{
    struct tacet_pacer p;

    (void)state;
    tacet_pacer_init(&p, 0, 1000000);
    tacet_pacer_set_rate(&p, 0, 1000000, TACET_PACER_ROOM);
    assert_in_range(time_of(&p, 0, 40), TACET_MS(100), TACET_MS(150));
}

static void probe_leaves_at_its_rate(void **state)
{
    struct tacet_pacer p;

    (void)state;
    tacet_pacer_init(&p, 0, 500000);
    (void)time_of(&p, 0, 40); /* in debt */
    tacet_pacer_set_probe(&p, TACET_S(1), 1000000);
    assert_in_range(time_of(&p, TACET_S(1), 11), TACET_MS(95), TACET_MS(97));
    /* What it took is paid for afterwards. */
    tacet_pacer_set_probe(&p, TACET_S(1) + TACET_MS(96), 0);
    assert_true(tacet_pacer_next(&p) > TACET_S(1) + TACET_MS(96));
}

static void debt_of_a_higher_rate_is_bounded(void **state)
{
    struct tacet_pacer p;

    (void)state;
    tacet_pacer_init(&p, 0, 10000000);
    int64_t now = time_of(&p, 0, 500);
    tacet_pacer_set_rate(&p, now, 20000, TACET_PACER_SLACK);
    assert_in_range(tacet_pacer_next(&p), now, now + TACET_MS(1100));
}

static void waiting_time_is_foretold(void **state)
{
    struct tacet_pacer p;

    (void)state;
    tacet_pacer_init(&p, 0, 1000000);
    assert_int_equal(tacet_pacer_wait(&p, 0, 3000), 0);
    int64_t wait = tacet_pacer_wait(&p, 0, 40 * SIZE);
    assert_in_range(wait, TACET_MS(250), TACET_MS(300));
    assert_in_range(time_of(&p, 0, 40), wait - TACET_MS(15), wait + TACET_MS(15));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(normal_picture_leaves_within_a_third_of_its_time),
        cmocka_unit_test(key_frame_does_not_burst),
        cmocka_unit_test(key_frame_is_sooner_gone_where_there_is_room),
        cmocka_unit_test(probe_leaves_at_its_rate),
        cmocka_unit_test(debt_of_a_higher_rate_is_bounded),
        cmocka_unit_test(waiting_time_is_foretold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
