/* See alloc.h. */
#include "base/alloc.h"

#include <stdlib.h>

static _Thread_local long fail_after = -1;
static _Thread_local unsigned long count;
static _Thread_local long live;

void *tacet_alloc(size_t size)
{
    if (fail_after == 0) {
        return NULL;
    }
    if (fail_after > 0) {
        fail_after--;
    }
    void *memory = calloc(1, size);
    count += memory != NULL;
    live += memory != NULL;
    return memory;
}

void tacet_dealloc(void *memory)
{
    live -= memory != NULL;
    free(memory);
}

long tacet_alloc_live(void)
{
    return live;
}

void tacet_alloc_fail_after(long n)
{
    fail_after = n;
}

unsigned long tacet_alloc_count(void)
{
    return count;
}
