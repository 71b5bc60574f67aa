/*
 * What strangers may cost (protocol.md section 3): calls that wait for an answer, rings, and
 * datagrams drawn by who has not shown who he is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "call/demux.h"
#include "call/handshake_layout.h"
#include "pair.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { CROWD = 10 };

/* One callee, and callers with identities of their own. */
struct crowd {
    struct tacet_rng rng;
    int64_t now;
    int mute;                                   /* whose CTRL is lost; or -1 */
    struct tacet_identity *identity[CROWD + 1]; /* the last is the callee's */
    struct tacet_call *call[CROWD + 1];
    uint32_t incoming;               /* rings at the callee */
    uint32_t ringing_peer;           /* the last of them */
    uint32_t told_of;                /* any other event there */
    uint32_t rang[CROWD];            /* RINGING at the caller */
    enum tacet_end ended[CROWD + 1]; /* 0: not since it dialled */
    bool remote[CROWD];
};

static struct tacet_path path_of(int i)
{
    return (struct tacet_path){
        .address = { .family = 4, .ip = { 192, 0, 2, (uint8_t)(i + 1) }, .port = 5000 }
    };
}

static struct crowd *crowd_create(int callers)
{
    static struct crowd crowd;
    struct crowd *c = &crowd;

    memset(c, 0, sizeof(*c));
    assert_int_equal(tacet_init(), 0);
    tacet_rng_seed(&c->rng, 5, 0);
    c->now = TACET_S(10);
    c->mute = -1;
    for (int i = 0; i <= CROWD; i++) {
        struct tacet_call_config config;
        if (i >= callers && i < CROWD) {
            continue;
        }
        tacet_call_config_init(&config);
        config.random = tacet_rng_random(&c->rng);
        assert_int_equal(tacet_identity_create(&config.random, "someone", &c->identity[i]), 0);
        config.identity = c->identity[i];
        config.unix_time_offset_us = INT64_C(1700000000) * 1000000;
        config.listen = i == CROWD;
        config.no_answer_us = TACET_S(1000);
        assert_int_equal(tacet_call_create(&config, c->now, &c->call[i]), 0);
    }
    return c;
}

static void crowd_free(struct crowd *c)
{
    for (int i = 0; i <= CROWD; i++) {
        tacet_call_free(&c->call[i]);
        tacet_identity_free(&c->identity[i]);
    }
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

static void crowd_pump(struct crowd *c)
{
    bool moved = true;

    while (moved) {
        moved = false;
        for (int i = 0; i <= CROWD; i++) {
            struct tacet_packet packet;
            struct tacet_event event;
            while (c->call[i] != NULL && tacet_call_poll_packet(c->call[i], c->now, &packet) == 1) {
                uint8_t copy[TACET_DATAGRAM_MAX];
                int to = i == CROWD ? packet.path.address.ip[3] - 1 : CROWD;
                struct tacet_packet in = { .path = path_of(i), .data = copy, .size = packet.size };
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

static void crowd_run(struct crowd *c, int64_t duration_us)
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

static uint32_t crowd_dial(struct crowd *c, int who)
{
    struct tacet_callee callee = { .hint = TACET_HINT_KEY };
    struct tacet_path path = path_of(CROWD);
    uint32_t peer;

    memcpy(callee.key, c->identity[CROWD]->ed_public, sizeof(callee.key));
    c->ended[who] = 0;
    assert_int_equal(tacet_call_dial(c->call[who], c->now, &callee, &path, 1, &peer), 0);
    crowd_pump(c);
    return peer;
}

static void is_busy(struct crowd *c, int who)
{
    assert_int_equal(c->ended[who], TACET_END_BUSY);
    assert_true(c->remote[who]);
}

/* --- rings --- */

static void eight_calls_wait_and_the_ninth_is_busy(void **state)
{
    struct crowd *c = crowd_create(CROWD);

    (void)state;
    for (int i = 0; i < TACET_UNANSWERED_MAX; i++) {
        (void)crowd_dial(c, i);
        assert_int_equal(c->rang[i], 1);
        crowd_run(c, TACET_S(1));
    }
    assert_int_equal(c->incoming, TACET_UNANSWERED_MAX);
    uint32_t told_of = c->told_of;
    for (int turn = 0; turn < 20; turn++) {
        (void)crowd_dial(c, TACET_UNANSWERED_MAX + turn % 2);
        is_busy(c, TACET_UNANSWERED_MAX + turn % 2);
        crowd_run(c, TACET_MS(100));
    }
    /* The app never heard of them. */
    assert_int_equal(c->incoming, TACET_UNANSWERED_MAX);
    assert_int_equal(c->told_of, told_of);
    /* One of the eight goes: there is room again. */
    assert_int_equal(
        tacet_call_decline(c->call[CROWD], c->now, c->ringing_peer, TACET_END_DECLINED), 0);
    crowd_run(c, TACET_S(1));
    (void)crowd_dial(c, TACET_UNANSWERED_MAX);
    assert_int_equal(c->rang[TACET_UNANSWERED_MAX], 1);
    assert_int_equal(c->incoming, TACET_UNANSWERED_MAX + 1);
    crowd_free(c);
}

static void an_identity_has_one_unanswered_call(void **state)
{
    struct crowd *c = crowd_create(2);

    (void)state;
    (void)crowd_dial(c, 0);
    assert_int_equal(c->incoming, 1);
    crowd_run(c, TACET_S(20)); /* longer than two rings must be apart */
    (void)crowd_dial(c, 0);
    is_busy(c, 0);
    assert_int_equal(c->incoming, 1);
    /* Another identity's is another matter, and the first still rings. */
    (void)crowd_dial(c, 1);
    assert_int_equal(c->incoming, 2);
    assert_int_equal(c->rang[0], 1);
    crowd_free(c);
}

static void an_identity_rings_once_in_five_seconds(void **state)
{
    static const struct {
        int64_t after_us; /* since the last ring */
        bool rings;
    } rows[] = {
        { TACET_MS(100), false },  { TACET_MS(4900), false }, { TACET_MS(5000), true },
        { TACET_MS(4990), false }, { TACET_MS(5100), true },
    };
    struct crowd *c = crowd_create(2);
    uint32_t rings = 1;

    (void)state;
    (void)crowd_dial(c, 0);
    int64_t rang_at = c->now;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tacet_call_hangup(c->call[0], c->now);
        crowd_run(c, rang_at + rows[i].after_us - c->now);
        (void)crowd_dial(c, 0);
        rings += rows[i].rings ? 1 : 0;
        rang_at = rows[i].rings ? c->now : rang_at;
        assert_int_equal(c->incoming, rings);
        assert_int_equal(c->rang[0], rings);
        if (!rows[i].rings) {
            is_busy(c, 0);
        }
    }
    crowd_free(c);
}

static void who_was_answered_may_ring_again_at_once(void **state)
{
    struct crowd *c = crowd_create(1);

    (void)state;
    for (uint32_t i = 1; i <= 3; i++) {
        (void)crowd_dial(c, 0);
        assert_int_equal(c->incoming, i);
        assert_int_equal(tacet_call_answer(c->call[CROWD], c->now, c->ringing_peer), 0);
        crowd_pump(c);
        tacet_call_hangup(c->call[0], c->now);
        crowd_run(c, TACET_MS(500));
    }
    crowd_free(c);
}

/* The app answers the first, of whom nothing has come but FIN, and then the second. */
static void an_answer_that_comes_second_is_busy_and_both_apps_hear_it(void **state)
{
    struct crowd *c = crowd_create(2);

    (void)state;
    c->mute = 0;
    (void)crowd_dial(c, 0);
    assert_int_equal(c->incoming, 1);
    assert_int_equal(tacet_call_answer(c->call[CROWD], c->now, c->ringing_peer), 0);
    (void)crowd_dial(c, 1);
    assert_int_equal(c->incoming, 2);
    assert_int_equal(tacet_call_answer(c->call[CROWD], c->now, c->ringing_peer), 0);
    crowd_run(c, TACET_S(1));
    assert_int_equal(c->ended[0], 0);
    assert_int_equal(c->ended[CROWD], 0);
    c->mute = -1;
    crowd_run(c, TACET_S(3));
    is_busy(c, 0);
    assert_int_equal(c->ended[CROWD], TACET_END_BUSY);
    assert_int_equal(c->ended[1], 0);
    crowd_free(c);
}

/* One identity dials again and again: one ring in five seconds, and others still get through, in
 * and out. */
static void a_ring_flood_leaves_room_for_others(void **state)
{
    struct crowd *c = crowd_create(3);
    uint32_t calls = 0;
    long live = tacet_alloc_live();

    (void)state;
    int64_t end = c->now + TACET_S(12);
    while (c->now < end) {
        (void)crowd_dial(c, 0);
        tacet_call_hangup(c->call[0], c->now);
        crowd_run(c, TACET_MS(170)); /* as often as the caller's own table lets it */
        calls++;
    }
    assert_true(calls > 60);
    assert_int_equal(c->incoming, 3);
    crowd_run(c, TACET_S(3));
    assert_int_equal(tacet_alloc_live(), live); /* what the three rings took is free again */
    (void)crowd_dial(c, 0);
    (void)crowd_dial(c, 1);
    assert_int_equal(c->rang[1], 1);
    /* The callee itself can call. */
    struct tacet_callee who = { .hint = TACET_HINT_KEY };
    struct tacet_path path = path_of(2);
    uint32_t peer;
    memcpy(who.key, c->identity[2]->ed_public, sizeof(who.key));
    assert_int_equal(tacet_call_dial(c->call[CROWD], c->now, &who, &path, 1, &peer), 0);
    crowd_free(c);
}

static void nobody_waits_longer_than_90_s(void **state)
{
    struct crowd *c = crowd_create(1); /* its patience is 1000 s */

    (void)state;
    (void)crowd_dial(c, 0);
    crowd_run(c, TACET_UNANSWERED_TIMEOUT_US - TACET_MS(1));
    assert_int_equal(c->ended[0], 0);
    crowd_run(c, TACET_MS(2));
    assert_int_equal(c->ended[0], TACET_END_NO_ANSWER);
    assert_true(c->remote[0]);
    crowd_free(c);
}

/* --- replies to who has not shown who he is --- */

static size_t drawn(struct pair *p, int party, const uint8_t *data, size_t size,
                    const struct tacet_path *from)
{
    uint8_t copy[TACET_DATAGRAM_MAX];
    struct tacet_packet in = { .path = *from, .data = copy, .size = size };
    struct tacet_packet out;
    size_t bytes = 0;

    memcpy(copy, data, size);
    (void)tacet_call_handle_packet(p->call[party], p->now, &in);
    while (tacet_call_poll_packet(p->call[party], p->now, &out) == 1) {
        bytes += out.size;
    }
    return bytes;
}

static void open_callee(int party, struct tacet_call_config *config)
{
    config->open = party == CALLEE;
}

/* An INIT by who knows nothing but the address. */
static void scan(struct pair *p, uint8_t init[TACET_INIT_SIZE])
{
    struct tacet_callee nobody = { .hint = TACET_HINT_NONE };
    struct tacet_packet out;
    uint32_t peer;

    assert_int_equal(tacet_call_dial(p->call[CALLER], p->now, &nobody, &p->path[CALLEE], 1, &peer),
                     0);
    assert_int_equal(tacet_call_poll_packet(p->call[CALLER], p->now, &out), 1);
    assert_int_equal(out.size, TACET_INIT_SIZE);
    memcpy(init, out.data, TACET_INIT_SIZE);
}

static void scanners_draw_nothing_unless_it_is_open(void **state)
{
    uint8_t init[TACET_INIT_SIZE];

    (void)state;
    for (int open = 0; open < 2; open++) {
        struct pair p;
        pair_create(&p, 41, open == 1 ? open_callee : NULL);
        scan(&p, init);
        assert_int_equal(drawn(&p, CALLEE, init, sizeof(init), &p.path[CALLER]),
                         open == 1 ? TACET_RESP_SIZE : 0);
        /* Not even a COOKIE, under load or for a mac2 of nonsense. */
        for (size_t k = 0; k < TACET_INIT_RATE_MAX; k++) {
            (void)tacet_cookie_count_init(&p.call[CALLEE]->responder.cookies, p.now);
        }
        init[TACET_INIT_MAC2] ^= 1;
        p.path[CALLER].address.port++;
        assert_int_equal(drawn(&p, CALLEE, init, sizeof(init), &p.path[CALLER]),
                         open == 1 ? TACET_COOKIE_SIZE : 0);
        pair_free(&p);
    }
}

/* Random bytes behind every first byte and in every size, to one who listens, one who dials and
 * two who talk: no answer at all. With our SSRCs and indices too. */
static void garbage_draws_nothing(void **state)
{
    struct pair p;
    uint8_t packet[TACET_DATAGRAM_MAX];

    (void)state;
    for (int stage = 0; stage < 3; stage++) {
        pair_create(&p, 42, NULL);
        if (stage == 1) {
            struct tacet_packet out;
            pair_dial(&p);
            while (tacet_call_poll_packet(p.call[CALLER], p.now, &out) == 1) {
            }
        } else if (stage == 2) {
            pair_connect(&p);
        }
        struct tacet_random random = tacet_rng_random(&p.rng[CALLER]);
        for (int k = 0; k < 20000; k++) {
            int party = k % 2;
            uint8_t pick[4];
            random.fill(random.ctx, pick, sizeof(pick));
            size_t size = (size_t)(pick[0] << 8 | pick[1]) % (sizeof(packet) + 1);
            size = pick[2] < 40 ? TACET_INIT_SIZE : pick[2] < 80 ? TACET_FIN_SIZE : size;
            random.fill(random.ctx, packet, sizeof(packet));
            packet[0] = (uint8_t)(k / 2 % 256);
            if (stage == 2 && pick[3] < 128) {
                const struct tacet_peer *peer = pair_peer(&p, party);
                const uint32_t *ssrcs =
                    peer->rekey.ssrcs.of[tacet_rekey_direction(&peer->rekey, false)];
                size_t at = packet[0] < 128 ? 4 : pick[3] < 64 ? 8 : 4;
                uint32_t value = packet[0] < 128 ? peer->index_local : ssrcs[pick[3] % 2];
                for (size_t i = 0; i < 4; i++) {
                    packet[at + i] = (uint8_t)(value >> (24 - 8 * i));
                }
                packet[size > 0 ? size - 1 : 0] = 1; /* the MKI of the epoch */
            }
            assert_int_equal(drawn(&p, party, packet, size, &p.path[1 - party]), 0);
        }
        if (stage == 2) {
            assert_int_equal(pair_peer(&p, CALLER)->state, TACET_PEER_CONNECTED);
            assert_int_equal(pair_peer(&p, CALLEE)->state, TACET_PEER_CONNECTED);
        }
        pair_free(&p);
    }
}

/* Everything that the caller sends up to FIN, changed in one bit or whole: the callee never sends
 * more than it got. */
static void nothing_unauthenticated_draws_more_than_it_is(void **state)
{
    struct pair p;
    struct tacet_packet out;
    uint8_t init[TACET_INIT_SIZE];
    uint8_t changed[TACET_INIT_SIZE];
    size_t answered = 0;

    (void)state;
    pair_create(&p, 43, NULL);
    pair_dial(&p);
    assert_int_equal(tacet_call_poll_packet(p.call[CALLER], p.now, &out), 1);
    memcpy(init, out.data, sizeof(init));
    for (size_t bit = 0; bit < sizeof(init) * 8; bit++) {
        memcpy(changed, init, sizeof(init));
        changed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        size_t bytes = drawn(&p, CALLEE, changed, sizeof(changed), &p.path[CALLER]);
        assert_in_range(bytes, 0, sizeof(changed));
        answered += bytes > 0;
    }
    assert_int_equal(answered, TACET_MAC_SIZE * 8); /* those of mac2: a COOKIE each */
    p.now += TACET_S(2);                            /* the load is over */
    for (int k = 0; k < 100; k++) {
        assert_int_equal(drawn(&p, CALLEE, init, sizeof(init), &p.path[CALLER]), TACET_RESP_SIZE);
        /* And nothing comes of itself: no retransmission before FIN. */
        p.now += TACET_MS(100);
        tacet_call_handle_timeout(p.call[CALLEE], p.now);
        assert_int_equal(tacet_call_poll_packet(p.call[CALLEE], p.now, &out), 0);
    }
    pair_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_calls_wait_and_the_ninth_is_busy),
        cmocka_unit_test(an_identity_has_one_unanswered_call),
        cmocka_unit_test(an_identity_rings_once_in_five_seconds),
        cmocka_unit_test(who_was_answered_may_ring_again_at_once),
        cmocka_unit_test(an_answer_that_comes_second_is_busy_and_both_apps_hear_it),
        cmocka_unit_test(a_ring_flood_leaves_room_for_others),
        cmocka_unit_test(nobody_waits_longer_than_90_s),
        cmocka_unit_test(scanners_draw_nothing_unless_it_is_open),
        cmocka_unit_test(garbage_draws_nothing),
        cmocka_unit_test(nothing_unauthenticated_draws_more_than_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
