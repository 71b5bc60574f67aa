/*
 * Threads that must not be late go before those that compute: on a busy machine a voice would
 * otherwise wait behind the encoding of pictures. Where the system does not allow it, nothing is
 * different from before.
 */
#include "shell/runner_internal.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NICE (-11) /* what sound servers take; above it stands what keeps the machine alive */

void tacet_runner_prefer_thread(void)
{
#ifdef __linux__
    /* There a "process" is a thread. */
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE);
#endif
}
