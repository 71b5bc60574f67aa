/*
 * A codec for simulations: frames are small or as large as the bit rate says, cost nothing to make,
 * and prove on arrival that they are whole, in order and decodable. It codes no sound and no
 * picture; what comes out says which frame it was.
 *
 * Audio frame:  "TFA1" | samples u16 | flags u16 | index u64 | crc u32 | filler to bitrate * time.
 *   Sound out: 32 blocks of samples / 32, one bit of the index each, most significant first;
 *   +8192 is 1 and -8192 is 0. What is concealed is all zero.
 * Video frame:  the frame tag of VP8, with its size field in key frames (RFC 6386 section 9.1), so
 *   that it travels as VP8 | "TFV2" | sequence u64 | references u8 | updates u8 | sequence of LAST,
 *   GOLDEN, ALTREF u64 each | index u64 | captured u64 | width u16 | height u16 | crc u32 | filler.
 *   It decodes only where each picture that it refers to is the one that the encoder had.
 *   Picture out: grey, along its top the test card's 32 blocks (tacet/video.h) with the index of
 *   the picture that was encoded; index and captured_at_us are the encoded picture's own.
 */
#include "base/alloc.h"
#include "base/bytes.h"
#include "layers.h"
#include "registry.h"
#include "tacet/error.h"

#include <assert.h>
#include <isa-l/crc.h>
#include <string.h>

#define AUDIO_MAGIC 0x54464131
#define AUDIO_HEADER_SIZE 20
#define AUDIO_CRC_AT 16
#define AUDIO_LEVEL 8192
#define AUDIO_FLAG_REDUNDANT 1
#define VIDEO_MAGIC 0x54465632
#define VIDEO_BODY_SIZE 62 /* from the magic to the crc */
#define VIDEO_TAG_INTER 3
#define VIDEO_TAG_KEY 10
#define VIDEO_KEY_FACTOR 5      /* a key frame is so much larger than the average frame */
#define VIDEO_RECOVERY_FACTOR 2 /* and one from an older picture */
#define BUFFERS 3 /* LAST, GOLDEN, ALTREF: bit i of references and updates is buffer i */
#define BITS 32
#define LUMA_ONE 235
#define LUMA_ZERO 16
#define GREY 128

/* CRC-32 (IEEE 802.3) of the whole frame but for the four bytes of the sum itself: enough of a
 * check for what nobody attacks. */
static uint32_t checksum(const uint8_t *data, size_t size, size_t at)
{
    return crc32_gzip_refl(crc32_gzip_refl(0, data, at), data + at + 4, size - at - 4);
}

static void put_checksum(uint8_t *data, size_t size, size_t at)
{
    struct tacet_writer w = tacet_writer(data + at, 4);

    tacet_write_u32(&w, checksum(data, size, at));
}

/* Little endian; a form that compilers know as one store. */
static void put_word(uint8_t out[8], uint64_t word)
{
    out[0] = (uint8_t)word;
    out[1] = (uint8_t)(word >> 8);
    out[2] = (uint8_t)(word >> 16);
    out[3] = (uint8_t)(word >> 24);
    out[4] = (uint8_t)(word >> 32);
    out[5] = (uint8_t)(word >> 40);
    out[6] = (uint8_t)(word >> 48);
    out[7] = (uint8_t)(word >> 56);
}

/* Filler that differs from frame to frame, so that exchanged packets are found out. */
static void fill(uint8_t *data, size_t size, uint64_t seed)
{
    uint64_t x = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    uint8_t last[8];
    size_t i = 0;

    for (; i + 8 <= size; i += 8) {
        x += UINT64_C(0xBF58476D1CE4E5B9);
        put_word(data + i, x ^ x >> 31);
    }
    put_word(last, ~x);
    memcpy(data + i, last, size - i);
}

static void instance_free(void *ctx)
{
    tacet_dealloc(ctx);
}

struct audio_encoder {
    struct tacet_audio_encoder_settings settings;
    uint64_t index;
};

static int audio_configure(void *ctx, const struct tacet_audio_encoder_settings *s)
{
    struct audio_encoder *e = ctx;

    if (s->bitrate_bps < 6000 || s->bitrate_bps > 510000 || s->complexity < 0 ||
        s->complexity > 10 || s->loss_percent < 0 || s->loss_percent > 100) {
        return TACET_ERR_ARGUMENT;
    }
    e->settings = *s;
    return 0;
}

static int audio_encode(void *ctx, const int16_t *pcm, size_t count, uint8_t *out, size_t capacity,
                        size_t *ret_size)
{
    struct audio_encoder *e = ctx;
    bool redundant = e->settings.fec && e->settings.loss_percent > 0 && e->index > 0;

    (void)pcm;
    if (count != 480 && count != 960 && count != 1920 && count != 2880) {
        return TACET_ERR_ARGUMENT;
    }
    size_t size = (size_t)e->settings.bitrate_bps * count / (8 * TACET_SAMPLE_RATE);
    size = size < AUDIO_HEADER_SIZE ? AUDIO_HEADER_SIZE : size;
    size = size > TACET_AUDIO_FRAME_SIZE_MAX ? TACET_AUDIO_FRAME_SIZE_MAX : size;
    if (capacity < size) {
        return TACET_ERR_SPACE;
    }
    struct tacet_writer w = tacet_writer(out, size);
    tacet_write_u32(&w, AUDIO_MAGIC);
    tacet_write_u16(&w, (uint16_t)count);
    tacet_write_u16(&w, redundant ? AUDIO_FLAG_REDUNDANT : 0);
    tacet_write_u64(&w, e->index);
    assert(w.at == AUDIO_CRC_AT);
    fill(out + AUDIO_HEADER_SIZE, size - AUDIO_HEADER_SIZE, e->index);
    put_checksum(out, size, AUDIO_CRC_AT);
    e->index++;
    *ret_size = size;
    return 0;
}

static const struct tacet_audio_encoder_ops audio_encoder_ops = {
    .name = "fake",
    .configure = audio_configure,
    .encode = audio_encode,
    .free = instance_free,
};

static int audio_encoder_create(const struct tacet_audio_encoder_settings *settings,
                                struct tacet_audio_encoder *ret)
{
    struct audio_encoder *e = tacet_alloc(sizeof(*e));

    if (e == NULL) {
        return TACET_ERR_NOMEM;
    }
    int error = audio_configure(e, settings);
    if (error != 0) {
        tacet_dealloc(e);
        return error;
    }
    *ret = (struct tacet_audio_encoder){ .ops = &audio_encoder_ops, .ctx = e };
    return 0;
}

struct audio_header {
    uint16_t samples;
    uint16_t flags;
    uint64_t index;
};

static bool audio_parse(const uint8_t *data, size_t size, struct audio_header *ret)
{
    struct tacet_reader r = tacet_reader(data, size);
    uint32_t magic = tacet_read_u32(&r);

    ret->samples = tacet_read_u16(&r);
    ret->flags = tacet_read_u16(&r);
    ret->index = tacet_read_u64(&r);
    uint32_t crc = tacet_read_u32(&r);
    return !r.failed && magic == AUDIO_MAGIC && size <= TACET_AUDIO_FRAME_SIZE_MAX &&
           (ret->samples == 480 || ret->samples == 960 || ret->samples == 1920 ||
            ret->samples == 2880) &&
           crc == checksum(data, size, AUDIO_CRC_AT);
}

static int audio_samples(void *ctx, const uint8_t *data, size_t size)
{
    struct audio_header header;

    (void)ctx;
    return audio_parse(data, size, &header) ? header.samples : TACET_ERR_CODEC;
}

static int audio_redundancy(void *ctx, const uint8_t *data, size_t size)
{
    struct audio_header header;

    (void)ctx;
    return audio_parse(data, size, &header) && (header.flags & AUDIO_FLAG_REDUNDANT) != 0
               ? header.samples
               : 0;
}

static int audio_decode(void *ctx, const uint8_t *data, size_t size, bool fec, int16_t *pcm,
                        size_t capacity, size_t *ret_count)
{
    struct audio_header header;

    (void)ctx;
    if (!audio_parse(data, size, &header)) {
        return TACET_ERR_CODEC;
    }
    size_t count = fec ? capacity : header.samples;
    if (count > capacity || count == 0) {
        return TACET_ERR_SPACE;
    }
    bool known = !fec || (header.flags & AUDIO_FLAG_REDUNDANT) != 0;
    uint64_t index = fec ? header.index - 1 : header.index;
    for (size_t block = 0; block < BITS; block++) {
        size_t bit = BITS - 1 - block;
        int16_t level = !known ? 0 : (index >> bit & 1) != 0 ? AUDIO_LEVEL : -AUDIO_LEVEL;
        size_t end = ((block + 1) * count + BITS - 1) / BITS;
        for (size_t i = (block * count + BITS - 1) / BITS; i < end; i++) {
            pcm[i] = level;
        }
    }
    *ret_count = count;
    return 0;
}

static int audio_conceal(void *ctx, int16_t *pcm, size_t count)
{
    (void)ctx;
    if (count == 0 || count > TACET_AUDIO_FRAME_SAMPLES_MAX || count % 120 != 0) {
        return TACET_ERR_ARGUMENT;
    }
    memset(pcm, 0, count * sizeof(*pcm));
    return 0;
}

static const struct tacet_audio_decoder_ops audio_decoder_ops = {
    .name = "fake",
    .samples = audio_samples,
    .redundancy = audio_redundancy,
    .decode = audio_decode,
    .conceal = audio_conceal,
    .free = instance_free,
};

static int audio_decoder_create(struct tacet_audio_decoder *ret)
{
    void *d = tacet_alloc(1); /* it has no state, but each instance is one */

    if (d == NULL) {
        return TACET_ERR_NOMEM;
    }
    *ret = (struct tacet_audio_decoder){ .ops = &audio_decoder_ops, .ctx = d };
    return 0;
}

struct video_encoder {
    struct tacet_video_encoder_settings settings;
    uint64_t sequence;         /* of the next frame */
    uint64_t buffers[BUFFERS]; /* which frame each reference picture is */
    struct tacet_layers layers;
    bool key_wanted;
    uint8_t frame[TACET_FRAME_SIZE_MAX];
};

static int video_configure(void *ctx, const struct tacet_video_encoder_settings *s)
{
    struct video_encoder *e = ctx;

    if (s->width == 0 || s->width > TACET_PICTURE_SIDE_MAX || s->height == 0 ||
        s->height > TACET_PICTURE_SIDE_MAX || s->bitrate_bps < 10000 ||
        s->bitrate_bps > 100000000 || s->fps < 1 || s->fps > 120 || s->temporal_layers < 1 ||
        s->temporal_layers > TACET_LAYERS_MAX) {
        return TACET_ERR_ARGUMENT;
    }
    if (s->temporal_layers != e->settings.temporal_layers) {
        tacet_layers_restart(&e->layers);
    }
    if (s->width != e->settings.width || s->height != e->settings.height) {
        e->key_wanted = true;
    }
    e->settings = *s;
    return 0;
}

static size_t video_size(const struct video_encoder *e, enum tacet_refresh refresh, size_t least)
{
    size_t size = (size_t)(e->settings.bitrate_bps / 8 / e->settings.fps);

    if (refresh != TACET_REFRESH_NONE) {
        size *= refresh == TACET_REFRESH_KEY ? VIDEO_KEY_FACTOR : VIDEO_RECOVERY_FACTOR;
    }
    size = size < least ? least : size;
    return size > sizeof(e->frame) ? sizeof(e->frame) : size;
}

static void video_write_tag(struct tacet_writer *w, const struct tacet_picture *picture, bool key)
{
    tacet_write_u8(w, key ? 0x10 : 0x11); /* show_frame, and the bit that is 0 in a key frame */
    tacet_write_u16(w, 0);
    if (key) {
        tacet_write_u24(w, 0x9D012A);
        tacet_write_u8(w, (uint8_t)picture->width);
        tacet_write_u8(w, (uint8_t)(picture->width >> 8));
        tacet_write_u8(w, (uint8_t)picture->height);
        tacet_write_u8(w, (uint8_t)(picture->height >> 8));
    }
}

static int video_encode(void *ctx, const struct tacet_picture *picture, enum tacet_refresh refresh,
                        struct tacet_frame *ret)
{
    struct video_encoder *e = ctx;

    if (picture->width != e->settings.width || picture->height != e->settings.height) {
        return TACET_ERR_ARGUMENT;
    }
    refresh = e->key_wanted ? TACET_REFRESH_KEY : refresh;
    bool key = refresh == TACET_REFRESH_KEY;
    struct tacet_role role =
        tacet_layers_next(&e->layers, e->settings.temporal_layers, e->settings.fps, refresh);
    size_t size = video_size(e, refresh, (key ? VIDEO_TAG_KEY : VIDEO_TAG_INTER) + VIDEO_BODY_SIZE);
    struct tacet_writer w = tacet_writer(e->frame, size);
    video_write_tag(&w, picture, key);
    tacet_write_u32(&w, VIDEO_MAGIC);
    tacet_write_u64(&w, e->sequence);
    tacet_write_u8(&w, role.references);
    tacet_write_u8(&w, role.updates);
    for (size_t i = 0; i < BUFFERS; i++) {
        tacet_write_u64(&w, e->buffers[i]);
        e->buffers[i] = (role.updates >> i & 1) != 0 ? e->sequence : e->buffers[i];
    }
    tacet_write_u64(&w, picture->index);
    tacet_write_u64(&w, (uint64_t)picture->captured_at_us);
    tacet_write_u16(&w, picture->width);
    tacet_write_u16(&w, picture->height);
    assert(!w.failed);
    fill(e->frame + w.at + 4, size - w.at - 4, e->sequence);
    put_checksum(e->frame, size, w.at);
    e->sequence++;
    e->key_wanted = false;
    tacet_layers_advance(&e->layers, &role, refresh);
    *ret = (struct tacet_frame){
        .kind = TACET_KIND_VIDEO,
        .key = key,
        .temporal_layer = role.layer,
        .references = role.references,
        .updates = role.updates,
        .width = picture->width,
        .height = picture->height,
        .captured_at_us = picture->captured_at_us,
        .data = e->frame,
        .size = size,
    };
    return 1;
}

static const struct tacet_video_encoder_ops video_encoder_ops = {
    .name = "fake",
    .configure = video_configure,
    .encode = video_encode,
    .free = instance_free,
};

static int video_encoder_create(const struct tacet_video_encoder_settings *settings,
                                struct tacet_video_encoder *ret)
{
    struct video_encoder *e = tacet_alloc(sizeof(*e));

    if (e == NULL) {
        return TACET_ERR_NOMEM;
    }
    int error = video_configure(e, settings);
    if (error != 0) {
        tacet_dealloc(e);
        return error;
    }
    *ret = (struct tacet_video_encoder){ .ops = &video_encoder_ops, .ctx = e };
    return 0;
}

struct video_decoder {
    uint16_t width_max;
    uint16_t height_max;
    bool started;
    uint64_t buffers[BUFFERS]; /* which frame each reference picture is */
    uint16_t width;            /* of the picture in memory */
    uint16_t height;
    uint8_t *memory;
};

struct video_header {
    bool key;
    uint64_t sequence;
    uint8_t references;
    uint8_t updates;
    uint64_t buffers[BUFFERS]; /* the encoder's, when the frame was made */
    uint64_t index;
    uint64_t captured_at_us;
    uint16_t width;
    uint16_t height;
};

static bool video_parse(const uint8_t *data, size_t size, struct video_header *ret)
{
    struct tacet_reader r = tacet_reader(data, size);

    ret->key = (tacet_read_u8(&r) & 1) == 0;
    tacet_read_skip(&r, ret->key ? VIDEO_TAG_KEY - 1 : VIDEO_TAG_INTER - 1);
    uint32_t magic = tacet_read_u32(&r);
    ret->sequence = tacet_read_u64(&r);
    ret->references = tacet_read_u8(&r);
    ret->updates = tacet_read_u8(&r);
    for (size_t i = 0; i < BUFFERS; i++) {
        ret->buffers[i] = tacet_read_u64(&r);
    }
    ret->index = tacet_read_u64(&r);
    ret->captured_at_us = tacet_read_u64(&r);
    ret->width = tacet_read_u16(&r);
    ret->height = tacet_read_u16(&r);
    size_t crc_at = r.at;
    uint32_t crc = tacet_read_u32(&r);
    return !r.failed && magic == VIDEO_MAGIC && crc == checksum(data, size, crc_at);
}

static size_t luma_size(const struct video_decoder *d)
{
    return (size_t)d->width * d->height;
}

static size_t chroma_size(const struct video_decoder *d)
{
    return ((size_t)d->width + 1) / 2 * (((size_t)d->height + 1) / 2);
}

static int video_resize(struct video_decoder *d, uint16_t width, uint16_t height)
{
    struct video_decoder next = { .width = width, .height = height };
    size_t size = luma_size(&next) + 2 * chroma_size(&next);

    if (width == d->width && height == d->height) {
        return 0;
    }
    uint8_t *memory = tacet_alloc(size);
    if (memory == NULL) {
        return TACET_ERR_CODEC;
    }
    memset(memory, GREY, size);
    tacet_dealloc(d->memory);
    d->memory = memory;
    d->width = width;
    d->height = height;
    return 0;
}

/* The test card's blocks: tacet_testcard_read() reads them. */
static void draw_index(struct video_decoder *d, uint32_t index)
{
    size_t rows = d->height / 8U;

    for (size_t block = 0; block < BITS && rows > 0; block++) {
        size_t from = block * d->width / BITS;
        size_t to = (block + 1) * d->width / BITS;
        int luma = (index >> (BITS - 1 - block) & 1) != 0 ? LUMA_ONE : LUMA_ZERO;
        memset(d->memory + from, luma, to - from);
    }
    for (size_t y = 1; y < rows; y++) {
        memcpy(d->memory + y * d->width, d->memory, d->width);
    }
}

/* Whether each picture that the frame is predicted from is the one that the encoder had. */
static bool has_references(const struct video_decoder *d, const struct video_header *header)
{
    for (size_t i = 0; i < BUFFERS; i++) {
        if ((header->references >> i & 1) != 0 && header->buffers[i] != d->buffers[i]) {
            return false;
        }
    }
    return d->started;
}

static int video_decode(void *ctx, const uint8_t *data, size_t size, struct tacet_picture *ret)
{
    struct video_decoder *d = ctx;
    struct video_header header;

    if (size > TACET_FRAME_SIZE_MAX || !video_parse(data, size, &header)) {
        return TACET_ERR_CODEC;
    }
    if (header.width == 0 || header.width > d->width_max || header.height == 0 ||
        header.height > d->height_max) {
        return TACET_ERR_CODEC;
    }
    if (!header.key && !has_references(d, &header)) {
        return TACET_ERR_CODEC;
    }
    int error = video_resize(d, header.width, header.height);
    if (error != 0) {
        return error;
    }
    d->started = true;
    for (size_t i = 0; i < BUFFERS; i++) {
        d->buffers[i] = (header.updates >> i & 1) != 0 ? header.sequence : d->buffers[i];
    }
    draw_index(d, (uint32_t)header.index);
    uint8_t *u = d->memory + luma_size(d);
    int chroma_stride = (d->width + 1) / 2;
    *ret = (struct tacet_picture){
        .width = d->width,
        .height = d->height,
        .planes = { d->memory, u, u + chroma_size(d) },
        .strides = { d->width, chroma_stride, chroma_stride },
        .index = header.index,
        .captured_at_us = (int64_t)header.captured_at_us,
    };
    return 1;
}

static void video_decoder_free(void *ctx)
{
    struct video_decoder *d = ctx;

    if (d != NULL) {
        tacet_dealloc(d->memory);
        tacet_dealloc(d);
    }
}

static const struct tacet_video_decoder_ops video_decoder_ops = {
    .name = "fake",
    .decode = video_decode,
    .free = video_decoder_free,
};

static int video_decoder_create(uint16_t width_max, uint16_t height_max,
                                struct tacet_video_decoder *ret)
{
    if (width_max == 0 || width_max > TACET_PICTURE_SIDE_MAX || height_max == 0 ||
        height_max > TACET_PICTURE_SIDE_MAX) {
        return TACET_ERR_ARGUMENT;
    }
    struct video_decoder *d = tacet_alloc(sizeof(*d));
    if (d == NULL) {
        return TACET_ERR_NOMEM;
    }
    d->width_max = width_max;
    d->height_max = height_max;
    *ret = (struct tacet_video_decoder){ .ops = &video_decoder_ops, .ctx = d };
    return 0;
}

const struct tacet_codec tacet_codec_fake_audio = {
    .name = "fake",
    .kind = TACET_KIND_AUDIO,
    .clock_rate = TACET_SAMPLE_RATE,
    .audio_encoder_create = audio_encoder_create,
    .audio_decoder_create = audio_decoder_create,
};

const struct tacet_codec tacet_codec_fake_video = {
    .name = "fake",
    .kind = TACET_KIND_VIDEO,
    .clock_rate = 90000,
    .video_encoder_create = video_encoder_create,
    .video_decoder_create = video_decoder_create,
};
