/* What encoder settings may be, for all codecs of a kind; a codec may narrow it. */
#ifndef TACET_CODECS_SETTINGS_H
#define TACET_CODECS_SETTINGS_H

#include "tacet/codec.h"

/* Bounds as in RFC 6716 section 2.1.1. */
bool tacet_audio_settings_valid(const struct tacet_audio_encoder_settings *settings);
bool tacet_video_settings_valid(const struct tacet_video_encoder_settings *settings);

#endif
