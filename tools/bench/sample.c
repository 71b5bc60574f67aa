/* See sample.h. Quantiles lie between the two nearest values in proportion, as R's type 7. */
#include "sample.h"

#include "benchmark.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tacet_sample_add(struct tacet_sample *sample, double value)
{
    if (sample->count == sample->capacity) {
        size_t capacity = sample->capacity > 0 ? sample->capacity * 2 : 64;
        double *values = tacet_bench_alloc(capacity, sizeof(*values));
        if (sample->count > 0) {
            memcpy(values, sample->values, sample->count * sizeof(*values));
        }
        free(sample->values);
        sample->values = values;
        sample->capacity = capacity;
    }
    sample->values[sample->count++] = value;
}

void tacet_sample_free(struct tacet_sample *sample)
{
    free(sample->values);
    *sample = (struct tacet_sample){ 0 };
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y ? 1 : 0;
}

double tacet_sample_quantile(struct tacet_sample *sample, double part)
{
    if (sample->count == 0) {
        return 0;
    }
    qsort(sample->values, sample->count, sizeof(sample->values[0]), compare);
    double at = part * (double)(sample->count - 1);
    size_t below = (size_t)at;
    size_t above = below + 1 < sample->count ? below + 1 : below;
    double share = at - (double)below;
    return sample->values[below] * (1 - share) + sample->values[above] * share;
}

void tacet_sample_tell_number(cJSON *row, const char *name, double value)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%.6g", value);
    (void)cJSON_AddNumberToObject(row, name, strtod(text, NULL));
}

void tacet_sample_tell(struct tacet_sample *sample, cJSON *row, const char *name)
{
    cJSON *of = cJSON_AddObjectToObject(row, name);

    tacet_sample_tell_number(of, "median", tacet_sample_quantile(sample, 0.5));
    tacet_sample_tell_number(of, "q1", tacet_sample_quantile(sample, 0.25));
    tacet_sample_tell_number(of, "q3", tacet_sample_quantile(sample, 0.75));
    tacet_sample_tell_number(of, "min", tacet_sample_quantile(sample, 0));
    tacet_sample_tell_number(of, "max", tacet_sample_quantile(sample, 1));
    (void)cJSON_AddNumberToObject(of, "count", (double)sample->count);
    tacet_sample_free(sample);
}
