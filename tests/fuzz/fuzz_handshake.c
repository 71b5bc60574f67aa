/*
 * INIT, RESP and FIN after an attacker has been at them who knows the hint and so can make mac1.
 * The input is a list of changes, applied to genuine messages:
 *
 *     which u8 | at u16 | length u8 | bytes    which: bits 0-1 INIT, RESP, FIN, or FIN's payload
 *                                               before it is sealed; bit 2: leave mac1 as it is
 *
 * Each changed message is given to who expects it; the genuine ones must still do their work
 * afterwards, whatever came before.
 */
#include "base/bytes.h"
#include "call/demux.h"
#include "call/handshake_layout.h"
#include "sim/rng.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(x)                                                                                   \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static struct world {
    struct tacet_rng rng;
    struct tacet_identity *identity[2];
    struct tacet_handshake_config config[2];
    struct tacet_initiator initiator;
    struct tacet_responder responder;
    struct tacet_path path;
    uint8_t mac1_key[32];
    uint8_t init[TACET_INIT_SIZE];
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin[TACET_FIN_SIZE];
    uint8_t plain[TACET_SEALED_PLAIN_SIZE]; /* of a FIN that is sealed here */
} w;

static const uint8_t zeros[32];

static void prepare(void)
{
    struct tacet_callee who = { .hint = TACET_HINT_KEY };

    for (int i = 0; i < 2 && w.identity[i] == NULL; i++) {
        struct tacet_handshake_config *c = &w.config[i];
        CHECK(sodium_init() >= 0);
        tacet_rng_seed(&w.rng, 1, (uint64_t)i);
        c->random = tacet_rng_random(&w.rng);
        CHECK(tacet_identity_create(&c->random, "someone", &w.identity[i]) == 0);
        c->identity = w.identity[i];
        c->profiles[0] = TACET_PROFILE_AEAD_AES_256_GCM;
        c->profile_count = 1;
        c->unix_now = 1800000000;
        CHECK(tacet_certificate_self_sign(c->identity, &c->random, c->unix_now, c->certificate,
                                          &c->certificate_size) == 0);
    }
    tacet_rng_seed(&w.rng, 1, 2);
    memcpy(who.key, w.identity[1]->ed_public, sizeof(who.key));
    w.path.address = (struct tacet_address){ .family = 4, .port = 1 };
    CHECK(tacet_responder_create(&w.responder) == 0);
    CHECK(tacet_initiator_start(&w.initiator, &w.config[0], &who) == 0);
    memcpy(w.init, w.initiator.init, sizeof(w.init));
    memcpy(w.mac1_key, w.initiator.mac1_key, sizeof(w.mac1_key));
}

static enum tacet_drop give_init(const uint8_t *packet)
{
    size_t size;

    return tacet_responder_consume_init(&w.responder, &w.config[1], 1, &w.path, packet,
                                        TACET_INIT_SIZE, w.resp, &size);
}

static enum tacet_drop give_resp(const uint8_t *packet)
{
    struct tacet_handshake_result result;
    bool other = false;

    return tacet_initiator_consume_resp(&w.initiator, &w.config[0], packet, TACET_RESP_SIZE, zeros,
                                        zeros, 0, w.fin, &result, &other);
}

static enum tacet_drop give_fin(const uint8_t *packet)
{
    struct tacet_handshake_result result;
    uint32_t index = 0;

    return tacet_responder_consume_fin(&w.responder, &w.config[1], 1, &w.path, packet,
                                       TACET_FIN_SIZE, &result, &index);
}

/* Seals w.plain as the initiator would who has read the RESP. */
static void seal_fin(const struct tacet_initiator *from, uint8_t out[TACET_FIN_SIZE])
{
    struct tacet_noise noise = from->noise;
    uint8_t ignored[TACET_SEALED_PLAIN_SIZE];
    uint32_t index = tacet_handshake_index(w.resp, sizeof(w.resp), 0);

    CHECK(tacet_noise_read_resp(&noise, w.resp, TACET_RESP_HEADER, w.resp + TACET_RESP_E,
                                w.resp + TACET_RESP_S, w.resp + TACET_RESP_PAYLOAD,
                                TACET_RESP_PAYLOAD_SIZE, ignored) == 0);
    tacet_handshake_write_header(out, TACET_PACKET_FIN, &index, 1);
    CHECK(tacet_noise_write_fin(&noise, out, TACET_FIN_HEADER, w.plain, sizeof(w.plain),
                                out + TACET_FIN_S, out + TACET_FIN_PAYLOAD) == 0);
}

/* Applies the input's changes of one kind; whether there were any. */
static bool change(const uint8_t *data, size_t size, uint8_t which, uint8_t *packet,
                   size_t packet_size, size_t mac1)
{
    struct tacet_reader r = tacet_reader(data, size);
    bool renew = mac1 > 0;
    bool any = false;

    while (tacet_reader_left(&r) > 4) {
        uint8_t what = tacet_read_u8(&r);
        size_t at = tacet_read_u16(&r) % packet_size;
        size_t length = tacet_read_u8(&r);
        length = length < tacet_reader_left(&r) ? length : tacet_reader_left(&r);
        const uint8_t *bytes = tacet_read_view(&r, length);
        if ((what & 3) != which || bytes == NULL) {
            continue;
        }
        length = length < packet_size - at ? length : packet_size - at;
        memcpy(packet + at, bytes, length);
        renew &= (what & 4) == 0;
        any = true;
    }
    if (renew) {
        tacet_mac(w.mac1_key, packet, mac1, packet + mac1);
    }
    return any;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t packet[TACET_INIT_SIZE];
    struct tacet_opening opening = { .media_bits = 1 };

    prepare();
    memcpy(packet, w.init, sizeof(packet));
    if (change(data, size, 0, packet, TACET_INIT_SIZE, TACET_INIT_MAC1)) {
        (void)give_init(packet);
    }
    CHECK(give_init(w.init) == TACET_DROP_NONE);

    memcpy(packet, w.resp, TACET_RESP_SIZE);
    if (change(data, size, 1, packet, TACET_RESP_SIZE, TACET_RESP_MAC1) &&
        memcmp(packet, w.resp, TACET_RESP_SIZE) != 0) {
        CHECK(give_resp(packet) != TACET_DROP_NONE);
    }
    struct tacet_initiator before = w.initiator;
    CHECK(give_resp(w.resp) == TACET_DROP_NONE);

    memcpy(packet, w.fin, TACET_FIN_SIZE);
    if (change(data, size, 2, packet, TACET_FIN_SIZE, TACET_FIN_MAC1) &&
        memcmp(packet, w.fin, TACET_FIN_SIZE) != 0) {
        CHECK(give_fin(packet) != TACET_DROP_NONE);
    }
    opening.certificate = w.config[0].certificate;
    opening.certificate_size = w.config[0].certificate_size;
    tacet_opening_write(&opening, w.plain);
    bool taken = false;
    if (change(data, size, 3, w.plain, sizeof(w.plain), 0)) {
        seal_fin(&before, packet);
        tacet_mac(w.mac1_key, packet, TACET_FIN_MAC1, packet + TACET_FIN_MAC1);
        taken = give_fin(packet) == TACET_DROP_NONE; /* it may have changed nothing that counts */
    }
    CHECK(taken || give_fin(w.fin) == TACET_DROP_NONE);
    tacet_responder_free(&w.responder);
    return 0;
}
