/*
 * See sound_quality.h. A second is compared when it is full: against a sixth of the rate first,
 * within 30 ms around the place of the second's last known timestamp (a decoder delays by some ms,
 * stretching moves by more), then sample by sample around the best. Memory comes from the C
 * library, as everywhere in the simulator.
 */
#include "sim/sound_quality.h"

#include "sim/distribution.h"
#include "tacet/codec.h"
#include "tacet/error.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SECOND TACET_SAMPLE_RATE
#define RING (1 << 19) /* samples of the source that are remembered: 10.9 s */
#define COARSE 6
#define AROUND (TACET_SAMPLE_RATE * 30 / 1000)
#define STEP_MAX (TACET_SAMPLE_RATE / 10)
#define SILENCE_RMS 100 /* of 32768: a quieter second has nothing to be aligned by */

struct tacet_sound_quality {
    int16_t source[RING]; /* sample n of the session at n % RING */
    uint32_t first_rtp;
    uint64_t captured; /* samples of this session */
    int16_t heard[SECOND];
    size_t heard_count;
    bool aligned; /* a timestamp of this session has been heard */
    int64_t lag;  /* source position minus number in `heard`, at the last one */
    struct tacet_distribution correlations;
    float coarse_heard[SECOND / COARSE];
    float coarse_source[(SECOND + 2 * AROUND) / COARSE];
    float fine_heard[SECOND];
    float fine_source[SECOND + 4 * COARSE];
};

int tacet_sound_quality_create(struct tacet_sound_quality **ret)
{
    struct tacet_sound_quality *quality = calloc(1, sizeof(*quality));

    if (quality == NULL) {
        return TACET_ERR_NOMEM;
    }
    *ret = quality;
    return 0;
}

void tacet_sound_quality_free(struct tacet_sound_quality **quality)
{
    if (quality == NULL || *quality == NULL) {
        return;
    }
    tacet_distribution_free(&(*quality)->correlations);
    free(*quality);
    *quality = NULL;
}

void tacet_sound_quality_captured(struct tacet_sound_quality *q, uint32_t rtp_timestamp,
                                  const int16_t *pcm, size_t count)
{
    int32_t step = (int32_t)(rtp_timestamp - (q->first_rtp + (uint32_t)q->captured));

    if (q->captured == 0 || step > STEP_MAX || step < -STEP_MAX) {
        q->first_rtp = rtp_timestamp;
        q->captured = 0;
        q->heard_count = 0;
        q->aligned = false;
    } else {
        q->first_rtp += (uint32_t)step; /* rounding, or a clock that drifts */
    }
    for (size_t i = 0; i < count; i++) {
        q->source[(q->captured + i) % RING] = pcm[i];
    }
    q->captured += count;
}

void tacet_sound_quality_mark(struct tacet_sound_quality *q, size_t offset, uint32_t rtp_timestamp)
{
    uint32_t position = rtp_timestamp - q->first_rtp;

    if (position >= q->captured) {
        return; /* of a session before */
    }
    /* Timestamps count a session's samples; one of 2^32 lasts a day. */
    q->lag = (int64_t)position - (int64_t)(q->heard_count + offset);
    q->aligned = true;
}

/* Products are summed in lanes, in a fixed order: quick, and the same on every machine. */
static double product(const float *a, const float *b, size_t count)
{
    float lanes[8] = { 0 };
    double sum = 0;

    for (size_t i = 0; i + 8 <= count; i += 8) {
        for (size_t lane = 0; lane < 8; lane++) {
            lanes[lane] += a[i + lane] * b[i + lane];
        }
        if ((i & 1023) == 1016) {
            for (size_t lane = 0; lane < 8; lane++) {
                sum += (double)lanes[lane];
                lanes[lane] = 0;
            }
        }
    }
    for (size_t lane = 0; lane < 8; lane++) {
        sum += (double)lanes[lane];
    }
    return sum;
}

static float coarse_of_heard(const struct tacet_sound_quality *q, size_t at)
{
    int32_t sum = 0;

    for (size_t i = 0; i < COARSE; i++) {
        sum += q->heard[at + i];
    }
    return (float)sum;
}

/* Silence where it was not captured yet, or is forgotten. */
static int16_t source_at(const struct tacet_sound_quality *q, int64_t position)
{
    bool known =
        position >= 0 && position < (int64_t)q->captured && position >= (int64_t)q->captured - RING;

    return known ? q->source[(uint64_t)position % RING] : 0;
}

static float coarse_of_source(const struct tacet_sound_quality *q, int64_t position)
{
    int32_t sum = 0;

    for (int64_t i = 0; i < COARSE; i++) {
        sum += source_at(q, position + i);
    }
    return (float)sum;
}

/* The first of `steps` places in `source` where `heard` fits best; how well in *ret_best. */
static size_t best_place(const float *source, const float *heard, size_t count, size_t steps,
                         double *ret_best)
{
    double energy = product(heard, heard, count);
    double own = product(source, source, count);
    double best = -2;
    size_t place = 0;

    for (size_t step = 0; step < steps; step++) {
        double both = product(source + step, heard, count);
        double fit = both / sqrt((own + 1e-9) * (energy + 1e-9));
        if (fit > best) {
            best = fit;
            place = step;
        }
        if (step + 1 < steps) {
            /* Of the next place: one sample less and one more. */
            double leaves = (double)source[step];
            double comes = (double)source[step + count];
            own += comes * comes - leaves * leaves;
        }
    }
    *ret_best = best;
    return place;
}

static bool is_loud(const struct tacet_sound_quality *q)
{
    double energy = product(q->fine_source + 2 * COARSE, q->fine_source + 2 * COARSE, SECOND);

    return energy >= (double)SILENCE_RMS * SILENCE_RMS * SECOND;
}

/* From `first` on, as floats. */
static void copy_source(struct tacet_sound_quality *q, int64_t first)
{
    for (size_t i = 0; i < SECOND + 4 * COARSE; i++) {
        q->fine_source[i] = (float)source_at(q, first + (int64_t)i);
    }
}

static void compare_second(struct tacet_sound_quality *q)
{
    int64_t first = q->lag - AROUND;
    double fit;

    copy_source(q, q->lag - 2 * COARSE);
    if (!is_loud(q)) {
        return;
    }
    for (size_t i = 0; i < SECOND / COARSE; i++) {
        q->coarse_heard[i] = coarse_of_heard(q, i * COARSE);
    }
    for (size_t i = 0; i < (SECOND + 2 * AROUND) / COARSE; i++) {
        q->coarse_source[i] = coarse_of_source(q, first + (int64_t)i * COARSE);
    }
    size_t place = best_place(q->coarse_source, q->coarse_heard, SECOND / COARSE,
                              2 * AROUND / COARSE + 1, &fit);
    copy_source(q, first + (int64_t)place * COARSE - 2 * COARSE);
    for (size_t i = 0; i < SECOND; i++) {
        q->fine_heard[i] = (float)q->heard[i];
    }
    (void)best_place(q->fine_source, q->fine_heard, SECOND, 4 * COARSE + 1, &fit);
    tacet_distribution_add(&q->correlations, fit);
}

void tacet_sound_quality_played(struct tacet_sound_quality *q, const int16_t *pcm, size_t count)
{
    if (!q->aligned) {
        return; /* nothing of the source yet: the seconds begin with its first sound */
    }
    for (size_t i = 0; i < count; i++) {
        q->heard[q->heard_count++] = pcm[i];
        if (q->heard_count == SECOND) {
            compare_second(q);
            q->heard_count = 0;
            q->lag += SECOND;
        }
    }
}

size_t tacet_sound_quality_seconds(const struct tacet_sound_quality *q)
{
    return q->correlations.count;
}

double tacet_sound_quality_percentile(const struct tacet_sound_quality *q, size_t percent)
{
    assert(q->correlations.count > 0);
    return tacet_distribution_percentile(&q->correlations, percent);
}
