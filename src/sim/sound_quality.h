/*
 * How much of the voice arrived: each second of what was played beside the source, laid where it
 * fits best near the place that its timestamps name, as normalised cross-correlation. One object a
 * direction.
 */
#ifndef TACET_SIM_SOUND_QUALITY_H
#define TACET_SIM_SOUND_QUALITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tacet_sound_quality;

int tacet_sound_quality_create(struct tacet_sound_quality **ret);
void tacet_sound_quality_free(struct tacet_sound_quality **quality);
/* Sound that was captured, in order without gaps; its first sample carries this RTP timestamp. A
 * timestamp more than 100 ms from where the last ended begins anew. */
void tacet_sound_quality_captured(struct tacet_sound_quality *quality, uint32_t rtp_timestamp,
                                  const int16_t *pcm, size_t count);
/* What pcm[offset] of the next played block is, where that is known. */
void tacet_sound_quality_mark(struct tacet_sound_quality *quality, size_t offset,
                              uint32_t rtp_timestamp);
/* The next played block. */
void tacet_sound_quality_played(struct tacet_sound_quality *quality, const int16_t *pcm,
                                size_t count);
/* Seconds compared so far: those in which the source was not silent. */
size_t tacet_sound_quality_seconds(const struct tacet_sound_quality *quality);
/* The correlation, -1 to 1, that `percent` of the seconds do not exceed. Needs at least one. */
double tacet_sound_quality_percentile(const struct tacet_sound_quality *quality, size_t percent);

#endif
