/* See pool.h. A stack of free buffers over one block of memory. */
#include "base/pool.h"

#include "base/alloc.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>

struct tacet_pool {
    struct tacet_buffer *free;
    size_t available;
    size_t count;
    struct tacet_buffer *buffers;
};

int tacet_pool_create(size_t count, struct tacet_pool **ret)
{
    assert(count > 0);
    struct tacet_pool *pool = tacet_alloc(sizeof(*pool));
    struct tacet_buffer *buffers = tacet_alloc(count * sizeof(*buffers));
    if (pool == NULL || buffers == NULL) {
        tacet_dealloc(pool);
        tacet_dealloc(buffers);
        return TACET_ERR_NOMEM;
    }
    pool->buffers = buffers;
    pool->count = count;
    for (size_t i = count; i > 0; i--) {
        tacet_pool_put(pool, &buffers[i - 1]);
    }
    *ret = pool;
    return 0;
}

void tacet_pool_free(struct tacet_pool **pool)
{
    if (pool == NULL || *pool == NULL) {
        return;
    }
    memset((*pool)->buffers, 0, (*pool)->count * sizeof(*(*pool)->buffers));
    tacet_dealloc((*pool)->buffers);
    tacet_dealloc(*pool);
    *pool = NULL;
}

struct tacet_buffer *tacet_pool_get(struct tacet_pool *pool)
{
    struct tacet_buffer *buffer = pool->free;

    if (buffer == NULL) {
        return NULL;
    }
    pool->free = buffer->next;
    pool->available--;
    buffer->next = NULL;
    buffer->data = buffer->memory + TACET_BUFFER_HEAD;
    buffer->size = 0;
    buffer->at_us = 0;
    buffer->probe = 0;
    buffer->path = (struct tacet_path){ 0 };
    return buffer;
}

struct tacet_buffer *tacet_pool_copy(struct tacet_pool *pool, const void *data, size_t size)
{
    struct tacet_buffer *buffer = tacet_pool_get(pool);

    if (buffer != NULL) {
        assert(size <= tacet_buffer_room(buffer));
        memcpy(buffer->data, data, size);
        buffer->size = size;
    }
    return buffer;
}

void tacet_pool_put(struct tacet_pool *pool, struct tacet_buffer *buffer)
{
    if (buffer == NULL) {
        return;
    }
    assert(buffer >= pool->buffers && buffer < pool->buffers + pool->count);
    assert(pool->available < pool->count);
    buffer->next = pool->free;
    pool->free = buffer;
    pool->available++;
}

void tacet_pool_wipe(struct tacet_pool *pool)
{
    for (struct tacet_buffer *buffer = pool->free; buffer != NULL; buffer = buffer->next) {
        if (buffer->data != NULL) { /* it has been out since it was wiped */
            memset(buffer->memory, 0, sizeof(buffer->memory));
            buffer->data = NULL;
        }
    }
}

size_t tacet_pool_available(const struct tacet_pool *pool)
{
    return pool->available;
}

size_t tacet_buffer_room(const struct tacet_buffer *buffer)
{
    size_t offset = (size_t)(buffer->data - buffer->memory);

    assert(offset <= TACET_BUFFER_HEAD + TACET_BUFFER_BODY);
    return TACET_BUFFER_HEAD + TACET_BUFFER_BODY - offset;
}
