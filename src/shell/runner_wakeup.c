/*
 * What a thread of the runner sleeps on: a flag with a condition on the monotonic clock. Raising
 * it is remembered, so that nothing is lost between looking at a ring and going to sleep.
 */
#include "shell/runner_internal.h"

#include <assert.h>
#include <time.h>

int tacet_wakeup_init(struct tacet_wakeup *wakeup)
{
    pthread_condattr_t attributes;

    *wakeup = (struct tacet_wakeup){ 0 };
    if (pthread_mutex_init(&wakeup->mutex, NULL) != 0) {
        return TACET_ERR_NOMEM;
    }
    if (pthread_condattr_init(&attributes) != 0) {
        (void)pthread_mutex_destroy(&wakeup->mutex);
        return TACET_ERR_NOMEM;
    }
    bool made = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) == 0 &&
                pthread_cond_init(&wakeup->cond, &attributes) == 0;
    (void)pthread_condattr_destroy(&attributes);
    if (!made) {
        (void)pthread_mutex_destroy(&wakeup->mutex);
        return TACET_ERR_NOMEM;
    }
    wakeup->ready = true;
    return 0;
}

void tacet_wakeup_clear(struct tacet_wakeup *wakeup)
{
    if (!wakeup->ready) {
        return;
    }
    (void)pthread_cond_destroy(&wakeup->cond);
    (void)pthread_mutex_destroy(&wakeup->mutex);
    wakeup->ready = false;
}

void tacet_wakeup_raise(struct tacet_wakeup *wakeup)
{
    assert(wakeup->ready);
    (void)pthread_mutex_lock(&wakeup->mutex);
    wakeup->raised = true;
    (void)pthread_cond_signal(&wakeup->cond);
    (void)pthread_mutex_unlock(&wakeup->mutex);
}

void tacet_wakeup_wait(struct tacet_wakeup *wakeup, int64_t deadline_us)
{
    struct timespec deadline = { .tv_sec = (time_t)(deadline_us / 1000000),
                                 .tv_nsec = (long)(deadline_us % 1000000) * 1000 };
    bool late = false;

    assert(wakeup->ready);
    assert(deadline_us >= 0);
    (void)pthread_mutex_lock(&wakeup->mutex);
    while (!wakeup->raised && !late) {
        if (deadline_us == TACET_NEVER) {
            (void)pthread_cond_wait(&wakeup->cond, &wakeup->mutex);
        } else {
            late = pthread_cond_timedwait(&wakeup->cond, &wakeup->mutex, &deadline) != 0;
        }
    }
    wakeup->raised = false;
    (void)pthread_mutex_unlock(&wakeup->mutex);
}
