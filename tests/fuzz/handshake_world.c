/* See handshake_world.h. The tokens of noise.c are repeated here up to the payload; that this gives
 * the genuine messages is checked when a world is made. */
#include "handshake_world.h"

#include "base/bytes.h"
#include "call/demux.h"

#include <sodium.h>
#include <string.h>

static struct tacet_identity *identities[WORLD_PARTIES];
static struct tacet_rng rng;
static const uint8_t zeros[32];

static void make_identities(void)
{
    static const char *const names[WORLD_PARTIES] = { "caller", "callee", "other" };

    CHECK(sodium_init() >= 0);
    for (size_t i = 0; i < WORLD_PARTIES; i++) {
        tacet_rng_seed(&rng, 1, i);
        struct tacet_random random = tacet_rng_random(&rng);
        CHECK(tacet_identity_create(&random, names[i], &identities[i]) == 0);
    }
}

static void make_config(struct tacet_handshake_config *c, const struct tacet_identity *identity)
{
    c->identity = identity;
    c->random = tacet_rng_random(&rng);
    c->profiles[0] = TACET_PROFILE_AEAD_AES_256_GCM;
    c->profiles[1] = TACET_PROFILE_AEAD_AES_128_GCM;
    c->profile_count = 2;
    c->open = true;
    c->policy.allow_unverified = true;
    c->unix_now = 1800000000;
    CHECK(tacet_certificate_self_sign(identity, &c->random, c->unix_now, c->certificate,
                                      &c->certificate_size) == 0);
}

/* <- e, ee, s, es, by whoever the config is of. */
static void prepare_resp(const struct world *w, const struct tacet_handshake_config *config,
                         struct world_sealer *s)
{
    uint8_t prologue[TACET_PROLOGUE_MAX];
    const struct tacet_choice choice = {
        .profile = config->profiles[0],
        .certificate = config->certificate,
        .certificate_size = config->certificate_size,
    };
    struct tacet_noise *n = &s->noise;

    s->identity = config->identity;
    tacet_noise_init(n, TACET_HANDSHAKE_NOISE, prologue, tacet_prologue(&w->hint, prologue));
    CHECK(tacet_noise_read_init(n, w->init, TACET_INIT_HEADER, w->init + TACET_INIT_E,
                                w->init + TACET_INIT_PAYLOAD, TACET_INIT_PAYLOAD_SIZE) == 0);
    memcpy(s->packet, w->resp, TACET_RESP_S);
    tacet_noise_mix_hash(n, s->packet, TACET_RESP_HEADER);
    tacet_noise_mix_hash(n, s->packet + TACET_RESP_E, TACET_NOISE_KEY);
    CHECK(tacet_noise_mix_dh(n, w->entry.noise.e_secret, n->re) == 0);
    tacet_noise_encrypt_and_hash(n, config->identity->x_public, TACET_NOISE_KEY,
                                 s->packet + TACET_RESP_S);
    CHECK(tacet_noise_mix_dh(n, config->identity->x_secret, n->re) == 0);
    tacet_choice_write(&choice, s->plain);
}

/* -> s, se, likewise. */
static void prepare_fin(const struct world *w, const struct tacet_handshake_config *config,
                        struct world_sealer *s)
{
    uint8_t ignored[TACET_SEALED_PLAIN_SIZE];
    const struct tacet_opening opening = {
        .media_bits = 3,
        .certificate = config->certificate,
        .certificate_size = config->certificate_size,
    };
    struct tacet_noise *n = &s->noise;

    s->identity = config->identity;
    *n = w->initiator.noise;
    CHECK(tacet_noise_read_resp(n, w->resp, TACET_RESP_HEADER, w->resp + TACET_RESP_E,
                                w->resp + TACET_RESP_S, w->resp + TACET_RESP_PAYLOAD,
                                TACET_RESP_PAYLOAD_SIZE, ignored) == 0);
    memcpy(s->packet, w->fin, TACET_FIN_HEADER);
    tacet_noise_mix_hash(n, s->packet, TACET_FIN_HEADER);
    tacet_noise_encrypt_and_hash(n, config->identity->x_public, TACET_NOISE_KEY,
                                 s->packet + TACET_FIN_S);
    CHECK(tacet_noise_mix_dh(n, config->identity->x_secret, n->re) == 0);
    tacet_opening_write(&opening, s->plain);
}

static void make_world(struct world *w, enum tacet_hint hint)
{
    uint8_t packet[TACET_RESP_SIZE];
    struct tacet_handshake_result result;
    size_t size;
    bool other = false;

    for (size_t i = 0; i < WORLD_PARTIES; i++) {
        make_config(&w->config[i], identities[i]);
    }
    w->path.address = (struct tacet_address){ .family = 4, .ip = { 192, 0, 2, 1 }, .port = 1 };
    w->hint.hint = hint;
    if (hint == TACET_HINT_KEY) {
        memcpy(w->hint.key, identities[WORLD_CALLEE]->ed_public, sizeof(w->hint.key));
    } else if (hint == TACET_HINT_NAME) {
        memcpy(w->hint.name, identities[WORLD_CALLEE]->name, sizeof(w->hint.name));
    }
    tacet_mac1_key(&w->hint, w->mac1_key);
    CHECK(tacet_initiator_start(&w->initiator, &w->config[WORLD_CALLER], &w->hint) == 0);
    memcpy(w->init, w->initiator.init, sizeof(w->init));
    /* Allowed by now, but not offered. */
    w->config[WORLD_CALLER].profiles[w->config[WORLD_CALLER].profile_count++] =
        TACET_PROFILE_AES_CM_128_HMAC_SHA1_80;
    CHECK(tacet_responder_create(&w->responder) == 0);
    CHECK(tacet_responder_consume_init(&w->responder, &w->config[WORLD_CALLEE], 1, &w->path,
                                       w->init, sizeof(w->init), w->resp,
                                       &size) == TACET_DROP_NONE);
    w->entry = w->responder.entries[0];
    CHECK(w->entry.used);

    struct tacet_initiator before = w->initiator;
    CHECK(tacet_initiator_consume_resp(&w->initiator, &w->config[WORLD_CALLER], w->resp,
                                       sizeof(w->resp), zeros, zeros, 3, w->fin, &result,
                                       &other) == TACET_DROP_NONE);
    w->initiator = before;

    for (size_t i = 0; i < WORLD_PARTIES; i++) {
        prepare_resp(w, &w->config[i], &w->sealer_resp[i]);
        prepare_fin(w, &w->config[i], &w->sealer_fin[i]);
    }
    world_seal_resp(w, &w->sealer_resp[WORLD_CALLEE], w->sealer_resp[WORLD_CALLEE].plain, packet);
    CHECK(memcmp(packet, w->resp, sizeof(w->resp)) == 0);
    world_seal_fin(w, &w->sealer_fin[WORLD_CALLER], w->sealer_fin[WORLD_CALLER].plain, packet);
    CHECK(memcmp(packet, w->fin, sizeof(w->fin)) == 0);
}

struct world *world_get(uint8_t mode)
{
    static const enum tacet_hint hints[] = { TACET_HINT_KEY, TACET_HINT_NAME, TACET_HINT_NONE };
    static struct world worlds[3];
    size_t i = (mode & WORLD_MODE_HINT) % 3;

    if (identities[0] == NULL) {
        make_identities();
    }
    if (worlds[i].responder.entries == NULL) {
        make_world(&worlds[i], hints[i]);
    }
    /* Chance is the same in every run: an input does the same again. */
    tacet_rng_seed(&rng, 2, i);
    return &worlds[i];
}

enum world_party world_sealed_by(uint8_t mode, enum world_party from, enum world_party to)
{
    if ((mode & WORLD_MODE_SELF) != 0) {
        return to;
    }
    return (mode & WORLD_MODE_OTHER) != 0 ? WORLD_OTHER : from;
}

void world_change(const uint8_t *data, size_t size, uint8_t *bytes, size_t count)
{
    struct tacet_reader r = tacet_reader(data, size);

    while (tacet_reader_left(&r) > 3) {
        size_t at = tacet_read_u16(&r) % count;
        size_t length = tacet_read_u8(&r);
        length = length < tacet_reader_left(&r) ? length : tacet_reader_left(&r);
        const uint8_t *with = tacet_read_view(&r, length);
        memcpy(bytes + at, with, length < count - at ? length : count - at);
    }
}

void world_seal_resp(const struct world *w, const struct world_sealer *sealer,
                     const uint8_t plain[TACET_SEALED_PLAIN_SIZE], uint8_t packet[TACET_RESP_SIZE])
{
    struct tacet_noise noise = sealer->noise;

    memset(packet, 0, TACET_RESP_SIZE);
    memcpy(packet, sealer->packet, TACET_RESP_PAYLOAD);
    tacet_noise_encrypt_and_hash(&noise, plain, TACET_SEALED_PLAIN_SIZE,
                                 packet + TACET_RESP_PAYLOAD);
    tacet_mac(w->mac1_key, packet, TACET_RESP_MAC1, packet + TACET_RESP_MAC1);
}

void world_seal_fin(const struct world *w, const struct world_sealer *sealer,
                    const uint8_t plain[TACET_SEALED_PLAIN_SIZE], uint8_t packet[TACET_FIN_SIZE])
{
    struct tacet_noise noise = sealer->noise;

    memcpy(packet, sealer->packet, TACET_FIN_PAYLOAD);
    tacet_noise_encrypt_and_hash(&noise, plain, TACET_SEALED_PLAIN_SIZE,
                                 packet + TACET_FIN_PAYLOAD);
    tacet_mac(w->mac1_key, packet, TACET_FIN_MAC1, packet + TACET_FIN_MAC1);
}

void world_sign(const struct tacet_identity *identity, uint8_t plain[TACET_SEALED_PLAIN_SIZE],
                size_t at)
{
    uint8_t message[16 + TACET_CERTIFICATE_MAX] = "tacet/1 cert-id";
    struct tacet_reader r = tacet_reader(plain + at - 2, 2);
    size_t size = tacet_read_u16(&r);

    if (size > 128 && size <= TACET_CERTIFICATE_MAX) {
        memcpy(message + 16, plain + at, size - 128);
        (void)crypto_sign_detached(plain + at + size - 128, NULL, message, 16 + size - 128,
                                   identity->ed_secret);
    }
}

void world_forge(const struct world *w, const struct world_message *message, const uint8_t *data,
                 size_t size, uint8_t *packet)
{
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    uint8_t mode = data[0];

    if ((mode & WORLD_MODE_INSIDE) != 0) {
        const struct world_sealer *s =
            &message->sealers[world_sealed_by(mode, message->from, message->to)];
        memcpy(plain, s->plain, sizeof(plain));
        world_change(data + 1, size - 1, plain, sizeof(plain));
        if ((mode & WORLD_MODE_SIGN) != 0) {
            world_sign(s->identity, plain, message->certificate_at);
        }
        message->seal(w, s, plain, packet);
        return;
    }
    memcpy(packet, message->genuine, message->size);
    world_change(data + 1, size - 1, packet, message->size);
    if ((mode & WORLD_MODE_MAC1) == 0) {
        tacet_mac(w->mac1_key, packet, message->mac1_at, packet + message->mac1_at);
    }
}
