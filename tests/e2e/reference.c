/*
 * The picture quality that a bit rate buys with nothing lost: a clip through the encoder's default
 * settings and the decoder, without a call between them.
 *
 *     reference CLIP BITS_PER_SECOND PICTURES      CLIP: Y4M, looped
 *
 * The answer is one JSON object: the mean luma PSNR, and the bits a second that were spent. Status
 * 1: the clip cannot be used.
 */
#include "tacet/tacet.h"

#include <libyuv/compare.h>
#include <stdio.h>
#include <stdlib.h>

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "reference: %s\n", what);
    exit(1);
}

static double luma_psnr(const struct tacet_picture *a, const struct tacet_picture *b)
{
    uint64_t error = ComputeSumSquareErrorPlane(a->planes[0], a->strides[0], b->planes[0],
                                                b->strides[0], a->width, a->height);

    return SumSquareErrorToPsnr(error, (uint64_t)a->width * a->height);
}

int main(int argc, char **argv)
{
    struct tacet_video_source clip;
    struct tacet_video_format format;
    struct tacet_video_encoder encoder;
    struct tacet_video_decoder decoder;
    struct tacet_video_encoder_settings settings;
    double sum = 0;
    size_t bytes = 0;
    long shown = 0;

    if (argc != 4) {
        fprintf(stderr, "usage: reference CLIP BITS_PER_SECOND PICTURES\n");
        return 2;
    }
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_VIDEO, "vp8");
    long count = strtol(argv[3], NULL, 10);
    if (codec == NULL || tacet_y4m_source_create(argv[1], true, &clip, NULL) != 0) {
        fail("no codec, or the clip cannot be read");
    }
    clip.ops->format(clip.ctx, &format);
    tacet_video_encoder_settings_init(&settings, format.width, format.height);
    settings.bitrate_bps = (int32_t)strtol(argv[2], NULL, 10);
    settings.fps = (int32_t)(format.fps_numerator / format.fps_denominator);
    if (codec->video_encoder_create(&settings, &encoder) != 0 ||
        codec->video_decoder_create(format.width, format.height, &decoder) != 0) {
        fail("no encoder for that");
    }
    for (long i = 0; i < count; i++) {
        struct tacet_picture in, out;
        struct tacet_frame frame;
        int64_t now = i * 1000000 * format.fps_denominator / format.fps_numerator;
        if (clip.ops->read(clip.ctx, now, 0, &in) != 1) {
            fail("the clip ends");
        }
        in.captured_at_us = now;
        if (encoder.ops->encode(encoder.ctx, &in, i == 0, &frame) == 1 &&
            decoder.ops->decode(decoder.ctx, frame.data, frame.size, &out) == 1) {
            sum += luma_psnr(&in, &out);
            bytes += frame.size;
            shown++;
        }
    }
    printf("{\"pictures\":%ld,\"meanDb\":%.2f,\"bps\":%.0f}\n", shown, sum / (double)shown,
           8.0 * (double)bytes * format.fps_numerator / format.fps_denominator / (double)count);
    encoder.ops->free(encoder.ctx);
    decoder.ops->free(decoder.ctx);
    clip.ops->free(clip.ctx);
    return 0;
}
