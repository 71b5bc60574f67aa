/*
 * The decoder of VP8 (RFC 6386) through libvpx: one thread, no picture larger than was said, and
 * none that is predicted from one which has not been decoded.
 */
#include "vp8.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "tacet/error.h"

#include <assert.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

struct decoder {
    vpx_codec_ctx_t codec;
    uint16_t width_max;
    uint16_t height_max;
    bool has_key; /* all that inter frames refer to has been decoded */
};

/*
 * RFC 6386 section 9.1: three bytes of frame tag, whose lowest bit is 0 in a key frame; there the
 * start code and 14 bits each of width and height follow, little endian, under 2 bits of scaling.
 */
static bool header_allowed(const struct decoder *d, const uint8_t *data, size_t size)
{
    struct tacet_reader r = tacet_reader(data, size);
    uint8_t tag = tacet_read_u8(&r);

    tacet_read_skip(&r, 2);
    if (r.failed) {
        return false;
    }
    if ((tag & 1) != 0) {
        return d->has_key;
    }
    uint32_t start_code = tacet_read_u24(&r);
    uint8_t bytes[4];
    tacet_read_bytes(&r, bytes, sizeof(bytes));
    unsigned int width = (bytes[0] | (unsigned int)bytes[1] << 8) & 0x3FFF;
    unsigned int height = (bytes[2] | (unsigned int)bytes[3] << 8) & 0x3FFF;
    return !r.failed && start_code == 0x9D012A && width > 0 && width <= d->width_max &&
           height > 0 && height <= d->height_max;
}

static int decoder_decode(void *ctx, const uint8_t *data, size_t size, struct tacet_picture *ret)
{
    struct decoder *d = ctx;
    vpx_codec_iter_t iterator = NULL;
    int corrupted = 0;

    bool allowed = size > 0 && size <= TACET_FRAME_SIZE_MAX && header_allowed(d, data, size);
    d->has_key = false; /* until this frame has gone well: those behind it may need it */
    if (!allowed) {
        return TACET_ERR_CODEC;
    }
    if (vpx_codec_decode(&d->codec, data, (unsigned int)size, NULL, 0) != VPX_CODEC_OK ||
        vpx_codec_control(&d->codec, VP8D_GET_FRAME_CORRUPTED, &corrupted) != VPX_CODEC_OK ||
        corrupted != 0) {
        return TACET_ERR_CODEC;
    }
    d->has_key = true;
    const vpx_image_t *image = vpx_codec_get_frame(&d->codec, &iterator);
    if (image == NULL) {
        return 0; /* RFC 6386 section 9.1: show_frame was 0 */
    }
    assert(image->d_w <= d->width_max);
    assert(image->d_h <= d->height_max);
    *ret = (struct tacet_picture){
        .width = (uint16_t)image->d_w,
        .height = (uint16_t)image->d_h,
        .planes = { image->planes[0], image->planes[1], image->planes[2] },
        .strides = { image->stride[0], image->stride[1], image->stride[2] },
    };
    return 1;
}

static void decoder_free(void *ctx)
{
    struct decoder *d = ctx;

    if (d != NULL) {
        (void)vpx_codec_destroy(&d->codec);
        tacet_dealloc(d);
    }
}

static const struct tacet_video_decoder_ops decoder_ops = {
    .name = "vp8",
    .decode = decoder_decode,
    .free = decoder_free,
};

int tacet_vp8_decoder_create(uint16_t width_max, uint16_t height_max,
                             struct tacet_video_decoder *ret)
{
    const vpx_codec_dec_cfg_t config = { .threads = 1 };

    if (width_max == 0 || width_max > TACET_PICTURE_SIDE_MAX || height_max == 0 ||
        height_max > TACET_PICTURE_SIDE_MAX) {
        return TACET_ERR_ARGUMENT;
    }
    struct decoder *d = tacet_alloc(sizeof(*d));
    if (d == NULL) {
        return TACET_ERR_NOMEM;
    }
    if (vpx_codec_dec_init(&d->codec, vpx_codec_vp8_dx(), &config, 0) != VPX_CODEC_OK) {
        tacet_dealloc(d);
        return TACET_ERR_NOMEM;
    }
    d->width_max = width_max;
    d->height_max = height_max;
    *ret = (struct tacet_video_decoder){ .ops = &decoder_ops, .ctx = d };
    return 0;
}
