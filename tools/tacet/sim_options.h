/* What `tacet sim` is asked for: its options, understood and checked. */
#ifndef TACET_TOOL_SIM_OPTIONS_H
#define TACET_TOOL_SIM_OPTIONS_H

#include "ends.h"
#include "options.h"
#include "sim/link.h"
#include "sim/schedule.h"

#include <stdio.h>

struct tacet_sim_request {
    struct tacet_settings settings; /* json, seconds, bit rates, names of files */
    uint64_t seed;
    bool real_codecs;
    struct tacet_link_config link[2]; /* [0] caller to callee; before the schedule */
    struct tacet_schedule schedule;   /* empty: none */
    struct tacet_ends ends[2];        /* sources of the caller and of the callee */
    FILE *report;                     /* open for writing; NULL: none is wanted */
    int argc;                         /* what was asked, as it was */
    char **argv;                      /* borrowed */
};

/*
 * Parses the options, reads the schedule and opens the sources. 0, or an exit status after one line
 * on standard error; with --help, 0 and settings.help. What *ret then holds wants
 * tacet_sim_request_free() either way.
 */
int tacet_sim_request_parse(int argc, char **argv, struct tacet_sim_request *ret);
void tacet_sim_request_free(struct tacet_sim_request *request);

#endif
