/* See srtp_sides.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "srtp_sides.h"

#include "rtp/header.h"
#include "tacet/call.h"

#include <string.h>

const struct side_profile side_profiles[SIDE_PROFILES] = {
    { TACET_PROFILE_AES_CM_128_HMAC_SHA1_80, 11 },
    { TACET_PROFILE_AEAD_AES_128_GCM, 17 },
    { TACET_PROFILE_AEAD_AES_256_GCM, 17 },
};

const uint32_t side_ssrcs[2][TACET_SSRC_KIND_COUNT] = {
    { 0x11111111, 0x22222222, 0x33333333, 0x44444444 },
    { 0x55555555, 0x66666666, 0x77777777, 0x88888888 },
};

struct tacet_srtp *side_create(uint16_t profile, uint32_t epoch, bool peer)
{
    uint8_t keys[2][TACET_SRTP_KEY_SIZE_MAX];
    struct tacet_srtp *srtp = NULL;

    memset(keys[0], (int)(1 + epoch % 100), sizeof(keys[0]));
    memset(keys[1], (int)(101 + epoch % 100), sizeof(keys[1]));
    assert_int_equal(tacet_srtp_init(), 0);
    assert_int_equal(tacet_srtp_create(profile, epoch, keys[peer], side_ssrcs[peer], keys[!peer],
                                       side_ssrcs[!peer], &srtp),
                     0);
    return srtp;
}

struct side_packet side_plain(uint32_t ssrc, uint64_t index)
{
    struct side_packet p = { .size = TACET_RTP_HEADER_SIZE + SIDE_PAYLOAD };
    struct tacet_rtp header = { .payload_type = 111,
                                .seq = (uint16_t)index,
                                .timestamp = (uint32_t)index * 960,
                                .ssrc = ssrc };

    tacet_rtp_write(&header, p.data);
    for (size_t i = 0; i < SIDE_PAYLOAD; i++) {
        p.data[TACET_RTP_HEADER_SIZE + i] = (uint8_t)(index + i);
    }
    return p;
}

struct side_packet side_protect(struct tacet_srtp *srtp, uint64_t index)
{
    struct side_packet p = side_plain(side_ssrcs[0][0], index);

    assert_int_equal(tacet_srtp_protect(srtp, index, p.data, &p.size, sizeof(p.data)), 0);
    return p;
}

enum tacet_drop side_unprotect(struct tacet_srtp *srtp, struct tacet_srtp_indexes *indexes,
                               struct side_packet p, uint64_t *ret_index)
{
    return tacet_srtp_unprotect(srtp, indexes, p.data, &p.size, ret_index);
}

void side_expect(struct tacet_srtp *srtp, struct tacet_srtp_indexes *indexes, struct side_packet p,
                 uint64_t index)
{
    struct side_packet original = side_plain(side_ssrcs[0][0], index);
    uint64_t got = UINT64_MAX;

    assert_int_equal(tacet_srtp_unprotect(srtp, indexes, p.data, &p.size, &got), TACET_DROP_NONE);
    assert_int_equal(got, index);
    assert_int_equal(p.size, original.size);
    assert_memory_equal(p.data, original.data, p.size);
}
