/*
 * When feedback comes, and what it tells that it is late, overdue or missing. Pure: fed with times.
 *
 *     a round trip far longer than usual       pause: next to nothing that can wait is to leave
 *     the next report is overdue               hold: for a moment nothing that can wait leaves
 *     it comes, and was longer on its way      pause, be it soon after another
 *     nothing comes for longer                 silence: less and less is sent
 */
#ifndef TACET_RTP_REPORT_WATCH_H
#define TACET_RTP_REPORT_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct tacet_report_watch {
    int64_t last_us;             /* when the last results came; -1: there have never been any */
    int64_t other_us;            /* the peer's first report of another kind; -1: none */
    int64_t sent_since_us;       /* without any feedback since; -1: nothing was */
    int64_t round_trip_us;       /* as a rule ... */
    int64_t round_trip_apart_us; /* ... and how far from it */
    int64_t idle_round_trip_us;  /* before any media; 0: not known */
    int64_t interval_us;         /* between reports as a rule ... */
    int64_t interval_apart_us;   /* ... and how far from it */
    bool pauses;                 /* the last round trip was too long ... */
    int64_t pause_until_us;      /* ... but not for longer ... */
    int64_t pause_again_us;      /* ... nor again sooner, unless there was that hold */
    int64_t pause_bps;           /* the estimate when it began */
    int64_t held_until_us;       /* a report is overdue; 0: none is */
    bool suspects;               /* one was; until one comes in time, or a pause is over */
    int64_t overdue_again_us;    /* nothing is made of it before */
    int32_t held_permille;       /* of the estimate while no feedback comes; 1000: it does */
};

void tacet_report_watch_init(struct tacet_report_watch *w);
/* A packet left. */
void tacet_report_watch_on_sent(struct tacet_report_watch *w, int64_t now);
/* Results came; a round trip was measured while the estimate was so much. */
void tacet_report_watch_on_results(struct tacet_report_watch *w, int64_t now);
void tacet_report_watch_on_round_trip(struct tacet_report_watch *w, int64_t now, int64_t took_us,
                                      int64_t estimate_bps);
/* The estimate falls to that. A pause ends, for the lower rate does what it was for; unless the
 * reports tell of the queue's beginning only. */
void tacet_report_watch_on_decrease(struct tacet_report_watch *w, int64_t now, int64_t bps);
/* When time alone changes something. */
int64_t tacet_report_watch_timeout(const struct tacet_report_watch *w);
void tacet_report_watch_on_timeout(struct tacet_report_watch *w, int64_t now);

#endif
