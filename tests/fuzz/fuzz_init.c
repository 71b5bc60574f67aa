/*
 * INIT from someone who knows the hint, at a responder that has one caller already
 * (handshake_world.h tells how the input is read; here bits 3 to 7 of the mode are these). What is
 * dropped leaves no trace in the table, no answer is larger than what it answers, and the caller
 * who was there still gets his RESP.
 */
#include "handshake_world.h"

#include "call/demux.h"

#include <sodium.h>
#include <string.h>

#define MODE_PROVE 0x08  /* mac2 is made with the cookie of the path */
#define MODE_LOADED 0x10 /* handshakes from elsewhere are open, as many as make a load */
#define MODE_FULL 0x20   /* the path's source has all that it may have */
#define MODE_CLOSED 0x40 /* hint 0 is not accepted */
#define MODE_BUSY 0x80   /* as many INITs came in this second as may */

#define ENTRIES_MAX 64 /* more than are ever in use here */
#define NOW TACET_S(10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A responder as it is before a run. */
struct snapshot {
    bool made;
    struct tacet_responder responder;
    struct tacet_half_open entries[ENTRIES_MAX];
};

static const struct tacet_path attacker = {
    .address = { .family = 4, .ip = { 203, 0, 113, 5 }, .port = 9 },
};

static size_t open_more(struct world *w, size_t have, size_t count, struct tacet_path path,
                        bool elsewhere)
{
    for (size_t i = 0; i < count; i++, have++) {
        struct tacet_initiator other;
        uint8_t reply[TACET_RESP_SIZE];
        size_t size;
        if (elsewhere) {
            path.address.ip[3] = (uint8_t)(100 + i);
        }
        CHECK(tacet_initiator_start(&other, &w->config[WORLD_OTHER], &w->hint) == 0);
        /* Apart in time, so that they are no flood. */
        CHECK(tacet_responder_consume_init(&w->responder, &w->config[WORLD_CALLEE],
                                           NOW - TACET_S(9) + (int64_t)have * 100000, &path,
                                           other.init, sizeof(other.init), reply,
                                           &size) == TACET_DROP_NONE);
    }
    return have;
}

static void make(struct world *w, uint8_t mode, struct snapshot *s)
{
    size_t have = 1;

    w->config[WORLD_CALLEE].open = true;
    if ((mode & MODE_FULL) != 0) {
        have = open_more(w, have, TACET_HALF_OPEN_SOURCE_MAX, attacker, false);
    }
    if ((mode & MODE_LOADED) != 0) {
        have = open_more(w, have, TACET_HALF_OPEN_LOAD - have, w->path, true);
    }
    CHECK(have < ENTRIES_MAX);
    s->responder = w->responder;
    memcpy(s->entries, w->responder.entries, sizeof(s->entries));
    s->made = true;
}

/* Sets the world's responder to what the mode says; the first snapshot of a world is its own. */
static const struct snapshot *prepare(struct world *w, uint8_t mode)
{
    static struct snapshot snapshots[3][4];
    struct snapshot *own = snapshots[(mode & WORLD_MODE_HINT) % 3];
    struct snapshot *s = &own[(mode / MODE_LOADED) % 4];

    if (!own->made) {
        make(w, 0, own);
    }
    w->responder = own->responder;
    memcpy(w->responder.entries, own->entries, sizeof(own->entries));
    if (!s->made) {
        make(w, mode, s);
    }
    w->responder = s->responder;
    memcpy(w->responder.entries, s->entries, sizeof(s->entries));
    for (size_t i = 0; (mode & MODE_BUSY) != 0 && i < TACET_INIT_RATE_MAX; i++) {
        (void)tacet_cookie_count_init(&w->responder.cookies, NOW);
    }
    return s;
}

/* As an initiator would that was asked for a cookie with this INIT. */
static void prove(struct world *w, uint8_t packet[TACET_INIT_SIZE])
{
    struct tacet_cookie_answer answer = { .waiting = true };
    struct tacet_initiator initiator = w->initiator;
    uint8_t cookie[TACET_COOKIE_SIZE];

    memcpy(initiator.init, packet, TACET_INIT_SIZE);
    initiator.index = tacet_handshake_index(packet, TACET_INIT_SIZE, 0);
    tacet_cookie_write(&w->responder.cookies, &w->config[WORLD_CALLEE].random, NOW, &attacker,
                       &w->hint, packet, cookie);
    CHECK(tacet_cookie_consume(&answer, &initiator, cookie, sizeof(cookie)) == TACET_DROP_NONE);
    memcpy(packet + TACET_INIT_MAC2, answer.mac2, TACET_MAC_SIZE);
}

static void check(struct world *w, const struct snapshot *s, const uint8_t *packet)
{
    const struct tacet_handshake_config *config = &w->config[WORLD_CALLEE];
    struct tacet_responder *r = &w->responder;
    size_t before = tacet_responder_count(r);
    uint8_t reply[TACET_RESP_SIZE];
    size_t size = 1;

    enum tacet_drop drop = tacet_responder_consume_init(r, config, NOW, &attacker, packet,
                                                        TACET_INIT_SIZE, reply, &size);
    if (drop == TACET_DROP_NONE) {
        CHECK(size == TACET_RESP_SIZE);
        CHECK(tacet_handshake_header_valid(reply, size, TACET_PACKET_RESP));
        CHECK(memcmp(reply + 8, packet + 4, 4) == 0);
        CHECK(tacet_responder_count(r) >= before && tacet_responder_count(r) <= before + 1);
    } else {
        CHECK(size == 0 || (drop == TACET_DROP_RATE && size == TACET_COOKIE_SIZE));
        CHECK(memcmp(r->entries, s->entries, sizeof(s->entries)) == 0);
    }
    CHECK(tacet_responder_consume_init(r, config, NOW, &w->path, w->init, TACET_INIT_SIZE, reply,
                                       &size) == TACET_DROP_NONE);
    CHECK(size == TACET_RESP_SIZE && memcmp(reply, w->resp, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t packet[TACET_INIT_SIZE];

    if (size == 0) {
        return 0;
    }
    uint8_t mode = data[0];
    struct world *w = world_get(mode);
    const struct snapshot *s = prepare(w, mode);
    w->config[WORLD_CALLEE].open = (mode & MODE_CLOSED) == 0;
    memcpy(packet, w->init, sizeof(packet));
    world_change(data + 1, size - 1, packet, sizeof(packet));
    if ((mode & WORLD_MODE_MAC1) == 0) {
        tacet_mac(w->mac1_key, packet, TACET_INIT_MAC1, packet + TACET_INIT_MAC1);
    }
    if ((mode & MODE_PROVE) != 0) {
        prove(w, packet);
    }
    check(w, s, packet);
    return 0;
}
