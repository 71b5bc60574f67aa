/* See fake.h. */
#include "fake.h"

#include "base/bytes.h"

#include <isa-l/crc.h>
#include <string.h>

/* CRC-32 (IEEE 802.3): enough of a check for what nobody attacks. */
uint32_t tacet_fake_checksum(const uint8_t *data, size_t size, size_t at)
{
    return crc32_gzip_refl(crc32_gzip_refl(0, data, at), data + at + 4, size - at - 4);
}

void tacet_fake_put_checksum(uint8_t *data, size_t size, size_t at)
{
    struct tacet_writer w = tacet_writer(data + at, 4);

    tacet_write_u32(&w, tacet_fake_checksum(data, size, at));
}

/* Little endian; a form that compilers know as one store. */
static void put_word(uint8_t out[8], uint64_t word)
{
    out[0] = (uint8_t)word;
    out[1] = (uint8_t)(word >> 8);
    out[2] = (uint8_t)(word >> 16);
    out[3] = (uint8_t)(word >> 24);
    out[4] = (uint8_t)(word >> 32);
    out[5] = (uint8_t)(word >> 40);
    out[6] = (uint8_t)(word >> 48);
    out[7] = (uint8_t)(word >> 56);
}

void tacet_fake_fill(uint8_t *data, size_t size, uint64_t seed)
{
    uint64_t x = (seed + 1) * UINT64_C(0x9E3779B97F4A7C15);
    uint8_t last[8];
    size_t i = 0;

    for (; i + 8 <= size; i += 8) {
        x += UINT64_C(0xBF58476D1CE4E5B9);
        put_word(data + i, x ^ x >> 31);
    }
    put_word(last, ~x);
    memcpy(data + i, last, size - i);
}
