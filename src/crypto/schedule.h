/* The key schedule of protocol.md section 4: epochs, and the keys and SSRCs drawn from them. */
#ifndef TACET_CRYPTO_SCHEDULE_H
#define TACET_CRYPTO_SCHEDULE_H

#include "crypto/hkdf.h"
#include "crypto/noise.h"
#include "tacet/frame.h"

enum tacet_direction {
    TACET_INITIATOR_TO_RESPONDER = 0,
    TACET_RESPONDER_TO_INITIATOR = 1
};

enum tacet_ssrc_kind {
    TACET_SSRC_AUDIO = 0,
    TACET_SSRC_VIDEO = 1,
    TACET_SSRC_RTX = 2,
    TACET_SSRC_FEC = 3,
    TACET_SSRC_KIND_COUNT
};

#define TACET_CTRL_KEY_SIZE 32
#define TACET_SRTP_KEY_SIZE_MAX 44

struct tacet_ssrcs {
    uint32_t of[2][TACET_SSRC_KIND_COUNT]; /* [direction][kind] */
};

/* E_0 from the exporter and the handshake hash. */
void tacet_schedule_epoch0(const uint8_t exporter[64], const uint8_t h[64], uint8_t out[64]);
/* E_{n+1}; `next` is n+1, `transcript` SHA512(REKEY1 body || REKEY2 body). in may be out. */
void tacet_schedule_next(const uint8_t e[64], uint32_t next, const uint8_t *shared,
                         size_t shared_size, const uint8_t transcript[64], uint8_t out[64]);
/* K("ctrl", dir, n, 32). */
void tacet_schedule_ctrl_key(const uint8_t e[64], enum tacet_direction direction, uint32_t epoch,
                             uint8_t out[TACET_CTRL_KEY_SIZE]);
/* K("srtp", dir, n, L): key || salt; returns L: 44, 28 or 30 by profile, 0 for an unknown one. */
size_t tacet_schedule_srtp_key(const uint8_t e[64], enum tacet_direction direction,
                               uint32_t epoch, uint16_t profile,
                               uint8_t out[TACET_SRTP_KEY_SIZE_MAX]);
/* All SSRCs of the call (protocol.md section 8): none zero, all different. */
void tacet_schedule_ssrcs(const uint8_t exporter[64], const uint8_t h[64],
                          struct tacet_ssrcs *ret);

#endif
