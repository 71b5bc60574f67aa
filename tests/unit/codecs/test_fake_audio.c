/* Sound of the codec for simulations: it must notice whatever a simulated network does to it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "tacet/codec.h"
#include "tacet/error.h"

#include <string.h>

#define FRAME 960

struct voice {
    struct tacet_audio_encoder encoder;
    struct tacet_audio_decoder decoder;
};

static void voice_init(struct voice *v, bool fec)
{
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_AUDIO, "fake");
    struct tacet_audio_encoder_settings settings;

    tacet_audio_encoder_settings_init(&settings);
    settings.fec = fec;
    settings.loss_percent = fec ? 10 : 0;
    assert_int_equal(codec->audio_encoder_create(&settings, &v->encoder), 0);
    assert_int_equal(codec->audio_decoder_create(&v->decoder), 0);
}

static void voice_free(struct voice *v)
{
    v->encoder.ops->free(v->encoder.ctx);
    v->decoder.ops->free(v->decoder.ctx);
}

static size_t voice_encode(struct voice *v, uint8_t *data)
{
    static const int16_t silence[FRAME] = { 0 };
    size_t size = 0;

    assert_int_equal(v->encoder.ops->encode(v->encoder.ctx, silence, FRAME, data,
                                            TACET_AUDIO_FRAME_SIZE_MAX, &size),
                     0);
    return size;
}

/* What the header of fake_audio.c says: 32 blocks, most significant bit first, above zero is 1. */
static uint32_t index_in(const int16_t *pcm, size_t count)
{
    uint32_t index = 0;

    for (size_t block = 0; block < 32; block++) {
        index = index << 1 | (pcm[block * count / 32 + count / 64] > 0 ? 1U : 0U);
    }
    return index;
}

static void sound_tells_which_frame_it_was(void **state)
{
    struct voice v;

    (void)state;
    voice_init(&v, false);
    for (uint32_t n = 0; n < 300; n++) {
        uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
        int16_t pcm[FRAME];
        size_t count = 0;
        size_t size = voice_encode(&v, data);
        assert_int_equal(size, 80); /* as Opus at 32 kbit/s */
        assert_int_equal(v.decoder.ops->samples(v.decoder.ctx, data, size), FRAME);
        assert_int_equal(v.decoder.ops->redundancy(v.decoder.ctx, data, size), 0);
        assert_int_equal(
            v.decoder.ops->decode(v.decoder.ctx, data, size, false, pcm, FRAME, &count), 0);
        assert_int_equal(count, FRAME);
        assert_int_equal(index_in(pcm, FRAME), n);
    }
    voice_free(&v);
}

static void redundancy_tells_the_frame_before(void **state)
{
    struct voice v;
    uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
    int16_t pcm[FRAME];
    size_t count = 0;

    (void)state;
    voice_init(&v, true);
    size_t size = voice_encode(&v, data);
    assert_int_equal(v.decoder.ops->redundancy(v.decoder.ctx, data, size), 0);
    for (uint32_t n = 1; n < 10; n++) {
        size = voice_encode(&v, data);
        assert_int_equal(v.decoder.ops->redundancy(v.decoder.ctx, data, size), FRAME);
        assert_int_equal(v.decoder.ops->decode(v.decoder.ctx, data, size, true, pcm, FRAME, &count),
                         0);
        assert_int_equal(index_in(pcm, FRAME), n - 1);
    }
    voice_free(&v);
}

static void any_changed_or_missing_byte_of_sound_is_noticed(void **state)
{
    struct voice v;
    uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
    int16_t pcm[TACET_AUDIO_FRAME_SAMPLES_MAX];

    (void)state;
    voice_init(&v, false);
    size_t size = voice_encode(&v, data);
    for (size_t at = 0; at < size; at++) {
        size_t count = 77;
        data[at] ^= 0x10;
        assert_int_equal(v.decoder.ops->samples(v.decoder.ctx, data, size), TACET_ERR_CODEC);
        assert_int_equal(v.decoder.ops->decode(v.decoder.ctx, data, size, false, pcm,
                                               TACET_AUDIO_FRAME_SAMPLES_MAX, &count),
                         TACET_ERR_CODEC);
        data[at] ^= 0x10;
        assert_int_equal(v.decoder.ops->samples(v.decoder.ctx, data, at), TACET_ERR_CODEC);
        assert_int_equal(count, 77);
    }
    assert_int_equal(v.decoder.ops->samples(v.decoder.ctx, data, size), FRAME);
    voice_free(&v);
}

static void concealed_sound_is_silent(void **state)
{
    struct voice v;
    int16_t pcm[FRAME];

    (void)state;
    voice_init(&v, false);
    memset(pcm, 1, sizeof(pcm));
    assert_int_equal(v.decoder.ops->conceal(v.decoder.ctx, pcm, FRAME), 0);
    for (size_t i = 0; i < FRAME; i++) {
        assert_int_equal(pcm[i], 0);
    }
    assert_int_equal(v.decoder.ops->conceal(v.decoder.ctx, pcm, 100), TACET_ERR_ARGUMENT);
    voice_free(&v);
}

static void failing_allocation_is_reported(void **state)
{
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_AUDIO, "fake");
    struct tacet_audio_encoder_settings settings;
    struct tacet_audio_encoder encoder;
    struct tacet_audio_decoder decoder;

    (void)state;
    tacet_audio_encoder_settings_init(&settings);
    tacet_alloc_fail_after(0);
    assert_int_equal(codec->audio_encoder_create(&settings, &encoder), TACET_ERR_NOMEM);
    assert_int_equal(codec->audio_decoder_create(&decoder), TACET_ERR_NOMEM);
    tacet_alloc_fail_after(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_tells_which_frame_it_was),
        cmocka_unit_test(redundancy_tells_the_frame_before),
        cmocka_unit_test(any_changed_or_missing_byte_of_sound_is_noticed),
        cmocka_unit_test(concealed_sound_is_silent),
        cmocka_unit_test(failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
