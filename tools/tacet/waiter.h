/* What the main thread waits on: signals that end a call, other threads' news, and typed lines. */
#ifndef TACET_TOOL_WAITER_H
#define TACET_TOOL_WAITER_H

#include <stdbool.h>
#include <stdint.h>

struct tacet_waiter {
    int signals; /* SIGINT, SIGTERM, SIGHUP */
    int news;
};

enum tacet_woken {
    TACET_WOKEN_TIMEOUT = 0,
    TACET_WOKEN_NEWS,
    TACET_WOKEN_SIGNAL,
    TACET_WOKEN_INPUT
};

/*
 * From here on SIGINT, SIGTERM and SIGHUP no longer kill: tacet_waiter_wait reports them. Call it
 * before any thread is started, so that all inherit the mask. 0, or TACET_EXIT_FAILED after one
 * line on standard error.
 */
int tacet_waiter_create(struct tacet_waiter *ret);
void tacet_waiter_close(struct tacet_waiter *waiter);
/* Wakes the main thread. Any thread. */
void tacet_waiter_wake(const struct tacet_waiter *waiter);
/* Waits until `deadline_us` (tacet_clock_now) at most. `input`: also for standard input. A signal
 * comes before all else. */
enum tacet_woken tacet_waiter_wait(const struct tacet_waiter *waiter, int64_t deadline_us,
                                   bool input);

#endif
