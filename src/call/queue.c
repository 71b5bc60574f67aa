/* See queue.h. */
#include "call/queue.h"

#include "base/limits.h"
#include "tacet/transport.h"

#include <assert.h>

static bool is_full(const struct tacet_queue *queue)
{
    return queue->count >= TACET_SEND_QUEUE_MAX;
}

struct tacet_buffer *tacet_queue_buffer(struct tacet_queue *queue)
{
    return is_full(queue) ? NULL : tacet_pool_get(queue->pool);
}

void tacet_queue_push(struct tacet_queue *queue, struct tacet_buffer *buffer,
                      const struct tacet_path *path)
{
    assert(buffer->size > 0);
    assert(buffer->size <= TACET_DATAGRAM_MAX);
    buffer->path = *path;
    buffer->next = NULL;
    if (queue->last != NULL) {
        queue->last->next = buffer;
    } else {
        queue->first = buffer;
    }
    queue->last = buffer;
    queue->count++;
    queue->bytes += buffer->size;
}

void tacet_queue_copy(struct tacet_queue *queue, const void *data, size_t size,
                      const struct tacet_path *path)
{
    struct tacet_buffer *buffer = is_full(queue) ? NULL : tacet_pool_copy(queue->pool, data, size);

    if (buffer != NULL) {
        tacet_queue_push(queue, buffer, path);
    }
}

struct tacet_buffer *tacet_queue_pop(struct tacet_queue *queue)
{
    struct tacet_buffer *buffer = queue->first;

    if (buffer == NULL) {
        return NULL;
    }
    queue->first = buffer->next;
    if (queue->first == NULL) {
        queue->last = NULL;
    }
    queue->count--;
    queue->bytes -= buffer->size;
    buffer->next = NULL;
    return buffer;
}

void tacet_queue_empty(struct tacet_queue *queue)
{
    struct tacet_buffer *buffer;

    while ((buffer = tacet_queue_pop(queue)) != NULL) {
        tacet_pool_put(queue->pool, buffer);
    }
}
