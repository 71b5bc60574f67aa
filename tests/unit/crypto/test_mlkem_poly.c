/* Compression of every value by every number of bits, encoding, and the two samplings' ranges. */
#include "crypto/mlkem_poly.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/rng.h"

#define Q TACET_MLKEM_Q
#define N TACET_MLKEM_N

/* FIPS 203 uses 1, 4 and 10 here; the rest costs nothing. */
enum { BITS_MAX = 11 };

/* round(a / b), ties upwards. */
static uint32_t rounded(uint32_t a, uint32_t b)
{
    return (2 * a + b) / (2 * b);
}

static void compression_is_right_for_every_value(void **state)
{
    (void)state;
    for (unsigned bits = 1; bits <= BITS_MAX; bits++) {
        for (uint32_t x = 0; x < Q; x++) {
            assert_int_equal(tacet_mlkem_compress((uint16_t)x, bits),
                             rounded(x << bits, Q) % (1u << bits));
        }
    }
}

static void decompression_is_right_for_every_value_and_compresses_back(void **state)
{
    (void)state;
    for (unsigned bits = 1; bits <= BITS_MAX; bits++) {
        for (uint32_t y = 0; y < 1u << bits; y++) {
            uint16_t x = tacet_mlkem_decompress((uint16_t)y, bits);
            assert_int_equal(x, rounded(y * Q, 1u << bits));
            assert_true(x < Q);
            assert_int_equal(tacet_mlkem_compress(x, bits), y);
        }
    }
}

/* FIPS 203 4.2.1: what compression loses is at most round(q / 2^(d+1)), around the circle. */
static void compression_loses_no_more_than_it_may(void **state)
{
    (void)state;
    for (unsigned bits = 1; bits <= BITS_MAX; bits++) {
        for (uint32_t x = 0; x < Q; x++) {
            uint16_t again = tacet_mlkem_decompress(tacet_mlkem_compress((uint16_t)x, bits), bits);
            uint32_t apart = (x + Q - again) % Q;
            apart = apart < Q - apart ? apart : Q - apart;
            assert_true(apart <= rounded(Q, 2u << bits));
        }
    }
}

/* Bit b of the bytes is bit b mod d of coefficient b / d (FIPS 203 algorithms 3 to 6). */
static void bits_lie_where_the_standard_says(void **state)
{
    struct tacet_rng rng;
    struct tacet_poly f, g;
    uint8_t bytes[TACET_POLY_BYTES(12)], again[TACET_POLY_BYTES(12)];

    (void)state;
    tacet_rng_seed(&rng, 203, 2);
    for (unsigned bits = 1; bits <= 12; bits++) {
        for (unsigned i = 0; i < N; i++) {
            f.c[i] = (uint16_t)tacet_rng_below(&rng, Q);
        }
        if (bits == 12) {
            tacet_poly_encode(&f, bytes);
            tacet_poly_decode(&g, bytes);
            assert_memory_equal(&f, &g, sizeof(f));
        } else {
            tacet_poly_encode_compressed(&f, bits, bytes);
            tacet_poly_decode_compressed(&g, bits, bytes);
            tacet_poly_encode_compressed(&g, bits, again);
            assert_memory_equal(bytes, again, TACET_POLY_BYTES(bits));
        }
        for (unsigned b = 0; b < N * bits; b++) {
            uint16_t value = f.c[b / bits];
            value = bits == 12 ? value : tacet_mlkem_compress(value, bits);
            assert_int_equal(bytes[b / 8] >> b % 8 & 1, value >> b % bits & 1);
        }
    }
}

static void decoding_reduces_what_is_not_below_q(void **state)
{
    uint8_t bytes[TACET_POLY_BYTES(12)];
    struct tacet_poly f;

    (void)state;
    for (unsigned value = 0; value < 4096; value++) {
        memset(bytes, 0, sizeof(bytes));
        bytes[0] = (uint8_t)value;
        bytes[1] = (uint8_t)(value >> 8);
        tacet_poly_decode(&f, bytes);
        assert_int_equal(f.c[0], value % Q);
        assert_int_equal(f.c[1], 0);
    }
}

static void samples_stay_in_their_ranges_and_take_every_value_of_them(void **state)
{
    static bool seen[Q];
    uint8_t seed[32] = { 0 };
    unsigned noise[5] = { 0 }, values = 0;
    struct tacet_poly f;

    (void)state;
    for (unsigned i = 0; i < 256; i++) {
        tacet_poly_sample_uniform(&f, seed, (uint8_t)i, 1);
        for (unsigned j = 0; j < N; j++) {
            assert_true(f.c[j] < Q);
            values += !seen[f.c[j]];
            seen[f.c[j]] = true;
        }
        tacet_poly_sample_noise(&f, seed, (uint8_t)i);
        for (unsigned j = 0; j < N; j++) {
            assert_true(f.c[j] <= 2 || f.c[j] >= Q - 2);
            noise[(f.c[j] + 2) % Q]++;
        }
    }
    assert_int_equal(values, Q);
    /* Binomial: 1, 4, 6, 4, 1 of 16; 65536 draws, so a thousandth is many deviations. */
    static const unsigned sixteenths[5] = { 1, 4, 6, 4, 1 };
    for (int i = 0; i < 5; i++) {
        assert_in_range(noise[i], 4096 * sixteenths[i] - 700, 4096 * sixteenths[i] + 700);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compression_is_right_for_every_value),
        cmocka_unit_test(decompression_is_right_for_every_value_and_compresses_back),
        cmocka_unit_test(compression_loses_no_more_than_it_may),
        cmocka_unit_test(bits_lie_where_the_standard_says),
        cmocka_unit_test(decoding_reduces_what_is_not_below_q),
        cmocka_unit_test(samples_stay_in_their_ranges_and_take_every_value_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
