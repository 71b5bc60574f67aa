/*
 * A lock-free ring of fixed-size items between one writing and one reading thread. Nothing blocks,
 * nothing allocates after create; when it is full the writer is told.
 */
#ifndef TACET_BASE_RING_H
#define TACET_BASE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct tacet_ring;

/* `count` items of `item_size` bytes, rounded up to a power of two. 0 or TACET_ERR_NOMEM. */
int tacet_ring_create(size_t item_size, size_t count, struct tacet_ring **ret);
/* Wipes the items. Accepts NULL. No thread may be using it. */
void tacet_ring_free(struct tacet_ring **ring);

/* Writing thread: copies up to `count` items in; returns how many fitted. */
size_t tacet_ring_write(struct tacet_ring *ring, const void *items, size_t count);
size_t tacet_ring_space(const struct tacet_ring *ring);
/* Writing thread, without a copy: the next free slot, or NULL; then publish it. */
void *tacet_ring_reserve(struct tacet_ring *ring);
void tacet_ring_publish(struct tacet_ring *ring);

/* Reading thread: copies up to `count` items out; returns how many there were. */
size_t tacet_ring_read(struct tacet_ring *ring, void *items, size_t count);
size_t tacet_ring_used(const struct tacet_ring *ring);
/* Reading thread, without a copy: the oldest item, or NULL; then release it. */
const void *tacet_ring_front(struct tacet_ring *ring);
void tacet_ring_release(struct tacet_ring *ring);

#endif
