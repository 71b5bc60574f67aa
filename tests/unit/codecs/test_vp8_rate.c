/* The rate control of VP8 over pictures that a camera could have given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tacet/codec.h"

#define WIDTH 320
#define HEIGHT 180
#define FPS 30
#define BITRATE 600000
#define SECONDS 9

static uint32_t chance; /* of a linear congruential generator, the same in every run */

static uint32_t draw(uint32_t n)
{
    chance = chance * 1664525 + 1013904223;
    return (chance >> 8) % n;
}

/* A texture that moves to and fro, with noise on it. */
static void paint(uint8_t luma[HEIGHT][WIDTH], int number)
{
    int shift = number % 60 < 30 ? number % 60 : 60 - number % 60;

    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            int tile = ((x + 2 * shift) / 8 * 7 + (y + shift) / 8 * 13) * 37 % 160;
            luma[y][x] = (uint8_t)(40 + tile + (int)draw(12));
        }
    }
}

/* Encodes pictures of which the source passed one over before the `gap`-th, at another bit rate
 * from the `change`-th on, which is refreshed like that; fills bits a picture. */
static void encode(int gap, int32_t from_bps, int change, int32_t to_bps, enum tacet_refresh then,
                   int64_t bits[SECONDS * FPS])
{
    static uint8_t luma[HEIGHT][WIDTH];
    static const uint8_t chroma[HEIGHT / 2][WIDTH / 2];
    const struct tacet_codec *vp8 = tacet_codec_find(TACET_KIND_VIDEO, "vp8");
    struct tacet_video_encoder_settings settings;
    struct tacet_video_encoder encoder;

    chance = 1;
    tacet_video_encoder_settings_init(&settings, WIDTH, HEIGHT);
    settings.bitrate_bps = from_bps;
    assert_int_equal(vp8->video_encoder_create(&settings, &encoder), 0);
    for (int i = 0; i < SECONDS * FPS; i++) {
        int number = i + (i >= gap);
        const struct tacet_picture picture = {
            .width = WIDTH,
            .height = HEIGHT,
            .planes = { luma[0], chroma[0], chroma[0] },
            .strides = { WIDTH, WIDTH / 2, WIDTH / 2 },
            .captured_at_us = 1000000 + (int64_t)number * 1000000 / FPS,
        };
        struct tacet_frame frame;
        if (i == change) {
            settings.bitrate_bps = to_bps;
            assert_int_equal(encoder.ops->configure(encoder.ctx, &settings), 0);
        }
        paint(luma, number);
        enum tacet_refresh refresh = i == 0 ? TACET_REFRESH_KEY : TACET_REFRESH_NONE;
        refresh = i == change ? then : refresh;
        int result = encoder.ops->encode(encoder.ctx, &picture, refresh, &frame);
        assert_in_range(result, 0, 1);
        bits[i] = result == 1 ? (int64_t)frame.size * 8 : 0;
    }
    encoder.ops->free(encoder.ctx);
}

/* A picture that the source passed over must not make the rate control starve those after it. */
static void a_gap_in_the_pictures_does_not_starve_the_seconds_after_it(void **state)
{
    (void)state;
    for (int gap = 3 * FPS; gap < 4 * FPS; gap += 5) {
        int64_t bits[SECONDS * FPS];
        encode(gap, BITRATE, SECONDS * FPS, BITRATE, TACET_REFRESH_NONE, bits);
        for (int second = 4; second < SECONDS; second++) {
            int64_t sum = 0;
            for (int i = second * FPS; i < (second + 1) * FPS; i++) {
                sum += bits[i];
            }
            assert_in_range(sum, BITRATE * 8 / 10, BITRATE * 12 / 10);
        }
    }
}

/* Marks on white, as dense as the writing on a page. */
static void print_page(uint8_t luma[HEIGHT][WIDTH])
{
    memset(luma, 235, (size_t)HEIGHT * WIDTH);
    for (int y = 0; y + 8 <= HEIGHT; y += 16) {
        for (int x = 0; x + 6 <= WIDTH; x += 12) {
            uint32_t bar = draw(8);
            uint32_t stem = draw(6);
            for (uint32_t i = 0; i < 8; i++) {
                luma[y + (int)i][x + (int)stem] = 20;
                luma[y + (int)bar][x + (int)(i * 6 / 8)] = 20;
            }
        }
    }
}

/* The rate control makes it by a guess, and all pictures that follow wait for it. */
static void a_first_frame_is_sent_within_170_ms(void **state)
{
    static uint8_t luma[HEIGHT][WIDTH];
    static const uint8_t chroma[HEIGHT / 2][WIDTH / 2];
    static const int32_t rates_bps[] = { 160000, 200000, 300000 };
    const struct tacet_picture picture = {
        .width = WIDTH,
        .height = HEIGHT,
        .planes = { luma[0], chroma[0], chroma[0] },
        .strides = { WIDTH, WIDTH / 2, WIDTH / 2 },
        .captured_at_us = 1000000,
    };

    (void)state;
    chance = 1;
    print_page(luma);
    for (size_t i = 0; i < sizeof(rates_bps) / sizeof(rates_bps[0]); i++) {
        const struct tacet_codec *vp8 = tacet_codec_find(TACET_KIND_VIDEO, "vp8");
        struct tacet_video_encoder_settings settings;
        struct tacet_video_encoder encoder;
        struct tacet_frame frame;
        tacet_video_encoder_settings_init(&settings, WIDTH, HEIGHT);
        assert_int_equal(vp8->video_encoder_create(&settings, &encoder), 0);
        settings.bitrate_bps = rates_bps[i];
        assert_int_equal(encoder.ops->configure(encoder.ctx, &settings), 0);
        assert_int_equal(encoder.ops->encode(encoder.ctx, &picture, TACET_REFRESH_KEY, &frame), 1);
        assert_true(frame.key);
        assert_true(frame.size * 8000 / (size_t)rates_bps[i] < 170);
        encoder.ops->free(encoder.ctx);
    }
}

/* Noise that no rate carries: larger than a frame may be, by the guess. */
static void a_first_frame_too_large_to_send_is_made_smaller(void **state)
{
    static uint8_t luma[1080][1920];
    static const uint8_t chroma[540][960];
    const struct tacet_codec *vp8 = tacet_codec_find(TACET_KIND_VIDEO, "vp8");
    const struct tacet_picture picture = {
        .width = 1920,
        .height = 1080,
        .planes = { luma[0], chroma[0], chroma[0] },
        .strides = { 1920, 960, 960 },
        .captured_at_us = 1000000,
    };
    struct tacet_video_encoder_settings settings;
    struct tacet_video_encoder encoder;
    struct tacet_frame frame;

    (void)state;
    chance = 1;
    for (size_t y = 0; y < 1080; y++) {
        for (size_t x = 0; x < 1920; x++) {
            luma[y][x] = (uint8_t)(80 + draw(96));
        }
    }
    tacet_video_encoder_settings_init(&settings, 1920, 1080);
    settings.bitrate_bps = 16000000;
    assert_int_equal(vp8->video_encoder_create(&settings, &encoder), 0);
    assert_int_equal(encoder.ops->encode(encoder.ctx, &picture, TACET_REFRESH_KEY, &frame), 1);
    assert_true(frame.key);
    encoder.ops->free(encoder.ctx);
}

/* What an encoder makes beyond a rate that fell waits somewhere, and is delay. */
static void a_fall_of_the_rate_is_followed_within_a_fifth_of_a_second(void **state)
{
    static const struct {
        int32_t from_bps, to_bps;
    } rows[] = { { 2500000, 500000 }, { 1500000, 500000 }, { 1000000, 300000 } };
    const int change = 5 * FPS;

    (void)state;
    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        int64_t bits[SECONDS * FPS];
        int64_t waiting = 0;
        encode(SECONDS * FPS, rows[row].from_bps, change, rows[row].to_bps, TACET_REFRESH_NONE,
               bits);
        for (int i = change; i < SECONDS * FPS; i++) {
            waiting += bits[i] - rows[row].to_bps / FPS;
            waiting = waiting > 0 ? waiting : 0;
            assert_true(waiting * 1000 / rows[row].to_bps < 200);
        }
    }
}

/* The picture that heals a loss is predicted from an old one. When the loss came of the fall, it is
 * the first at the new rate, and must not wait long to leave. */
static void a_recovery_at_a_fall_of_the_rate_is_no_larger_than_the_rate(void **state)
{
    static const enum tacet_refresh refreshes[] = { TACET_REFRESH_GOLDEN, TACET_REFRESH_ALTREF };
    const int change = 5 * FPS + 20; /* the picture has moved on since the old ones */
    const int32_t to_bps = 500000;

    (void)state;
    for (size_t i = 0; i < sizeof(refreshes) / sizeof(refreshes[0]); i++) {
        int64_t bits[SECONDS * FPS];
        encode(SECONDS * FPS, 2500000, change, to_bps, refreshes[i], bits);
        assert_true(bits[change] > 0);
        assert_true(bits[change] * 1000 / to_bps < 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_in_the_pictures_does_not_starve_the_seconds_after_it),
        cmocka_unit_test(a_first_frame_is_sent_within_170_ms),
        cmocka_unit_test(a_first_frame_too_large_to_send_is_made_smaller),
        cmocka_unit_test(a_fall_of_the_rate_is_followed_within_a_fifth_of_a_second),
        cmocka_unit_test(a_recovery_at_a_fall_of_the_rate_is_no_larger_than_the_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
