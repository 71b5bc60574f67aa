/* Bodies of control messages: what is written is read back, all else is refused. */
#include "call/message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "tacet/error.h"

static void media_is_read_back(void **state)
{
    static const struct tacet_media rows[] = {
        { .audio = true },
        { .video = true, .width = 640, .height = 360, .fps = 30 },
        { .audio = true, .audio_muted = true, .held = true },
        { .audio = true,
          .video = true,
          .video_muted = true,
          .width = 4096,
          .height = 1,
          .fps = 255 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t body[TACET_MEDIA_SIZE];
        struct tacet_media media;
        tacet_media_write(&rows[i], body);
        assert_int_equal(tacet_media_read(body, sizeof(body), &media), 0);
        assert_int_equal(media.audio, rows[i].audio);
        assert_int_equal(media.video, rows[i].video);
        assert_int_equal(media.audio_muted, rows[i].audio_muted);
        assert_int_equal(media.video_muted, rows[i].video_muted);
        assert_int_equal(media.held, rows[i].held);
        assert_int_equal(media.width, rows[i].width);
        assert_int_equal(media.height, rows[i].height);
        assert_int_equal(media.fps, rows[i].fps);
    }
}

static void wrong_media_is_refused_and_changes_nothing(void **state)
{
    static const struct {
        const char *what;
        uint8_t body[TACET_MEDIA_SIZE + 1];
        size_t size;
    } rows[] = {
        { "short", { 1, 111, 0, 0, 0, 0, 0 }, 7 },
        { "long", { 1, 111, 0, 0, 0, 0, 0, 0, 0 }, 9 },
        { "unknown flag", { 33, 111, 0, 0, 0, 0, 0, 0 }, 8 },
        { "another audio codec", { 1, 96, 0, 0, 0, 0, 0, 0 }, 8 },
        { "codec without audio", { 0, 111, 0, 0, 0, 0, 0, 0 }, 8 },
        { "another video codec", { 2, 0, 98, 30, 0, 64, 0, 48 }, 8 },
        { "video without width", { 2, 0, 96, 30, 0, 0, 0, 48 }, 8 },
        { "video without height", { 2, 0, 96, 30, 0, 64, 0, 0 }, 8 },
        { "too wide", { 2, 0, 96, 30, 0x10, 0x01, 0, 48 }, 8 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_media media = { .fps = 77 };
        if (tacet_media_read(rows[i].body, rows[i].size, &media) != TACET_ERR_FORMAT ||
            media.fps != 77) {
            fail_msg("%s was taken", rows[i].what);
        }
    }
}

static void reasons_that_travel_are_read_back(void **state)
{
    (void)state;
    for (int reason = 0; reason < 256; reason++) {
        uint8_t body[2] = { (uint8_t)reason, 0 };
        enum tacet_end end = TACET_END_LOST;
        bool good = reason >= TACET_END_HANGUP && reason <= TACET_END_FAILED;
        assert_int_equal(tacet_reason_read(body, 1, &end), good ? 0 : TACET_ERR_FORMAT);
        assert_int_equal(end, good ? reason : TACET_END_LOST);
        assert_int_equal(tacet_reason_read(body, 2, &end), TACET_ERR_FORMAT);
        assert_int_equal(tacet_reason_read(body, 0, &end), TACET_ERR_FORMAT);
    }
}

static void nonce_has_one_size(void **state)
{
    uint8_t body[40];
    uint8_t out[TACET_SAS_NONCE];

    (void)state;
    memset(body, 3, sizeof(body));
    for (size_t size = 0; size < sizeof(body); size++) {
        assert_int_equal(tacet_nonce_read(body, size, out),
                         size == TACET_SAS_NONCE ? 0 : TACET_ERR_FORMAT);
    }
    assert_memory_equal(out, body, sizeof(out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(media_is_read_back),
        cmocka_unit_test(wrong_media_is_refused_and_changes_nothing),
        cmocka_unit_test(reasons_that_travel_are_read_back),
        cmocka_unit_test(nonce_has_one_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
