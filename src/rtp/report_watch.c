/* See report_watch.h. */
#include "rtp/report_watch.h"

#include "base/limits.h"
#include "base/range.h"

/* Round trips */
#define ROUND_TRIP_SHARE 16
#define ROUND_TRIP_LATE_SHARE 64
#define LATE_TIMES 5
#define LATE_US TACET_MS(60)
#define SUSPECT_TIMES 3
#define SUSPECT_US TACET_MS(25)
#define PAUSE_MOST_US TACET_MS(300)
#define PAUSE_APART_US TACET_MS(1500)
#define PAUSE_OVER_PERCENT 50 /* of the estimate */

/* Feedback that does not come when it should */
#define OVERDUE_US TACET_MS(60)
#define OVERDUE_TIMES 4
#define OVERDUE_SHARE 16
#define OVERDUE_HOLD_US TACET_MS(100)
#define OVERDUE_APART_US TACET_S(8)

/* No feedback */
#define SILENT_US TACET_MS(600)
#define SILENT_FIRST_US TACET_MS(300) /* at the start nothing vouches for the way */
#define SILENT_ROUND_TRIPS 3
#define SILENT_HOLD_PERMILLE 700
#define SILENT_LEAST_PERMILLE 20
#define SILENT_FIRST_LEAST_PERMILLE 500

static int64_t apart(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

void tacet_report_watch_init(struct tacet_report_watch *w)
{
    *w = (struct tacet_report_watch){
        .last_us = -1,
        .other_us = -1,
        .sent_since_us = -1,
        .held_permille = 1000,
    };
}

void tacet_report_watch_on_sent(struct tacet_report_watch *w, int64_t now)
{
    if (w->sent_since_us < 0) {
        w->sent_since_us = now;
    }
}

static void on_interval(struct tacet_report_watch *w, int64_t took_us)
{
    if (w->interval_us == 0) {
        w->interval_us = took_us;
        w->interval_apart_us = took_us;
        return;
    }
    int64_t apart_us = apart(took_us, w->interval_us);
    w->interval_apart_us += (apart_us - w->interval_apart_us) / OVERDUE_SHARE;
    w->interval_us += (took_us - w->interval_us) / OVERDUE_SHARE;
}

void tacet_report_watch_on_results(struct tacet_report_watch *w, int64_t now)
{
    if (w->last_us >= 0) {
        on_interval(w, now - w->last_us);
    }
    w->last_us = now;
    w->sent_since_us = -1;
    w->held_until_us = 0;
    w->held_permille = 1000;
}

/* A report that was overdue stood in a queue if its round trip was longer at all: where both ways
 * fill at once, the one that tells of losses comes only behind what is in that queue. */
static bool is_late(const struct tacet_report_watch *w, int64_t took_us)
{
    int64_t over_us = took_us - w->round_trip_us;
    int64_t apart_us = w->round_trip_apart_us;

    return w->suspects ? over_us > tacet_most(SUSPECT_US, SUSPECT_TIMES * apart_us)
                       : over_us > tacet_most(LATE_US, LATE_TIMES * apart_us);
}

void tacet_report_watch_on_round_trip(struct tacet_report_watch *w, int64_t now, int64_t took_us,
                                      int64_t estimate_bps)
{
    int64_t usual_us = w->round_trip_us;
    bool late = is_late(w, took_us);

    if (usual_us == 0) {
        w->round_trip_us = took_us;
        w->round_trip_apart_us = took_us / 4;
        return;
    }
    if (late && !w->pauses && (now >= w->pause_again_us || w->suspects)) {
        w->pauses = true;
        w->pause_bps = estimate_bps;
        w->pause_until_us = now + PAUSE_MOST_US;
        w->pause_again_us = now + PAUSE_APART_US;
    }
    bool over = w->pauses && (!late || now >= w->pause_until_us);
    w->pauses = w->pauses && !over;
    w->suspects = w->suspects && late && !over;
    /* A queue that builds up is not what is to be expected; a way that stays long is. */
    int64_t share = late ? ROUND_TRIP_LATE_SHARE : ROUND_TRIP_SHARE;
    int64_t apart_us = apart(took_us, usual_us);
    w->round_trip_apart_us += (apart_us - w->round_trip_apart_us) / share;
    w->round_trip_us += (took_us - usual_us) / share;
}

void tacet_report_watch_on_decrease(struct tacet_report_watch *w, int64_t now, int64_t bps)
{
    if (w->pauses && bps * 100 <= w->pause_bps * PAUSE_OVER_PERCENT) {
        w->pauses = false;
        w->suspects = false;
    }
    w->pause_again_us = now + PAUSE_APART_US;
}

/* When the next report would be; INT64_MAX: nothing is concluded from that. */
static int64_t overdue_at(const struct tacet_report_watch *w)
{
    int64_t late_us = tacet_most(OVERDUE_US, OVERDUE_TIMES * w->interval_apart_us);
    /* Who has sent nothing for a while is told of nothing before that has arrived. */
    bool resumed = w->sent_since_us > w->last_us + w->interval_us;
    int64_t from_us = resumed ? w->sent_since_us + w->round_trip_us : w->last_us;
    int64_t at = from_us + w->interval_us + late_us;
    bool known = w->interval_us > 0 && w->sent_since_us >= 0;

    return known && !w->pauses && at >= w->overdue_again_us ? at : INT64_MAX;
}

/* Who has never said anything perhaps never will; who reports in another way only, never will. */
static bool may_be_silent(const struct tacet_report_watch *w)
{
    bool first = w->last_us < 0;

    return w->sent_since_us >= 0 && !(first && w->other_us >= 0) &&
           w->held_permille > (first ? SILENT_FIRST_LEAST_PERMILLE : SILENT_LEAST_PERMILLE);
}

static int64_t silent_at(const struct tacet_report_watch *w)
{
    int64_t step = w->last_us < 0 ? tacet_most(SILENT_FIRST_US, 2 * w->idle_round_trip_us)
                                  : tacet_most(SILENT_US, SILENT_ROUND_TRIPS * w->round_trip_us);
    int64_t patience = step;

    for (int32_t held = w->held_permille; held < 1000; held = held * 1000 / SILENT_HOLD_PERMILLE) {
        patience += step;
    }
    return w->sent_since_us + patience;
}

int64_t tacet_report_watch_timeout(const struct tacet_report_watch *w)
{
    int64_t next = tacet_least(overdue_at(w), may_be_silent(w) ? silent_at(w) : INT64_MAX);

    return w->pauses ? tacet_least(next, w->pause_until_us) : next;
}

void tacet_report_watch_on_timeout(struct tacet_report_watch *w, int64_t now)
{
    if (now < tacet_report_watch_timeout(w)) {
        return;
    }
    if (w->pauses && now >= w->pause_until_us) {
        w->pauses = false;
        w->suspects = false;
    } else if (now >= overdue_at(w)) {
        w->held_until_us = now + OVERDUE_HOLD_US;
        w->suspects = true;
        w->overdue_again_us = now + OVERDUE_APART_US;
    } else {
        w->held_permille = w->held_permille * SILENT_HOLD_PERMILLE / 1000;
    }
}
