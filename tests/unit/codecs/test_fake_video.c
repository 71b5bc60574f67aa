/* Pictures of the codec for simulations: they must notice what a simulated network does to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "sim/rng.h"
#include "tacet/codec.h"
#include "tacet/error.h"
#include "tacet/video.h"

#include <stdlib.h>
#include <string.h>

struct film {
    struct tacet_video_encoder encoder;
    struct tacet_video_decoder decoder;
    struct tacet_video_encoder_settings settings;
    uint8_t planes[640 * 360 * 3 / 2];
    uint64_t index;
};

static struct film *film_create(void)
{
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_VIDEO, "fake");
    struct film *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    tacet_video_encoder_settings_init(&f->settings, 320, 180);
    f->settings.bitrate_bps = 480000; /* 2000 bytes a frame */
    assert_int_equal(codec->video_encoder_create(&f->settings, &f->encoder), 0);
    assert_int_equal(codec->video_decoder_create(640, 360, &f->decoder), 0);
    return f;
}

static void film_free(struct film *f)
{
    f->encoder.ops->free(f->encoder.ctx);
    f->decoder.ops->free(f->decoder.ctx);
    free(f);
}

static struct tacet_frame film_encode_as(struct film *f, enum tacet_refresh refresh)
{
    struct tacet_frame frame = { 0 };
    const struct tacet_picture picture = {
        .width = f->settings.width,
        .height = f->settings.height,
        .planes = { f->planes, f->planes, f->planes },
        .strides = { f->settings.width, f->settings.width, f->settings.width },
        .index = f->index * 3 + 1, /* of the source, which skips */
        .captured_at_us = (int64_t)f->index * 33333 + 5,
    };

    f->index++;
    assert_int_equal(f->encoder.ops->encode(f->encoder.ctx, &picture, refresh, &frame), 1);
    return frame;
}

static struct tacet_frame film_encode(struct film *f, bool key)
{
    return film_encode_as(f, key ? TACET_REFRESH_KEY : TACET_REFRESH_NONE);
}

static int film_decode(struct film *f, const struct tacet_frame *frame, struct tacet_picture *ret)
{
    return f->decoder.ops->decode(f->decoder.ctx, frame->data, frame->size, ret);
}

static void pictures_carry_index_and_time(void **state)
{
    struct film *f = film_create();

    (void)state;
    for (uint64_t n = 0; n < 100; n++) {
        struct tacet_frame frame = film_encode(f, n == 50);
        struct tacet_picture picture;
        bool key = n == 0 || n == 50;
        assert_int_equal(frame.key, key);
        assert_int_equal((frame.data[0] & 1) == 0, key); /* as in VP8 */
        assert_int_equal(frame.size, key ? 10000 : 2000);
        assert_int_equal(film_decode(f, &frame, &picture), 1);
        assert_int_equal(picture.index, n * 3 + 1);
        assert_int_equal(picture.captured_at_us, (int64_t)n * 33333 + 5);
        assert_int_equal(picture.width, 320);
        assert_int_equal(picture.height, 180);
        uint32_t read = 0;
        for (size_t block = 0; block < 32; block++) {
            read = read << 1 | (picture.planes[0][block * 10 + 5 + 320 * 10] > 128 ? 1U : 0U);
        }
        assert_int_equal(read, n * 3 + 1);
    }
    film_free(f);
}

static void missing_reference_is_refused_until_a_key_frame(void **state)
{
    struct film *f = film_create();
    struct tacet_picture picture;

    (void)state;
    struct tacet_frame frame = film_encode(f, false);
    assert_int_equal(film_decode(f, &frame, &picture), 1);
    (void)film_encode(f, false); /* lost */
    for (int n = 0; n < 5; n++) {
        frame = film_encode(f, false);
        assert_int_equal(film_decode(f, &frame, &picture), TACET_ERR_CODEC);
    }
    frame = film_encode(f, true);
    assert_int_equal(film_decode(f, &frame, &picture), 1);
    frame = film_encode(f, false);
    assert_int_equal(film_decode(f, &frame, &picture), 1);
    assert_int_equal(film_decode(f, &frame, &picture), TACET_ERR_CODEC); /* twice */
    film_free(f);
}

static void first_frame_must_be_a_key_frame(void **state)
{
    struct film *f = film_create();
    struct tacet_picture picture;

    (void)state;
    (void)film_encode(f, false);
    struct tacet_frame frame = film_encode(f, false);
    assert_int_equal(film_decode(f, &frame, &picture), TACET_ERR_CODEC);
    film_free(f);
}

static void any_changed_or_missing_byte_of_a_picture_is_noticed(void **state)
{
    struct film *f = film_create();
    struct tacet_picture picture;
    uint8_t data[10000];

    (void)state;
    struct tacet_frame frame = film_encode(f, true);
    memcpy(data, frame.data, frame.size);
    for (size_t at = 0; at < frame.size; at++) {
        data[at] ^= 0x01;
        assert_int_equal(f->decoder.ops->decode(f->decoder.ctx, data, frame.size, &picture),
                         TACET_ERR_CODEC);
        data[at] ^= 0x01;
    }
    for (size_t size = 0; size < frame.size; size += size < 100 ? 1 : 97) {
        assert_int_equal(f->decoder.ops->decode(f->decoder.ctx, data, size, &picture),
                         TACET_ERR_CODEC);
    }
    assert_int_equal(f->decoder.ops->decode(f->decoder.ctx, data, frame.size, &picture), 1);
    film_free(f);
}

static void size_follows_the_settings(void **state)
{
    struct film *f = film_create();
    struct tacet_picture picture;

    (void)state;
    (void)film_encode(f, false);
    f->settings.bitrate_bps = 960000;
    f->settings.fps = 15;
    assert_int_equal(f->encoder.ops->configure(f->encoder.ctx, &f->settings), 0);
    assert_int_equal(film_encode(f, false).size, 8000);
    f->settings.width = 640;
    f->settings.height = 360;
    assert_int_equal(f->encoder.ops->configure(f->encoder.ctx, &f->settings), 0);
    struct tacet_frame frame = film_encode(f, false);
    assert_true(frame.key);
    assert_int_equal(film_decode(f, &frame, &picture), 1);
    assert_int_equal(picture.width, 640);
    f->settings.height = 362; /* the decoder agreed to 360 */
    assert_int_equal(f->encoder.ops->configure(f->encoder.ctx, &f->settings), 0);
    frame = film_encode(f, false);
    assert_int_equal(film_decode(f, &frame, &picture), TACET_ERR_CODEC);
    f->settings.temporal_layers = 4;
    assert_int_equal(f->encoder.ops->configure(f->encoder.ctx, &f->settings), TACET_ERR_ARGUMENT);
    film_free(f);
}

/* What is decodable is what the references of struct tacet_frame say, and nothing else. */
static void frame_decodes_only_with_all_that_it_refers_to(void **state)
{
    static const enum tacet_refresh refreshes[] = {
        TACET_REFRESH_NONE,   TACET_REFRESH_NONE, TACET_REFRESH_NONE,
        TACET_REFRESH_GOLDEN, TACET_REFRESH_KEY,  TACET_REFRESH_ALTREF,
    };
    struct tacet_rng rng;

    (void)state;
    tacet_rng_seed(&rng, 7, 0);
    for (uint8_t layers = 1; layers <= 3; layers++) {
        struct film *f = film_create();
        uint32_t encoder_has[3] = { 0 }, decoder_has[3] = { 0 };
        uint32_t refused = 0, healed = 0;
        f->settings.temporal_layers = layers;
        assert_int_equal(f->encoder.ops->configure(f->encoder.ctx, &f->settings), 0);
        for (uint32_t n = 1; n <= 3000; n++) {
            bool wish = tacet_rng_below(&rng, 8) == 0;
            struct tacet_frame frame =
                film_encode_as(f, n == 1 ? TACET_REFRESH_KEY
                                  : wish ? refreshes[tacet_rng_below(&rng, 6)]
                                         : TACET_REFRESH_NONE);
            struct tacet_picture picture;
            bool has = true;
            for (int i = 0; i < 3; i++) {
                bool needs = (frame.references >> i & 1) != 0;
                has = has && (!needs || encoder_has[i] == decoder_has[i]);
                encoder_has[i] = (frame.updates >> i & 1) != 0 ? n : encoder_has[i];
            }
            if (n > 1 && tacet_rng_below(&rng, 10) == 0) {
                continue; /* lost */
            }
            assert_int_equal(film_decode(f, &frame, &picture), has ? 1 : TACET_ERR_CODEC);
            refused += has ? 0 : 1;
            healed += has && (frame.references & TACET_REFERENCE_LAST) == 0 ? 1 : 0;
            for (int i = 0; i < 3 && has; i++) {
                decoder_has[i] = (frame.updates >> i & 1) != 0 ? n : decoder_has[i];
            }
        }
        assert_true(refused > 100);
        assert_true(healed > 50);
        film_free(f);
    }
}

static void failing_allocation_is_reported(void **state)
{
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_VIDEO, "fake");
    struct tacet_video_encoder_settings settings;
    struct tacet_video_encoder encoder;
    struct tacet_video_decoder decoder;

    (void)state;
    tacet_video_encoder_settings_init(&settings, 64, 64);
    tacet_alloc_fail_after(0);
    assert_int_equal(codec->video_encoder_create(&settings, &encoder), TACET_ERR_NOMEM);
    assert_int_equal(codec->video_decoder_create(64, 64, &decoder), TACET_ERR_NOMEM);
    tacet_alloc_fail_after(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_carry_index_and_time),
        cmocka_unit_test(missing_reference_is_refused_until_a_key_frame),
        cmocka_unit_test(first_frame_must_be_a_key_frame),
        cmocka_unit_test(any_changed_or_missing_byte_of_a_picture_is_noticed),
        cmocka_unit_test(size_follows_the_settings),
        cmocka_unit_test(frame_decodes_only_with_all_that_it_refers_to),
        cmocka_unit_test(failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
