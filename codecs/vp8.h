/* The two halves of VP8: as the members of struct tacet_codec (tacet/codec.h). */
#ifndef TACET_CODECS_VP8_H
#define TACET_CODECS_VP8_H

#include "tacet/codec.h"

#define TACET_VP8_CLOCK_RATE 90000 /* RFC 7741 section 4.1 */

int tacet_vp8_encoder_create(const struct tacet_video_encoder_settings *settings,
                             struct tacet_video_encoder *ret);
int tacet_vp8_decoder_create(uint16_t width_max, uint16_t height_max,
                             struct tacet_video_decoder *ret);

#endif
