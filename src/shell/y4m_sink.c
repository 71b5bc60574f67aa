/*
 * Pictures into a Y4M file of one size, each with one writev; what that leaves half written (a full
 * disk) is cut off again. Only a kill in the very middle of a write can leave a piece of a picture,
 * which readers pass over as a cut tail. A file that no size was announced for is taken away again:
 * without one there is no header, and what has none is no Y4M.
 */
#include "tacet/video.h"

#include "base/alloc.h"
#include "media/scale.h"
#include "shell/y4m.h"
#include "tacet/error.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct y4m_sink {
    int fd;
    bool opened;
    off_t size; /* of what is whole */
    struct tacet_canvas canvas;
    char file[]; /* its name */
};

/* Appends both parts or neither. */
static int append(struct y4m_sink *sink, const struct iovec parts[2])
{
    ssize_t whole = (ssize_t)(parts[0].iov_len + parts[1].iov_len);
    ssize_t written;

    do {
        written = pwritev(sink->fd, parts, 2, sink->size);
    } while (written < 0 && errno == EINTR);
    if (written != whole) {
        (void)!ftruncate(sink->fd, sink->size);
        return TACET_ERR_IO;
    }
    sink->size += whole;
    return 0;
}

static int y4m_open(void *ctx, const struct tacet_video_format *format)
{
    struct y4m_sink *sink = ctx;
    char line[TACET_Y4M_LINE_MAX];

    if (sink->opened) {
        return TACET_ERR_STATE;
    }
    if (format->fps_numerator == 0 || format->fps_denominator == 0) {
        return TACET_ERR_ARGUMENT;
    }
    int result = tacet_canvas_resize(&sink->canvas, format->width, format->height);
    if (result != 0) {
        return result;
    }
    struct iovec parts[2] = {
        { .iov_base = line, .iov_len = tacet_y4m_write_stream(format, line) },
    };
    result = append(sink, parts);
    sink->opened = result == 0;
    return result;
}

static int y4m_show(void *ctx, const struct tacet_picture *picture)
{
    static const char line[] = "FRAME\n";
    struct y4m_sink *sink = ctx;

    if (!sink->opened) {
        return TACET_ERR_STATE;
    }
    int result = tacet_scale(picture, &sink->canvas);
    if (result != 0) {
        return result;
    }
    const struct tacet_picture *scaled = &sink->canvas.picture;
    struct iovec parts[2] = {
        { .iov_base = (void *)(uintptr_t)line, .iov_len = sizeof(line) - 1 },
        { .iov_base = sink->canvas.memory,
          .iov_len = tacet_picture_size(scaled->width, scaled->height) },
    };
    return append(sink, parts);
}

/* Only what is still the empty file that was made: no device, no link, nothing of others. */
static void take_away(const struct y4m_sink *sink)
{
    struct stat ours, named;

    if (fstat(sink->fd, &ours) == 0 && S_ISREG(ours.st_mode) && ours.st_size == 0 &&
        lstat(sink->file, &named) == 0 && named.st_ino == ours.st_ino &&
        named.st_dev == ours.st_dev) {
        (void)unlink(sink->file);
    }
}

static void y4m_free(void *ctx)
{
    struct y4m_sink *sink = ctx;

    if (sink == NULL) {
        return;
    }
    if (sink->fd >= 0) {
        if (!sink->opened) {
            take_away(sink);
        }
        (void)close(sink->fd);
    }
    tacet_canvas_free(&sink->canvas);
    tacet_dealloc(sink);
}

static const struct tacet_video_sink_ops y4m_ops = {
    .name = "y4m",
    .open = y4m_open,
    .show = y4m_show,
    .free = y4m_free,
};

int tacet_y4m_sink_create(const char *file, struct tacet_video_sink *ret)
{
    size_t length = strlen(file) + 1;
    struct y4m_sink *sink = tacet_alloc(sizeof(*sink) + length);

    if (sink == NULL) {
        return TACET_ERR_NOMEM;
    }
    memcpy(sink->file, file, length);
    sink->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (sink->fd < 0) {
        int result = errno == ENOENT || errno == ENOTDIR ? TACET_ERR_NOTFOUND : TACET_ERR_IO;
        y4m_free(sink);
        return result;
    }
    *ret = (struct tacet_video_sink){ .ops = &y4m_ops, .ctx = sink };
    return 0;
}
