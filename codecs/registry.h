/* The codecs of this folder, for the registry. Everyone else finds them by name. */
#ifndef TACET_CODECS_REGISTRY_H
#define TACET_CODECS_REGISTRY_H

#include "tacet/codec.h"

extern const struct tacet_codec tacet_codec_opus;
extern const struct tacet_codec tacet_codec_vp8;
extern const struct tacet_codec tacet_codec_fake_audio;
extern const struct tacet_codec tacet_codec_fake_video;

#endif
