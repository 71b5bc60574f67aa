/* See settings.h; and their defaults, as the public header names them. */
#include "settings.h"

#include "layers.h"

bool tacet_audio_settings_valid(const struct tacet_audio_encoder_settings *s)
{
    return s->bitrate_bps >= 6000 && s->bitrate_bps <= 510000 && s->complexity >= 0 &&
           s->complexity <= 10 && s->loss_percent >= 0 && s->loss_percent <= 100;
}

bool tacet_video_settings_valid(const struct tacet_video_encoder_settings *s)
{
    return s->width > 0 && s->width <= TACET_PICTURE_SIDE_MAX && s->height > 0 &&
           s->height <= TACET_PICTURE_SIDE_MAX && s->bitrate_bps >= 10000 &&
           s->bitrate_bps <= 100000000 && s->fps >= 1 && s->fps <= 120 && s->temporal_layers >= 1 &&
           s->temporal_layers <= TACET_LAYERS_MAX;
}

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
