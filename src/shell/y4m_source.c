/*
 * Pictures out of a Y4M file, one read a picture. The file is walked through once at create: its
 * lines are checked then and its whole pictures counted, so that a read meets no surprise, and a
 * cut tail is known before a call is made.
 */
#include "tacet/video.h"

#include "base/alloc.h"
#include "media/scale.h"
#include "shell/input_file.h"
#include "shell/y4m.h"
#include "tacet/error.h"
#include "tacet/runner.h"

#include <errno.h>
#include <unistd.h>

struct y4m_source {
    int fd;
    bool loop;
    struct tacet_video_format format;
    struct tacet_canvas canvas;
    size_t picture_size;
    off_t first;     /* where the first picture's line stands */
    uint64_t count;  /* whole pictures in the file */
    uint64_t number; /* the picture whose line stands at `offset`; count at the end */
    off_t offset;
    uint64_t index; /* of the next picture given out */
    bool loaded;    /* the canvas holds a picture */
};

/* Reads all `size` bytes there are at `offset`; returns how many. */
static size_t read_at(int fd, void *out, size_t size, off_t offset)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = pread(fd, (uint8_t *)out + done, size - done, offset + (off_t)done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        done += (size_t)n;
    }
    return done;
}

/* The length of the picture's line at `offset`, or 0 where there is none. */
static size_t frame_line(const struct y4m_source *source, off_t offset)
{
    uint8_t line[TACET_Y4M_LINE_MAX];
    size_t length = 0;
    /* Nearly always it is "FRAME\n". */
    size_t size = read_at(source->fd, line, 16, offset);

    if (tacet_y4m_parse_frame(line, size, &length) == 0) {
        return length;
    }
    size = read_at(source->fd, line, sizeof(line), offset);
    return tacet_y4m_parse_frame(line, size, &length) == 0 ? length : 0;
}

/* Counts the whole pictures. Returns whether anything but whole pictures is in the file. */
static bool count_pictures(struct y4m_source *source, off_t file_size)
{
    off_t offset = source->first;

    while (offset < file_size) {
        size_t line = frame_line(source, offset);
        if (line == 0 || file_size - offset < (off_t)(line + source->picture_size)) {
            return true;
        }
        offset += (off_t)(line + source->picture_size);
        source->count++;
    }
    return false;
}

/* Moves to the picture `number`, walking over the lines in between. */
static int go_to(struct y4m_source *source, uint64_t number)
{
    if (number < source->number) {
        source->number = 0;
        source->offset = source->first;
    }
    for (; source->number < number; source->number++) {
        size_t line = frame_line(source, source->offset);
        if (line == 0) {
            return TACET_ERR_DEVICE;
        }
        source->offset += (off_t)(line + source->picture_size);
    }
    return 0;
}

static int load(struct y4m_source *source, uint64_t number)
{
    int result = go_to(source, number);

    if (result != 0) {
        return result;
    }
    size_t line = frame_line(source, source->offset);
    if (line == 0 || read_at(source->fd, source->canvas.memory, source->picture_size,
                             source->offset + (off_t)line) != source->picture_size) {
        return TACET_ERR_DEVICE; /* somebody cut the file in the meantime */
    }
    source->offset += (off_t)(line + source->picture_size);
    source->number++;
    return 0;
}

static void y4m_format(void *ctx, struct tacet_video_format *ret)
{
    const struct y4m_source *source = ctx;

    *ret = source->format;
}

static int y4m_read(void *ctx, int64_t deadline_us, uint64_t skip, struct tacet_picture *ret)
{
    struct y4m_source *source = ctx;
    uint64_t index = source->index + skip;
    uint64_t last = source->count - 1;
    uint64_t number = source->loop ? index % source->count : index < last ? index : last;

    (void)deadline_us;
    if (!source->loaded || number + 1 != source->number) {
        int result = load(source, number);
        if (result != 0) {
            return result;
        }
        source->loaded = true;
    }
    source->index = index + 1;
    *ret = source->canvas.picture;
    ret->index = index;
    ret->captured_at_us = tacet_clock_now();
    return 1;
}

static void y4m_free(void *ctx)
{
    struct y4m_source *source = ctx;

    if (source == NULL) {
        return;
    }
    if (source->fd >= 0) {
        (void)close(source->fd);
    }
    tacet_canvas_free(&source->canvas);
    tacet_dealloc(source);
}

static const struct tacet_video_source_ops y4m_ops = {
    .name = "y4m",
    .format = y4m_format,
    .read = y4m_read,
    .free = y4m_free,
};

/* Opens the file in `source` and walks through it. The caller frees. */
static int start_reading(struct y4m_source *source, const char *file, bool *ret_truncated)
{
    uint8_t line[TACET_Y4M_LINE_MAX];
    size_t length;
    off_t file_size;
    int result = tacet_input_file_open(file, &source->fd, &file_size);

    if (result != 0) {
        return result;
    }
    size_t size = read_at(source->fd, line, sizeof(line), 0);
    result = tacet_y4m_parse_stream(line, size, &source->format, &length);
    if (result != 0) {
        return result;
    }
    source->first = source->offset = (off_t)length;
    source->picture_size = tacet_picture_size(source->format.width, source->format.height);
    bool cut = count_pictures(source, file_size);
    if (source->count == 0) {
        return TACET_ERR_FORMAT;
    }
    result = tacet_canvas_resize(&source->canvas, source->format.width, source->format.height);
    if (result == 0) {
        *ret_truncated = cut;
    }
    return result;
}

int tacet_y4m_source_create(const char *file, bool loop, struct tacet_video_source *ret,
                            bool *ret_truncated)
{
    struct y4m_source *source = tacet_alloc(sizeof(*source));
    bool truncated = false;

    if (source == NULL) {
        return TACET_ERR_NOMEM;
    }
    source->fd = -1;
    source->loop = loop;
    int result = start_reading(source, file, &truncated);
    if (result != 0) {
        y4m_free(source);
        return result;
    }
    if (ret_truncated != NULL) {
        *ret_truncated = truncated;
    }
    *ret = (struct tacet_video_source){ .ops = &y4m_ops, .ctx = source };
    return 0;
}
