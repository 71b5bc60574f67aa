/* The smaller and the larger of two numbers, and one within bounds. */
#ifndef TACET_BASE_RANGE_H
#define TACET_BASE_RANGE_H

#include <stdint.h>

static inline int64_t tacet_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t tacet_most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* `low` is at most `high`. */
static inline int64_t tacet_clamp(int64_t x, int64_t low, int64_t high)
{
    return tacet_most(low, tacet_least(x, high));
}

#endif
