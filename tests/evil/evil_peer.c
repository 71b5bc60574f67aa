/* See evil_peer.h. What goes wrong here is the test's fault, so it ends it. */
#include "evil_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/demux.h"
#include "call/handshake_layout.h"

#include <sodium.h>
#include <string.h>

#define UNIX_NOW UINT64_C(1700000000)

void evil_create(struct evil_peer *e, uint64_t seed, const char *name, uint8_t host)
{
    struct tacet_handshake_config *c = &e->config;

    memset(e, 0, sizeof(*e));
    tacet_rng_seed(&e->rng, seed, host);
    c->random = tacet_rng_random(&e->rng);
    assert_int_equal(tacet_identity_create(&c->random, name, &e->identity), 0);
    c->identity = e->identity;
    c->profiles[0] = TACET_PROFILE_AEAD_AES_256_GCM;
    c->profile_count = 1;
    c->open = true;
    c->policy.allow_unverified = true;
    c->unix_now = UNIX_NOW;
    assert_int_equal(tacet_certificate_self_sign(e->identity, &c->random, c->unix_now,
                                                 c->certificate, &c->certificate_size),
                     0);
    assert_int_equal(tacet_responder_create(&e->responder), 0);
    e->path.address =
        (struct tacet_address){ .family = 4, .ip = { 198, 51, 100, host }, .port = 6666 };
}

static void forget_call(struct evil_peer *e)
{
    tacet_rekey_wipe(&e->rekey);
    tacet_control_wipe(&e->control);
    sodium_memzero(&e->result, sizeof(e->result));
}

void evil_free(struct evil_peer *e)
{
    forget_call(e);
    tacet_responder_free(&e->responder);
    tacet_identity_free(&e->identity);
}

enum tacet_drop evil_give(struct evil_peer *e, int64_t now, const struct tacet_path *path,
                          const uint8_t *data, size_t size)
{
    uint8_t copy[TACET_DATAGRAM_MAX];
    struct tacet_packet packet = { .path = *path, .data = copy, .size = size };

    assert_in_range(size, 1, sizeof(copy));
    memcpy(copy, data, size);
    return tacet_call_handle_packet(e->victim, now, &packet);
}

/* The victim's next datagram of that type; others are lost. */
static bool take(struct evil_peer *e, int64_t now, enum tacet_packet_type type, uint8_t *out,
                 size_t size)
{
    struct tacet_packet packet;

    while (tacet_call_poll_packet(e->victim, now, &packet) == 1) {
        if (tacet_demux(packet.data, packet.size) == type && packet.size == size) {
            memcpy(out, packet.data, size);
            return true;
        }
    }
    return false;
}

static void begin(struct evil_peer *e)
{
    tacet_control_init(&e->control, e->result.index_remote);
    tacet_rekey_init(&e->rekey, &tacet_kem_xwing, e->caller, e->result.profile, e->result.exporter,
                     e->result.h, &e->control);
}

bool evil_dial(struct evil_peer *e, int64_t now, struct tacet_call *victim,
               const struct tacet_path *victim_path, const struct tacet_callee *who,
               const uint8_t commitment[TACET_SAS_COMMITMENT])
{
    struct tacet_initiator initiator;
    uint8_t call_id[TACET_CALL_ID_SIZE];
    uint8_t rekey1[TACET_KEM_PUBLIC_MAX];
    bool other = false;

    forget_call(e);
    e->victim = victim;
    e->victim_path = *victim_path;
    e->caller = true;
    e->config.random.fill(e->config.random.ctx, call_id, sizeof(call_id));
    assert_int_equal(tacet_initiator_start(&initiator, &e->config, who), 0);
    memcpy(e->init, initiator.init, sizeof(e->init));
    (void)evil_give(e, now, &e->path, e->init, sizeof(e->init));
    if (!take(e, now, TACET_PACKET_RESP, e->resp, sizeof(e->resp)) ||
        tacet_initiator_consume_resp(&initiator, &e->config, e->resp, sizeof(e->resp), commitment,
                                     call_id, 1, e->fin, &e->result, &other) != TACET_DROP_NONE ||
        evil_give(e, now, &e->path, e->fin, sizeof(e->fin)) != TACET_DROP_NONE) {
        return false;
    }
    begin(e);
    size_t size = tacet_rekey_begin(&e->rekey, &e->config.random, rekey1);
    evil_say(e, now, TACET_MESSAGE_REKEY1, rekey1, size);
    return true;
}

bool evil_accept(struct evil_peer *e, int64_t now, struct tacet_call *victim,
                 const struct tacet_path *victim_path)
{
    uint32_t index;
    size_t size;

    forget_call(e);
    e->victim = victim;
    e->victim_path = *victim_path;
    e->caller = false;
    if (!take(e, now, TACET_PACKET_INIT, e->init, sizeof(e->init)) ||
        tacet_responder_consume_init(&e->responder, &e->config, now, victim_path, e->init,
                                     sizeof(e->init), e->resp, &size) != TACET_DROP_NONE ||
        evil_give(e, now, &e->path, e->resp, sizeof(e->resp)) != TACET_DROP_NONE ||
        !take(e, now, TACET_PACKET_FIN, e->fin, sizeof(e->fin)) ||
        tacet_responder_consume_fin(&e->responder, &e->config, now, victim_path, e->fin,
                                    sizeof(e->fin), &e->result, &index) != TACET_DROP_NONE) {
        return false;
    }
    begin(e);
    return true;
}

void evil_say(struct evil_peer *e, int64_t now, enum tacet_message type, const uint8_t *body,
              size_t size)
{
    if (type >= TACET_MESSAGE_PING) {
        tacet_control_send_single(&e->control, type, body, size);
    } else {
        assert_int_equal(tacet_control_send(&e->control, now, type, body, size), 0);
    }
    evil_settle(e, now);
}

static bool exchange(struct evil_peer *e, int64_t now)
{
    uint8_t packet[TACET_CTRL_PACKET_MAX];
    struct tacet_packet from;
    size_t size;
    uint32_t epoch;
    bool newer;
    bool moved = false;

    while (tacet_control_poll_packet(&e->control, now, packet, &size) == 1) {
        (void)evil_give(e, now, &e->path, packet, size);
        moved = true;
    }
    while (tacet_call_poll_packet(e->victim, now, &from) == 1) {
        moved = true;
        if (tacet_demux(from.data, from.size) == TACET_PACKET_CTRL &&
            tacet_control_receive(&e->control, now, from.data, from.size, &epoch, &newer) ==
                TACET_DROP_NONE) {
            (void)tacet_rekey_on_packet(&e->rekey, &e->control, epoch);
        }
    }
    return moved;
}

void evil_settle(struct evil_peer *e, int64_t now)
{
    while (exchange(e, now)) {
    }
}

static void on_rekey(struct evil_peer *e, int64_t now, enum tacet_message type, const uint8_t *body,
                     size_t size)
{
    uint8_t rekey2[TACET_KEM_CIPHER_MAX];
    size_t rekey2_size;

    if (type == TACET_MESSAGE_REKEY1 && !e->caller) {
        assert_int_equal(tacet_rekey_answer(&e->rekey, &e->config.random, &e->control, body, size,
                                            rekey2, &rekey2_size),
                         0);
        evil_say(e, now, TACET_MESSAGE_REKEY2, rekey2, rekey2_size);
    } else if (type == TACET_MESSAGE_REKEY2 && e->caller) {
        assert_int_equal(tacet_rekey_finish(&e->rekey, &e->control, body, size), 0);
        evil_say(e, now, TACET_MESSAGE_PING, NULL, 0);
    }
}

bool evil_hear(struct evil_peer *e, int64_t now, struct evil_message *ret)
{
    enum tacet_message type;
    const uint8_t *body;
    size_t size;

    evil_settle(e, now);
    while (tacet_control_poll_single(&e->control, &type, ret->body, &size) == 1) {
        /* nothing that a test asks for comes so */
    }
    while (tacet_control_poll_message(&e->control, &type, &body, &size) == 1) {
        if (type == TACET_MESSAGE_REKEY1 || type == TACET_MESSAGE_REKEY2) {
            on_rekey(e, now, type, body, size);
            continue;
        }
        assert_in_range(size, 0, sizeof(ret->body));
        ret->type = type;
        ret->size = size;
        memcpy(ret->body, body, size);
        return true;
    }
    return false;
}
