/* The moving test card and the index that can be read from it. */
#include "sim/rng.h"
#include "tacet/codec.h"
#include "tacet/error.h"
#include "tacet/video.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tacet_video_source create(uint16_t width, uint16_t height)
{
    struct tacet_video_format format = { width, height, 30, 1 };
    struct tacet_video_source card;

    assert_int_equal(tacet_testcard_source_create(&format, &card), 0);
    return card;
}

static struct tacet_picture next(const struct tacet_video_source *card, uint64_t skip)
{
    struct tacet_picture picture;

    assert_int_equal(card->ops->read(card->ctx, 0, skip, &picture), 1);
    return picture;
}

static void index_is_read_back_at_every_size(void **state)
{
    static const uint16_t sizes[][2] = { { 640, 360 }, { 1280, 720 }, { 320, 180 }, { 33, 35 },
                                         { 160, 90 },  { 641, 361 },  { 4096, 64 }, { 32, 4096 } };
    static const uint64_t skips[] = { 0, 0, 1, 1000, 0x12345678, 0x7fffffff, 0 };

    (void)state;
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct tacet_video_source card = create(sizes[s][0], sizes[s][1]);
        struct tacet_video_format format;
        uint64_t expected = 0;
        card.ops->format(card.ctx, &format);
        assert_int_equal(format.width, sizes[s][0]);
        for (size_t i = 0; i < sizeof(skips) / sizeof(skips[0]); i++) {
            struct tacet_picture picture = next(&card, skips[i]);
            uint32_t index = 0;
            expected += skips[i];
            assert_int_equal(picture.width, sizes[s][0]);
            assert_int_equal(picture.height, sizes[s][1]);
            assert_int_equal(picture.index, expected);
            assert_int_equal(tacet_testcard_read(&picture, &index), 0);
            assert_int_equal(index, (uint32_t)expected);
            expected++;
        }
        card.ops->free(card.ctx);
    }
}

/* Adds noise, and gives each sample the mean of its neighbourhood, as a hard-pressed codec does. */
static void spoil(const struct tacet_picture *picture, uint8_t *luma)
{
    int width = picture->width;
    int height = picture->height;
    struct tacet_rng rng;

    tacet_rng_seed(&rng, 1, 0);
    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            int sum = 0;
            int count = 0;
            for (int dy = -2; dy <= 2; dy++) {
                for (int dx = -2; dx <= 2; dx++) {
                    if (y + dy >= 0 && y + dy < height && x + dx >= 0 && x + dx < width) {
                        sum += picture->planes[0][(y + dy) * picture->strides[0] + x + dx];
                        count++;
                    }
                }
            }
            int value = sum / count + (int)tacet_rng_below(&rng, 41) - 20;
            luma[y * width + x] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
}

static void index_survives_blur_and_noise(void **state)
{
    static uint8_t luma[640 * 360];
    struct tacet_video_source card = create(640, 360);

    (void)state;
    for (int i = 0; i < 5; i++) {
        struct tacet_picture picture = next(&card, 0x1a2b3c);
        uint32_t index = 0;
        spoil(&picture, luma);
        uint64_t expected = picture.index;
        picture.planes[0] = luma;
        picture.strides[0] = 640;
        assert_int_equal(tacet_testcard_read(&picture, &index), 0);
        assert_int_equal(index, (uint32_t)expected);
    }
    card.ops->free(card.ctx);
}

static void index_survives_vp8(void **state)
{
    static const struct {
        uint16_t width;
        uint16_t height;
        int32_t bitrate_bps;
    } rows[] = { { 640, 360, 400000 }, { 320, 180, 150000 }, { 1280, 720, 1000000 } };
    const struct tacet_codec *vp8 = tacet_codec_find(TACET_KIND_VIDEO, "vp8");

    (void)state;
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        struct tacet_video_source card = create(rows[r].width, rows[r].height);
        struct tacet_video_encoder_settings settings;
        struct tacet_video_encoder encoder;
        struct tacet_video_decoder decoder;
        int shown = 0;
        tacet_video_encoder_settings_init(&settings, rows[r].width, rows[r].height);
        settings.bitrate_bps = rows[r].bitrate_bps;
        assert_int_equal(vp8->video_encoder_create(&settings, &encoder), 0);
        assert_int_equal(vp8->video_decoder_create(rows[r].width, rows[r].height, &decoder), 0);
        for (int i = 0; i < 60; i++) {
            struct tacet_picture picture = next(&card, i == 0 ? 0x155555 : 0);
            struct tacet_picture decoded;
            struct tacet_frame frame;
            uint32_t index;
            picture.captured_at_us = i * 33333;
            int result = encoder.ops->encode(
                encoder.ctx, &picture, i == 0 ? TACET_REFRESH_KEY : TACET_REFRESH_NONE, &frame);
            assert_true(result >= 0);
            if (result == 1) {
                assert_int_equal(decoder.ops->decode(decoder.ctx, frame.data, frame.size, &decoded),
                                 1);
                assert_int_equal(tacet_testcard_read(&decoded, &index), 0);
                assert_int_equal(index, (uint32_t)picture.index);
                shown++;
            }
        }
        assert_true(shown > 30);
        encoder.ops->free(encoder.ctx);
        decoder.ops->free(decoder.ctx);
        card.ops->free(card.ctx);
    }
}

static void unreadable_index_is_an_error(void **state)
{
    static uint8_t grey[640 * 360];
    struct tacet_picture picture = {
        .width = 640, .height = 360, .planes = { grey }, .strides = { 640 }
    };
    uint32_t index = 77;

    (void)state;
    memset(grey, 128, sizeof(grey));
    assert_int_equal(tacet_testcard_read(&picture, &index), TACET_ERR_FORMAT);
    assert_int_equal(index, 77);
    picture.width = 31;
    assert_int_equal(tacet_testcard_read(&picture, &index), TACET_ERR_FORMAT);
}

static void each_picture_moves_and_depends_on_its_index_alone(void **state)
{
    struct tacet_video_source one = create(320, 180);
    struct tacet_video_source two = create(320, 180);
    static uint8_t before[320 * 180];
    struct tacet_picture picture = next(&one, 0);

    (void)state;
    memcpy(before, picture.planes[0], sizeof(before));
    for (uint64_t i = 1; i < 600; i++) {
        size_t changed = 0;
        picture = next(&one, 0);
        for (size_t n = 320 * 23; n < sizeof(before); n++) {
            changed += picture.planes[0][n] != before[n];
        }
        assert_true(changed > sizeof(before) / 3);
        memcpy(before, picture.planes[0], sizeof(before));
        if (i % 100 == 0) {
            struct tacet_picture same = next(&two, i == 100 ? 100 : 99);
            assert_int_equal(same.index, i);
            assert_memory_equal(same.planes[0], picture.planes[0], 320 * 180);
            assert_memory_equal(same.planes[1], picture.planes[1], 160 * 90);
            assert_memory_equal(same.planes[2], picture.planes[2], 160 * 90);
        }
    }
    one.ops->free(one.ctx);
    two.ops->free(two.ctx);
}

static void impossible_formats_are_refused(void **state)
{
    static const struct tacet_video_format formats[] = { { 31, 360, 30, 1 },  { 640, 31, 30, 1 },
                                                         { 4097, 64, 30, 1 }, { 64, 4097, 30, 1 },
                                                         { 640, 360, 0, 1 },  { 640, 360, 30, 0 } };
    struct tacet_video_source card = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        assert_int_equal(tacet_testcard_source_create(&formats[i], &card), TACET_ERR_ARGUMENT);
    }
    assert_null(card.ops);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_is_read_back_at_every_size),
        cmocka_unit_test(index_survives_blur_and_noise),
        cmocka_unit_test(index_survives_vp8),
        cmocka_unit_test(unreadable_index_is_an_error),
        cmocka_unit_test(each_picture_moves_and_depends_on_its_index_alone),
        cmocka_unit_test(impossible_formats_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
