/* A sine to listen to and to measure with. */
#include "tacet/audio.h"

#include "base/alloc.h"
#include "tacet/error.h"

#include <math.h>

#define AMPLITUDE 8192.0
/* 440 Hz at 48 kHz: 11 whole waves in 1200 samples, so that the table repeats without a step. */
#define PERIOD 1200
#define WAVES 11

struct tone {
    size_t at;
    int16_t table[PERIOD];
};

static int tone_read(void *ctx, int16_t *pcm, size_t count)
{
    struct tone *tone = ctx;

    for (size_t i = 0; i < count; i++) {
        pcm[i] = tone->table[tone->at];
        tone->at = (tone->at + 1) % PERIOD;
    }
    return (int)count;
}

static void tone_free(void *ctx)
{
    tacet_dealloc(ctx);
}

static const struct tacet_audio_source_ops tone_ops = {
    .name = "tone",
    .read = tone_read,
    .free = tone_free,
};

int tacet_tone_source_create(struct tacet_audio_source *ret)
{
    struct tone *tone = tacet_alloc(sizeof(*tone));

    if (tone == NULL) {
        return TACET_ERR_NOMEM;
    }
    for (int i = 0; i < PERIOD; i++) {
        tone->table[i] = (int16_t)lrint(AMPLITUDE * sin(2 * M_PI * WAVES * i / PERIOD));
    }
    *ret = (struct tacet_audio_source){ .ops = &tone_ops, .ctx = tone };
    return 0;
}
