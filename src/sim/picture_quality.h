/*
 * How much of the pictures arrived: each shown one beside the one that was captured, luma only,
 * scaled to the captured one's size. One object a direction; it remembers the newest captures.
 */
#ifndef TACET_SIM_PICTURE_QUALITY_H
#define TACET_SIM_PICTURE_QUALITY_H

#include "tacet/picture.h"

#define TACET_PICTURES_KEPT 160 /* 5 s at 30 a second */

struct tacet_picture_quality { /* zero-initialised: empty */
    struct {
        uint64_t index;
        uint16_t width, height;
        uint8_t *luma; /* NULL: none yet */
        size_t capacity;
    } kept[TACET_PICTURES_KEPT];
    uint8_t *scaled;
    size_t scaled_capacity;
    uint64_t compared;
    uint64_t forgotten; /* shown so late that their source was no longer there */
    double psnr_sum;    /* dB, of each picture */
    double ssim_sum;
};

/* 0 or TACET_ERR_NOMEM. */
int tacet_picture_quality_keep(struct tacet_picture_quality *quality, uint64_t index,
                               const struct tacet_picture *captured);
/* `index` as it was kept. 0 or TACET_ERR_NOMEM. */
int tacet_picture_quality_compare(struct tacet_picture_quality *quality, uint64_t index,
                                  const struct tacet_picture *shown);
/* Structural similarity of two planes, 1 for equal ones; 1 also for less than 8x8 pixels. */
double tacet_ssim(const uint8_t *a, int stride_a, const uint8_t *b, int stride_b, int width,
                  int height);
void tacet_picture_quality_free(struct tacet_picture_quality *quality);

#endif
