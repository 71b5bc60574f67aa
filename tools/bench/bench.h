/* The benchmarks, as the tool starts them: one row of its table of commands. */
#ifndef TACET_BENCH_BENCH_H
#define TACET_BENCH_BENCH_H

/* `argc` and `argv` are what follows "bench"; the result is the exit status. */
int tacet_cmd_bench(int argc, char **argv);

#endif
