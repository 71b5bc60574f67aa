/*
 * INIT, RESP and FIN between two parties, and protocol.md section 10, groups 1 to 6, as far as no
 * call object is needed. Most rows have one form: something hostile comes first and must change
 * nothing, then the genuine message must still do its work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "call/demux.h"
#include "call/handshake.h"
#include "call/handshake_layout.h"
#include "sim/rng.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define UNIX_NOW UINT64_C(1800000000)

struct party {
    struct tacet_identity *identity;
    struct tacet_handshake_config config;
    struct tacet_responder responder;
};

struct fixture {
    struct tacet_rng rng;
    struct party alice; /* calls */
    struct party bob;   /* is called */
    struct party eve;
    struct tacet_path path; /* alice's, as bob sees it */
    struct tacet_initiator initiator;
    int64_t now;
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin[TACET_FIN_SIZE];
    uint8_t commitment[TACET_SAS_COMMITMENT];
    uint8_t call_id[TACET_CALL_ID_SIZE];
    struct tacet_handshake_result of_alice;
    struct tacet_handshake_result of_bob;
    uint32_t index;
    bool other;
};

static struct fixture *f;

static void certify(struct party *p, uint64_t unix_now)
{
    assert_int_equal(tacet_certificate_self_sign(p->identity, &p->config.random, unix_now,
                                                 p->config.certificate,
                                                 &p->config.certificate_size),
                     0);
}

static void make_party(struct party *p, const char *name)
{
    p->config.random = tacet_rng_random(&f->rng);
    assert_int_equal(tacet_identity_create(&p->config.random, name, &p->identity), 0);
    p->config.identity = p->identity;
    p->config.profiles[0] = TACET_PROFILE_AEAD_AES_256_GCM;
    p->config.profiles[1] = TACET_PROFILE_AEAD_AES_128_GCM;
    p->config.profile_count = 2;
    p->config.allow_unverified = true;
    p->config.unix_now = UNIX_NOW;
    certify(p, UNIX_NOW);
    assert_int_equal(tacet_responder_create(&p->responder), 0);
}

static int setup(void **state)
{
    (void)state;
    memset(f, 0, sizeof(*f));
    tacet_rng_seed(&f->rng, 1, 0);
    make_party(&f->alice, "alice");
    make_party(&f->bob, "bob");
    make_party(&f->eve, "eve");
    f->path.address = (struct tacet_address){ .family = 4, .ip = { 192, 0, 2, 1 }, .port = 5000 };
    f->now = TACET_S(100);
    memset(f->commitment, 0xc0, sizeof(f->commitment));
    memset(f->call_id, 0x1d, sizeof(f->call_id));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tacet_identity_free(&f->alice.identity);
    tacet_identity_free(&f->bob.identity);
    tacet_identity_free(&f->eve.identity);
    tacet_responder_free(&f->alice.responder);
    tacet_responder_free(&f->bob.responder);
    tacet_responder_free(&f->eve.responder);
    return 0;
}

/* --- steps --- */

static struct tacet_callee hint_of(const struct party *p, enum tacet_hint hint)
{
    struct tacet_callee who = { .hint = hint };

    if (hint == TACET_HINT_KEY) {
        memcpy(who.key, p->identity->ed_public, sizeof(who.key));
    } else if (hint == TACET_HINT_NAME) {
        memcpy(who.name, p->identity->name, sizeof(who.name));
    }
    return who;
}

static void dial(enum tacet_hint hint)
{
    struct tacet_callee who = hint_of(&f->bob, hint);

    assert_int_equal(tacet_initiator_start(&f->initiator, &f->alice.config, &who), 0);
}

static enum tacet_drop give_init(const uint8_t *packet, size_t size, uint8_t *resp)
{
    return tacet_responder_consume_init(&f->bob.responder, &f->bob.config, f->now, &f->path, packet,
                                        size, resp);
}

static enum tacet_drop give_resp(const uint8_t *packet, size_t size)
{
    return tacet_initiator_consume_resp(&f->initiator, &f->alice.config, packet, size,
                                        f->commitment, f->call_id, 0x0003, f->fin, &f->of_alice,
                                        &f->other);
}

static enum tacet_drop give_fin(const uint8_t *packet, size_t size)
{
    return tacet_responder_consume_fin(&f->bob.responder, &f->bob.config, f->now, &f->path, packet,
                                       size, &f->of_bob, &f->index);
}

static void init_passes(void)
{
    assert_int_equal(give_init(f->initiator.init, TACET_INIT_SIZE, f->resp), TACET_DROP_NONE);
}

static void resp_passes(void)
{
    f->other = false;
    assert_int_equal(give_resp(f->resp, TACET_RESP_SIZE), TACET_DROP_NONE);
    assert_false(f->other);
}

static void fin_passes(void)
{
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_NONE);
    assert_int_equal(f->index, f->of_bob.index_local);
}

static void both_agree(void)
{
    assert_memory_equal(f->of_alice.exporter, f->of_bob.exporter, 64);
    assert_memory_equal(f->of_alice.h, f->of_bob.h, 64);
    assert_false(sodium_is_zero(f->of_bob.exporter, 64));
    assert_int_equal(f->of_alice.profile, f->of_bob.profile);
    assert_int_equal(f->of_alice.index_local, f->of_bob.index_remote);
    assert_int_equal(f->of_alice.index_remote, f->of_bob.index_local);
    assert_memory_equal(f->of_bob.commitment, f->commitment, sizeof(f->commitment));
    assert_memory_equal(f->of_bob.call_id, f->call_id, sizeof(f->call_id));
    assert_int_equal(f->of_bob.media_bits, 0x0003);
    assert_memory_equal(f->of_alice.peer.key, f->bob.identity->ed_public, 32);
    assert_memory_equal(f->of_bob.peer.key, f->alice.identity->ed_public, 32);
    assert_string_equal(f->of_alice.peer.name, "bob");
    assert_string_equal(f->of_bob.peer.name, "alice");
    assert_int_equal(f->of_bob.peer.trust, TACET_TRUST_UNVERIFIED);
}

/* --- the ordinary case --- */

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
        assert_int_equal(tacet_responder_count(&f->bob.responder), 0);
    }
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(both_sides_agree_for_every_hint),
    };

    f = calloc(1, sizeof(*f));
    if (f == NULL || sodium_init() < 0) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(f);
    return failed;
}
