/* A list of numbers for its percentiles: latencies in us, distances, correlations. */
#ifndef TACET_SIM_DISTRIBUTION_H
#define TACET_SIM_DISTRIBUTION_H

#include <stddef.h>

/* Zero-initialised is empty. */
struct tacet_distribution {
    double *values;
    size_t count;
    size_t capacity;
};

void tacet_distribution_add(struct tacet_distribution *distribution, double value);
/* The value that `percent` of all do not exceed, by the nearest rank; 0 where there is none. */
double tacet_distribution_percentile(const struct tacet_distribution *distribution, size_t percent);
void tacet_distribution_free(struct tacet_distribution *distribution);

#endif
