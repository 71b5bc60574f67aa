/* The one allocator and its test hooks. */
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void memory_is_zeroed(void **state)
{
    uint8_t *memory = tacet_alloc(1000);

    (void)state;
    assert_non_null(memory);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(memory[i], 0);
    }
    tacet_dealloc(memory);
    tacet_dealloc(NULL);
}

static void allocations_fail_from_the_nth_on(void **state)
{
    (void)state;
    for (long n = 0; n < 4; n++) {
        tacet_alloc_fail_after(n);
        for (long i = 0; i < 6; i++) {
            void *memory = tacet_alloc(1);
            assert_int_equal(memory != NULL, i < n);
            tacet_dealloc(memory);
        }
    }
    tacet_alloc_fail_after(-1);
    void *memory = tacet_alloc(1);
    assert_non_null(memory);
    tacet_dealloc(memory);
}

static void what_lives_is_what_was_not_freed(void **state)
{
    long before = tacet_alloc_live();
    void *memory = tacet_alloc(1);

    (void)state;
    assert_int_equal(tacet_alloc_live() - before, 1);
    tacet_alloc_fail_after(0);
    assert_null(tacet_alloc(1));
    tacet_alloc_fail_after(-1);
    tacet_dealloc(NULL);
    assert_int_equal(tacet_alloc_live() - before, 1);
    tacet_dealloc(memory);
    assert_int_equal(tacet_alloc_live() - before, 0);
}

static void only_what_was_given_is_counted(void **state)
{
    unsigned long before = tacet_alloc_count();

    (void)state;
    tacet_dealloc(tacet_alloc(1));
    tacet_dealloc(tacet_alloc(1));
    tacet_alloc_fail_after(0);
    assert_null(tacet_alloc(1));
    tacet_alloc_fail_after(-1);
    assert_int_equal(tacet_alloc_count() - before, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_zeroed),
        cmocka_unit_test(allocations_fail_from_the_nth_on),
        cmocka_unit_test(what_lives_is_what_was_not_freed),
        cmocka_unit_test(only_what_was_given_is_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
