/*
 * Arithmetic of FIPS 203 section 4.3. Every step reduces fully, so that there is one form of a
 * number and no bound to keep track of; the division in it is a multiplication and a shift, since
 * a processor's own division takes longer for some numbers than for others.
 */
#include "crypto/mlkem_ntt.h"

#define Q TACET_MLKEM_Q
#define N TACET_MLKEM_N

/* 17^BitRev7(i) mod q (FIPS 203 appendix A); a root of unity of order 256 is 17. */
static const uint16_t zetas[128] = {
    1,    1729, 2580, 3289, 2642, 630,  1897, 848,  1062, 1919, 193,  797,  2786, 3260, 569,  1746,
    296,  2447, 1339, 1476, 3046, 56,   2240, 1333, 1426, 2094, 535,  2882, 2393, 2879, 1974, 821,
    289,  331,  3253, 1756, 1197, 2304, 2277, 2055, 650,  1977, 2513, 632,  2865, 33,   1320, 1915,
    2319, 1435, 807,  452,  1438, 2868, 1534, 2402, 2647, 2617, 1481, 648,  2474, 3110, 1227, 910,
    17,   2761, 583,  2649, 1637, 723,  2288, 1100, 1409, 2662, 3281, 233,  756,  2156, 3015, 3050,
    1703, 1651, 2789, 1789, 1847, 952,  1461, 2687, 939,  2308, 2437, 2388, 733,  2337, 268,  641,
    1584, 2298, 2037, 3220, 375,  2549, 2090, 1645, 1063, 319,  2773, 757,  2099, 561,  2466, 2594,
    2804, 1092, 403,  1026, 1143, 2150, 2775, 886,  1722, 1212, 1874, 1029, 2110, 2935, 885,  2154,
};

/*
 * ceil(2^37 / q) = (2^37 + 3310) / q. For value < 2^25 the excess, value * 3310 / (q * 2^37), is
 * less than 1 / q, which is what the fraction of value / q lacks to 1 at least: floor is exact.
 */
static const uint64_t reciprocal = 41285358;
_Static_assert(41285358 * (UINT64_C(1) * Q) == (UINT64_C(1) << 37) + 3310, "rounded up");
_Static_assert(3310 <= 1 << (37 - 25), "exact below 2^25");
_Static_assert(2 * (Q - 1) * (Q - 1) < 1 << 25, "two products may be added before reducing");

uint32_t tacet_mlkem_divide(uint32_t value)
{
    return (uint32_t)(value * reciprocal >> 37);
}

uint16_t tacet_mlkem_reduce(uint32_t value)
{
    return (uint16_t)(value - tacet_mlkem_divide(value) * Q);
}

static uint16_t add(uint16_t a, uint16_t b)
{
    return tacet_mlkem_reduce((uint32_t)a + b);
}

static uint16_t subtract(uint16_t a, uint16_t b)
{
    return tacet_mlkem_reduce((uint32_t)a + Q - b);
}

static uint16_t multiply(uint16_t a, uint16_t b)
{
    return tacet_mlkem_reduce((uint32_t)a * b);
}

/* FIPS 203 algorithm 9; a layer's blocks take the roots from zetas[blocks] upwards. */
void tacet_ntt(struct tacet_poly *f)
{
    for (unsigned blocks = 1, length = 128; length >= 2; blocks *= 2, length /= 2) {
        for (unsigned block = 0; block < blocks; block++) {
            uint16_t zeta = zetas[blocks + block];
            uint16_t *low = f->c + 2 * length * block, *high = low + length;
            for (unsigned j = 0; j < length; j++) {
                uint16_t t = multiply(zeta, high[j]);
                high[j] = subtract(low[j], t);
                low[j] = add(low[j], t);
            }
        }
    }
}

/* FIPS 203 algorithm 10: the same backwards, with the roots that are the negative inverses. */
void tacet_ntt_inverse(struct tacet_poly *f)
{
    const uint16_t scale = 3303; /* 1 / 128 mod q */

    for (unsigned blocks = 64, length = 2; blocks >= 1; blocks /= 2, length *= 2) {
        for (unsigned block = 0; block < blocks; block++) {
            uint16_t zeta = zetas[2 * blocks - 1 - block];
            uint16_t *low = f->c + 2 * length * block, *high = low + length;
            for (unsigned j = 0; j < length; j++) {
                uint16_t t = low[j];
                low[j] = add(t, high[j]);
                high[j] = multiply(zeta, subtract(high[j], t));
            }
        }
    }
    for (unsigned j = 0; j < N; j++) {
        f->c[j] = multiply(f->c[j], scale);
    }
}

/* FIPS 203 algorithms 11 and 12: products modulo X^2 - gamma, where gamma is, pair by pair of
 * pairs, zetas[64 + i] and its negative. */
void tacet_ntt_multiply_add(struct tacet_poly *sum, const struct tacet_poly *f,
                            const struct tacet_poly *g)
{
    for (unsigned i = 0; i < N / 2; i++) {
        uint16_t zeta = zetas[64 + i / 2];
        uint16_t gamma = i % 2 == 0 ? zeta : (uint16_t)(Q - zeta);
        uint32_t f0 = f->c[2 * i], f1 = f->c[2 * i + 1];
        uint32_t g0 = g->c[2 * i], g1 = g->c[2 * i + 1];
        uint32_t high = tacet_mlkem_reduce(f1 * g1);

        sum->c[2 * i] = add(sum->c[2 * i], tacet_mlkem_reduce(f0 * g0 + high * gamma));
        sum->c[2 * i + 1] = add(sum->c[2 * i + 1], tacet_mlkem_reduce(f0 * g1 + f1 * g0));
    }
}

void tacet_poly_add(struct tacet_poly *f, const struct tacet_poly *g)
{
    for (unsigned i = 0; i < N; i++) {
        f->c[i] = add(f->c[i], g->c[i]);
    }
}

void tacet_poly_subtract(struct tacet_poly *f, const struct tacet_poly *g)
{
    for (unsigned i = 0; i < N; i++) {
        f->c[i] = subtract(f->c[i], g->c[i]);
    }
}
