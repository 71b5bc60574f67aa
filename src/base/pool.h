/*
 * A pool of packet buffers with head and tail room, so that a header is put before and a tag
 * behind a payload without moving it. All memory is taken at create.
 */
#ifndef TACET_BASE_POOL_H
#define TACET_BASE_POOL_H

#include "tacet/address.h"

#include <stddef.h>
#include <stdint.h>

#define TACET_BUFFER_HEAD 64 /* RTP header, RTX's original sequence number */
#define TACET_BUFFER_BODY 1280
#define TACET_BUFFER_TAIL 160 /* libsrtp writes up to SRTP_MAX_TRAILER_LEN behind the packet */

struct tacet_buffer {
    struct tacet_buffer *next; /* for whoever owns it */
    uint8_t *data;             /* first byte; anywhere in memory[] */
    size_t size;
    struct tacet_path path;
    int64_t at_us;
    uint8_t probe; /* number of the probe of the bandwidth that it belongs to; 0: none */
    _Alignas(8) uint8_t memory[TACET_BUFFER_HEAD + TACET_BUFFER_BODY + TACET_BUFFER_TAIL];
};

struct tacet_pool;

int tacet_pool_create(size_t count, struct tacet_pool **ret);
/* Wipes everything. Buffers still out become invalid. Accepts NULL. */
void tacet_pool_free(struct tacet_pool **pool);
/* An empty buffer, data at memory + TACET_BUFFER_HEAD; NULL when all are out. */
struct tacet_buffer *tacet_pool_get(struct tacet_pool *pool);
/* One that holds a copy of the bytes, at most TACET_BUFFER_BODY; NULL when all are out. */
struct tacet_buffer *tacet_pool_copy(struct tacet_pool *pool, const void *data, size_t size);
/* Gives it back. Accepts NULL. */
void tacet_pool_put(struct tacet_pool *pool, struct tacet_buffer *buffer);
/* Wipes what those that are not out held last. */
void tacet_pool_wipe(struct tacet_pool *pool);
size_t tacet_pool_available(const struct tacet_pool *pool);
/* Bytes that may be written from buffer->data on, the tail room not counted. */
size_t tacet_buffer_room(const struct tacet_buffer *buffer);

#endif
