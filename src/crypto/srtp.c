/*
 * SRTP of one epoch over libsrtp2. Everything that libsrtp leaves to its user is here: which
 * streams exist, what the rollover counter of a packet is, that there is room behind it.
 *
 * The rollover counter. libsrtp's own estimate starts at zero in every new session and moves with
 * whatever comes first, so it is overruled before every single packet: srtp_set_stream_roc() makes
 * the next index exactly roc << 16 | seq. In 2.5.0 that setting stays pending until a packet far
 * ahead uses it up, which is why it is renewed each time, and 0 means "none pending"; then libsrtp
 * estimates by RFC 3711 appendix A, which for counter 0 comes to the same index as ours.
 *
 * Known deviation: a new session starts the SRTCP index again (RFC 3711 section 3.4 would go on);
 * 2.5.0 cannot set it, and the key is new.
 */
#include "crypto/srtp.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "base/pool.h"
#include "crypto/registers.h"
#include "tacet/call.h"

#include <assert.h>
#include <sodium.h>
#include <srtp2/srtp.h>
#include <string.h>

#if TACET_NSS
#include <nss.h>
#endif

#define RTP_HEADER_SIZE 12
#define RTCP_HEADER_SIZE 8
#define MKI_SIZE 1
#define RTCP_INDEX_SIZE 4

/* What libsrtp may write behind a packet; SRTCP has its index on top. */
#define TAIL_ROOM (SRTP_MAX_TRAILER_LEN + RTCP_INDEX_SIZE)
_Static_assert(TAIL_ROOM >= TACET_SRTP_OVERHEAD_MAX, "the tail room holds our own trailer too");

struct tacet_srtp {
    uint16_t profile;
    uint32_t epoch;
    srtp_t send;
    srtp_t recv;
    uint32_t send_ssrcs[TACET_SSRC_KIND_COUNT];
    uint32_t recv_ssrcs[TACET_SSRC_KIND_COUNT];
    uint64_t sent[TACET_SSRC_KIND_COUNT]; /* highest index protected in this epoch */
};

/*
 * A session with keys of nothing comes and goes. Where libraries are bound lazily, the first call
 * of each function goes through the dynamic linker, which saves all vector registers on the stack;
 * AES leaves half a key in them. So all first calls are made here, before there is any key.
 */
static int warm_up(void)
{
    static const uint8_t nothing[TACET_SRTP_KEY_SIZE_MAX];
    static const uint32_t ssrcs[2][TACET_SSRC_KIND_COUNT] = { { 1, 2, 3, 4 }, { 5, 6, 7, 8 } };
    static const uint16_t profiles[] = { TACET_PROFILE_AEAD_AES_256_GCM,
                                         TACET_PROFILE_AES_CM_128_HMAC_SHA1_80 };
    int result = 0;

    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]) && result == 0; i++) {
        struct tacet_srtp *srtp = NULL;
        result = tacet_srtp_create(profiles[i], 1, nothing, ssrcs[0], nothing, ssrcs[1], &srtp);
        tacet_srtp_free(&srtp);
    }
    return result;
}

int tacet_srtp_init(void)
{
    static bool ready;

    if (ready) {
        return 0;
    }
#if TACET_NSS
    /* Before srtp_init, or libsrtp makes and unmakes a context of NSS with every session. */
    if (!NSS_IsInitialized() && NSS_NoDB_Init(NULL) != SECSuccess) {
        return TACET_ERR_CRYPTO;
    }
#endif
    if (srtp_init() != srtp_err_status_ok) {
        return TACET_ERR_CRYPTO;
    }
    int result = warm_up();
    ready = result == 0;
    return result;
}

static bool profile_policy(uint16_t profile, srtp_policy_t *policy)
{
    switch (profile) {
    case TACET_PROFILE_AES_CM_128_HMAC_SHA1_80:
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy->rtcp);
        return true;
    case TACET_PROFILE_AEAD_AES_128_GCM:
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy->rtcp);
        return true;
    case TACET_PROFILE_AEAD_AES_256_GCM:
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtp);
        srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy->rtcp);
        return true;
    default:
        return false;
    }
}

/* One direction: a stream for each SSRC, all of them under the one master key of this epoch. */
static int create_direction(uint16_t profile, uint32_t epoch, const uint8_t *key,
                            const uint32_t ssrcs[TACET_SSRC_KIND_COUNT], srtp_t *ret)
{
    srtp_policy_t policies[TACET_SSRC_KIND_COUNT] = { 0 };
    uint8_t key_copy[TACET_SRTP_KEY_SIZE_MAX]; /* libsrtp's pointers are not const */
    uint8_t mki = (uint8_t)epoch;
    srtp_master_key_t master = { .key = key_copy, .mki_id = &mki, .mki_size = MKI_SIZE };
    srtp_master_key_t *masters[1] = { &master };

    for (size_t i = 0; i < TACET_SSRC_KIND_COUNT; i++) {
        if (!profile_policy(profile, &policies[i])) {
            return TACET_ERR_UNSUPPORTED;
        }
        policies[i].ssrc.type = ssrc_specific;
        policies[i].ssrc.value = ssrcs[i];
        policies[i].keys = masters;
        policies[i].num_master_keys = 1;
        policies[i].window_size = TACET_REPLAY_WINDOW;
        policies[i].allow_repeat_tx = 0;
        policies[i].next = i + 1 < TACET_SSRC_KIND_COUNT ? &policies[i + 1] : NULL;
    }
    assert((size_t)policies[0].rtp.cipher_key_len <= sizeof(key_copy));
    memcpy(key_copy, key, (size_t)policies[0].rtp.cipher_key_len);
    srtp_err_status_t status = srtp_create(ret, policies);
    sodium_memzero(key_copy, sizeof(key_copy));
    if (status == srtp_err_status_ok) {
        return 0;
    }
    *ret = NULL;
    return status == srtp_err_status_alloc_fail ? TACET_ERR_NOMEM : TACET_ERR_CRYPTO;
}

TACET_CLEARS_REGISTERS int
tacet_srtp_create(uint16_t profile, uint32_t epoch, const uint8_t *send_key,
                  const uint32_t send_ssrcs[TACET_SSRC_KIND_COUNT], const uint8_t *recv_key,
                  const uint32_t recv_ssrcs[TACET_SSRC_KIND_COUNT], struct tacet_srtp **ret)
{
    assert(send_key != NULL);
    assert(recv_key != NULL);
    struct tacet_srtp *srtp = tacet_alloc(sizeof(*srtp));
    if (srtp == NULL) {
        return TACET_ERR_NOMEM;
    }
    srtp->profile = profile;
    srtp->epoch = epoch;
    memcpy(srtp->send_ssrcs, send_ssrcs, sizeof(srtp->send_ssrcs));
    memcpy(srtp->recv_ssrcs, recv_ssrcs, sizeof(srtp->recv_ssrcs));
    int result = create_direction(profile, epoch, send_key, send_ssrcs, &srtp->send);
    if (result == 0) {
        result = create_direction(profile, epoch, recv_key, recv_ssrcs, &srtp->recv);
    }

    if (result != 0) {
        tacet_srtp_free(&srtp);
        return result;
    }
    *ret = srtp;
    return 0;
}

TACET_CLEARS_REGISTERS void tacet_srtp_free(struct tacet_srtp **srtp)
{
    if (srtp == NULL || *srtp == NULL) {
        return;
    }
    /* libsrtp wipes the session keys. */
    if ((*srtp)->send != NULL) {
        (void)srtp_dealloc((*srtp)->send);
    }
    if ((*srtp)->recv != NULL) {
        (void)srtp_dealloc((*srtp)->recv);
    }
    sodium_memzero(*srtp, sizeof(**srtp));
    tacet_dealloc(*srtp);
    *srtp = NULL;
}

uint32_t tacet_srtp_epoch(const struct tacet_srtp *srtp)
{
    return srtp->epoch;
}

/* The position of an SSRC among the derived ones; TACET_SSRC_KIND_COUNT if it is none of them. */
static size_t find_ssrc(const uint32_t ssrcs[TACET_SSRC_KIND_COUNT], uint32_t ssrc)
{
    size_t i = 0;

    while (i < TACET_SSRC_KIND_COUNT && ssrcs[i] != ssrc) {
        i++;
    }
    return i;
}

static bool is_aligned(const uint8_t *packet)
{
    return (uintptr_t)packet % sizeof(uint32_t) == 0;
}

TACET_CLEARS_REGISTERS int tacet_srtp_protect(struct tacet_srtp *srtp, uint64_t index,
                                              uint8_t *packet, size_t *size, size_t capacity)
{
    assert(is_aligned(packet));
    assert(*size >= RTP_HEADER_SIZE);
    assert(capacity >= *size && capacity - *size >= TAIL_ROOM);
    struct tacet_reader r = tacet_reader(packet, *size);
    tacet_read_skip(&r, 2);
    uint16_t seq = tacet_read_u16(&r);
    tacet_read_skip(&r, 4);
    uint32_t ssrc = tacet_read_u32(&r);
    size_t kind = find_ssrc(srtp->send_ssrcs, ssrc);
    assert(kind < TACET_SSRC_KIND_COUNT);
    assert(index >> 48 == 0 && (uint16_t)index == seq);
    /* Further behind than this an index could be taken for one of the next round. */
    assert(index + 0x8000 > srtp->sent[kind]);

    int octets = (int)*size;
    if (srtp_set_stream_roc(srtp->send, ssrc, (uint32_t)(index >> 16)) != srtp_err_status_ok ||
        srtp_protect_mki(srtp->send, packet, &octets, 1, 0) != srtp_err_status_ok) {
        return TACET_ERR_CRYPTO;
    }
    assert((size_t)octets == *size + tacet_srtp_overhead(srtp->profile));
    srtp->sent[kind] = index > srtp->sent[kind] ? index : srtp->sent[kind];
    *size = (size_t)octets;
    return 0;
}

TACET_CLEARS_REGISTERS int tacet_srtp_protect_rtcp(struct tacet_srtp *srtp, uint8_t *packet,
                                                   size_t *size, size_t capacity)
{
    assert(is_aligned(packet));
    assert(*size >= RTCP_HEADER_SIZE && *size % 4 == 0);
    assert(capacity >= *size && capacity - *size >= TAIL_ROOM);
    int octets = (int)*size;
    if (srtp_protect_rtcp_mki(srtp->send, packet, &octets, 1, 0) != srtp_err_status_ok) {
        return TACET_ERR_CRYPTO;
    }
    assert((size_t)octets == *size + tacet_srtp_overhead(srtp->profile) + RTCP_INDEX_SIZE);
    *size = (size_t)octets;
    return 0;
}

/* Bytes behind the MKI: with AES-CM the tag is last (RFC 3711 section 3.1), with an AEAD the MKI
 * (RFC 7714 section 8.2: the tag is part of the cipher text). */
static size_t behind_mki(uint16_t profile)
{
    return profile == TACET_PROFILE_AES_CM_128_HMAC_SHA1_80 ? 10 : 0;
}

static size_t smallest(uint16_t profile, bool rtcp)
{
    return tacet_srtp_overhead(profile) +
           (size_t)(rtcp ? RTCP_HEADER_SIZE + RTCP_INDEX_SIZE : RTP_HEADER_SIZE);
}

bool tacet_srtp_mki(uint16_t profile, bool rtcp, const uint8_t *packet, size_t size,
                    uint8_t *ret_mki)
{
    if (size < smallest(profile, rtcp)) {
        return false;
    }
    struct tacet_reader r = tacet_reader(packet, size);
    tacet_read_skip(&r, size - behind_mki(profile) - MKI_SIZE);
    *ret_mki = tacet_read_u8(&r);
    return true;
}

uint32_t tacet_srtp_rtcp_index(uint16_t profile, const uint8_t *packet, size_t size)
{
    assert(size >= smallest(profile, true));
    struct tacet_reader r = tacet_reader(packet, size);
    tacet_read_skip(&r, size - behind_mki(profile) - MKI_SIZE - RTCP_INDEX_SIZE);
    return tacet_read_u32(&r) & 0x7fffffff;
}

/* RFC 3711 section 3.3.1: the index nearest to the highest accepted one. Before the first packet
 * the counter is 0, and there is none below it. */
static uint64_t estimate(bool started, uint64_t highest, uint16_t seq)
{
    uint64_t round = started ? highest >> 16 : 0;
    int difference = (int)seq - (int)(started ? highest & 0xffff : seq);

    if (difference > 0x8000 && round > 0) {
        round--;
    } else if (difference < -0x8000) {
        round++;
    }
    return round << 16 | seq;
}

/*
 * Unprotecting works on a copy: a failed attempt with an AEAD leaves unauthenticated plain text
 * behind, and libsrtp wants 32-bit alignment, which a packet out of an app's hands may not have.
 */
#define COPY_WORDS ((TACET_BUFFER_HEAD + TACET_BUFFER_BODY) / 4)

static enum tacet_drop drop_reason(srtp_err_status_t status)
{
    if (status == srtp_err_status_ok) {
        return TACET_DROP_NONE;
    }
    if (status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old ||
        status == srtp_err_status_pkt_idx_old) {
        return TACET_DROP_REPLAY;
    }
    return status == srtp_err_status_no_ctx ? TACET_DROP_UNKNOWN : TACET_DROP_AUTH;
}

static void keep(uint8_t *packet, size_t *size, const uint32_t *copy, int octets)
{
    assert(octets >= 0 && (size_t)octets <= *size);
    *size = (size_t)octets;
    memcpy(packet, copy, *size);
}

TACET_CLEARS_REGISTERS enum tacet_drop tacet_srtp_unprotect(struct tacet_srtp *srtp,
                                                            struct tacet_srtp_indexes *indexes,
                                                            uint8_t *packet, size_t *size,
                                                            uint64_t *ret_index)
{
    uint32_t copy[COPY_WORDS];
    if (*size < smallest(srtp->profile, false) || *size > sizeof(copy)) {
        return TACET_DROP_SHORT;
    }
    struct tacet_reader r = tacet_reader(packet, *size);
    tacet_read_skip(&r, 2);
    uint16_t seq = tacet_read_u16(&r);
    tacet_read_skip(&r, 4);
    uint32_t ssrc = tacet_read_u32(&r);
    size_t kind = find_ssrc(srtp->recv_ssrcs, ssrc);
    if (kind == TACET_SSRC_KIND_COUNT) {
        return TACET_DROP_UNKNOWN;
    }
    assert(!indexes->of[kind].started || indexes->of[kind].ssrc == ssrc);

    uint64_t index = estimate(indexes->of[kind].started, indexes->of[kind].highest, seq);
    int octets = (int)*size;
    memcpy(copy, packet, *size);
    srtp_err_status_t status = srtp_set_stream_roc(srtp->recv, ssrc, (uint32_t)(index >> 16));
    if (status == srtp_err_status_ok) {
        status = srtp_unprotect_mki(srtp->recv, copy, &octets, 1);
    }
    if (status != srtp_err_status_ok) {
        return drop_reason(status);
    }
    if (!indexes->of[kind].started || index > indexes->of[kind].highest) {
        indexes->of[kind].ssrc = ssrc;
        indexes->of[kind].started = true;
        indexes->of[kind].highest = index;
    }
    keep(packet, size, copy, octets);
    *ret_index = index;
    return TACET_DROP_NONE;
}

TACET_CLEARS_REGISTERS enum tacet_drop tacet_srtp_unprotect_rtcp(struct tacet_srtp *srtp,
                                                                 uint8_t *packet, size_t *size)
{
    uint32_t copy[COPY_WORDS];
    if (*size < smallest(srtp->profile, true) || *size > sizeof(copy)) {
        return TACET_DROP_SHORT;
    }
    struct tacet_reader r = tacet_reader(packet, *size);
    tacet_read_skip(&r, 4);
    if (find_ssrc(srtp->recv_ssrcs, tacet_read_u32(&r)) == TACET_SSRC_KIND_COUNT) {
        return TACET_DROP_UNKNOWN;
    }
    int octets = (int)*size;
    memcpy(copy, packet, *size);
    srtp_err_status_t status = srtp_unprotect_rtcp_mki(srtp->recv, copy, &octets, 1);
    if (status == srtp_err_status_ok) {
        keep(packet, size, copy, octets);
    }
    return drop_reason(status);
}

size_t tacet_srtp_overhead(uint16_t profile)
{
    return profile == TACET_PROFILE_AES_CM_128_HMAC_SHA1_80 ? 10 + MKI_SIZE : 16 + MKI_SIZE;
}
