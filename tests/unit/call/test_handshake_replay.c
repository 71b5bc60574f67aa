/* Messages of another call, of another path, and one's own (protocol.md section 10, group 6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "handshake_parties.h"

#include "call/half_open.h"

#include <string.h>

static void an_identical_init_draws_the_same_resp(void **state)
{
    uint8_t again[TACET_RESP_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    assert_int_equal(give_init(f->initiator.init, TACET_INIT_SIZE, again), TACET_DROP_NONE);
    assert_memory_equal(again, f->resp, sizeof(again));
    assert_int_equal(tacet_responder_count(&f->bob.responder), 1);
    /* From another path it is another handshake. */
    f->path.address.port++;
    assert_int_equal(give_init(f->initiator.init, TACET_INIT_SIZE, again), TACET_DROP_NONE);
    assert_memory_not_equal(again, f->resp, sizeof(again));
    assert_int_equal(tacet_responder_count(&f->bob.responder), 2);
    f->path.address.port--;
    genuine_resp_still_passes();
}

static void a_replayed_call_does_not_ring(void **state)
{
    uint8_t init[TACET_INIT_SIZE];
    uint8_t again[TACET_RESP_SIZE];
    struct tacet_handshake_result before;

    (void)state;
    dial(TACET_HINT_KEY);
    memcpy(init, f->initiator.init, sizeof(init));
    genuine_init_still_passes();
    before = f->of_bob;
    f->index = 0;
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_REPLAY);
    assert_int_equal(f->index, before.index_local);
    assert_int_equal(give_init(init, sizeof(init), again), TACET_DROP_NONE);
    assert_memory_equal(again, f->resp, sizeof(again));
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_REPLAY);
    /* Changed, it is not even a replay. */
    f->fin[TACET_FIN_PAYLOAD] ^= 1;
    renew_mac1(f->fin, TACET_FIN_MAC1);
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_AUTH);
    f->fin[TACET_FIN_PAYLOAD] ^= 1;
    renew_mac1(f->fin, TACET_FIN_MAC1);
    /* Long after, INIT draws a RESP with another ephemeral, to which the old FIN does not fit. */
    f->now += TACET_HALF_OPEN_TIMEOUT_US;
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_UNKNOWN);
    assert_int_equal(give_init(init, sizeof(init), again), TACET_DROP_NONE);
    assert_memory_not_equal(again, f->resp, sizeof(again));
    memcpy(f->fin + 4, again + 4, 4);
    renew_mac1(f->fin, TACET_FIN_MAC1);
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_AUTH);
    assert_memory_equal(&before, &f->of_bob, sizeof(before));
}

static void fin_of_one_call_does_not_fit_another(void **state)
{
    struct tacet_initiator first;
    uint8_t first_resp[TACET_RESP_SIZE];
    uint8_t moved[TACET_FIN_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    first = f->initiator;
    memcpy(first_resp, f->resp, sizeof(first_resp));
    dial(TACET_HINT_KEY);
    init_passes();
    /* RESP of the first call into the second */
    resp_is_dropped(first_resp, TACET_DROP_UNKNOWN, false);
    memcpy(first_resp + 8, f->resp + 8, 4);
    renew_mac1(first_resp, TACET_RESP_MAC1);
    resp_is_dropped(first_resp, TACET_DROP_AUTH, false);
    resp_passes();
    /* FIN of the second into the first */
    memcpy(moved, f->fin, sizeof(moved));
    memcpy(moved + 4, first_resp + 4, 4);
    assert_int_equal(give_fin(moved, sizeof(moved)), TACET_DROP_AUTH);
    renew_mac1(moved, TACET_FIN_MAC1);
    assert_int_equal(give_fin(moved, sizeof(moved)), TACET_DROP_AUTH);
    genuine_fin_still_passes();
    /* and the first still comes to its end */
    f->initiator = first;
    f->now += 1;
    init_passes();
    genuine_resp_still_passes();
}

static void fin_from_another_path_is_dropped(void **state)
{
    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    resp_passes();
    f->path.address.port++;
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_UNKNOWN);
    f->path.address.port--;
    f->path.member = 1;
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_UNKNOWN);
    f->path.member = 0;
    genuine_fin_still_passes();
}

static void our_own_messages_reflected_are_dropped(void **state)
{
    size_t size;
    uint8_t packet[TACET_INIT_SIZE];
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t fin[TACET_FIN_SIZE];

    (void)state;
    /* INIT back to who sent it: another hint. With none, she answers, but not to herself. */
    dial(TACET_HINT_KEY);
    assert_int_equal(tacet_responder_consume_init(&f->alice.responder, &f->alice.config, f->now,
                                                  &f->path, f->initiator.init, TACET_INIT_SIZE,
                                                  resp, &size),
                     TACET_DROP_AUTH);
    f->alice.config.open = f->bob.config.open = true;
    dial(TACET_HINT_NONE);
    assert_int_equal(tacet_responder_consume_init(&f->alice.responder, &f->alice.config, f->now,
                                                  &f->path, f->initiator.init, TACET_INIT_SIZE,
                                                  resp, &size),
                     TACET_DROP_NONE);
    resp_is_dropped(resp, TACET_DROP_STATE, false);
    genuine_init_still_passes();

    /* INIT with the responder's own ephemeral or static */
    dial(TACET_HINT_KEY);
    init_passes();
    memcpy(packet, f->initiator.init, sizeof(packet));
    memcpy(packet + TACET_INIT_E, f->resp + TACET_RESP_E, 32);
    renew_mac1(packet, TACET_INIT_MAC1);
    assert_int_equal(give_init(packet, sizeof(packet), resp), TACET_DROP_STATE);
    memcpy(packet + TACET_INIT_E, f->bob.identity->x_public, 32);
    renew_mac1(packet, TACET_INIT_MAC1);
    assert_int_equal(give_init(packet, sizeof(packet), resp), TACET_DROP_STATE);

    /* RESP with the initiator's own ephemeral, static or identity */
    memcpy(resp, f->resp, sizeof(resp));
    memcpy(resp + TACET_RESP_E, f->initiator.init + TACET_INIT_E, 32);
    renew_mac1(resp, TACET_RESP_MAC1);
    resp_is_dropped(resp, TACET_DROP_STATE, false);
    plain_choice(&f->alice, TACET_PROFILE_AEAD_AES_256_GCM, 0, plain);
    craft_resp(&f->alice, f->alice.identity->x_public, plain, resp);
    resp_is_dropped(resp, TACET_DROP_STATE, false);

    /* FIN with the responder's own static */
    plain_opening(&f->bob, plain);
    craft_fin(&f->bob, f->bob.identity->x_public, plain, fin);
    fin_is_refused(fin, TACET_DROP_STATE);

    /* RESP where INIT is awaited, and the other way round */
    assert_int_equal(give_init(f->resp, TACET_RESP_SIZE, resp), TACET_DROP_MALFORMED);
    resp_is_dropped(f->initiator.init, TACET_DROP_MALFORMED, false);
    genuine_resp_still_passes();
}

/* The same identity under a fresh X25519 key: only the certificate tells. */
static void our_own_identity_under_another_key_is_dropped(void **state)
{
    struct tacet_identity other;
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin[TACET_FIN_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    other = *f->alice.identity;
    memset(other.x_secret, 0x42, sizeof(other.x_secret));
    tacet_noise_public(other.x_secret, other.x_public);
    struct party twin = f->alice;
    twin.identity = &other;
    certify(&twin, UNIX_NOW);
    plain_choice(&twin, TACET_PROFILE_AEAD_AES_256_GCM, 0, plain);
    craft_resp(&twin, other.x_public, plain, resp);
    resp_is_dropped(resp, TACET_DROP_STATE, false);

    other = *f->bob.identity;
    memset(other.x_secret, 0x43, sizeof(other.x_secret));
    tacet_noise_public(other.x_secret, other.x_public);
    twin = f->bob;
    twin.identity = &other;
    certify(&twin, UNIX_NOW);
    plain_opening(&twin, plain);
    craft_fin(&twin, other.x_public, plain, fin);
    fin_is_refused(fin, TACET_DROP_STATE);
    genuine_resp_still_passes();
}

/* The same Noise key under another identity: only the key itself tells. */
static void our_own_static_under_another_identity_is_dropped(void **state)
{
    struct tacet_identity other = *f->eve.identity;
    struct party twin = f->eve;
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin[TACET_FIN_SIZE];

    (void)state;
    f->bob.config.open = true;
    twin.identity = &other;
    dial(TACET_HINT_NONE);
    init_passes();
    memcpy(other.x_secret, f->alice.identity->x_secret, sizeof(other.x_secret));
    memcpy(other.x_public, f->alice.identity->x_public, sizeof(other.x_public));
    certify(&twin, UNIX_NOW);
    plain_choice(&twin, TACET_PROFILE_AEAD_AES_256_GCM, 0, plain);
    craft_resp(&twin, other.x_public, plain, resp);
    resp_is_dropped(resp, TACET_DROP_STATE, false);

    memcpy(other.x_secret, f->bob.identity->x_secret, sizeof(other.x_secret));
    memcpy(other.x_public, f->bob.identity->x_public, sizeof(other.x_public));
    certify(&twin, UNIX_NOW);
    plain_opening(&twin, plain);
    craft_fin(&twin, other.x_public, plain, fin);
    fin_is_refused(fin, TACET_DROP_STATE);
    genuine_resp_still_passes();
}

static void a_forged_resp_ahead_of_the_genuine_one_ends_nothing(void **state)
{
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t resp[TACET_RESP_SIZE];

    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    memset(resp, 0x55, sizeof(resp));
    resp_is_dropped(resp, TACET_DROP_AUTH, false);
    memcpy(resp, f->resp, 12);
    memset(resp + TACET_RESP_ZERO, 0, TACET_RESP_SIZE - TACET_RESP_ZERO);
    renew_mac1(resp, TACET_RESP_MAC1);
    resp_is_dropped(resp, TACET_DROP_AUTH, false);
    plain_choice(&f->eve, TACET_PROFILE_AEAD_AES_256_GCM, 0, plain);
    craft_resp(&f->eve, f->eve.identity->x_public, plain, resp);
    resp_is_dropped(resp, TACET_DROP_AUTH, true);
    genuine_resp_still_passes();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_identical_init_draws_the_same_resp),
        CASE(a_replayed_call_does_not_ring),
        CASE(fin_of_one_call_does_not_fit_another),
        CASE(fin_from_another_path_is_dropped),
        CASE(our_own_messages_reflected_are_dropped),
        CASE(our_own_identity_under_another_key_is_dropped),
        CASE(our_own_static_under_another_identity_is_dropped),
        CASE(a_forged_resp_ahead_of_the_genuine_one_ends_nothing),
    };

    return cmocka_run_group_tests(tests, handshake_group_setup, handshake_group_teardown);
}
