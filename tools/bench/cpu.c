/* See cpu.h. */
#include "cpu.h"

#include <errno.h>
#include <sys/resource.h>
#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec t = { 0 };

    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t tacet_cpu_thread_ns(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

struct tacet_cpu tacet_cpu_process(void)
{
    struct rusage usage = { 0 };

    (void)getrusage(RUSAGE_SELF, &usage);
    return (struct tacet_cpu){
        .total_ns = read_clock(CLOCK_PROCESS_CPUTIME_ID),
        .kernel_ns =
            (int64_t)usage.ru_stime.tv_sec * 1000000000 + (int64_t)usage.ru_stime.tv_usec * 1000,
    };
}

void tacet_cpu_idle(int64_t until_us)
{
    struct timespec until = { .tv_sec = (time_t)(until_us / 1000000),
                              .tv_nsec = (long)(until_us % 1000000 * 1000) };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR) {
    }
}
