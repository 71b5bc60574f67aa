/* What is asked for of missing sound, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp/audio_nack.h"

#define STEP 960
#define ROUND_TRIP_US TACET_MS(20)

/* Packets come, each 20 ms after the one before, and the sound in them. */
static void come(struct tacet_audio_nack *a, int64_t seq)
{
    tacet_audio_nack_on_packet(a, seq * TACET_MS(20), seq, (uint32_t)(seq * STEP));
    tacet_audio_nack_on_sound(a, seq * TACET_MS(20), (uint32_t)(seq * STEP));
}

static void missing_packet_is_asked_for_once_a_round_trip_while_it_can_be_in_time(void **state)
{
    uint16_t asked[TACET_RED_BACK_MAX];
    struct tacet_audio_nack a = { 0 };
    int64_t now = TACET_MS(20) * 13;

    (void)state;
    for (int64_t seq = 10; seq < 12; seq++) {
        come(&a, seq);
        assert_int_equal(tacet_audio_nack_due(&a, seq * TACET_MS(20), ROUND_TRIP_US, asked), 0);
    }
    come(&a, 13);
    assert_int_equal(tacet_audio_nack_timeout(&a), now);
    assert_int_equal(tacet_audio_nack_due(&a, now, ROUND_TRIP_US, asked), 1);
    assert_int_equal(asked[0], 12);
    assert_int_equal(tacet_audio_nack_due(&a, now + ROUND_TRIP_US, ROUND_TRIP_US, asked), 0);
    assert_int_equal(tacet_audio_nack_due(&a, now + TACET_MS(40), ROUND_TRIP_US, asked), 1);
    assert_int_equal(tacet_audio_nack_due(&a, now + TACET_MS(81), ROUND_TRIP_US, asked), 0);
    assert_int_equal(tacet_audio_nack_timeout(&a), INT64_MAX);
}

static void sound_that_came_again_is_not_asked_for(void **state)
{
    uint16_t asked[TACET_RED_BACK_MAX];
    struct tacet_audio_nack a = { 0 };

    (void)state;
    come(&a, 10);
    come(&a, 11);
    come(&a, 14);
    tacet_audio_nack_on_sound(&a, TACET_MS(280), 13 * STEP);
    assert_int_equal(tacet_audio_nack_due(&a, TACET_MS(280), ROUND_TRIP_US, asked), 1);
    assert_int_equal(asked[0], 12);
}

static void nothing_is_asked_for_that_would_come_too_late(void **state)
{
    static const struct {
        int64_t round_trip_us;
        size_t asked;
    } rows[] = { { 0, 0 }, { TACET_MS(1), 1 }, { TACET_MS(60), 1 }, { TACET_MS(61), 0 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint16_t asked[TACET_RED_BACK_MAX];
        struct tacet_audio_nack a = { 0 };
        come(&a, 10);
        come(&a, 12);
        assert_int_equal(tacet_audio_nack_due(&a, TACET_MS(240), rows[i].round_trip_us, asked),
                         rows[i].asked);
    }
}

static void what_nobody_has_any_more_is_not_asked_for(void **state)
{
    uint16_t asked[TACET_RED_BACK_MAX];
    struct tacet_audio_nack a = { 0 };

    (void)state;
    come(&a, 10);
    come(&a, 19);
    assert_int_equal(tacet_audio_nack_due(&a, TACET_MS(380), ROUND_TRIP_US, asked), 0);
    come(&a, 27);
    assert_int_equal(tacet_audio_nack_due(&a, TACET_MS(540), ROUND_TRIP_US, asked), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_packet_is_asked_for_once_a_round_trip_while_it_can_be_in_time),
        cmocka_unit_test(sound_that_came_again_is_not_asked_for),
        cmocka_unit_test(nothing_is_asked_for_that_would_come_too_late),
        cmocka_unit_test(what_nobody_has_any_more_is_not_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
