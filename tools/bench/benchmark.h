/*
 * What a benchmark is made of. It adds rows to a JSON array; the same rows are printed as a table.
 * Each benchmark stands in a file of its own and is one row of the table in bench.c.
 */
#ifndef TACET_BENCH_BENCHMARK_H
#define TACET_BENCH_BENCHMARK_H

#include "../tacet/options.h"
#include "table.h"

#include <cjson/cJSON.h>

struct tacet_benchmark {
    const char *name;
    const struct tacet_usage usage;
    int seconds;      /* default of --seconds; 0: the benchmark has no such option */
    int rounds;       /* default of --rounds */
    const char *note; /* under the table: what its figures are */
    const struct tacet_column *columns;
    /* Adds one object a row; ends the process where something fails. */
    void (*run)(const struct tacet_settings *settings, cJSON *rows);
};

extern const struct tacet_benchmark tacet_benchmark_handshake;
extern const struct tacet_benchmark tacet_benchmark_srtp;
extern const struct tacet_benchmark tacet_benchmark_codec;
extern const struct tacet_benchmark tacet_benchmark_call;

/*
 * A benchmark leaves nothing behind that would have to be completed: where it cannot go on it says
 * why in one line and ends the process with status 1. `result` below zero is an error.
 */
int tacet_bench_must(int result, const char *what);
/* Zeroed memory, or the end of the process. */
void *tacet_bench_alloc(size_t count, size_t size);

#endif
