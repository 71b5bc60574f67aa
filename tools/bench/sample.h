/* Measured values of one quantity, and what is told of them: median and spread. */
#ifndef TACET_BENCH_SAMPLE_H
#define TACET_BENCH_SAMPLE_H

#include <cjson/cJSON.h>

#include <stddef.h>

struct tacet_sample { /* zero-initialised: empty */
    double *values;
    size_t count;
    size_t capacity;
};

void tacet_sample_add(struct tacet_sample *sample, double value);
void tacet_sample_free(struct tacet_sample *sample);
/* The value below which that part of all lies, interpolated; 0 where there are none. Sorts. */
double tacet_sample_quantile(struct tacet_sample *sample, double part);
/* Adds {"median","q1","q3","min","max","count"} to a row under `name`; empties the sample. */
void tacet_sample_tell(struct tacet_sample *sample, cJSON *row, const char *name);
/* Adds a number, rounded to six significant digits so that the output stays readable. */
void tacet_sample_tell_number(cJSON *row, const char *name, double value);

#endif
