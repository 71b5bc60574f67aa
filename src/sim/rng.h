/* Seeded chance for simulations: xoshiro256** (Blackman, Vigna), seeded by splitmix64. */
#ifndef TACET_SIM_RNG_H
#define TACET_SIM_RNG_H

#include "tacet/random.h"

#include <stdint.h>

struct tacet_rng {
    uint64_t s[4];
};

/* `stream` gives independent generators of one seed. */
void tacet_rng_seed(struct tacet_rng *rng, uint64_t seed, uint64_t stream);
uint64_t tacet_rng_next(struct tacet_rng *rng);
/* 0 to n - 1. */
uint64_t tacet_rng_below(struct tacet_rng *rng, uint64_t n);
/* True with probability `permille` / 1000. */
bool tacet_rng_permille(struct tacet_rng *rng, int32_t permille);
/* As the source of chance of a call; `rng` is borrowed. */
struct tacet_random tacet_rng_random(struct tacet_rng *rng);

#endif
