/* Y4M: the lines, the source and the sink. */
#define _GNU_SOURCE
#include "folder.h"
#include "shell/y4m.h"
#include "tacet/error.h"
#include "tacet/runner.h"
#include "tacet/video.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char file[FOLDER_PATH_MAX];

static int make_folder(void **state)
{
    int result = folder_make(state);

    folder_path("file.y4m", file);
    return result;
}

/* Nothing else has been left there. */
static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(file);
    return rmdir(folder);
}

static void stream_lines_are_parsed_strictly(void **state)
{
    static const struct {
        const char *line;
        struct tacet_video_format format; /* width 0: refused */
    } rows[] = {
        { "YUV4MPEG2 W640 H360 F30:1\n", { 640, 360, 30, 1 } },
        { "YUV4MPEG2 W640 H360 F30000:1001 Ip A1:1 C420jpeg XYSCSS=420JPEG\n",
          { 640, 360, 30000, 1001 } },
        { "YUV4MPEG2 C420paldv H4096 W1 F1:2147483647 It\n", { 1, 4096, 1, 2147483647 } },
        { "YUV4MPEG2 W2 H2 F25:1 C420mpeg2\nmore", { 2, 2, 25, 1 } },
        { "YUV4MPEG2 W2 H2 F25:1 C420 A0:0 I?\n", { 2, 2, 25, 1 } },
        { "YUV4MPEG2 W640 H360 F30:1", { 0 } },  /* no end */
        { "YUV4MPEG W640 H360 F30:1\n", { 0 } }, /* the magic */
        { "YUV4MPEG2W640 H360 F30:1\n", { 0 } },
        { "YUV4MPEG2\n", { 0 } },
        { "\n", { 0 } },
        { "YUV4MPEG2 H360 F30:1\n", { 0 } }, /* what is missing */
        { "YUV4MPEG2 W640 F30:1\n", { 0 } },
        { "YUV4MPEG2 W640 H360\n", { 0 } },
        { "YUV4MPEG2 W0 H360 F30:1\n", { 0 } }, /* sizes */
        { "YUV4MPEG2 W4097 H360 F30:1\n", { 0 } },
        { "YUV4MPEG2 W640 H65896 F30:1\n", { 0 } },
        { "YUV4MPEG2 W H360 F30:1\n", { 0 } },
        { "YUV4MPEG2 W-640 H360 F30:1\n", { 0 } },
        { "YUV4MPEG2 W+640 H360 F30:1\n", { 0 } },
        { "YUV4MPEG2 W0x40 H360 F30:1\n", { 0 } },
        { "YUV4MPEG2 W18446744073709551617 H360 F30:1\n", { 0 } },
        { "YUV4MPEG2 W640 H360 F0:0\n", { 0 } }, /* rates */
        { "YUV4MPEG2 W640 H360 F30\n", { 0 } },
        { "YUV4MPEG2 W640 H360 F:1\n", { 0 } },
        { "YUV4MPEG2 W640 H360 F30:\n", { 0 } },
        { "YUV4MPEG2 W640 H360 F30:0\n", { 0 } },
        { "YUV4MPEG2 W640 H360 F30:1:1\n", { 0 } },
        { "YUV4MPEG2 W640 H360 F30:2147483648\n", { 0 } },
        { "YUV4MPEG2 W640 H360 F30:1 C422\n", { 0 } }, /* chroma */
        { "YUV4MPEG2 W640 H360 F30:1 C420p10\n", { 0 } },
        { "YUV4MPEG2 W640 H360 F30:1 Cmono\n", { 0 } },
        { "YUV4MPEG2 W640 H360 F30:1 C\n", { 0 } },
        { "YUV4MPEG2 W640 H360 F30:1 Q1\n", { 0 } }, /* unknown, doubled blank */
        { "YUV4MPEG2  W640 H360 F30:1\n", { 0 } },
    };
    struct tacet_video_format format;
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *line = rows[i].line;
        int result = tacet_y4m_parse_stream((const uint8_t *)line, strlen(line), &format, &length);
        if (rows[i].format.width == 0) {
            assert_int_equal(result, TACET_ERR_FORMAT);
            continue;
        }
        assert_int_equal(result, 0);
        assert_int_equal(format.width, rows[i].format.width);
        assert_int_equal(format.height, rows[i].format.height);
        assert_int_equal(format.fps_numerator, rows[i].format.fps_numerator);
        assert_int_equal(format.fps_denominator, rows[i].format.fps_denominator);
        assert_int_equal(length, strchr(line, '\n') - line + 1);
    }
    /* As long as a line may be, and one byte longer. */
    static char longer[TACET_Y4M_LINE_MAX + 1] = "YUV4MPEG2 W640 H360 F30:1 X";
    memset(longer + strlen(longer), 'x', sizeof(longer) - strlen(longer));
    longer[TACET_Y4M_LINE_MAX - 1] = '\n';
    assert_int_equal(
        tacet_y4m_parse_stream((const uint8_t *)longer, sizeof(longer), &format, &length), 0);
    assert_int_equal(length, TACET_Y4M_LINE_MAX);
    longer[TACET_Y4M_LINE_MAX - 1] = 'x';
    longer[TACET_Y4M_LINE_MAX] = '\n';
    assert_int_equal(
        tacet_y4m_parse_stream((const uint8_t *)longer, sizeof(longer), &format, &length),
        TACET_ERR_FORMAT);
}

static void frame_lines_are_parsed_strictly(void **state)
{
    static const struct {
        const char *line;
        size_t length;
    } rows[] = { { "FRAME\n", 6 },  { "FRAME Ip\n", 9 }, { "FRAME Ip XA=B\nzz", 14 },
                 { "FRAMEX\n", 0 }, { "FRAME", 0 },      { "frame\n", 0 },
                 { "XFRAME\n", 0 }, { "", 0 },           { "\n", 0 } };
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int result =
            tacet_y4m_parse_frame((const uint8_t *)rows[i].line, strlen(rows[i].line), &length);
        assert_int_equal(result, rows[i].length > 0 ? 0 : TACET_ERR_FORMAT);
        assert_true(rows[i].length == 0 || length == rows[i].length);
    }
}

#define WIDTH 5
#define HEIGHT 3
#define LUMA (WIDTH * HEIGHT)
#define CHROMA (3 * 2)
#define SIZE (LUMA + 2 * CHROMA)

/* A file of pictures whose samples are all 10 n (luma), 10 n + 1 and 10 n + 2 (chroma), every
 * second with a parameter; then `tail` bytes of one more. */
static void write_pictures(int count, size_t tail)
{
    FILE *out = fopen(file, "wb");

    assert_non_null(out);
    (void)fprintf(out, "YUV4MPEG2 W%d H%d F25:1 C420jpeg\n", WIDTH, HEIGHT);
    for (int n = 0; n <= count; n++) {
        char picture[64] = "FRAME\n";
        size_t line = 6;
        if (n % 2 == 1) {
            line = (size_t)snprintf(picture, sizeof(picture), "FRAME Ip XN=%d\n", n);
        }
        memset(picture + line, 10 * n, LUMA);
        memset(picture + line + LUMA, 10 * n + 1, CHROMA);
        memset(picture + line + LUMA + CHROMA, 10 * n + 2, CHROMA);
        size_t size = n == count ? tail : line + SIZE;
        assert_int_equal(fwrite(picture, 1, size, out), size);
    }
    assert_int_equal(fclose(out), 0);
}

static struct tacet_video_source open_source(bool loop, bool *truncated)
{
    struct tacet_video_source source;

    assert_int_equal(tacet_y4m_source_create(file, loop, &source, truncated), 0);
    assert_false(source.ops->clocked);
    return source;
}

static void expect_picture(const struct tacet_video_source *source, uint64_t skip, uint64_t index,
                           int n)
{
    struct tacet_picture picture;
    int64_t before = tacet_clock_now();

    assert_int_equal(source->ops->read(source->ctx, 0, skip, &picture), 1);
    assert_int_equal(picture.width, WIDTH);
    assert_int_equal(picture.height, HEIGHT);
    assert_int_equal(picture.index, index);
    assert_in_range(picture.captured_at_us, before, tacet_clock_now());
    for (int plane = 0; plane < 3; plane++) {
        int width = plane == 0 ? WIDTH : (WIDTH + 1) / 2;
        int height = plane == 0 ? HEIGHT : (HEIGHT + 1) / 2;
        for (int i = 0; i < width * height; i++) {
            int at = i / width * picture.strides[plane] + i % width;
            assert_int_equal(picture.planes[plane][at], 10 * n + plane);
        }
    }
}

static void last_picture_is_repeated_at_the_end(void **state)
{
    bool truncated = true;
    struct tacet_video_format format;

    (void)state;
    write_pictures(3, 0);
    struct tacet_video_source source = open_source(false, &truncated);
    assert_false(truncated);
    source.ops->format(source.ctx, &format);
    assert_int_equal(format.width, WIDTH);
    assert_int_equal(format.height, HEIGHT);
    assert_int_equal(format.fps_numerator, 25);
    assert_int_equal(format.fps_denominator, 1);
    expect_picture(&source, 0, 0, 0);
    expect_picture(&source, 0, 1, 1);
    expect_picture(&source, 0, 2, 2);
    expect_picture(&source, 0, 3, 2);
    expect_picture(&source, 7, 11, 2);
    source.ops->free(source.ctx);
}

static void index_counts_on_over_loops_and_skips(void **state)
{
    static const struct {
        uint64_t skip;
        uint64_t index;
        int n;
    } rows[] = { { 0, 0, 0 },    { 1, 2, 2 },
                 { 0, 3, 3 },    { 0, 4, 0 },
                 { 0, 5, 1 },    { 3, 9, 1 },
                 { 7, 17, 1 },   { 0, 18, 2 },
                 { 81, 100, 0 }, { UINT64_C(1) << 40, (UINT64_C(1) << 40) + 101, 1 } };

    (void)state;
    write_pictures(4, 0);
    struct tacet_video_source source = open_source(true, NULL);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_picture(&source, rows[i].skip, rows[i].index, rows[i].n);
    }
    source.ops->free(source.ctx);
    /* Of one picture alone too. */
    write_pictures(1, 0);
    source = open_source(true, NULL);
    expect_picture(&source, 0, 0, 0);
    expect_picture(&source, 0, 1, 0);
    expect_picture(&source, 3, 5, 0);
    source.ops->free(source.ctx);
}

static void cut_file_is_played_to_its_last_whole_picture(void **state)
{
    static const size_t tails[] = { 1, 5, 6, 7, 6 + SIZE - 1 };

    (void)state;
    for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
        bool truncated = false;
        write_pictures(2, tails[i]);
        struct tacet_video_source source = open_source(true, &truncated);
        assert_true(truncated);
        expect_picture(&source, 0, 0, 0);
        expect_picture(&source, 0, 1, 1);
        expect_picture(&source, 0, 2, 0);
        source.ops->free(source.ctx);
    }
}

static void write_text(const char *text)
{
    FILE *out = fopen(file, "wb");

    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static void what_is_not_y4m_is_refused(void **state)
{
    struct tacet_video_source source = { 0 };
    bool truncated = false;

    (void)state;
    (void)unlink(file);
    assert_int_equal(tacet_y4m_source_create(file, false, &source, &truncated), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_y4m_source_create(folder, false, &source, &truncated), TACET_ERR_FORMAT);
    static const char *const texts[] = { "",
                                         "RIFF....",
                                         "YUV4MPEG2 W64 H64 F25:1\n",
                                         "YUV4MPEG2 W64 H64 F25:1\nFRAME\nx",
                                         "YUV4MPEG2 W1 H1 F25:1\nframe\nxyz",
                                         "YUV4MPEG2 W1 H1 F25:1 C444\nFRAME\nxyz" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_text(texts[i]);
        assert_int_equal(tacet_y4m_source_create(file, true, &source, &truncated),
                         TACET_ERR_FORMAT);
    }
    assert_null(source.ops);
    assert_false(truncated);
    write_text("YUV4MPEG2 W1 H1 F25:1\nFRAME\nxyz");
    source = open_source(false, NULL);
    source.ops->free(source.ctx);
}

static void file_that_is_cut_while_it_plays_is_an_error(void **state)
{
    struct tacet_picture picture;

    (void)state;
    write_pictures(3, 0);
    struct tacet_video_source source = open_source(false, NULL);
    expect_picture(&source, 0, 0, 0);
    assert_int_equal(truncate(file, 60), 0);
    assert_int_equal(source.ops->read(source.ctx, 0, 0, &picture), TACET_ERR_DEVICE);
    source.ops->free(source.ctx);
}

/* A picture of one value a plane; its rows stand apart. */
static struct tacet_picture flat(uint16_t width, uint16_t height, uint8_t value, uint8_t *memory)
{
    struct tacet_picture picture = { .width = width, .height = height };

    memset(memory, value, 3 * 100 * 100);
    for (int plane = 0; plane < 3; plane++) {
        picture.planes[plane] = memory + plane * 100 * 100;
        picture.strides[plane] = 100;
    }
    return picture;
}

static off_t file_size(void)
{
    struct stat status;

    assert_int_equal(stat(file, &status), 0);
    return status.st_size;
}

static void sink_writes_whole_pictures_of_the_announced_size(void **state)
{
    static uint8_t memory[3 * 100 * 100];
    static const uint16_t sizes[][2] = { { 64, 48 }, { 32, 24 }, { 33, 17 }, { 99, 99 } };
    const struct tacet_video_format format = { 64, 48, 30000, 1001 };
    struct tacet_video_format read;
    struct tacet_video_sink sink;
    bool truncated = true;

    (void)state;
    assert_int_equal(tacet_y4m_sink_create(file, &sink), 0);
    assert_int_equal(file_size(), 0);
    struct tacet_picture picture = flat(64, 48, 1, memory);
    assert_int_equal(sink.ops->show(sink.ctx, &picture), TACET_ERR_STATE);
    assert_int_equal(sink.ops->open(sink.ctx, &format), 0);
    assert_int_equal(sink.ops->open(sink.ctx, &format), TACET_ERR_STATE);
    off_t header = file_size();
    for (int i = 0; i < 4; i++) {
        picture = flat(sizes[i][0], sizes[i][1], (uint8_t)(50 + i), memory);
        assert_int_equal(sink.ops->show(sink.ctx, &picture), 0);
        assert_int_equal(file_size(), header + (i + 1) * (6 + 64 * 48 * 3 / 2));
    }
    sink.ops->free(sink.ctx);
    struct tacet_video_source source = open_source(false, &truncated);
    assert_false(truncated);
    source.ops->format(source.ctx, &read);
    assert_memory_equal(&read, &format, sizeof(format));
    for (int i = 0; i < 4; i++) {
        assert_int_equal(source.ops->read(source.ctx, 0, 0, &picture), 1);
        for (int n = 0; n < 64 * 48; n++) {
            assert_int_equal(picture.planes[0][n], 50 + i);
        }
    }
    source.ops->free(source.ctx);
}

static void sink_refuses_what_it_cannot_write(void **state)
{
    static const struct tacet_video_format formats[] = {
        { 0, 48, 30, 1 }, { 64, 0, 30, 1 }, { 64, 4097, 30, 1 }, { 64, 48, 0, 1 }, { 64, 48, 30, 0 }
    };
    struct tacet_video_sink sink = { 0 };

    (void)state;
    assert_int_equal(tacet_y4m_sink_create("/tmp/no/such/folder/x.y4m", &sink), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_y4m_sink_create(folder, &sink), TACET_ERR_IO);
    assert_null(sink.ops);
    assert_int_equal(tacet_y4m_sink_create(file, &sink), 0);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        assert_int_equal(sink.ops->open(sink.ctx, &formats[i]), TACET_ERR_ARGUMENT);
    }
    assert_int_equal(file_size(), 0);
    sink.ops->free(sink.ctx);
}

/* What stands under the name in the end: -1 for nothing. */
static off_t size_after_free(struct tacet_video_sink *sink)
{
    struct stat status;

    sink->ops->free(sink->ctx);
    return lstat(file, &status) == 0 ? status.st_size : -1;
}

static void sink_without_a_size_leaves_no_file(void **state)
{
    const struct tacet_video_format format = { 64, 48, 30, 1 };
    char other[300];
    struct tacet_video_sink sink;
    struct stat status;

    (void)state;
    assert_int_equal(tacet_y4m_sink_create(file, &sink), 0);
    assert_int_equal(size_after_free(&sink), -1);
    /* No picture, but a size: a header. */
    assert_int_equal(tacet_y4m_sink_create(file, &sink), 0);
    assert_int_equal(sink.ops->open(sink.ctx, &format), 0);
    assert_true(size_after_free(&sink) > 0);
    /* What others have written, or put in its place, is left alone. */
    assert_int_equal(tacet_y4m_sink_create(file, &sink), 0);
    write_text("not ours");
    assert_int_equal(size_after_free(&sink), 8);
    assert_int_equal(tacet_y4m_sink_create(file, &sink), 0);
    assert_int_equal(unlink(file), 0);
    write_text("not ours");
    assert_int_equal(size_after_free(&sink), 8);
    /* So are links, and what they point to. */
    (void)snprintf(other, sizeof(other), "%s.other", file);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(symlink(other, file), 0);
    assert_int_equal(tacet_y4m_sink_create(file, &sink), 0);
    assert_true(size_after_free(&sink) > 0);
    assert_int_equal(stat(other, &status), 0);
    assert_int_equal(unlink(other), 0);
    assert_int_equal(unlink(file), 0);
}

static void full_disk_leaves_whole_pictures(void **state)
{
    static uint8_t memory[3 * 100 * 100];
    const struct tacet_video_format format = { 64, 48, 30, 1 };
    struct tacet_picture picture = flat(64, 48, 7, memory);
    struct tacet_video_sink sink;
    struct rlimit limit;
    bool truncated = true;

    (void)state;
    assert_int_equal(tacet_y4m_sink_create(file, &sink), 0);
    assert_int_equal(sink.ops->open(sink.ctx, &format), 0);
    assert_int_equal(sink.ops->show(sink.ctx, &picture), 0);
    off_t whole = file_size();
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = (rlim_t)whole + 1000;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(sink.ops->show(sink.ctx, &picture), TACET_ERR_IO);
    assert_int_equal(file_size(), whole);
    limit.rlim_cur = before;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(sink.ops->show(sink.ctx, &picture), 0);
    sink.ops->free(sink.ctx);
    struct tacet_video_source source = open_source(false, &truncated);
    assert_false(truncated);
    source.ops->free(source.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stream_lines_are_parsed_strictly),
        cmocka_unit_test(frame_lines_are_parsed_strictly),
        cmocka_unit_test(last_picture_is_repeated_at_the_end),
        cmocka_unit_test(index_counts_on_over_loops_and_skips),
        cmocka_unit_test(cut_file_is_played_to_its_last_whole_picture),
        cmocka_unit_test(what_is_not_y4m_is_refused),
        cmocka_unit_test(file_that_is_cut_while_it_plays_is_an_error),
        cmocka_unit_test(sink_writes_whole_pictures_of_the_announced_size),
        cmocka_unit_test(sink_refuses_what_it_cannot_write),
        cmocka_unit_test(sink_without_a_size_leaves_no_file),
        cmocka_unit_test(full_disk_leaves_whole_pictures),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
