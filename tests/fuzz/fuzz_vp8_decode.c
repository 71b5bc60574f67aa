/*
 * VP8 frames out of any bytes: each is preceded by its size, 16 bits, big endian. The decoder has
 * agreed to 64 x 64; every sample of what it shows is read.
 */
#include "base/bytes.h"
#include "tacet/codec.h"

#include <stdlib.h>

#define SIDE_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned int sum_of(const struct tacet_picture *p)
{
    unsigned int sum = 0;

    for (int plane = 0; plane < 3; plane++) {
        int width = plane == 0 ? p->width : (p->width + 1) / 2;
        int height = plane == 0 ? p->height : (p->height + 1) / 2;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                sum += p->planes[plane][y * p->strides[plane] + x];
            }
        }
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static volatile unsigned int sink;
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_VIDEO, "vp8");
    struct tacet_reader r = tacet_reader(data, size);
    struct tacet_video_decoder decoder;

    if (codec->video_decoder_create(SIDE_MAX, SIDE_MAX, &decoder) != 0) {
        abort();
    }
    while (tacet_reader_left(&r) > 2) {
        size_t frame_size = tacet_read_u16(&r);
        frame_size = frame_size < tacet_reader_left(&r) ? frame_size : tacet_reader_left(&r);
        const uint8_t *frame = tacet_read_view(&r, frame_size);
        struct tacet_picture picture;
        if (decoder.ops->decode(decoder.ctx, frame, frame_size, &picture) == 1) {
            if (picture.width > SIDE_MAX || picture.height > SIDE_MAX) {
                abort();
            }
            sink = sum_of(&picture);
        }
    }
    (void)sink;
    decoder.ops->free(decoder.ctx);
    return 0;
}
