/*
 * Tells where a picture shows something else than the one before: a cut, or a camera that was
 * changed. Nothing of such a picture can be predicted, so it is as large as a key frame, and an
 * encoder that is told sees to it that it is not. By the luma of some places: movement changes
 * little of it, and where it changes much all the time, that is no cut.
 */
#ifndef TACET_CODECS_SCENE_H
#define TACET_CODECS_SCENE_H

#include "tacet/picture.h"

#include <stdbool.h>
#include <stdint.h>

#define TACET_SCENE_COLUMNS 64
#define TACET_SCENE_ROWS 36

/* Zero-initialised has seen nothing. */
struct tacet_scene {
    bool begun;
    uint8_t luma[TACET_SCENE_ROWS][TACET_SCENE_COLUMNS];
    int32_t usual_q8; /* mean difference from one picture to the next, in 1/256 */
};

/* To be asked once for every picture. False for the first. */
bool tacet_scene_is_cut(struct tacet_scene *scene, const struct tacet_picture *picture);

#endif
