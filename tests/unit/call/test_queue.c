/* The bounded queue of datagrams. */
#include "call/queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

static void queue_keeps_order_and_its_bound(void **state)
{
    struct tacet_queue queue = { 0 };
    struct tacet_path path = { .transport = 3 };

    (void)state;
    assert_int_equal(tacet_pool_create(TACET_SEND_QUEUE_MAX + 10, &queue.pool), 0);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < TACET_SEND_QUEUE_MAX + 5; i++) {
            uint8_t data[2] = { (uint8_t)(i >> 8), (uint8_t)i };
            tacet_queue_copy(&queue, data, sizeof(data), &path);
        }
        assert_int_equal(queue.count, TACET_SEND_QUEUE_MAX);
        assert_null(tacet_queue_buffer(&queue));
        assert_int_equal(tacet_pool_available(queue.pool), 10);
        for (unsigned i = 0; i < TACET_SEND_QUEUE_MAX; i++) {
            struct tacet_buffer *buffer = tacet_queue_pop(&queue);
            assert_non_null(buffer);
            assert_int_equal(buffer->data[0] << 8 | buffer->data[1], i);
            assert_int_equal(buffer->path.transport, 3);
            tacet_pool_put(queue.pool, buffer);
        }
        assert_null(tacet_queue_pop(&queue));
    }
    tacet_pool_free(&queue.pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queue_keeps_order_and_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
