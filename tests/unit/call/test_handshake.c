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
#include "call/half_open.h"
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
    p->config.policy.allow_unverified = true;
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

/* Many of these tests would be a flood: what asks for cookies at a high rate is forgotten here
 * (see test_cookie.c). */
static enum tacet_drop give_init(const uint8_t *packet, size_t size, uint8_t *resp)
{
    size_t reply_size;

    f->bob.responder.cookies.init_count = 0;
    return tacet_responder_consume_init(&f->bob.responder, &f->bob.config, f->now, &f->path, packet,
                                        size, resp, &reply_size);
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

/* What every group ends with: after all that came before, the genuine messages do their work. */
static void genuine_fin_still_passes(void)
{
    fin_passes();
    both_agree();
}

static void genuine_resp_still_passes(void)
{
    resp_passes();
    genuine_fin_still_passes();
}

static void genuine_init_still_passes(void)
{
    init_passes();
    genuine_resp_still_passes();
}

/* --- what an attacker can make --- */

static void renew_mac1(uint8_t *packet, size_t at)
{
    uint8_t key[32];
    struct tacet_callee hint = hint_of(&f->bob, TACET_HINT_KEY);

    tacet_mac1_key(&hint, key);
    tacet_mac(key, packet, at, packet + at);
}

/* A RESP to the current INIT by someone with these keys, any payload and any static. */
static void craft_resp(const struct party *as, const uint8_t s_public[32],
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

static void plain_choice(const struct party *p, uint16_t profile, uint16_t features,
                         uint8_t plain[TACET_SEALED_PLAIN_SIZE])
{
    const struct tacet_choice choice = { .profile = profile,
                                         .features = features,
                                         .certificate = p->config.certificate,
                                         .certificate_size = p->config.certificate_size };

    tacet_choice_write(&choice, plain);
}

static void plain_opening(const struct party *p, uint8_t plain[TACET_SEALED_PLAIN_SIZE])
{
    const struct tacet_opening opening = { .certificate = p->config.certificate,
                                           .certificate_size = p->config.certificate_size };

    tacet_opening_write(&opening, plain);
}

/* A FIN to bob's RESP from the current INIT, by someone with these keys and any payload. */
static void craft_fin(const struct party *as, const uint8_t s_public[32],
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

static void resp_is_dropped(const uint8_t resp[TACET_RESP_SIZE], enum tacet_drop drop, bool other)
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

static void fin_is_dropped(const uint8_t fin[TACET_FIN_SIZE], enum tacet_drop drop)
{
    struct tacet_handshake_result before = f->of_bob;

    assert_int_equal(give_fin(fin, TACET_FIN_SIZE), drop);
    assert_memory_equal(&before, &f->of_bob, sizeof(before));
    assert_int_equal(tacet_responder_count(&f->bob.responder), 1);
}

/* A new INIT and its RESP, for another FIN. */
static void begin_again(void)
{
    dial(f->initiator.hint.hint);
    init_passes();
}

/* A FIN of who made the INIT that is refused: it was the only one that this handshake reads. */
static void fin_is_refused(const uint8_t fin[TACET_FIN_SIZE], enum tacet_drop drop)
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

/* --- group 4: downgrade --- */

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

/* --- group 5: certificates --- */

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

/* --- group 6: replay, other calls, reflection --- */

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

/* --- bounds --- */

static enum tacet_drop init_from(const char *address, uint16_t member)
{
    uint8_t resp[TACET_RESP_SIZE];

    assert_int_equal(tacet_address_parse(address, &f->path.address), 0);
    f->path.member = member;
    dial(TACET_HINT_KEY);
    return give_init(f->initiator.init, TACET_INIT_SIZE, resp);
}

static void a_source_has_four_half_open_handshakes(void **state)
{
    static const struct {
        const char *filler;
        uint16_t filler_member;
        const char *then;
        uint16_t then_member;
        enum tacet_drop drop;
    } rows[] = {
        { "192.0.2.1:1", 0, "192.0.2.1:99", 0, TACET_DROP_RATE },
        { "192.0.2.1:1", 0, "192.0.2.2:1", 0, TACET_DROP_NONE },
        { "[2001:db8::1]:1", 0, "[2001:db8::ffff:1]:1", 0, TACET_DROP_RATE },
        { "[2001:db8::1]:1", 0, "[2001:db8:0:1::1]:1", 0, TACET_DROP_NONE },
        { "[::ffff:192.0.2.1]:1", 0, "[::ffff:192.0.2.1]:2", 0, TACET_DROP_RATE },
        { "[::ffff:192.0.2.1]:1", 0, "[::ffff:192.0.2.2]:1", 0, TACET_DROP_NONE },
        { "192.0.2.1:1", 1, "192.0.2.1:1", 1, TACET_DROP_RATE },
        { "192.0.2.1:1", 1, "192.0.2.1:1", 2, TACET_DROP_NONE },
        { "192.0.2.1:1", 1, "192.0.2.1:1", 0, TACET_DROP_NONE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int k = 0; k < TACET_HALF_OPEN_SOURCE_MAX; k++) {
            assert_int_equal(init_from(rows[i].filler, rows[i].filler_member), TACET_DROP_NONE);
        }
        assert_int_equal(init_from(rows[i].then, rows[i].then_member), rows[i].drop);
        /* Time makes room. */
        f->now += TACET_HALF_OPEN_TIMEOUT_US;
        assert_int_equal(init_from(rows[i].then, rows[i].then_member), TACET_DROP_NONE);
        assert_int_equal(tacet_responder_count(&f->bob.responder), 1);
        f->now += TACET_HALF_OPEN_TIMEOUT_US;
    }
}

static void finished_handshakes_do_not_count_for_their_source(void **state)
{
    (void)state;
    for (int k = 0; k < 3 * TACET_HALF_OPEN_SOURCE_MAX; k++) {
        dial(TACET_HINT_KEY);
        genuine_init_still_passes();
    }
}

/* The current INIT from the current path; under load it proves the path first. */
static void give_proven_init(uint8_t resp[TACET_RESP_SIZE])
{
    struct tacet_cookie_answer cookie = { .waiting = true };
    uint8_t init[TACET_INIT_SIZE];

    memcpy(init, f->initiator.init, sizeof(init));
    if (give_init(init, sizeof(init), resp) == TACET_DROP_RATE) {
        assert_int_equal(tacet_cookie_consume(&cookie, &f->initiator, resp, TACET_COOKIE_SIZE),
                         TACET_DROP_NONE);
        memcpy(init + TACET_INIT_MAC2, cookie.mac2, TACET_MAC_SIZE);
        assert_int_equal(give_init(init, sizeof(init), resp), TACET_DROP_NONE);
    }
}

/* From sources that nobody has heard of. */
static void flood(size_t count)
{
    static uint32_t source;
    struct tacet_path genuine = f->path;
    struct tacet_initiator initiator = f->initiator;

    for (size_t k = 0; k < count; k++) {
        uint8_t resp[TACET_RESP_SIZE];
        f->path.address = (struct tacet_address){
            .family = 4, .ip = { 10, 0, (uint8_t)(source >> 8), (uint8_t)source }, .port = 1
        };
        source++;
        dial(TACET_HINT_KEY);
        give_proven_init(resp);
        assert_true(tacet_responder_count(&f->bob.responder) <= TACET_HALF_OPEN_MAX);
    }
    f->path = genuine;
    f->initiator = initiator;
}

static void the_oldest_goes_when_the_table_is_full(void **state)
{
    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    flood(TACET_HALF_OPEN_MAX - 1);
    assert_int_equal(tacet_responder_count(&f->bob.responder), TACET_HALF_OPEN_MAX);
    struct tacet_initiator initiator = f->initiator;
    genuine_resp_still_passes(); /* it was still there */
    f->initiator = initiator;
    f->path.address.port++;
    give_proven_init(f->resp); /* in the place of the finished one */
    flood(TACET_HALF_OPEN_MAX);
    assert_int_equal(tacet_responder_count(&f->bob.responder), TACET_HALF_OPEN_MAX);
    resp_passes();
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_UNKNOWN);
}

/* One handshake from each of three addresses, then a full table, then one more. */
static void only_the_oldest_goes_and_a_finished_one_before_it(void **state)
{
    static const struct {
        int finished; /* which of the three, or -1 */
        enum tacet_drop then[3];
    } rows[] = {
        { -1, { TACET_DROP_UNKNOWN, TACET_DROP_NONE, TACET_DROP_NONE } },
        { 1, { TACET_DROP_NONE, TACET_DROP_UNKNOWN, TACET_DROP_NONE } },
        { 2, { TACET_DROP_NONE, TACET_DROP_NONE, TACET_DROP_UNKNOWN } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t fins[3][TACET_FIN_SIZE];
        struct tacet_path path = f->path;
        for (int k = 0; k < 3; k++) {
            f->path.address.ip[3] = (uint8_t)(k + 100);
            dial(TACET_HINT_KEY);
            init_passes();
            resp_passes();
            memcpy(fins[k], f->fin, sizeof(fins[k]));
            if (k == rows[i].finished) {
                fin_passes();
            }
        }
        flood(TACET_HALF_OPEN_MAX - 2);
        for (int k = 0; k < 3; k++) {
            f->path.address.ip[3] = (uint8_t)(k + 100);
            assert_int_equal(give_fin(fins[k], TACET_FIN_SIZE), rows[i].then[k]);
        }
        f->path = path;
        f->now += TACET_HALF_OPEN_TIMEOUT_US;
    }
}

static void a_half_open_handshake_expires(void **state)
{
    (void)state;
    dial(TACET_HINT_KEY);
    init_passes();
    resp_passes();
    tacet_responder_expire(&f->bob.responder, f->now + TACET_HALF_OPEN_TIMEOUT_US - 1);
    assert_int_equal(tacet_responder_count(&f->bob.responder), 1);
    tacet_responder_expire(&f->bob.responder, f->now + TACET_HALF_OPEN_TIMEOUT_US);
    assert_int_equal(tacet_responder_count(&f->bob.responder), 0);
    assert_int_equal(give_fin(f->fin, TACET_FIN_SIZE), TACET_DROP_UNKNOWN);
}

static void a_responder_without_memory_is_not_made(void **state)
{
    struct tacet_responder r = { 0 };

    (void)state;
    tacet_alloc_fail_after(0);
    int result = tacet_responder_create(&r);
    tacet_alloc_fail_after(-1);
    assert_int_equal(result, TACET_ERR_NOMEM);
    assert_null(r.entries);
    tacet_responder_free(&r);
    tacet_responder_free(NULL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(both_sides_agree_for_every_hint),
        CASE(truncated_and_extended_messages_are_dropped),
        CASE(every_flipped_bit_of_init_is_dropped),
        CASE(flipped_init_with_a_renewed_mac1_leads_nowhere),
        CASE(every_flipped_bit_of_resp_is_dropped),
        CASE(every_flipped_bit_of_fin_is_dropped),
        CASE(bad_points_are_refused_in_every_place),
        CASE(the_responder_chooses_by_its_own_order),
        CASE(an_offer_changed_on_the_way_is_not_answered_to),
        CASE(malformed_offers_are_dropped),
        CASE(another_version_or_type_is_dropped),
        CASE(a_choice_that_was_not_offered_is_dropped),
        CASE(sealed_padding_and_lengths_are_checked),
        CASE(a_man_in_the_middle_never_sees_fin),
        CASE(a_namesake_is_taken_by_name_but_stays_unverified),
        CASE(a_certificate_of_another_key_is_dropped),
        CASE(certificates_out_of_their_time_are_dropped),
        CASE(a_certificate_with_a_flipped_bit_is_dropped),
        CASE(policy_forbids_to_dial_a_stranger),
        CASE(an_init_without_an_accepted_hint_is_dropped),
        CASE(an_identical_init_draws_the_same_resp),
        CASE(a_replayed_call_does_not_ring),
        CASE(fin_of_one_call_does_not_fit_another),
        CASE(fin_from_another_path_is_dropped),
        CASE(our_own_messages_reflected_are_dropped),
        CASE(our_own_identity_under_another_key_is_dropped),
        CASE(our_own_static_under_another_identity_is_dropped),
        CASE(a_forged_resp_ahead_of_the_genuine_one_ends_nothing),
        CASE(a_source_has_four_half_open_handshakes),
        CASE(finished_handshakes_do_not_count_for_their_source),
        CASE(the_oldest_goes_when_the_table_is_full),
        CASE(only_the_oldest_goes_and_a_finished_one_before_it),
        CASE(a_half_open_handshake_expires),
        CASE(a_responder_without_memory_is_not_made),
    };

    f = calloc(1, sizeof(*f));
    if (f == NULL || sodium_init() < 0) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(f);
    return failed;
}
