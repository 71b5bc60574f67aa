/*
 * The moving test card: a picture that is a function of its index alone.
 *
 *   top eighth   32 blocks of 1 bit: the index (video.h says how to read it)
 *   background   a gradient that drifts diagonally: smooth, and new everywhere at each picture
 *   middle       vertical bars of growing width that run sideways: edges and detail
 *   over it      a checkered box that bounces off the walls: uncovered background
 *
 * Rows are cut out of a few prepared lines, which keeps 1280x720 well under a millisecond.
 */
#include "tacet/video.h"

#include "base/alloc.h"
#include "tacet/error.h"
#include "tacet/runner.h"

#include <string.h>

#define BITS 32
#define LUMA_ZERO 16
#define LUMA_ONE 235
#define TOLERANCE 60 /* how far coding may move the mean of a block */
#define WAVE 256     /* pixels from crest to crest of the gradients */
#define BAR_STEP 5   /* pixels a picture */
#define SIDE_MIN 32

struct testcard {
    struct tacet_video_format format;
    uint64_t next;
    size_t chroma_width;
    size_t chroma_height;
    uint8_t *planes[3]; /* one block of memory, the first pointer owns it */
    uint8_t *gradient;  /* width + WAVE of each: luma background, bars, chroma */
    uint8_t *bars;
    uint8_t *hue;
};

/* 0 up to `height` and down again, over `length` steps. */
static uint64_t triangle(uint64_t n, uint64_t length, uint64_t height)
{
    uint64_t at = n % length * 2;

    return (at < length ? at : 2 * length - at) * height / length;
}

static void prepare_lines(struct testcard *card)
{
    size_t length = (size_t)card->format.width + WAVE;
    size_t bar = 2;
    size_t left = bar;
    bool bright = false;

    for (size_t x = 0; x < length; x++) {
        card->gradient[x] = (uint8_t)(48 + triangle(x, WAVE, 144));
        card->hue[x] = (uint8_t)(64 + triangle(x, WAVE, 128));
        if (left-- == 0) {
            /* Widths 2 to 32, over and over. */
            bar = bright && bar == 32 ? 2 : bright ? bar * 2 : bar;
            left = bar - 1;
            bright = !bright;
        }
        card->bars[x] = bright ? 210 : 40;
    }
}

static void draw_index(struct testcard *card, uint32_t index)
{
    size_t width = card->format.width;
    uint8_t *top = card->planes[0];

    for (size_t i = 0; i < BITS; i++) {
        size_t from = i * width / BITS;
        size_t to = (i + 1) * width / BITS;
        memset(top + from, (index >> (BITS - 1 - i) & 1) != 0 ? LUMA_ONE : LUMA_ZERO, to - from);
    }
    for (size_t y = 1; y < card->format.height / 8u; y++) {
        memcpy(top + y * width, top, width);
    }
}

static void draw_luma(struct testcard *card, uint64_t index)
{
    size_t width = card->format.width;
    size_t height = card->format.height;

    for (size_t y = height / 8; y < height; y++) {
        bool in_bars = y >= height * 7 / 16 && y < height * 10 / 16;
        const uint8_t *line = in_bars ? card->bars + index * BAR_STEP % WAVE
                                      : card->gradient + (index * 2 + y) % WAVE;
        memcpy(card->planes[0] + y * width, line, width);
    }
}

static void draw_box(struct testcard *card, uint64_t index)
{
    size_t width = card->format.width;
    size_t top = card->format.height / 8u;
    size_t room = card->format.height - top;
    size_t side = (room < width ? room : width) / 4;
    size_t left = (size_t)triangle(index * 3, 2 * (width - side), width - side);
    size_t down = (size_t)triangle(index * 2, 2 * (room - side), room - side);

    for (size_t y = 0; y < side; y++) {
        uint8_t *row = card->planes[0] + (top + down + y) * width + left;
        for (size_t x = 0; x < side; x++) {
            row[x] = ((x / 8 + y / 8) & 1) != 0 ? 190 : 90;
        }
    }
}

static void draw_chroma(struct testcard *card, uint64_t index)
{
    for (size_t y = 0; y < card->chroma_height; y++) {
        size_t u = (size_t)((index + y / 2) % WAVE);
        size_t v = (size_t)((WAVE - index % WAVE + y * 2) % WAVE);
        memcpy(card->planes[1] + y * card->chroma_width, card->hue + u, card->chroma_width);
        memcpy(card->planes[2] + y * card->chroma_width, card->hue + v, card->chroma_width);
    }
}

static void testcard_format(void *ctx, struct tacet_video_format *ret)
{
    const struct testcard *card = ctx;

    *ret = card->format;
}

static int testcard_read(void *ctx, int64_t deadline_us, uint64_t skip, struct tacet_picture *ret)
{
    struct testcard *card = ctx;
    uint64_t index = card->next + skip;

    (void)deadline_us;
    draw_luma(card, index);
    draw_box(card, index);
    draw_index(card, (uint32_t)index);
    draw_chroma(card, index);
    card->next = index + 1;
    *ret = (struct tacet_picture){
        .width = card->format.width,
        .height = card->format.height,
        .planes = { card->planes[0], card->planes[1], card->planes[2] },
        .strides = { card->format.width, (int)card->chroma_width, (int)card->chroma_width },
        .index = index,
        .captured_at_us = tacet_clock_now(),
    };
    return 1;
}

static void testcard_free(void *ctx)
{
    struct testcard *card = ctx;

    if (card == NULL) {
        return;
    }
    tacet_dealloc(card->planes[0]);
    tacet_dealloc(card->gradient);
    tacet_dealloc(card);
}

static const struct tacet_video_source_ops testcard_ops = {
    .name = "testcard",
    .format = testcard_format,
    .read = testcard_read,
    .free = testcard_free,
};

int tacet_testcard_source_create(const struct tacet_video_format *format,
                                 struct tacet_video_source *ret)
{
    size_t width = format->width;
    size_t height = format->height;

    if (width < SIDE_MIN || width > TACET_PICTURE_SIDE_MAX || height < SIDE_MIN ||
        height > TACET_PICTURE_SIDE_MAX || format->fps_numerator == 0 ||
        format->fps_denominator == 0) {
        return TACET_ERR_ARGUMENT;
    }
    struct testcard *card = tacet_alloc(sizeof(*card));
    if (card == NULL) {
        return TACET_ERR_NOMEM;
    }
    card->format = *format;
    card->chroma_width = (width + 1) / 2;
    card->chroma_height = (height + 1) / 2;
    card->planes[0] = tacet_alloc(width * height + 2 * card->chroma_width * card->chroma_height);
    card->gradient = tacet_alloc(3 * (width + WAVE));
    if (card->planes[0] == NULL || card->gradient == NULL) {
        testcard_free(card);
        return TACET_ERR_NOMEM;
    }
    card->planes[1] = card->planes[0] + width * height;
    card->planes[2] = card->planes[1] + card->chroma_width * card->chroma_height;
    card->bars = card->gradient + width + WAVE;
    card->hue = card->bars + width + WAVE;
    prepare_lines(card);
    *ret = (struct tacet_video_source){ .ops = &testcard_ops, .ctx = card };
    return 0;
}

/* The mean over the inner half of block i, both ways, so that its neighbours do not bleed in; every
 * fourth row of it tells enough. */
static int block_mean(const struct tacet_picture *picture, size_t i)
{
    size_t from = i * picture->width / BITS;
    size_t to = (i + 1) * picture->width / BITS;
    size_t height = picture->height / 8u;
    size_t side = (to - from) / 4;
    uint64_t sum = 0;
    uint64_t count = 0;

    for (size_t y = height / 4; y < height - height / 4; y += 4) {
        const uint8_t *row = picture->planes[0] + y * (size_t)picture->strides[0];
        for (size_t x = from + side; x < to - side; x++) {
            sum += row[x];
            count++;
        }
    }
    return (int)(sum / count);
}

int tacet_testcard_read(const struct tacet_picture *picture, uint32_t *ret_index)
{
    uint32_t index = 0;

    if (picture->width < SIDE_MIN || picture->height < SIDE_MIN) {
        return TACET_ERR_FORMAT;
    }
    for (size_t i = 0; i < BITS; i++) {
        int mean = block_mean(picture, i);
        if (mean > LUMA_ZERO + TOLERANCE && mean < LUMA_ONE - TOLERANCE) {
            return TACET_ERR_FORMAT;
        }
        index = index << 1 | (mean >= LUMA_ONE - TOLERANCE ? 1 : 0);
    }
    *ret_index = index;
    return 0;
}
