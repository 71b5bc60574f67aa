/* See alloc.h. */
#include "base/alloc.h"

#include <stdlib.h>

static _Thread_local long fail_after = -1;
static _Thread_local unsigned long count;

void *tacet_alloc(size_t size)
{
    if (fail_after == 0) {
        return NULL;
    }
    if (fail_after > 0) {
        fail_after--;
    }
    count++;
    return calloc(1, size);
}

void tacet_dealloc(void *memory)
{
    free(memory);
}

void tacet_alloc_fail_after(long n)
{
    fail_after = n;
}

unsigned long tacet_alloc_count(void)
{
    return count;
}
