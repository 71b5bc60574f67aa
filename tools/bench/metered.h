/*
 * A transport that says how much CPU time it takes, by the clock of the thread that uses it. Where
 * the kernel tells system time by sampling, a process that wakes for moments is told wrongly; this
 * is exact.
 */
#ifndef TACET_BENCH_METERED_H
#define TACET_BENCH_METERED_H

#include "tacet/transport.h"

#include <stdatomic.h>

struct tacet_metered {
    struct tacet_transport inner;
    atomic_llong cpu_ns;
};

/* Wraps *transport, which is taken; `metered` outlives it. */
void tacet_metered_wrap(struct tacet_metered *metered, struct tacet_transport *transport);

#endif
