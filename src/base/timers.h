/*
 * Named timers: one enum, one small array, a plain scan. The names are what
 * tacet_call_next_timeout() reports.
 */
#ifndef TACET_BASE_TIMERS_H
#define TACET_BASE_TIMERS_H

#include <stdbool.h>
#include <stdint.h>

#define TACET_TIMERS(X)                                                                            \
    X(HANDSHAKE, "handshake") /* retransmit INIT or FIN */                                         \
    X(GIVE_UP, "give-up")     /* not reached, not answered */                                      \
    X(CONTROL, "control")     /* retransmit or acknowledge on the control stream */                \
    X(REKEY, "rekey")         /* begin an epoch */                                                 \
    X(CONFIRM, "confirm")     /* the epoch that was begun was not confirmed */                     \
    X(OLD_EPOCH, "old-epoch") /* wipe the keys of the epoch before */                              \
    X(KEEPALIVE, "keepalive")                                                                      \
    X(SILENCE, "silence")       /* reconnecting, lost */                                           \
    X(REPORT, "report")         /* RTCP */                                                         \
    X(FEEDBACK, "feedback")     /* tell of the packets that have come */                           \
    X(NACK, "nack")             /* ask for missing packets again */                                \
    X(PLI, "pli")               /* ask for a key frame again */                                    \
    X(PACER, "pacer")           /* let the next packets go */                                      \
    X(ASSEMBLY, "assembly")     /* give a missing packet up */                                     \
    X(VALIDATION, "validation") /* challenge a new path again, or decide */                        \
    X(LINGER, "linger")         /* forget an ended peer */

enum tacet_timer {
#define TACET_TIMER_ENUM(name, text) TACET_TIMER_##name,
    TACET_TIMERS(TACET_TIMER_ENUM)
#undef TACET_TIMER_ENUM
        TACET_TIMER_COUNT
};

struct tacet_timers {
    int64_t at_us[TACET_TIMER_COUNT]; /* INT64_MAX: not set */
};

void tacet_timers_init(struct tacet_timers *t);
void tacet_timers_set(struct tacet_timers *t, enum tacet_timer timer, int64_t at_us);
/* Sets it only if it is not set or later. */
void tacet_timers_set_earlier(struct tacet_timers *t, enum tacet_timer timer, int64_t at_us);
void tacet_timers_stop(struct tacet_timers *t, enum tacet_timer timer);
bool tacet_timers_running(const struct tacet_timers *t, enum tacet_timer timer);
/* Whether it is due; then stops it. */
bool tacet_timers_take(struct tacet_timers *t, enum tacet_timer timer, int64_t now);
/* The earliest, and which (TACET_TIMER_COUNT: none). */
int64_t tacet_timers_next(const struct tacet_timers *t, enum tacet_timer *ret_timer);
const char *tacet_timer_string(enum tacet_timer timer);

#endif
