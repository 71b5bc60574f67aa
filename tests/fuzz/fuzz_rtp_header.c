/* RTP: a payload is inside its packet, and what was read is read again from what is written. */
#include "rtp/header.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tacet_rtp rtp, again;
    uint8_t out[TACET_RTP_HEADER_SIZE];
    uint32_t ssrc = 0;

    if (tacet_rtp_ssrc(data, size, true, &ssrc) != (size >= 8)) {
        abort();
    }
    if (tacet_rtp_parse(data, size, &rtp) != 0) {
        return 0;
    }
    if (rtp.payload < data || rtp.payload_size > size - (size_t)(rtp.payload - data)) {
        abort();
    }
    if (!tacet_rtp_ssrc(data, size, false, &ssrc) || ssrc != rtp.ssrc) {
        abort();
    }
    tacet_rtp_write(&rtp, out);
    if (tacet_rtp_parse(out, sizeof(out), &again) != 0 || again.seq != rtp.seq ||
        again.timestamp != rtp.timestamp || again.ssrc != rtp.ssrc || again.marker != rtp.marker ||
        again.payload_type != rtp.payload_type) {
        abort();
    }
    return 0;
}
