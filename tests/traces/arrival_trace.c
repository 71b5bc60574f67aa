/* See arrival_trace.h. The files are our own: what is not as it should be is an assertion. */
#include "arrival_trace.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void arrival_trace_read(const char *name, struct arrival_trace *ret)
{
    const char *folder = getenv("TACET_TRACES");
    char path[1024];
    char line[256];

    assert(folder != NULL);
    (void)snprintf(path, sizeof(path), "%s/%s.txt", folder, name);
    FILE *file = fopen(path, "r");
    assert(file != NULL);
    ret->arrivals = calloc(ARRIVALS_MAX, sizeof(ret->arrivals[0]));
    ret->count = 0;
    assert(ret->arrivals != NULL);
    while (fgets(line, sizeof(line), file) != NULL) {
        struct arrival *arrival = &ret->arrivals[ret->count];
        char *end = line;
        if (line[0] == '#') {
            continue;
        }
        assert(ret->count < ARRIVALS_MAX);
        arrival->sent_at_us = strtoll(end, &end, 10);
        bool lost = strncmp(end, " - ", 3) == 0;
        arrival->arrived_at_us = lost ? ARRIVAL_LOST : strtoll(end, &end, 10);
        arrival->size = (uint32_t)strtoul(lost ? end + 2 : end, &end, 10);
        assert(*end == '\n');
        assert(arrival->size > 0);
        assert(arrival->arrived_at_us > arrival->sent_at_us);
        ret->count++;
    }
    assert(ret->count > 0);
    (void)fclose(file);
}

void arrival_trace_free(struct arrival_trace *trace)
{
    free(trace->arrivals);
    *trace = (struct arrival_trace){ 0 };
}
