/* Shown pictures beside their source. */
#include "sim/picture_quality.h"

#include <libyuv/compare.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WIDTH 64
#define HEIGHT 48
#define STRIDE 80

static uint8_t luma[2][STRIDE * HEIGHT];

static struct tacet_picture picture(uint8_t *plane, uint16_t width, uint16_t height)
{
    return (struct tacet_picture){
        .width = width,
        .height = height,
        .planes = { plane, plane, plane },
        .strides = { STRIDE, STRIDE, STRIDE },
    };
}

/* A ramp, and what lies beside the picture in memory is not of it. */
static void draw(uint8_t *plane)
{
    memset(plane, 200, STRIDE * HEIGHT);
    for (size_t y = 0; y < HEIGHT; y++) {
        for (size_t x = 0; x < WIDTH; x++) {
            plane[y * STRIDE + x] = (uint8_t)(x * 2 + y);
        }
    }
}

static void an_error_of_known_size_is_measured(void **state)
{
    struct tacet_picture_quality quality = { 0 };
    struct tacet_picture source = picture(luma[0], WIDTH, HEIGHT);
    struct tacet_picture shown = picture(luma[1], WIDTH, HEIGHT);

    (void)state;
    draw(luma[0]);
    memcpy(luma[1], luma[0], sizeof(luma[0]));
    for (size_t i = 0; i < sizeof(luma[1]); i++) {
        luma[1][i] = (uint8_t)(luma[1][i] + 5);
    }
    assert_int_equal(tacet_picture_quality_keep(&quality, 3, &source), 0);
    memset(luma[0], 0, sizeof(luma[0])); /* a copy was kept */
    assert_int_equal(tacet_picture_quality_compare(&quality, 3, &shown), 0);
    assert_int_equal(quality.compared, 1);
    /* PSNR of a constant error of 5: 20 log10(255 / 5). */
    assert_true(fabs(quality.psnr_sum - 34.1514) < 0.001);
    assert_true(quality.ssim_sum > 0.9);
    assert_true(quality.ssim_sum < 1);
    tacet_picture_quality_free(&quality);
}

static void a_smaller_picture_is_scaled_to_its_source(void **state)
{
    struct tacet_picture_quality quality = { 0 };
    struct tacet_picture source = picture(luma[0], WIDTH, HEIGHT);
    struct tacet_picture shown = picture(luma[1], WIDTH / 2, HEIGHT / 2);

    (void)state;
    memset(luma[0], 77, sizeof(luma[0]));
    memset(luma[1], 77, sizeof(luma[1]));
    assert_int_equal(tacet_picture_quality_keep(&quality, 0, &source), 0);
    assert_int_equal(tacet_picture_quality_compare(&quality, 0, &shown), 0);
    assert_int_equal(quality.compared, 1);
    assert_true(quality.ssim_sum > 0.9999);
    memset(luma[1], 200, sizeof(luma[1]));
    assert_int_equal(tacet_picture_quality_compare(&quality, 0, &shown), 0);
    assert_true(quality.ssim_sum < 1.9);
    tacet_picture_quality_free(&quality);
}

static void noise_costs_structure(void **state)
{
    struct tacet_picture_quality quality = { 0 };
    struct tacet_picture source = picture(luma[0], WIDTH, HEIGHT);
    struct tacet_picture shown = picture(luma[1], WIDTH, HEIGHT);

    (void)state;
    draw(luma[0]);
    memcpy(luma[1], luma[0], sizeof(luma[0]));
    for (size_t i = 0; i < sizeof(luma[1]); i++) {
        luma[1][i] = (uint8_t)(luma[1][i] + i * 7919 % 64);
    }
    assert_int_equal(tacet_picture_quality_keep(&quality, 0, &source), 0);
    assert_int_equal(tacet_picture_quality_compare(&quality, 0, &shown), 0);
    assert_true(quality.ssim_sum < 0.7);
    assert_true(quality.psnr_sum < 25);
    tacet_picture_quality_free(&quality);
}

static void a_source_that_is_gone_is_counted_and_not_guessed(void **state)
{
    struct tacet_picture_quality quality = { 0 };
    struct tacet_picture source = picture(luma[0], WIDTH, HEIGHT);

    (void)state;
    assert_int_equal(tacet_picture_quality_compare(&quality, 5, &source), 0);
    assert_int_equal(tacet_picture_quality_keep(&quality, 5, &source), 0);
    assert_int_equal(tacet_picture_quality_keep(&quality, 5 + TACET_PICTURES_KEPT, &source), 0);
    assert_int_equal(tacet_picture_quality_compare(&quality, 5, &source), 0);
    assert_int_equal(quality.forgotten, 2);
    assert_int_equal(quality.compared, 0);
    tacet_picture_quality_free(&quality);
}

static void similarity_is_that_of_libyuv(void **state)
{
    (void)state;
    draw(luma[0]);
    for (size_t i = 0; i < sizeof(luma[1]); i++) {
        luma[1][i] = (uint8_t)(luma[0][i] + i * i % 31);
    }
    for (int width = 9; width <= WIDTH; width++) {
        for (int height = 9; height <= HEIGHT; height++) {
            double ours = tacet_ssim(luma[0], STRIDE, luma[1], STRIDE, width, height);
            double theirs = CalcFrameSsim(luma[0], STRIDE, luma[1], STRIDE, width, height);
            assert_true(fabs(ours - theirs) < 1e-12);
            assert_true(ours < 0.999);
        }
    }
    assert_true(tacet_ssim(luma[0], STRIDE, luma[0], STRIDE, WIDTH, HEIGHT) > 0.999999);
    assert_true(tacet_ssim(luma[0], STRIDE, luma[1], STRIDE, 8, 8) > 0.999999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_of_known_size_is_measured),
        cmocka_unit_test(a_smaller_picture_is_scaled_to_its_source),
        cmocka_unit_test(noise_costs_structure),
        cmocka_unit_test(similarity_is_that_of_libyuv),
        cmocka_unit_test(a_source_that_is_gone_is_counted_and_not_guessed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
