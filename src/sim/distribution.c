/* See distribution.h. Memory comes from the C library, as everywhere in the simulator. */
#include "sim/distribution.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void tacet_distribution_add(struct tacet_distribution *distribution, double value)
{
    if (distribution->count == distribution->capacity) {
        size_t capacity = distribution->capacity == 0 ? 256 : distribution->capacity * 2;
        double *grown = realloc(distribution->values, capacity * sizeof(*grown));
        assert(grown != NULL);
        distribution->values = grown;
        distribution->capacity = capacity;
    }
    distribution->values[distribution->count++] = value;
}

static int compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

double tacet_distribution_percentile(const struct tacet_distribution *distribution, size_t percent)
{
    assert(percent <= 100);
    if (distribution->count == 0) {
        return 0;
    }
    double *sorted = malloc(distribution->count * sizeof(*sorted));
    assert(sorted != NULL);
    memcpy(sorted, distribution->values, distribution->count * sizeof(*sorted));
    qsort(sorted, distribution->count, sizeof(*sorted), compare);
    /* The nearest rank: the smallest value with at least that share at or below it. */
    size_t rank = (distribution->count * percent + 99) / 100;
    double value = sorted[rank > 0 ? rank - 1 : 0];
    free(sorted);
    return value;
}

void tacet_distribution_free(struct tacet_distribution *distribution)
{
    free(distribution->values);
    *distribution = (struct tacet_distribution){ 0 };
}
