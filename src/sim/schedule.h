/*
 * A network that changes while the call goes on: rows of a time and the settings that hold from
 * then on. As text (a "trace") each line is a time in seconds from dialling and at least one
 * NAME=VALUE of link_text.h; what a line does not name stays as it was; # begins a comment:
 *
 *     0   rate=2500 queue=200
 *     20  rate=500            # a step down
 *     40  rate=2500:800       # up again, less so from callee to caller
 */
#ifndef TACET_SIM_SCHEDULE_H
#define TACET_SIM_SCHEDULE_H

#include "sim/link.h"

#define TACET_SCHEDULE_ROWS_MAX 100000
#define TACET_SCHEDULE_WHY_MAX 256

struct tacet_schedule_row {
    int64_t at_us; /* from dialling; each later than the one before */
    struct tacet_link_config link[2];
};

/* Zero-initialised is empty. */
struct tacet_schedule {
    struct tacet_schedule_row *rows;
    size_t count;
    size_t capacity;
};

/*
 * Reads a whole text, over links as they are before the first row. 0, TACET_ERR_NOMEM, or
 * TACET_ERR_FORMAT with "line N: what is wrong" in `ret_why`.
 */
int tacet_schedule_parse(const char *text, size_t size, const struct tacet_link_config link[2],
                         struct tacet_schedule *ret, char ret_why[TACET_SCHEDULE_WHY_MAX]);
void tacet_schedule_free(struct tacet_schedule *schedule);

#endif
