/* CPU time: of a thread, and of the whole process split into its own and the kernel's. */
#ifndef TACET_BENCH_CPU_H
#define TACET_BENCH_CPU_H

#include <stdint.h>

struct tacet_cpu {
    int64_t total_ns;
    int64_t kernel_ns;
};

/* Of the calling thread. */
int64_t tacet_cpu_thread_ns(void);
/* Of all threads of the process so far. */
struct tacet_cpu tacet_cpu_process(void);
/* Waits until tacet_clock_now() reaches `until_us`, with no CPU time to speak of. */
void tacet_cpu_idle(int64_t until_us);

#endif
