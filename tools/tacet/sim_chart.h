/* One plot over time as HTML: a figure with a caption, a legend and an SVG drawing. */
#ifndef TACET_TOOL_SIM_CHART_H
#define TACET_TOOL_SIM_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TACET_CHART_LINES_MAX 4

struct tacet_chart_line {
    const char *name;
    const float *values; /* NAN: none there */
    bool step;           /* it jumps from value to value; else it is drawn straight between them */
    bool limit;          /* a bound: dashed, and the axis need not reach it */
    bool area;           /* filled down to zero */
};

struct tacet_chart {
    const char *title;
    const char *unit;
    double top_least;      /* the axis reaches so far up at least */
    struct tacet_chart_line lines[TACET_CHART_LINES_MAX];
    size_t line_count;
    const bool *band;      /* spans to be shaded, or NULL */
    const char *band_name;
    size_t count;          /* points */
    double interval_s;     /* from point to point; the first is one interval after dialling */
};

/* Colours and lines are classes of the page: .line0 and so on, .area0, .limit, .band. */
void tacet_chart_write(FILE *file, const struct tacet_chart *chart);

#endif
