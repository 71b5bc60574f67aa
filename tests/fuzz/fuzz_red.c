/* Redundant audio, and the sequence numbers of a NACK, as a peer may send them. */
#include "rtp/red.h"

#include <assert.h>

#include "rtp/nack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tacet_red_block blocks[TACET_RED_DEPTH_MAX + 1];
    uint16_t seqs[TACET_NACK_MAX];
    unsigned sum = 0;

    int count = tacet_red_read(111, 0, data, size, blocks);
    for (int i = 0; i < count; i++) {
        for (size_t b = 0; b < blocks[i].size; b++) {
            sum += blocks[i].data[b];
        }
    }
    size_t numbers = tacet_nack_read(data, size, seqs, TACET_NACK_MAX);
    assert(numbers <= TACET_NACK_MAX);
    for (size_t i = 0; i < numbers; i++) {
        sum += seqs[i];
    }
    return sum == UINT32_MAX ? 1 : 0;
}
