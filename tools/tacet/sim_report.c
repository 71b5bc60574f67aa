/*
 * The report: one page that needs nothing but itself. Drawings are SVG made here, without scripts;
 * colours follow the reader's preference of light or dark.
 */
#include "sim_chart.h"
#include "sim_figures.h"
#include "sim_run.h"
#include "sim_timeline.h"

#include "tacet/api.h"

#include <inttypes.h>
#include <string.h>

static const char style[] =
    "<style>\n"
    ":root{color-scheme:light dark;--back:#fcfcfb;--ink:#1c1e21;--soft:#5d636b;--rule:#e2e4e7;\n"
    "--c0:#0b62a8;--c1:#c2410c;--c2:#0f7a4d;--c3:#8a3ea8;--band:#d9304f2e;--edge:#d9304f}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#15171a;--ink:#e8eaed;--soft:#a2a9b2;\n"
    "--rule:#32363c;--c0:#6cb6f5;--c1:#ff9d5c;--c2:#5fd39b;--c3:#d49bf0;--band:#ff6b8138;\n"
    "--edge:#ff6b81}}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0 auto;padding:1.25rem 1rem 3rem;max-width:78rem;background:var(--back);\n"
    "color:var(--ink);font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}\n"
    "h2{font-size:1.15rem;margin:2.25rem 0 .75rem;padding-top:.75rem;"
    "border-top:1px solid var(--rule)}\n"
    "p{margin:.25rem 0;color:var(--soft)}\n"
    "code{font:.85em ui-monospace,monospace;color:var(--ink);overflow-wrap:anywhere}\n"
    ".wide{overflow-x:auto;margin-top:1.25rem}\n"
    "table{border-collapse:collapse;width:100%;max-width:52rem;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:.3rem .9rem .3rem 0;text-align:left;border-bottom:1px solid var(--rule);\n"
    "vertical-align:top}\n"
    "th{font-weight:600}tbody th{font-weight:400;color:var(--soft)}\n"
    "@media(min-width:40rem){tbody th{white-space:nowrap}}\n"
    ".charts{display:grid;gap:1.5rem 2rem;"
    "grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr))}\n"
    "figure{margin:0;min-width:0}\n"
    "figcaption{font-weight:600}figcaption span{font-weight:400;color:var(--soft)}\n"
    "figure ul{list-style:none;margin:.1rem 0 .3rem;padding:0;display:flex;flex-wrap:wrap;\n"
    "gap:0 1.1rem;font-size:.85rem;color:var(--soft)}\n"
    "li svg{margin-right:.4rem}\n"
    "figure>svg{display:block;width:100%;height:auto}\n"
    "text{font:13px system-ui,sans-serif;fill:var(--soft)}\n"
    ".x{text-anchor:middle}.y{text-anchor:end}\n"
    "path{fill:none}.grid{stroke:var(--rule)}.axis{stroke:var(--soft)}\n"
    "[class^=line]{stroke-width:1.75;stroke-linejoin:round}\n"
    ".line0{stroke:var(--c0)}.line1{stroke:var(--c1)}.line2{stroke:var(--c2)}"
    ".line3{stroke:var(--c3)}\n"
    ".limit{stroke-dasharray:6 4}\n"
    ".area0{fill:var(--c0)}.area1{fill:var(--c1)}.area2{fill:var(--c2)}.area3{fill:var(--c3)}\n"
    "[class^=area]{opacity:.18}\n"
    ".band{fill:var(--band);stroke:var(--edge);stroke-width:.5}\n"
    "</style>\n";

/* What is drawn, one plot an entry; a plot of which nothing exists is left out. */
struct plot {
    const char *title;
    const char *unit;
    double top_least;
    bool video;  /* only where there is video */
    bool frozen; /* with the spans in which the picture stood still */
    struct {
        const char *name; /* NULL: no more lines */
        enum tacet_sim_series series;
        bool step, limit, area;
    } lines[TACET_CHART_LINES_MAX];
};

static const struct plot plots[] = {
    { "Bitrate",
      "kbit/s",
      100,
      false,
      false,
      { { "sent, headers included", TACET_SIM_SENT, false, false, true },
        { "video", TACET_SIM_VIDEO, false, false, false },
        { "capacity", TACET_SIM_CAPACITY, true, true, false },
        { "estimate of the sender", TACET_SIM_ESTIMATE, false, false, false } } },
    { "Pictures",
      "a second",
      10,
      true,
      true,
      { { "shown", TACET_SIM_SHOWN, false, false, true },
        { "captured", TACET_SIM_CAPTURED, false, true, false } } },
    { "Picture latency",
      "ms from capture to showing",
      100,
      true,
      true,
      { { "newest picture shown", TACET_SIM_VIDEO_LATENCY, false, false, false } } },
    { "Lip sync",
      "ms between a picture and its sound",
      50,
      true,
      false,
      { { "newest picture shown", TACET_SIM_SYNC, false, false, true } } },
    { "Picture height",
      "pixels",
      90,
      true,
      false,
      { { "shown", TACET_SIM_HEIGHT, true, false, true } } },
    { "Loss",
      "percent",
      5,
      false,
      false,
      { { "packets lost on the way", TACET_SIM_LOST, false, false, false },
        { "sound concealed", TACET_SIM_CONCEALED, false, false, true } } },
    { "Jitter buffer of the sound",
      "ms",
      50,
      false,
      false,
      { { "delay", TACET_SIM_BUFFER, false, false, true },
        { "target", TACET_SIM_BUFFER_TARGET, false, true, false } } },
    { "Round trip and queue",
      "ms",
      50,
      false,
      false,
      { { "round trip", TACET_SIM_RTT, true, false, false },
        { "wait in the link's queue", TACET_SIM_QUEUE, false, false, true } } },
    { "Repair of video",
      "percent of its bytes",
      5,
      true,
      false,
      { { "error correction (FEC)", TACET_SIM_FEC, false, false, false },
        { "retransmission (RTX)", TACET_SIM_RTX, false, false, true } } },
    { "Redundancy of sound (RED)",
      "earlier packets in each",
      4,
      false,
      false,
      { { "depth", TACET_SIM_RED, true, false, true } } },
};
#define PLOTS (sizeof(plots) / sizeof(plots[0]))

static void write_escaped(FILE *file, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<':
            (void)fputs("&lt;", file);
            break;
        case '>':
            (void)fputs("&gt;", file);
            break;
        case '&':
            (void)fputs("&amp;", file);
            break;
        case '"':
            (void)fputs("&quot;", file);
            break;
        default:
            (void)fputc(*text, file);
            break;
        }
    }
}

static void write_command(FILE *file, const struct tacet_sim_request *request)
{
    (void)fprintf(file, "<p><code>tacet sim");
    for (int i = 0; i < request->argc; i++) {
        (void)fputc(' ', file);
        write_escaped(file, request->argv[i]);
    }
    (void)fprintf(file, "</code></p>\n");
}

static void write_head(FILE *file, const struct tacet_sim_request *request,
                       const struct tacet_sim_outcome *outcome)
{
    char hash[65];

    tacet_sim_hash_text(outcome, hash);
    (void)fprintf(file,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                  "<title>tacet sim, seed %" PRIu64 "</title>\n%s"
                  "<h1>A call of %d s over a simulated network</h1>\n",
                  request->seed, style, request->settings.seconds);
    write_command(file, request);
    (void)fprintf(file,
                  "<p>Seed %" PRIu64 " &middot; %s codecs &middot; simulated in %.1f s by tacet "
                  "%s</p>\n<p>Hash <code>%s</code></p>\n",
                  request->seed, request->real_codecs ? "real" : "fake", outcome->wall_s,
                  tacet_version(), hash);
    if (!outcome->answered) {
        (void)fprintf(file, "<p><strong>The call was never answered.</strong></p>\n");
    }
}

static void write_row(FILE *file, const char *what, const char *a, const char *b)
{
    (void)fprintf(file, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s</td></tr>\n", what, a, b);
}

static void write_table(FILE *file, const struct tacet_sim_request *request,
                        const struct tacet_sim_outcome *outcome)
{
    struct tacet_sim_figure figures[TACET_SIM_FIGURES_MAX];
    size_t count = tacet_sim_figures(request, outcome, figures);
    char link[2][TACET_SIM_TEXT_MAX];

    (void)fprintf(file, "<div class=\"wide\"><table>\n<thead><tr><th></th><th scope=\"col\">caller "
                        "to callee</th><th scope=\"col\">callee to caller</th></tr></thead>\n"
                        "<tbody>\n");
    tacet_sim_link_text(&request->link[0], link[0]);
    tacet_sim_link_text(&request->link[1], link[1]);
    write_row(file, request->schedule.count > 0 ? "network at first" : "network", link[0], link[1]);
    for (size_t i = 0; i < count; i++) {
        write_row(file, figures[i].what, figures[i].text[0], figures[i].text[1]);
    }
    (void)fprintf(file, "</tbody></table></div>\n");
}

static void write_plot(FILE *file, const struct plot *plot,
                       const struct tacet_sim_timeline *timeline, int side)
{
    struct tacet_chart chart = {
        .title = plot->title,
        .unit = plot->unit,
        .top_least = plot->top_least,
        .band = plot->frozen ? timeline->frozen[side] : NULL,
        .band_name = "frozen",
        .count = timeline->count,
        .interval_s = timeline->interval_s,
    };

    for (size_t l = 0; l < TACET_CHART_LINES_MAX && plot->lines[l].name != NULL; l++) {
        chart.lines[chart.line_count++] = (struct tacet_chart_line){
            .name = plot->lines[l].name,
            .values = timeline->values[side][plot->lines[l].series],
            .step = plot->lines[l].step,
            .limit = plot->lines[l].limit,
            .area = plot->lines[l].area,
        };
    }
    tacet_chart_write(file, &chart);
}

void tacet_sim_report(FILE *file, const struct tacet_sim_request *request,
                      const struct tacet_sim_outcome *outcome)
{
    static const char *const titles[] = { "From caller to callee", "From callee to caller" };

    write_head(file, request, outcome);
    write_table(file, request, outcome);
    for (int side = 0; side < 2; side++) {
        (void)fprintf(file, "<h2>%s</h2>\n<div class=\"charts\">\n", titles[side]);
        for (size_t i = 0; i < PLOTS; i++) {
            if (!plots[i].video || request->ends[0].media.video) {
                write_plot(file, &plots[i], &outcome->timeline, side);
            }
        }
        (void)fprintf(file, "</div>\n");
    }
    (void)fprintf(file,
                  "<p>Across: seconds from dialling. Rates are of the half second before each "
                  "point, pictures of the second before it.</p>\n</html>\n");
}
