/* The tone: its frequency, its level, and that it has no seam. */
#include "tacet/audio.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void tone_is_440_hz_at_a_quarter_of_full_scale(void **state)
{
    struct tacet_audio_source tone;
    static int16_t pcm[48000];
    int rising = 0;
    int highest = 0;
    int lowest = 0;
    int steepest = 0;

    (void)state;
    assert_int_equal(tacet_tone_source_create(&tone), 0);
    assert_false(tone.ops->clocked);
    for (size_t at = 0; at < 48000; at += 480) {
        assert_int_equal(tone.ops->read(tone.ctx, pcm + at, 480), 480);
    }
    for (size_t i = 1; i < 48000; i++) {
        int step = abs(pcm[i] - pcm[i - 1]);
        rising += pcm[i - 1] < 0 && pcm[i] >= 0;
        highest = pcm[i] > highest ? pcm[i] : highest;
        lowest = pcm[i] < lowest ? pcm[i] : lowest;
        steepest = step > steepest ? step : steepest;
    }
    assert_in_range(rising, 439, 440);
    assert_in_range(highest, 8185, 8192);
    assert_in_range(-lowest, 8185, 8192);
    /* 2 pi 440 / 48000 of the amplitude, rounded: a seam would jump. */
    assert_in_range(steepest, 460, 473);
    tone.ops->free(tone.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tone_is_440_hz_at_a_quarter_of_full_scale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
