/*
 * The settings of a link as text, as an option of the command line, a preset or a line of a
 * schedule gives them: a name, and a number or two with ':' between them, "5" or "5:2". One number
 * is for both directions; of two the first is for [0], caller to callee, the second for [1].
 */
#ifndef TACET_SIM_LINK_TEXT_H
#define TACET_SIM_LINK_TEXT_H

#include "sim/link.h"

#define TACET_LINK_WHY_MAX 160

/* What `name` takes ("percent, 0 to 100"), or NULL where there is no such setting. */
const char *tacet_link_takes(const char *name);
/* 0, or TACET_ERR_FORMAT (no such setting, or not a value of it) and nothing has changed. */
int tacet_link_set(struct tacet_link_config link[2], const char *name, const char *value);
/*
 * Sets all of a line, "delay=50 loss=5:0", none twice and at least one. 0, or TACET_ERR_FORMAT with
 * the reason in `ret_why`; then nothing has changed.
 */
int tacet_link_set_line(struct tacet_link_config link[2], const char *line,
                        char ret_why[TACET_LINK_WHY_MAX]);
/* A number not below zero of at most `decimals` digits behind the point, times 10^decimals. False
 * where it is none, or above `max`. */
bool tacet_decimal_parse(const char *text, size_t size, int decimals, int64_t max, int64_t *ret);

#endif
