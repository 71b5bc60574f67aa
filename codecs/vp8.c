/* VP8 (RFC 6386) as a codec to be found by name. */
#include "vp8.h"

#include "registry.h"

const struct tacet_codec tacet_codec_vp8 = {
    .name = "vp8",
    .kind = TACET_KIND_VIDEO,
    .clock_rate = TACET_VP8_CLOCK_RATE,
    .video_encoder_create = tacet_vp8_encoder_create,
    .video_decoder_create = tacet_vp8_decoder_create,
};
