/* What was played beside its source. */
#include "sim/sound_quality.h"

#include "sim/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RATE 48000
#define SECONDS 8
#define BLOCK 480
#define FIRST_RTP 0xFFFF0000u /* it wraps amid the run */

static int16_t source[SECONDS * RATE];
static int16_t played[SECONDS * RATE];

/* Noise below 2 kHz, about: it looks like itself at one place only. */
static void make_source(void)
{
    struct tacet_rng rng;
    int32_t smooth = 0;

    tacet_rng_seed(&rng, 1, 0);
    for (size_t i = 0; i < SECONDS * RATE; i++) {
        smooth += ((int32_t)tacet_rng_below(&rng, 40001) - 20000 - smooth) / 8;
        source[i] = (int16_t)smooth;
    }
}

/*
 * Plays `played` beside `source` block by block, so late as `lag` samples; marks say so but for
 * `mark_error` samples.
 */
static struct tacet_sound_quality *run(size_t lag, int32_t mark_error)
{
    struct tacet_sound_quality *quality = NULL;

    assert_int_equal(tacet_sound_quality_create(&quality), 0);
    for (size_t at = 0; at + BLOCK <= SECONDS * RATE; at += BLOCK) {
        tacet_sound_quality_captured(quality, FIRST_RTP + (uint32_t)at, source + at, BLOCK);
        if (at >= lag && at % 960 == 0) {
            tacet_sound_quality_mark(quality, 0,
                                     FIRST_RTP + (uint32_t)(at - lag) + (uint32_t)mark_error);
        }
        tacet_sound_quality_played(quality, played + at, BLOCK);
    }
    return quality;
}

static void delayed(size_t lag)
{
    memset(played, 0, sizeof(played));
    memcpy(played + lag, source, sizeof(source) - lag * sizeof(source[0]));
}

static void a_true_copy_fits_wherever_it_lies(void **state)
{
    static const struct {
        size_t lag;
        int32_t mark_error; /* a decoder's delay, stretching */
    } rows[] = { { 9600, 0 }, { 9600, 312 }, { 9600, -700 }, { 480, 0 }, { 95997, 5 } };

    (void)state;
    make_source();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        delayed(rows[i].lag);
        struct tacet_sound_quality *quality = run(rows[i].lag, rows[i].mark_error);
        assert_true(tacet_sound_quality_seconds(quality) >= 5);
        assert_true(tacet_sound_quality_percentile(quality, 0) > 0.99);
        tacet_sound_quality_free(&quality);
    }
}

static void missing_sound_lowers_its_second(void **state)
{
    (void)state;
    make_source();
    delayed(9600);
    /* Half of the second after the third. */
    memset(played + 9600 + 3 * RATE, 0, RATE / 2 * sizeof(played[0]));
    struct tacet_sound_quality *quality = run(9600, 0);
    double least = tacet_sound_quality_percentile(quality, 0);
    assert_true(least > 0.6);
    assert_true(least < 0.8);
    assert_true(tacet_sound_quality_percentile(quality, 50) > 0.99);
    tacet_sound_quality_free(&quality);
}

static void something_else_does_not_fit(void **state)
{
    struct tacet_rng rng;

    (void)state;
    make_source();
    tacet_rng_seed(&rng, 2, 0);
    for (size_t i = 0; i < SECONDS * RATE; i++) {
        played[i] = (int16_t)tacet_rng_below(&rng, 20000);
    }
    struct tacet_sound_quality *quality = run(9600, 0);
    assert_true(tacet_sound_quality_percentile(quality, 100) < 0.5);
    tacet_sound_quality_free(&quality);
}

static void silence_is_not_compared(void **state)
{
    (void)state;
    memset(source, 0, sizeof(source));
    memset(played, 0, sizeof(played));
    struct tacet_sound_quality *quality = run(9600, 0);
    assert_int_equal(tacet_sound_quality_seconds(quality), 0);
    tacet_sound_quality_free(&quality);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_true_copy_fits_wherever_it_lies),
        cmocka_unit_test(missing_sound_lowers_its_second),
        cmocka_unit_test(something_else_does_not_fit),
        cmocka_unit_test(silence_is_not_compared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
