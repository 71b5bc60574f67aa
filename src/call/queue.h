/* Datagrams that wait to be polled: a bounded list of pool buffers, first in, first out. */
#ifndef TACET_CALL_QUEUE_H
#define TACET_CALL_QUEUE_H

#include "base/pool.h"

struct tacet_queue {
    struct tacet_pool *pool;
    struct tacet_buffer *first;
    struct tacet_buffer *last;
    size_t count;
    size_t bytes; /* of all of them */
};

/* An empty buffer for a datagram, or NULL when the queue's bound is reached. */
struct tacet_buffer *tacet_queue_buffer(struct tacet_queue *queue);
/* Takes the buffer. */
void tacet_queue_push(struct tacet_queue *queue, struct tacet_buffer *buffer,
                      const struct tacet_path *path);
/* A copy of the bytes, at most TACET_DATAGRAM_MAX; dropped when full. */
void tacet_queue_copy(struct tacet_queue *queue, const void *data, size_t size,
                      const struct tacet_path *path);
/* The oldest, now the caller's, or NULL. */
struct tacet_buffer *tacet_queue_pop(struct tacet_queue *queue);
/* Gives back all of them. */
void tacet_queue_empty(struct tacet_queue *queue);

#endif
