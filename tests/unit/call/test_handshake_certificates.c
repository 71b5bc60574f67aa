/*
 * Who stands behind a RESP or a FIN, and whom one dials (protocol.md section 10, group 5); the
 * policy itself has test_policy.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "handshake_parties.h"

#include "call/half_open.h"

#include <string.h>

static void a_man_in_the_middle_never_sees_fin(void **state)
{
    static const struct {
        enum tacet_hint hint;
        bool passes; /* by policy, as unverified: nobody was named */
    } rows[] = { { TACET_HINT_KEY, false }, { TACET_HINT_NAME, false }, { TACET_HINT_NONE, true } };
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t resp[TACET_RESP_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        dial(rows[i].hint);
        plain_choice(&f->eve, TACET_PROFILE_AEAD_AES_256_GCM, 0, plain);
        craft_resp(&f->eve, f->eve.identity->x_public, plain, resp);
        if (!rows[i].passes) {
            resp_is_dropped(resp, TACET_DROP_AUTH, true);
            genuine_init_still_passes();
            continue;
        }
        assert_int_equal(give_resp(resp, sizeof(resp)), TACET_DROP_NONE);
        assert_int_equal(f->of_alice.peer.trust, TACET_TRUST_UNVERIFIED);
        assert_string_equal(f->of_alice.peer.name, "eve");
    }
}

static void a_namesake_is_taken_by_name_but_stays_unverified(void **state)
{
    struct tacet_identity *other = NULL;
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t resp[TACET_RESP_SIZE];

    (void)state;
    assert_int_equal(tacet_identity_create(&f->eve.config.random, "bob", &other), 0);
    tacet_identity_free(&f->eve.identity);
    f->eve.identity = other;
    f->eve.config.identity = other;
    certify(&f->eve, UNIX_NOW);
    dial(TACET_HINT_NAME);
    plain_choice(&f->eve, TACET_PROFILE_AEAD_AES_256_GCM, 0, plain);
    craft_resp(&f->eve, f->eve.identity->x_public, plain, resp);
    assert_int_equal(give_resp(resp, sizeof(resp)), TACET_DROP_NONE);
    assert_int_equal(f->of_alice.peer.trust, TACET_TRUST_UNVERIFIED);
    /* By key, the name does not help. */
    dial(TACET_HINT_KEY);
    craft_resp(&f->eve, f->eve.identity->x_public, plain, resp);
    resp_is_dropped(resp, TACET_DROP_AUTH, true);
}

static void a_certificate_of_another_key_is_dropped(void **state)
{
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin[TACET_FIN_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    plain_choice(&f->bob, TACET_PROFILE_AEAD_AES_256_GCM, 0, plain); /* bob's, shown by eve */
    craft_resp(&f->eve, f->eve.identity->x_public, plain, resp);
    resp_is_dropped(resp, TACET_DROP_AUTH, false);
    plain_opening(&f->alice, plain);
    craft_fin(&f->eve, f->eve.identity->x_public, plain, fin);
    fin_is_refused(fin, TACET_DROP_AUTH);
    genuine_resp_still_passes();
}

static void certificates_out_of_their_time_are_dropped(void **state)
{
    static const struct {
        int64_t offset; /* of the certificate's making from now, seconds */
        bool passes;
    } rows[] = {
        { 0, true }, { -29 * 86400, true }, { -31 * 86400, false }, { 299, true }, { 1200, false },
    };
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin[TACET_FIN_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t made = (uint64_t)((int64_t)UNIX_NOW + rows[i].offset);
        certify(&f->bob, made);
        certify(&f->alice, made);
        dial(TACET_HINT_KEY);
        init_passes();
        if (rows[i].passes) {
            genuine_resp_still_passes();
            continue;
        }
        plain_opening(&f->alice, plain);
        craft_fin(&f->alice, f->alice.identity->x_public, plain, fin);
        fin_is_refused(fin, TACET_DROP_AUTH);
        memcpy(resp, f->resp, sizeof(resp));
        resp_is_dropped(resp, TACET_DROP_AUTH, false);
        /* Another minute, another certificate: nothing was lost. */
        certify(&f->bob, UNIX_NOW);
        certify(&f->alice, UNIX_NOW);
        f->path.address.port++;
        genuine_init_still_passes();
        tacet_responder_expire(&f->bob.responder, f->now += TACET_HALF_OPEN_TIMEOUT_US);
    }
}

static void a_certificate_with_a_flipped_bit_is_dropped(void **state)
{
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin[TACET_FIN_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    for (size_t at = 0; at < f->bob.config.certificate_size; at++) {
        plain_choice(&f->bob, TACET_PROFILE_AEAD_AES_256_GCM, 0, plain);
        plain[6 + at] ^= (uint8_t)(1 << at % 8);
        craft_resp(&f->bob, f->bob.identity->x_public, plain, resp);
        enum tacet_drop drop = give_resp(resp, sizeof(resp));
        assert_true(drop == TACET_DROP_AUTH || drop == TACET_DROP_MALFORMED);
        assert_false(f->other);
    }
    for (size_t at = 0; at < f->alice.config.certificate_size; at++) {
        plain_opening(&f->alice, plain);
        plain[52 + at] ^= (uint8_t)(1 << at % 8);
        craft_fin(&f->alice, f->alice.identity->x_public, plain, fin);
        enum tacet_drop drop = give_fin(fin, sizeof(fin));
        assert_true(drop == TACET_DROP_AUTH || drop == TACET_DROP_MALFORMED);
        begin_again();
    }
    genuine_resp_still_passes();
}

static void policy_forbids_to_dial_a_stranger(void **state)
{
    static const struct {
        enum tacet_hint hint;
        int result;
    } rows[] = {
        { TACET_HINT_KEY, 0 },
        { TACET_HINT_NAME, TACET_ERR_TRUST },
        { TACET_HINT_NONE, TACET_ERR_TRUST },
    };

    (void)state;
    f->alice.config.policy.allow_unverified = false;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_callee who = hint_of(&f->bob, rows[i].hint);
        assert_int_equal(tacet_initiator_start(&f->initiator, &f->alice.config, &who),
                         rows[i].result);
    }
}

static void an_init_without_an_accepted_hint_is_dropped(void **state)
{
    struct tacet_callee wrong = hint_of(&f->eve, TACET_HINT_KEY);

    (void)state;
    dial(TACET_HINT_NONE); /* not open */
    assert_int_equal(give_init(f->initiator.init, TACET_INIT_SIZE, f->resp), TACET_DROP_AUTH);
    assert_int_equal(tacet_initiator_start(&f->initiator, &f->alice.config, &wrong), 0);
    assert_int_equal(give_init(f->initiator.init, TACET_INIT_SIZE, f->resp), TACET_DROP_AUTH);
    assert_int_equal(tacet_responder_count(&f->bob.responder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_man_in_the_middle_never_sees_fin),
        CASE(a_namesake_is_taken_by_name_but_stays_unverified),
        CASE(a_certificate_of_another_key_is_dropped),
        CASE(certificates_out_of_their_time_are_dropped),
        CASE(a_certificate_with_a_flipped_bit_is_dropped),
        CASE(policy_forbids_to_dial_a_stranger),
        CASE(an_init_without_an_accepted_hint_is_dropped),
    };

    return cmocka_run_group_tests(tests, handshake_group_setup, handshake_group_teardown);
}
