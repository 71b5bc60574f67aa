/*
 * See ring.h. `head` counts items written, `tail` items read; both only grow, each is stored by
 * one side with release order and loaded by the other with acquire order.
 */
#include "base/ring.h"

#include "base/alloc.h"
#include "tacet/error.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#define CACHE_LINE 64

struct tacet_ring {
    uint8_t *items;
    size_t item_size;
    size_t mask;
    /* A cache line apart: the allocator promises no more alignment than a word's, distance does. */
    uint8_t before_head[CACHE_LINE];
    atomic_size_t head;
    uint8_t before_tail[CACHE_LINE];
    atomic_size_t tail;
    uint8_t after_tail[CACHE_LINE];
};

int tacet_ring_create(size_t item_size, size_t count, struct tacet_ring **ret)
{
    size_t capacity = 1;

    assert(item_size > 0);
    assert(count > 0 && count <= (size_t)1 << 24);
    while (capacity < count) {
        capacity *= 2;
    }
    struct tacet_ring *ring = tacet_alloc(sizeof(*ring));
    uint8_t *items = tacet_alloc(capacity * item_size);
    if (ring == NULL || items == NULL) {
        tacet_dealloc(ring);
        tacet_dealloc(items);
        return TACET_ERR_NOMEM;
    }
    ring->items = items;
    ring->item_size = item_size;
    ring->mask = capacity - 1;
    *ret = ring;
    return 0;
}

void tacet_ring_free(struct tacet_ring **ring)
{
    if (ring == NULL || *ring == NULL) {
        return;
    }
    memset((*ring)->items, 0, ((*ring)->mask + 1) * (*ring)->item_size);
    tacet_dealloc((*ring)->items);
    tacet_dealloc(*ring);
    *ring = NULL;
}

size_t tacet_ring_used(const struct tacet_ring *ring)
{
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    size_t head = atomic_load_explicit(&ring->head, memory_order_acquire);

    return head - tail;
}

size_t tacet_ring_space(const struct tacet_ring *ring)
{
    return ring->mask + 1 - tacet_ring_used(ring);
}

static uint8_t *slot(const struct tacet_ring *ring, size_t n)
{
    return ring->items + (n & ring->mask) * ring->item_size;
}

/* Copies `count` items between the ring, from item n on, and flat memory, around the end. */
static void copy(const struct tacet_ring *ring, size_t n, uint8_t *flat, size_t count, bool in)
{
    size_t first = ring->mask + 1 - (n & ring->mask);

    first = first < count ? first : count;
    for (int part = 0; part < 2; part++) {
        size_t items = part == 0 ? first : count - first;
        uint8_t *inside = part == 0 ? slot(ring, n) : ring->items;
        uint8_t *outside = flat + (part == 0 ? 0 : first * ring->item_size);
        memcpy(in ? inside : outside, in ? outside : inside, items * ring->item_size);
    }
}

size_t tacet_ring_write(struct tacet_ring *ring, const void *items, size_t count)
{
    size_t space = tacet_ring_space(ring);
    size_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);

    count = count < space ? count : space;
    copy(ring, head, (uint8_t *)(uintptr_t)items, count, true);
    atomic_store_explicit(&ring->head, head + count, memory_order_release);
    return count;
}

void *tacet_ring_reserve(struct tacet_ring *ring)
{
    if (tacet_ring_space(ring) == 0) {
        return NULL;
    }
    return slot(ring, atomic_load_explicit(&ring->head, memory_order_relaxed));
}

void tacet_ring_publish(struct tacet_ring *ring)
{
    assert(tacet_ring_space(ring) > 0);
    atomic_fetch_add_explicit(&ring->head, 1, memory_order_release);
}

size_t tacet_ring_read(struct tacet_ring *ring, void *items, size_t count)
{
    size_t used = tacet_ring_used(ring);
    size_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);

    count = count < used ? count : used;
    copy(ring, tail, items, count, false);
    atomic_store_explicit(&ring->tail, tail + count, memory_order_release);
    return count;
}

const void *tacet_ring_front(struct tacet_ring *ring)
{
    if (tacet_ring_used(ring) == 0) {
        return NULL;
    }
    return slot(ring, atomic_load_explicit(&ring->tail, memory_order_relaxed));
}

void tacet_ring_release(struct tacet_ring *ring)
{
    assert(tacet_ring_used(ring) > 0);
    atomic_fetch_add_explicit(&ring->tail, 1, memory_order_release);
}
