/*
 * Two control streams joined by a link on virtual time that loses, reorders, doubles and corrupts,
 * all drawn from a seed; and by hand, what a hostile or broken peer may send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/control.h"
#include "call/stream.h"
#include "sim/rng.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS 200
#define PACKETS_MAX 512
#define EPOCHS 4
#define COUNTERS 16384
#define MESSAGES 24
#define EPOCH0_LABEL 0xe0
#define UNTIL_HEALED TACET_S(20)
#define UNTIL_THE_END TACET_S(120)

struct flight {
    int64_t at_us;
    int to;
    size_t size;
    uint8_t bytes[TACET_CTRL_PACKET_MAX];
};

struct world {
    struct tacet_rng rng;
    int64_t now;
    int32_t loss_permille;
    int32_t double_permille;
    int32_t corrupt_permille;
    int64_t delay_us;
    int64_t jitter_us;
    struct tacet_control side[2];
    struct flight flights[PACKETS_MAX];
    size_t flight_count;
    bool used[EPOCHS][2][COUNTERS]; /* (key, counter) pairs seen on the wire */
    unsigned sent[2];               /* messages queued so far */
    unsigned got[2];
    unsigned singles;
    uint64_t packets;
    uint64_t drops[TACET_DROP_COUNT];
};

static struct world *w; /* large: allocated once, reset by start() */

static void epoch_key(uint32_t epoch, int from, uint8_t out[32])
{
    memset(out, EPOCH0_LABEL + (int)epoch, 32);
    out[0] = (uint8_t)from;
}

static void add_epoch(int side, uint32_t epoch)
{
    uint8_t send[32];
    uint8_t receive[32];

    epoch_key(epoch, side, send);
    epoch_key(epoch, 1 - side, receive);
    tacet_control_add_epoch(&w->side[side], epoch, send, receive);
}

static void start(uint64_t seed)
{
    memset(w, 0, sizeof(*w));
    tacet_rng_seed(&w->rng, seed, 0);
    w->now = TACET_S(5);
    w->delay_us = TACET_MS(20);
    for (int i = 0; i < 2; i++) {
        tacet_control_init(&w->side[i], (uint32_t)i);
        add_epoch(i, 0);
        tacet_control_use_epoch(&w->side[i], 0);
    }
}

/* Every packet's (key, counter) must be new; a key is one of an epoch and a side. */
static void record(int from, const uint8_t *packet)
{
    struct tacet_reader r = tacet_reader(packet, TACET_CTRL_HEADER_SIZE);

    tacet_read_skip(&r, 1);
    uint8_t epoch = tacet_read_u8(&r);
    tacet_read_skip(&r, 6);
    uint64_t counter = tacet_read_u64(&r);
    assert_true(epoch < EPOCHS);
    assert_true(counter < COUNTERS);
    assert_false(w->used[epoch][from][counter]);
    w->used[epoch][from][counter] = true;
}

static void launch(int from, const uint8_t *packet, size_t size)
{
    if (tacet_rng_permille(&w->rng, w->loss_permille) || w->flight_count == PACKETS_MAX) {
        return;
    }
    struct flight *f = &w->flights[w->flight_count++];
    f->at_us = w->now + w->delay_us + (int64_t)tacet_rng_below(&w->rng, (uint64_t)w->jitter_us + 1);
    f->to = 1 - from;
    f->size = size;
    memcpy(f->bytes, packet, size);
    if (tacet_rng_permille(&w->rng, w->corrupt_permille)) {
        f->bytes[tacet_rng_below(&w->rng, size)] ^= (uint8_t)(1 + tacet_rng_below(&w->rng, 255));
    }
}

static void drain(int side)
{
    uint8_t packet[TACET_CTRL_PACKET_MAX];
    size_t size = 0;

    while (tacet_control_poll_packet(&w->side[side], w->now, packet, &size) == 1) {
        record(side, packet);
        w->packets++;
        launch(side, packet, size);
        if (tacet_rng_permille(&w->rng, w->double_permille)) {
            launch(side, packet, size);
        }
        assert_true(size <= 1200);
    }
    assert_true(tacet_control_next_timeout(&w->side[side]) > w->now);
}

/* The n-th message of a side: its size and bytes follow from n. */
static size_t body_of(int side, unsigned n, uint8_t *out)
{
    size_t size = n % 8 == 7 ? (size_t)TACET_CONTROL_MESSAGE_MAX - TACET_MESSAGE_HEADER
                             : (n * 977u + (unsigned)side) % 3000;

    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(n + i * 7 + (i >> 8) + (size_t)side);
    }
    return size;
}

static void take_messages(int side)
{
    static uint8_t want[TACET_CONTROL_MESSAGE_MAX];
    enum tacet_message type;
    const uint8_t *body;
    size_t size;

    while (tacet_control_poll_message(&w->side[side], &type, &body, &size) == 1) {
        if (type == TACET_MESSAGE_PING) {
            assert_int_equal(size, 3);
            assert_memory_equal(body, "hey", 3);
            w->singles++;
            continue;
        }
        unsigned n = w->got[side]++;
        assert_int_equal(type, n % 9 + 1);
        assert_int_equal(size, body_of(1 - side, n, want));
        assert_memory_equal(body, want, size);
    }
    assert_false(w->side[side].broken);
}

static void offer_messages(int side)
{
    static uint8_t body[TACET_CONTROL_MESSAGE_MAX];

    while (w->sent[side] < MESSAGES) {
        unsigned n = w->sent[side];
        size_t size = body_of(side, n, body);
        int result = tacet_control_send(&w->side[side], w->now, n % 9 + 1, body, size);
        if (result == TACET_ERR_FULL) {
            return;
        }
        assert_int_equal(result, 0);
        w->sent[side]++;
    }
}

static void deliver(size_t i)
{
    struct flight f = w->flights[i];
    uint32_t epoch = 99;
    bool newer = false;

    w->flights[i] = w->flights[--w->flight_count];
    enum tacet_drop drop =
        tacet_control_receive(&w->side[f.to], w->now, f.bytes, f.size, &epoch, &newer);
    w->drops[drop]++;
    assert_int_not_equal(drop, TACET_DROP_MALFORMED);
    assert_int_not_equal(drop, TACET_DROP_SHORT);
    assert_true((epoch != 99) == (drop == TACET_DROP_NONE));
    take_messages(f.to);
}

/* One event of the world; false when nothing will happen any more or `until` is over. */
static bool step(int64_t until)
{
    int64_t next = INT64_MAX;
    size_t which = SIZE_MAX;

    for (int i = 0; i < 2; i++) {
        offer_messages(i);
        drain(i);
    }
    for (int i = 0; i < 2; i++) {
        int64_t at = tacet_control_next_timeout(&w->side[i]);
        next = at < next ? at : next;
    }
    for (size_t i = 0; i < w->flight_count; i++) {
        if (w->flights[i].at_us <= next) {
            next = w->flights[i].at_us;
            which = i;
        }
    }
    if (next == INT64_MAX || next > until) {
        return false;
    }
    w->now = next > w->now ? next : w->now;
    if (which != SIZE_MAX) {
        deliver(which);
    }
    return true;
}

/* Until both sides are silent for ever. */
static void run_to_the_end(void)
{
    int64_t end = w->now + UNTIL_THE_END;

    while (step(end)) {
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(w->sent[i], MESSAGES);
        assert_int_equal(w->got[i], MESSAGES);
        assert_true(tacet_control_idle(&w->side[i]));
        assert_true(tacet_control_next_timeout(&w->side[i]) == INT64_MAX);
    }
    assert_int_equal(w->flight_count, 0);
}

static void any_link_delivers_all_messages_once_in_order(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        start(seed);
        w->loss_permille = (int32_t)tacet_rng_below(&w->rng, 400);
        w->double_permille = (int32_t)tacet_rng_below(&w->rng, 300);
        w->corrupt_permille = (int32_t)tacet_rng_below(&w->rng, 100);
        w->delay_us = (int64_t)tacet_rng_below(&w->rng, TACET_MS(300));
        w->jitter_us = (int64_t)tacet_rng_below(&w->rng, TACET_MS(100));
        int64_t healed = w->now + UNTIL_HEALED;
        while (step(healed)) {
        }
        w->loss_permille = 0;
        w->corrupt_permille = 0;
        run_to_the_end();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_link_delivers_all_messages_once_in_order),
    };

    w = calloc(1, sizeof(*w));
    if (w == NULL || sodium_init() < 0) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(w);
    return failed;
}
