/*
 * See picture_quality.h. PSNR is libyuv's. SSIM is that of CalcFrameSsim() in libyuv, 8x8 windows
 * every four pixels, but with the sums of each 4x4 block taken once and not for each of the four
 * windows that it is in: there it costs as much as coding the picture. Memory comes from the C
 * library, as everywhere in the simulator.
 */
#include "sim/picture_quality.h"

#include "tacet/error.h"

#include <libyuv/compare.h>
#include <libyuv/scale.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 4 /* pixels; a window is two blocks wide and high */
#define WINDOW_PIXELS 64
/* (0.01 * 255)^2 and (0.03 * 255)^2, times WINDOW_PIXELS squared: Wang et al., "Image quality
 * assessment: from error visibility to structural similarity" (2004). */
#define C1 26634
#define C2 239708

/* Sums over a block, or a window, of both pictures. */
struct sums {
    int32_t a, b;
    int32_t squares; /* of both */
    int32_t products;
};

/* A row of blocks: `count` of them, side by side. */
static void sum_blocks(const uint8_t *a, size_t stride_a, const uint8_t *b, size_t stride_b,
                       struct sums *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct sums sums = { 0 };
        for (size_t y = 0; y < BLOCK; y++) {
            for (size_t x = 0; x < BLOCK; x++) {
                int32_t p = a[y * stride_a + i * BLOCK + x];
                int32_t q = b[y * stride_b + i * BLOCK + x];
                sums.a += p;
                sums.b += q;
                sums.squares += p * p + q * q;
                sums.products += p * q;
            }
        }
        out[i] = sums;
    }
}

static double similarity(const struct sums *w)
{
    int64_t both = (int64_t)w->a * w->b;
    int64_t means = (int64_t)w->a * w->a + (int64_t)w->b * w->b;
    int64_t covariance = (int64_t)w->products * WINDOW_PIXELS - both;
    int64_t variances = (int64_t)w->squares * WINDOW_PIXELS - means;

    return (double)(2 * both + C1) * (double)(2 * covariance + C2) /
           ((double)(means + C1) * (double)(variances + C2));
}

static struct sums window(const struct sums *above, const struct sums *below)
{
    return (struct sums){
        .a = above[0].a + above[1].a + below[0].a + below[1].a,
        .b = above[0].b + above[1].b + below[0].b + below[1].b,
        .squares = above[0].squares + above[1].squares + below[0].squares + below[1].squares,
        .products = above[0].products + above[1].products + below[0].products + below[1].products,
    };
}

double tacet_ssim(const uint8_t *a, int stride_a, const uint8_t *b, int stride_b, int width,
                  int height)
{
    struct sums rows[2][TACET_PICTURE_SIDE_MAX / BLOCK];
    size_t count = (size_t)width / BLOCK;
    double sum = 0;
    size_t windows = 0;

    /* As libyuv does: the windows that touch the right or lower edge exactly are left out. */
    for (int y = 0; y - BLOCK < height - 2 * BLOCK; y += BLOCK) {
        struct sums *below = rows[y / BLOCK % 2];
        const struct sums *above = rows[(y / BLOCK + 1) % 2];
        sum_blocks(a + (size_t)y * (size_t)stride_a, (size_t)stride_a,
                   b + (size_t)y * (size_t)stride_b, (size_t)stride_b, below, count);
        for (size_t i = 0; y > 0 && (i + 2) * BLOCK < (size_t)width; i++) {
            struct sums w = window(above + i, below + i);
            sum += similarity(&w);
            windows++;
        }
    }
    return windows > 0 ? sum / (double)windows : 1;
}

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
    quality->ssim_sum += tacet_ssim(luma, stride, source, width, width, height);
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
