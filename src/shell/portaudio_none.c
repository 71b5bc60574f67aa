/* Sound devices in a build without PortAudio: there are none, and each function says so. */
#include "tacet/audio.h"

#include "tacet/error.h"

int tacet_microphone_create(const char *name, struct tacet_audio_source *ret)
{
    (void)name;
    (void)ret;
    return TACET_ERR_UNSUPPORTED;
}

int tacet_speaker_create(const char *name, struct tacet_audio_sink *ret)
{
    (void)name;
    (void)ret;
    return TACET_ERR_UNSUPPORTED;
}

int tacet_audio_devices(struct tacet_audio_device_info *out, size_t capacity)
{
    (void)out;
    (void)capacity;
    return TACET_ERR_UNSUPPORTED;
}
