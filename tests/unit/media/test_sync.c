/* When pictures are due, by how their sound goes, and how long sound should wait for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "media/sync.h"

#define SENDER TACET_S(77777) /* his clock has nothing to do with ours */

static void picture_is_held_for_its_sound_within_bounds(void **state)
{
    static const struct {
        int64_t sound_ms, picture_ms; /* from capture to ear, from capture to here */
        int64_t hold_us;
    } rows[] = {
        { 100, 50, 14000 },  { 100, 64, 0 },      { 100, 63, 1000 }, { 100, 150, 0 },
        { 300, 50, 150000 }, { 5000, 0, 150000 }, { 30, 0, 0 },      { 45, 0, 9000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_sync s;
        int64_t captured = TACET_S(100);
        int64_t came = captured - SENDER + TACET_MS(rows[i].picture_ms);
        tacet_sync_init(&s);
        assert_int_equal(tacet_sync_due(&s, came, captured), came);
        tacet_sync_on_sound(&s, TACET_MS(rows[i].sound_ms) - SENDER, TACET_MS(60));
        assert_int_equal(tacet_sync_due(&s, came, captured), came + rows[i].hold_us);
        tacet_sync_on_sound(&s, TACET_SYNC_UNKNOWN, TACET_MS(60));
        assert_int_equal(tacet_sync_due(&s, came, captured), came);
    }
}

static void way_of_sound_is_from_capture_to_ear(void **state)
{
    static const struct {
        bool known, playing;
        uint32_t played;  /* timestamp; the frame's is 0xFFFFFF00 */
        int64_t since_ms; /* it was played */
        int64_t way_ms;   /* -1: not known */
    } rows[] = {
        { true, true, 0xFFFFFF00, 5, 100 },       { true, true, 0xFFFFFF00 - 4800, 5, 200 },
        { true, true, 0x00000F00 - 256, 20, 20 }, { true, true, 0xFFFFFF00, 1000, 100 },
        { true, true, 0xFFFFFF00, 1001, -1 },     { false, true, 0xFFFFFF00, 5, -1 },
        { true, false, 0xFFFFFF00, 5, -1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_sync_clock clock = { 0 };
        struct tacet_frame frame = {
            .kind = TACET_KIND_AUDIO,
            .rtp_timestamp = 0xFFFFFF00,
            .capture_known = rows[i].known,
            .captured_at_us = SENDER,
        };
        struct tacet_playout_report report = {
            .playing = rows[i].playing,
            .last_rtp_timestamp = rows[i].played,
            .last_played_at_us = SENDER + TACET_MS(100),
        };
        tacet_sync_clock_take(&clock, &frame);
        frame.capture_known = false; /* says nothing, and takes nothing away */
        frame.rtp_timestamp = 5;
        tacet_sync_clock_take(&clock, &frame);
        int64_t way = tacet_sync_sound_way(
            &clock, report.last_played_at_us + TACET_MS(rows[i].since_ms), &report);
        assert_true(way == (rows[i].way_ms < 0 ? TACET_SYNC_UNKNOWN : TACET_MS(rows[i].way_ms)));
    }
}

/*
 * Shows 30 pictures a second for so long, each `behind_ms` later than its sound would be by itself.
 * The playout of sound aims at 60 ms by itself, and takes on what is asked of it.
 */
static void show(struct tacet_sync *s, int64_t *now, int64_t seconds, int64_t behind_ms)
{
    for (int64_t end = *now + TACET_S(seconds); *now < end; *now += 33333) {
        int64_t asked = tacet_sync_sound_delay(s);
        int64_t target = asked > TACET_MS(60) ? asked : TACET_MS(60);
        if (s->sound_us != TACET_SYNC_UNKNOWN) {
            tacet_sync_on_sound(s, target - SENDER, target);
        }
        tacet_sync_on_shown(s, *now, *now - TACET_MS(60) - TACET_MS(behind_ms) + SENDER);
    }
}

static void sound_is_asked_to_wait_only_where_pictures_stay_behind(void **state)
{
    static const struct {
        int64_t behind_ms;
        int64_t least_ms, most_ms; /* that is asked for */
        bool together;             /* in the end */
    } rows[] = {
        { -100, 0, 0, false },    { 0, 0, 0, true },      { 31, 0, 0, true },
        { 45, 65, 90, true },     { 90, 110, 135, true }, { 150, 170, 195, true },
        { 900, 200, 200, false }, { 2000, 0, 0, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_sync s;
        int64_t now = TACET_S(10);
        tacet_sync_init(&s);
        show(&s, &now, 3, rows[i].behind_ms);
        assert_int_equal(tacet_sync_sound_delay(&s), 0); /* nothing is known of sound */
        assert_int_equal(s.compared, 0);
        tacet_sync_on_sound(&s, TACET_MS(60) - SENDER, TACET_MS(60));
        show(&s, &now, 6, rows[i].behind_ms);
        assert_in_range(tacet_sync_sound_delay(&s), TACET_MS(rows[i].least_ms),
                        TACET_MS(rows[i].most_ms));
        uint64_t compared = s.compared;
        uint64_t within = s.within;
        show(&s, &now, 6, rows[i].behind_ms);
        assert_int_equal(s.within - within, rows[i].together ? s.compared - compared : 0);
    }
}

static void sound_is_let_go_when_pictures_come_sooner_again(void **state)
{
    struct tacet_sync s;
    int64_t now = TACET_S(10);

    (void)state;
    tacet_sync_init(&s);
    tacet_sync_on_sound(&s, TACET_MS(60) - SENDER, TACET_MS(60));
    show(&s, &now, 6, 100);
    int64_t asked = tacet_sync_sound_delay(&s);
    assert_true(asked > TACET_MS(110));
    show(&s, &now, 10, 70); /* the sound that waits is about with them */
    assert_int_equal(tacet_sync_sound_delay(&s), asked);
    show(&s, &now, 4, -30);
    assert_true(tacet_sync_sound_delay(&s) < asked - TACET_MS(20));
    assert_true(tacet_sync_sound_delay(&s) > asked - TACET_MS(60));
    show(&s, &now, 30, -30);
    assert_int_equal(tacet_sync_sound_delay(&s), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picture_is_held_for_its_sound_within_bounds),
        cmocka_unit_test(way_of_sound_is_from_capture_to_ear),
        cmocka_unit_test(sound_is_asked_to_wait_only_where_pictures_stay_behind),
        cmocka_unit_test(sound_is_let_go_when_pictures_come_sooner_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
