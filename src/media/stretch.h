/*
 * Makes sound shorter or longer without changing its pitch, by waveform-similarity overlap-add: one
 * period (or several) of what repeats itself is taken out, or played twice, and the seam is a
 * cross-fade between two places that look alike. Pure; 48 kHz mono.
 *
 *     shrink   in[0 .. fade) fades into in[lag .. lag + fade), and goes on from there
 *     grow     in[0 .. fade) fades into in[-lag .. fade - lag), and comes to in[0] once more
 *
 * Both begin with in[0] as it was, so that what was played before joins on, and leave the end as it
 * was, so that what comes after does.
 */
#ifndef TACET_MEDIA_STRETCH_H
#define TACET_MEDIA_STRETCH_H

#include <stddef.h>
#include <stdint.h>

#define TACET_STRETCH_LAG_MIN 120  /* 2.5 ms, a pitch of 400 Hz */
#define TACET_STRETCH_LAG_MAX 720  /* 15 ms, 67 Hz */
#define TACET_STRETCH_FADE_MIN 120 /* a seam is at least so long */
#define TACET_STRETCH_FADE_MAX 480
/* What must stand before in[0] to grow. */
#define TACET_STRETCH_PAST (TACET_STRETCH_LAG_MAX + TACET_STRETCH_FADE_MAX)

/* How alike two places must be, in permille of correlation. What is nearly silent may always be
 * joined. */
#define TACET_STRETCH_ALIKE 900

/*
 * Takes out of the `count` samples of pcm as much as is alike, between TACET_STRETCH_LAG_MIN and
 * `most` samples, in place. Returns how many; 0: nothing is alike enough, or there is no room.
 */
size_t tacet_stretch_shrink(int16_t *pcm, size_t count, size_t most, int32_t alike_permille);
/*
 * Puts between TACET_STRETCH_LAG_MIN and `most` samples in. `past` is what was played before pcm,
 * TACET_STRETCH_PAST samples; pcm has room for count + most. Returns how many; 0 as above.
 */
size_t tacet_stretch_grow(const int16_t *past, int16_t *pcm, size_t count, size_t most,
                          int32_t alike_permille);

#endif
