/*
 * SRTP through our own interface: what goes through, what is dropped and why, and the rollover
 * counter in the face of loss, forgery and new epochs (protocol.md section 10, 9 and 10).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/srtp.h"
#include "hex.h"
#include "rtp/header.h"
#include "sim/rng.h"
#include "tacet/call.h"

#include <stdio.h>

#define PAYLOAD 100

static const struct {
    uint16_t profile;
    size_t overhead;
} profiles[] = {
    { TACET_PROFILE_AES_CM_128_HMAC_SHA1_80, 11 },
    { TACET_PROFILE_AEAD_AES_128_GCM, 17 },
    { TACET_PROFILE_AEAD_AES_256_GCM, 17 },
};
#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

static const uint32_t our_ssrcs[TACET_SSRC_KIND_COUNT] = { 0x11111111, 0x22222222, 0x33333333,
                                                           0x44444444 };
static const uint32_t peer_ssrcs[TACET_SSRC_KIND_COUNT] = { 0x55555555, 0x66666666, 0x77777777,
                                                            0x88888888 };

struct packet {
    _Alignas(8) uint8_t data[1600];
    size_t size;
};

static struct tacet_srtp *create(uint16_t profile, uint32_t epoch, bool peer)
{
    uint8_t keys[2][TACET_SRTP_KEY_SIZE_MAX];
    struct tacet_srtp *srtp = NULL;

    memset(keys[0], (int)(1 + epoch % 100), sizeof(keys[0]));
    memset(keys[1], (int)(101 + epoch % 100), sizeof(keys[1]));
    assert_int_equal(tacet_srtp_init(), 0);
    assert_int_equal(tacet_srtp_create(profile, epoch, keys[peer], peer ? peer_ssrcs : our_ssrcs,
                                       keys[!peer], peer ? our_ssrcs : peer_ssrcs, &srtp),
                     0);
    return srtp;
}

static struct packet plain(uint32_t ssrc, uint64_t index)
{
    struct packet p = { .size = TACET_RTP_HEADER_SIZE + PAYLOAD };
    struct tacet_rtp header = { .payload_type = 111,
                                .seq = (uint16_t)index,
                                .timestamp = (uint32_t)index * 960,
                                .ssrc = ssrc };

    tacet_rtp_write(&header, p.data);
    for (size_t i = 0; i < PAYLOAD; i++) {
        p.data[TACET_RTP_HEADER_SIZE + i] = (uint8_t)(index + i);
    }
    return p;
}

static struct packet protect(struct tacet_srtp *srtp, uint64_t index)
{
    struct packet p = plain(our_ssrcs[0], index);

    assert_int_equal(tacet_srtp_protect(srtp, index, p.data, &p.size, sizeof(p.data)), 0);
    return p;
}

/* By value, so that one packet can be tried many times. */
static enum tacet_drop unprotect(struct tacet_srtp *srtp, struct tacet_srtp_indexes *indexes,
                                 struct packet p, uint64_t *ret_index)
{
    return tacet_srtp_unprotect(srtp, indexes, p.data, &p.size, ret_index);
}

static void expect(struct tacet_srtp *srtp, struct tacet_srtp_indexes *indexes, struct packet p,
                   uint64_t index)
{
    struct packet original = plain(our_ssrcs[0], index);
    uint64_t got = UINT64_MAX;

    assert_int_equal(tacet_srtp_unprotect(srtp, indexes, p.data, &p.size, &got), TACET_DROP_NONE);
    assert_int_equal(got, index);
    assert_int_equal(p.size, original.size);
    assert_memory_equal(p.data, original.data, p.size);
}

static struct packet report(struct tacet_srtp *srtp, uint32_t ssrc)
{
    struct packet p = { .size = 8 };
    struct tacet_writer w = tacet_writer(p.data, p.size);

    tacet_write_u32(&w, 0x80c90001); /* an empty receiver report */
    tacet_write_u32(&w, ssrc);
    assert_int_equal(tacet_srtp_protect_rtcp(srtp, p.data, &p.size, sizeof(p.data)), 0);
    return p;
}

/* A packet that looks right but was made by someone without the key. */
static struct packet forge(struct packet genuine, uint16_t seq)
{
    genuine.data[2] = (uint8_t)(seq >> 8);
    genuine.data[3] = (uint8_t)seq;
    return genuine;
}

static void every_profile_goes_round_with_its_overhead(void **state)
{
    for (size_t i = 0; i < PROFILES; i++) {
        struct tacet_srtp *a = create(profiles[i].profile, 7, false);
        struct tacet_srtp *b = create(profiles[i].profile, 7, true);
        struct tacet_srtp_indexes indexes = { 0 };
        uint8_t mki = 0;

        assert_int_equal(tacet_srtp_epoch(a), 7);
        assert_int_equal(tacet_srtp_overhead(profiles[i].profile), profiles[i].overhead);
        for (uint64_t index = 1000; index < 1010; index++) {
            struct packet p = protect(a, index);
            assert_int_equal(p.size, TACET_RTP_HEADER_SIZE + PAYLOAD + profiles[i].overhead);
            assert_true(tacet_srtp_mki(profiles[i].profile, false, p.data, p.size, &mki));
            assert_int_equal(mki, 7);
            expect(b, &indexes, p, index);
        }
        assert_int_equal(indexes.of[0].highest, 1009);
        for (int n = 0; n < 3; n++) {
            struct packet p = report(a, our_ssrcs[1]);
            assert_int_equal(p.size, 8 + profiles[i].overhead + 4);
            assert_true(tacet_srtp_mki(profiles[i].profile, true, p.data, p.size, &mki));
            assert_int_equal(mki, 7);
            assert_int_equal(tacet_srtp_unprotect_rtcp(b, p.data, &p.size), TACET_DROP_NONE);
            assert_int_equal(p.size, 8);
        }
        tacet_srtp_free(&a);
        tacet_srtp_free(&b);
        assert_null(a);
    }
}

/* Published by the libsrtp project (test/srtp_driver.c), master keys; theirs have no MKI or another
 * one, and neither profile's tag covers it, so ours is put in where it belongs. */
static void libsrtp_vectors_hold(void **state)
{
    static const struct {
        uint16_t profile;
        const char *key;
        const char *rtp;
        const char *srtp;
        const char *rtcp;
        const char *srtcp;
    } rows[] = {
        { TACET_PROFILE_AES_CM_128_HMAC_SHA1_80,
          "e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6",
          "800f1234decafbadcafebabeabababababababababababababababab",
          "800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d240209b78d6acc99ea179b8dbb",
          "81c8000bcafebabeabababababababababababababababab",
          "81c8000bcafebabe7128035be487b9bdbef89041f977a5a88000000109993e08cd54d6c1230798" },
        { TACET_PROFILE_AEAD_AES_128_GCM,
          "000102030405060708090a0b0c0d0e0fa0a1a2a3a4a5a6a7a8a9aaab",
          "800f1234decafbadcafebabeabababababababababababababababab",
          "800f1234decafbadcafebabec5002ede04cfdd2eb91159e0880aa06ed2976826f796b201df3131a127e8a392"
          "09",
          "81c8000bcafebabeabababababababababababababababab",
          "81c8000bcafebabec98b8b5df0392a55852b6c21ac8e7025c52c6fbea2b3b446ea31123ba88ce61e80000001"
          "09" },
    };
    const uint32_t ssrcs[TACET_SSRC_KIND_COUNT] = { 1, 0xcafebabe, 2, 3 };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t key[TACET_SRTP_KEY_SIZE_MAX] = { 0 };
        struct packet p = { 0 };
        uint8_t expected[100];
        struct tacet_srtp *srtp = NULL;

        assert_int_equal(tacet_srtp_init(), 0);
        (void)from_hex(rows[i].key, key, sizeof(key));
        assert_int_equal(tacet_srtp_create(rows[i].profile, 0x109, key, ssrcs, key, ssrcs, &srtp),
                         0);
        p.size = from_hex(rows[i].rtp, p.data, sizeof(p.data));
        assert_int_equal(tacet_srtp_protect(srtp, 0x1234, p.data, &p.size, sizeof(p.data)), 0);
        assert_int_equal(p.size, from_hex(rows[i].srtp, expected, sizeof(expected)));
        assert_memory_equal(p.data, expected, p.size);
        p.size = from_hex(rows[i].rtcp, p.data, sizeof(p.data));
        assert_int_equal(tacet_srtp_protect_rtcp(srtp, p.data, &p.size, sizeof(p.data)), 0);
        assert_int_equal(p.size, from_hex(rows[i].srtcp, expected, sizeof(expected)));
        assert_memory_equal(p.data, expected, p.size);
        tacet_srtp_free(&srtp);
    }
}

static void unknown_profile_is_unsupported(void **state)
{
    uint8_t key[TACET_SRTP_KEY_SIZE_MAX] = { 0 };
    struct tacet_srtp *srtp = NULL;

    assert_int_equal(tacet_srtp_init(), 0);
    assert_int_equal(tacet_srtp_create(0x0002, 1, key, our_ssrcs, key, peer_ssrcs, &srtp),
                     TACET_ERR_UNSUPPORTED);
    assert_null(srtp);
    tacet_alloc_fail_after(0);
    assert_int_equal(tacet_srtp_create(0x0008, 1, key, our_ssrcs, key, peer_ssrcs, &srtp),
                     TACET_ERR_NOMEM);
    tacet_alloc_fail_after(-1);
    assert_null(srtp);
    tacet_srtp_free(&srtp);
    tacet_srtp_free(NULL);
}

static void replayed_packet_is_dropped(void **state)
{
    for (size_t i = 0; i < PROFILES; i++) {
        struct tacet_srtp *a = create(profiles[i].profile, 1, false);
        struct tacet_srtp *b = create(profiles[i].profile, 1, true);
        struct tacet_srtp *next = create(profiles[i].profile, 2, true);
        struct tacet_srtp_indexes indexes = { 0 };
        struct packet r = report(a, our_ssrcs[0]);
        struct packet again = r;
        uint64_t index = 0;

        struct packet old = protect(a, 1);
        struct packet edge = protect(a, 77);
        struct packet first = protect(a, 100);
        struct packet last = protect(a, 1100); /* the window reaches down to 77 */
        expect(b, &indexes, first, 100);
        assert_int_equal(unprotect(b, &indexes, first, &index), TACET_DROP_REPLAY);
        expect(b, &indexes, last, 1100);
        assert_int_equal(unprotect(b, &indexes, last, &index), TACET_DROP_REPLAY);
        assert_int_equal(unprotect(b, &indexes, first, &index), TACET_DROP_REPLAY);
        expect(b, &indexes, edge, 77);
        assert_int_equal(unprotect(b, &indexes, edge, &index), TACET_DROP_REPLAY);
        assert_int_equal(unprotect(b, &indexes, old, &index), TACET_DROP_REPLAY); /* too old */
        assert_int_equal(tacet_srtp_unprotect_rtcp(b, r.data, &r.size), TACET_DROP_NONE);
        assert_int_equal(tacet_srtp_unprotect_rtcp(b, again.data, &again.size), TACET_DROP_REPLAY);
        /* In another epoch it is foreign, with its own MKI and with the right one. */
        assert_int_equal(unprotect(next, &indexes, last, &index), TACET_DROP_AUTH);
        last.data[last.size - (profiles[i].overhead == 11 ? 11 : 1)] = 2;
        assert_int_equal(unprotect(next, &indexes, last, &index), TACET_DROP_AUTH);
        tacet_srtp_free(&a);
        tacet_srtp_free(&b);
        tacet_srtp_free(&next);
    }
}

static void sending_an_index_twice_is_refused(void **state)
{
    struct tacet_srtp *a = create(TACET_PROFILE_AEAD_AES_256_GCM, 1, false);
    struct packet p = plain(our_ssrcs[0], 5);
    size_t size = p.size;

    (void)protect(a, 5);
    assert_int_equal(tacet_srtp_protect(a, 5, p.data, &p.size, sizeof(p.data)), TACET_ERR_CRYPTO);
    assert_int_equal(p.size, size);
    tacet_srtp_free(&a);
}

static void every_flipped_bit_is_dropped_and_moves_nothing(void **state)
{
    for (size_t i = 0; i < PROFILES; i++) {
        struct tacet_srtp *a = create(profiles[i].profile, 1, false);
        struct tacet_srtp *b = create(profiles[i].profile, 1, true);
        struct tacet_srtp_indexes indexes = { 0 };

        expect(b, &indexes, protect(a, 40), 40);
        struct tacet_srtp_indexes before = indexes;
        struct packet genuine = protect(a, 41);
        for (size_t bit = 0; bit < genuine.size * 8; bit++) {
            struct packet p = genuine;
            uint64_t index = UINT64_MAX;
            p.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            bool ssrc = bit / 8 >= 8 && bit / 8 < 12;
            struct packet flipped = p;
            enum tacet_drop drop = tacet_srtp_unprotect(b, &indexes, p.data, &p.size, &index);
            assert_memory_equal(&p, &flipped, sizeof(p)); /* another key may be tried on it */
            /* Sequence number 40 is one of the flips. */
            if (!ssrc && drop == TACET_DROP_REPLAY) {
                assert_int_equal((p.data[2] << 8) | p.data[3], 40);
            } else {
                assert_int_equal(drop, ssrc ? TACET_DROP_UNKNOWN : TACET_DROP_AUTH);
            }
            assert_int_equal(index, UINT64_MAX);
            assert_memory_equal(&indexes, &before, sizeof(indexes));
        }
        expect(b, &indexes, genuine, 41);

        genuine = report(a, our_ssrcs[0]);
        for (size_t bit = 0; bit < genuine.size * 8; bit++) {
            struct packet p = genuine;
            p.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            bool ssrc = bit / 8 >= 4 && bit / 8 < 8;
            enum tacet_drop drop = tacet_srtp_unprotect_rtcp(b, p.data, &p.size);
            assert_int_equal(drop, ssrc ? TACET_DROP_UNKNOWN : TACET_DROP_AUTH);
        }
        assert_int_equal(tacet_srtp_unprotect_rtcp(b, genuine.data, &genuine.size),
                         TACET_DROP_NONE);
        tacet_srtp_free(&a);
        tacet_srtp_free(&b);
    }
}

static void truncated_packet_is_dropped(void **state)
{
    for (size_t i = 0; i < PROFILES; i++) {
        struct tacet_srtp *a = create(profiles[i].profile, 1, false);
        struct tacet_srtp *b = create(profiles[i].profile, 1, true);
        struct tacet_srtp_indexes indexes = { 0 };
        struct packet rtp = protect(a, 9);
        struct packet rtcp = report(a, our_ssrcs[0]);
        uint8_t mki = 0;

        for (size_t size = 0; size < rtp.size; size++) {
            struct packet p = rtp;
            uint64_t index = 0;
            bool is_short = size < 12 + profiles[i].overhead;
            p.size = size;
            assert_int_equal(tacet_srtp_mki(profiles[i].profile, false, p.data, p.size, &mki),
                             !is_short);
            assert_int_equal(unprotect(b, &indexes, p, &index),
                             is_short ? TACET_DROP_SHORT : TACET_DROP_AUTH);
        }
        for (size_t size = 0; size < rtcp.size; size++) {
            struct packet p = rtcp;
            bool is_short = size < 12 + profiles[i].overhead;
            p.size = size;
            assert_int_equal(tacet_srtp_mki(profiles[i].profile, true, p.data, p.size, &mki),
                             !is_short);
            assert_int_equal(tacet_srtp_unprotect_rtcp(b, p.data, &p.size),
                             is_short ? TACET_DROP_SHORT : TACET_DROP_AUTH);
        }
        assert_false(indexes.of[0].started);
        expect(b, &indexes, rtp, 9);
        tacet_srtp_free(&a);
        tacet_srtp_free(&b);
    }
}

static void rtp_and_rtcp_are_not_taken_for_each_other(void **state)
{
    for (size_t i = 0; i < PROFILES; i++) {
        struct tacet_srtp *a = create(profiles[i].profile, 1, false);
        struct tacet_srtp *b = create(profiles[i].profile, 1, true);
        struct tacet_srtp_indexes indexes = { 0 };
        struct packet rtp = plain(our_ssrcs[0], 9);
        uint64_t index = 0;

        /* A known SSRC where the other kind looks for it. */
        memcpy(rtp.data + 4, rtp.data + 8, 4);
        assert_int_equal(tacet_srtp_protect(a, 9, rtp.data, &rtp.size, sizeof(rtp.data)), 0);
        struct packet p = rtp;
        assert_int_equal(tacet_srtp_unprotect_rtcp(b, p.data, &p.size), TACET_DROP_AUTH);
        struct packet rtcp = { .size = 28 };
        struct tacet_writer w = tacet_writer(rtcp.data, rtcp.size);
        tacet_write_u32(&w, 0x80c90006);
        tacet_write_u32(&w, our_ssrcs[0]);
        tacet_write_u32(&w, our_ssrcs[0]);
        assert_int_equal(tacet_srtp_protect_rtcp(a, rtcp.data, &rtcp.size, sizeof(rtcp.data)), 0);
        memcpy(rtcp.data + 8, rtcp.data + 4, 4);
        assert_int_equal(unprotect(b, &indexes, rtcp, &index), TACET_DROP_AUTH);
        assert_int_equal(unprotect(b, &indexes, rtp, &index), TACET_DROP_NONE);
        tacet_srtp_free(&a);
        tacet_srtp_free(&b);
    }
}

static void ssrc_that_was_not_derived_is_unknown(void **state)
{
    /* A party with the right keys, but streams of its own invention. */
    const uint32_t invented[TACET_SSRC_KIND_COUNT] = { 0x99999999, 1, 2, 3 };
    struct tacet_srtp_indexes indexes = { 0 };
    struct tacet_srtp *a = NULL;
    struct tacet_srtp *b = create(TACET_PROFILE_AEAD_AES_256_GCM, 1, true);
    uint8_t key[TACET_SRTP_KEY_SIZE_MAX];
    struct packet p = plain(invented[0], 3);
    uint64_t index = 0;

    memset(key, 2, sizeof(key));
    assert_int_equal(
        tacet_srtp_create(TACET_PROFILE_AEAD_AES_256_GCM, 1, key, invented, key, peer_ssrcs, &a),
        0);
    assert_int_equal(tacet_srtp_protect(a, 3, p.data, &p.size, sizeof(p.data)), 0);
    assert_int_equal(unprotect(b, &indexes, p, &index), TACET_DROP_UNKNOWN);
    p = report(a, invented[0]);
    assert_int_equal(tacet_srtp_unprotect_rtcp(b, p.data, &p.size), TACET_DROP_UNKNOWN);
    /* Nor is a reflected one. */
    p = plain(peer_ssrcs[0], 3);
    assert_int_equal(tacet_srtp_protect(b, 3, p.data, &p.size, sizeof(p.data)), 0);
    assert_int_equal(unprotect(b, &indexes, p, &index), TACET_DROP_UNKNOWN);
    tacet_srtp_free(&a);
    tacet_srtp_free(&b);
}

static void packet_at_an_odd_address_is_used(void **state)
{
    struct tacet_srtp *a = create(TACET_PROFILE_AEAD_AES_256_GCM, 1, false);
    struct tacet_srtp *b = create(TACET_PROFILE_AEAD_AES_256_GCM, 1, true);
    struct tacet_srtp_indexes indexes = { 0 };

    for (size_t offset = 1; offset < 4; offset++) {
        struct packet p = protect(a, offset);
        struct packet original = plain(our_ssrcs[0], offset);
        uint64_t index = 0;
        memmove(p.data + offset, p.data, p.size);
        assert_int_equal(tacet_srtp_unprotect(b, &indexes, p.data + offset, &p.size, &index),
                         TACET_DROP_NONE);
        assert_int_equal(p.size, original.size);
        assert_memory_equal(p.data + offset, original.data, original.size);
        p = report(a, our_ssrcs[0]);
        memmove(p.data + offset, p.data, p.size);
        assert_int_equal(tacet_srtp_unprotect_rtcp(b, p.data + offset, &p.size), TACET_DROP_NONE);
        p.size = sizeof(p.data) - offset;
        assert_int_equal(tacet_srtp_unprotect(b, &indexes, p.data + offset, &p.size, &index),
                         TACET_DROP_SHORT);
    }
    tacet_srtp_free(&a);
    tacet_srtp_free(&b);
}

static void forged_packet_far_ahead_does_not_shut_out_the_genuine_one(void **state)
{
    for (size_t i = 0; i < PROFILES; i++) {
        struct tacet_srtp *a = create(profiles[i].profile, 1, false);
        struct tacet_srtp *b = create(profiles[i].profile, 1, true);
        struct tacet_srtp_indexes indexes = { 0 };
        uint64_t index = 0;

        /* Before any packet, in the first round, and over a wrap into the next epochs. */
        static const uint64_t starts[] = { 20, 65000, 65536 + 3, 7 * 65536 + 40000 };
        for (size_t s = 0; s < sizeof(starts) / sizeof(starts[0]); s++) {
            struct packet genuine = protect(a, starts[s]); /* AUTH, or REPLAY if below the window */
            for (uint32_t ahead = 1; ahead < 65536; ahead += 4093) {
                assert_int_not_equal(
                    unprotect(b, &indexes, forge(genuine, (uint16_t)(starts[s] + ahead)), &index),
                    TACET_DROP_NONE);
            }
            expect(b, &indexes, genuine, starts[s]);
            expect(b, &indexes, protect(a, starts[s] + 1), starts[s] + 1);
            /* A new epoch, in which the first thing to come is a forgery again. */
            tacet_srtp_free(&a);
            tacet_srtp_free(&b);
            a = create(profiles[i].profile, 2 + (uint32_t)s, false);
            b = create(profiles[i].profile, 2 + (uint32_t)s, true);
            genuine = protect(a, starts[s] + 2);
            assert_int_not_equal(
                unprotect(b, &indexes, forge(genuine, (uint16_t)(starts[s] + 33000)), &index),
                TACET_DROP_NONE);
            expect(b, &indexes, genuine, starts[s] + 2);
            if (s + 1 < sizeof(starts) / sizeof(starts[0])) {
                /* On to the next start, in steps that a receiver can follow. */
                for (uint64_t at = starts[s] + 30000; at < starts[s + 1]; at += 30000) {
                    expect(b, &indexes, protect(a, at), at);
                }
            }
        }
        tacet_srtp_free(&a);
        tacet_srtp_free(&b);
    }
}

static void wrap_survives_loss_before_at_and_after_it(void **state)
{
    static const struct {
        uint64_t came[6]; /* 0 ends */
    } rows[] = {
        { { 65534, 65535, 65536, 65537 } },
        { { 65000, 65536, 65537 } },        /* lost before */
        { { 65534, 65538, 65539 } },        /* lost at */
        { { 65535, 65536, 65900, 65901 } }, /* lost after */
        { { 40000, 70000, 71000 } },        /* lost around */
        { { 65534, 65537, 65535, 65536 } }, /* reordered over it */
        { { 65530, 65540, 65531, 65541 } },
        { { 33000, 65500, 66500, 65535, 98000 } },
        { { 131071, 131072, 131070, 196607 - 40000, 196610 - 20000 } },
    };

    for (size_t i = 0; i < PROFILES; i++) {
        for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
            /* With a new epoch before none and before each of the packets. */
            for (size_t change = 0; change < 6; change++) {
                struct tacet_srtp *a = create(profiles[i].profile, 1, false);
                struct tacet_srtp *b = create(profiles[i].profile, 1, true);
                struct tacet_srtp_indexes indexes = { 0 };
                expect(b, &indexes, protect(a, 20000), 20000);
                for (uint64_t at = 45000; at < rows[row].came[0]; at += 25000) {
                    expect(b, &indexes, protect(a, at), at);
                }
                for (size_t n = 0; n < 6 && rows[row].came[n] != 0; n++) {
                    if (n + 1 == change) {
                        tacet_srtp_free(&a);
                        tacet_srtp_free(&b);
                        a = create(profiles[i].profile, 2, false);
                        b = create(profiles[i].profile, 2, true);
                    }
                    expect(b, &indexes, protect(a, rows[row].came[n]), rows[row].came[n]);
                }
                tacet_srtp_free(&a);
                tacet_srtp_free(&b);
            }
        }
    }
}

/* A random life: losses of up to 20,000 packets, stragglers out of both epochs, forgeries ahead of
 * everything; whatever the window still holds must come through under its true index. */
static void random_life_keeps_every_index(void **state)
{
    struct tacet_rng rng;
    struct tacet_srtp *a = create(TACET_PROFILE_AEAD_AES_128_GCM, 1, false);
    struct tacet_srtp *b[2] = { NULL, create(TACET_PROFILE_AEAD_AES_128_GCM, 1, true) };
    struct tacet_srtp_indexes indexes = { 0 };
    uint64_t at = 30000;
    uint32_t epoch = 1;

    tacet_rng_seed(&rng, 4711, 0);
    for (int step = 0; step < 3000; step++) {
        struct packet late = protect(a, at);
        size_t of = 1;
        if (tacet_rng_permille(&rng, 100)) { /* `late` becomes one of the old epoch */
            tacet_srtp_free(&a);
            tacet_srtp_free(&b[0]);
            b[0] = b[1];
            epoch++;
            a = create(TACET_PROFILE_AEAD_AES_128_GCM, epoch, false);
            b[1] = create(TACET_PROFILE_AEAD_AES_128_GCM, epoch, true);
            of = 0;
        }
        uint64_t next = at + 1 + tacet_rng_below(&rng, tacet_rng_permille(&rng, 50) ? 20000 : 500);
        struct packet p = protect(a, next);
        for (int n = 0; n < 3; n++) {
            uint64_t index = 0;
            struct packet forged = forge(p, (uint16_t)tacet_rng_next(&rng));
            forged.data[40] ^= 1;
            assert_int_not_equal(unprotect(b[1], &indexes, forged, &index), TACET_DROP_NONE);
        }
        expect(b[1], &indexes, p, next);
        if (next - at < 1000) {
            expect(b[of], &indexes, late, at);
        }
        assert_int_equal(indexes.of[0].highest, next);
        at = next + 1;
    }
    assert_true(at > 10 * 65536);
    tacet_srtp_free(&a);
    tacet_srtp_free(&b[0]);
    tacet_srtp_free(&b[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_profile_goes_round_with_its_overhead),
        cmocka_unit_test(libsrtp_vectors_hold),
        cmocka_unit_test(unknown_profile_is_unsupported),
        cmocka_unit_test(replayed_packet_is_dropped),
        cmocka_unit_test(sending_an_index_twice_is_refused),
        cmocka_unit_test(every_flipped_bit_is_dropped_and_moves_nothing),
        cmocka_unit_test(truncated_packet_is_dropped),
        cmocka_unit_test(rtp_and_rtcp_are_not_taken_for_each_other),
        cmocka_unit_test(ssrc_that_was_not_derived_is_unknown),
        cmocka_unit_test(packet_at_an_odd_address_is_used),
        cmocka_unit_test(forged_packet_far_ahead_does_not_shut_out_the_genuine_one),
        cmocka_unit_test(wrap_survives_loss_before_at_and_after_it),
        cmocka_unit_test(random_life_keeps_every_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
