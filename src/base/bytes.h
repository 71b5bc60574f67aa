/*
 * A bounded big-endian reader and writer: the only code that indexes untrusted bytes. Both are
 * sticky: the first step past the end sets `failed`, every later one does nothing (readers give
 * zero), so that a parser checks once, at its end.
 */
#ifndef TACET_BASE_BYTES_H
#define TACET_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tacet_reader {
    const uint8_t *data;
    size_t size;
    size_t at;
    bool failed;
};

struct tacet_writer {
    uint8_t *data;
    size_t capacity;
    size_t at;
    bool failed;
};

struct tacet_reader tacet_reader(const void *data, size_t size);
uint8_t tacet_read_u8(struct tacet_reader *r);
uint16_t tacet_read_u16(struct tacet_reader *r);
uint32_t tacet_read_u24(struct tacet_reader *r);
uint32_t tacet_read_u32(struct tacet_reader *r);
uint64_t tacet_read_u64(struct tacet_reader *r);
/* Copies `size` bytes out; on failure `out` is zeroed. */
void tacet_read_bytes(struct tacet_reader *r, void *out, size_t size);
/* A pointer to `size` bytes inside the data, or NULL on failure. */
const uint8_t *tacet_read_view(struct tacet_reader *r, size_t size);
void tacet_read_skip(struct tacet_reader *r, size_t size);
size_t tacet_reader_left(const struct tacet_reader *r);
/* Whether all that is left is zero bytes; consumes it. Not constant-time. */
bool tacet_read_zeros(struct tacet_reader *r);

struct tacet_writer tacet_writer(void *data, size_t capacity);
void tacet_write_u8(struct tacet_writer *w, uint8_t v);
void tacet_write_u16(struct tacet_writer *w, uint16_t v);
void tacet_write_u24(struct tacet_writer *w, uint32_t v);
void tacet_write_u32(struct tacet_writer *w, uint32_t v);
void tacet_write_u64(struct tacet_writer *w, uint64_t v);
void tacet_write_bytes(struct tacet_writer *w, const void *data, size_t size);
void tacet_write_zeros(struct tacet_writer *w, size_t size);
size_t tacet_writer_left(const struct tacet_writer *w);

#endif
