/*
 * VP8: the input as a descriptor and a frame header; then as a frame, cut by the size that its
 * first byte gives and put together again.
 */
#include "rtp/payload_vp8.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void cut(const struct tacet_vp8_descriptor *descriptor, const uint8_t *frame, size_t size,
                size_t payload_max)
{
    struct tacet_vp8_cutter c;
    uint8_t out[TACET_VP8_DESCRIPTOR_MAX + 256];
    size_t at = 0;
    bool last = false;

    tacet_vp8_cut(&c, frame, size, descriptor, payload_max);
    for (size_t n; (n = tacet_vp8_cut_next(&c, out, payload_max, &last)) > 0;) {
        struct tacet_vp8_descriptor d;
        size_t head = 0;
        if (n > payload_max || tacet_vp8_descriptor_parse(out, n, &d, &head) != 0 ||
            d.start != (at == 0) || d.picture_id != descriptor->picture_id ||
            n - head > size - at || memcmp(out + head, frame + at, n - head) != 0) {
            abort();
        }
        at += n - head;
        if (last != (at == size)) {
            abort();
        }
    }
    if (at != size) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tacet_vp8_descriptor d;
    struct tacet_vp8_header header;
    size_t head = 0;

    (void)tacet_vp8_header_parse(data, size, &header);
    if (tacet_vp8_descriptor_parse(data, size, &d, &head) != 0) {
        return 0;
    }
    if (head == 0 || head > TACET_VP8_DESCRIPTOR_MAX || head >= size) {
        abort();
    }
    (void)tacet_vp8_header_parse(data + head, size - head, &header);
    cut(&d, data + head, size - head, TACET_VP8_DESCRIPTOR_MAX + 1 + data[head]);
    return 0;
}
