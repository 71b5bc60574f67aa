/* The first sound and the first picture of a call, where they come together with the answer. */
#include "runner_party.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A transport around another one, which from `gathers` on keeps what comes until the first sound
 * and the first picture are there, and hands it over at once. */
struct gathering {
    struct tacet_transport inner;
    atomic_bool gathers;
    bool sound_there;
    bool picture_there;
    struct tacet_packet packets[TACET_TRANSPORT_BATCH];
    uint8_t data[TACET_TRANSPORT_BATCH][TACET_DATAGRAM_ROOM];
    size_t count;
};

struct pair {
    struct party caller;
    struct party callee;
    struct gathering gathering; /* the callee's */
    struct tacet_address address;
    uint32_t peer; /* whom the callee answers */
};

/* --- the transport --- */

static int gathering_send(void *ctx, const struct tacet_packet *packets, size_t count)
{
    struct gathering *g = ctx;

    return g->inner.ops->send(g->inner.ctx, packets, count);
}

/* Of RTP the type is in clear: 96 is VP8, whose frames end with a packet that is marked, 111 and 63
 * are sound. */
static void gather(struct gathering *g, const struct tacet_packet *packet)
{
    struct tacet_packet *to = &g->packets[g->count];

    assert_in_range(g->count, 0, TACET_TRANSPORT_BATCH - 1);
    *to = *packet;
    to->data = g->data[g->count++];
    memcpy(to->data, packet->data, packet->size);
    if (packet->size > 12 && packet->data[0] >> 6 == 2) {
        g->picture_there |= packet->data[1] == (0x80 | 96);
        g->sound_there |= (packet->data[1] & 0x7f) == 111 || (packet->data[1] & 0x7f) == 63;
    }
}

static int hand_over(struct gathering *g, struct tacet_packet *packets, size_t count)
{
    assert_in_range(g->count, 1, count);
    atomic_store(&g->gathers, false);
    for (size_t i = 0; i < g->count; i++) {
        uint8_t *data = packets[i].data;
        packets[i] = g->packets[i];
        packets[i].data = data;
        memcpy(data, g->data[i], packets[i].size);
    }
    return (int)g->count;
}

static int gathering_recv(void *ctx, struct tacet_packet *packets, size_t count,
                          int64_t deadline_us)
{
    struct gathering *g = ctx;

    if (!atomic_load(&g->gathers)) {
        return g->inner.ops->recv(g->inner.ctx, packets, count, deadline_us);
    }
    if (g->inner.ops->recv(g->inner.ctx, packets, 1, deadline_us) == 1) {
        gather(g, packets);
    }
    return g->sound_there && g->picture_there ? hand_over(g, packets, count) : 0;
}

static void gathering_wake(void *ctx)
{
    struct gathering *g = ctx;

    g->inner.ops->wake(g->inner.ctx);
}

static void gathering_free(void *ctx)
{
    struct gathering *g = ctx;

    g->inner.ops->free(g->inner.ctx);
}

static const struct tacet_transport_ops gathering_ops = {
    .name = "gathering",
    .send = gathering_send,
    .recv = gathering_recv,
    .wake = gathering_wake,
    .free = gathering_free,
};

/* --- the call --- */

static int setup(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    assert_non_null(pair);
    party_init_two(&pair->caller, &pair->callee);
    pair->callee.answer = false;
    pair->caller.video = pair->callee.video = true;
    pair->address = party_join(&pair->caller.transport, &pair->gathering.inner);
    pair->callee.transport =
        (struct tacet_transport){ .ops = &gathering_ops, .ctx = &pair->gathering };
    *state = pair;
    return 0;
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    party_end_two(&pair->caller, &pair->callee);
    free(pair);
    return 0;
}

static void answer_and_gather(void *arg, struct tacet_call *call, int64_t now)
{
    struct pair *pair = arg;

    assert_int_equal(tacet_call_answer(call, now, pair->peer), 0);
    atomic_store(&pair->gathering.gathers, true);
}

static bool has_media_keys(const struct party *party)
{
    return party->events[TACET_EVENT_REKEYED] > 0;
}

static bool hears_and_sees(const struct party *party)
{
    return party->card_count > 0 && party->rows[TACET_MEDIA_PLAYED][TACET_KIND_AUDIO].count > 0;
}

static void what_comes_together_with_the_answer_is_heard_and_seen(void **state)
{
    struct pair *pair = *state;

    assert_int_equal(party_start(&pair->callee), 0);
    assert_int_equal(party_start(&pair->caller), 0);
    party_dial(&pair->caller, &pair->address);
    assert_true(party_wait(&pair->caller, has_media_keys, 20));
    assert_true(party_wait(&pair->callee, has_media_keys, 20));
    (void)pthread_mutex_lock(&pair->callee.mutex);
    pair->peer = pair->callee.peer;
    (void)pthread_mutex_unlock(&pair->callee.mutex);
    assert_int_equal(tacet_runner_post(pair->callee.runner, answer_and_gather, pair), 0);
    assert_true(party_wait(&pair->callee, hears_and_sees, 20));
    party_stop(&pair->caller);
    party_stop(&pair->callee);
    assert_true(pair->gathering.picture_there);
    assert_int_equal(pair->callee.cards[0],
                     pair->caller.rows[TACET_MEDIA_SENT][TACET_KIND_VIDEO].index[0]);
    assert_int_equal(pair->callee.rows[TACET_MEDIA_PLAYED][TACET_KIND_AUDIO].rtp_timestamp[0],
                     pair->caller.rows[TACET_MEDIA_SENT][TACET_KIND_AUDIO].rtp_timestamp[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_comes_together_with_the_answer_is_heard_and_seen,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
