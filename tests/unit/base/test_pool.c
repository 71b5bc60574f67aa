/* Packet buffers with head and tail room. */
#include "base/pool.h"

#include "base/alloc.h"
#include "tacet/error.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_buffer_is_given_once_and_then_none(void **state)
{
    struct tacet_pool *pool = NULL;
    struct tacet_buffer *out[3];

    (void)state;
    assert_int_equal(tacet_pool_create(3, &pool), 0);
    assert_int_equal(tacet_pool_available(pool), 3);
    for (size_t i = 0; i < 3; i++) {
        out[i] = tacet_pool_get(pool);
        assert_non_null(out[i]);
        memset(out[i]->memory, (int)i + 1, sizeof(out[i]->memory));
    }
    assert_int_equal(tacet_pool_available(pool), 0);
    assert_null(tacet_pool_get(pool));
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(out[i]->memory[0], i + 1);
        assert_int_equal(out[i]->memory[sizeof(out[i]->memory) - 1], i + 1);
    }
    tacet_pool_put(pool, out[1]);
    tacet_pool_put(pool, NULL);
    assert_int_equal(tacet_pool_available(pool), 1);
    assert_ptr_equal(tacet_pool_get(pool), out[1]);
    tacet_pool_free(&pool);
    assert_null(pool);
    tacet_pool_free(&pool);
    tacet_pool_free(NULL);
}

static void buffer_comes_back_empty_with_head_and_tail_room(void **state)
{
    struct tacet_pool *pool = NULL;

    (void)state;
    assert_int_equal(tacet_pool_create(1, &pool), 0);
    struct tacet_buffer *buffer = tacet_pool_get(pool);
    buffer->data += 10;
    buffer->size = 77;
    buffer->at_us = 5;
    buffer->path.member = 9;
    tacet_pool_put(pool, buffer);
    buffer = tacet_pool_get(pool);
    assert_null(buffer->next);
    assert_int_equal(buffer->size, 0);
    assert_int_equal(buffer->at_us, 0);
    assert_int_equal(buffer->path.member, 0);
    assert_int_equal(buffer->data - buffer->memory, TACET_BUFFER_HEAD);
    assert_int_equal(tacet_buffer_room(buffer), TACET_BUFFER_BODY);
    buffer->data -= TACET_BUFFER_HEAD;
    assert_int_equal(tacet_buffer_room(buffer), TACET_BUFFER_HEAD + TACET_BUFFER_BODY);
    assert_int_equal(sizeof(buffer->memory) - tacet_buffer_room(buffer), TACET_BUFFER_TAIL);
    tacet_pool_free(&pool);
}

static void copy_is_a_buffer_of_its_own(void **state)
{
    struct tacet_pool *pool = NULL;
    uint8_t data[TACET_BUFFER_BODY];

    (void)state;
    memset(data, 0x3c, sizeof(data));
    assert_int_equal(tacet_pool_create(1, &pool), 0);
    struct tacet_buffer *buffer = tacet_pool_copy(pool, data, sizeof(data));
    memset(data, 0, sizeof(data));
    assert_int_equal(buffer->size, sizeof(data));
    assert_int_equal(buffer->data - buffer->memory, TACET_BUFFER_HEAD);
    assert_int_equal(buffer->data[0], 0x3c);
    assert_int_equal(buffer->data[sizeof(data) - 1], 0x3c);
    assert_null(tacet_pool_copy(pool, data, 1));
    tacet_pool_free(&pool);
}

static void what_buffers_held_is_wiped_but_not_what_is_out(void **state)
{
    struct tacet_pool *pool = NULL;
    struct tacet_buffer *out[2];

    (void)state;
    assert_int_equal(tacet_pool_create(2, &pool), 0);
    for (size_t i = 0; i < 2; i++) {
        out[i] = tacet_pool_get(pool);
        memset(out[i]->memory, 0x5a, sizeof(out[i]->memory));
    }
    tacet_pool_put(pool, out[0]);
    tacet_pool_wipe(pool);
    for (size_t at = 0; at < sizeof(out[0]->memory); at++) {
        assert_int_equal(out[0]->memory[at], 0);
        assert_int_equal(out[1]->memory[at], 0x5a);
    }
    assert_ptr_equal(tacet_pool_get(pool), out[0]);
    assert_ptr_equal(out[0]->data, out[0]->memory + TACET_BUFFER_HEAD);
    tacet_pool_free(&pool);
}

static void failed_allocation_leaves_nothing(void **state)
{
    struct tacet_pool *pool = NULL;

    (void)state;
    for (long n = 0; n < 2; n++) {
        tacet_alloc_fail_after(n);
        assert_int_equal(tacet_pool_create(4, &pool), TACET_ERR_NOMEM);
        assert_null(pool);
    }
    tacet_alloc_fail_after(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_buffer_is_given_once_and_then_none),
        cmocka_unit_test(buffer_comes_back_empty_with_head_and_tail_room),
        cmocka_unit_test(copy_is_a_buffer_of_its_own),
        cmocka_unit_test(what_buffers_held_is_wiped_but_not_what_is_out),
        cmocka_unit_test(failed_allocation_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
