/* The one allocator. Tests make the n-th allocation fail; nothing else replaces it. */
#ifndef TACET_BASE_ALLOC_H
#define TACET_BASE_ALLOC_H

#include <stddef.h>

/* Zeroed memory, or NULL. */
void *tacet_alloc(size_t size);
/* Accepts NULL. */
void tacet_dealloc(void *memory);

/* Test hook: fails every allocation from the n-th on (0: the next one); -1: none. Per thread. */
void tacet_alloc_fail_after(long n);
/* Allocations made by this thread so far: a test shows that a running call makes none. */
unsigned long tacet_alloc_count(void);
/* Allocations of this thread less what it freed: a test shows that nothing leaks. */
long tacet_alloc_live(void);

#endif
