/*
 * What a call tells its app of refused parties: once for each, and so seldom that nobody who is
 * refused again and again takes the place of what the app must hear.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/call.h"
#include "call/handshake.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "sim/rng.h"
#include "tacet/trust.h"

#include <string.h>

#define UNIX_OFFSET_US (INT64_C(1700000000) * 1000000)
#define FLOOD 400 /* well above TACET_EVENTS_MAX */

struct fixture {
    struct tacet_rng rng;
    struct tacet_identity *identity;
    struct tacet_identity *friend; /* the one contact */
    struct tacet_trust_table *trust;
    struct tacet_call *call; /* takes pinned parties only */
    struct tacet_path path;
    int64_t now;
};

static struct fixture f;

static int setup(void **state)
{
    struct tacet_call_config config;

    (void)state;
    memset(&f, 0, sizeof(f));
    assert_int_equal(tacet_init(), 0);
    tacet_rng_seed(&f.rng, 3, 0);
    f.now = TACET_S(100);
    f.path.address = (struct tacet_address){ .family = 4, .ip = { 192, 0, 2, 9 }, .port = 5000 };
    tacet_call_config_init(&config);
    config.random = tacet_rng_random(&f.rng);
    config.unix_time_offset_us = UNIX_OFFSET_US;
    config.listen = true;
    config.open = true;
    config.require = TACET_REQUIRE_PIN;
    assert_int_equal(tacet_identity_create(&config.random, "bob", &f.identity), 0);
    assert_int_equal(tacet_identity_create(&config.random, "anna", &f.friend), 0);
    assert_int_equal(tacet_trust_create(&f.trust), 0);
    assert_int_equal(tacet_trust_pin(f.trust, "anna", f.friend->ed_public, NULL, 0, false), 0);
    config.identity = f.identity;
    config.trust = f.trust;
    assert_int_equal(tacet_call_create(&config, f.now, &f.call), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tacet_call_free(&f.call);
    tacet_trust_free(&f.trust);
    tacet_identity_free(&f.identity);
    tacet_identity_free(&f.friend);
    return 0;
}

static void configure(struct tacet_handshake_config *config, const struct tacet_identity *identity)
{
    *config = (struct tacet_handshake_config){
        .identity = identity,
        .profiles = { TACET_PROFILE_AEAD_AES_256_GCM },
        .profile_count = 1,
        .open = true,
        .policy = { .allow_unverified = true },
        .unix_now = (uint64_t)((f.now + UNIX_OFFSET_US) / 1000000),
        .random = tacet_rng_random(&f.rng),
    };
    assert_int_equal(tacet_certificate_self_sign(identity, &config->random, config->unix_now,
                                                 config->certificate, &config->certificate_size),
                     0);
}

static enum tacet_drop give(uint8_t *data, size_t size)
{
    struct tacet_packet packet = { .path = f.path, .data = data, .size = size };

    return tacet_call_handle_packet(f.call, f.now, &packet);
}

/* A whole handshake by somebody with this identity; what FIN came to. */
static enum tacet_drop call_in(const struct tacet_identity *identity)
{
    static const uint8_t commitment[TACET_SAS_COMMITMENT], call_id[TACET_CALL_ID_SIZE];
    struct tacet_handshake_config config;
    struct tacet_handshake_result result;
    struct tacet_callee who = { .hint = TACET_HINT_KEY };
    struct tacet_initiator initiator;
    struct tacet_packet resp = { 0 };
    uint8_t init[TACET_INIT_SIZE], fin[TACET_FIN_SIZE];
    bool other = false;

    configure(&config, identity);
    memcpy(who.key, f.identity->ed_public, sizeof(who.key));
    assert_int_equal(tacet_initiator_start(&initiator, &config, &who), 0);
    memcpy(init, initiator.init, sizeof(init));
    assert_int_equal(give(init, sizeof(init)), TACET_DROP_NONE);
    assert_int_equal(tacet_call_poll_packet(f.call, f.now, &resp), 1);
    assert_int_equal(tacet_initiator_consume_resp(&initiator, &config, resp.data, resp.size,
                                                  commitment, call_id, 1, fin, &result, &other),
                     TACET_DROP_NONE);
    return give(fin, sizeof(fin));
}

static void stranger_calls(void)
{
    const struct tacet_random random = tacet_rng_random(&f.rng);
    struct tacet_identity *stranger = NULL;

    assert_int_equal(tacet_identity_create(&random, "anna", &stranger), 0);
    assert_int_equal(call_in(stranger), TACET_DROP_AUTH);
    tacet_identity_free(&stranger);
    f.now += TACET_MS(100); /* below the rate from which paths must be proven */
}

/* Polls all; how many of this type there were. */
static unsigned poll_all(enum tacet_event_type type)
{
    struct tacet_event event;
    unsigned count = 0;

    while (tacet_call_poll_event(f.call, &event) == 1) {
        count += event.type == type;
    }
    return count;
}

static void a_flood_of_refused_callers_hides_no_call(void **state)
{
    (void)state;
    for (int i = 0; i < FLOOD; i++) {
        stranger_calls();
    }
    assert_in_range(tacet_events_waiting(&f.call->events, TACET_EVENT_TRUST, TACET_NO_PEER), 1,
                    TACET_REFUSALS_MAX);
    assert_int_equal(call_in(f.friend), TACET_DROP_NONE);
    assert_int_equal(poll_all(TACET_EVENT_INCOMING), 1);
}

static void refusals_are_told_at_a_bounded_rate(void **state)
{
    unsigned told = 0;

    (void)state;
    for (int i = 0; i < FLOOD; i++) {
        stranger_calls();
        told += poll_all(TACET_EVENT_TRUST);
    }
    /* 40 s of them, and each is told at once as long as there are few */
    assert_in_range(told, 4 * TACET_REFUSALS_MAX, 5 * TACET_REFUSALS_MAX);
    f.now += TACET_REFUSALS_US;
    stranger_calls();
    assert_int_equal(poll_all(TACET_EVENT_TRUST), 1);
}

/* Whoever sees the INIT of a call to nobody in particular can answer it as anybody. */
static void answer_wrongly(const uint8_t init[TACET_INIT_SIZE], int times)
{
    const struct tacet_random random = tacet_rng_random(&f.rng);

    for (int i = 0; i < times; i++) {
        struct tacet_identity *stranger = NULL;
        struct tacet_handshake_config config;
        struct tacet_responder responder;
        uint8_t resp[TACET_RESP_SIZE];
        size_t size = 0;

        assert_int_equal(tacet_identity_create(&random, "mallory", &stranger), 0);
        assert_int_equal(tacet_responder_create(&responder), 0);
        configure(&config, stranger);
        assert_int_equal(tacet_responder_consume_init(&responder, &config, f.now, &f.path, init,
                                                      TACET_INIT_SIZE, resp, &size),
                         TACET_DROP_NONE);
        assert_int_equal(give(resp, size), TACET_DROP_AUTH);
        tacet_responder_free(&responder);
        tacet_identity_free(&stranger);
        f.now += TACET_MS(20);
    }
}

static void a_flood_of_wrong_answers_hides_nothing_either(void **state)
{
    struct tacet_callee who = { .hint = TACET_HINT_NONE };
    struct tacet_packet packet = { 0 };
    uint8_t init[TACET_INIT_SIZE];
    uint32_t peer;

    (void)state;
    assert_int_equal(tacet_call_dial(f.call, f.now, &who, &f.path, 1, &peer), 0);
    assert_int_equal(tacet_call_poll_packet(f.call, f.now, &packet), 1);
    memcpy(init, packet.data, sizeof(init));
    answer_wrongly(init, FLOOD);
    assert_in_range(tacet_events_waiting(&f.call->events, TACET_EVENT_TRUST, peer), 1,
                    TACET_REFUSALS_MAX);
    f.now += TACET_S(3);
    assert_int_equal(poll_all(TACET_EVENT_TRUST), TACET_REFUSALS_MAX);
    answer_wrongly(init, TACET_REFUSALS_MAX);
    assert_int_equal(tacet_events_waiting(&f.call->events, TACET_EVENT_TRUST, peer),
                     TACET_REFUSALS_MAX);
    /* Refused callers have a budget of their own: neither hides the other. */
    stranger_calls();
    assert_int_equal(tacet_events_waiting(&f.call->events, TACET_EVENT_TRUST, TACET_NO_PEER), 1);
    assert_int_equal(call_in(f.friend), TACET_DROP_NONE);
    assert_int_equal(poll_all(TACET_EVENT_INCOMING), 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_flood_of_refused_callers_hides_no_call),
        CASE(refusals_are_told_at_a_bounded_rate),
        CASE(a_flood_of_wrong_answers_hides_nothing_either),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
