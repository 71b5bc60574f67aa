/* What may be drawn of a call by who has not shown who he is (protocol.md section 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/demux.h"
#include "call/handshake_layout.h"
#include "pair.h"

#include <string.h>

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
        cmocka_unit_test(scanners_draw_nothing_unless_it_is_open),
        cmocka_unit_test(garbage_draws_nothing),
        cmocka_unit_test(nothing_unauthenticated_draws_more_than_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
