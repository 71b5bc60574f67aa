/* Two sides of one call's SRTP, and packets that prove to be what was sent. */
#ifndef TESTS_UNIT_CRYPTO_SRTP_SIDES_H
#define TESTS_UNIT_CRYPTO_SRTP_SIDES_H

#include "crypto/srtp.h"

#define SIDE_PAYLOAD 100
#define SIDE_PROFILES 3

struct side_profile {
    uint16_t profile;
    size_t overhead;
};

struct side_packet {
    _Alignas(8) uint8_t data[1600];
    size_t size;
};

extern const struct side_profile side_profiles[SIDE_PROFILES];
extern const uint32_t side_ssrcs[2][TACET_SSRC_KIND_COUNT]; /* ours, the peer's */

struct tacet_srtp *side_create(uint16_t profile, uint32_t epoch, bool peer);
struct side_packet side_plain(uint32_t ssrc, uint64_t index);
/* Of our first SSRC. */
struct side_packet side_protect(struct tacet_srtp *srtp, uint64_t index);
/* By value, so that one packet can be tried many times. */
enum tacet_drop side_unprotect(struct tacet_srtp *srtp, struct tacet_srtp_indexes *indexes,
                               struct side_packet p, uint64_t *ret_index);
/* It is taken, and is what was protected as that index. */
void side_expect(struct tacet_srtp *srtp, struct tacet_srtp_indexes *indexes, struct side_packet p,
                 uint64_t index);

#endif
