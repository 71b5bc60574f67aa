/*
 * A codec for simulations: frames are small or as large as the bit rate says, cost nothing to make,
 * and prove on arrival that they are whole, in order and decodable. It codes no sound and no
 * picture; what comes out says which frame it was. Here is what its two halves share: the check of
 * a frame and its filler.
 */
#ifndef TACET_CODECS_FAKE_H
#define TACET_CODECS_FAKE_H

#include <stddef.h>
#include <stdint.h>

#define TACET_FAKE_BITS 32 /* of an index, as far as sound and pictures carry it */

/* Of the whole frame but for the four bytes at `at`, where the sum itself stands. */
uint32_t tacet_fake_checksum(const uint8_t *data, size_t size, size_t at);
void tacet_fake_put_checksum(uint8_t *data, size_t size, size_t at);
/* Filler that differs from frame to frame, so that exchanged packets are found out. */
void tacet_fake_fill(uint8_t *data, size_t size, uint64_t seed);

#endif
