/* VP8 behind the codec interface, on pictures made here. */
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
#include <stdlib.h>
#include <string.h>

#define SIDE_MAX 640
#define FRAME_US 33333

static const struct tacet_codec *vp8(void)
{
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_VIDEO, "vp8");

    assert_non_null(codec);
    return codec;
}

struct canvas {
    uint8_t memory[SIDE_MAX * SIDE_MAX * 2];
    struct tacet_picture picture;
};

/* A textured ground that moves slowly, and noise enough to give the rate control work. */
static void draw(struct canvas *c, uint16_t width, uint16_t height, uint64_t index)
{
    struct tacet_rng rng;
    int stride = (width + 1) / 2;
    size_t luma = (size_t)width * height;
    size_t chroma = (size_t)stride * (((size_t)height + 1) / 2);

    tacet_rng_seed(&rng, index, 0);
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++) {
            double wave = sin((double)(x + index * 2) / 9) * cos((double)(y + index) / 13);
            c->memory[y * width + x] =
                (uint8_t)(128 + 80 * wave + (double)(tacet_rng_next(&rng) % 12));
        }
    }
    memset(c->memory + luma, 110, chroma);
    memset(c->memory + luma + chroma, 140, chroma);
    c->picture = (struct tacet_picture){
        .width = width,
        .height = height,
        .planes = { c->memory, c->memory + luma, c->memory + luma + chroma },
        .strides = { width, stride, stride },
        .index = index,
        .captured_at_us = (int64_t)index * FRAME_US,
    };
}

static double psnr(const struct tacet_picture *a, const struct tacet_picture *b)
{
    double sum = 0;

    assert_int_equal(a->width, b->width);
    assert_int_equal(a->height, b->height);
    for (int y = 0; y < a->height; y++) {
        for (int x = 0; x < a->width; x++) {
            double d = (double)a->planes[0][y * a->strides[0] + x] -
                       (double)b->planes[0][y * b->strides[0] + x];
            sum += d * d;
        }
    }
    return 10 * log10(65025 / (sum / (a->width * a->height) + 1e-9));
}

struct coder {
    struct tacet_video_encoder encoder;
    struct tacet_video_decoder decoder;
    struct tacet_video_encoder_settings settings;
    struct canvas canvas;
    uint64_t index;
};

static struct coder *coder_create(uint16_t width, uint16_t height, int32_t bitrate_bps)
{
    struct coder *c = calloc(1, sizeof(*c));

    assert_non_null(c);
    tacet_video_encoder_settings_init(&c->settings, width, height);
    c->settings.bitrate_bps = bitrate_bps;
    assert_int_equal(vp8()->video_encoder_create(&c->settings, &c->encoder), 0);
    assert_int_equal(vp8()->video_decoder_create(SIDE_MAX, SIDE_MAX, &c->decoder), 0);
    return c;
}

static void coder_free(struct coder *c)
{
    c->encoder.ops->free(c->encoder.ctx);
    c->decoder.ops->free(c->decoder.ctx);
    free(c);
}

/* Draws and encodes the next picture. */
static struct tacet_frame encode_as(struct coder *c, enum tacet_refresh refresh)
{
    struct tacet_frame frame = { 0 };

    draw(&c->canvas, c->settings.width, c->settings.height, c->index++);
    assert_int_equal(c->encoder.ops->encode(c->encoder.ctx, &c->canvas.picture, refresh, &frame),
                     1);
    assert_int_equal(frame.kind, TACET_KIND_VIDEO);
    assert_int_equal(frame.captured_at_us, c->canvas.picture.captured_at_us);
    assert_int_equal(frame.key, (frame.data[0] & 1) == 0);
    return frame;
}

static struct tacet_frame encode(struct coder *c, bool key)
{
    struct tacet_frame frame = encode_as(c, key ? TACET_REFRESH_KEY : TACET_REFRESH_NONE);

    assert_int_equal(frame.references, frame.key ? 0 : TACET_REFERENCE_LAST);
    assert_int_equal(frame.updates & TACET_REFERENCE_LAST, TACET_REFERENCE_LAST);
    assert_true(!frame.key || frame.updates == 7);
    return frame;
}

static double decode(struct coder *c, const struct tacet_frame *frame)
{
    struct tacet_picture picture;

    assert_int_equal(c->decoder.ops->decode(c->decoder.ctx, frame->data, frame->size, &picture), 1);
    return psnr(&c->canvas.picture, &picture);
}

static void bit_rate_is_kept_and_follows_the_settings(void **state)
{
    static const int32_t rates[] = { 1000000, 500000, 250000, 1500000 };
    struct coder *c = coder_create(320, 180, rates[0]);

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        uint64_t bits = 0;
        c->settings.bitrate_bps = rates[i];
        assert_int_equal(c->encoder.ops->configure(c->encoder.ctx, &c->settings), 0);
        for (int n = 0; n < 150; n++) {
            struct tacet_frame frame = encode(c, false);
            assert_int_equal(frame.key, i == 0 && n == 0);
            assert_true(decode(c, &frame) > 25);
            bits += n >= 30 ? frame.size * 8 : 0; /* the buffer of before is spent in a second */
        }
        double bps = (double)bits / 120 * 1e6 / FRAME_US;
        assert_true(fabs(bps - rates[i]) < 0.1 * rates[i]);
    }
    coder_free(c);
}

static void key_frames_come_only_on_demand(void **state)
{
    struct coder *c = coder_create(320, 180, 800000);

    (void)state;
    for (int n = 0; n < 400; n++) {
        bool asked = n == 100 || n == 101 || n == 350;
        struct tacet_frame frame = encode(c, asked);
        assert_int_equal(frame.key, asked || n == 0);
        assert_true(decode(c, &frame) > 25);
    }
    coder_free(c);
}

static void size_changes_in_the_stream(void **state)
{
    static const uint16_t sizes[][2] = { { 320, 180 }, { 160, 90 }, { 640, 360 }, { 321, 181 },
                                         { 16, 16 },   { 1, 1 },    { 640, 640 } };
    struct coder *c = coder_create(320, 180, 800000);

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        c->settings.width = sizes[i][0];
        c->settings.height = sizes[i][1];
        assert_int_equal(c->encoder.ops->configure(c->encoder.ctx, &c->settings), 0);
        for (int n = 0; n < 5; n++) {
            struct tacet_frame frame = encode(c, false);
            assert_int_equal(frame.key, n == 0);
            assert_int_equal(frame.width, sizes[i][0]);
            assert_int_equal(frame.height, sizes[i][1]);
            assert_true(decode(c, &frame) > 20);
        }
    }
    /* A picture that is not of the configured size is the caller's mistake. */
    struct tacet_frame frame;
    draw(&c->canvas, 320, 180, 0);
    assert_int_equal(
        c->encoder.ops->encode(c->encoder.ctx, &c->canvas.picture, TACET_REFRESH_NONE, &frame),
        TACET_ERR_ARGUMENT);
    coder_free(c);
}

static void settings_out_of_range_change_nothing(void **state)
{
    static const struct {
        struct tacet_video_encoder_settings settings;
        int error;
    } rows[] = {
        { { 0, 180, 800000, 30, -8, 1 }, TACET_ERR_ARGUMENT },
        { { 320, 0, 800000, 30, -8, 1 }, TACET_ERR_ARGUMENT },
        { { 4097, 180, 800000, 30, -8, 1 }, TACET_ERR_ARGUMENT },
        { { 320, 180, 9999, 30, -8, 1 }, TACET_ERR_ARGUMENT },
        { { 320, 180, 800000, 0, -8, 1 }, TACET_ERR_ARGUMENT },
        { { 320, 180, 800000, 121, -8, 1 }, TACET_ERR_ARGUMENT },
        { { 320, 180, 800000, 30, 0, 1 }, TACET_ERR_ARGUMENT },
        { { 320, 180, 800000, 30, -17, 1 }, TACET_ERR_ARGUMENT },
        { { 320, 180, 800000, 30, -8, 0 }, TACET_ERR_ARGUMENT },
        { { 320, 180, 800000, 30, -8, 4 }, TACET_ERR_ARGUMENT },
    };
    struct coder *c = coder_create(320, 180, 800000);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_video_encoder none = { 0 };
        assert_int_equal(c->encoder.ops->configure(c->encoder.ctx, &rows[i].settings),
                         rows[i].error);
        assert_int_equal(vp8()->video_encoder_create(&rows[i].settings, &none), rows[i].error);
        assert_null(none.ops);
        struct tacet_frame frame = encode(c, false);
        assert_int_equal(frame.key, i == 0);
    }
    coder_free(c);
}

/* A second decoder gets only what is not lost and what its references allow. What it shows is then
 * bit by bit what the first one shows, which had everything: the encoder's own pictures. */
static void frames_decode_exactly_from_what_they_refer_to(void **state)
{
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 11, 0);
    for (uint8_t layers = 1; layers <= 3; layers++) {
        struct coder *c = coder_create(160, 90, 300000);
        struct tacet_video_decoder lossy;
        uint32_t encoder_has[3] = { 0 }, decoder_has[3] = { 0 };
        uint32_t shown = 0, healed = 0, upper = 0;
        c->settings.temporal_layers = layers;
        assert_int_equal(c->encoder.ops->configure(c->encoder.ctx, &c->settings), 0);
        assert_int_equal(vp8()->video_decoder_create(SIDE_MAX, SIDE_MAX, &lossy), 0);
        for (uint32_t n = 1; n <= 600; n++) {
            bool whole = encoder_has[0] == decoder_has[0];
            enum tacet_refresh refresh = TACET_REFRESH_NONE;
            if (!whole && tacet_rng_below(&rng, 6) == 0) {
                refresh = encoder_has[1] == decoder_has[1]                 ? TACET_REFRESH_GOLDEN
                          : layers < 3 && encoder_has[2] == decoder_has[2] ? TACET_REFRESH_ALTREF
                                                                           : TACET_REFRESH_KEY;
            }
            struct tacet_frame frame = encode_as(c, refresh);
            struct tacet_picture all, some;
            bool has = true;
            for (int i = 0; i < 3; i++) {
                bool needs = (frame.references >> i & 1) != 0;
                has = has && (!needs || encoder_has[i] == decoder_has[i]);
                encoder_has[i] = (frame.updates >> i & 1) != 0 ? n : encoder_has[i];
            }
            assert_int_equal(c->decoder.ops->decode(c->decoder.ctx, frame.data, frame.size, &all),
                             1);
            assert_true(psnr(&c->canvas.picture, &all) > 20);
            if (!has || (n > 1 && tacet_rng_below(&rng, 8) == 0)) {
                continue;
            }
            assert_int_equal(lossy.ops->decode(lossy.ctx, frame.data, frame.size, &some), 1);
            assert_true(psnr(&all, &some) > 130); /* no pixel differs */
            shown++;
            healed += !frame.key && (frame.references & TACET_REFERENCE_LAST) == 0 ? 1 : 0;
            upper += frame.temporal_layer > 0 ? 1 : 0;
            for (int i = 0; i < 3; i++) {
                decoder_has[i] = (frame.updates >> i & 1) != 0 ? n : decoder_has[i];
            }
        }
        assert_true(shown > 200);
        assert_true(healed > 5);
        assert_true(upper > 50 || layers == 1);
        lossy.ops->free(lossy.ctx);
        coder_free(c);
    }
}

/* The key frame of a size, as a buffer of exact length. */
static uint8_t *key_frame(uint16_t width, uint16_t height, size_t *ret_size)
{
    struct coder *c = coder_create(width, height, 800000);
    struct tacet_frame frame = encode(c, true);
    uint8_t *data = malloc(frame.size);

    assert_non_null(data);
    memcpy(data, frame.data, frame.size);
    *ret_size = frame.size;
    coder_free(c);
    return data;
}

static void larger_pictures_than_agreed_are_refused(void **state)
{
    static const struct {
        uint16_t width, height;
        int result;
    } rows[] = {
        { 320, 180, 1 },
        { 321, 180, TACET_ERR_CODEC },
        { 320, 181, TACET_ERR_CODEC },
        { 640, 16, TACET_ERR_CODEC },
        { 180, 320, TACET_ERR_CODEC },
        { 160, 90, 1 },
    };
    struct tacet_video_decoder decoder;

    (void)state;
    assert_int_equal(vp8()->video_decoder_create(320, 180, &decoder), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_picture picture = { 0 };
        size_t size;
        uint8_t *data = key_frame(rows[i].width, rows[i].height, &size);
        assert_int_equal(decoder.ops->decode(decoder.ctx, data, size, &picture), rows[i].result);
        assert_int_equal(picture.width, rows[i].result == 1 ? rows[i].width : 0);
        free(data);
    }
    decoder.ops->free(decoder.ctx);
    assert_int_equal(vp8()->video_decoder_create(0, 180, &decoder), TACET_ERR_ARGUMENT);
    assert_int_equal(vp8()->video_decoder_create(320, 4097, &decoder), TACET_ERR_ARGUMENT);
}

static void inter_frames_are_refused_until_a_key_frame(void **state)
{
    struct coder *c = coder_create(320, 180, 800000);
    struct tacet_picture picture;

    (void)state;
    (void)encode(c, false);
    struct tacet_frame inter = encode(c, false);
    assert_int_equal(c->decoder.ops->decode(c->decoder.ctx, inter.data, inter.size, &picture),
                     TACET_ERR_CODEC);
    struct tacet_frame key = encode(c, true);
    assert_true(decode(c, &key) > 25);
    inter = encode(c, false);
    assert_true(decode(c, &inter) > 25);
    /* What has failed may have spoilt the references: nothing but a key frame goes on. */
    inter = encode(c, false);
    assert_int_equal(c->decoder.ops->decode(c->decoder.ctx, inter.data, 5, &picture),
                     TACET_ERR_CODEC);
    assert_int_equal(c->decoder.ops->decode(c->decoder.ctx, inter.data, inter.size, &picture),
                     TACET_ERR_CODEC);
    key = encode(c, true);
    assert_true(decode(c, &key) > 25);
    coder_free(c);
}

static void inter_frames_after_a_refused_key_frame_are_refused(void **state)
{
    struct coder *c = coder_create(320, 180, 800000);
    struct tacet_picture picture;
    size_t size;
    uint8_t *larger = key_frame(640, 360, &size);

    (void)state;
    c->decoder.ops->free(c->decoder.ctx);
    assert_int_equal(vp8()->video_decoder_create(320, 180, &c->decoder), 0);
    struct tacet_frame frame = encode(c, true);
    assert_true(decode(c, &frame) > 25);
    assert_int_equal(c->decoder.ops->decode(c->decoder.ctx, larger, size, &picture),
                     TACET_ERR_CODEC);
    frame = encode(c, false);
    assert_int_equal(c->decoder.ops->decode(c->decoder.ctx, frame.data, frame.size, &picture),
                     TACET_ERR_CODEC);
    frame = encode(c, true);
    assert_true(decode(c, &frame) > 25);
    free(larger);
    coder_free(c);
}

static void truncated_and_garbled_frames_do_no_harm(void **state)
{
    struct coder *c = coder_create(96, 64, 300000);
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 3, 0);
    for (int round = 0; round < 400; round++) {
        struct tacet_frame frame = encode(c, round % 3 == 0);
        size_t size = 1 + (size_t)tacet_rng_below(&rng, frame.size);
        uint8_t *data = malloc(size);
        struct tacet_picture picture;
        assert_non_null(data);
        memcpy(data, frame.data, size);
        for (uint64_t flips = tacet_rng_below(&rng, 6); flips > 0; flips--) {
            data[tacet_rng_below(&rng, size)] ^= (uint8_t)(1 + tacet_rng_below(&rng, 255));
        }
        int result = c->decoder.ops->decode(c->decoder.ctx, data, size, &picture);
        assert_true(result == 1 || result == 0 || result == TACET_ERR_CODEC);
        if (result == 1) {
            assert_in_range(picture.width, 1, SIDE_MAX);
            assert_in_range(picture.height, 1, SIDE_MAX);
        }
        free(data);
    }
    coder_free(c);
}

static void two_encoders_make_the_same_bytes(void **state)
{
    struct coder *a = coder_create(320, 180, 500000);
    struct coder *b = coder_create(320, 180, 500000);

    (void)state;
    for (int n = 0; n < 60; n++) {
        struct tacet_frame x = encode(a, n == 40);
        struct tacet_frame y = encode(b, n == 40);
        assert_int_equal(x.size, y.size);
        assert_memory_equal(x.data, y.data, x.size);
    }
    coder_free(a);
    coder_free(b);
}

static void failing_allocation_is_reported(void **state)
{
    struct tacet_video_encoder_settings settings;
    struct tacet_video_encoder encoder = { 0 };
    struct tacet_video_decoder decoder = { 0 };

    (void)state;
    tacet_video_encoder_settings_init(&settings, 64, 64);
    tacet_alloc_fail_after(0);
    assert_int_equal(vp8()->video_encoder_create(&settings, &encoder), TACET_ERR_NOMEM);
    assert_int_equal(vp8()->video_decoder_create(64, 64, &decoder), TACET_ERR_NOMEM);
    tacet_alloc_fail_after(-1);
    assert_null(encoder.ops);
    assert_null(decoder.ops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bit_rate_is_kept_and_follows_the_settings),
        cmocka_unit_test(key_frames_come_only_on_demand),
        cmocka_unit_test(size_changes_in_the_stream),
        cmocka_unit_test(settings_out_of_range_change_nothing),
        cmocka_unit_test(frames_decode_exactly_from_what_they_refer_to),
        cmocka_unit_test(larger_pictures_than_agreed_are_refused),
        cmocka_unit_test(inter_frames_are_refused_until_a_key_frame),
        cmocka_unit_test(inter_frames_after_a_refused_key_frame_are_refused),
        cmocka_unit_test(truncated_and_garbled_frames_do_no_harm),
        cmocka_unit_test(two_encoders_make_the_same_bytes),
        cmocka_unit_test(failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
