/* See assembly_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "assembly_fixture.h"

#include <stdlib.h>
#include <string.h>

int fixture_begin(struct fixture *f)
{
    if (tacet_pool_create(POOL, &f->pool) != 0) {
        return -1;
    }
    tacet_assembly_init(&f->a, f->pool, f->memory);
    f->now = TACET_S(1);
    return 0;
}

int fixture_end(struct fixture *f)
{
    tacet_assembly_reset(&f->a);
    int result = tacet_pool_available(f->pool) == POOL ? 0 : -1;
    tacet_pool_free(&f->pool);
    return result;
}

int fixture_setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    *state = f;
    return f == NULL ? -1 : fixture_begin(f);
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    int result = fixture_end(f);

    free(f);
    return result;
}

size_t make_frame(uint32_t id, bool key, size_t size, uint8_t *out)
{
    const uint8_t head[10] = { (uint8_t)(0x10 | !key),
                               0,
                               0,
                               0x9d,
                               0x01,
                               0x2a,
                               16,
                               0,
                               (uint8_t)id,
                               (uint8_t)(0x10 | (id >> 8 & 0x0f)) };

    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(id * 31 + i * 7 + i / 256);
    }
    memcpy(out, head, size < sizeof(head) ? size : sizeof(head));
    return size;
}

static struct tacet_buffer *buffer_of(struct fixture *f, const void *data, size_t size)
{
    struct tacet_buffer *buffer = tacet_pool_get(f->pool);

    assert_non_null(buffer);
    assert_true(size <= tacet_buffer_room(buffer));
    memcpy(buffer->data, data, size);
    buffer->size = size;
    buffer->at_us = f->now;
    return buffer;
}

enum tacet_drop put(struct fixture *f, uint16_t seq, uint32_t timestamp, bool marker,
                    const void *data, size_t size)
{
    return tacet_assembly_put(&f->a, seq, timestamp, marker, buffer_of(f, data, size));
}
