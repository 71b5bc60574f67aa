/* See scale.h. */
#include "media/scale.h"

#include "base/alloc.h"
#include "tacet/error.h"

#include <assert.h>
#include <libyuv/convert.h>
#include <libyuv/scale.h>

size_t tacet_picture_size(uint16_t width, uint16_t height)
{
    size_t chroma = ((size_t)width + 1) / 2 * (((size_t)height + 1) / 2);

    return (size_t)width * height + 2 * chroma;
}

int tacet_canvas_resize(struct tacet_canvas *canvas, uint16_t width, uint16_t height)
{
    if (width == 0 || width > TACET_PICTURE_SIDE_MAX || height == 0 ||
        height > TACET_PICTURE_SIDE_MAX) {
        return TACET_ERR_ARGUMENT;
    }
    size_t size = tacet_picture_size(width, height);
    if (size > canvas->capacity) {
        uint8_t *memory = tacet_alloc(size);
        if (memory == NULL) {
            return TACET_ERR_NOMEM;
        }
        tacet_dealloc(canvas->memory);
        canvas->memory = memory;
        canvas->capacity = size;
    }
    int chroma_stride = (width + 1) / 2;
    size_t luma = (size_t)width * height;
    size_t chroma = (size_t)chroma_stride * (((size_t)height + 1) / 2);
    canvas->picture.width = width;
    canvas->picture.height = height;
    canvas->picture.planes[0] = canvas->memory;
    canvas->picture.planes[1] = canvas->memory + luma;
    canvas->picture.planes[2] = canvas->memory + luma + chroma;
    canvas->picture.strides[0] = width;
    canvas->picture.strides[1] = chroma_stride;
    canvas->picture.strides[2] = chroma_stride;
    return 0;
}

void tacet_canvas_free(struct tacet_canvas *canvas)
{
    if (canvas != NULL) {
        tacet_dealloc(canvas->memory);
        *canvas = (struct tacet_canvas){ 0 };
    }
}

int tacet_scale(const struct tacet_picture *from, struct tacet_canvas *to)
{
    const struct tacet_picture *p = &to->picture;
    int error;

    assert(to->memory != NULL);
    if (from->width == 0 || from->width > TACET_PICTURE_SIDE_MAX || from->height == 0 ||
        from->height > TACET_PICTURE_SIDE_MAX) {
        return TACET_ERR_ARGUMENT;
    }
    uint8_t *y = to->memory;
    uint8_t *u = y + (p->planes[1] - p->planes[0]);
    uint8_t *v = y + (p->planes[2] - p->planes[0]);
    if (from->width == p->width && from->height == p->height) {
        error = I420Copy(from->planes[0], from->strides[0], from->planes[1], from->strides[1],
                         from->planes[2], from->strides[2], y, p->strides[0], u, p->strides[1], v,
                         p->strides[2], p->width, p->height);
    } else {
        /* libyuv turns the box filter into a bilinear one where it enlarges. */
        error = I420Scale(from->planes[0], from->strides[0], from->planes[1], from->strides[1],
                          from->planes[2], from->strides[2], from->width, from->height, y,
                          p->strides[0], u, p->strides[1], v, p->strides[2], p->width, p->height,
                          kFilterBox);
    }
    if (error != 0) {
        return TACET_ERR_NOMEM; /* of the rows it works in: sizes were checked */
    }
    to->picture.index = from->index;
    to->picture.captured_at_us = from->captured_at_us;
    return 0;
}
