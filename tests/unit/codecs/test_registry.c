/* Which codecs this build has, and that each is complete. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tacet/codec.h"

static void codecs_are_found_by_kind_and_name(void **state)
{
    static const struct {
        enum tacet_kind kind;
        const char *name;
        uint32_t clock_rate; /* 0: there is none */
    } rows[] = {
        { TACET_KIND_AUDIO, "opus", 48000 }, { TACET_KIND_VIDEO, "vp8", 90000 },
        { TACET_KIND_AUDIO, "fake", 48000 }, { TACET_KIND_VIDEO, "fake", 90000 },
        { TACET_KIND_VIDEO, "opus", 0 },     { TACET_KIND_AUDIO, "vp8", 0 },
        { TACET_KIND_AUDIO, "", 0 },         { TACET_KIND_AUDIO, "Opus", 0 },
        { TACET_KIND_AUDIO, "opus ", 0 },    { TACET_KIND_AUDIO, NULL, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct tacet_codec *codec = tacet_codec_find(rows[i].kind, rows[i].name);
        if (rows[i].clock_rate == 0) {
            assert_null(codec);
            continue;
        }
        assert_non_null(codec);
        assert_int_equal(codec->kind, rows[i].kind);
        assert_string_equal(codec->name, rows[i].name);
        assert_int_equal(codec->clock_rate, rows[i].clock_rate);
    }
}

static void every_codec_is_complete_and_listed_once(void **state)
{
    size_t count = 0;

    (void)state;
    for (const struct tacet_codec *codec; (codec = tacet_codec_at(count)) != NULL; count++) {
        bool audio = codec->kind == TACET_KIND_AUDIO;
        assert_ptr_equal(tacet_codec_find(codec->kind, codec->name), codec);
        assert_int_equal(codec->audio_encoder_create != NULL, audio);
        assert_int_equal(codec->audio_decoder_create != NULL, audio);
        assert_int_equal(codec->video_encoder_create != NULL, !audio);
        assert_int_equal(codec->video_decoder_create != NULL, !audio);
    }
    assert_int_equal(count, 4);
    assert_null(tacet_codec_at(SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codecs_are_found_by_kind_and_name),
        cmocka_unit_test(every_codec_is_complete_and_listed_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
