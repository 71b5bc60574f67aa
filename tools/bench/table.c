/* See table.h. Every column is as wide as its widest cell; text stands left, figures right. */
#include "table.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define CELL_MAX 64

static double part_of(const cJSON *sample, const char *name)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(sample, name));
}

static void format_cell(const cJSON *row, const struct tacet_column *column, char out[CELL_MAX])
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(row, column->member);

    if (cJSON_IsString(value)) {
        (void)snprintf(out, CELL_MAX, "%s", value->valuestring);
    } else if (cJSON_IsNumber(value)) {
        (void)snprintf(out, CELL_MAX, "%.*f", column->decimals, value->valuedouble);
    } else if (cJSON_IsObject(value) && column->plain) {
        (void)snprintf(out, CELL_MAX, "%.*f", column->decimals, part_of(value, "median"));
    } else if (cJSON_IsObject(value)) {
        (void)snprintf(out, CELL_MAX, "%.*f (%.*f-%.*f)", column->decimals,
                       part_of(value, "median"), column->decimals, part_of(value, "q1"),
                       column->decimals, part_of(value, "q3"));
    } else {
        (void)snprintf(out, CELL_MAX, "-");
    }
}

static int width_of(const cJSON *rows, const struct tacet_column *column)
{
    size_t width = strlen(column->heading);
    const cJSON *row;

    cJSON_ArrayForEach(row, rows)
    {
        char cell[CELL_MAX];
        format_cell(row, column, cell);
        width = strlen(cell) > width ? strlen(cell) : width;
    }
    return (int)width;
}

/* The first row decides for its column. */
static bool is_text(const cJSON *rows, const struct tacet_column *column)
{
    return cJSON_IsString(
        cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(rows, 0), column->member));
}

static void print_line(const cJSON *rows, const cJSON *row, const struct tacet_column *columns)
{
    for (const struct tacet_column *column = columns; column->member != NULL; column++) {
        char cell[CELL_MAX];
        int width = width_of(rows, column);
        if (row == NULL) {
            (void)snprintf(cell, sizeof(cell), "%s", column->heading);
        } else {
            format_cell(row, column, cell);
        }
        bool last = column[1].member == NULL;
        (void)printf("%*s%s", is_text(rows, column) ? (last ? 0 : -width) : width, cell,
                     last ? "\n" : "  ");
    }
}

void tacet_table_print(const cJSON *rows, const struct tacet_column *columns)
{
    const cJSON *row;

    print_line(rows, NULL, columns);
    cJSON_ArrayForEach(row, rows)
    {
        print_line(rows, row, columns);
    }
}
