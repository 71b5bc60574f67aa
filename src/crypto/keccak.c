/*
 * Keccak-f[1600] and the sponge around it, as FIPS 202 writes them: readable rather than fast, the
 * same steps for every input, no table that data could index. Lanes are numbers, and bytes enter
 * and leave them by shifts, so the order of bytes of the machine does not matter.
 */
#include "crypto/keccak.h"

#include <assert.h>
#include <sodium.h>

enum {
    ROUNDS = 24,
    STATE_BYTES = 200,
};

/* FIPS 202 3.2.5, algorithm 5, written out. */
static const uint64_t round_constants[ROUNDS] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};

static uint64_t rotate(uint64_t lane, unsigned count)
{
    return lane << count | lane >> (64 - count);
}

static uint64_t column(const uint64_t a[25], unsigned x)
{
    return a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
}

/* FIPS 202 3.2.1: each bit takes in the parity of two columns. */
static void theta(uint64_t a[25])
{
    const uint64_t p0 = column(a, 0), p1 = column(a, 1), p2 = column(a, 2), p3 = column(a, 3),
                   p4 = column(a, 4);
    const uint64_t d0 = p4 ^ rotate(p1, 1), d1 = p0 ^ rotate(p2, 1), d2 = p1 ^ rotate(p3, 1),
                   d3 = p2 ^ rotate(p4, 1), d4 = p3 ^ rotate(p0, 1);

    for (uint64_t *row = a; row < a + 25; row += 5) {
        row[0] ^= d0;
        row[1] ^= d1;
        row[2] ^= d2;
        row[3] ^= d3;
        row[4] ^= d4;
    }
}

/* FIPS 202 3.2.2 and 3.2.3: rho's walk over the lanes, from (1, 0) by (x, y) -> (y, 2x + 3y), is
 * also the way on which pi moves them. Step t turns by (t + 1)(t + 2) / 2. */
static void rho_and_pi(uint64_t a[25])
{
    static const uint8_t places[24] = {
        10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1,
    };
    static const uint8_t turns[24] = {
        1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44,
    };
    uint64_t moving = a[1];

    for (unsigned t = 0; t < 24; t++) {
        uint64_t next = a[places[t]];
        a[places[t]] = rotate(moving, turns[t]);
        moving = next;
    }
}

/* FIPS 202 3.2.4: the only step that is not linear. */
static void chi(uint64_t a[25])
{
    for (uint64_t *row = a; row < a + 25; row += 5) {
        const uint64_t r0 = row[0], r1 = row[1];
        row[0] ^= ~r1 & row[2];
        row[1] ^= ~row[2] & row[3];
        row[2] ^= ~row[3] & row[4];
        row[3] ^= ~row[4] & r0;
        row[4] ^= ~r0 & r1;
    }
}

static void permute(uint64_t a[25])
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        theta(a);
        rho_and_pi(a);
        chi(a);
        a[0] ^= round_constants[round];
    }
}

static void add_byte(struct tacet_sponge *sponge, size_t at, uint8_t byte)
{
    sponge->lanes[at / 8] ^= (uint64_t)byte << (at % 8 * 8);
}

/* `capacity` in bits; `suffix`: the bits that tell the functions apart, and the pad's first one
 * (FIPS 202 6.1, 6.2 and B.2). */
static struct tacet_sponge create(size_t capacity, uint8_t suffix)
{
    return (struct tacet_sponge){ .rate = STATE_BYTES - capacity / 8, .suffix = suffix };
}

struct tacet_sponge tacet_sha3_256(void)
{
    return create(512, 0x06);
}

struct tacet_sponge tacet_sha3_512(void)
{
    return create(1024, 0x06);
}

struct tacet_sponge tacet_shake128(void)
{
    return create(256, 0x1f);
}

struct tacet_sponge tacet_shake256(void)
{
    return create(512, 0x1f);
}

void tacet_sponge_absorb(struct tacet_sponge *sponge, const uint8_t *data, size_t size)
{
    assert(!sponge->squeezing);
    assert(sponge->at < sponge->rate);
    for (size_t i = 0; i < size; i++) {
        add_byte(sponge, sponge->at++, data[i]);
        if (sponge->at == sponge->rate) {
            permute(sponge->lanes);
            sponge->at = 0;
        }
    }
}

void tacet_sponge_squeeze(struct tacet_sponge *sponge, uint8_t *out, size_t size)
{
    if (!sponge->squeezing) {
        /* pad10*1 (FIPS 202 5.1): both ends may fall into one byte. */
        add_byte(sponge, sponge->at, sponge->suffix);
        add_byte(sponge, sponge->rate - 1, 0x80);
        permute(sponge->lanes);
        sponge->at = 0;
        sponge->squeezing = true;
    }
    for (size_t i = 0; i < size; i++) {
        if (sponge->at == sponge->rate) {
            permute(sponge->lanes);
            sponge->at = 0;
        }
        out[i] = (uint8_t)(sponge->lanes[sponge->at / 8] >> (sponge->at % 8 * 8));
        sponge->at++;
    }
}

void tacet_sponge_wipe(struct tacet_sponge *sponge)
{
    sodium_memzero(sponge, sizeof(*sponge));
}
