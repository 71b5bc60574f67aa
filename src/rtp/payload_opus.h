/* The Opus payload (RFC 7587): one Opus packet an RTP packet, 48 kHz timestamps. */
#ifndef TACET_RTP_PAYLOAD_OPUS_H
#define TACET_RTP_PAYLOAD_OPUS_H

#include <stddef.h>
#include <stdint.h>

/* Samples at 48 kHz from the TOC byte and the frame count (RFC 6716 section 3.1, 3.2), or
 * TACET_ERR_FORMAT: empty, no frames, or more than 120 ms. */
int tacet_opus_samples(const uint8_t *payload, size_t size);

#endif
