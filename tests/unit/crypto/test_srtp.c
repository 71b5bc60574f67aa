/*
 * SRTP through our own interface: what goes through, what is dropped and why (protocol.md section
 * 10, group 9).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "hex.h"
#include "rtp/header.h"
#include "srtp_sides.h"
#include "tacet/call.h"

#include <stdio.h>

static struct side_packet report(struct tacet_srtp *srtp, uint32_t ssrc)
{
    struct side_packet p = { .size = 8 };
    struct tacet_writer w = tacet_writer(p.data, p.size);

    tacet_write_u32(&w, 0x80c90001); /* an empty receiver report */
    tacet_write_u32(&w, ssrc);
    assert_int_equal(tacet_srtp_protect_rtcp(srtp, p.data, &p.size, sizeof(p.data)), 0);
    return p;
}

static void every_profile_goes_round_with_its_overhead(void **state)
{
    for (size_t i = 0; i < SIDE_PROFILES; i++) {
        struct tacet_srtp *a = side_create(side_profiles[i].profile, 7, false);
        struct tacet_srtp *b = side_create(side_profiles[i].profile, 7, true);
        struct tacet_srtp_indexes indexes = { 0 };
        uint8_t mki = 0;

        assert_int_equal(tacet_srtp_epoch(a), 7);
        assert_int_equal(tacet_srtp_overhead(side_profiles[i].profile), side_profiles[i].overhead);
        for (uint64_t index = 1000; index < 1010; index++) {
            struct side_packet p = side_protect(a, index);
            assert_int_equal(p.size,
                             TACET_RTP_HEADER_SIZE + SIDE_PAYLOAD + side_profiles[i].overhead);
            assert_true(tacet_srtp_mki(side_profiles[i].profile, false, p.data, p.size, &mki));
            assert_int_equal(mki, 7);
            side_expect(b, &indexes, p, index);
        }
        assert_int_equal(indexes.of[0].highest, 1009);
        for (int n = 0; n < 3; n++) {
            struct side_packet p = report(a, side_ssrcs[0][1]);
            assert_int_equal(p.size, 8 + side_profiles[i].overhead + 4);
            assert_true(tacet_srtp_mki(side_profiles[i].profile, true, p.data, p.size, &mki));
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
        struct side_packet p = { 0 };
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
    assert_int_equal(tacet_srtp_create(0x0002, 1, key, side_ssrcs[0], key, side_ssrcs[1], &srtp),
                     TACET_ERR_UNSUPPORTED);
    assert_null(srtp);
    tacet_alloc_fail_after(0);
    assert_int_equal(tacet_srtp_create(0x0008, 1, key, side_ssrcs[0], key, side_ssrcs[1], &srtp),
                     TACET_ERR_NOMEM);
    tacet_alloc_fail_after(-1);
    assert_null(srtp);
    tacet_srtp_free(&srtp);
    tacet_srtp_free(NULL);
}

static void replayed_packet_is_dropped(void **state)
{
    for (size_t i = 0; i < SIDE_PROFILES; i++) {
        struct tacet_srtp *a = side_create(side_profiles[i].profile, 1, false);
        struct tacet_srtp *b = side_create(side_profiles[i].profile, 1, true);
        struct tacet_srtp *next = side_create(side_profiles[i].profile, 2, true);
        struct tacet_srtp_indexes indexes = { 0 };
        struct side_packet r = report(a, side_ssrcs[0][0]);
        struct side_packet again = r;
        uint64_t index = 0;

        struct side_packet old = side_protect(a, 1);
        struct side_packet edge = side_protect(a, 77);
        struct side_packet first = side_protect(a, 100);
        struct side_packet last = side_protect(a, 1100); /* the window reaches down to 77 */
        side_expect(b, &indexes, first, 100);
        assert_int_equal(side_unprotect(b, &indexes, first, &index), TACET_DROP_REPLAY);
        side_expect(b, &indexes, last, 1100);
        assert_int_equal(side_unprotect(b, &indexes, last, &index), TACET_DROP_REPLAY);
        assert_int_equal(side_unprotect(b, &indexes, first, &index), TACET_DROP_REPLAY);
        side_expect(b, &indexes, edge, 77);
        assert_int_equal(side_unprotect(b, &indexes, edge, &index), TACET_DROP_REPLAY);
        assert_int_equal(side_unprotect(b, &indexes, old, &index), TACET_DROP_REPLAY); /* too old */
        assert_int_equal(tacet_srtp_unprotect_rtcp(b, r.data, &r.size), TACET_DROP_NONE);
        assert_int_equal(tacet_srtp_unprotect_rtcp(b, again.data, &again.size), TACET_DROP_REPLAY);
        /* In another epoch it is foreign, with its own MKI and with the right one. */
        assert_int_equal(side_unprotect(next, &indexes, last, &index), TACET_DROP_AUTH);
        last.data[last.size - (side_profiles[i].overhead == 11 ? 11 : 1)] = 2;
        assert_int_equal(side_unprotect(next, &indexes, last, &index), TACET_DROP_AUTH);
        tacet_srtp_free(&a);
        tacet_srtp_free(&b);
        tacet_srtp_free(&next);
    }
}

static void sending_an_index_twice_is_refused(void **state)
{
    struct tacet_srtp *a = side_create(TACET_PROFILE_AEAD_AES_256_GCM, 1, false);
    struct side_packet p = side_plain(side_ssrcs[0][0], 5);
    size_t size = p.size;

    (void)side_protect(a, 5);
    assert_int_equal(tacet_srtp_protect(a, 5, p.data, &p.size, sizeof(p.data)), TACET_ERR_CRYPTO);
    assert_int_equal(p.size, size);
    tacet_srtp_free(&a);
}

static void every_flipped_bit_is_dropped_and_moves_nothing(void **state)
{
    for (size_t i = 0; i < SIDE_PROFILES; i++) {
        struct tacet_srtp *a = side_create(side_profiles[i].profile, 1, false);
        struct tacet_srtp *b = side_create(side_profiles[i].profile, 1, true);
        struct tacet_srtp_indexes indexes = { 0 };

        side_expect(b, &indexes, side_protect(a, 40), 40);
        struct tacet_srtp_indexes before = indexes;
        struct side_packet genuine = side_protect(a, 41);
        for (size_t bit = 0; bit < genuine.size * 8; bit++) {
            struct side_packet p = genuine;
            uint64_t index = UINT64_MAX;
            p.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            bool ssrc = bit / 8 >= 8 && bit / 8 < 12;
            struct side_packet flipped = p;
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
        side_expect(b, &indexes, genuine, 41);

        genuine = report(a, side_ssrcs[0][0]);
        for (size_t bit = 0; bit < genuine.size * 8; bit++) {
            struct side_packet p = genuine;
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
    for (size_t i = 0; i < SIDE_PROFILES; i++) {
        struct tacet_srtp *a = side_create(side_profiles[i].profile, 1, false);
        struct tacet_srtp *b = side_create(side_profiles[i].profile, 1, true);
        struct tacet_srtp_indexes indexes = { 0 };
        struct side_packet rtp = side_protect(a, 9);
        struct side_packet rtcp = report(a, side_ssrcs[0][0]);
        uint8_t mki = 0;

        for (size_t size = 0; size < rtp.size; size++) {
            struct side_packet p = rtp;
            uint64_t index = 0;
            bool is_short = size < 12 + side_profiles[i].overhead;
            p.size = size;
            assert_int_equal(tacet_srtp_mki(side_profiles[i].profile, false, p.data, p.size, &mki),
                             !is_short);
            assert_int_equal(side_unprotect(b, &indexes, p, &index),
                             is_short ? TACET_DROP_SHORT : TACET_DROP_AUTH);
        }
        for (size_t size = 0; size < rtcp.size; size++) {
            struct side_packet p = rtcp;
            bool is_short = size < 12 + side_profiles[i].overhead;
            p.size = size;
            assert_int_equal(tacet_srtp_mki(side_profiles[i].profile, true, p.data, p.size, &mki),
                             !is_short);
            assert_int_equal(tacet_srtp_unprotect_rtcp(b, p.data, &p.size),
                             is_short ? TACET_DROP_SHORT : TACET_DROP_AUTH);
        }
        assert_false(indexes.of[0].started);
        side_expect(b, &indexes, rtp, 9);
        tacet_srtp_free(&a);
        tacet_srtp_free(&b);
    }
}

static void rtp_and_rtcp_are_not_taken_for_each_other(void **state)
{
    for (size_t i = 0; i < SIDE_PROFILES; i++) {
        struct tacet_srtp *a = side_create(side_profiles[i].profile, 1, false);
        struct tacet_srtp *b = side_create(side_profiles[i].profile, 1, true);
        struct tacet_srtp_indexes indexes = { 0 };
        struct side_packet rtp = side_plain(side_ssrcs[0][0], 9);
        uint64_t index = 0;

        /* A known SSRC where the other kind looks for it. */
        memcpy(rtp.data + 4, rtp.data + 8, 4);
        assert_int_equal(tacet_srtp_protect(a, 9, rtp.data, &rtp.size, sizeof(rtp.data)), 0);
        struct side_packet p = rtp;
        assert_int_equal(tacet_srtp_unprotect_rtcp(b, p.data, &p.size), TACET_DROP_AUTH);
        struct side_packet rtcp = { .size = 28 };
        struct tacet_writer w = tacet_writer(rtcp.data, rtcp.size);
        tacet_write_u32(&w, 0x80c90006);
        tacet_write_u32(&w, side_ssrcs[0][0]);
        tacet_write_u32(&w, side_ssrcs[0][0]);
        assert_int_equal(tacet_srtp_protect_rtcp(a, rtcp.data, &rtcp.size, sizeof(rtcp.data)), 0);
        memcpy(rtcp.data + 8, rtcp.data + 4, 4);
        assert_int_equal(side_unprotect(b, &indexes, rtcp, &index), TACET_DROP_AUTH);
        assert_int_equal(side_unprotect(b, &indexes, rtp, &index), TACET_DROP_NONE);
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
    struct tacet_srtp *b = side_create(TACET_PROFILE_AEAD_AES_256_GCM, 1, true);
    uint8_t key[TACET_SRTP_KEY_SIZE_MAX];
    struct side_packet p = side_plain(invented[0], 3);
    uint64_t index = 0;

    memset(key, 2, sizeof(key));
    assert_int_equal(
        tacet_srtp_create(TACET_PROFILE_AEAD_AES_256_GCM, 1, key, invented, key, side_ssrcs[1], &a),
        0);
    assert_int_equal(tacet_srtp_protect(a, 3, p.data, &p.size, sizeof(p.data)), 0);
    assert_int_equal(side_unprotect(b, &indexes, p, &index), TACET_DROP_UNKNOWN);
    p = report(a, invented[0]);
    assert_int_equal(tacet_srtp_unprotect_rtcp(b, p.data, &p.size), TACET_DROP_UNKNOWN);
    /* Nor is a reflected one. */
    p = side_plain(side_ssrcs[1][0], 3);
    assert_int_equal(tacet_srtp_protect(b, 3, p.data, &p.size, sizeof(p.data)), 0);
    assert_int_equal(side_unprotect(b, &indexes, p, &index), TACET_DROP_UNKNOWN);
    tacet_srtp_free(&a);
    tacet_srtp_free(&b);
}

static void packet_at_an_odd_address_is_used(void **state)
{
    struct tacet_srtp *a = side_create(TACET_PROFILE_AEAD_AES_256_GCM, 1, false);
    struct tacet_srtp *b = side_create(TACET_PROFILE_AEAD_AES_256_GCM, 1, true);
    struct tacet_srtp_indexes indexes = { 0 };

    for (size_t offset = 1; offset < 4; offset++) {
        struct side_packet p = side_protect(a, offset);
        struct side_packet original = side_plain(side_ssrcs[0][0], offset);
        uint64_t index = 0;
        memmove(p.data + offset, p.data, p.size);
        assert_int_equal(tacet_srtp_unprotect(b, &indexes, p.data + offset, &p.size, &index),
                         TACET_DROP_NONE);
        assert_int_equal(p.size, original.size);
        assert_memory_equal(p.data + offset, original.data, original.size);
        p = report(a, side_ssrcs[0][0]);
        memmove(p.data + offset, p.data, p.size);
        assert_int_equal(tacet_srtp_unprotect_rtcp(b, p.data + offset, &p.size), TACET_DROP_NONE);
        p.size = sizeof(p.data) - offset;
        assert_int_equal(tacet_srtp_unprotect(b, &indexes, p.data + offset, &p.size, &index),
                         TACET_DROP_SHORT);
    }
    tacet_srtp_free(&a);
    tacet_srtp_free(&b);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
