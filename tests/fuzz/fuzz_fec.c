/*
 * Repairs as a peer may send them: the input is cut into payloads by a length byte before each. The
 * first eight bytes say which sources come before them; in a payload that is cut to nothing, the
 * next one does.
 */
#include "rtp/fec.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tacet_fec_scratch scratch;
static struct tacet_fec_decoder decoder;

static void put(int64_t seq)
{
    static const uint8_t payload[40];
    struct tacet_fec_source source = {
        .timestamp = 99,
        .payload = payload,
        .size = 1 + (size_t)seq % sizeof(payload),
    };

    (void)tacet_fec_on_source(&decoder, seq, &source);
}

static void found(void *ctx, int64_t seq, const struct tacet_fec_source *source)
{
    volatile uint8_t sum = 0;

    (void)ctx;
    assert(seq >= 0);
    assert(source->size > 0);
    assert(source->size <= TACET_FEC_PAYLOAD_MAX);
    for (size_t i = 0; i < source->size; i++) {
        sum = (uint8_t)(sum ^ source->payload[i]);
    }
    (void)tacet_fec_on_source(&decoder, seq, source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t next = 64;
    uint16_t row = 0;

    memset(&decoder, 0, sizeof(decoder));
    for (size_t i = 0; i < 64 && i / 8 < size; i++) {
        if ((data[i / 8] >> i % 8 & 1) != 0) {
            put((int64_t)i);
        }
    }
    for (size_t at = 8; at < size; row++) {
        struct tacet_fec_header header;
        size_t length = data[at++];
        length = length < size - at ? length : size - at;
        if (length == 0) {
            put(next++);
        } else if (tacet_fec_header_read(data + at, length, &header) == 0) {
            (void)tacet_fec_on_repair(&decoder, header.base, &header, row,
                                      data + at + TACET_FEC_HEADER_SIZE,
                                      length - TACET_FEC_HEADER_SIZE);
        }
        (void)tacet_fec_recover(&decoder, &scratch, found, NULL);
        at += length;
    }
    return 0;
}
