/*
 * SRTP of one epoch, both directions, over libsrtp2; the only file that includes its header. The
 * rules it keeps are protocol.md section 5: one srtp_t a direction and an epoch, never updated;
 * every stream added when the epoch is made; the rollover counter set from outside.
 *
 * libsrtp allocates here: at create, and (through NSS) inside protect and unprotect.
 */
#ifndef TACET_CRYPTO_SRTP_H
#define TACET_CRYPTO_SRTP_H

#include "crypto/schedule.h"
#include "tacet/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_SRTP_OVERHEAD_MAX 24 /* RTCP with GCM: 16 tag + 4 index + 1 MKI, rounded up */

struct tacet_srtp;

/* Highest index accepted in the call, by SSRC: outlives epochs, so that the rollover counter goes
 * on (RFC 3711 section 3.3.1). One a direction and call; zero-initialised. */
struct tacet_srtp_indexes {
    struct {
        uint32_t ssrc;
        bool started;
        uint64_t highest; /* 48 bits: rollover counter << 16 | sequence number */
    } of[TACET_SSRC_KIND_COUNT];
};

/* Readies libsrtp and, once before it, NSS. Idempotent. TACET_ERR_CRYPTO. */
int tacet_srtp_init(void);

/*
 * The sessions of one epoch. send_key and recv_key are key || salt as the schedule gives them.
 * 0, TACET_ERR_UNSUPPORTED (profile), TACET_ERR_NOMEM, TACET_ERR_CRYPTO.
 */
int tacet_srtp_create(uint16_t profile, uint32_t epoch, const uint8_t *send_key,
                      const uint32_t send_ssrcs[TACET_SSRC_KIND_COUNT], const uint8_t *recv_key,
                      const uint32_t recv_ssrcs[TACET_SSRC_KIND_COUNT], struct tacet_srtp **ret);
void tacet_srtp_free(struct tacet_srtp **srtp);

uint32_t tacet_srtp_epoch(const struct tacet_srtp *srtp);

/*
 * Protects in place; *size grows. `index` is the packet's 48-bit index: its low 16 bits are in the
 * header, the rest is the rollover counter. At least TACET_SRTP_OVERHEAD_MAX and libsrtp's own
 * SRTP_MAX_TRAILER_LEN bytes of tail room are asserted through `capacity`, and that the packet
 * begins on a 32-bit boundary and its SSRC is one of ours. TACET_ERR_CRYPTO, also for an index that
 * was used before.
 */
int tacet_srtp_protect(struct tacet_srtp *srtp, uint64_t index, uint8_t *packet, size_t *size,
                       size_t capacity);
int tacet_srtp_protect_rtcp(struct tacet_srtp *srtp, uint8_t *packet, size_t *size,
                            size_t capacity);

/* The SRTCP index that a protected RTCP packet carries in clear (RFC 3711 section 3.4), of a packet
 * that tacet_srtp_mki() found long enough. To be believed once the packet is authenticated. */
uint32_t tacet_srtp_rtcp_index(uint16_t profile, const uint8_t *packet, size_t size);

/* The epoch that the MKI of a received packet points at (its low byte): only a hint. False where
 * the packet is too short to have one. */
bool tacet_srtp_mki(uint16_t profile, bool rtcp, const uint8_t *packet, size_t size,
                    uint8_t *ret_mki);

/*
 * Unprotects in place; *size shrinks. Returns TACET_DROP_NONE with *ret_index, or why not
 * (SHORT, UNKNOWN for an SSRC that was not derived, AUTH, REPLAY); then neither the packet's bytes
 * nor `indexes` have changed, and another session may try it.
 */
enum tacet_drop tacet_srtp_unprotect(struct tacet_srtp *srtp, struct tacet_srtp_indexes *indexes,
                                     uint8_t *packet, size_t *size, uint64_t *ret_index);
enum tacet_drop tacet_srtp_unprotect_rtcp(struct tacet_srtp *srtp, uint8_t *packet, size_t *size);

/* Bytes that the profile adds to an RTP packet, MKI included: 17 or 11. */
size_t tacet_srtp_overhead(uint16_t profile);

#endif
