/* What is taken for another scene. */
#include "../../../codecs/scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define WIDTH 160
#define HEIGHT 90

/* A pattern that has moved so far, under a light. */
static bool show(struct tacet_scene *scene, int pattern, int moved, int light)
{
    static uint8_t luma[HEIGHT][WIDTH];
    struct tacet_picture picture = { .width = WIDTH, .height = HEIGHT };

    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            int wave = pattern == 0 ? (x + moved) / 20 % 2 : (y / 9 + (x + moved) / 40) % 2;
            luma[y][x] = (uint8_t)(60 + 80 * wave + light);
        }
    }
    picture.planes[0] = luma[0];
    picture.strides[0] = WIDTH;
    return tacet_scene_is_cut(scene, &picture);
}

static void cut_is_told_once(void **state)
{
    struct tacet_scene scene = { 0 };

    (void)state;
    for (int i = 0; i < 50; i++) {
        assert_false(show(&scene, 0, 0, i % 3)); /* the first one, and noise */
    }
    assert_true(show(&scene, 1, 0, 0));
    for (int i = 0; i < 20; i++) {
        assert_false(show(&scene, 1, 0, 0));
    }
    assert_true(show(&scene, 0, 0, 0));
}

static void movement_and_light_are_no_cut(void **state)
{
    struct tacet_scene scene = { 0 };

    (void)state;
    int cuts = 0;
    for (int i = 0; i < 100; i++) {
        cuts += show(&scene, 0, 3 * i, i % 4); /* all of it, all the time */
    }
    assert_in_range(cuts, 0, 5); /* how movement begins cannot be told from a cut */
    memset(&scene, 0, sizeof(scene));
    for (int i = 0; i < 20; i++) {
        assert_false(show(&scene, 0, 0, 7 * (i % 2)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_is_told_once),
        cmocka_unit_test(movement_and_light_are_no_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
