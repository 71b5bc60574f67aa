/* See resample.h. speexdsp filters in the time domain; a quality of 8 keeps what aliases below
 * -90 dB and still costs little for one voice. */
#include "media/resample.h"

#include "base/alloc.h"
#include "tacet/error.h"

#include <assert.h>
#include <speex/speex_resampler.h>

#define QUALITY 8
#define RATE_MIN 1000
#define RATE_MAX 384000

struct tacet_resampler {
    SpeexResamplerState *state;
};

int tacet_resampler_create(uint32_t rate_in, uint32_t rate_out, struct tacet_resampler **ret)
{
    int error = 0;

    if (rate_in < RATE_MIN || rate_in > RATE_MAX || rate_out < RATE_MIN || rate_out > RATE_MAX) {
        return TACET_ERR_ARGUMENT;
    }
    struct tacet_resampler *resampler = tacet_alloc(sizeof(*resampler));
    if (resampler == NULL) {
        return TACET_ERR_NOMEM;
    }
    resampler->state = speex_resampler_init(1, rate_in, rate_out, QUALITY, &error);
    if (resampler->state == NULL) {
        tacet_dealloc(resampler);
        return TACET_ERR_NOMEM;
    }
    /* Begins half a filter in: the first output stands on the first input. */
    (void)speex_resampler_skip_zeros(resampler->state);
    *ret = resampler;
    return 0;
}

void tacet_resampler_free(struct tacet_resampler **resampler)
{
    if (resampler == NULL || *resampler == NULL) {
        return;
    }
    speex_resampler_destroy((*resampler)->state);
    tacet_dealloc(*resampler);
    *resampler = NULL;
}

void tacet_resampler_run(struct tacet_resampler *resampler, const int16_t *in, size_t *count_in,
                         int16_t *out, size_t *count_out)
{
    assert(*count_in <= UINT32_MAX);
    assert(*count_out <= UINT32_MAX);
    spx_uint32_t taken = (spx_uint32_t)*count_in;
    spx_uint32_t made = (spx_uint32_t)*count_out;
    int error = speex_resampler_process_int(resampler->state, 0, in, &taken, out, &made);
    assert(error == RESAMPLER_ERR_SUCCESS);
    *count_in = taken;
    *count_out = made;
}
