/*
 * INIT, RESP and FIN between two parties, cut, extended, with flipped bits and with bad points
 * (protocol.md section 10, groups 1 to 3).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "handshake_parties.h"

#include "call/half_open.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static void both_sides_agree_for_every_hint(void **state)
{
    static const struct {
        enum tacet_hint hint;
        enum tacet_trust trust;
    } rows[] = {
        { TACET_HINT_KEY, TACET_TRUST_PINNED },
        { TACET_HINT_NAME, TACET_TRUST_UNVERIFIED },
        { TACET_HINT_NONE, TACET_TRUST_UNVERIFIED },
    };

    (void)state;
    f->bob.config.open = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        dial(rows[i].hint);
        assert_true(sodium_is_zero(f->initiator.init + TACET_INIT_MAC2, TACET_MAC_SIZE));
        init_passes();
        assert_int_equal(tacet_responder_count(&f->bob.responder), 1);
        resp_passes();
        assert_true(sodium_is_zero((const uint8_t *)&f->initiator, sizeof(f->initiator)));
        fin_passes();
        both_agree();
        assert_int_equal(f->of_alice.peer.trust, rows[i].trust);
        assert_true(f->of_bob.started_at_us == f->now);
        assert_true(f->of_bob.answered_at_us == f->now);
        assert_int_equal(tacet_responder_count(&f->bob.responder), 0);
    }
}

/* --- group 1: lengths --- */

/* In memory of its exact size, so that a sanitizer sees a read past it. */
static enum tacet_drop give_cut(const uint8_t *packet, size_t whole, size_t size,
                                enum tacet_drop (*give)(const uint8_t *, size_t))
{
    uint8_t *copy = calloc(1, size > 0 ? size : 1);

    assert_non_null(copy);
    memcpy(copy, packet, size < whole ? size : whole);
    enum tacet_drop drop = give(copy, size);
    free(copy);
    return drop;
}

static enum tacet_drop give_init_only(const uint8_t *packet, size_t size)
{
    uint8_t resp[TACET_RESP_SIZE];

    return give_init(packet, size, resp);
}

static void no_other_length_is_taken(const uint8_t *packet, size_t whole,
                                     enum tacet_drop (*give)(const uint8_t *, size_t))
{
    for (size_t size = 0; size <= whole + 64; size++) {
        if (size != whole) {
            assert_int_equal(give_cut(packet, whole, size, give), TACET_DROP_SHORT);
        }
    }
}

static void truncated_and_extended_messages_are_dropped(void **state)
{
    (void)state;
    dial(TACET_HINT_KEY);
    no_other_length_is_taken(f->initiator.init, TACET_INIT_SIZE, give_init_only);
    assert_int_equal(tacet_responder_count(&f->bob.responder), 0);
    init_passes();
    no_other_length_is_taken(f->resp, TACET_RESP_SIZE, give_resp);
    resp_passes();
    no_other_length_is_taken(f->fin, TACET_FIN_SIZE, give_fin);
    genuine_fin_still_passes();
}

/* --- group 2: bits --- */

static void every_flipped_bit_of_init_is_dropped(void **state)
{
    uint8_t packet[TACET_INIT_SIZE];
    uint8_t resp[TACET_RESP_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    for (size_t bit = 0; bit < TACET_INIT_MAC2 * 8; bit++) {
        memcpy(packet, f->initiator.init, sizeof(packet));
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(give_init(packet, sizeof(packet), resp), TACET_DROP_AUTH);
    }
    assert_int_equal(tacet_responder_count(&f->bob.responder), 0);
    /* mac2 is outside: an INIT that differs only there is the same INIT, and draws the same. */
    init_passes();
    for (size_t bit = TACET_INIT_MAC2 * 8; bit < TACET_INIT_SIZE * 8; bit++) {
        memcpy(packet, f->initiator.init, sizeof(packet));
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(give_init(packet, sizeof(packet), resp), TACET_DROP_NONE);
        assert_memory_equal(resp, f->resp, sizeof(resp));
    }
    assert_int_equal(tacet_responder_count(&f->bob.responder), 1);
    genuine_resp_still_passes();
}

/* Whoever knows the hint can make mac1: then the transcript is what catches the change. */
static void flipped_init_with_a_renewed_mac1_leads_nowhere(void **state)
{
    uint8_t packet[TACET_INIT_SIZE];
    uint8_t resp[TACET_RESP_SIZE];
    struct tacet_path genuine = f->path;

    (void)state;
    dial(TACET_HINT_KEY);
    for (size_t bit = 0; bit < TACET_INIT_MAC1 * 8; bit++) {
        memcpy(packet, f->initiator.init, sizeof(packet));
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        renew_mac1(packet, TACET_INIT_MAC1);
        f->path.address.ip[3] = (uint8_t)bit;
        f->path.address.ip[2] = (uint8_t)(bit >> 8);
        f->now += TACET_HALF_OPEN_TIMEOUT_US; /* no flood */
        if (give_init(packet, sizeof(packet), resp) == TACET_DROP_NONE) {
            assert_int_not_equal(give_resp(resp, sizeof(resp)), TACET_DROP_NONE);
        }
        assert_false(f->other);
    }
    f->path = genuine;
    genuine_init_still_passes();
}

static void every_flipped_bit_of_resp_is_dropped(void **state)
{
    uint8_t packet[TACET_RESP_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    for (size_t bit = 0; bit < TACET_RESP_SIZE * 8; bit++) {
        for (int renewed = 0; renewed < 2; renewed++) {
            memcpy(packet, f->resp, sizeof(packet));
            packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (renewed == 1) {
                renew_mac1(packet, TACET_RESP_MAC1);
            }
            if (memcmp(packet, f->resp, sizeof(packet)) == 0) {
                continue; /* the bit was in mac1, and the mac has mended it */
            }
            enum tacet_drop drop = give_resp(packet, sizeof(packet));
            assert_int_not_equal(drop, TACET_DROP_NONE);
            assert_int_equal(drop == TACET_DROP_AUTH,
                             renewed == 0 ? bit < TACET_RESP_ZERO * 8
                                          : (bit >= 32 && bit < 64) ||
                                                (bit >= 96 && bit < TACET_RESP_MAC1 * 8));
        }
    }
    assert_false(f->other);
    genuine_resp_still_passes();
}

static void every_flipped_bit_of_fin_is_dropped(void **state)
{
    uint8_t packet[TACET_FIN_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    resp_passes();
    for (size_t bit = 0; bit < TACET_FIN_SIZE * 8; bit++) {
        for (int renewed = 0; renewed < 2; renewed++) {
            memcpy(packet, f->fin, sizeof(packet));
            packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
            if (renewed == 1) {
                renew_mac1(packet, TACET_FIN_MAC1);
            }
            if (memcmp(packet, f->fin, sizeof(packet)) != 0) {
                assert_int_not_equal(give_fin(packet, sizeof(packet)), TACET_DROP_NONE);
            }
        }
    }
    assert_int_equal(tacet_responder_count(&f->bob.responder), 1);
    genuine_fin_still_passes();
}

/* --- group 3: points --- */

/* The small-order u-coordinates of Curve25519, and values that are not below p = 2^255 - 19. */
static const uint8_t bad_points[][32] = {
    { 0 },
    { 1 },
    { 0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3,
      0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
      0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00 },
    { 0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1,
      0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
      0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57 },
#define FF10 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
    { 0xec, FF10, FF10, FF10, 0x7f },  /* p - 1 */
    { 0xed, FF10, FF10, FF10, 0x7f },  /* p */
    { 0xee, FF10, FF10, FF10, 0x7f },  /* p + 1 */
    { 0xf6, FF10, FF10, FF10, 0x7f },  /* 9 + p: of full order, not canonical */
    { 0xff, FF10, FF10, FF10, 0x7f },  /* 2^255 - 1 */
    { 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* 9 with the top bit, which libsodium ignores */
      0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80 },
};

static void bad_points_are_refused_in_every_place(void **state)
{
    uint8_t packet[TACET_INIT_SIZE];
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t fin[TACET_FIN_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    for (size_t i = 0; i < sizeof(bad_points) / sizeof(bad_points[0]); i++) { /* e_i */
        memcpy(packet, f->initiator.init, sizeof(packet));
        memcpy(packet + TACET_INIT_E, bad_points[i], 32);
        renew_mac1(packet, TACET_INIT_MAC1);
        assert_int_equal(give_init(packet, sizeof(packet), resp), TACET_DROP_AUTH);
    }
    assert_int_equal(tacet_responder_count(&f->bob.responder), 0);
    init_passes();
    for (size_t i = 0; i < sizeof(bad_points) / sizeof(bad_points[0]); i++) {
        memcpy(resp, f->resp, sizeof(resp)); /* e_r */
        memcpy(resp + TACET_RESP_E, bad_points[i], 32);
        renew_mac1(resp, TACET_RESP_MAC1);
        resp_is_dropped(resp, TACET_DROP_AUTH, false);
        plain_choice(&f->bob, TACET_PROFILE_AEAD_AES_256_GCM, 0, plain); /* s_r */
        craft_resp(&f->bob, bad_points[i], plain, resp);
        resp_is_dropped(resp, TACET_DROP_AUTH, false);
        plain_opening(&f->alice, plain); /* s_i */
        craft_fin(&f->alice, bad_points[i], plain, fin);
        fin_is_dropped(fin, TACET_DROP_AUTH);
    }
    genuine_resp_still_passes();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(both_sides_agree_for_every_hint),
        CASE(truncated_and_extended_messages_are_dropped),
        CASE(every_flipped_bit_of_init_is_dropped),
        CASE(flipped_init_with_a_renewed_mac1_leads_nowhere),
        CASE(every_flipped_bit_of_resp_is_dropped),
        CASE(every_flipped_bit_of_fin_is_dropped),
        CASE(bad_points_are_refused_in_every_place),
    };

    return cmocka_run_group_tests(tests, handshake_group_setup, handshake_group_teardown);
}
