/* The runner's clock. */
#include "tacet/runner.h"

#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;

    (void)clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t tacet_clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t tacet_clock_unix_offset(void)
{
    return read_clock(CLOCK_REALTIME) - tacet_clock_now();
}
