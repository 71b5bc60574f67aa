/* The machine and the build that figures were measured on. */
#ifndef TACET_BENCH_MACHINE_H
#define TACET_BENCH_MACHINE_H

#include <cjson/cJSON.h>

/* An object: cpu, cores, kernel, load, compiler, optimised, libraries. */
cJSON *tacet_machine_describe(void);
/* The same in lines to read. */
void tacet_machine_print(const cJSON *machine);

#endif
