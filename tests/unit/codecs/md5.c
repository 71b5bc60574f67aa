/* See md5.h. */
#include "md5.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static uint32_t rotate(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}

/* RFC 1321 section 3.4; its table T is 2^32 times |sin(i)|. */
static void transform(uint32_t state[4], const uint8_t block[64])
{
    static const int turns[4][4] = {
        { 7, 12, 17, 22 }, { 5, 9, 14, 20 }, { 4, 11, 16, 23 }, { 6, 10, 15, 21 }
    };
    uint32_t x[16];
    uint32_t a = state[0];
    uint32_t b = state[1];
    uint32_t c = state[2];
    uint32_t d = state[3];

    for (int i = 0; i < 16; i++) {
        const uint8_t *p = block + (size_t)i * 4;
        x[i] = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    }
    for (int i = 0; i < 64; i++) {
        uint32_t f;
        int k;
        if (i < 16) {
            f = (b & c) | (~b & d);
            k = i;
        } else if (i < 32) {
            f = (b & d) | (c & ~d);
            k = (5 * i + 1) % 16;
        } else if (i < 48) {
            f = b ^ c ^ d;
            k = (3 * i + 5) % 16;
        } else {
            f = c ^ (b | ~d);
            k = 7 * i % 16;
        }
        uint32_t t = (uint32_t)(4294967296.0 * fabs(sin(i + 1.0)));
        uint32_t next = b + rotate(a + f + x[k] + t, turns[i / 16][i % 4]);
        a = d;
        d = c;
        c = b;
        b = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

void md5_init(struct md5 *m)
{
    *m = (struct md5){ .state = { 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476 } };
}

void md5_add(struct md5 *m, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        m->block[m->size++ % 64] = data[i];
        if (m->size % 64 == 0) {
            transform(m->state, m->block);
        }
    }
}

void md5_final(struct md5 *m, char ret_hex[33])
{
    uint64_t bits = m->size * 8;
    const uint8_t one = 0x80;
    const uint8_t zero = 0;

    md5_add(m, &one, 1);
    while (m->size % 64 != 56) {
        md5_add(m, &zero, 1);
    }
    for (int i = 0; i < 8; i++) {
        const uint8_t byte = (uint8_t)(bits >> (8 * i));
        md5_add(m, &byte, 1);
    }
    for (int i = 0; i < 16; i++) {
        (void)snprintf(ret_hex + (size_t)i * 2, 3, "%02x",
                       (unsigned int)(m->state[i / 4] >> (8 * (i % 4)) & 0xFF));
    }
}
