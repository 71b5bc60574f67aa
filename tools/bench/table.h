/* The rows of a benchmark as a table to read. */
#ifndef TACET_BENCH_TABLE_H
#define TACET_BENCH_TABLE_H

#include <cjson/cJSON.h>

#include <stdbool.h>

struct tacet_column {   /* a table of them ends with member NULL */
    const char *member; /* of a row: text, a number, or a sample's object */
    const char *heading;
    int decimals;
    bool plain; /* a sample without its quartiles */
};

/* Prints the rows; a sample as its median and quartiles, a missing member as "-". */
void tacet_table_print(const cJSON *rows, const struct tacet_column *columns);

#endif
