/* I420 in, RGB out: libyuv for the colours (BT.601, as video calls use), libpng for the file. */
#include "snapshot.h"

#include "report.h"

#include <libyuv/convert_argb.h>
#include <libyuv/convert_from.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

void tacet_snapshot_init(struct tacet_snapshot *snapshot)
{
    memset(snapshot, 0, sizeof(*snapshot));
    (void)pthread_mutex_init(&snapshot->lock, NULL);
}

void tacet_snapshot_free(struct tacet_snapshot *snapshot)
{
    free(snapshot->pixels);
    snapshot->pixels = NULL;
    snapshot->width = 0;
}

static size_t plane_width(uint16_t width, int plane)
{
    return plane == 0 ? width : ((size_t)width + 1) / 2;
}

static void copy_planes(uint8_t *out, const struct tacet_picture *picture)
{
    for (int plane = 0; plane < 3; plane++) {
        size_t width = plane_width(picture->width, plane);
        size_t height = plane_width(picture->height, plane);
        const uint8_t *row = picture->planes[plane];
        for (size_t y = 0; y < height; y++) {
            memcpy(out, row, width);
            out += width;
            row += picture->strides[plane];
        }
    }
}

void tacet_snapshot_keep(struct tacet_snapshot *snapshot, const struct tacet_picture *picture)
{
    size_t size = (size_t)picture->width * picture->height +
                  2 * plane_width(picture->width, 1) * plane_width(picture->height, 1);

    (void)pthread_mutex_lock(&snapshot->lock);
    if (size > snapshot->capacity) {
        free(snapshot->pixels);
        snapshot->pixels = malloc(size);
        snapshot->capacity = snapshot->pixels != NULL ? size : 0;
        snapshot->width = 0;
    }
    if (snapshot->pixels != NULL) {
        copy_planes(snapshot->pixels, picture);
        snapshot->width = picture->width;
        snapshot->height = picture->height;
    }
    (void)pthread_mutex_unlock(&snapshot->lock);
}

static int to_rgb(const struct tacet_snapshot *snapshot, uint8_t *rgb)
{
    int width = snapshot->width;
    int half = (width + 1) / 2;
    const uint8_t *u = snapshot->pixels + (size_t)width * snapshot->height;
    const uint8_t *v = u + (size_t)half * (((size_t)snapshot->height + 1) / 2);

    /* libyuv's "RAW" is R, G, B in memory, as PNG wants. */
    return I420ToRAW(snapshot->pixels, width, u, half, v, half, rgb, width * 3, width,
                     snapshot->height);
}

int tacet_snapshot_write_png(struct tacet_snapshot *snapshot, const char *file)
{
    png_image image = { .version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB };
    uint8_t *rgb = NULL;
    int result = 0;

    (void)pthread_mutex_lock(&snapshot->lock);
    if (snapshot->width > 0) {
        image.width = snapshot->width;
        image.height = snapshot->height;
        rgb = malloc((size_t)3 * snapshot->width * snapshot->height);
        if (rgb == NULL || to_rgb(snapshot, rgb) != 0 ||
            png_image_write_to_file(&image, file, 0, rgb, 0, NULL) == 0) {
            result = tacet_complain("cannot write '%s': %s", file,
                                    image.message[0] != '\0' ? image.message : "out of memory");
        }
        free(rgb);
    }
    (void)pthread_mutex_unlock(&snapshot->lock);
    return result;
}
