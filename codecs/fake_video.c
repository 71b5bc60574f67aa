/*
 * Pictures of the codec for simulations (fake.h).
 *
 * Frame: the frame tag of VP8, with its size field in key frames (RFC 6386 section 9.1), so that it
 *   travels as VP8 | "TFV2" | sequence u64 | references u8 | updates u8 | sequence of LAST, GOLDEN,
 *   ALTREF u64 each | index u64 | captured u64 | width u16 | height u16 | crc u32 | filler.
 *   It decodes only where each picture that it refers to is the one that the encoder had.
 * Picture out: grey, along its top the test card's 32 blocks (tacet/video.h) with the index of the
 *   picture that was encoded; index and captured_at_us are the encoded picture's own.
 */
#include "base/alloc.h"
#include "base/bytes.h"
#include "fake.h"
#include "layers.h"
#include "registry.h"
#include "settings.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>

#define MAGIC 0x54465632
#define BODY_SIZE 62 /* from the magic to the crc */
#define TAG_INTER 3
#define TAG_KEY 10
#define KEY_FACTOR 5      /* a key frame is so much larger than the average frame */
#define RECOVERY_FACTOR 2 /* and one from an older picture */
#define BUFFERS 3         /* LAST, GOLDEN, ALTREF: bit i of references and updates is buffer i */
#define LUMA_ONE 235
#define LUMA_ZERO 16
#define GREY 128

struct encoder {
    struct tacet_video_encoder_settings settings;
    uint64_t sequence;         /* of the next frame */
    uint64_t buffers[BUFFERS]; /* which frame each reference picture is */
    struct tacet_layers layers;
    bool key_wanted;
    uint8_t frame[TACET_FRAME_SIZE_MAX];
};

static int configure(void *ctx, const struct tacet_video_encoder_settings *s)
{
    struct encoder *e = ctx;

    if (!tacet_video_settings_valid(s)) {
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

static size_t frame_size(const struct encoder *e, enum tacet_refresh refresh, size_t least)
{
    size_t size = (size_t)(e->settings.bitrate_bps / 8 / e->settings.fps);

    if (refresh != TACET_REFRESH_NONE) {
        size *= refresh == TACET_REFRESH_KEY ? KEY_FACTOR : RECOVERY_FACTOR;
    }
    size = size < least ? least : size;
    return size > sizeof(e->frame) ? sizeof(e->frame) : size;
}

static void write_tag(struct tacet_writer *w, const struct tacet_picture *picture, bool key)
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

static int encode(void *ctx, const struct tacet_picture *picture, enum tacet_refresh refresh,
                  struct tacet_frame *ret)
{
    struct encoder *e = ctx;

    if (picture->width != e->settings.width || picture->height != e->settings.height) {
        return TACET_ERR_ARGUMENT;
    }
    refresh = e->key_wanted ? TACET_REFRESH_KEY : refresh;
    bool key = refresh == TACET_REFRESH_KEY;
    struct tacet_role role =
        tacet_layers_next(&e->layers, e->settings.temporal_layers, e->settings.fps, refresh);
    size_t size = frame_size(e, refresh, (key ? TAG_KEY : TAG_INTER) + BODY_SIZE);
    struct tacet_writer w = tacet_writer(e->frame, size);
    write_tag(&w, picture, key);
    tacet_write_u32(&w, MAGIC);
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
    tacet_fake_fill(e->frame + w.at + 4, size - w.at - 4, e->sequence);
    tacet_fake_put_checksum(e->frame, size, w.at);
    e->sequence++;
    e->key_wanted = false;
    tacet_layers_advance(&e->layers, &role, refresh);
    *ret = tacet_layers_frame(&role, key, picture);
    ret->data = e->frame;
    ret->size = size;
    return 1;
}

static const struct tacet_video_encoder_ops encoder_ops = {
    .name = "fake",
    .configure = configure,
    .encode = encode,
    .free = tacet_dealloc,
};

static int encoder_create(const struct tacet_video_encoder_settings *settings,
                          struct tacet_video_encoder *ret)
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
    *ret = (struct tacet_video_encoder){ .ops = &encoder_ops, .ctx = e };
    return 0;
}

struct decoder {
    uint16_t width_max;
    uint16_t height_max;
    bool started;
    uint64_t buffers[BUFFERS]; /* which frame each reference picture is */
    uint16_t width;            /* of the picture in memory */
    uint16_t height;
    uint8_t *memory;
};

struct header {
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

static bool parse(const uint8_t *data, size_t size, struct header *ret)
{
    struct tacet_reader r = tacet_reader(data, size);

    ret->key = (tacet_read_u8(&r) & 1) == 0;
    tacet_read_skip(&r, ret->key ? TAG_KEY - 1 : TAG_INTER - 1);
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
    return !r.failed && magic == MAGIC && crc == tacet_fake_checksum(data, size, crc_at);
}

static size_t luma_size(const struct decoder *d)
{
    return (size_t)d->width * d->height;
}

static size_t chroma_size(const struct decoder *d)
{
    return ((size_t)d->width + 1) / 2 * (((size_t)d->height + 1) / 2);
}

static int resize(struct decoder *d, uint16_t width, uint16_t height)
{
    struct decoder next = { .width = width, .height = height };
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
static void draw_index(struct decoder *d, uint32_t index)
{
    size_t rows = d->height / 8U;

    for (size_t block = 0; block < TACET_FAKE_BITS && rows > 0; block++) {
        size_t from = block * d->width / TACET_FAKE_BITS;
        size_t to = (block + 1) * d->width / TACET_FAKE_BITS;
        int luma = (index >> (TACET_FAKE_BITS - 1 - block) & 1) != 0 ? LUMA_ONE : LUMA_ZERO;
        memset(d->memory + from, luma, to - from);
    }
    for (size_t y = 1; y < rows; y++) {
        memcpy(d->memory + y * d->width, d->memory, d->width);
    }
}

/* Whether each picture that the frame is predicted from is the one that the encoder had. */
static bool has_references(const struct decoder *d, const struct header *header)
{
    for (size_t i = 0; i < BUFFERS; i++) {
        if ((header->references >> i & 1) != 0 && header->buffers[i] != d->buffers[i]) {
            return false;
        }
    }
    return d->started;
}

static int decode(void *ctx, const uint8_t *data, size_t size, struct tacet_picture *ret)
{
    struct decoder *d = ctx;
    struct header header;

    if (size > TACET_FRAME_SIZE_MAX || !parse(data, size, &header)) {
        return TACET_ERR_CODEC;
    }
    if (header.width == 0 || header.width > d->width_max || header.height == 0 ||
        header.height > d->height_max) {
        return TACET_ERR_CODEC;
    }
    if (!header.key && !has_references(d, &header)) {
        return TACET_ERR_CODEC;
    }
    int error = resize(d, header.width, header.height);
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

static void decoder_free(void *ctx)
{
    struct decoder *d = ctx;

    if (d != NULL) {
        tacet_dealloc(d->memory);
        tacet_dealloc(d);
    }
}

static const struct tacet_video_decoder_ops decoder_ops = {
    .name = "fake",
    .decode = decode,
    .free = decoder_free,
};

static int decoder_create(uint16_t width_max, uint16_t height_max, struct tacet_video_decoder *ret)
{
    if (width_max == 0 || width_max > TACET_PICTURE_SIDE_MAX || height_max == 0 ||
        height_max > TACET_PICTURE_SIDE_MAX) {
        return TACET_ERR_ARGUMENT;
    }
    struct decoder *d = tacet_alloc(sizeof(*d));
    if (d == NULL) {
        return TACET_ERR_NOMEM;
    }
    d->width_max = width_max;
    d->height_max = height_max;
    *ret = (struct tacet_video_decoder){ .ops = &decoder_ops, .ctx = d };
    return 0;
}

const struct tacet_codec tacet_codec_fake_video = {
    .name = "fake",
    .kind = TACET_KIND_VIDEO,
    .clock_rate = 90000,
    .video_encoder_create = encoder_create,
    .video_decoder_create = decoder_create,
};
