/* Seeded chance: known outputs, independent streams, fair draws. */
#include "sim/rng.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void generator_gives_the_published_sequence(void **state)
{
    /* xoshiro256** from the state {1, 2, 3, 4}: the reference implementation's first outputs. */
    static const uint64_t expected[] = { 11520, 0, 1509978240, 1215971899390074240 };
    struct tacet_rng rng = { .s = { 1, 2, 3, 4 } };

    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_true(tacet_rng_next(&rng) == expected[i]);
    }
}

static void same_seed_and_stream_give_the_same(void **state)
{
    struct tacet_rng a, b, c, d;
    int same_stream = 0;
    int same_seed = 0;

    (void)state;
    tacet_rng_seed(&a, 7, 1);
    tacet_rng_seed(&b, 7, 1);
    tacet_rng_seed(&c, 7, 2);
    tacet_rng_seed(&d, 8, 1);
    for (int i = 0; i < 1000; i++) {
        uint64_t value = tacet_rng_next(&a);
        assert_true(value == tacet_rng_next(&b));
        same_stream += value == tacet_rng_next(&c);
        same_seed += value == tacet_rng_next(&d);
    }
    assert_int_equal(same_stream + same_seed, 0);
}

static void draws_stay_within_bounds_and_are_fair(void **state)
{
    struct tacet_rng rng;
    int counts[10] = { 0 };
    int hits = 0;

    (void)state;
    tacet_rng_seed(&rng, 1, 0);
    for (int i = 0; i < 100000; i++) {
        counts[tacet_rng_below(&rng, 10)]++;
        hits += tacet_rng_permille(&rng, 250);
        assert_false(tacet_rng_permille(&rng, 0));
        assert_true(tacet_rng_permille(&rng, 1000));
    }
    for (int i = 0; i < 10; i++) {
        assert_in_range(counts[i], 9600, 10400);
    }
    assert_in_range(hits, 24500, 25500);
}

static void calls_get_bytes_of_the_same_chance(void **state)
{
    struct tacet_rng rng, again;
    uint8_t a[100], b[100];

    (void)state;
    tacet_rng_seed(&rng, 3, 0);
    tacet_rng_seed(&again, 3, 0);
    struct tacet_random random = tacet_rng_random(&rng);
    random.fill(random.ctx, a, sizeof(a));
    random = tacet_rng_random(&again);
    random.fill(random.ctx, b, 40);
    random.fill(random.ctx, b + 40, 60);
    assert_memory_equal(a, b, sizeof(a));
    random.fill(random.ctx, b, sizeof(b));
    assert_memory_not_equal(a, b, sizeof(a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generator_gives_the_published_sequence),
        cmocka_unit_test(same_seed_and_stream_give_the_same),
        cmocka_unit_test(draws_stay_within_bounds_and_are_fair),
        cmocka_unit_test(calls_get_bytes_of_the_same_chance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
