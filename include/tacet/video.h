/*
 * Video sources and sinks. An app supplies its own by filling `struct tacet_video_source` or
 * `_sink`; Tacet brings Y4M files, a test card and null.
 *
 * A runner asks a source for its format() within tacet_runner_start, on the app's thread. Its video
 * encode thread then calls, for each call: start(), read() again and again, stop(). free() comes
 * last, when that thread is gone, on the one that stops the runner. A sink belongs to the video
 * decode thread, its free() excepted.
 */
#ifndef TACET_VIDEO_H
#define TACET_VIDEO_H

#include "tacet/api.h"
#include "tacet/picture.h"

struct tacet_video_format {
    uint16_t width;
    uint16_t height;
    uint32_t fps_numerator;
    uint32_t fps_denominator;
};

struct tacet_video_source_ops {
    const char *name;
    /* true: a camera, read() waits for the next picture until the deadline; false: the runner's
     * clock paces it, read() gives the next picture at once. */
    bool clocked;
    /* Starts capturing. Called when a call has been answered, never before; again for the next call
     * where there is a stop(), else once. NULL: nothing to do. 0 or TACET_ERR_DEVICE. */
    int (*start)(void *ctx);
    void (*format)(void *ctx, struct tacet_video_format *ret);
    /*
     * The next picture, after passing over `skip` of them. Returns 1 with *ret (planes borrowed
     * until the next read; index counts on over loops and skipped pictures), 0 for none by the
     * deadline, or TACET_ERR_DEVICE. A file that ended without `loop` repeats its last picture.
     * When a call begins, what a camera still has from before is read at once, with a deadline that
     * has come, and thrown away.
     */
    int (*read)(void *ctx, int64_t deadline_us, uint64_t skip, struct tacet_picture *ret);
    void (*free)(void *ctx);
    /* The last peer has gone, or read() failed: nothing is captured until start(), and a camera's
     * light goes out. Follows each start() that succeeded. NULL: nothing to do. */
    void (*stop)(void *ctx);
};

struct tacet_video_source {
    const struct tacet_video_source_ops *ops;
    void *ctx;
};

struct tacet_video_sink_ops {
    const char *name;
    /* The size that the peer announced, before the first picture. 0, TACET_ERR_IO, _DEVICE. */
    int (*open)(void *ctx, const struct tacet_video_format *format);
    /* Shows a picture, which may be smaller than announced and is then scaled up. */
    int (*show)(void *ctx, const struct tacet_picture *picture);
    void (*free)(void *ctx); /* completes a file */
};

struct tacet_video_sink {
    const struct tacet_video_sink_ops *ops;
    void *ctx;
};

TACET_BEGIN_DECLS

/* A Y4M file, 8-bit 4:2:0. TACET_ERR_NOTFOUND, TACET_ERR_FORMAT (not Y4M, another chroma format,
 * or no complete picture); a cut tail is played to its last whole picture and *ret_truncated, if
 * not NULL, is set. */
TACET_API TACET_NODISCARD int tacet_y4m_source_create(const char *file, bool loop,
                                                      struct tacet_video_source *ret,
                                                      bool *ret_truncated);
/* Creates the file at once; free() removes it again if no size was ever announced. Only whole
 * pictures are in it, unless the process is killed amid the write of one: what is cut off then is
 * at the end, and tacet_y4m_source_create passes over it. */
TACET_API TACET_NODISCARD int tacet_y4m_sink_create(const char *file, struct tacet_video_sink *ret);

/*
 * A moving test card. Along its top stand 32 luma blocks, one bit each, most significant first:
 * the picture's index. Block i covers x from i*width/32 to (i+1)*width/32, y from 0 to height/8;
 * luma 235 is 1 and 16 is 0, so that the mean over the block's inner half tells it after coding.
 */
TACET_API TACET_NODISCARD int tacet_testcard_source_create(const struct tacet_video_format *format,
                                                           struct tacet_video_source *ret);
/* Reads the index back from a picture's luma; TACET_ERR_FORMAT if a block is neither. */
TACET_API TACET_NODISCARD int tacet_testcard_read(const struct tacet_picture *picture,
                                                  uint32_t *ret_index);

TACET_API TACET_NODISCARD int tacet_null_video_sink_create(struct tacet_video_sink *ret);

TACET_END_DECLS

#endif
