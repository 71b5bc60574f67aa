/*
 * Y4M from memory through the parser of its lines, and as a file through the source. The parser may
 * accept or refuse; what it accepts must be within its bounds, and each picture readable.
 */
#define _GNU_SOURCE
#include "shell/y4m.h"
#include "tacet/video.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool good)
{
    if (!good) {
        abort();
    }
}

static void parse(const uint8_t *data, size_t size)
{
    struct tacet_video_format format;
    size_t length;

    if (tacet_y4m_parse_stream(data, size, &format, &length) == 0) {
        check(length > 0 && length <= size && length <= TACET_Y4M_LINE_MAX);
        check(format.width >= 1 && format.width <= TACET_PICTURE_SIDE_MAX);
        check(format.height >= 1 && format.height <= TACET_PICTURE_SIDE_MAX);
        check(format.fps_numerator >= 1 && format.fps_denominator >= 1);
        if (tacet_y4m_parse_frame(data + length, size - length, &length) == 0) {
            check(length >= 6 && length <= TACET_Y4M_LINE_MAX);
        }
    }
    (void)tacet_y4m_parse_frame(data, size, &length);
}

static void play(const char *file)
{
    struct tacet_video_source source;
    struct tacet_picture picture;
    unsigned sum = 0;

    if (tacet_y4m_source_create(file, true, &source, NULL) != 0) {
        return;
    }
    for (uint64_t i = 0; i < 4; i++) {
        check(source.ops->read(source.ctx, 0, i, &picture) == 1);
        for (int plane = 0; plane < 3; plane++) {
            int height = plane == 0 ? picture.height : (picture.height + 1) / 2;
            int width = plane == 0 ? picture.width : (picture.width + 1) / 2;
            sum += picture.planes[plane][0];
            sum += picture.planes[plane][(height - 1) * picture.strides[plane] + width - 1];
        }
    }
    check(sum <= 4 * 6 * 255);
    source.ops->free(source.ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char file[64];

    if (fd < 0) {
        fd = memfd_create("y4m", MFD_CLOEXEC);
        check(fd >= 0);
        (void)snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
    }
    check(ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
    parse(data, size);
    play(file);
    return 0;
}
