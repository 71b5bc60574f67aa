/* See bytes.h. Every access below is behind one of the two `_take` checks. */
#include "base/bytes.h"

#include <assert.h>
#include <string.h>

static const uint8_t *reader_take(struct tacet_reader *r, size_t size)
{
    assert(r->at <= r->size);
    if (r->failed || size > r->size - r->at) {
        r->failed = true;
        return NULL;
    }
    if (r->data == NULL) {
        return NULL; /* nothing was asked of no memory: not a failure */
    }
    const uint8_t *p = r->data + r->at;
    r->at += size;
    return p;
}

struct tacet_reader tacet_reader(const void *data, size_t size)
{
    assert(data != NULL || size == 0);
    return (struct tacet_reader){ .data = data, .size = size };
}

static uint64_t read_uint(struct tacet_reader *r, size_t size)
{
    const uint8_t *p = reader_take(r, size);
    uint64_t v = 0;

    for (size_t i = 0; p != NULL && i < size; i++) {
        v = v << 8 | p[i];
    }
    return v;
}

uint8_t tacet_read_u8(struct tacet_reader *r)
{
    return (uint8_t)read_uint(r, 1);
}

uint16_t tacet_read_u16(struct tacet_reader *r)
{
    return (uint16_t)read_uint(r, 2);
}

uint32_t tacet_read_u24(struct tacet_reader *r)
{
    return (uint32_t)read_uint(r, 3);
}

uint32_t tacet_read_u32(struct tacet_reader *r)
{
    return (uint32_t)read_uint(r, 4);
}

uint64_t tacet_read_u64(struct tacet_reader *r)
{
    return read_uint(r, 8);
}

void tacet_read_bytes(struct tacet_reader *r, void *out, size_t size)
{
    const uint8_t *p = reader_take(r, size);

    if (p != NULL) {
        memcpy(out, p, size);
    } else {
        memset(out, 0, size);
    }
}

const uint8_t *tacet_read_view(struct tacet_reader *r, size_t size)
{
    return reader_take(r, size);
}

void tacet_read_skip(struct tacet_reader *r, size_t size)
{
    (void)reader_take(r, size);
}

size_t tacet_reader_left(const struct tacet_reader *r)
{
    return r->failed ? 0 : r->size - r->at;
}

bool tacet_read_zeros(struct tacet_reader *r)
{
    size_t size = tacet_reader_left(r);
    const uint8_t *p = reader_take(r, size);

    for (size_t i = 0; p != NULL && i < size; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return p != NULL;
}

static uint8_t *writer_take(struct tacet_writer *w, size_t size)
{
    assert(w->at <= w->capacity);
    if (w->failed || size > w->capacity - w->at) {
        w->failed = true;
        return NULL;
    }
    if (w->data == NULL) {
        return NULL; /* nothing was asked of no memory: not a failure */
    }
    uint8_t *p = w->data + w->at;
    w->at += size;
    return p;
}

struct tacet_writer tacet_writer(void *data, size_t capacity)
{
    assert(data != NULL || capacity == 0);
    return (struct tacet_writer){ .data = data, .capacity = capacity };
}

static void write_uint(struct tacet_writer *w, uint64_t v, size_t size)
{
    uint8_t *p = writer_take(w, size);

    for (size_t i = 0; p != NULL && i < size; i++) {
        p[i] = (uint8_t)(v >> (8 * (size - 1 - i)));
    }
}

void tacet_write_u8(struct tacet_writer *w, uint8_t v)
{
    write_uint(w, v, 1);
}

void tacet_write_u16(struct tacet_writer *w, uint16_t v)
{
    write_uint(w, v, 2);
}

void tacet_write_u24(struct tacet_writer *w, uint32_t v)
{
    assert(v <= 0xffffff);
    write_uint(w, v, 3);
}

void tacet_write_u32(struct tacet_writer *w, uint32_t v)
{
    write_uint(w, v, 4);
}

void tacet_write_u64(struct tacet_writer *w, uint64_t v)
{
    write_uint(w, v, 8);
}

void tacet_write_bytes(struct tacet_writer *w, const void *data, size_t size)
{
    uint8_t *p = writer_take(w, size);

    if (p != NULL && size > 0) {
        memcpy(p, data, size);
    }
}

void tacet_write_zeros(struct tacet_writer *w, size_t size)
{
    uint8_t *p = writer_take(w, size);

    if (p != NULL) {
        memset(p, 0, size);
    }
}

size_t tacet_writer_left(const struct tacet_writer *w)
{
    return w->failed ? 0 : w->capacity - w->at;
}
