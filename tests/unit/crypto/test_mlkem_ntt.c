/* The ring of ML-KEM: every value that is ever reduced, and products against the plain ones. */
#include "crypto/mlkem_ntt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/rng.h"

#define Q TACET_MLKEM_Q
#define N TACET_MLKEM_N

static void random_poly(struct tacet_rng *rng, struct tacet_poly *f)
{
    for (int i = 0; i < N; i++) {
        f->c[i] = (uint16_t)tacet_rng_below(rng, Q);
    }
}

static void division_is_exact_for_every_value(void **state)
{
    uint32_t wrong = 0;

    (void)state;
    for (uint32_t value = 0; value < 1 << 25; value++) {
        wrong += tacet_mlkem_divide(value) != value / Q;
        wrong += tacet_mlkem_reduce(value) != value % Q;
    }
    assert_int_equal(wrong, 0);
}

static void transform_and_its_inverse_cancel(void **state)
{
    struct tacet_rng rng;
    struct tacet_poly f, g;

    (void)state;
    tacet_rng_seed(&rng, 203, 0);
    for (int round = 0; round < 100; round++) {
        random_poly(&rng, &f);
        g = f;
        tacet_ntt(&g);
        assert_memory_not_equal(&f, &g, sizeof(f));
        tacet_ntt_inverse(&g);
        assert_memory_equal(&f, &g, sizeof(f));
    }
}

/* sum += f * g modulo X^256 + 1, term by term. */
static void multiply_plainly(struct tacet_poly *sum, const struct tacet_poly *f,
                             const struct tacet_poly *g)
{
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            uint32_t product = (uint32_t)f->c[i] * g->c[j] % Q;
            uint32_t term = i + j < N ? product : Q - product;
            sum->c[(i + j) % N] = (uint16_t)((sum->c[(i + j) % N] + term) % Q);
        }
    }
}

static void products_are_those_of_the_ring(void **state)
{
    struct tacet_rng rng;
    struct tacet_poly f, g, sum, expected;

    (void)state;
    tacet_rng_seed(&rng, 203, 1);
    for (int round = 0; round < 20; round++) {
        random_poly(&rng, &f);
        random_poly(&rng, &g);
        random_poly(&rng, &sum);
        if (round == 0) { /* the largest of everything */
            for (int i = 0; i < N; i++) {
                f.c[i] = g.c[i] = sum.c[i] = Q - 1;
            }
        }
        expected = sum;
        multiply_plainly(&expected, &f, &g);
        tacet_ntt(&f);
        tacet_ntt(&g);
        tacet_ntt(&sum);
        tacet_ntt_multiply_add(&sum, &f, &g);
        tacet_ntt_inverse(&sum);
        assert_memory_equal(&sum, &expected, sizeof(sum));
    }
}

static void sums_and_differences_are_reduced(void **state)
{
    (void)state;
    for (unsigned a = 0; a < Q; a += N) {
        for (unsigned b = 0; b < Q; b++) {
            struct tacet_poly sum, difference, other;
            for (unsigned i = 0; i < N; i++) {
                sum.c[i] = difference.c[i] = (uint16_t)((a + i) % Q);
                other.c[i] = (uint16_t)b;
            }
            tacet_poly_add(&sum, &other);
            tacet_poly_subtract(&difference, &other);
            for (unsigned i = 0; i < N; i++) {
                assert_int_equal(sum.c[i], (a + i + b) % Q);
                assert_int_equal(difference.c[i], (a + i + Q - b) % Q);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(division_is_exact_for_every_value),
        cmocka_unit_test(transform_and_its_inverse_cancel),
        cmocka_unit_test(products_are_those_of_the_ring),
        cmocka_unit_test(sums_and_differences_are_reduced),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
