/*
 * See payload_opus.h. Only the durations are read here (RFC 6716 section 3.1); what is inside the
 * frames is the codec's business.
 */
#include "rtp/payload_opus.h"

#include "base/bytes.h"
#include "tacet/error.h"

#define SAMPLES_MAX 5760 /* RFC 6716 section 3.2.5: 120 ms */

/* RFC 6716 table 2: SILK 10, 20, 40, 60 ms; hybrid 10, 20 ms; CELT 2.5, 5, 10, 20 ms. */
static int frame_samples(uint8_t toc)
{
    static const int silk[4] = { 480, 960, 1920, 2880 };
    static const int hybrid[2] = { 480, 960 };
    static const int celt[4] = { 120, 240, 480, 960 };
    uint8_t config = toc >> 3;

    if (config < 12) {
        return silk[config % 4];
    }
    if (config < 16) {
        return hybrid[config % 2];
    }
    return celt[config % 4];
}

int tacet_opus_samples(const uint8_t *payload, size_t size)
{
    struct tacet_reader r = tacet_reader(payload, size);
    uint8_t toc = tacet_read_u8(&r);
    int frames = 0;

    switch (toc & 3) { /* RFC 6716 section 3.2: code 0 to 3 */
    case 0:
        frames = 1;
        break;
    case 1:
    case 2:
        frames = 2;
        break;
    default:
        frames = tacet_read_u8(&r) & 0x3f;
        break;
    }
    int samples = frames * frame_samples(toc);
    if (r.failed || frames == 0 || samples > SAMPLES_MAX) {
        return TACET_ERR_FORMAT;
    }
    return samples;
}
