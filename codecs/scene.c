/* See scene.h. */
#include "scene.h"

#include <stdlib.h>

#define PLACES (TACET_SCENE_ROWS * TACET_SCENE_COLUMNS)
#define CUT_Q8 (8 << 8) /* a mean difference of 8 of 256 levels at least ... */
#define CUT_TIMES 4     /* ... and so many times the usual one */
#define USUAL_SHARE 4

/* Takes the picture's places for those of the one before; how much they differ, in 1/256. */
static int32_t follow(struct tacet_scene *scene, const struct tacet_picture *picture)
{
    int32_t sum = 0;

    for (int row = 0; row < TACET_SCENE_ROWS; row++) {
        int y = row * picture->height / TACET_SCENE_ROWS;
        const uint8_t *line = picture->planes[0] + (ptrdiff_t)y * picture->strides[0];
        for (int column = 0; column < TACET_SCENE_COLUMNS; column++) {
            uint8_t luma = line[column * picture->width / TACET_SCENE_COLUMNS];
            sum += abs(luma - scene->luma[row][column]);
            scene->luma[row][column] = luma;
        }
    }
    return sum * 256 / PLACES;
}

bool tacet_scene_is_cut(struct tacet_scene *scene, const struct tacet_picture *picture)
{
    int32_t differs_q8 = follow(scene, picture);
    bool cut = scene->begun && differs_q8 > CUT_Q8 && differs_q8 > CUT_TIMES * scene->usual_q8;

    if (scene->begun) {
        scene->usual_q8 += (differs_q8 - scene->usual_q8) / USUAL_SHARE;
    }
    scene->begun = true;
    return cut;
}
