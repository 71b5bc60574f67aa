/* tacet sim: a whole call on virtual time over a simulated network. */
#include "command.h"
#include "report.h"
#include "sim_run.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

static int print_json(const struct tacet_sim_request *request,
                      const struct tacet_sim_outcome *outcome)
{
    cJSON *root = tacet_sim_json(request, outcome);
    char *text = root != NULL ? cJSON_PrintUnformatted(root) : NULL;

    if (text != NULL) {
        (void)printf("%s\n", text);
    }
    cJSON_Delete(root);
    if (text == NULL) {
        return tacet_complain("out of memory");
    }
    free(text);
    return 0;
}

static int write_report(struct tacet_sim_request *request, const struct tacet_sim_outcome *outcome)
{
    tacet_sim_report(request->report, request, outcome);
    bool failed = ferror(request->report) != 0;
    failed = fclose(request->report) != 0 || failed;
    request->report = NULL;
    return failed ? tacet_complain("cannot write the report '%s': is the disk full?",
                                   request->settings.html)
                  : 0;
}

static int run(struct tacet_sim_request *request)
{
    struct tacet_sim_outcome outcome;
    int result = tacet_sim_run(request, &outcome);

    if (result != 0) {
        return result;
    }
    if (request->report != NULL) {
        result = write_report(request, &outcome);
    }
    if (result == 0 && request->settings.json) {
        result = print_json(request, &outcome);
    } else if (result == 0) {
        tacet_sim_print(request, &outcome);
    }
    if (result == 0 && !outcome.answered) {
        result = tacet_complain("the call was never answered: did the network let too little "
                                "through, or was it too short?");
    }
    tacet_sim_outcome_free(&outcome);
    return result;
}

int tacet_cmd_sim(int argc, char **argv)
{
    struct tacet_sim_request request;
    int result = tacet_sim_request_parse(argc, argv, &request);

    if (result == 0 && !request.settings.help) {
        result = run(&request);
    }
    tacet_sim_request_free(&request);
    return result;
}
