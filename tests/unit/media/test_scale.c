/* Scaling and copying of pictures, and their memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "media/scale.h"
#include "tacet/error.h"

#include <stdlib.h>
#include <string.h>

static void size_is_that_of_three_planes(void **state)
{
    static const struct {
        uint16_t width, height;
        size_t size;
    } rows[] = {
        { 1, 1, 3 },          { 2, 2, 6 },          { 3, 3, 17 },
        { 640, 360, 345600 }, { 641, 361, 347603 }, { 4096, 4096, 25165824 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(tacet_picture_size(rows[i].width, rows[i].height), rows[i].size);
    }
}

static void planes_follow_one_another_without_gaps(void **state)
{
    struct tacet_canvas canvas = { 0 };

    (void)state;
    assert_int_equal(tacet_canvas_resize(&canvas, 5, 3), 0);
    assert_ptr_equal(canvas.picture.planes[0], canvas.memory);
    assert_ptr_equal(canvas.picture.planes[1], canvas.memory + 15);
    assert_ptr_equal(canvas.picture.planes[2], canvas.memory + 15 + 6);
    assert_int_equal(canvas.picture.strides[0], 5);
    assert_int_equal(canvas.picture.strides[1], 3);
    uint8_t *memory = canvas.memory;
    assert_int_equal(tacet_canvas_resize(&canvas, 3, 5), 0); /* there is room already */
    assert_ptr_equal(canvas.memory, memory);
    assert_int_equal(tacet_canvas_resize(&canvas, 0, 5), TACET_ERR_ARGUMENT);
    assert_int_equal(tacet_canvas_resize(&canvas, 5, 4097), TACET_ERR_ARGUMENT);
    tacet_alloc_fail_after(0);
    assert_int_equal(tacet_canvas_resize(&canvas, 500, 500), TACET_ERR_NOMEM);
    tacet_alloc_fail_after(-1);
    assert_int_equal(canvas.picture.width, 3); /* as it was */
    assert_ptr_equal(canvas.memory, memory);
    tacet_canvas_free(&canvas);
    assert_null(canvas.memory);
    tacet_canvas_free(NULL);
}

/* libyuv rounds: a level may be off by two. Luma left half 40, right half 200; u 90, v 170. */
static void paint(struct tacet_canvas *canvas, uint16_t width, uint16_t height)
{
    assert_int_equal(tacet_canvas_resize(canvas, width, height), 0);
    size_t luma = (size_t)width * height;
    size_t chroma = (tacet_picture_size(width, height) - luma) / 2;
    for (size_t i = 0; i < luma; i++) {
        canvas->memory[i] = i % width < width / 2U ? 40 : 200;
    }
    memset(canvas->memory + luma, 90, chroma);
    memset(canvas->memory + luma + chroma, 170, chroma);
    canvas->picture.index = 4711;
    canvas->picture.captured_at_us = 123456;
}

static void every_size_keeps_colours_and_sides(void **state)
{
    static const uint16_t sizes[][2] = { { 640, 360 }, { 320, 180 }, { 1280, 720 }, { 641, 361 },
                                         { 160, 90 },  { 213, 117 }, { 16, 16 } };
    struct tacet_canvas from = { 0 };
    struct tacet_canvas to = { 0 };

    (void)state;
    paint(&from, 640, 360);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint16_t width = sizes[i][0];
        uint16_t height = sizes[i][1];
        assert_int_equal(tacet_canvas_resize(&to, width, height), 0);
        memset(to.memory, 0, tacet_picture_size(width, height));
        assert_int_equal(tacet_scale(&from.picture, &to), 0);
        assert_int_equal(to.picture.width, width);
        assert_int_equal(to.picture.index, 4711);
        assert_int_equal(to.picture.captured_at_us, 123456);
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                uint8_t luma = to.picture.planes[0][y * to.picture.strides[0] + x];
                if (x < width / 2 - 2) {
                    assert_in_range(luma, 38, 42);
                } else if (x > width / 2 + 2) {
                    assert_in_range(luma, 198, 202);
                }
            }
        }
        for (int y = 0; y < (height + 1) / 2; y++) {
            for (int x = 0; x < (width + 1) / 2; x++) {
                assert_in_range(to.picture.planes[1][y * to.picture.strides[1] + x], 88, 92);
                assert_in_range(to.picture.planes[2][y * to.picture.strides[2] + x], 168, 172);
            }
        }
    }
    tacet_canvas_free(&from);
    tacet_canvas_free(&to);
}

static void copy_takes_strides_into_account(void **state)
{
    uint8_t wide[8 * 4 + 2 * 8 * 2];
    struct tacet_canvas to = { 0 };
    static const uint8_t expected[] = { 0, 1, 2, 3, 8, 9, 10, 11, 32, 33, 40, 41 };
    struct tacet_picture from = {
        .width = 4,
        .height = 2,
        .planes = { wide, wide + 32, wide + 40 },
        .strides = { 8, 8, 8 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wide); i++) {
        wide[i] = (uint8_t)i;
    }
    assert_int_equal(tacet_canvas_resize(&to, 4, 2), 0);
    assert_int_equal(tacet_scale(&from, &to), 0);
    assert_memory_equal(to.memory, expected, sizeof(expected));
    from.width = 0;
    assert_int_equal(tacet_scale(&from, &to), TACET_ERR_ARGUMENT);
    tacet_canvas_free(&to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_is_that_of_three_planes),
        cmocka_unit_test(planes_follow_one_another_without_gaps),
        cmocka_unit_test(every_size_keeps_colours_and_sides),
        cmocka_unit_test(copy_takes_strides_into_account),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
