/*
 * See preset.h. Round figures for what such networks are like on an ordinary day, not measurements
 * of one: the caller is the one who sits in it, so where up and down differ the first is up.
 */
#include "sim/preset.h"

#include <string.h>

static const struct tacet_preset presets[] = {
    { "wifi", "a good home network with a fast line behind it",
      "delay=15 jitter=5 loss=0.1 burst=1 rate=20000:50000 queue=100" },
    { "wifi-lossy", "the far end of the flat: lost in bursts, retried late",
      "delay=20 jitter=15 loss=5 burst=3 rate=8000:15000 queue=150" },
    { "lte", "a mobile phone in town",
      "delay=35 jitter=15 loss=0.3 burst=2 rate=8000:25000 queue=300" },
    { "3g", "a mobile phone where there is no LTE",
      "delay=100 jitter=40 loss=1 burst=2 rate=800:2500 queue=500" },
    { "satellite", "a geostationary satellite: 36,000 km up, and down again",
      "delay=280 jitter=10 loss=0.5 burst=3 rate=3000:20000 queue=300" },
    { "congested", "a line that others fill, with a queue that grows long",
      "delay=40 jitter=20 loss=2 burst=2 rate=700:1200 queue=400" },
};
#define PRESETS (sizeof(presets) / sizeof(presets[0]))

const struct tacet_preset *tacet_preset_at(size_t index)
{
    return index < PRESETS ? &presets[index] : NULL;
}

const struct tacet_preset *tacet_preset_find(const char *name)
{
    for (size_t i = 0; i < PRESETS; i++) {
        if (strcmp(presets[i].name, name) == 0) {
            return &presets[i];
        }
    }
    return NULL;
}
