/* The table of codecs that this build has. A new codec is one more line here. */
#include "registry.h"

#include <string.h>

static const struct tacet_codec *const codecs[] = {
    &tacet_codec_opus,
    &tacet_codec_vp8,
    &tacet_codec_fake_audio,
    &tacet_codec_fake_video,
};

const struct tacet_codec *tacet_codec_find(enum tacet_kind kind, const char *name)
{
    for (size_t i = 0; name != NULL && i < sizeof(codecs) / sizeof(codecs[0]); i++) {
        if (codecs[i]->kind == kind && strcmp(codecs[i]->name, name) == 0) {
            return codecs[i];
        }
    }
    return NULL;
}

const struct tacet_codec *tacet_codec_at(size_t index)
{
    return index < sizeof(codecs) / sizeof(codecs[0]) ? codecs[index] : NULL;
}
