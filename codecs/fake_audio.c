/*
 * Sound of the codec for simulations (fake.h).
 *
 * Frame: "TFA1" | samples u16 | flags u16 | index u64 | crc u32 | filler to bitrate * time.
 * Sound out: 32 blocks of samples / 32, one bit of the index each, most significant first; +8192 is
 *   1 and -8192 is 0. What is concealed is all zero.
 */
#include "base/alloc.h"
#include "base/bytes.h"
#include "fake.h"
#include "registry.h"
#include "settings.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>

#define MAGIC 0x54464131
#define HEADER_SIZE 20
#define CRC_AT 16
#define LEVEL 8192
#define FLAG_REDUNDANT 1

struct encoder {
    struct tacet_audio_encoder_settings settings;
    uint64_t index;
};

static int configure(void *ctx, const struct tacet_audio_encoder_settings *s)
{
    struct encoder *e = ctx;

    if (!tacet_audio_settings_valid(s)) {
        return TACET_ERR_ARGUMENT;
    }
    e->settings = *s;
    return 0;
}

static int encode(void *ctx, const int16_t *pcm, size_t count, uint8_t *out, size_t capacity,
                  size_t *ret_size)
{
    struct encoder *e = ctx;
    bool redundant = e->settings.fec && e->settings.loss_percent > 0 && e->index > 0;

    (void)pcm;
    if (count != 480 && count != 960 && count != 1920 && count != 2880) {
        return TACET_ERR_ARGUMENT;
    }
    size_t size = (size_t)e->settings.bitrate_bps * count / (8 * TACET_SAMPLE_RATE);
    size = size < HEADER_SIZE ? HEADER_SIZE : size;
    size = size > TACET_AUDIO_FRAME_SIZE_MAX ? TACET_AUDIO_FRAME_SIZE_MAX : size;
    if (capacity < size) {
        return TACET_ERR_SPACE;
    }
    struct tacet_writer w = tacet_writer(out, size);
    tacet_write_u32(&w, MAGIC);
    tacet_write_u16(&w, (uint16_t)count);
    tacet_write_u16(&w, redundant ? FLAG_REDUNDANT : 0);
    tacet_write_u64(&w, e->index);
    assert(w.at == CRC_AT);
    tacet_fake_fill(out + HEADER_SIZE, size - HEADER_SIZE, e->index);
    tacet_fake_put_checksum(out, size, CRC_AT);
    e->index++;
    *ret_size = size;
    return 0;
}

static const struct tacet_audio_encoder_ops encoder_ops = {
    .name = "fake",
    .configure = configure,
    .encode = encode,
    .free = tacet_dealloc,
};

static int encoder_create(const struct tacet_audio_encoder_settings *settings,
                          struct tacet_audio_encoder *ret)
{
    struct encoder *e = tacet_alloc(sizeof(*e));

    if (e == NULL) {
        return TACET_ERR_NOMEM;
    }
    int error = configure(e, settings);
    if (error != 0) {
        tacet_dealloc(e);
        return error;
    }
    *ret = (struct tacet_audio_encoder){ .ops = &encoder_ops, .ctx = e };
    return 0;
}

struct header {
    uint16_t samples;
    uint16_t flags;
    uint64_t index;
};

static bool parse(const uint8_t *data, size_t size, struct header *ret)
{
    struct tacet_reader r = tacet_reader(data, size);
    uint32_t magic = tacet_read_u32(&r);

    ret->samples = tacet_read_u16(&r);
    ret->flags = tacet_read_u16(&r);
    ret->index = tacet_read_u64(&r);
    uint32_t crc = tacet_read_u32(&r);
    return !r.failed && magic == MAGIC && size <= TACET_AUDIO_FRAME_SIZE_MAX &&
           (ret->samples == 480 || ret->samples == 960 || ret->samples == 1920 ||
            ret->samples == 2880) &&
           crc == tacet_fake_checksum(data, size, CRC_AT);
}

static int samples(void *ctx, const uint8_t *data, size_t size)
{
    struct header header;

    (void)ctx;
    return parse(data, size, &header) ? header.samples : TACET_ERR_CODEC;
}

static int redundancy(void *ctx, const uint8_t *data, size_t size)
{
    struct header header;

    (void)ctx;
    return parse(data, size, &header) && (header.flags & FLAG_REDUNDANT) != 0 ? header.samples : 0;
}

static int decode(void *ctx, const uint8_t *data, size_t size, bool fec, int16_t *pcm,
                  size_t capacity, size_t *ret_count)
{
    struct header header;

    (void)ctx;
    if (!parse(data, size, &header)) {
        return TACET_ERR_CODEC;
    }
    size_t count = fec ? capacity : header.samples;
    if (count > capacity || count == 0) {
        return TACET_ERR_SPACE;
    }
    bool known = !fec || (header.flags & FLAG_REDUNDANT) != 0;
    uint64_t index = fec ? header.index - 1 : header.index;
    for (size_t block = 0; block < TACET_FAKE_BITS; block++) {
        size_t bit = TACET_FAKE_BITS - 1 - block;
        int16_t level = !known ? 0 : (index >> bit & 1) != 0 ? LEVEL : -LEVEL;
        size_t end = ((block + 1) * count + TACET_FAKE_BITS - 1) / TACET_FAKE_BITS;
        for (size_t i = (block * count + TACET_FAKE_BITS - 1) / TACET_FAKE_BITS; i < end; i++) {
            pcm[i] = level;
        }
    }
    *ret_count = count;
    return 0;
}

static int conceal(void *ctx, int16_t *pcm, size_t count)
{
    (void)ctx;
    if (count == 0 || count > TACET_AUDIO_FRAME_SAMPLES_MAX || count % 120 != 0) {
        return TACET_ERR_ARGUMENT;
    }
    memset(pcm, 0, count * sizeof(*pcm));
    return 0;
}

static const struct tacet_audio_decoder_ops decoder_ops = {
    .name = "fake",
    .samples = samples,
    .redundancy = redundancy,
    .decode = decode,
    .conceal = conceal,
    .free = tacet_dealloc,
};

static int decoder_create(struct tacet_audio_decoder *ret)
{
    void *d = tacet_alloc(1); /* it has no state, but each instance is one */

    if (d == NULL) {
        return TACET_ERR_NOMEM;
    }
    *ret = (struct tacet_audio_decoder){ .ops = &decoder_ops, .ctx = d };
    return 0;
}

const struct tacet_codec tacet_codec_fake_audio = {
    .name = "fake",
    .kind = TACET_KIND_AUDIO,
    .clock_rate = TACET_SAMPLE_RATE,
    .audio_encoder_create = encoder_create,
    .audio_decoder_create = decoder_create,
};
