/* Devices that are not there still keep their contracts. */
#include "tacet/audio.h"
#include "tacet/video.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void silence_gives_all_that_is_asked_for(void **state)
{
    struct tacet_audio_source silence;
    int16_t pcm[100];
    static const int16_t zeros[100];

    (void)state;
    memset(pcm, 0x55, sizeof(pcm));
    assert_int_equal(tacet_silence_source_create(&silence), 0);
    assert_false(silence.ops->clocked);
    assert_int_equal(silence.ops->read(silence.ctx, pcm, 99), 99);
    assert_memory_equal(pcm, zeros, 99 * sizeof(pcm[0]));
    assert_int_equal(pcm[99], 0x5555);
    silence.ops->free(silence.ctx);
}

static void null_sinks_take_everything(void **state)
{
    struct tacet_audio_sink audio;
    struct tacet_video_sink video;
    const struct tacet_video_format format = { 640, 360, 30, 1 };
    const struct tacet_picture picture = { .width = 640, .height = 360 };
    int16_t pcm[100] = { 0 };

    (void)state;
    assert_int_equal(tacet_null_audio_sink_create(&audio), 0);
    assert_false(audio.ops->clocked);
    assert_int_equal(audio.ops->write(audio.ctx, pcm, 100), 0);
    audio.ops->free(audio.ctx);
    assert_int_equal(tacet_null_video_sink_create(&video), 0);
    assert_int_equal(video.ops->open(video.ctx, &format), 0);
    assert_int_equal(video.ops->show(video.ctx, &picture), 0);
    video.ops->free(video.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_gives_all_that_is_asked_for),
        cmocka_unit_test(null_sinks_take_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
