/* One simulated call, run to its end, and what was measured. */
#ifndef TACET_TOOL_SIM_RUN_H
#define TACET_TOOL_SIM_RUN_H

#include "sim/harness.h"
#include "sim_options.h"
#include "sim_timeline.h"

#include <stdio.h>

struct tacet_sim_outcome {
    uint8_t hash[32];
    double wall_s;
    double cpu_s;
    bool answered;
    struct tacet_harness_result direction[2]; /* [0] caller to callee */
    struct tacet_sim_timeline timeline;       /* empty where no report is wanted */
};

/* 0, or an exit status after one line on standard error. Then *ret wants _free. */
int tacet_sim_run(const struct tacet_sim_request *request, struct tacet_sim_outcome *ret);
void tacet_sim_outcome_free(struct tacet_sim_outcome *outcome);

/* As one JSON object, for cJSON_Delete(); NULL: out of memory. */
struct cJSON;
struct cJSON *tacet_sim_json(const struct tacet_sim_request *request,
                             const struct tacet_sim_outcome *outcome);
/* As a table on standard output. */
void tacet_sim_print(const struct tacet_sim_request *request,
                     const struct tacet_sim_outcome *outcome);
/* As a page of HTML. */
void tacet_sim_report(FILE *file, const struct tacet_sim_request *request,
                      const struct tacet_sim_outcome *outcome);

#endif
