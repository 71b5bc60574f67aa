/* A picture: 8-bit I420 (planes Y, U, V; chroma halved both ways, rounded up). */
#ifndef TACET_PICTURE_H
#define TACET_PICTURE_H

#include "tacet/api.h"

#define TACET_PICTURE_SIDE_MAX 4096 /* pixels, both ways */

struct tacet_picture {
    uint16_t width;            /* 1 to TACET_PICTURE_SIDE_MAX */
    uint16_t height;
    const uint8_t *planes[3];  /* borrowed */
    int strides[3];            /* bytes from row to row, at least the plane's width */
    uint64_t index;            /* number of the picture in its source, from 0 */
    int64_t captured_at_us;
};

#endif
