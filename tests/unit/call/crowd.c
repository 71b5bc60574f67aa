/* See crowd.h. */
#include "crowd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/demux.h"

#include <stdio.h>
#include <string.h>

static struct tacet_path path_of(const struct crowd *c, int i)
{
    return (struct tacet_path){
        .address = { .family = 4, .ip = { 192, 0, 2, c->host[i] }, .port = (uint16_t)(5000 + i) }
    };
}

struct crowd *crowd_create(int callers)
{
    static struct crowd crowd;
    struct crowd *c = &crowd;

    memset(c, 0, sizeof(*c));
    assert_int_equal(tacet_init(), 0);
    tacet_rng_seed(&c->rng, 5, 0);
    c->now = TACET_S(10);
    c->mute = -1;
    assert_int_equal(tacet_trust_create(&c->trust), 0);
    for (int i = 0; i <= CROWD; i++) {
        struct tacet_call_config config;
        c->host[i] = (uint8_t)(i + 1);
        if (i >= callers && i < CROWD) {
            continue;
        }
        tacet_call_config_init(&config);
        config.random = tacet_rng_random(&c->rng);
        assert_int_equal(tacet_identity_create(&config.random, "someone", &c->identity[i]), 0);
        config.identity = c->identity[i];
        config.unix_time_offset_us = INT64_C(1700000000) * 1000000;
        config.listen = i == CROWD;
        config.trust = i == CROWD ? c->trust : NULL;
        config.no_answer_us = TACET_S(1000);
        assert_int_equal(tacet_call_create(&config, c->now, &c->call[i]), 0);
    }
    return c;
}

void crowd_free(struct crowd *c)
{
    for (int i = 0; i <= CROWD; i++) {
        tacet_call_free(&c->call[i]);
        tacet_identity_free(&c->identity[i]);
    }
    tacet_trust_free(&c->trust);
}

void crowd_know(struct crowd *c, int who)
{
    char label[16];

    (void)snprintf(label, sizeof(label), "friend-%d", who);
    assert_int_equal(tacet_trust_pin(c->trust, label, c->identity[who]->ed_public, NULL, 0, false),
                     0);
}

static void on_event(struct crowd *c, int i, const struct tacet_event *event)
{
    if (i == CROWD) {
        if (event->type == TACET_EVENT_INCOMING) {
            c->incoming++;
            c->ringing_peer = event->peer;
        } else {
            c->told_of++;
        }
        if (event->type == TACET_EVENT_ENDED) {
            c->ended[i] = event->u.ended.reason;
        }
    } else if (event->type == TACET_EVENT_RINGING) {
        c->rang[i]++;
    } else if (event->type == TACET_EVENT_ENDED) {
        c->ended[i] = event->u.ended.reason;
        c->remote[i] = event->u.ended.remote;
    }
}

void crowd_pump(struct crowd *c)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (int i = 0; i <= CROWD; i++) {
            struct tacet_packet packet;
            struct tacet_event event;
            while (c->call[i] != NULL && tacet_call_poll_packet(c->call[i], c->now, &packet) == 1) {
                uint8_t copy[TACET_DATAGRAM_MAX];
                int to = i == CROWD ? packet.path.address.port - 5000 : CROWD;
                struct tacet_packet in = { .path = path_of(c, i),
                                           .data = copy,
                                           .size = packet.size };
                memcpy(copy, packet.data, packet.size);
                moved = true;
                if (i != c->mute || tacet_demux(copy, in.size) != TACET_PACKET_CTRL) {
                    (void)tacet_call_handle_packet(c->call[to], c->now, &in);
                }
            }
            while (c->call[i] != NULL && tacet_call_poll_event(c->call[i], &event) == 1) {
                on_event(c, i, &event);
                moved = true;
            }
        }
    }
}

void crowd_run(struct crowd *c, int64_t duration_us)
{
    int64_t end = c->now + duration_us;

    for (;;) {
        int64_t next = end + 1;
        crowd_pump(c);
        for (int i = 0; i <= CROWD; i++) {
            int64_t at = c->call[i] == NULL ? end + 1 : tacet_call_next_timeout(c->call[i], NULL);
            next = at < next ? at : next;
        }
        if (next > end) {
            break;
        }
        c->now = next > c->now ? next : c->now;
        for (int i = 0; i <= CROWD; i++) {
            if (c->call[i] != NULL) {
                tacet_call_handle_timeout(c->call[i], c->now);
            }
        }
    }
    c->now = end;
}

static int dial(struct crowd *c, int from, int to)
{
    struct tacet_callee who = { .hint = TACET_HINT_KEY };
    struct tacet_path path = path_of(c, to);
    uint32_t peer;

    memcpy(who.key, c->identity[to]->ed_public, sizeof(who.key));
    return tacet_call_dial(c->call[from], c->now, &who, &path, 1, &peer);
}

void crowd_dial(struct crowd *c, int who)
{
    c->ended[who] = 0;
    assert_int_equal(dial(c, who, CROWD), 0);
    crowd_pump(c);
}

int crowd_dial_back(struct crowd *c, int who)
{
    return dial(c, CROWD, who);
}
