/* Resampling a tone: its pitch, its level, and where its samples stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "media/resample.h"
#include "tacet/error.h"

#include <math.h>
#include <stdlib.h>

static const double pi = 3.14159265358979323846;

/* Amplitude of one frequency in the samples from `from` to `to`. */
static double amplitude(const int16_t *pcm, size_t from, size_t to, double hz, double rate)
{
    double re = 0;
    double im = 0;

    for (size_t i = from; i < to; i++) {
        re += pcm[i] * cos(2 * pi * hz * (double)i / rate);
        im += pcm[i] * sin(2 * pi * hz * (double)i / rate);
    }
    return 2 * sqrt(re * re + im * im) / (double)(to - from);
}

/* Resamples a second in pieces of `piece`; returns how many samples came out. */
static size_t resample(uint32_t rate_in, uint32_t rate_out, double hz, size_t piece, int16_t *out,
                       size_t capacity)
{
    struct tacet_resampler *resampler;
    int16_t *in = calloc(rate_in, sizeof(*in));
    size_t made = 0;

    assert_non_null(in);
    for (size_t i = 0; i < rate_in; i++) {
        in[i] = (int16_t)lround(10000 * sin(2 * pi * hz * (double)i / rate_in));
    }
    assert_int_equal(tacet_resampler_create(rate_in, rate_out, &resampler), 0);
    for (size_t at = 0; at < rate_in;) {
        size_t taken = piece < rate_in - at ? piece : rate_in - at;
        size_t room = capacity - made;
        assert_true(room > 0);
        tacet_resampler_run(resampler, in + at, &taken, out + made, &room);
        at += taken;
        made += room;
    }
    tacet_resampler_free(&resampler);
    assert_null(resampler);
    free(in);
    return made;
}

static void tone_keeps_pitch_level_and_place(void **state)
{
    static const struct {
        uint32_t in, out;
    } rows[] = {
        { 16000, 48000 }, { 8000, 48000 },  { 44100, 48000 }, { 48000, 48000 },
        { 96000, 48000 }, { 48000, 16000 }, { 22050, 48000 },
    };
    static int16_t out[60000];

    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        size_t count = resample(rows[row].in, rows[row].out, 440, 480, out, 60000);
        size_t to = count - 2000;
        /* Only half a filter of the end is still inside. */
        assert_in_range(count, rows[row].out - rows[row].out / 50, rows[row].out);
        double level = amplitude(out, 2000, to, 440, rows[row].out);
        assert_true(fabs(level - 10000) < 100);
        double worst = 0;
        for (size_t i = 2000; i < to; i++) {
            double ideal = 10000 * sin(2 * pi * 440 * (double)i / rows[row].out);
            worst = fmax(worst, fabs(out[i] - ideal));
        }
        /* A shift by one sample alone would be up to 576 at 48 kHz. */
        assert_true(worst < 100);
    }
}

static void sample_n_of_16k_stands_at_3n_of_48k(void **state)
{
    struct tacet_resampler *resampler;
    int16_t in[400] = { 0 };
    int16_t out[1200];
    size_t peak = 0;
    size_t taken = 400;
    size_t made = 1200;

    (void)state;
    in[100] = 20000;
    assert_int_equal(tacet_resampler_create(16000, 48000, &resampler), 0);
    tacet_resampler_run(resampler, in, &taken, out, &made);
    assert_int_equal(taken, 400);
    for (size_t i = 0; i < made; i++) {
        peak = out[i] > out[peak] ? i : peak;
    }
    assert_int_equal(peak, 300);
    tacet_resampler_free(&resampler);
}

static void pieces_make_no_difference(void **state)
{
    static int16_t whole[60000];
    static int16_t pieces[60000];

    (void)state;
    size_t a = resample(44100, 48000, 1000, 44100, whole, 60000);
    size_t b = resample(44100, 48000, 1000, 7, pieces, 60000);
    assert_int_equal(a, b);
    assert_memory_equal(whole, pieces, a * sizeof(whole[0]));
}

static void what_would_alias_is_gone(void **state)
{
    static int16_t out[60000];

    (void)state;
    size_t count = resample(48000, 16000, 10000, 480, out, 60000); /* would be heard at 6000 Hz */
    assert_true(amplitude(out, 1000, count - 1000, 6000, 16000) < 10);
}

static void bad_rates_and_memory_are_refused(void **state)
{
    static const uint32_t rows[][2] = {
        { 0, 48000 }, { 999, 48000 }, { 384001, 48000 }, { 48000, 0 }, { 48000, 384001 }
    };
    struct tacet_resampler *resampler = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(tacet_resampler_create(rows[i][0], rows[i][1], &resampler),
                         TACET_ERR_ARGUMENT);
    }
    tacet_alloc_fail_after(0);
    assert_int_equal(tacet_resampler_create(16000, 48000, &resampler), TACET_ERR_NOMEM);
    tacet_alloc_fail_after(-1);
    assert_null(resampler);
    tacet_resampler_free(&resampler);
    tacet_resampler_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tone_keeps_pitch_level_and_place),
        cmocka_unit_test(sample_n_of_16k_stands_at_3n_of_48k),
        cmocka_unit_test(pieces_make_no_difference),
        cmocka_unit_test(what_would_alias_is_gone),
        cmocka_unit_test(bad_rates_and_memory_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
