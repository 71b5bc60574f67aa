/* Mono 16-bit resampling through speexdsp. */
#ifndef TACET_MEDIA_RESAMPLE_H
#define TACET_MEDIA_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

struct tacet_resampler;

/* Rates 1000 to 384000 Hz. TACET_ERR_ARGUMENT, TACET_ERR_NOMEM. The filter's delay is taken off
 * at the start, so that sample n of the input stands at n * out / in of the output. */
int tacet_resampler_create(uint32_t rate_in, uint32_t rate_out, struct tacet_resampler **ret);
void tacet_resampler_free(struct tacet_resampler **resampler);
/* Reads up to *count_in samples and writes up to *count_out; both return how many. */
void tacet_resampler_run(struct tacet_resampler *resampler, const int16_t *in, size_t *count_in,
                         int16_t *out, size_t *count_out);

#endif
