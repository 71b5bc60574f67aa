/*
 * COOKIE (protocol.md section 3 and section 10, group 7): when it is asked for, what it proves, for
 * how long, and that one who asks for it draws no more than one INIT by it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/demux.h"
#include "call/half_open.h"
#include "call/handshake_layout.h"
#include "sim/rng.h"

#include <sodium.h>
#include <string.h>

struct world {
    struct tacet_rng rng;
    struct tacet_identity *identity[2]; /* who calls, who is called */
    struct tacet_handshake_config config[2];
    struct tacet_responder responder;
    struct tacet_initiator initiator;
    struct tacet_path path;
    int64_t now;
    uint8_t init[TACET_INIT_SIZE];
    uint8_t reply[TACET_RESP_SIZE];
    size_t reply_size;
};

static int setup(void **state)
{
    static struct world world;
    struct world *w = &world;

    memset(w, 0, sizeof(*w));
    if (sodium_init() < 0) {
        return -1;
    }
    tacet_rng_seed(&w->rng, 7, 0);
    for (int i = 0; i < 2; i++) {
        struct tacet_handshake_config *c = &w->config[i];
        c->random = tacet_rng_random(&w->rng);
        assert_int_equal(tacet_identity_create(&c->random, i == 0 ? "ann" : "bob", &w->identity[i]),
                         0);
        c->identity = w->identity[i];
        c->profiles[0] = TACET_PROFILE_AEAD_AES_256_GCM;
        c->profile_count = 1;
        c->unix_now = 1800000000;
        assert_int_equal(tacet_certificate_self_sign(c->identity, &c->random, c->unix_now,
                                                     c->certificate, &c->certificate_size),
                         0);
    }
    assert_int_equal(tacet_responder_create(&w->responder), 0);
    w->path.address = (struct tacet_address){ .family = 4, .ip = { 192, 0, 2, 1 }, .port = 5000 };
    w->now = TACET_S(1000);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    tacet_responder_free(&w->responder);
    tacet_identity_free(&w->identity[0]);
    tacet_identity_free(&w->identity[1]);
    return 0;
}

/* A new INIT, mac2 zero. */
static void dial(struct world *w)
{
    struct tacet_callee who = { .hint = TACET_HINT_KEY };

    memcpy(who.key, w->identity[1]->ed_public, sizeof(who.key));
    assert_int_equal(tacet_initiator_start(&w->initiator, &w->config[0], &who), 0);
    memcpy(w->init, w->initiator.init, sizeof(w->init));
}

static enum tacet_drop give(struct world *w)
{
    enum tacet_drop drop =
        tacet_responder_consume_init(&w->responder, &w->config[1], w->now, &w->path, w->init,
                                     sizeof(w->init), w->reply, &w->reply_size);

    assert_in_range(w->reply_size, 0, sizeof(w->init)); /* never more than came */
    return drop;
}

/* Both ways of being answered, and of not being. */
static void is_served(struct world *w)
{
    assert_int_equal(give(w), TACET_DROP_NONE);
    assert_int_equal(w->reply_size, TACET_RESP_SIZE);
    assert_int_equal(w->reply[0], TACET_PACKET_RESP);
}

static void is_asked(struct world *w)
{
    size_t count = tacet_responder_count(&w->responder);

    assert_int_equal(give(w), TACET_DROP_RATE);
    assert_int_equal(w->reply_size, TACET_COOKIE_SIZE);
    assert_int_equal(w->reply[0], TACET_PACKET_COOKIE);
    assert_int_equal(tacet_responder_count(&w->responder), count);
}

/* Takes the COOKIE just received into the INIT. */
static void take(struct world *w)
{
    struct tacet_cookie_answer answer = { .waiting = true };

    assert_int_equal(tacet_cookie_consume(&answer, &w->initiator, w->reply, w->reply_size),
                     TACET_DROP_NONE);
    assert_false(answer.waiting);
    memcpy(w->init + TACET_INIT_MAC2, answer.mac2, TACET_MAC_SIZE);
}

static void set_source(struct world *w, size_t k)
{
    w->path.address.ip[0] = 10;
    w->path.address.ip[2] = (uint8_t)(k >> 8);
    w->path.address.ip[3] = (uint8_t)k;
}

/* Handshakes that nobody goes on with, slow enough to be no high rate. */
static void fill(struct world *w, size_t count)
{
    struct tacet_path path = w->path;

    for (size_t k = 0; k < count; k++) {
        set_source(w, k);
        dial(w);
        is_served(w);
        w->now += TACET_MS(100);
    }
    w->path = path;
}

static void load(struct world *w)
{
    fill(w, TACET_HALF_OPEN_LOAD);
}

/* --- when it is asked for --- */

static void half_open_handshakes_make_an_init_prove_its_path(void **state)
{
    struct world *w = *state;

    fill(w, TACET_HALF_OPEN_LOAD - 1);
    dial(w);
    is_served(w);
    dial(w);
    is_asked(w);
    take(w);
    is_served(w);
    assert_int_equal(tacet_responder_count(&w->responder), TACET_HALF_OPEN_LOAD + 1);
    w->now += TACET_HALF_OPEN_TIMEOUT_US;
    dial(w);
    is_served(w);
}

static void a_high_rate_makes_an_init_prove_its_path(void **state)
{
    struct world *w = *state;
    int64_t begin = w->now;

    for (size_t k = 0; k < TACET_INIT_RATE_MAX; k++) {
        set_source(w, k);
        dial(w);
        is_served(w);
        w->now += TACET_MS(10);
    }
    /* The twenty before it came within the second, until the first of them is older. */
    w->now = begin + TACET_S(1) - 1;
    dial(w);
    is_asked(w);
    take(w);
    is_served(w);
    w->now = begin + TACET_S(3);
    dial(w);
    is_served(w);
}

static void a_mac2_that_fits_nothing_draws_a_cookie_at_any_load(void **state)
{
    struct world *w = *state;

    dial(w);
    for (size_t bit = 0; bit < TACET_MAC_SIZE * 8; bit++) {
        w->init[TACET_INIT_MAC2 + bit / 8] = (uint8_t)(1 << bit % 8);
        is_asked(w);
        memset(w->init + TACET_INIT_MAC2, 0, TACET_MAC_SIZE);
        w->now += TACET_MS(100);
    }
    /* And what it draws is right. */
    w->init[TACET_INIT_MAC2] = 1;
    is_asked(w);
    take(w);
    is_served(w);
}

static void who_knows_no_hint_draws_nothing(void **state)
{
    struct world *w = *state;

    load(w);
    for (size_t bit = 0; bit < TACET_INIT_MAC2 * 8; bit += 7) {
        dial(w);
        w->init[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(give(w), TACET_DROP_AUTH);
        assert_int_equal(w->reply_size, 0);
    }
    /* Nor does one who knows it and writes nonsense. */
    dial(w);
    w->init[1] = 2;
    tacet_mac(w->initiator.mac1_key, w->init, TACET_INIT_MAC1, w->init + TACET_INIT_MAC1);
    assert_int_equal(give(w), TACET_DROP_MALFORMED);
    assert_int_equal(w->reply_size, 0);
}

static void an_identical_init_draws_the_cached_resp_at_any_load(void **state)
{
    struct world *w = *state;
    uint8_t first[TACET_RESP_SIZE];
    uint8_t init[TACET_INIT_SIZE];

    dial(w);
    is_served(w);
    memcpy(first, w->reply, sizeof(first));
    memcpy(init, w->init, sizeof(init));
    fill(w, TACET_HALF_OPEN_LOAD - 1);
    for (int mac2 = 0; mac2 < 2; mac2++) {
        memcpy(w->init, init, sizeof(init));
        w->init[TACET_INIT_MAC2] = (uint8_t)mac2;
        is_served(w);
        assert_memory_equal(w->reply, first, sizeof(first));
    }
    w->path.address.port++; /* another path: not identical */
    is_asked(w);
}

/* --- what it proves --- */

static void a_cookie_is_good_at_its_path_only(void **state)
{
    struct world *w = *state;
    struct tacet_path genuine;

    load(w);
    genuine = w->path;
    dial(w);
    is_asked(w);
    take(w);
    w->path.address.port++;
    is_asked(w);
    w->path = genuine;
    w->path.address.ip[3]++;
    is_asked(w);
    w->path = genuine;
    w->path.address.scope_id = 1;
    is_asked(w);
    w->path = genuine;
    w->path.address.family = 6;
    is_asked(w);
    w->path = genuine;
    w->path.transport = 1;
    is_asked(w);
    w->path = genuine;
    w->path.member = 1;
    is_asked(w);
    w->path = genuine;
    is_served(w);
}

static void a_mac2_is_good_for_its_init_only(void **state)
{
    struct world *w = *state;
    uint8_t mac2[TACET_MAC_SIZE];

    load(w);
    dial(w);
    is_asked(w);
    take(w);
    memcpy(mac2, w->init + TACET_INIT_MAC2, sizeof(mac2));
    dial(w);
    memcpy(w->init + TACET_INIT_MAC2, mac2, sizeof(mac2));
    is_asked(w);
}

static void a_cookie_ages_with_the_secret(void **state)
{
    static const struct {
        int64_t used_after_us; /* since the secret was drawn */
        int64_t between_us;    /* somebody else's INIT in between; 0: none */
        bool good;
    } rows[] = {
        { 0, 0, true },
        { TACET_S(119), 0, true },
        { TACET_S(120), 0, true }, /* the last secret */
        { TACET_S(239), TACET_S(121), true },
        { TACET_S(239), 0, true },
        { TACET_S(240), TACET_S(121), false },
        { TACET_S(240), 0, false },
        { TACET_S(1000), 0, false },
        { TACET_S(500), TACET_S(239), false },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(teardown(state), 0);
        assert_int_equal(setup(state), 0);
        struct world *w = *state;
        uint8_t ours[TACET_INIT_SIZE];
        int64_t begin = w->now;
        dial(w);
        w->init[TACET_INIT_MAC2] = 1;
        is_asked(w);
        take(w);
        memcpy(ours, w->init, sizeof(ours));
        if (rows[i].between_us > 0) {
            w->now = begin + rows[i].between_us;
            dial(w);
            w->init[TACET_INIT_MAC2] = 1;
            is_asked(w);
        }
        w->now = begin + rows[i].used_after_us;
        memcpy(w->init, ours, sizeof(ours));
        if (rows[i].good) {
            is_served(w);
        } else {
            is_asked(w);
        }
    }
}

/* Whoever forges a victim's address fills the victim's four places; who is there takes them. */
static void places_taken_in_anothers_name_go_to_who_proves_to_be_there(void **state)
{
    struct world *w = *state;

    for (int k = 0; k < TACET_HALF_OPEN_SOURCE_MAX; k++) {
        dial(w);
        is_served(w);
        w->now += TACET_MS(100);
    }
    for (int k = 0; k < TACET_HALF_OPEN_SOURCE_MAX; k++) {
        dial(w);
        is_asked(w);
        take(w);
        is_served(w);
        assert_int_equal(tacet_responder_count(&w->responder), TACET_HALF_OPEN_SOURCE_MAX);
        w->now += TACET_MS(100);
    }
    /* All proven now: four are enough for anybody. */
    dial(w);
    is_asked(w);
    take(w);
    assert_int_equal(give(w), TACET_DROP_RATE);
    assert_int_equal(w->reply_size, 0);
}

/* A proven path is no proof of anything else: what is dropped in the end takes no place. */
static void a_proven_init_with_a_bad_point_takes_no_place(void **state)
{
    struct world *w = *state;
    struct tacet_half_open before[TACET_HALF_OPEN_SOURCE_MAX];

    for (int k = 0; k < TACET_HALF_OPEN_SOURCE_MAX; k++) {
        dial(w);
        is_served(w);
        w->now += TACET_MS(100);
    }
    memcpy(before, w->responder.entries, sizeof(before));
    dial(w);
    memset(w->init + TACET_INIT_E, 0, TACET_NOISE_KEY); /* of small order */
    tacet_mac(w->initiator.mac1_key, w->init, TACET_INIT_MAC1, w->init + TACET_INIT_MAC1);
    memcpy(w->initiator.init, w->init, sizeof(w->init));
    is_asked(w);
    take(w);
    assert_int_equal(give(w), TACET_DROP_AUTH);
    assert_memory_equal(w->responder.entries, before, sizeof(before));
}

/* A hundred sources that prove their paths fill the table. One handshake more is served to who has
 * none, and lives through all that they do further, none of which costs a Diffie-Hellman. */
static void a_full_table_is_shared_by_its_sources(void **state)
{
    struct world *w = *state;
    struct tacet_path ours = w->path;
    struct tacet_path other = w->path;
    uint32_t served = 0;

    for (int turn = 0; turn < 40; turn++) {
        for (size_t k = 0; k < 100; k++) {
            w->path = other;
            set_source(w, k);
            dial(w);
            if (give(w) == TACET_DROP_RATE && w->reply_size == TACET_COOKIE_SIZE) {
                take(w);
                (void)give(w);
            }
            served += w->reply_size == TACET_RESP_SIZE ? 1 : 0;
            assert_in_range(tacet_responder_count(&w->responder), 0, TACET_HALF_OPEN_MAX);
        }
        if (turn == 20) {
            assert_int_equal(tacet_responder_count(&w->responder), TACET_HALF_OPEN_MAX);
            w->path = ours;
            dial(w);
            is_asked(w);
            take(w);
            is_served(w);
        }
    }
    assert_in_range(served, TACET_HALF_OPEN_MAX, TACET_HALF_OPEN_MAX + 200);
    w->path = ours;
    assert_int_equal(w->reply_size, 0);
    uint32_t index = 0;
    for (size_t i = 0; i < TACET_HALF_OPEN_MAX; i++) {
        index += tacet_path_equal(&w->responder.entries[i].path, &ours) ? 1 : 0;
    }
    assert_int_equal(index, 1);
}

/* --- the initiator --- */

static void only_the_cookie_for_the_last_init_is_taken(void **state)
{
    struct world *w = *state;
    struct tacet_cookie_answer answer = { .waiting = true };
    struct tacet_cookie_answer before = answer;
    uint8_t cookie[TACET_COOKIE_SIZE + 1] = { 0 };

    load(w);
    dial(w);
    is_asked(w);
    memcpy(cookie, w->reply, TACET_COOKIE_SIZE);
    for (size_t size = 0; size <= sizeof(cookie); size++) {
        if (size != TACET_COOKIE_SIZE) {
            assert_int_equal(tacet_cookie_consume(&answer, &w->initiator, cookie, size),
                             TACET_DROP_SHORT);
        }
    }
    for (size_t bit = 0; bit < (size_t)TACET_COOKIE_SIZE * 8; bit++) {
        cookie[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(tacet_cookie_consume(&answer, &w->initiator, cookie, TACET_COOKIE_SIZE),
                         bit < 32   ? TACET_DROP_MALFORMED
                         : bit < 64 ? TACET_DROP_UNKNOWN
                                    : TACET_DROP_AUTH);
        cookie[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_memory_equal(&answer, &before, sizeof(answer));
    }
    /* The same index, but another INIT: the cookie is bound to mac1. */
    struct tacet_initiator other = w->initiator;
    other.init[TACET_INIT_MAC1] ^= 1;
    assert_int_equal(tacet_cookie_consume(&answer, &other, cookie, TACET_COOKIE_SIZE),
                     TACET_DROP_AUTH);
    /* Another hint: another key. */
    other = w->initiator;
    other.hint.key[0] ^= 1;
    assert_int_equal(tacet_cookie_consume(&answer, &other, cookie, TACET_COOKIE_SIZE),
                     TACET_DROP_AUTH);
    assert_int_equal(tacet_cookie_consume(&answer, &w->initiator, cookie, TACET_COOKIE_SIZE),
                     TACET_DROP_NONE);
    assert_int_equal(tacet_cookie_consume(&answer, &w->initiator, cookie, TACET_COOKIE_SIZE),
                     TACET_DROP_STATE);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(half_open_handshakes_make_an_init_prove_its_path),
        CASE(a_high_rate_makes_an_init_prove_its_path),
        CASE(a_mac2_that_fits_nothing_draws_a_cookie_at_any_load),
        CASE(who_knows_no_hint_draws_nothing),
        CASE(an_identical_init_draws_the_cached_resp_at_any_load),
        CASE(a_cookie_is_good_at_its_path_only),
        CASE(a_mac2_is_good_for_its_init_only),
        CASE(a_cookie_ages_with_the_secret),
        CASE(places_taken_in_anothers_name_go_to_who_proves_to_be_there),
        CASE(a_proven_init_with_a_bad_point_takes_no_place),
        CASE(a_full_table_is_shared_by_its_sources),
        CASE(only_the_cookie_for_the_last_init_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
