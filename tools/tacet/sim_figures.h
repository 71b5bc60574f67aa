/* The figures of a simulation as text for people: a row a figure, a column a direction. */
#ifndef TACET_TOOL_SIM_FIGURES_H
#define TACET_TOOL_SIM_FIGURES_H

#include "sim_run.h"

#define TACET_SIM_FIGURES_MAX 16
#define TACET_SIM_TEXT_MAX 160

struct tacet_sim_figure {
    const char *what;
    char text[2][TACET_SIM_TEXT_MAX]; /* "-": not measured */
};

/* Returns how many there are. */
size_t tacet_sim_figures(const struct tacet_sim_request *request,
                         const struct tacet_sim_outcome *outcome,
                         struct tacet_sim_figure out[TACET_SIM_FIGURES_MAX]);
void tacet_sim_hash_text(const struct tacet_sim_outcome *outcome, char out[65]);
/* A link in words: "50 ms ± 20 ms, 5 % lost". */
void tacet_sim_link_text(const struct tacet_link_config *link, char out[TACET_SIM_TEXT_MAX]);

#endif
