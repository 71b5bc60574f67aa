/* What sound is sent as, by the room it has. */
#include "rtp/audio_plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define TICK_US TACET_MS(100)

static struct tacet_audio_plan fitted(int64_t *now, int64_t room_bps, struct tacet_audio_need need)
{
    struct tacet_audio_plan plan;

    *now = 0;
    tacet_audio_plan_init(&plan, *now, &need);
    for (; *now < TACET_S(10); *now += TICK_US) {
        (void)tacet_audio_plan_fit(&plan, *now, room_bps, &need);
    }
    return plan;
}

static void table_is_followed(void **state)
{
    static const struct {
        int64_t room_bps;
        struct tacet_audio_need need;
        int32_t packet_ms;
        size_t depth;
        int32_t bps_min, bps_max;
    } rows[] = {
        /* all it wants, and no need of more */
        { TACET_AUDIO_ROOM_ALL, { 32000, 0, 0 }, 20, 0, 32000, 32000 },
        { TACET_AUDIO_ROOM_ALL, { 32000, 300, 4 }, 20, 4, 32000, 32000 },
        { 300000, { 32000, 200, 3 }, 20, 3, 32000, 32000 },
        { 96000, { 32000, 0, 0 }, 20, 0, 32000, 32000 },
        /* headers give way */
        { 95000, { 32000, 0, 0 }, 40, 0, 32000, 32000 },
        { 36000, { 32000, 0, 0 }, 40, 0, 24500, 24700 },
        { 35000, { 32000, 0, 0 }, 60, 0, 27300, 27500 },
        { 35000, { 32000, 50, 0 }, 40, 0, 23500, 23700 },
        /* then the voice, then the repeats, then the voice again */
        { 120000, { 32000, 200, 3 }, 20, 3, 22800, 23100 },
        { 96000, { 32000, 200, 4 }, 20, 3, 16900, 17200 },
        { 60000, { 32000, 200, 3 }, 40, 1, 23600, 23900 },
        { 36000, { 32000, 200, 3 }, 40, 0, 24500, 24700 },
        { 10000, { 32000, 200, 3 }, 40, 0, 10000, 10000 },
        { 0, { 32000, 0, 0 }, 60, 0, 10000, 10000 },
        /* an application that asks for less gets no more */
        { 0, { 6000, 0, 0 }, 60, 0, 6000, 6000 },
        { 60000, { 12000, 200, 3 }, 40, 2, 12000, 12000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t now;
        struct tacet_audio_plan plan = fitted(&now, rows[i].room_bps, rows[i].need);
        if (plan.packet_ms != rows[i].packet_ms || plan.depth != rows[i].depth ||
            plan.bitrate_bps < rows[i].bps_min || plan.bitrate_bps > rows[i].bps_max) {
            fail_msg("row %zu: %d ms, %d bit/s, depth %zu", i, (int)plan.packet_ms,
                     (int)plan.bitrate_bps, plan.depth);
        }
    }
}

static void wish_is_all_with_the_repeats(void **state)
{
    (void)state;
    assert_int_equal(tacet_audio_plan_wish_bps(&(struct tacet_audio_need){ .most_bps = 32000 }),
                     54800);
    assert_int_equal(
        tacet_audio_plan_wish_bps(&(struct tacet_audio_need){ .most_bps = 32000, .depth = 3 }),
        32000 * 4 + (57 + 1 + 12) * 400);
}

/* How long the room must be as it is until the length changes; -1: not within five minutes. */
static int64_t changes_after(struct tacet_audio_plan *plan, int64_t *now, int64_t room_bps)
{
    const struct tacet_audio_need need = { .most_bps = 32000 };
    int64_t from = *now;

    for (; *now - from < TACET_S(300); *now += TICK_US) {
        if (tacet_audio_plan_fit(plan, *now, room_bps, &need)) {
            return *now - from;
        }
    }
    return -1;
}

static void a_moment_of_little_room_changes_nothing(void **state)
{
    const struct tacet_audio_need need = { .most_bps = 32000 };
    struct tacet_audio_plan plan;

    (void)state;
    tacet_audio_plan_init(&plan, 0, &need);
    for (int64_t now = 0; now < TACET_S(20); now += TICK_US) {
        int64_t room_bps = now % TACET_S(1) < TACET_MS(800) ? 40000 : 200000;
        assert_false(tacet_audio_plan_fit(&plan, now, room_bps, &need));
    }
}

static void shorter_packets_wait_for_more_room_and_longer_each_time_that_was_wrong(void **state)
{
    static const int64_t waits_s[] = { 10, 20, 40, 80, 160, 160 };
    int64_t now;
    struct tacet_audio_plan plan = fitted(&now, 60000, (struct tacet_audio_need){ 32000, 0, 0 });

    (void)state;
    assert_int_equal(plan.packet_ms, 40);
    assert_int_equal(changes_after(&plan, &now, 110000), -1);
    for (size_t i = 0; i < sizeof(waits_s) / sizeof(waits_s[0]); i++) {
        assert_int_equal(changes_after(&plan, &now, i % 2 == 0 ? 121000 : TACET_AUDIO_ROOM_ALL),
                         TACET_S(waits_s[i]));
        assert_int_equal(plan.packet_ms, 20);
        assert_int_equal(changes_after(&plan, &now, 60000), TACET_S(8));
        assert_int_equal(plan.packet_ms, 40);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_followed),
        cmocka_unit_test(wish_is_all_with_the_repeats),
        cmocka_unit_test(a_moment_of_little_room_changes_nothing),
        cmocka_unit_test(shorter_packets_wait_for_more_room_and_longer_each_time_that_was_wrong),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
