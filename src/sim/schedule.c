/* See schedule.h. Strict: a line that is not wholly understood is an error with its number, since a
 * trace that silently does something else is worse than none. Memory comes from the C library, as
 * everywhere in the simulator. */
#include "sim/schedule.h"

#include "sim/link_text.h"
#include "tacet/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLANKS " \t\r"
#define LINE_MAX 512
#define SECONDS_MAX (INT64_C(7) * 86400)

static int complain(char why[TACET_SCHEDULE_WHY_MAX], size_t number, const char *what)
{
    (void)snprintf(why, TACET_SCHEDULE_WHY_MAX, "line %zu: %s", number, what);
    return TACET_ERR_FORMAT;
}

static int add(struct tacet_schedule *schedule, const struct tacet_schedule_row *row)
{
    if (schedule->count == schedule->capacity) {
        size_t capacity = schedule->capacity == 0 ? 64 : schedule->capacity * 2;
        struct tacet_schedule_row *rows = realloc(schedule->rows, capacity * sizeof(*rows));
        if (rows == NULL) {
            return TACET_ERR_NOMEM;
        }
        schedule->rows = rows;
        schedule->capacity = capacity;
    }
    schedule->rows[schedule->count++] = *row;
    return 0;
}

/* One line without its comment; `row` holds what was valid before it. */
static int parse_line(const char *line, size_t number, struct tacet_schedule *schedule,
                      struct tacet_schedule_row *row, char why[TACET_SCHEDULE_WHY_MAX])
{
    char link_why[TACET_LINK_WHY_MAX];
    size_t size;
    int64_t at_us;

    line += strspn(line, BLANKS);
    size = strcspn(line, BLANKS);
    if (size == 0) {
        return 0;
    }
    if (!tacet_decimal_parse(line, size, 6, SECONDS_MAX * 1000000, &at_us)) {
        return complain(why, number, "it does not begin with a time in seconds");
    }
    if (schedule->count > 0 && at_us <= schedule->rows[schedule->count - 1].at_us) {
        return complain(why, number, "its time is not later than that of the line before");
    }
    if (schedule->count == TACET_SCHEDULE_ROWS_MAX) {
        return complain(why, number, "too many lines");
    }
    row->at_us = at_us;
    if (tacet_link_set_line(row->link, line + size, link_why) != 0) {
        return complain(why, number, link_why);
    }
    return add(schedule, row);
}

int tacet_schedule_parse(const char *text, size_t size, const struct tacet_link_config link[2],
                         struct tacet_schedule *ret, char ret_why[TACET_SCHEDULE_WHY_MAX])
{
    struct tacet_schedule schedule = { 0 };
    struct tacet_schedule_row row = { .link = { link[0], link[1] } };
    int error = 0;

    for (size_t at = 0, number = 1; at < size && error == 0; number++) {
        char line[LINE_MAX];
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
        const char *comment = memchr(text + at, '#', length);
        size_t used = comment != NULL ? (size_t)(comment - text) - at : length;
        if (used >= sizeof(line) || memchr(text + at, '\0', used) != NULL) {
            error = complain(ret_why, number, "it is too long, or no text");
            break;
        }
        memcpy(line, text + at, used);
        line[used] = '\0';
        error = parse_line(line, number, &schedule, &row, ret_why);
        at += length + 1;
    }
    if (error == 0 && schedule.count == 0) {
        (void)snprintf(ret_why, TACET_SCHEDULE_WHY_MAX, "there is no line with a time in it");
        error = TACET_ERR_FORMAT;
    }
    if (error != 0) {
        tacet_schedule_free(&schedule);
        return error;
    }
    *ret = schedule;
    return 0;
}

void tacet_schedule_free(struct tacet_schedule *schedule)
{
    free(schedule->rows);
    *schedule = (struct tacet_schedule){ 0 };
}
