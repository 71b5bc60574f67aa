/* A preferred thread goes before others, where that is allowed, and takes nobody else with it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "shell/runner_internal.h"

#include <sys/resource.h>

struct seen {
    bool allowed;
    int before;
    int after;
};

static void *run(void *arg)
{
    struct seen *seen = arg;

    /* Who may take one step may take all: a limit between the two is nobody's setting. */
    seen->before = getpriority(PRIO_PROCESS, 0);
    seen->allowed = setpriority(PRIO_PROCESS, 0, seen->before - 1) == 0;
    tacet_runner_prefer_thread();
    seen->after = getpriority(PRIO_PROCESS, 0);
    return NULL;
}

static void preferred_thread_goes_first_alone(void **state)
{
    struct seen seen;
    pthread_t thread;

    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, run, &seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
#ifdef __linux__
    assert_int_equal(seen.after, seen.allowed ? -11 : seen.before);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), seen.before);
#else
    assert_int_equal(seen.after, seen.allowed ? seen.before - 1 : seen.before);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preferred_thread_goes_first_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
