/*
 * See sim_chart.h. The drawing has a size of its own, 460 x 190, and is scaled to what the page has
 * room for; its text stays readable at the width of a phone. Where there are more points than
 * pixels, several become one: their mean.
 */
#include "sim_chart.h"

#include <math.h>

#define WIDTH 460.0
#define HEIGHT 190.0
#define LEFT 44.0
#define RIGHT 8.0
#define TOP 10.0
#define BOTTOM 26.0
#define PLOT_WIDTH (WIDTH - LEFT - RIGHT)
#define PLOT_HEIGHT (HEIGHT - TOP - BOTTOM)
#define POINTS_MAX 400
#define LIMIT_FACTOR 2.5 /* a bound further above the rest than this stays outside */
#define TICKS_Y 4
#define TICKS_X 6
#define MINUTES_FROM_S 300 /* longer calls are labelled in minutes and seconds */

/* The least step of 1, 2 or 5 times a power of ten of which `ticks` reach `top`. */
static double round_step(double top, int ticks)
{
    static const double factors[] = { 1, 2, 5 };
    double base = pow(10, floor(log10(top / ticks)));

    for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
        if (base * factors[i] * ticks >= top * (1 - 1e-9)) {
            return base * factors[i];
        }
    }
    return base * 10;
}

/* Seconds in steps that people count in. */
static double time_step(double seconds)
{
    static const double steps[] = { 1,   2,   5,   10,   20,   30,   60,    120,
                                    300, 600, 900, 1800, 3600, 7200, 21600, 86400 };

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (seconds / steps[i] <= TICKS_X) {
            return steps[i];
        }
    }
    return 86400;
}

static double largest(const struct tacet_chart *chart, bool limits)
{
    double top = 0;

    for (size_t l = 0; l < chart->line_count; l++) {
        for (size_t i = 0; i < chart->count && chart->lines[l].limit == limits; i++) {
            double value = (double)chart->lines[l].values[i];
            top = !isnan(value) && value > top ? value : top;
        }
    }
    return top;
}

/* How far up the axis goes. */
static double choose_top(const struct tacet_chart *chart)
{
    double top = fmax(largest(chart, false), chart->top_least);
    double limit = largest(chart, true);

    top = limit > top && limit <= top * LIMIT_FACTOR ? limit : top;
    return top > 0 ? top : 1;
}

static void print_seconds(FILE *file, double seconds, double end)
{
    if (end <= MINUTES_FROM_S) {
        (void)fprintf(file, "%.0f", seconds);
    } else {
        (void)fprintf(file, "%.0f:%02.0f", floor(seconds / 60), fmod(seconds, 60));
    }
}

static double y_of(double value, double top)
{
    return TOP + PLOT_HEIGHT * (1 - value / top);
}

static void write_axes(FILE *file, const struct tacet_chart *chart, double top, double step_y)
{
    double end = (double)chart->count * chart->interval_s;
    double step_x = time_step(end);

    for (double value = 0; value <= top * (1 + 1e-9); value += step_y) {
        (void)fprintf(file,
                      "<path class=\"%s\" d=\"M%.0f %.1fH%.0f\"/>"
                      "<text x=\"%.0f\" y=\"%.1f\" class=\"y\">%g</text>\n",
                      value > 0 ? "grid" : "axis", LEFT, y_of(value, top), WIDTH - RIGHT, LEFT - 6,
                      y_of(value, top) + 4.5, value);
    }
    for (double seconds = 0; seconds <= end * (1 + 1e-9); seconds += step_x) {
        double x = LEFT + PLOT_WIDTH * seconds / end;
        bool last = seconds + step_x > end * (1 + 1e-9);
        bool at_edge = x > WIDTH - RIGHT - 20; /* its text would be cut off */
        (void)fprintf(file,
                      "<path class=\"axis\" d=\"M%.1f %.1fv4\"/><text x=\"%.1f\" y=\"%.0f\" "
                      "class=\"%s\">",
                      x, HEIGHT - BOTTOM, at_edge ? WIDTH : x, HEIGHT - 7, at_edge ? "y" : "x");
        print_seconds(file, seconds, end);
        (void)fprintf(file, "%s</text>\n", last && end <= MINUTES_FROM_S ? " s" : "");
    }
}

static double x_of(const struct tacet_chart *chart, double point)
{
    return LEFT + PLOT_WIDTH * point / (double)chart->count;
}

static void write_bands(FILE *file, const struct tacet_chart *chart)
{
    for (size_t i = 0; chart->band != NULL && i < chart->count;) {
        size_t end = i;
        while (end < chart->count && chart->band[end]) {
            end++;
        }
        if (end > i) {
            (void)fprintf(file,
                          "<rect class=\"band\" x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" "
                          "height=\"%.0f\"/>\n",
                          x_of(chart, (double)i), TOP,
                          x_of(chart, (double)end) - x_of(chart, (double)i), PLOT_HEIGHT);
        }
        i = end + 1;
    }
}

/* The mean over the points from `from` up to `to`; NAN where there is none. */
static double mean(const float *values, size_t from, size_t to)
{
    double sum = 0;
    size_t count = 0;

    for (size_t i = from; i < to; i++) {
        if (!isnan(values[i])) {
            sum += (double)values[i];
            count++;
        }
    }
    return count > 0 ? sum / (double)count : NAN;
}

static size_t points_in_one(const struct tacet_chart *chart)
{
    return (chart->count + POINTS_MAX - 1) / POINTS_MAX;
}

/* The path's steps, in as few letters as will do. Gaps begin a new piece; an area closes each. */
static void write_path(FILE *file, const struct tacet_chart *chart,
                       const struct tacet_chart_line *line, double top, bool fill)
{
    size_t each = points_in_one(chart);
    double last_x = 0;
    bool open = false;

    for (size_t i = 0; i < chart->count; i += each) {
        size_t end = i + each < chart->count ? i + each : chart->count;
        double value = mean(line->values, i, end);
        double x = x_of(chart, (double)end);
        double y = y_of(value, top);
        if (isnan(value)) {
            if (open && fill) {
                (void)fprintf(file, "L%.1f %.1fZ", last_x, HEIGHT - BOTTOM);
            }
            open = false;
            continue;
        }
        if (!open) {
            double x0 = line->step ? x_of(chart, (double)i) : x;
            if (fill) {
                (void)fprintf(file, "M%.1f %.1fL%.1f %.1f", x0, HEIGHT - BOTTOM, x0, y);
            } else {
                (void)fprintf(file, "M%.1f %.1f", x0, y);
            }
        }
        if (line->step) {
            (void)fprintf(file, "V%.1fH%.1f", y, x);
        } else if (open) {
            (void)fprintf(file, "L%.1f %.1f", x, y);
        }
        open = true;
        last_x = x;
    }
    if (open && fill) {
        (void)fprintf(file, "L%.1f %.1fZ", last_x, HEIGHT - BOTTOM);
    }
}

static bool has_values(const struct tacet_chart *chart, const struct tacet_chart_line *line)
{
    return !isnan(mean(line->values, 0, chart->count));
}

static void write_lines(FILE *file, const struct tacet_chart *chart, double top)
{
    /* What is above the axis' end is cut off there. */
    (void)fprintf(file,
                  "<svg x=\"0\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" "
                  "viewBox=\"0 %.0f %.0f %.0f\">\n",
                  TOP - 2, WIDTH, PLOT_HEIGHT + 4, TOP - 2, WIDTH, PLOT_HEIGHT + 4);
    for (size_t l = 0; l < chart->line_count; l++) {
        const struct tacet_chart_line *line = &chart->lines[l];
        if (line->area) {
            (void)fprintf(file, "<path class=\"area%zu\" d=\"", l);
            write_path(file, chart, line, top, true);
            (void)fprintf(file, "\"/>\n");
        }
        (void)fprintf(file, "<path class=\"line%zu%s\" d=\"", l, line->limit ? " limit" : "");
        write_path(file, chart, line, top, false);
        (void)fprintf(file, "\"/>\n");
    }
    (void)fprintf(file, "</svg>\n");
}

static void write_legend(FILE *file, const struct tacet_chart *chart, double top)
{
    (void)fprintf(file, "<ul>");
    for (size_t l = 0; l < chart->line_count; l++) {
        const struct tacet_chart_line *line = &chart->lines[l];
        double least = INFINITY;
        for (size_t i = 0; i < chart->count; i++) {
            least = fmin(least, (double)line->values[i]); /* fmin passes over NAN */
        }
        if (!has_values(chart, line)) {
            continue;
        }
        (void)fprintf(file,
                      "<li><svg viewBox=\"0 0 22 10\" width=\"22\" height=\"10\">"
                      "<path class=\"line%zu%s\" d=\"M1 5H21\"/></svg>%s%s</li>",
                      l, line->limit ? " limit" : "", line->name,
                      least > top ? " (above this plot)" : "");
    }
    if (chart->band != NULL) {
        (void)fprintf(file,
                      "<li><svg viewBox=\"0 0 22 10\" width=\"22\" height=\"10\">"
                      "<rect class=\"band\" width=\"22\" height=\"10\"/></svg>%s</li>",
                      chart->band_name);
    }
    (void)fprintf(file, "</ul>\n");
}

void tacet_chart_write(FILE *file, const struct tacet_chart *chart)
{
    double step = round_step(choose_top(chart), TICKS_Y);
    double top = ceil(choose_top(chart) / step - 1e-9) * step;

    (void)fprintf(file, "<figure>\n<figcaption>%s <span>%s</span></figcaption>\n", chart->title,
                  chart->unit);
    write_legend(file, chart, top);
    (void)fprintf(file, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s, %s\">\n",
                  WIDTH, HEIGHT, chart->title, chart->unit);
    write_bands(file, chart);
    write_axes(file, chart, top, step);
    write_lines(file, chart, top);
    (void)fprintf(file, "</svg>\n</figure>\n");
}
