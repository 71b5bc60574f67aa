/*
 * See stretch.h. The lag is searched for on every second sample first and then around the best one
 * on all; what fits best is taken, be it one period or several.
 *
 * The two sides of a seam are summed with weights that keep the power for the correlation that they
 * have: a plain cross-fade would dip by 3 dB where they are not alike, as in noise.
 */
#include "media/stretch.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Root mean square below which nobody hears a seam: -60 dB of full scale. */
#define QUIET_RMS 33

struct match {
    size_t lag;
    double alike; /* correlation, -1 to 1 */
};

/* Of `count` samples at a and b, every `step`-th. */
static double correlation(const int16_t *a, const int16_t *b, size_t count, size_t step)
{
    int64_t ab = 0;
    int64_t aa = 0;
    int64_t bb = 0;

    for (size_t i = 0; i < count; i += step) {
        ab += (int32_t)a[i] * b[i];
        aa += (int32_t)a[i] * a[i];
        bb += (int32_t)b[i] * b[i];
    }
    return aa == 0 || bb == 0 ? 0 : (double)ab / (sqrt((double)aa) * sqrt((double)bb));
}

static bool quiet(const int16_t *pcm, size_t count)
{
    int64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += (int32_t)pcm[i] * pcm[i];
    }
    return sum < (int64_t)count * QUIET_RMS * QUIET_RMS;
}

/* `sign` says on which side of `from` the other place is. */
static const int16_t *place(const int16_t *from, size_t lag, int sign)
{
    return sign > 0 ? from + lag : from - lag;
}

/* How long the seam for this lag is: as long as the lag, within bounds and the room there is. */
static size_t fade_length(size_t lag, size_t room)
{
    size_t fade = lag < TACET_STRETCH_FADE_MAX ? lag : TACET_STRETCH_FADE_MAX;

    return fade < room ? fade : room;
}

/* The lag at which `from` is most alike; `window` samples are compared. */
static struct match search(const int16_t *from, int sign, size_t window, size_t most)
{
    struct match best = { .lag = 0, .alike = -2 };

    for (size_t lag = TACET_STRETCH_LAG_MIN; lag <= most; lag += 2) {
        double alike = correlation(from, place(from, lag, sign), window, 2);
        if (alike > best.alike) {
            best = (struct match){ .lag = lag, .alike = alike };
        }
    }
    size_t middle = best.lag;
    best.alike = -2;
    for (size_t lag = middle - 1; lag <= middle + 1; lag++) {
        if (lag < TACET_STRETCH_LAG_MIN || lag > most) {
            continue;
        }
        double alike = correlation(from, place(from, lag, sign), window, 1);
        if (alike > best.alike) {
            best = (struct match){ .lag = lag, .alike = alike };
        }
    }
    return best;
}

/* Fades from a to b. `out` may be a. */
static void join(const int16_t *a, const int16_t *b, size_t count, double alike, int16_t *out)
{
    double r = alike > 0 ? alike : 0;

    for (size_t i = 0; i < count; i++) {
        double to = ((double)i + 0.5) / (double)count;
        double from = 1 - to;
        double power = from * from + to * to + 2 * r * from * to;
        double sum = (from * a[i] + to * b[i]) / sqrt(power);
        sum = sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum;
        out[i] = (int16_t)lrint(sum);
    }
}

static bool acceptable(const struct match *match, int32_t alike_permille)
{
    return match->alike * 1000 >= alike_permille;
}

size_t tacet_stretch_shrink(int16_t *pcm, size_t count, size_t most, int32_t alike_permille)
{
    struct match match;

    most = most < TACET_STRETCH_LAG_MAX ? most : TACET_STRETCH_LAG_MAX;
    if (count < TACET_STRETCH_LAG_MIN + TACET_STRETCH_FADE_MIN || most < TACET_STRETCH_LAG_MIN) {
        return 0;
    }
    size_t lag_max = count - TACET_STRETCH_FADE_MIN;
    most = most < lag_max ? most : lag_max;
    if (quiet(pcm, count)) {
        match = (struct match){ .lag = most };
    } else {
        /* Every lag is compared over as much as the longest of them can show. */
        match = search(pcm, 1, fade_length(TACET_STRETCH_FADE_MAX, count - most), most);
        if (!acceptable(&match, alike_permille)) {
            return 0;
        }
    }
    size_t fade = fade_length(match.lag, count - match.lag);
    join(pcm, pcm + match.lag, fade, match.alike, pcm);
    memmove(pcm + fade, pcm + match.lag + fade, (count - match.lag - fade) * sizeof(*pcm));
    return match.lag;
}

size_t tacet_stretch_grow(const int16_t *past, int16_t *pcm, size_t count, size_t most,
                          int32_t alike_permille)
{
    int16_t around[TACET_STRETCH_PAST + TACET_STRETCH_FADE_MAX];
    int16_t *here = around + TACET_STRETCH_PAST;
    struct match match;

    most = most < TACET_STRETCH_LAG_MAX ? most : TACET_STRETCH_LAG_MAX;
    if (count < TACET_STRETCH_FADE_MIN || most < TACET_STRETCH_LAG_MIN) {
        return 0;
    }
    size_t window = fade_length(TACET_STRETCH_FADE_MAX, count);
    memcpy(around, past, TACET_STRETCH_PAST * sizeof(*past));
    memcpy(here, pcm, window * sizeof(*pcm));
    if (quiet(here - window, 2 * window)) {
        match = (struct match){ .lag = most };
    } else {
        match = search(here, -1, window, most);
        if (!acceptable(&match, alike_permille)) {
            return 0;
        }
    }
    size_t fade = fade_length(match.lag, window);
    memmove(pcm + match.lag, pcm, count * sizeof(*pcm));
    /* The first lag samples: a fade, then what was heard before. What follows is pcm as it was,
     * which is what came after that. */
    join(here, here - match.lag, fade, match.alike, pcm);
    memcpy(pcm + fade, here - match.lag + fade, (match.lag - fade) * sizeof(*pcm));
    return match.lag;
}
