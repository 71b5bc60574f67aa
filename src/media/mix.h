/* Adding voices without wrapping over. */
#ifndef TACET_MEDIA_MIX_H
#define TACET_MEDIA_MIX_H

#include <stddef.h>
#include <stdint.h>

/* into[i] += add[i], saturated. */
void tacet_mix_add(int16_t *into, const int16_t *add, size_t count);
/* Stereo (interleaved) to mono; in and out may be one. */
void tacet_mix_down(const int16_t *stereo, size_t count, int16_t *mono);

#endif
