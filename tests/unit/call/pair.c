/* See pair.h. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/demux.h"

#include <string.h>

void pair_create(struct pair *p, uint64_t seed,
                 void (*edit)(int party, struct tacet_call_config *config))
{
    memset(p, 0, sizeof(*p));
    assert_int_equal(tacet_init(), 0);
    p->now = 1000000;
    for (int i = 0; i < 2; i++) {
        struct tacet_call_config config;
        struct tacet_random random;

        tacet_rng_seed(&p->rng[i], seed, (uint64_t)i);
        random = tacet_rng_random(&p->rng[i]);
        assert_int_equal(
            tacet_identity_create(&random, i == CALLER ? "ann" : "bob", &p->identity[i]), 0);
        tacet_call_config_init(&config);
        config.identity = p->identity[i];
        config.random = random;
        config.unix_time_offset_us = INT64_C(1700000000) * 1000000;
        config.listen = i == CALLEE;
        config.media = (struct tacet_media){
            .audio = true, .video = true, .width = 64, .height = 48, .fps = 30
        };
        if (edit != NULL) {
            edit(i, &config);
        }
        assert_int_equal(tacet_call_create(&config, p->now, &p->call[i]), 0);
        p->path[i].address = (struct tacet_address){ .family = 4,
                                                     .ip = { 192, 0, 2, (uint8_t)(i + 1) },
                                                     .port = 5000 };
        p->peer[i] = UINT32_MAX;
    }
}

void pair_free(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        tacet_call_free(&p->call[i]);
        tacet_identity_free(&p->identity[i]);
    }
}

enum tacet_drop pair_give(struct pair *p, int to, const struct tacet_packet *packet,
                          const struct tacet_path *by)
{
    uint8_t copy[TACET_DATAGRAM_MAX];
    struct tacet_packet in = { .path = *by, .data = copy, .size = packet->size };

    assert_in_range(packet->size, 1, sizeof(copy));
    memcpy(copy, packet->data, packet->size);
    p->handed[to]++;
    return tacet_call_handle_packet(p->call[to], p->now, &in);
}

bool pair_hand_over(struct pair *p, int from)
{
    struct tacet_packet packet;
    bool moved = false;

    while (tacet_call_poll_packet(p->call[from], p->now, &packet) == 1) {
        moved = true;
        p->sent_to[from] = packet.path;
        if (tacet_demux(packet.data, packet.size) == TACET_PACKET_RTP) {
            p->media_packets[from]++;
        }
        bool taken = p->way != NULL && p->way(p->way_ctx, p, from, &packet);
        if (!taken && !p->blocked[from]) {
            (void)pair_give(p, 1 - from, &packet, &p->path[from]);
        }
    }
    return moved;
}

static void poll_rest(struct pair *p, int party)
{
    struct tacet_event event;
    uint32_t peer;

    while (tacet_call_poll_event(p->call[party], &event) == 1) {
        if (event.type == TACET_EVENT_INCOMING) {
            p->peer[party] = event.peer;
        }
        assert_in_range(p->event_count[party], 0, 127);
        p->events[party][p->event_count[party]++] = event;
    }
    while (tacet_call_poll_frame(p->call[party], p->now, &peer, &p->last_frame[party]) == 1) {
        p->frames[party][p->last_frame[party].kind]++;
    }
}

void pair_pump(struct pair *p)
{
    bool moved = true;

    while (moved) {
        moved = pair_hand_over(p, CALLER);
        moved |= pair_hand_over(p, CALLEE);
        poll_rest(p, CALLER);
        poll_rest(p, CALLEE);
    }
}

void pair_run(struct pair *p, int64_t duration_us)
{
    int64_t end = p->now + duration_us;

    pair_pump(p);
    for (;;) {
        int64_t a = tacet_call_next_timeout(p->call[CALLER], NULL);
        int64_t b = tacet_call_next_timeout(p->call[CALLEE], NULL);
        int64_t next = a < b ? a : b;
        if (next > end) {
            break;
        }
        p->now = next > p->now ? next : p->now;
        tacet_call_handle_timeout(p->call[CALLER], p->now);
        tacet_call_handle_timeout(p->call[CALLEE], p->now);
        pair_pump(p);
    }
    p->now = end;
}

void pair_dial(struct pair *p)
{
    pair_dial_at(p, &p->path[CALLEE], 1);
}

void pair_dial_at(struct pair *p, const struct tacet_path *paths, size_t count)
{
    struct tacet_callee who = { .hint = TACET_HINT_KEY };
    struct tacet_public_identity callee;

    tacet_identity_public(p->identity[CALLEE], &callee);
    memcpy(who.key, callee.key, sizeof(who.key));
    assert_int_equal(tacet_call_dial(p->call[CALLER], p->now, &who, paths, count, &p->peer[CALLER]),
                     0);
}

void pair_connect(struct pair *p)
{
    pair_dial(p);
    pair_pump(p);
    assert_int_equal(tacet_call_answer(p->call[CALLEE], p->now, p->peer[CALLEE]), 0);
    pair_pump(p);
    assert_int_equal(pair_peer(p, CALLER)->state, TACET_PEER_CONNECTED);
    assert_int_equal(pair_peer(p, CALLEE)->state, TACET_PEER_CONNECTED);
}

void pair_send(struct pair *p, int party, enum tacet_kind kind, uint8_t references, size_t size)
{
    static uint8_t data[TACET_FRAME_SIZE_MAX];
    bool key = kind == TACET_KIND_VIDEO && references == 0;
    struct tacet_frame frame = {
        .kind = kind,
        .key = key,
        .references = references,
        .updates = key ? TACET_REFERENCE_LAST | TACET_REFERENCE_GOLDEN | TACET_REFERENCE_ALTREF
                       : TACET_REFERENCE_LAST,
        .captured_at_us = p->now,
        .data = data,
        .size = size,
    };

    memset(data, 0x5a, sizeof(data));
    if (kind == TACET_KIND_VIDEO) {
        /* RFC 6386 section 9.1: a shown key frame of 64x48, or an inter frame. */
        static const uint8_t tag[10] = { 0x10, 0, 0, 0x9d, 0x01, 0x2a, 64, 0, 48, 0 };
        memcpy(data, tag, sizeof(tag));
        data[0] |= key ? 0 : 1;
    }
    assert_int_equal(tacet_call_send_frame(p->call[party], p->now, &frame), 0);
}

struct tacet_peer *pair_peer(struct pair *p, int party)
{
    return &p->call[party]->peers[p->peer[party] % TACET_PEERS_MAX];
}

uint32_t pair_events(const struct pair *p, int party, enum tacet_event_type type)
{
    uint32_t count = 0;

    for (size_t i = 0; i < p->event_count[party]; i++) {
        count += p->events[party][i].type == type ? 1 : 0;
    }
    return count;
}

const struct tacet_event *pair_last(const struct pair *p, int party, enum tacet_event_type type)
{
    for (size_t i = p->event_count[party]; i > 0; i--) {
        if (p->events[party][i - 1].type == type) {
            return &p->events[party][i - 1];
        }
    }
    return NULL;
}
