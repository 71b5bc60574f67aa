/* Any bytes as an Opus packet: decoded, its redundancy decoded, and concealed after. */
#include "tacet/codec.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_AUDIO, "opus");
    struct tacet_audio_decoder decoder;
    int16_t *pcm = malloc(TACET_AUDIO_FRAME_SAMPLES_MAX * sizeof(*pcm));
    size_t count = 0;

    check(pcm != NULL && codec->audio_decoder_create(&decoder) == 0);
    int samples = decoder.ops->samples(decoder.ctx, data, size);
    int redundancy = decoder.ops->redundancy(decoder.ctx, data, size);
    check(samples <= TACET_AUDIO_FRAME_SAMPLES_MAX && redundancy >= 0);
    check(redundancy <= (samples > 0 ? samples : 0));
    if (redundancy > 0) {
        (void)decoder.ops->decode(decoder.ctx, data, size, true, pcm, (size_t)redundancy, &count);
        check(count <= (size_t)redundancy);
    }
    if (decoder.ops->decode(decoder.ctx, data, size, false, pcm, TACET_AUDIO_FRAME_SAMPLES_MAX,
                            &count) == 0) {
        check(count == (size_t)samples);
    }
    check(decoder.ops->conceal(decoder.ctx, pcm, 960) == 0);
    decoder.ops->free(decoder.ctx);
    free(pcm);
    return 0;
}
