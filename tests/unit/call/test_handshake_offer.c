/*
 * What INIT offers and RESP chooses, and how the payloads are laid out: no downgrade (protocol.md
 * section 10, group 4).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "handshake_parties.h"

#include "call/demux.h"

#include <string.h>

static void the_responder_chooses_by_its_own_order(void **state)
{
    static const struct {
        uint16_t offered[3];
        uint16_t allowed[3];
        uint16_t chosen; /* 0: no answer */
    } rows[] = {
        { { 8, 7, 0 }, { 8, 7, 0 }, 8 }, { { 7, 8, 0 }, { 8, 7, 0 }, 8 },
        { { 8, 7, 0 }, { 7, 8, 0 }, 7 }, { { 8, 7, 1 }, { 1, 0, 0 }, 1 },
        { { 1, 0, 0 }, { 8, 7, 0 }, 0 }, { { 8, 7, 0 }, { 1, 0, 0 }, 0 },
        { { 2, 5, 7 }, { 8, 7, 0 }, 7 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        f->alice.config.profile_count = f->bob.config.profile_count = 0;
        for (size_t k = 0; k < 3; k++) {
            f->alice.config.profiles[k] = rows[i].offered[k];
            f->alice.config.profile_count += rows[i].offered[k] != 0;
            f->bob.config.profiles[k] = rows[i].allowed[k];
            f->bob.config.profile_count += rows[i].allowed[k] != 0;
        }
        dial(TACET_HINT_KEY);
        if (rows[i].chosen == 0) {
            assert_int_equal(give_init(f->initiator.init, TACET_INIT_SIZE, f->resp),
                             TACET_DROP_STATE);
            continue;
        }
        genuine_init_still_passes();
        assert_int_equal(f->of_alice.profile, rows[i].chosen);
    }
}

static void an_offer_changed_on_the_way_is_not_answered_to(void **state)
{
    static const struct tacet_offer rows[] = {
        { { 7 }, 1, 0, 1, 1 },         /* stripped */
        { { 7, 8 }, 2, 0, 1, 1 },      /* reordered */
        { { 8, 7, 1 }, 3, 0, 1, 1 },   /* added to */
        { { 8, 7 }, 2, 1, 1, 1 },      /* a feature */
        { { 8, 7 }, 2, 0xffff, 1, 1 }, /* all features */
        { { 8, 7 }, 2, 0, 1, 2 },      /* a later version, answered by version 1 */
    };
    uint8_t packet[TACET_INIT_SIZE];
    uint8_t resp[TACET_RESP_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memcpy(packet, f->initiator.init, sizeof(packet));
        tacet_offer_write(&rows[i], packet + TACET_INIT_PAYLOAD);
        renew_mac1(packet, TACET_INIT_MAC1);
        f->path.address.ip[3] = (uint8_t)(10 + i);
        assert_int_equal(give_init(packet, sizeof(packet), resp), TACET_DROP_NONE);
        resp_is_dropped(resp, TACET_DROP_AUTH, false);
    }
    f->path.address.ip[3] = 1;
    genuine_init_still_passes();
}

static void malformed_offers_are_dropped(void **state)
{
    static const struct {
        uint8_t at; /* in the payload, after: count 2, 8, 7, features, 1, 1 */
        uint8_t value;
    } rows[] = {
        { 0, 0 }, { 0, 9 }, { 0, 255 }, { 7, 0 }, { 7, 2 }, { 8, 0 }, { 9, 1 }, { 200, 0x80 },
    };
    uint8_t packet[TACET_INIT_SIZE];
    uint8_t resp[TACET_RESP_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memcpy(packet, f->initiator.init, sizeof(packet));
        packet[TACET_INIT_PAYLOAD + rows[i].at] = rows[i].value;
        renew_mac1(packet, TACET_INIT_MAC1);
        assert_int_equal(give_init(packet, sizeof(packet), resp), TACET_DROP_MALFORMED);
    }
    for (size_t at = 9; at < TACET_INIT_PAYLOAD_SIZE; at++) { /* padding */
        memcpy(packet, f->initiator.init, sizeof(packet));
        packet[TACET_INIT_PAYLOAD + at] = 1;
        renew_mac1(packet, TACET_INIT_MAC1);
        assert_int_equal(give_init(packet, sizeof(packet), resp), TACET_DROP_MALFORMED);
    }
    genuine_init_still_passes();
}

static void another_version_or_type_is_dropped(void **state)
{
    static const struct {
        uint8_t at;
        uint8_t value;
    } rows[] = { { 1, 0 }, { 1, 2 }, { 2, 1 }, { 3, 1 }, { 0, TACET_PACKET_COOKIE } };
    uint8_t packet[TACET_INIT_SIZE];
    uint8_t resp[TACET_RESP_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        dial(TACET_HINT_KEY);
        memcpy(packet, f->initiator.init, TACET_INIT_SIZE);
        packet[rows[i].at] = rows[i].value;
        renew_mac1(packet, TACET_INIT_MAC1);
        assert_int_equal(give_init(packet, TACET_INIT_SIZE, resp), TACET_DROP_MALFORMED);
        init_passes();
        memcpy(packet, f->resp, TACET_RESP_SIZE);
        packet[rows[i].at] = rows[i].value;
        renew_mac1(packet, TACET_RESP_MAC1);
        resp_is_dropped(packet, TACET_DROP_MALFORMED, false);
        resp_passes();
        memcpy(packet, f->fin, TACET_FIN_SIZE);
        packet[rows[i].at] = rows[i].value;
        renew_mac1(packet, TACET_FIN_MAC1);
        fin_is_dropped(packet, TACET_DROP_MALFORMED);
        genuine_fin_still_passes();
    }
}

static void a_choice_that_was_not_offered_is_dropped(void **state)
{
    static const struct {
        uint16_t profile;
        uint16_t features;
        enum tacet_drop drop;
    } rows[] = {
        { TACET_PROFILE_AES_CM_128_HMAC_SHA1_80, 0, TACET_DROP_MALFORMED },
        { 0, 0, TACET_DROP_MALFORMED },
        { 0xffff, 0, TACET_DROP_MALFORMED },
        { TACET_PROFILE_AEAD_AES_256_GCM, 1, TACET_DROP_MALFORMED },
        { TACET_PROFILE_AEAD_AES_256_GCM, 0x8000, TACET_DROP_MALFORMED },
    };
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t resp[TACET_RESP_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        plain_choice(&f->bob, rows[i].profile, rows[i].features, plain);
        craft_resp(&f->bob, f->bob.identity->x_public, plain, resp);
        resp_is_dropped(resp, rows[i].drop, false);
    }
    /* Allowed by now, but not offered then; and offered, but not allowed any more. */
    f->alice.config.profiles[2] = TACET_PROFILE_AES_CM_128_HMAC_SHA1_80;
    f->alice.config.profile_count = 3;
    plain_choice(&f->bob, TACET_PROFILE_AES_CM_128_HMAC_SHA1_80, 0, plain);
    craft_resp(&f->bob, f->bob.identity->x_public, plain, resp);
    resp_is_dropped(resp, TACET_DROP_MALFORMED, false);
    f->alice.config.profile_count = 1;
    plain_choice(&f->bob, TACET_PROFILE_AEAD_AES_128_GCM, 0, plain);
    craft_resp(&f->bob, f->bob.identity->x_public, plain, resp);
    resp_is_dropped(resp, TACET_DROP_MALFORMED, false);
    genuine_init_still_passes();
}

static void sealed_padding_and_lengths_are_checked(void **state)
{
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin[TACET_FIN_SIZE];
    static const uint16_t lengths[] = { 0, 1, 293, 295, 494, 495, 500, 0xffff };

    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    for (size_t at = 6 + f->bob.config.certificate_size; at < sizeof(plain); at += 7) {
        plain_choice(&f->bob, TACET_PROFILE_AEAD_AES_256_GCM, 0, plain);
        plain[at] = 0x10;
        craft_resp(&f->bob, f->bob.identity->x_public, plain, resp);
        resp_is_dropped(resp, TACET_DROP_MALFORMED, false);
    }
    for (size_t at = 52 + f->alice.config.certificate_size; at < sizeof(plain); at += 7) {
        plain_opening(&f->alice, plain);
        plain[at] = 0x10;
        craft_fin(&f->alice, f->alice.identity->x_public, plain, fin);
        fin_is_refused(fin, TACET_DROP_MALFORMED);
    }
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        plain_choice(&f->bob, TACET_PROFILE_AEAD_AES_256_GCM, 0, plain);
        plain[4] = (uint8_t)(lengths[i] >> 8);
        plain[5] = (uint8_t)lengths[i];
        craft_resp(&f->bob, f->bob.identity->x_public, plain, resp);
        resp_is_dropped(resp, TACET_DROP_MALFORMED, false);
        plain_opening(&f->alice, plain);
        plain[50] = (uint8_t)(lengths[i] >> 8);
        plain[51] = (uint8_t)lengths[i];
        craft_fin(&f->alice, f->alice.identity->x_public, plain, fin);
        fin_is_refused(fin, TACET_DROP_MALFORMED);
    }
    genuine_resp_still_passes();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(the_responder_chooses_by_its_own_order),
        CASE(an_offer_changed_on_the_way_is_not_answered_to),
        CASE(malformed_offers_are_dropped),
        CASE(another_version_or_type_is_dropped),
        CASE(a_choice_that_was_not_offered_is_dropped),
        CASE(sealed_padding_and_lengths_are_checked),
    };

    return cmocka_run_group_tests(tests, handshake_group_setup, handshake_group_teardown);
}
