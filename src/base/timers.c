/* See timers.h. */
#include "base/timers.h"

#include <assert.h>
#include <stddef.h>

void tacet_timers_init(struct tacet_timers *t)
{
    for (int i = 0; i < TACET_TIMER_COUNT; i++) {
        t->at_us[i] = INT64_MAX;
    }
}

void tacet_timers_set(struct tacet_timers *t, enum tacet_timer timer, int64_t at_us)
{
    assert(timer < TACET_TIMER_COUNT);
    t->at_us[timer] = at_us;
}

void tacet_timers_set_earlier(struct tacet_timers *t, enum tacet_timer timer, int64_t at_us)
{
    assert(timer < TACET_TIMER_COUNT);
    if (at_us < t->at_us[timer]) {
        t->at_us[timer] = at_us;
    }
}

void tacet_timers_stop(struct tacet_timers *t, enum tacet_timer timer)
{
    tacet_timers_set(t, timer, INT64_MAX);
}

bool tacet_timers_running(const struct tacet_timers *t, enum tacet_timer timer)
{
    return t->at_us[timer] != INT64_MAX;
}

bool tacet_timers_take(struct tacet_timers *t, enum tacet_timer timer, int64_t now)
{
    if (t->at_us[timer] > now) {
        return false;
    }
    tacet_timers_stop(t, timer);
    return true;
}

int64_t tacet_timers_next(const struct tacet_timers *t, enum tacet_timer *ret_timer)
{
    enum tacet_timer earliest = TACET_TIMER_COUNT;
    int64_t at_us = INT64_MAX;

    for (int i = 0; i < TACET_TIMER_COUNT; i++) {
        if (t->at_us[i] < at_us) {
            at_us = t->at_us[i];
            earliest = (enum tacet_timer)i;
        }
    }
    if (ret_timer != NULL) {
        *ret_timer = earliest;
    }
    return at_us;
}

const char *tacet_timer_string(enum tacet_timer timer)
{
    static const char *const names[] = {
#define TACET_TIMER_NAME(name, text) text,
        TACET_TIMERS(TACET_TIMER_NAME)
#undef TACET_TIMER_NAME
    };
    return timer < TACET_TIMER_COUNT ? names[timer] : "none";
}
