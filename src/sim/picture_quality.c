/* See picture_quality.h. The arithmetic is libyuv's. Memory comes from the C library, as everywhere
 * in the simulator. */
#include "sim/picture_quality.h"

#include "tacet/error.h"

#include <libyuv/compare.h>
#include <libyuv/scale.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(uint8_t **memory, size_t *capacity, size_t size)
{
    if (*capacity < size) {
        uint8_t *grown = realloc(*memory, size);
        if (grown == NULL) {
            return false;
        }
        *memory = grown;
        *capacity = size;
    }
    return true;
}

int tacet_picture_quality_keep(struct tacet_picture_quality *quality, uint64_t index,
                               const struct tacet_picture *captured)
{
    size_t slot = index % TACET_PICTURES_KEPT;
    size_t width = captured->width;

    if (!reserve(&quality->kept[slot].luma, &quality->kept[slot].capacity,
                 width * captured->height)) {
        return TACET_ERR_NOMEM;
    }
    for (size_t y = 0; y < captured->height; y++) {
        memcpy(quality->kept[slot].luma + y * width,
               captured->planes[0] + y * (size_t)captured->strides[0], width);
    }
    quality->kept[slot].index = index;
    quality->kept[slot].width = captured->width;
    quality->kept[slot].height = captured->height;
    return 0;
}

int tacet_picture_quality_compare(struct tacet_picture_quality *quality, uint64_t index,
                                  const struct tacet_picture *shown)
{
    size_t slot = index % TACET_PICTURES_KEPT;
    int width = quality->kept[slot].width;
    int height = quality->kept[slot].height;
    const uint8_t *source = quality->kept[slot].luma;
    const uint8_t *luma = shown->planes[0];
    int stride = shown->strides[0];

    if (source == NULL || quality->kept[slot].index != index) {
        quality->forgotten++;
        return 0;
    }
    if (shown->width != width || shown->height != height) {
        if (!reserve(&quality->scaled, &quality->scaled_capacity, (size_t)width * (size_t)height)) {
            return TACET_ERR_NOMEM;
        }
        ScalePlane(luma, stride, shown->width, shown->height, quality->scaled, width, width, height,
                   kFilterBox);
        luma = quality->scaled;
        stride = width;
    }
    uint64_t error = ComputeSumSquareErrorPlane(luma, stride, source, width, width, height);
    quality->psnr_sum += SumSquareErrorToPsnr(error, (uint64_t)width * (uint64_t)height);
    quality->ssim_sum += CalcFrameSsim(luma, stride, source, width, width, height);
    quality->compared++;
    return 0;
}

void tacet_picture_quality_free(struct tacet_picture_quality *quality)
{
    for (size_t i = 0; i < TACET_PICTURES_KEPT; i++) {
        free(quality->kept[i].luma);
    }
    free(quality->scaled);
    *quality = (struct tacet_picture_quality){ 0 };
}
