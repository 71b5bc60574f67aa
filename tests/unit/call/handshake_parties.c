/* See handshake_parties.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "handshake_parties.h"

#include "call/demux.h"
#include "call/half_open.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct fixture *f;

int handshake_group_setup(void **state)
{
    (void)state;
    f = calloc(1, sizeof(*f));
    return f == NULL || sodium_init() < 0;
}

int handshake_group_teardown(void **state)
{
    (void)state;
    free(f);
    return 0;
}

void certify(struct party *p, uint64_t unix_now)
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
    p->config.policy.allow_unverified = true;
    p->config.unix_now = UNIX_NOW;
    certify(p, UNIX_NOW);
    assert_int_equal(tacet_responder_create(&p->responder), 0);
}

int handshake_setup(void **state)
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

int handshake_teardown(void **state)
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

struct tacet_callee hint_of(const struct party *p, enum tacet_hint hint)
{
    struct tacet_callee who = { .hint = hint };

    if (hint == TACET_HINT_KEY) {
        memcpy(who.key, p->identity->ed_public, sizeof(who.key));
    } else if (hint == TACET_HINT_NAME) {
        memcpy(who.name, p->identity->name, sizeof(who.name));
    }
    return who;
}

void dial(enum tacet_hint hint)
{
    struct tacet_callee who = hint_of(&f->bob, hint);

    assert_int_equal(tacet_initiator_start(&f->initiator, &f->alice.config, &who), 0);
}

enum tacet_drop give_init(const uint8_t *packet, size_t size, uint8_t *resp)
{
    size_t reply_size;

    f->bob.responder.cookies.init_count = 0;
    return tacet_responder_consume_init(&f->bob.responder, &f->bob.config, f->now, &f->path, packet,
                                        size, resp, &reply_size);
}

enum tacet_drop give_resp(const uint8_t *packet, size_t size)
{
    return tacet_initiator_consume_resp(&f->initiator, &f->alice.config, packet, size,
                                        f->commitment, f->call_id, 0x0003, f->fin, &f->of_alice,
                                        &f->other);
}

enum tacet_drop give_fin(const uint8_t *packet, size_t size)
{
    return tacet_responder_consume_fin(&f->bob.responder, &f->bob.config, f->now, &f->path, packet,
                                       size, &f->of_bob, &f->index);
}

void init_passes(void)
{
    assert_int_equal(give_init(f->initiator.init, TACET_INIT_SIZE, f->resp), TACET_DROP_NONE);
}

void resp_passes(void)
{
    f->other = false;
    assert_int_equal(give_resp(f->resp, TACET_RESP_SIZE), TACET_DROP_NONE);
    assert_false(f->other);
}

void fin_passes(void)
{
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_NONE);
    assert_int_equal(f->index, f->of_bob.index_local);
}

void both_agree(void)
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

void genuine_fin_still_passes(void)
{
    fin_passes();
    both_agree();
}

void genuine_resp_still_passes(void)
{
    resp_passes();
    genuine_fin_still_passes();
}

void genuine_init_still_passes(void)
{
    init_passes();
    genuine_resp_still_passes();
}

/* --- what an attacker can make --- */

void renew_mac1(uint8_t *packet, size_t at)
{
    uint8_t key[32];
    struct tacet_callee hint = hint_of(&f->bob, TACET_HINT_KEY);

    tacet_mac1_key(&hint, key);
    tacet_mac(key, packet, at, packet + at);
}

void craft_resp(const struct party *as, const uint8_t s_public[32],
                const uint8_t plain[TACET_SEALED_PLAIN_SIZE], uint8_t out[TACET_RESP_SIZE])
{
    struct tacet_noise noise;
    uint8_t prologue[TACET_PROLOGUE_MAX];
    const uint32_t indices[2] = { 77, f->initiator.index };
    const uint8_t *init = f->initiator.init;

    tacet_noise_init(&noise, TACET_HANDSHAKE_NOISE, prologue,
                     tacet_prologue(&f->initiator.hint, prologue));
    memcpy(noise.s_secret, as->identity->x_secret, 32);
    memcpy(noise.s_public, s_public, 32);
    assert_int_equal(tacet_noise_read_init(&noise, init, TACET_INIT_HEADER, init + TACET_INIT_E,
                                           init + TACET_INIT_PAYLOAD, TACET_INIT_PAYLOAD_SIZE),
                     0);
    as->config.random.fill(as->config.random.ctx, noise.e_secret, 32);
    tacet_noise_public(noise.e_secret, noise.e_public);
    memset(out, 0, TACET_RESP_SIZE);
    tacet_handshake_write_header(out, TACET_PACKET_RESP, indices, 2);
    assert_int_equal(tacet_noise_write_resp(&noise, out, TACET_RESP_HEADER, plain,
                                            TACET_SEALED_PLAIN_SIZE, out + TACET_RESP_E,
                                            out + TACET_RESP_S, out + TACET_RESP_PAYLOAD),
                     0);
    tacet_mac(f->initiator.mac1_key, out, TACET_RESP_MAC1, out + TACET_RESP_MAC1);
}

void plain_choice(const struct party *p, uint16_t profile, uint16_t features,
                  uint8_t plain[TACET_SEALED_PLAIN_SIZE])
{
    const struct tacet_choice choice = { .profile = profile,
                                         .features = features,
                                         .certificate = p->config.certificate,
                                         .certificate_size = p->config.certificate_size };

    tacet_choice_write(&choice, plain);
}

void plain_opening(const struct party *p, uint8_t plain[TACET_SEALED_PLAIN_SIZE])
{
    const struct tacet_opening opening = { .certificate = p->config.certificate,
                                           .certificate_size = p->config.certificate_size };

    tacet_opening_write(&opening, plain);
}

void craft_fin(const struct party *as, const uint8_t s_public[32],
               const uint8_t plain[TACET_SEALED_PLAIN_SIZE], uint8_t out[TACET_FIN_SIZE])
{
    struct tacet_noise noise = f->initiator.noise;
    uint8_t ignored[TACET_SEALED_PLAIN_SIZE];
    uint32_t index = tacet_handshake_index(f->resp, sizeof(f->resp), 0);

    memcpy(noise.s_secret, as->identity->x_secret, 32);
    memcpy(noise.s_public, s_public, 32);
    assert_int_equal(tacet_noise_read_resp(&noise, f->resp, TACET_RESP_HEADER,
                                           f->resp + TACET_RESP_E, f->resp + TACET_RESP_S,
                                           f->resp + TACET_RESP_PAYLOAD, TACET_RESP_PAYLOAD_SIZE,
                                           ignored),
                     0);
    tacet_handshake_write_header(out, TACET_PACKET_FIN, &index, 1);
    assert_int_equal(tacet_noise_write_fin(&noise, out, TACET_FIN_HEADER, plain,
                                           TACET_SEALED_PLAIN_SIZE, out + TACET_FIN_S,
                                           out + TACET_FIN_PAYLOAD),
                     0);
    tacet_mac(f->initiator.mac1_key, out, TACET_FIN_MAC1, out + TACET_FIN_MAC1);
}

void resp_is_dropped(const uint8_t resp[TACET_RESP_SIZE], enum tacet_drop drop, bool other)
{
    static const uint8_t nothing[TACET_FIN_SIZE];
    struct tacet_initiator before = f->initiator;

    memset(f->fin, 0, sizeof(f->fin));
    f->other = false;
    assert_int_equal(give_resp(resp, TACET_RESP_SIZE), drop);
    assert_int_equal(f->other, other);
    /* FIN is never written for the wrong one, and nothing has changed. */
    assert_memory_equal(f->fin, nothing, sizeof(nothing));
    assert_memory_equal(&before, &f->initiator, sizeof(before));
}

void fin_is_dropped(const uint8_t fin[TACET_FIN_SIZE], enum tacet_drop drop)
{
    struct tacet_handshake_result before = f->of_bob;

    assert_int_equal(give_fin(fin, TACET_FIN_SIZE), drop);
    assert_memory_equal(&before, &f->of_bob, sizeof(before));
    assert_int_equal(tacet_responder_count(&f->bob.responder), 1);
}

void begin_again(void)
{
    dial(f->initiator.hint.hint);
    init_passes();
}

void fin_is_refused(const uint8_t fin[TACET_FIN_SIZE], enum tacet_drop drop)
{
    static const uint8_t nothing[sizeof(struct tacet_noise)];
    struct tacet_handshake_result before = f->of_bob;
    uint8_t other[TACET_FIN_SIZE];

    assert_int_equal(give_fin(fin, TACET_FIN_SIZE), drop);
    assert_memory_equal(&before, &f->of_bob, sizeof(before));
    assert_int_equal(tacet_responder_count(&f->bob.responder), 0);
    const struct tacet_half_open *entry = tacet_half_open_by_index(
        &f->bob.responder, &f->path, tacet_handshake_index(fin, TACET_FIN_SIZE, 0));
    assert_non_null(entry);
    assert_memory_equal(&entry->noise, nothing, sizeof(nothing));
    assert_int_equal(give_fin(fin, TACET_FIN_SIZE), TACET_DROP_REPLAY);
    memcpy(other, fin, sizeof(other));
    other[TACET_FIN_PAYLOAD] ^= 1;
    tacet_mac(f->initiator.mac1_key, other, TACET_FIN_MAC1, other + TACET_FIN_MAC1);
    assert_int_equal(give_fin(other, sizeof(other)), TACET_DROP_AUTH);
    begin_again();
}
