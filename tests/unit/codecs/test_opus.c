/* Opus behind the codec interface, on a voice-like sound made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "sim/rng.h"
#include "tacet/codec.h"
#include "tacet/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SECONDS 3
#define COUNT ((size_t)SECONDS * TACET_SAMPLE_RATE)
#define FRAME 960
#define DELAY 312 /* of the encoder, samples: RFC 6716 section 2.1.4's look-ahead and overlap */

static const double pi = 3.14159265358979323846;

static const struct tacet_codec *opus(void)
{
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_AUDIO, "opus");

    assert_non_null(codec);
    return codec;
}

/* Harmonics of a gliding pitch under a syllable's envelope. */
static int16_t *make_voice(void)
{
    int16_t *pcm = calloc(COUNT, sizeof(*pcm));
    double phase = 0;

    assert_non_null(pcm);
    for (size_t i = 0; i < COUNT; i++) {
        double t = (double)i / TACET_SAMPLE_RATE;
        double sum = 0;
        phase += 2 * pi * (140 + 30 * sin(2 * pi * 0.7 * t)) / TACET_SAMPLE_RATE;
        for (int h = 1; h <= 20; h++) {
            sum += sin(phase * h) / (1 + fabs(h - 5.0));
        }
        pcm[i] = (int16_t)(4000 * sum * (0.55 + 0.45 * sin(2 * pi * 3 * t)));
    }
    return pcm;
}

static double correlation(const int16_t *a, const int16_t *b, size_t count)
{
    double aa = 0;
    double bb = 0;
    double ab = 0;

    for (size_t i = 0; i < count; i++) {
        aa += (double)a[i] * a[i];
        bb += (double)b[i] * b[i];
        ab += (double)a[i] * b[i];
    }
    return ab / (sqrt(aa * bb) + 1e-9);
}

struct coder {
    struct tacet_audio_encoder encoder;
    struct tacet_audio_decoder decoder;
    struct tacet_audio_encoder_settings settings;
};

static void coder_init(struct coder *c)
{
    tacet_audio_encoder_settings_init(&c->settings);
    assert_int_equal(opus()->audio_encoder_create(&c->settings, &c->encoder), 0);
    assert_int_equal(opus()->audio_decoder_create(&c->decoder), 0);
}

static void coder_free(struct coder *c)
{
    c->encoder.ops->free(c->encoder.ctx);
    c->decoder.ops->free(c->decoder.ctx);
}

static void every_packet_has_the_size_that_the_bit_rate_says(void **state)
{
    static const struct {
        int32_t bitrate_bps;
        size_t count;
        size_t size;
    } rows[] = {
        { 32000, 960, 80 },   { 32000, 480, 40 },   { 32000, 1920, 160 },
        { 32000, 2880, 240 }, { 16000, 960, 40 },   { 24000, 960, 60 },
        { 64000, 960, 160 },  { 128000, 960, 320 }, { 300000, 480, 375 },
    };
    struct coder c;
    int16_t *voice = make_voice();

    (void)state;
    coder_init(&c);
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        c.settings.bitrate_bps = rows[row].bitrate_bps;
        assert_int_equal(c.encoder.ops->configure(c.encoder.ctx, &c.settings), 0);
        for (size_t i = 0; i + rows[row].count <= COUNT; i += rows[row].count) {
            uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
            size_t size = 0;
            assert_int_equal(c.encoder.ops->encode(c.encoder.ctx, voice + i, rows[row].count, data,
                                                   sizeof(data), &size),
                             0);
            assert_int_equal(size, rows[row].size);
            assert_int_equal(c.decoder.ops->samples(c.decoder.ctx, data, size), rows[row].count);
        }
    }
    coder_free(&c);
    free(voice);
}

static void silence_has_the_size_of_speech(void **state)
{
    const int16_t silence[FRAME] = { 0 };
    struct coder c;

    (void)state;
    coder_init(&c);
    for (int i = 0; i < 200; i++) {
        uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
        size_t size = 0;
        assert_int_equal(
            c.encoder.ops->encode(c.encoder.ctx, silence, FRAME, data, sizeof(data), &size), 0);
        assert_int_equal(size, 80);
    }
    coder_free(&c);
}

static void voice_survives_at_32_kilobits(void **state)
{
    struct coder c;
    int16_t *voice = make_voice();
    int16_t *out = calloc(COUNT, sizeof(*out));

    (void)state;
    coder_init(&c);
    for (size_t i = 0; i + FRAME <= COUNT; i += FRAME) {
        uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
        size_t size = 0;
        size_t count = 0;
        assert_int_equal(
            c.encoder.ops->encode(c.encoder.ctx, voice + i, FRAME, data, sizeof(data), &size), 0);
        assert_int_equal(
            c.decoder.ops->decode(c.decoder.ctx, data, size, false, out + i, FRAME, &count), 0);
        assert_int_equal(count, FRAME);
    }
    for (size_t second = 0; second + 1 < SECONDS; second++) {
        size_t at = second * TACET_SAMPLE_RATE;
        assert_true(correlation(voice + at, out + at + DELAY, TACET_SAMPLE_RATE) > 0.98);
    }
    coder_free(&c);
    free(voice);
    free(out);
}

/* Every tenth frame is lost. Returns how well the frames in their place match, on average. */
static double replaced(bool fec, uint64_t *ret_redundant)
{
    struct coder c;
    int16_t *voice = make_voice();
    double sum = 0;
    int lost = 0;

    coder_init(&c);
    c.settings.fec = fec;
    c.settings.loss_percent = 10;
    *ret_redundant = 0;
    assert_int_equal(c.encoder.ops->configure(c.encoder.ctx, &c.settings), 0);
    for (size_t n = 0; (n + 1) * FRAME <= COUNT; n++) {
        uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
        int16_t out[FRAME];
        size_t size = 0;
        size_t count = 0;
        const int16_t *in = voice + n * FRAME;
        assert_int_equal(c.encoder.ops->encode(c.encoder.ctx, in, FRAME, data, sizeof(data), &size),
                         0);
        int redundancy = c.decoder.ops->redundancy(c.decoder.ctx, data, size);
        *ret_redundant += redundancy == FRAME ? 1 : 0;
        if (n % 10 == 9 && n > 20) {
            continue; /* lost */
        }
        if (n % 10 == 0 && n > 20) {
            if (redundancy > 0) {
                assert_int_equal(
                    c.decoder.ops->decode(c.decoder.ctx, data, size, true, out, FRAME, &count), 0);
                assert_int_equal(count, FRAME);
            } else {
                assert_int_equal(c.decoder.ops->conceal(c.decoder.ctx, out, FRAME), 0);
            }
            sum += correlation(in - FRAME, out + DELAY, FRAME - DELAY);
            lost++;
        }
        assert_int_equal(
            c.decoder.ops->decode(c.decoder.ctx, data, size, false, out, FRAME, &count), 0);
    }
    coder_free(&c);
    free(voice);
    return sum / lost;
}

static void redundancy_beats_concealment(void **state)
{
    uint64_t redundant;

    (void)state;
    double concealed = replaced(false, &redundant);
    assert_int_equal(redundant, 0);
    double recovered = replaced(true, &redundant);
    assert_true(redundant > 50);
    printf("concealed %.3f, recovered %.3f\n", concealed, recovered);
    assert_true(recovered > concealed + 0.2);
}

static void redundancy_is_read_from_the_bit_behind_the_activity(void **state)
{
    /* RFC 6716 section 3.1 (configurations) and 4.2.3 (flags). */
    static const struct {
        uint8_t data[3];
        int redundancy;
    } rows[] = {
        { { 0x00, 0x40, 0 }, 480 },  { { 0x00, 0xBF, 0 }, 0 }, /* SILK 10 ms */
        { { 0x08, 0x40, 0 }, 960 },  { { 0x08, 0xBF, 0 }, 0 }, /* 20 ms */
        { { 0x10, 0x20, 0 }, 1920 }, { { 0x10, 0xDF, 0 }, 0 }, /* 40 ms */
        { { 0x18, 0x10, 0 }, 2880 }, { { 0x18, 0xEF, 0 }, 0 }, /* 60 ms */
        { { 0x78, 0x40, 0 }, 960 },  { { 0x78, 0xBF, 0 }, 0 }, /* hybrid 20 ms */
        { { 0x80, 0xFF, 0 }, 0 },    { { 0xF8, 0xFF, 0 }, 0 }, /* CELT */
    };
    struct coder c;

    (void)state;
    coder_init(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(c.decoder.ops->redundancy(c.decoder.ctx, rows[i].data, 3),
                         rows[i].redundancy);
    }
    coder_free(&c);
}

static void settings_out_of_range_change_nothing(void **state)
{
    static const struct tacet_audio_encoder_settings rows[] = {
        { .bitrate_bps = 5999 },
        { .bitrate_bps = 510001 },
        { .bitrate_bps = 32000, .complexity = -1 },
        { .bitrate_bps = 32000, .complexity = 11 },
        { .bitrate_bps = 32000, .loss_percent = -1 },
        { .bitrate_bps = 32000, .loss_percent = 101 },
    };
    const int16_t silence[FRAME] = { 0 };
    struct coder c;

    (void)state;
    coder_init(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_audio_encoder none = { 0 };
        uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
        size_t size = 0;
        assert_int_equal(c.encoder.ops->configure(c.encoder.ctx, &rows[i]), TACET_ERR_ARGUMENT);
        assert_int_equal(opus()->audio_encoder_create(&rows[i], &none), TACET_ERR_ARGUMENT);
        assert_null(none.ops);
        assert_int_equal(
            c.encoder.ops->encode(c.encoder.ctx, silence, FRAME, data, sizeof(data), &size), 0);
        assert_int_equal(size, 80);
    }
    coder_free(&c);
}

static void wrong_lengths_are_refused(void **state)
{
    static const size_t counts[] = { 0, 1, 120, 240, 479, 961, 2881, 5760 };
    static const size_t conceals[] = { 0, 1, 119, 121, 3000, 2881 };
    static const int16_t pcm[5760] = { 0 };
    uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
    int16_t out[3000];
    size_t size = 77;
    struct coder c;

    (void)state;
    coder_init(&c);
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        assert_int_equal(
            c.encoder.ops->encode(c.encoder.ctx, pcm, counts[i], data, sizeof(data), &size),
            TACET_ERR_ARGUMENT);
    }
    for (size_t i = 0; i < sizeof(conceals) / sizeof(conceals[0]); i++) {
        assert_int_equal(c.decoder.ops->conceal(c.decoder.ctx, out, conceals[i]),
                         TACET_ERR_ARGUMENT);
    }
    assert_int_equal(c.encoder.ops->encode(c.encoder.ctx, pcm, FRAME, data, 79, &size),
                     TACET_ERR_SPACE);
    assert_int_equal(c.encoder.ops->encode(c.encoder.ctx, pcm, FRAME, data, 0, &size),
                     TACET_ERR_SPACE);
    assert_int_equal(size, 77);
    assert_int_equal(c.encoder.ops->encode(c.encoder.ctx, pcm, FRAME, data, 80, &size), 0);
    assert_int_equal(c.decoder.ops->decode(c.decoder.ctx, data, size, false, out, FRAME - 1, &size),
                     TACET_ERR_SPACE);
    coder_free(&c);
}

static void malformed_packets_are_refused(void **state)
{
    /* RFC 6716 section 3.4: [R2] too long a code 0 frame is the transport's; [R5] more than 120 ms;
     * [R6], [R7] broken padding and lengths. */
    static const struct {
        uint8_t data[8];
        size_t size;
    } rows[] = {
        { { 0 }, 0 },
        { { 0x03 }, 1 },                   /* code 3 without a count */
        { { 0xFB, 0x00 }, 2 },             /* code 3, no frames */
        { { 0x1B, 0x03, 1, 2, 3 }, 5 },    /* 3 times 60 ms */
        { { 0x1B, 0x02, 1, 1 }, 4 },       /* 2 times 60 ms: more than we take */
        { { 0x01, 1, 2, 3 }, 4 },          /* code 1, two equal frames of three bytes */
        { { 0x02, 0xFB }, 2 },             /* code 2, length past the end */
        { { 0x03, 0x41, 0xFF, 0xFF }, 4 }, /* padding longer than the packet */
    };
    struct coder c;
    int16_t out[TACET_AUDIO_FRAME_SAMPLES_MAX];

    (void)state;
    coder_init(&c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t count = 77;
        int result = c.decoder.ops->decode(c.decoder.ctx, rows[i].data, rows[i].size, false, out,
                                           TACET_AUDIO_FRAME_SAMPLES_MAX, &count);
        assert_int_equal(result, TACET_ERR_CODEC);
        assert_int_equal(count, 77);
        assert_int_equal(c.decoder.ops->redundancy(c.decoder.ctx, rows[i].data, rows[i].size), 0);
    }
    coder_free(&c);
}

static void garbage_never_writes_past_the_samples(void **state)
{
    struct coder c;
    struct tacet_rng rng;
    int16_t out[TACET_AUDIO_FRAME_SAMPLES_MAX + 1];

    (void)state;
    coder_init(&c);
    tacet_rng_seed(&rng, 1, 0);
    for (int round = 0; round < 3000; round++) {
        uint8_t data[100];
        size_t size = 1 + (size_t)tacet_rng_below(&rng, sizeof(data));
        size_t count = 0;
        bool fec = tacet_rng_below(&rng, 4) == 0;
        for (size_t i = 0; i < size; i++) {
            data[i] = (uint8_t)tacet_rng_next(&rng);
        }
        size_t capacity = fec ? 960 : TACET_AUDIO_FRAME_SAMPLES_MAX;
        out[capacity] = 12345;
        if (c.decoder.ops->decode(c.decoder.ctx, data, size, fec, out, capacity, &count) == 0) {
            assert_in_range(count, 1, capacity);
        }
        assert_int_equal(out[capacity], 12345);
        int redundancy = c.decoder.ops->redundancy(c.decoder.ctx, data, size);
        assert_in_range(redundancy, 0, TACET_AUDIO_FRAME_SAMPLES_MAX);
    }
    coder_free(&c);
}

static void two_encoders_make_the_same_bytes(void **state)
{
    struct coder a;
    struct coder b;
    int16_t *voice = make_voice();

    (void)state;
    coder_init(&a);
    coder_init(&b);
    for (size_t i = 0; i + FRAME <= COUNT; i += FRAME) {
        uint8_t x[TACET_AUDIO_FRAME_SIZE_MAX];
        uint8_t y[TACET_AUDIO_FRAME_SIZE_MAX];
        size_t x_size = 0;
        size_t y_size = 1;
        assert_int_equal(
            a.encoder.ops->encode(a.encoder.ctx, voice + i, FRAME, x, sizeof(x), &x_size), 0);
        assert_int_equal(
            b.encoder.ops->encode(b.encoder.ctx, voice + i, FRAME, y, sizeof(y), &y_size), 0);
        assert_int_equal(x_size, y_size);
        assert_memory_equal(x, y, x_size);
    }
    coder_free(&a);
    coder_free(&b);
    free(voice);
}

static void failing_allocation_is_reported(void **state)
{
    struct tacet_audio_encoder_settings settings;
    struct tacet_audio_encoder encoder = { 0 };
    struct tacet_audio_decoder decoder = { 0 };

    (void)state;
    tacet_audio_encoder_settings_init(&settings);
    tacet_alloc_fail_after(0);
    assert_int_equal(opus()->audio_encoder_create(&settings, &encoder), TACET_ERR_NOMEM);
    assert_int_equal(opus()->audio_decoder_create(&decoder), TACET_ERR_NOMEM);
    tacet_alloc_fail_after(-1);
    assert_null(encoder.ops);
    assert_null(decoder.ops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_packet_has_the_size_that_the_bit_rate_says),
        cmocka_unit_test(silence_has_the_size_of_speech),
        cmocka_unit_test(voice_survives_at_32_kilobits),
        cmocka_unit_test(redundancy_beats_concealment),
        cmocka_unit_test(redundancy_is_read_from_the_bit_behind_the_activity),
        cmocka_unit_test(settings_out_of_range_change_nothing),
        cmocka_unit_test(wrong_lengths_are_refused),
        cmocka_unit_test(malformed_packets_are_refused),
        cmocka_unit_test(garbage_never_writes_past_the_samples),
        cmocka_unit_test(two_encoders_make_the_same_bytes),
        cmocka_unit_test(failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
