/* Opus: a duration is an error or a multiple of 2.5 ms up to 120 ms. */
#include "rtp/payload_opus.h"
#include "tacet/error.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int samples = tacet_opus_samples(data, size);

    if (samples != TACET_ERR_FORMAT && (samples <= 0 || samples > 5760 || samples % 120 != 0)) {
        abort();
    }
    return 0;
}
