/*
 * Opus (RFC 6716) through libopus, 48 kHz mono.
 *
 * The encoder runs as "audio", not "voip": on speech at 32 kbit/s that follows the waveform
 * closer (no high-pass, mostly CELT). CELT has no in-band redundancy, so where redundancy is
 * asked for and loss is expected the signal is declared to be voice, which brings SILK back.
 */
#include "base/alloc.h"
#include "registry.h"
#include "settings.h"
#include "tacet/error.h"

#include <assert.h>
#include <opus/opus.h>
#include <string.h>

/* Percent; below it libopus leaves the redundancy out at 32 kbit/s. */
#define REDUNDANT_LOSS_MIN 6
#define CONCEAL_STEP 120 /* 2.5 ms: libopus makes up only multiples of it */

static int encoder_configure(void *ctx, const struct tacet_audio_encoder_settings *settings)
{
    OpusEncoder *encoder = ctx;
    bool redundant = settings->fec && settings->loss_percent > 0;
    int loss = settings->loss_percent;
    int failed = 0;

    if (!tacet_audio_settings_valid(settings)) {
        return TACET_ERR_ARGUMENT;
    }
    if (redundant && loss < REDUNDANT_LOSS_MIN) {
        loss = REDUNDANT_LOSS_MIN;
    }
    failed |= opus_encoder_ctl(encoder, OPUS_SET_BITRATE(settings->bitrate_bps));
    failed |= opus_encoder_ctl(encoder, OPUS_SET_VBR(settings->vbr ? 1 : 0));
    failed |= opus_encoder_ctl(encoder, OPUS_SET_DTX(settings->dtx ? 1 : 0));
    failed |= opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(settings->complexity));
    failed |= opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(settings->fec ? 1 : 0));
    failed |= opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(loss));
    failed |= opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(redundant ? OPUS_SIGNAL_VOICE : OPUS_AUTO));
    /* Every value was checked above: libopus has no reason to refuse one. */
    assert(failed == OPUS_OK);
    return 0;
}

static int encoder_encode(void *ctx, const int16_t *pcm, size_t count, uint8_t *out,
                          size_t capacity, size_t *ret_size)
{
    OpusEncoder *encoder = ctx;

    if (count != 480 && count != 960 && count != 1920 && count != 2880) {
        return TACET_ERR_ARGUMENT;
    }
    if (capacity == 0) {
        return TACET_ERR_SPACE;
    }
    capacity = capacity < TACET_AUDIO_FRAME_SIZE_MAX ? capacity : TACET_AUDIO_FRAME_SIZE_MAX;
    /* With constant rate libopus fills less than asked for without a word where it does not fit:
     * the packet would then have another size than all others. */
    opus_int32 bitrate = 0;
    opus_int32 vbr = 0;
    (void)opus_encoder_ctl(encoder, OPUS_GET_BITRATE(&bitrate));
    (void)opus_encoder_ctl(encoder, OPUS_GET_VBR(&vbr));
    uint64_t wanted = (uint64_t)bitrate * count / (8 * TACET_SAMPLE_RATE);
    if (vbr == 0 && wanted < TACET_AUDIO_FRAME_SIZE_MAX && capacity < wanted) {
        return TACET_ERR_SPACE;
    }
    opus_int32 size = opus_encode(encoder, pcm, (int)count, out, (opus_int32)capacity);
    if (size == OPUS_BUFFER_TOO_SMALL) {
        return TACET_ERR_SPACE;
    }
    if (size <= 0) {
        return TACET_ERR_CODEC;
    }
    *ret_size = (size_t)size;
    return 0;
}

static void instance_free(void *ctx)
{
    tacet_dealloc(ctx);
}

static const struct tacet_audio_encoder_ops encoder_ops = {
    .name = "opus",
    .configure = encoder_configure,
    .encode = encoder_encode,
    .free = instance_free,
};

static int encoder_create(const struct tacet_audio_encoder_settings *settings,
                          struct tacet_audio_encoder *ret)
{
    if (!tacet_audio_settings_valid(settings)) {
        return TACET_ERR_ARGUMENT;
    }
    OpusEncoder *encoder = tacet_alloc((size_t)opus_encoder_get_size(1));
    if (encoder == NULL) {
        return TACET_ERR_NOMEM;
    }
    if (opus_encoder_init(encoder, TACET_SAMPLE_RATE, 1, OPUS_APPLICATION_AUDIO) != OPUS_OK) {
        tacet_dealloc(encoder);
        return TACET_ERR_CODEC;
    }
    int error = encoder_configure(encoder, settings);
    assert(error == 0);
    *ret = (struct tacet_audio_encoder){ .ops = &encoder_ops, .ctx = encoder };
    return error;
}

static int decoder_samples(void *ctx, const uint8_t *data, size_t size)
{
    (void)ctx;
    if (size == 0 || size > TACET_AUDIO_FRAME_SIZE_MAX) {
        return TACET_ERR_CODEC;
    }
    int samples = opus_packet_get_nb_samples(data, (opus_int32)size, TACET_SAMPLE_RATE);
    if (samples <= 0 || samples > TACET_AUDIO_FRAME_SAMPLES_MAX) {
        return TACET_ERR_CODEC;
    }
    return samples;
}

/*
 * RFC 6716 section 4.2.3: a SILK frame opens with one voice activity bit for each 20 ms (one for
 * 10 ms) and then the LBRR bit, all of even probability and so plainly the top bits of its first
 * byte. Configurations 16 and above are CELT alone and have none.
 */
static int decoder_redundancy(void *ctx, const uint8_t *data, size_t size)
{
    const unsigned char *frames[48];
    opus_int16 sizes[48];
    unsigned char toc;

    if (decoder_samples(ctx, data, size) <= 0 || data[0] >> 3 >= 16) {
        return 0;
    }
    if (opus_packet_parse(data, (opus_int32)size, &toc, frames, sizes, NULL) <= 0 || sizes[0] < 1) {
        return 0;
    }
    int samples = opus_packet_get_samples_per_frame(data, TACET_SAMPLE_RATE);
    int activity_bits = samples <= 960 ? 1 : samples / 960;
    return (frames[0][0] >> (7 - activity_bits) & 1) != 0 ? samples : 0;
}

static int decoder_decode(void *ctx, const uint8_t *data, size_t size, bool fec, int16_t *pcm,
                          size_t capacity, size_t *ret_count)
{
    int samples = decoder_samples(ctx, data, size);

    if (samples < 0) {
        return samples;
    }
    capacity = capacity < TACET_AUDIO_FRAME_SAMPLES_MAX ? capacity : TACET_AUDIO_FRAME_SAMPLES_MAX;
    if (fec ? capacity == 0 || capacity % CONCEAL_STEP != 0 : (size_t)samples > capacity) {
        return TACET_ERR_SPACE;
    }
    int count =
        opus_decode(ctx, data, (opus_int32)size, pcm, fec ? (int)capacity : samples, fec ? 1 : 0);
    if (count <= 0) {
        return TACET_ERR_CODEC;
    }
    *ret_count = (size_t)count;
    return 0;
}

static int decoder_conceal(void *ctx, int16_t *pcm, size_t count)
{
    if (count == 0 || count > TACET_AUDIO_FRAME_SAMPLES_MAX || count % CONCEAL_STEP != 0) {
        return TACET_ERR_ARGUMENT;
    }
    if (opus_decode(ctx, NULL, 0, pcm, (int)count, 0) != (int)count) {
        return TACET_ERR_CODEC;
    }
    return 0;
}

static const struct tacet_audio_decoder_ops decoder_ops = {
    .name = "opus",
    .samples = decoder_samples,
    .redundancy = decoder_redundancy,
    .decode = decoder_decode,
    .conceal = decoder_conceal,
    .free = instance_free,
};

static int decoder_create(struct tacet_audio_decoder *ret)
{
    OpusDecoder *decoder = tacet_alloc((size_t)opus_decoder_get_size(1));

    if (decoder == NULL) {
        return TACET_ERR_NOMEM;
    }
    if (opus_decoder_init(decoder, TACET_SAMPLE_RATE, 1) != OPUS_OK) {
        tacet_dealloc(decoder);
        return TACET_ERR_CODEC;
    }
    *ret = (struct tacet_audio_decoder){ .ops = &decoder_ops, .ctx = decoder };
    return 0;
}

const struct tacet_codec tacet_codec_opus = {
    .name = "opus",
    .kind = TACET_KIND_AUDIO,
    .clock_rate = TACET_SAMPLE_RATE,
    .audio_encoder_create = encoder_create,
    .audio_decoder_create = decoder_create,
};
