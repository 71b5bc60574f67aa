/* See rng.h. Written from the algorithms' published definitions (https://prng.di.unimi.it). */
#include "sim/rng.h"

#include <assert.h>

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

void tacet_rng_seed(struct tacet_rng *rng, uint64_t seed, uint64_t stream)
{
    uint64_t state = seed;

    state = splitmix64(&state) ^ stream * UINT64_C(0x9e3779b97f4a7c15);
    for (int i = 0; i < 4; i++) {
        rng->s[i] = splitmix64(&state);
    }
}

uint64_t tacet_rng_next(struct tacet_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint64_t tacet_rng_below(struct tacet_rng *rng, uint64_t n)
{
    assert(n > 0);
    /* The bias is below n / 2^64: nothing a simulation could see. */
    return tacet_rng_next(rng) % n;
}

bool tacet_rng_permille(struct tacet_rng *rng, int32_t permille)
{
    return (int32_t)tacet_rng_below(rng, 1000) < permille;
}

static void fill(void *ctx, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(tacet_rng_next(ctx) >> 56);
    }
}

struct tacet_random tacet_rng_random(struct tacet_rng *rng)
{
    return (struct tacet_random){ .fill = fill, .ctx = rng };
}
