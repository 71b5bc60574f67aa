/* Scaling and copying of I420 pictures through libyuv, and memory to hold one. */
#ifndef TACET_MEDIA_SCALE_H
#define TACET_MEDIA_SCALE_H

#include "tacet/picture.h"

/* A picture with memory of its own. Zero-initialised is empty. */
struct tacet_canvas {
    struct tacet_picture picture;
    uint8_t *memory;
    size_t capacity;
};

/* Makes room for width x height; the contents are lost where it grows. TACET_ERR_NOMEM,
 * TACET_ERR_ARGUMENT (a side of 0 or above TACET_PICTURE_SIDE_MAX). */
int tacet_canvas_resize(struct tacet_canvas *canvas, uint16_t width, uint16_t height);
void tacet_canvas_free(struct tacet_canvas *canvas);
/* Bytes of plane memory that may be written: canvas->memory, planes in order without gaps. */
size_t tacet_picture_size(uint16_t width, uint16_t height);
/* Copies, or scales (box filter down, bilinear up) where the sizes differ; index and captured_at_us
 * are taken over. The canvas keeps its size. */
int tacet_scale(const struct tacet_picture *from, struct tacet_canvas *to);

#endif
