/* Stretching on tones, noise, silence and speech: as much longer or shorter as it says, and nothing
 * to be heard of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "media/stretch.h"
#include "sim/rng.h"
#include "tacet/audio.h"
#include "tacet/codec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME 960
#define FRAMES 402
#define PI 3.14159265358979323846

/* What a source becomes when every frame is stretched that can be. */
struct stretched {
    int16_t *source;
    int16_t *out; /* with TACET_STRETCH_PAST of silence before it */
    size_t count;
    size_t frame;
    size_t begins[FRAMES * 2]; /* where each frame of the source begins */
    size_t changed;            /* samples */
    size_t seams;
};

static void stretch_all(struct stretched *s, size_t frame, bool grow, int every)
{
    const size_t frames = (size_t)FRAMES * FRAME / frame;
    int16_t *out;

    s->out = calloc(TACET_STRETCH_PAST + frames * (frame + TACET_STRETCH_LAG_MAX), sizeof(*s->out));
    out = s->out + TACET_STRETCH_PAST;
    s->count = 0;
    s->frame = frame;
    s->changed = 0;
    s->seams = 0;
    for (size_t i = 0; i < frames; i++) {
        int16_t *pcm = out + s->count;
        s->begins[i] = s->count;
        size_t count = frame;
        size_t by = 0;
        memcpy(pcm, s->source + i * frame, frame * sizeof(*pcm));
        if (i % (size_t)every == 0 && grow) {
            by = tacet_stretch_grow(pcm - TACET_STRETCH_PAST, pcm, frame, TACET_STRETCH_LAG_MAX,
                                    TACET_STRETCH_ALIKE);
            count += by;
        } else if (i % (size_t)every == 0) {
            by = tacet_stretch_shrink(pcm, frame, TACET_STRETCH_LAG_MAX, TACET_STRETCH_ALIKE);
            count -= by;
        }
        assert_true(by == 0 || (by >= TACET_STRETCH_LAG_MIN && by <= TACET_STRETCH_LAG_MAX));
        s->changed += by;
        s->seams += by > 0 ? 1 : 0;
        s->count += count;
    }
}

static void stretched_free(struct stretched *s)
{
    free(s->source);
    free(s->out);
}

static int16_t *make_tone(double hz)
{
    int16_t *pcm = calloc((size_t)FRAMES * FRAME, sizeof(*pcm));

    for (size_t i = 0; i < (size_t)FRAMES * FRAME; i++) {
        pcm[i] = (int16_t)lrint(10000 * sin(2 * PI * hz * (double)i / TACET_SAMPLE_RATE));
    }
    return pcm;
}

static double rms(const int16_t *pcm, size_t count)
{
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += (double)pcm[i] * pcm[i];
    }
    return sqrt(sum / (double)count);
}

static int largest_jump(const int16_t *pcm, size_t count)
{
    int most = 0;

    for (size_t i = 1; i < count; i++) {
        int jump = abs(pcm[i] - pcm[i - 1]);
        most = jump > most ? jump : most;
    }
    return most;
}

/* Share of the power that is within 25 Hz of the tone, by a Hann window of a tenth of a second. */
static double purity(const int16_t *pcm, double hz)
{
    enum { N = 4800 };
    double total = 0;
    double at_tone = 0;

    for (int k = -2; k <= 2; k++) {
        double re = 0;
        double im = 0;
        for (int i = 0; i < N; i++) {
            double w = 0.5 - 0.5 * cos(2 * PI * i / N);
            double a = 2 * PI * (hz + k * 10.0) * i / TACET_SAMPLE_RATE;
            re += w * pcm[i] * cos(a);
            im += w * pcm[i] * sin(a);
        }
        at_tone += (re * re + im * im) * 2 / N;
    }
    for (int i = 0; i < N; i++) {
        double w = 0.5 - 0.5 * cos(2 * PI * i / N);
        total += w * w * pcm[i] * pcm[i];
    }
    return at_tone / total;
}

static void tone_stays_the_same_tone(void **state)
{
    static const double tones[] = { 100, 220, 440, 1000, 3333 };
    static const size_t frames[] = { 480, 960, 2880 };

    (void)state;
    for (size_t t = 0; t < sizeof(tones) / sizeof(tones[0]) * 3 * 2; t++) {
        double hz = tones[t / 6];
        size_t frame = frames[t / 2 % 3];
        bool grow = t % 2 != 0;
        struct stretched s = { .source = make_tone(hz) };
        stretch_all(&s, frame, grow, 2);
        const int16_t *out = s.out + TACET_STRETCH_PAST;
        size_t first = 2 * FRAME; /* there was silence before the first frame */
        /* A period of 10 ms does not fit into a frame of 10 ms, twice over. */
        if (frame > 480 || hz > 150 || grow) {
            assert_true(s.seams * 10 >= (size_t)FRAMES * FRAME / frame / 2 * 9);
        }
        assert_int_equal(s.count, (size_t)FRAMES * FRAME + (grow ? s.changed : -s.changed));
        double level = 10000 / sqrt(2);
        size_t whole = (size_t)lrint(TACET_SAMPLE_RATE / 20.0); /* five periods of the lowest */
        for (size_t i = first; i + whole < s.count; i += 240) {
            double db = 20 * log10(rms(out + i, whole) / level);
            assert_true(db > -0.5 && db < 0.5);
        }
        assert_true(largest_jump(out, s.count) <=
                    largest_jump(s.source, (size_t)FRAMES * FRAME) * 11 / 10 + 2);
        for (size_t i = first; i + 4800 < s.count; i += 4800) {
            assert_true(purity(out + i, hz) > 0.995);
        }
        stretched_free(&s);
    }
}

/* How like the source the window there is, where it lies in it within a seam or two. */
static double likeness(const struct stretched *s, size_t at, size_t length)
{
    const int16_t *w = s->out + TACET_STRETCH_PAST + at;
    const size_t reach = TACET_STRETCH_LAG_MAX;
    size_t frame = 0;
    double best = -1;

    while (s->begins[frame + 1] <= at) {
        frame++;
    }
    size_t place = frame * s->frame + at - s->begins[frame];
    for (size_t from = place - reach; from <= place + reach; from++) {
        const int16_t *x = s->source + from;
        double xw = 0;
        double xx = 0;
        double ww = 0;
        for (size_t i = 0; i < length; i += 3) {
            xw += (double)x[i] * w[i];
            xx += (double)x[i] * x[i];
            ww += (double)w[i] * w[i];
        }
        double r = xx * ww > 0 ? xw / sqrt(xx * ww) : 0;
        best = r > best ? r : best;
    }
    return best;
}

static int16_t *read_speech(const char *name)
{
    const char *shared = getenv("TACET_SHARED");
    struct tacet_audio_source wav;
    char file[512];

    if (shared == NULL) {
        return NULL;
    }
    (void)snprintf(file, sizeof(file), "%s/media/%s", shared, name);
    if (tacet_wav_source_create(file, true, &wav, NULL) != 0) {
        return NULL;
    }
    int16_t *pcm = calloc((size_t)FRAMES * FRAME, sizeof(*pcm));
    for (size_t i = 0; i < FRAMES; i++) {
        assert_int_equal(wav.ops->read(wav.ctx, pcm + i * FRAME, FRAME), FRAME);
    }
    wav.ops->free(wav.ctx);
    return pcm;
}

static void speech_keeps_its_sound(void **state)
{
    static const char *const files[] = { "speech/jfk_16k.flac", "speech/libri_198_f_16k.ogg",
                                         "speech/lyra2_48k.flac" };
    size_t read = 0;

    (void)state;
    for (size_t f = 0; f < sizeof(files) / sizeof(files[0]) * 2; f++) {
        bool grow = f % 2 != 0;
        struct stretched s = { .source = read_speech(files[f / 2]) };
        if (s.source == NULL) {
            continue;
        }
        read++;
        /* As fast as ever: a quarter. Lags are 10 ms or so of each 40. */
        stretch_all(&s, FRAME, grow, 2);
        assert_true(s.seams >= FRAMES / 2 * 3 / 10);
        assert_true(largest_jump(s.out + TACET_STRETCH_PAST, s.count) <=
                    largest_jump(s.source, (size_t)FRAMES * FRAME) * 11 / 10);
        size_t windows = 0;
        double sum = 0;
        for (size_t at = 48000; at < 48000 * 5; at += 1601) {
            if (rms(s.out + TACET_STRETCH_PAST + at, 960) > 300) {
                sum += likeness(&s, at, 960);
                windows++;
            }
        }
        assert_true(windows >= 40);
        printf("%s %s: %u seams, %u samples, likeness %.3f\n", files[f / 2],
               grow ? "longer" : "shorter", (unsigned int)s.seams, (unsigned int)s.changed,
               sum / (double)windows);
        assert_true(sum / (double)windows > 0.95);
        stretched_free(&s);
    }
    if (read == 0) {
        skip();
    }
}

static void nothing_alike_is_left_alone(void **state)
{
    struct tacet_rng rng;
    struct stretched s = { .source = calloc((size_t)FRAMES * FRAME, sizeof(int16_t)) };

    (void)state;
    tacet_rng_seed(&rng, 3, 0);
    for (size_t i = 0; i < (size_t)FRAMES * FRAME; i++) {
        s.source[i] = (int16_t)((int)tacet_rng_below(&rng, 20001) - 10000);
    }
    for (int grow = 0; grow < 2; grow++) {
        stretch_all(&s, FRAME, grow != 0, 1);
        assert_int_equal(s.changed, 0);
        assert_memory_equal(s.out + TACET_STRETCH_PAST, s.source,
                            (size_t)FRAMES * FRAME * sizeof(int16_t));
        free(s.out);
    }
    /* Asked for at any price the power stays: no dip where the halves cross. */
    int16_t pcm[FRAME + TACET_STRETCH_LAG_MAX];
    memcpy(pcm, s.source, FRAME * sizeof(pcm[0]));
    size_t by = tacet_stretch_shrink(pcm, FRAME, TACET_STRETCH_LAG_MAX, -1000);
    assert_true(by > 0);
    size_t middle = by < 480 ? by / 2 : 240;
    middle = middle < (FRAME - by) / 2 ? middle : (FRAME - by) / 2;
    assert_in_range(rms(pcm + middle - 60, 120), 4600, 7000); /* of 5774 */
    free(s.source);
}

static void near_silence_may_always_go(void **state)
{
    int16_t past[TACET_STRETCH_PAST] = { 0 };
    int16_t pcm[FRAME + TACET_STRETCH_LAG_MAX] = { 0 };
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 4, 0);
    for (size_t i = 0; i < FRAME; i++) {
        pcm[i] = (int16_t)((int)tacet_rng_below(&rng, 41) - 20);
        past[i % TACET_STRETCH_PAST] = pcm[i];
    }
    assert_int_equal(tacet_stretch_grow(past, pcm, FRAME, 300, TACET_STRETCH_ALIKE), 300);
    assert_int_equal(tacet_stretch_shrink(pcm, FRAME, 700, TACET_STRETCH_ALIKE), 700);
    assert_int_equal(tacet_stretch_shrink(pcm, FRAME, 5000, TACET_STRETCH_ALIKE),
                     TACET_STRETCH_LAG_MAX);
}

static void too_short_is_left_alone(void **state)
{
    int16_t past[TACET_STRETCH_PAST] = { 0 };
    int16_t pcm[FRAME + TACET_STRETCH_LAG_MAX] = { 0 };

    (void)state;
    assert_int_equal(tacet_stretch_shrink(pcm, FRAME, 119, TACET_STRETCH_ALIKE), 0);
    assert_int_equal(tacet_stretch_shrink(pcm, 239, 720, TACET_STRETCH_ALIKE), 0);
    assert_int_equal(tacet_stretch_shrink(pcm, 240, 720, TACET_STRETCH_ALIKE), 120);
    assert_int_equal(tacet_stretch_grow(past, pcm, 119, 720, TACET_STRETCH_ALIKE), 0);
    assert_int_equal(tacet_stretch_grow(past, pcm, FRAME, 119, TACET_STRETCH_ALIKE), 0);
    assert_int_equal(tacet_stretch_grow(past, pcm, 120, 120, TACET_STRETCH_ALIKE), 120);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tone_stays_the_same_tone),    cmocka_unit_test(speech_keeps_its_sound),
        cmocka_unit_test(nothing_alike_is_left_alone), cmocka_unit_test(near_silence_may_always_go),
        cmocka_unit_test(too_short_is_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
