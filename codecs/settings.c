/* Defaults of the encoder settings, as the public header names them. */
#include "tacet/codec.h"

void tacet_audio_encoder_settings_init(struct tacet_audio_encoder_settings *settings)
{
    *settings = (struct tacet_audio_encoder_settings){ .bitrate_bps = 32000, .complexity = 5 };
}

void tacet_video_encoder_settings_init(struct tacet_video_encoder_settings *settings,
                                       uint16_t width, uint16_t height)
{
    *settings = (struct tacet_video_encoder_settings){
        .width = width,
        .height = height,
        .bitrate_bps = 1500000,
        .fps = 30,
        .cpu_used = -8,
        .temporal_layers = 1,
    };
}
