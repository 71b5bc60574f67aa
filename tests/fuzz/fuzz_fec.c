/*
 * Repairs as a peer may send them: the input is cut into payloads by a length byte before each; all
 * go into blocks, and each is tried against sources that are there or not by the input's own bits.
 */
#include "rtp/fec.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tacet_fec_scratch scratch;
static struct tacet_fec_block block;
static uint64_t there;

static bool source(void *ctx, int64_t seq, const uint8_t **ret_payload, size_t *ret_size)
{
    static const uint8_t payload[40];

    (void)ctx;
    *ret_payload = payload;
    *ret_size = 1 + (size_t)seq % sizeof(payload);
    return (there >> seq & 1) != 0;
}

static void found(void *ctx, int64_t seq, uint32_t timestamp, bool marker, const uint8_t *payload,
                  size_t size)
{
    volatile uint8_t sum = 0;

    (void)ctx;
    (void)timestamp;
    (void)marker;
    assert(seq >= 0 && seq < TACET_FEC_SOURCES_MAX);
    assert(size > 0 && size < TACET_FEC_SYMBOL_MAX);
    for (size_t i = 0; i < size; i++) {
        sum = (uint8_t)(sum ^ payload[i]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    block.have = 0;
    block.base = 0;
    there = 0;
    for (size_t i = 0; i < size && i < 8; i++) {
        there = there << 8 | data[i];
    }
    for (size_t at = 8; at < size;) {
        struct tacet_fec_header header;
        size_t length = data[at++];
        length = length < size - at ? length : size - at;
        if (tacet_fec_header_read(data + at, length, &header) == 0 &&
            tacet_fec_add(&block, &header, data + at + TACET_FEC_HEADER_SIZE,
                          length - TACET_FEC_HEADER_SIZE) == 0) {
            (void)tacet_fec_recover(&block, &scratch, source, found, NULL);
        }
        at += length;
    }
    return 0;
}
