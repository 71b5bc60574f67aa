/* The ring between one writing and one reading thread. */
#include "base/ring.h"

#include "base/alloc.h"
#include "tacet/error.h"

#include <pthread.h>
#include <sched.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void capacity_is_rounded_up_and_then_it_is_full(void **state)
{
    static const int items[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    int out[9] = { 0 };
    struct tacet_ring *ring = NULL;

    (void)state;
    assert_int_equal(tacet_ring_create(sizeof(int), 5, &ring), 0);
    assert_int_equal(tacet_ring_space(ring), 8);
    assert_int_equal(tacet_ring_write(ring, items, 9), 8);
    assert_int_equal(tacet_ring_space(ring), 0);
    assert_int_equal(tacet_ring_write(ring, items, 1), 0);
    assert_null(tacet_ring_reserve(ring));
    assert_int_equal(tacet_ring_read(ring, out, 9), 8);
    assert_memory_equal(out, items, 8 * sizeof(int));
    assert_int_equal(tacet_ring_read(ring, out, 9), 0);
    assert_null(tacet_ring_front(ring));
    tacet_ring_free(&ring);
    assert_null(ring);
    tacet_ring_free(&ring);
    tacet_ring_free(NULL);
}

static void order_is_kept_around_the_end(void **state)
{
    struct tacet_ring *ring = NULL;
    size_t written = 0;
    size_t read = 0;

    (void)state;
    assert_int_equal(tacet_ring_create(sizeof(int), 8, &ring), 0);
    for (int turn = 0; turn < 100; turn++) {
        int in[5], out[5];
        for (int i = 0; i < 5; i++) {
            in[i] = (int)written + i;
        }
        written += tacet_ring_write(ring, in, 5);
        size_t count = tacet_ring_read(ring, out, (size_t)turn % 5 + 1);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(out[i], read++);
        }
        assert_int_equal(tacet_ring_used(ring), written - read);
        assert_int_equal(tacet_ring_used(ring) + tacet_ring_space(ring), 8);
    }
    assert_true(read > 200);
    tacet_ring_free(&ring);
}

static void slots_are_used_in_place(void **state)
{
    struct tacet_ring *ring = NULL;

    (void)state;
    assert_int_equal(tacet_ring_create(sizeof(int), 2, &ring), 0);
    for (int i = 0; i < 5; i++) {
        int *slot = tacet_ring_reserve(ring);
        assert_non_null(slot);
        *slot = i;
        assert_null(tacet_ring_front(ring));
        tacet_ring_publish(ring);
        const int *front = tacet_ring_front(ring);
        assert_non_null(front);
        assert_int_equal(*front, i);
        tacet_ring_release(ring);
    }
    tacet_ring_free(&ring);
}

static void failed_allocation_leaves_nothing(void **state)
{
    struct tacet_ring *ring = NULL;

    (void)state;
    for (long n = 0; n < 2; n++) {
        tacet_alloc_fail_after(n);
        assert_int_equal(tacet_ring_create(4, 4, &ring), TACET_ERR_NOMEM);
        assert_null(ring);
    }
    tacet_alloc_fail_after(-1);
}

enum { ITEMS = 200000 };

/* Larger than a word, so that half a copy shows. */
struct item {
    uint32_t number;
    uint32_t inverse;
    uint64_t square;
};

static struct item make_item(uint32_t n)
{
    return (struct item){ .number = n, .inverse = ~n, .square = (uint64_t)n * n };
}

static void *write_all(void *ring)
{
    for (uint32_t n = 0; n < ITEMS;) {
        struct item items[7];
        size_t count = n % 7 + 1;
        for (size_t i = 0; i < count; i++) {
            items[i] = make_item(n + (uint32_t)i);
        }
        count = count < ITEMS - n ? count : ITEMS - n;
        size_t done = tacet_ring_write(ring, items, count);
        n += (uint32_t)done;
        if (done == 0) {
            (void)sched_yield();
        }
    }
    return NULL;
}

static void two_threads_see_every_item_whole_and_in_order(void **state)
{
    struct tacet_ring *ring = NULL;
    pthread_t writer;

    (void)state;
    assert_int_equal(tacet_ring_create(sizeof(struct item), 64, &ring), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_all, ring), 0);
    uint32_t wrong = 0;
    for (uint32_t n = 0; n < ITEMS;) {
        struct item items[5];
        size_t count = tacet_ring_read(ring, items, 5);
        for (size_t i = 0; i < count; i++, n++) {
            struct item expected = make_item(n);
            wrong += items[i].number != expected.number || items[i].inverse != expected.inverse ||
                     items[i].square != expected.square;
        }
        if (count == 0) {
            (void)sched_yield();
        }
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(tacet_ring_used(ring), 0);
    tacet_ring_free(&ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capacity_is_rounded_up_and_then_it_is_full),
        cmocka_unit_test(order_is_kept_around_the_end),
        cmocka_unit_test(slots_are_used_in_place),
        cmocka_unit_test(failed_allocation_leaves_nothing),
        cmocka_unit_test(two_threads_see_every_item_whole_and_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
