/* A signalfd and an eventfd under one poll. */
#include "waiter.h"

#include "report.h"

#include "tacet/runner.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

int tacet_waiter_create(struct tacet_waiter *ret)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    ret->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    ret->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ret->signals < 0 || ret->news < 0) {
        return tacet_complain("cannot wait for signals: %s", strerror(errno));
    }
    return 0;
}

void tacet_waiter_close(struct tacet_waiter *waiter)
{
    (void)close(waiter->signals);
    (void)close(waiter->news);
}

void tacet_waiter_wake(const struct tacet_waiter *waiter)
{
    const uint64_t one = 1;

    /* It fails only when the counter is full, and then the main thread is woken anyway. */
    ssize_t written = write(waiter->news, &one, sizeof(one));
    (void)written;
}

/* Empties a descriptor that gives items of at most 128 bytes. */
static void drain(int fd)
{
    char item[sizeof(struct signalfd_siginfo)];

    while (read(fd, item, sizeof(item)) > 0) {
    }
}

enum tacet_woken tacet_waiter_wait(const struct tacet_waiter *waiter, int64_t deadline_us,
                                   bool input)
{
    struct pollfd fds[3] = {
        { .fd = waiter->signals, .events = POLLIN },
        { .fd = waiter->news, .events = POLLIN },
        { .fd = input ? STDIN_FILENO : -1, .events = POLLIN },
    };
    int64_t left_us = deadline_us - tacet_clock_now();
    int timeout_ms = 0;

    if (left_us > 0) {
        timeout_ms = left_us > 60000000 ? 60000 : (int)((left_us + 999) / 1000);
    }
    if (poll(fds, 3, timeout_ms) <= 0) {
        return TACET_WOKEN_TIMEOUT;
    }
    if (fds[0].revents != 0) {
        drain(waiter->signals);
        return TACET_WOKEN_SIGNAL;
    }
    if (fds[1].revents != 0) {
        drain(waiter->news);
        return TACET_WOKEN_NEWS;
    }
    return TACET_WOKEN_INPUT;
}
