/*
 * A whole call between two parties, with the input as the network's ill will: each datagram takes
 * one byte that says what becomes of it (see `meddle`), and each tenth of a second one that lets an
 * authenticated party misbehave or its user act. What is changed in a handshake message gets its
 * mac1 made anew, so that it comes past the first check.
 *
 * When the input is used up the network is good. Then: at most one ring for one dialling, no frame
 * before an answer, the same words on both sides, and a connection unless somebody ended it.
 */
#include "base/bytes.h"
#include "call/call.h"
#include "call/demux.h"
#include "crypto/mac.h"
#include "sim/harness.h"

#include <stdlib.h>
#include <string.h>

#define STEP_US 100000
#define INPUT_MAX 600
#define DROPS_MAX 4 /* of handshake and control packets: fewer never cost the connection */

struct fuzz {
    struct tacet_reader input;
    uint8_t mac1_key[32];
    uint32_t dropped;
    bool ended;      /* a user hung up, declined, or a party broke the protocol */
    bool misbehaved; /* an authenticated party did what the engine would not */
    char words[2][TACET_WORDS_MAX];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum tacet_harness_party other_of(enum tacet_harness_party party)
{
    return party == TACET_CALLER ? TACET_CALLEE : TACET_CALLER;
}

static void inject(struct tacet_harness *h, enum tacet_harness_party from,
                   enum tacet_harness_party to, int64_t delay_us, const uint8_t *data, size_t size)
{
    if (tacet_harness_inject(h, to, tacet_harness_now(h) + delay_us, tacet_harness_path(h, from),
                             data, size) != 0) {
        abort();
    }
}

/* mac1 anew, where the packet still has the length of one that carries it. */
static void repair(const struct fuzz *fuzz, uint8_t *packet, size_t size)
{
    static const struct {
        uint8_t type;
        size_t size;
        size_t mac_at;
    } layouts[] = {
        { TACET_PACKET_INIT, TACET_INIT_SIZE, TACET_INIT_SIZE - 32 },
        { TACET_PACKET_RESP, TACET_RESP_SIZE, TACET_RESP_SIZE - 32 },
        { TACET_PACKET_FIN, TACET_FIN_SIZE, TACET_FIN_SIZE - 16 },
    };

    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        if (size == layouts[i].size && packet[0] == layouts[i].type) {
            tacet_mac(fuzz->mac1_key, packet, layouts[i].mac_at, packet + layouts[i].mac_at);
        }
    }
}

static void change(struct fuzz *fuzz, uint8_t *packet, size_t size)
{
    size_t at = tacet_read_u16(&fuzz->input) % size;

    packet[at] ^= (uint8_t)(tacet_read_u8(&fuzz->input) | 1);
    repair(fuzz, packet, size);
}

static bool meddle(void *ctx, struct tacet_harness *h, enum tacet_harness_party from,
                   struct tacet_packet *packet)
{
    struct fuzz *fuzz = ctx;
    uint8_t copy[TACET_DATAGRAM_ROOM] = { 0 };
    uint8_t choice = tacet_read_u8(&fuzz->input);
    size_t size;

    if (fuzz->input.failed) {
        return true;
    }
    memcpy(copy, packet->data, packet->size);
    switch (choice % 12) {
    case 4: /* lost */
        fuzz->dropped += packet->data[0] < 128;
        return fuzz->dropped > DROPS_MAX;
    case 5: /* a changed copy ahead */
        change(fuzz, copy, packet->size);
        inject(h, from, other_of(from), 0, copy, packet->size);
        return true;
    case 6: /* a cut or lengthened copy ahead */
        size = tacet_read_u16(&fuzz->input) % (sizeof(copy) + 1);
        repair(fuzz, copy, size);
        inject(h, from, other_of(from), 0, copy, size);
        return true;
    case 7: /* again, later */
        inject(h, from, other_of(from), tacet_read_u8(&fuzz->input) * INT64_C(10000), copy,
               packet->size);
        return true;
    case 8: /* held back */
        fuzz->dropped++;
        if (fuzz->dropped <= DROPS_MAX) {
            inject(h, from, other_of(from), tacet_read_u8(&fuzz->input) * INT64_C(4000), copy,
                   packet->size);
            return false;
        }
        return true;
    case 9: /* reflected, as if from the other side */
        inject(h, other_of(from), from, 0, copy, packet->size);
        return true;
    case 10: /* bytes of the input's own */
        size = tacet_read_u8(&fuzz->input);
        memset(copy, choice, sizeof(copy));
        tacet_read_bytes(&fuzz->input, copy, size % 32);
        repair(fuzz, copy, size);
        inject(h, from, other_of(from), 0, copy, size);
        return true;
    case 11: /* as if from elsewhere */
        packet->path.address.port = 1;
        inject(h, from, other_of(from), 0, copy, packet->size);
        return false;
    default:
        return true;
    }
}

static void note_event(void *ctx, struct tacet_harness *h, enum tacet_harness_party at,
                       const struct tacet_event *event)
{
    struct fuzz *fuzz = ctx;

    (void)h;
    if (event->type == TACET_EVENT_ANSWERED) {
        memcpy(fuzz->words[at], event->u.answered.words, TACET_WORDS_MAX);
    }
}

/* What an authenticated party may put on its control stream, and no engine would. */
static void misbehave(struct fuzz *fuzz, struct tacet_harness *h, enum tacet_harness_party party)
{
    struct tacet_call *call = tacet_harness_call(h, party);
    struct tacet_peer *peer = tacet_call_find(call, tacet_harness_peer(h, party));
    enum tacet_message type = (enum tacet_message)(1 + tacet_read_u8(&fuzz->input) % 66);
    size_t size = tacet_read_u8(&fuzz->input) % 128;
    uint8_t body[128];

    tacet_read_bytes(&fuzz->input, body, size);
    if (peer == NULL || peer->state < TACET_PEER_RINGING) {
        return;
    }
    fuzz->misbehaved = true;
    if (type >= TACET_MESSAGE_PING) {
        tacet_control_send_single(&peer->control, type, body, size % TACET_SINGLE_MAX);
    } else {
        (void)!tacet_control_send(&peer->control, tacet_harness_clock(h), type, body, size);
    }
}

/* Encoded frames that no encoder made. */
static void send_garbage(struct fuzz *fuzz, struct tacet_harness *h, enum tacet_harness_party party)
{
    uint8_t data[2000];
    uint8_t choice = tacet_read_u8(&fuzz->input);
    struct tacet_frame frame = {
        .kind = (choice & 1) != 0 ? TACET_KIND_VIDEO : TACET_KIND_AUDIO,
        .key = (choice & 2) != 0,
        .captured_at_us = tacet_harness_clock(h),
        .data = data,
        .size = 1 + (size_t)choice * ((choice & 1) != 0 ? 7 : 3),
    };

    memset(data, choice, sizeof(data));
    tacet_read_bytes(&fuzz->input, data, choice % 16);
    if (tacet_call_send_frame(tacet_harness_call(h, party), tacet_harness_clock(h), &frame) != 0) {
        abort();
    }
}

static void act(struct fuzz *fuzz, struct tacet_harness *h)
{
    uint8_t choice = tacet_read_u8(&fuzz->input);
    enum tacet_harness_party party = (choice & 0x80) != 0 ? TACET_CALLEE : TACET_CALLER;
    struct tacet_call *call = tacet_harness_call(h, party);
    uint32_t peer = tacet_harness_peer(h, party);
    int64_t now = tacet_harness_clock(h);
    static const uint8_t message[300] = { 1 };

    if (fuzz->input.failed) {
        return;
    }
    switch (choice % 16) {
    case 8:
        tacet_call_hangup(call, now);
        fuzz->ended = true;
        break;
    case 9:
        (void)!tacet_call_set_muted(call, now, TACET_KIND_AUDIO, (choice & 0x40) != 0);
        break;
    case 10:
        (void)!tacet_call_send_message(call, now, peer, message, 1 + choice);
        break;
    case 11:
    case 12:
        misbehave(fuzz, h, party);
        break;
    case 13:
    case 14:
        send_garbage(fuzz, h, party);
        break;
    case 15:
        tacet_call_handle_network_change(call, now);
        break;
    default:
        break;
    }
}

static void require(bool held)
{
    if (!held) {
        abort();
    }
}

static void check(const struct fuzz *fuzz, struct tacet_harness *h)
{
    uint32_t answered[2], ended = 0;

    for (int i = 0; i < 2; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        struct tacet_harness_result result;
        tacet_harness_result(h, party, &result);
        require(result.frames_before_answer == 0);
        answered[i] = tacet_harness_event_count(h, party, TACET_EVENT_ANSWERED);
        ended += tacet_harness_event_count(h, party, TACET_EVENT_ENDED);
        require(answered[i] <= 1);
    }
    require(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_INCOMING) <= 1);
    require(tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_INCOMING) == 0);
    if (answered[0] == 1 && answered[1] == 1 && !fuzz->misbehaved) {
        require(memcmp(fuzz->words[0], fuzz->words[1], TACET_WORDS_MAX) == 0);
    }
    if (!fuzz->ended && !fuzz->misbehaved) {
        require(answered[0] == 1);
        require(answered[1] == 1);
        require(ended == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool ready;
    struct tacet_harness_config config;
    struct tacet_callee callee = { .hint = TACET_HINT_KEY };
    struct tacet_harness *h = NULL;
    struct fuzz fuzz = { 0 };

    if (!ready) {
        require(tacet_init() == 0);
        ready = true;
    }
    fuzz.input = tacet_reader(data, size < INPUT_MAX ? size : INPUT_MAX);
    tacet_harness_config_init(&config);
    config.width = 64;
    config.height = 64;
    config.fps = 5;
    config.video_bitrate_bps = 60000;
    config.on_packet = meddle;
    config.on_event = note_event;
    config.ctx = &fuzz;
    require(tacet_harness_create(&config, &h) == 0);
    tacet_harness_identity(h, TACET_CALLEE, callee.key);
    tacet_mac1_key(&callee, fuzz.mac1_key);
    require(tacet_harness_dial(h) == 0);
    while (!fuzz.input.failed && tacet_reader_left(&fuzz.input) > 0) {
        tacet_harness_run(h, tacet_harness_now(h) + STEP_US);
        act(&fuzz, h);
        /* A call that is over sends nothing more: the rest of the input would never be read. */
        if (fuzz.ended || tacet_harness_now(h) > INT64_C(20000000)) {
            break;
        }
    }
    fuzz.input.failed = true;
    tacet_harness_run(h, tacet_harness_now(h) + INT64_C(4000000));
    check(&fuzz, h);
    tacet_harness_free(&h);
    return 0;
}
