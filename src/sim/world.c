/*
 * See world.h. A binary heap ordered by (time, number of scheduling): events of one time run in the
 * order in which they were scheduled, so that a run depends on nothing but its inputs.
 *
 * Memory comes from the C library and not from base/alloc.h: a test that counts or fails the
 * engine's allocations must not meet the simulator's.
 */
#include "sim/world.h"

#include "tacet/error.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

struct event {
    int64_t at_us;
    uint64_t number;
    tacet_world_fn *fn;
    void *ctx;
    uint64_t arg;
};

struct tacet_world {
    int64_t now;
    uint64_t scheduled;
    struct event *heap;
    size_t count;
    size_t capacity;
};

static bool earlier(const struct event *a, const struct event *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->number < b->number;
}

int tacet_world_create(int64_t start_us, struct tacet_world **ret)
{
    struct tacet_world *world = calloc(1, sizeof(*world));

    if (world == NULL) {
        return TACET_ERR_NOMEM;
    }
    world->now = start_us;
    *ret = world;
    return 0;
}

void tacet_world_free(struct tacet_world **world)
{
    if (world == NULL || *world == NULL) {
        return;
    }
    free((*world)->heap);
    free(*world);
    *world = NULL;
}

int64_t tacet_world_now(const struct tacet_world *world)
{
    return world->now;
}

static int grow(struct tacet_world *world)
{
    size_t capacity = world->capacity == 0 ? 64 : world->capacity * 2;
    struct event *heap = realloc(world->heap, capacity * sizeof(*heap));

    if (heap == NULL) {
        return TACET_ERR_NOMEM;
    }
    world->heap = heap;
    world->capacity = capacity;
    return 0;
}

int tacet_world_at(struct tacet_world *world, int64_t at_us, tacet_world_fn *fn, void *ctx,
                   uint64_t arg)
{
    assert(fn != NULL);
    if (world->count == world->capacity && grow(world) != 0) {
        return TACET_ERR_NOMEM;
    }
    struct event event = {
        .at_us = at_us > world->now ? at_us : world->now,
        .number = world->scheduled++,
        .fn = fn,
        .ctx = ctx,
        .arg = arg,
    };
    size_t i = world->count++;
    for (; i > 0 && earlier(&event, &world->heap[(i - 1) / 2]); i = (i - 1) / 2) {
        world->heap[i] = world->heap[(i - 1) / 2];
    }
    world->heap[i] = event;
    return 0;
}

/* Takes the root out and sifts the last event down from there. */
static struct event take_first(struct tacet_world *world)
{
    struct event first = world->heap[0];
    struct event last = world->heap[--world->count];
    size_t i = 0;

    for (size_t child = 1; child < world->count; child = 2 * i + 1) {
        if (child + 1 < world->count && earlier(&world->heap[child + 1], &world->heap[child])) {
            child++;
        }
        if (!earlier(&world->heap[child], &last)) {
            break;
        }
        world->heap[i] = world->heap[child];
        i = child;
    }
    world->heap[i] = last;
    return first;
}

bool tacet_world_step(struct tacet_world *world, int64_t until_us)
{
    if (world->count == 0 || world->heap[0].at_us > until_us) {
        world->now = until_us > world->now ? until_us : world->now;
        return false;
    }
    struct event event = take_first(world);
    assert(event.at_us >= world->now);
    world->now = event.at_us;
    event.fn(event.ctx, event.at_us, event.arg);
    return true;
}
