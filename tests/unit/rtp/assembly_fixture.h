/*
 * An assembly to test, with its pool and its time, and frames that are known by their bytes.
 */
#ifndef TACET_TESTS_ASSEMBLY_FIXTURE_H
#define TACET_TESTS_ASSEMBLY_FIXTURE_H

#include "rtp/assembly.h"

#define PATIENCE TACET_MS(100)
#define POOL (TACET_VIDEO_WINDOW_PACKETS + 16) /* buffers */

struct fixture {
    struct tacet_pool *pool;
    struct tacet_assembly a;
    uint8_t memory[TACET_FRAME_SIZE_MAX];
    int64_t now;
};

/* 0 or -1. */
int fixture_begin(struct fixture *f);
/* -1: a buffer has been lost. */
int fixture_end(struct fixture *f);

/* For cmocka: *state is a fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Frame `id` of so many bytes: its header says key or not, 16x(id) pixels; then a pattern. Returns
 * the size. */
size_t make_frame(uint32_t id, bool key, size_t size, uint8_t *out);
/* A packet that arrives now. */
enum tacet_drop put(struct fixture *f, uint16_t seq, uint32_t timestamp, bool marker,
                    const void *data, size_t size);

#endif
