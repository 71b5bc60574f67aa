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
    uint64_t order; /* of launch: what arrives at one time arrives in it */
    int to;
    size_t size;
    uint8_t bytes[TACET_CTRL_PACKET_MAX];
};

struct world {
    struct tacet_rng rng;
    int64_t now;
    bool blocked[2]; /* nothing of that side arrives */
    bool unread;     /* nobody takes the messages */
    int32_t loss_permille;
    int32_t double_permille;
    int32_t corrupt_permille;
    int64_t delay_us;
    int64_t jitter_us;
    struct tacet_control side[2];
    struct flight flights[PACKETS_MAX];
    size_t flight_count;
    uint64_t launched;
    bool used[EPOCHS][2][COUNTERS]; /* (key, counter) pairs seen on the wire */
    unsigned sent[2];               /* messages queued so far */
    unsigned got[2];
    unsigned singles;
    uint64_t packets;
    uint64_t stream_bytes; /* in all STREAM frames sent, repeated ones too */
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

/* Opens a packet of `from` and counts the stream bytes in it. */
static void count_stream_bytes(int from, const uint8_t *packet, size_t size)
{
    uint8_t key[32];
    uint8_t payload[TACET_CONTROL_PAYLOAD_MAX];
    uint8_t nonce[12] = { 0 };
    unsigned long long payload_size = 0;

    epoch_key(packet[1], from, key);
    for (size_t i = 0; i < 8; i++) {
        nonce[4 + i] = packet[15 - i];
    }
    assert_int_equal(crypto_aead_chacha20poly1305_ietf_decrypt(
                         payload, &payload_size, NULL, packet + TACET_CTRL_HEADER_SIZE,
                         size - TACET_CTRL_HEADER_SIZE, packet, TACET_CTRL_HEADER_SIZE, nonce, key),
                     0);
    struct tacet_reader r = tacet_reader(payload, (size_t)payload_size);
    while (tacet_reader_left(&r) > 0) {
        size_t count = 0;
        switch (tacet_read_u8(&r)) {
        case TACET_FRAME_STREAM:
            tacet_read_skip(&r, 8);
            count = tacet_read_u16(&r);
            w->stream_bytes += count;
            break;
        case TACET_FRAME_ACK:
            tacet_read_skip(&r, 8);
            count = 8 * (size_t)tacet_read_u8(&r);
            break;
        case TACET_FRAME_SINGLE:
            tacet_read_skip(&r, 1);
            count = tacet_read_u16(&r);
            break;
        default:
            assert_true(tacet_read_zeros(&r));
            break;
        }
        tacet_read_skip(&r, count);
    }
    assert_false(r.failed);
}

static void launch(int from, const uint8_t *packet, size_t size)
{
    if (w->blocked[from] || tacet_rng_permille(&w->rng, w->loss_permille) ||
        w->flight_count == PACKETS_MAX) {
        return;
    }
    struct flight *f = &w->flights[w->flight_count++];
    f->at_us = w->now + w->delay_us + (int64_t)tacet_rng_below(&w->rng, (uint64_t)w->jitter_us + 1);
    f->order = w->launched++;
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
        count_stream_bytes(side, packet, size);
        launch(side, packet, size);
        if (tacet_rng_permille(&w->rng, w->double_permille)) {
            launch(side, packet, size);
        }
        assert_true(size <= 1200);
    }
    assert_true(tacet_control_next_timeout(&w->side[side]) > w->now);
}

/* The n-th message of a side: its size and bytes follow from n. */
static size_t size_of(int side, unsigned n)
{
    return n % 8 == 7 ? (size_t)TACET_CONTROL_MESSAGE_MAX - TACET_MESSAGE_HEADER
                      : (n * 977U + (unsigned)side) % 3000;
}

static size_t body_of(int side, unsigned n, uint8_t *out)
{
    size_t size = size_of(side, n);

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

    while (!w->unread && tacet_control_poll_message(&w->side[side], &type, &body, &size) == 1) {
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
    struct tacet_control *c = &w->side[side];

    for (unsigned n = w->sent[side]; n < MESSAGES; n = ++w->sent[side]) {
        size_t size = size_of(side, n);
        if (tacet_stream_room(c) < TACET_MESSAGE_HEADER + size) {
            assert_int_equal(tacet_control_send(c, w->now, n % 9 + 1, body, size), TACET_ERR_FULL);
            return;
        }
        (void)body_of(side, n, body);
        assert_int_equal(tacet_control_send(c, w->now, n % 9 + 1, body, size), 0);
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
        bool ties = which != SIZE_MAX && w->flights[i].at_us == next;
        if (ties ? w->flights[i].order < w->flights[which].order : w->flights[i].at_us <= next) {
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

/* The long way to lose: everything in one direction for a while, and acknowledgements only. */
static void a_blocked_direction_heals(void **state)
{
    (void)state;
    start(1);
    w->loss_permille = 1000;
    int64_t healed = w->now + TACET_S(10);
    while (step(healed)) {
    }
    assert_int_equal(w->got[0] + w->got[1], 0);
    /* Backed off: a probe comes twice a second by then, not every 20 ms. */
    assert_true(w->packets < 70);
    w->now = healed;
    w->loss_permille = 0;
    run_to_the_end();
    assert_true(w->now - healed < TACET_S(15));
}

/* Who sends hears no answer; who answers sees the same again and again. */
static void stream_without_answers_is_stuck(void **state)
{
    (void)state;
    start(1);
    w->sent[1] = MESSAGES; /* it only acknowledges */
    w->blocked[1] = true;
    int64_t until = w->now + TACET_MS(400);
    while (step(until)) {
    }
    assert_false(tacet_control_is_stuck(&w->side[0], w->now));
    assert_false(tacet_control_is_stuck(&w->side[1], w->now));
    until = w->now + TACET_S(4);
    while (step(until)) {
    }
    assert_true(tacet_control_is_stuck(&w->side[0], w->now));
    assert_true(tacet_control_is_stuck(&w->side[1], w->now));
    assert_false(tacet_control_is_stuck(&w->side[1], w->now + TACET_S(2)));
    w->blocked[1] = false;
    until = w->now + TACET_S(1);
    while (step(until)) {
    }
    assert_false(tacet_control_is_stuck(&w->side[0], w->now));
    assert_false(tacet_control_is_stuck(&w->side[1], w->now));
}

/* A goodbye must not wait until all before it is known to have arrived. */
static void last_message_comes_though_no_answer_does(void **state)
{
    static const uint8_t body[1300] = { 0 };

    (void)state;
    start(1);
    w->sent[0] = w->sent[1] = MESSAGES;
    w->side[0].round_trip_guess_us = TACET_MS(40);
    w->blocked[1] = true;
    w->unread = true; /* they are counted below */
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_REKEY2, body, 1300), 0);
    int64_t until = w->now + TACET_MS(50);
    while (step(until)) {
    }
    w->now = until;
    w->blocked[0] = true;
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_HANGUP, body, 1), 0);
    drain(0);
    w->blocked[0] = false;
    until = w->now + TACET_MS(200);
    while (step(until)) {
    }
    assert_int_equal(w->side[1].recv_next, 1300 + 1 + 2 * TACET_MESSAGE_HEADER);
}

/* What an app leaves unread is asked about for ever, and answered. */
static void unread_message_is_not_stuck(void **state)
{
    (void)state;
    start(1);
    w->sent[1] = MESSAGES;
    w->unread = true;
    int64_t until = w->now + TACET_S(20);
    while (step(until)) {
    }
    assert_int_equal(w->got[1], 0);
    assert_false(tacet_control_is_stuck(&w->side[0], w->now));
    assert_false(tacet_control_is_stuck(&w->side[1], w->now));
}

static void a_clean_link_needs_no_retransmission(void **state)
{
    uint64_t bytes = 0;
    static uint8_t body[TACET_CONTROL_MESSAGE_MAX];

    (void)state;
    start(1);
    run_to_the_end();
    for (unsigned n = 0; n < MESSAGES; n++) {
        bytes += TACET_MESSAGE_HEADER + body_of(0, n, body);
        bytes += TACET_MESSAGE_HEADER + body_of(1, n, body);
    }
    assert_int_equal(w->stream_bytes, bytes);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(w->side[i].round_trip_us, 2 * w->delay_us);
        assert_true(w->side[i].round_trips > 0);
        assert_int_equal(w->side[i].round_trip_total_us,
                         (int64_t)w->side[i].round_trips * 2 * w->delay_us);
    }
}

static void a_slow_link_is_measured_in_spite_of_probes(void **state)
{
    (void)state;
    start(1);
    w->delay_us = TACET_MS(400); /* four times the first interval */
    run_to_the_end();
    assert_int_equal(w->side[0].round_trip_us, 2 * w->delay_us);
}

/* --- by hand --- */

static uint8_t packet[TACET_CTRL_PACKET_MAX];
static size_t packet_size;

/* Seals frames as side 0 would, under a counter of the test's own. */
static void seal(const uint8_t *frames, size_t size, uint32_t epoch, uint64_t counter)
{
    uint8_t key[32];
    uint8_t payload[TACET_CONTROL_PAYLOAD_MAX] = { 0 };
    uint8_t nonce[12] = { 0 };
    struct tacet_writer header = tacet_writer(packet, TACET_CTRL_HEADER_SIZE);
    size_t padded = (size + TACET_CTRL_PAD_STEP - 1) / TACET_CTRL_PAD_STEP * TACET_CTRL_PAD_STEP;

    assert_true(padded <= sizeof(payload));
    memcpy(payload, frames, size);
    epoch_key(epoch, 0, key);
    tacet_write_u8(&header, 0x0c);
    tacet_write_u8(&header, (uint8_t)epoch);
    tacet_write_u16(&header, 0);
    tacet_write_u32(&header, 1);
    tacet_write_u64(&header, counter);
    for (size_t i = 0; i < 8; i++) {
        nonce[4 + i] = (uint8_t)(counter >> (8 * i));
    }
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(packet + TACET_CTRL_HEADER_SIZE, NULL, payload,
                                                    padded, packet, TACET_CTRL_HEADER_SIZE, NULL,
                                                    nonce, key);
    packet_size = TACET_CTRL_HEADER_SIZE + padded + TACET_CTRL_TAG_SIZE;
}

static enum tacet_drop give(const uint8_t *bytes, size_t size)
{
    uint32_t epoch = 0;
    bool newer = false;

    return tacet_control_receive(&w->side[1], w->now, bytes, size, &epoch, &newer);
}

static size_t stream_frame(uint8_t *out, uint64_t offset, const uint8_t *data, size_t size)
{
    struct tacet_writer f = tacet_writer(out, TACET_CONTROL_PAYLOAD_MAX);

    tacet_write_u8(&f, TACET_FRAME_STREAM);
    tacet_write_u64(&f, offset);
    tacet_write_u16(&f, (uint16_t)size);
    tacet_write_bytes(&f, data, size);
    assert_false(f.failed);
    return f.at;
}

static void sealed_packets_have_one_form(void **state)
{
    static const size_t sizes[] = { 0, 100, 112, 113, 240, 500, 900, 2000 };

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        static const uint8_t body[2000] = { 0 };
        start(1);
        assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_APP, body, sizes[i]),
                         0);
        while (tacet_control_poll_packet(&w->side[0], w->now, packet, &packet_size) == 1) {
            assert_int_equal(packet[0], 0x0c);
            assert_int_equal((packet_size - 32) % TACET_CTRL_PAD_STEP, 0);
            assert_true(packet_size <= TACET_CTRL_PACKET_MAX);
            assert_int_equal(give(packet, packet_size), TACET_DROP_NONE);
        }
    }
}

static void every_other_length_and_every_flipped_bit_is_dropped(void **state)
{
    static const uint8_t body[300] = { 1, 2, 3 };
    enum tacet_message type;
    const uint8_t *got;
    size_t size;

    (void)state;
    start(1);
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_APP, body, sizeof(body)),
                     0);
    assert_int_equal(tacet_control_poll_packet(&w->side[0], w->now, packet, &packet_size), 1);
    for (size_t cut = 0; cut < packet_size + 64; cut++) {
        uint8_t *copy = calloc(1, cut > 0 ? cut : 1);
        assert_non_null(copy);
        memcpy(copy, packet, cut < packet_size ? cut : packet_size);
        if (cut != packet_size) {
            /* A whole step less is a length that there is: then the tag tells. */
            assert_int_equal(give(copy, cut), cut > 32 && (cut - 32) % 128 == 0 ? TACET_DROP_AUTH
                                                                                : TACET_DROP_SHORT);
        }
        free(copy);
    }
    for (size_t bit = 0; bit < packet_size * 8; bit++) {
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(give(packet, packet_size),
                         bit / 8 == 1 ? TACET_DROP_UNKNOWN : TACET_DROP_AUTH);
        packet[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &got, &size), 0);
    assert_false(w->side[1].ack_due);
    /* The genuine one afterwards still arrives, and only once. */
    assert_int_equal(give(packet, packet_size), TACET_DROP_NONE);
    assert_int_equal(give(packet, packet_size), TACET_DROP_REPLAY);
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &got, &size), 1);
    assert_int_equal(size, sizeof(body));
    assert_memory_equal(got, body, size);
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &got, &size), 0);
}

static void a_packet_reflected_to_its_sender_is_dropped(void **state)
{
    uint32_t epoch = 0;
    bool newer = false;

    (void)state;
    start(1);
    tacet_control_send_single(&w->side[0], TACET_MESSAGE_PING, NULL, 0);
    assert_int_equal(tacet_control_poll_packet(&w->side[0], w->now, packet, &packet_size), 1);
    assert_int_equal(
        tacet_control_receive(&w->side[0], w->now, packet, packet_size, &epoch, &newer),
        TACET_DROP_AUTH);
}

static void newer_is_above_the_highest_counter_of_its_epoch(void **state)
{
    static const struct {
        uint32_t epoch;
        uint64_t counter;
        enum tacet_drop drop;
        bool newer;
    } rows[] = {
        { 0, 5, TACET_DROP_NONE, true },      { 0, 4, TACET_DROP_NONE, false },
        { 0, 5, TACET_DROP_REPLAY, false },   { 0, 2000, TACET_DROP_NONE, true },
        { 0, 976, TACET_DROP_REPLAY, false }, { 0, 977, TACET_DROP_NONE, false },
        { 1, 0, TACET_DROP_NONE, true },      { 1, 0, TACET_DROP_REPLAY, false },
        { 0, 1999, TACET_DROP_NONE, false },  { 2, 0, TACET_DROP_UNKNOWN, false },
    };

    (void)state;
    start(1);
    add_epoch(1, 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static const uint8_t ping[4] = { TACET_FRAME_SINGLE, TACET_MESSAGE_PING, 0, 0 };
        uint32_t epoch = 77;
        bool newer = false;
        seal(ping, sizeof(ping), rows[i].epoch, rows[i].counter);
        assert_int_equal(
            tacet_control_receive(&w->side[1], w->now, packet, packet_size, &epoch, &newer),
            rows[i].drop);
        assert_int_equal(newer, rows[i].newer);
        assert_int_equal(epoch, rows[i].drop == TACET_DROP_NONE ? rows[i].epoch : 77);
    }
}

static void epochs_change_in_the_middle_of_a_message(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        start(seed);
        w->loss_permille = 200;
        for (uint32_t epoch = 1; epoch < EPOCHS; epoch++) {
            int64_t until = w->now + TACET_MS(150);
            while (step(until)) {
            }
            w->now = until;
            /* As in a call: both know the keys; one begins, the other follows; the old keys go. */
            add_epoch(0, epoch);
            add_epoch(1, epoch);
            tacet_control_use_epoch(&w->side[0], epoch);
            until += TACET_MS(100);
            while (step(until)) {
            }
            w->now = until;
            tacet_control_use_epoch(&w->side[1], epoch);
            tacet_control_drop_epochs_below(&w->side[0], epoch);
            tacet_control_drop_epochs_below(&w->side[1], epoch);
        }
        w->loss_permille = 0;
        run_to_the_end();
        assert_true(w->used[EPOCHS - 1][0][0]);
        assert_true(w->used[EPOCHS - 1][1][0]);
    }
}

static void a_dropped_epoch_opens_nothing(void **state)
{
    static const uint8_t ping[4] = { TACET_FRAME_SINGLE, TACET_MESSAGE_PING, 0, 0 };

    (void)state;
    start(1);
    add_epoch(1, 1);
    tacet_control_use_epoch(&w->side[1], 1);
    tacet_control_drop_epochs_below(&w->side[1], 1);
    seal(ping, sizeof(ping), 0, 0);
    assert_int_equal(give(packet, packet_size), TACET_DROP_UNKNOWN);
    assert_true(sodium_is_zero((const uint8_t *)&w->side[1].keys[1], sizeof(w->side[1].keys[1])));
}

/* Authentic packets that break the rules: nothing of them is used, and the stream says so. */
static void broken_rules_are_seen(void **state)
{
    static const struct {
        const char *what;
        uint8_t frames[40];
        size_t size;
    } rows[] = {
        { "an unknown frame", { 4, 0, 0 }, 3 },
        { "padding that is not zero", { 0, 0, 1 }, 3 },
        { "an empty STREAM", { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, 11 },
        { "a STREAM longer than its packet", { 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200 }, 11 },
        { "a STREAM beyond the window", { 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 9 }, 12 },
        { "a STREAM at the end of all offsets",
          { 1, 255, 255, 255, 255, 255, 255, 255, 255, 0, 1, 9 },
          12 },
        { "an ACK of what was never sent", { 2, 0, 0, 0, 0, 0, 0, 0, 1, 0 }, 10 },
        { "an ACK of five ranges", { 2, 0, 0, 0, 0, 0, 0, 0, 0, 5 }, 10 },
        { "a range of what was never sent",
          { 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1 },
          18 },
        { "an empty range", { 2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0 }, 18 },
        { "a SINGLE of a stream's type", { 3, TACET_MESSAGE_HANGUP, 0, 0 }, 4 },
        { "a SINGLE that is too long", { 3, TACET_MESSAGE_PING, 0, 65 }, 4 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t frames[60];
        enum tacet_message type;
        const uint8_t *body;
        size_t size;
        /* A good frame before it, which must not be used either. */
        start(1);
        size = stream_frame(frames, 0, (const uint8_t *)"\x01\0\0\0\0", 5);
        memcpy(frames + size, rows[i].frames, rows[i].size);
        seal(frames, size + rows[i].size, 0, 0);
        print_message("%s\n", rows[i].what);
        assert_int_equal(give(packet, packet_size), TACET_DROP_MALFORMED);
        assert_true(w->side[1].broken);
        assert_int_equal(w->side[1].recv_next, 0);
        assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 0);
    }
}

static void an_ack_has_four_ranges_at_most(void **state)
{
    static const uint8_t body[100] = { 0 };

    (void)state;
    for (uint8_t count = 0; count <= 20; count++) {
        uint8_t frames[200];
        struct tacet_writer f = tacet_writer(frames, sizeof(frames));
        start(1);
        assert_int_equal(tacet_control_send(&w->side[1], w->now, TACET_MESSAGE_APP, body, 100), 0);
        assert_int_equal(tacet_control_poll_packet(&w->side[1], w->now, packet, &packet_size), 1);
        tacet_write_u8(&f, TACET_FRAME_ACK);
        tacet_write_u64(&f, 0);
        tacet_write_u8(&f, count);
        for (uint32_t i = 0; i < count; i++) {
            tacet_write_u32(&f, 4 * i);
            tacet_write_u32(&f, 3);
        }
        seal(frames, f.at, 0, 0);
        assert_int_equal(give(packet, packet_size),
                         count <= TACET_ACK_RANGES_MAX ? TACET_DROP_NONE : TACET_DROP_MALFORMED);
    }
}

/* Of two packets the first is lost: the word that the second arrived is waited for an eighth of a
 * round trip longer, not until a probe. */
static void an_overtaken_packet_is_sent_again_after_its_time(void **state)
{
    static const uint8_t body[1200] = { 0 };
    struct tacet_control *c = &w->side[0];
    size_t size;

    (void)state;
    start(1);
    w->delay_us = TACET_MS(100);
    run_to_the_end();
    assert_int_equal(c->round_trip_us, TACET_MS(200));
    assert_int_equal(tacet_control_send(c, w->now, TACET_MESSAGE_APP, body, sizeof(body)), 0);
    assert_int_equal(tacet_control_poll_packet(c, w->now, packet, &size), 1);
    assert_int_equal(tacet_control_poll_packet(c, w->now + 1, packet, &size), 1);
    assert_int_equal(give(packet, size), TACET_DROP_NONE);
    assert_int_equal(tacet_control_poll_packet(&w->side[1], w->now, packet, &size), 1);
    uint32_t epoch = 0;
    bool newer = false;
    assert_int_equal(tacet_control_receive(c, w->now + TACET_MS(200), packet, size, &epoch, &newer),
                     TACET_DROP_NONE);
    assert_true(tacet_control_next_timeout(c) == w->now + TACET_MS(225));
    assert_int_equal(tacet_control_poll_packet(c, w->now + TACET_MS(225) - 1, packet, &size), 0);
    assert_int_equal(tacet_control_poll_packet(c, w->now + TACET_MS(225), packet, &size), 1);
}

static void a_message_that_cannot_be_breaks_the_stream(void **state)
{
    static const uint8_t rows[][5] = {
        { TACET_MESSAGE_APP, 0, 0, 0xff, 0xfc }, /* one byte more than fits */
        { TACET_MESSAGE_APP, 0xff, 0xff, 0xff, 0xff },
        { 0, 0, 0, 0, 0 },
        { TACET_MESSAGE_PING, 0, 0, 0, 0 }, /* a single's type */
        { 255, 0, 0, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t frames[40];
        enum tacet_message type;
        const uint8_t *body;
        size_t size;
        start(1);
        seal(frames, stream_frame(frames, 0, rows[i], 5), 0, 0);
        assert_int_equal(give(packet, packet_size), TACET_DROP_NONE);
        assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 0);
        assert_true(w->side[1].broken);
    }
}

static void the_peer_cannot_make_us_hold_more_than_the_window(void **state)
{
    uint8_t frames[TACET_CONTROL_PAYLOAD_MAX];
    static const uint8_t data[512] = { TACET_MESSAGE_APP, 0, 0, 0xff, 0xfb };
    uint64_t counter = 0;

    (void)state;
    start(1);
    for (uint64_t offset = 0; offset < TACET_CONTROL_WINDOW - 512; offset += 512) {
        seal(frames, stream_frame(frames, offset, data, 512), 0, counter++);
        assert_int_equal(give(packet, packet_size), TACET_DROP_NONE);
    }
    seal(frames, stream_frame(frames, TACET_CONTROL_WINDOW - 511, data, 512), 0, counter++);
    assert_int_equal(give(packet, packet_size), TACET_DROP_MALFORMED);
}

static void overlapping_and_repeated_data_is_taken_once(void **state)
{
    static const uint8_t bytes[] = { TACET_MESSAGE_APP,
                                     0,
                                     0,
                                     0,
                                     20,
                                     1,
                                     2,
                                     3,
                                     4,
                                     5,
                                     6,
                                     7,
                                     8,
                                     9,
                                     10,
                                     11,
                                     12,
                                     13,
                                     14,
                                     15,
                                     16,
                                     17,
                                     18,
                                     19,
                                     20 };
    enum tacet_message type;
    const uint8_t *body;
    size_t size;

    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint8_t frames[64];
        uint64_t counter = 0;
        bool got = false;
        start(seed);
        while (!got) {
            size_t from = tacet_rng_below(&w->rng, sizeof(bytes));
            size_t count = 1 + tacet_rng_below(&w->rng, sizeof(bytes) - from);
            seal(frames, stream_frame(frames, from, bytes + from, count), 0, counter++);
            assert_int_equal(give(packet, packet_size), TACET_DROP_NONE);
            got = tacet_control_poll_message(&w->side[1], &type, &body, &size) == 1;
        }
        assert_int_equal(size, 20);
        assert_memory_equal(body, bytes + 5, 20);
        seal(frames, stream_frame(frames, 0, bytes, sizeof(bytes)), 0, counter++);
        assert_int_equal(give(packet, packet_size), TACET_DROP_NONE);
        assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 0);
    }
}

static void a_full_window_says_so_and_queues_nothing(void **state)
{
    static const uint8_t body[TACET_CONTROL_MESSAGE_MAX] = { 0 };
    struct tacet_control *c = &w->side[0];

    (void)state;
    start(1);
    assert_int_equal(tacet_control_send(c, w->now, TACET_MESSAGE_APP, body, 65532),
                     TACET_ERR_ARGUMENT);
    assert_true(tacet_control_idle(c));
    assert_int_equal(tacet_control_send(c, w->now, TACET_MESSAGE_APP, body, 65531), 0);
    assert_int_equal(tacet_control_send(c, w->now, TACET_MESSAGE_RING, NULL, 0), TACET_ERR_FULL);
    assert_int_equal(c->send_end, 65536);
    assert_false(tacet_control_idle(c));
}

/* An application that takes nothing: no room is given, and nobody shouts meanwhile. */
static void what_is_not_taken_is_not_sent_again_and_again(void **state)
{
    static const uint8_t body[60000] = { 0 };
    enum tacet_message type;
    const uint8_t *got;
    size_t size;

    (void)state;
    start(1);
    w->sent[0] = w->sent[1] = MESSAGES; /* nothing from the generator */
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_APP, body, 60000), 0);
    for (int64_t end = w->now + TACET_S(30); w->now < end;) {
        int64_t next = end;
        for (int i = 0; i < 2; i++) {
            drain(i);
            int64_t at = tacet_control_next_timeout(&w->side[i]);
            next = at < next ? at : next;
        }
        w->now = w->flight_count > 0 ? w->now + TACET_MS(1) : next;
        while (w->flight_count > 0) {
            struct flight flight = w->flights[--w->flight_count];
            uint32_t epoch = 0;
            bool newer = false;
            assert_int_equal(tacet_control_receive(&w->side[flight.to], w->now, flight.bytes,
                                                   flight.size, &epoch, &newer),
                             TACET_DROP_NONE);
        }
    }
    assert_true(w->packets < 400);
    assert_false(tacet_control_idle(&w->side[0]));
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_APP, body, 60000),
                     TACET_ERR_FULL);
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &got, &size), 1);
    assert_int_equal(size, 60000);
    assert_true(tacet_control_next_timeout(&w->side[1]) == 0); /* there is room, and it says so */
    w->got[0] = w->got[1] = MESSAGES;
    run_to_the_end();
}

static void singles_come_first_and_the_oldest_goes(void **state)
{
    enum tacet_message type;
    const uint8_t *body;
    size_t size;

    (void)state;
    start(1);
    assert_int_equal(tacet_control_send(&w->side[0], w->now, TACET_MESSAGE_RING, NULL, 0), 0);
    for (uint8_t i = 0; i < TACET_SINGLES_MAX + 3; i++) {
        uint8_t full[TACET_SINGLE_MAX];
        memset(full, i, sizeof(full));
        tacet_control_send_single(&w->side[0], TACET_MESSAGE_PATH_CHALLENGE, full, sizeof(full));
    }
    while (tacet_control_poll_packet(&w->side[0], w->now, packet, &packet_size) == 1) {
        assert_int_equal(give(packet, packet_size), TACET_DROP_NONE);
    }
    for (uint8_t i = 3; i < TACET_SINGLES_MAX + 3; i++) {
        assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 1);
        assert_int_equal(type, TACET_MESSAGE_PATH_CHALLENGE);
        assert_int_equal(size, TACET_SINGLE_MAX);
        assert_int_equal(body[0], i);
    }
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 1);
    assert_int_equal(type, TACET_MESSAGE_RING);
    assert_int_equal(tacet_control_poll_message(&w->side[1], &type, &body, &size), 0);
}

static void a_single_is_never_acknowledged(void **state)
{
    (void)state;
    start(1);
    tacet_control_send_single(&w->side[0], TACET_MESSAGE_PING, (const uint8_t *)"hey", 3);
    assert_int_equal(tacet_control_poll_packet(&w->side[0], w->now, packet, &packet_size), 1);
    assert_int_equal(give(packet, packet_size), TACET_DROP_NONE);
    assert_int_equal(tacet_control_poll_packet(&w->side[1], w->now, packet, &packet_size), 0);
    assert_true(tacet_control_next_timeout(&w->side[0]) == INT64_MAX);
}

static void a_wiped_stream_sends_and_opens_nothing(void **state)
{
    static const uint8_t ping[4] = { TACET_FRAME_SINGLE, TACET_MESSAGE_PING, 0, 0 };

    (void)state;
    start(1);
    assert_int_equal(tacet_control_send(&w->side[1], w->now, TACET_MESSAGE_RING, NULL, 0), 0);
    tacet_control_wipe(&w->side[1]);
    assert_true(sodium_is_zero((const uint8_t *)w->side[1].keys, sizeof(w->side[1].keys)));
    assert_int_equal(tacet_control_poll_packet(&w->side[1], w->now, packet, &packet_size), 0);
    seal(ping, sizeof(ping), 0, 0);
    assert_int_equal(give(packet, packet_size), TACET_DROP_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_link_delivers_all_messages_once_in_order),
        cmocka_unit_test(a_blocked_direction_heals),
        cmocka_unit_test(stream_without_answers_is_stuck),
        cmocka_unit_test(last_message_comes_though_no_answer_does),
        cmocka_unit_test(unread_message_is_not_stuck),
        cmocka_unit_test(a_clean_link_needs_no_retransmission),
        cmocka_unit_test(a_slow_link_is_measured_in_spite_of_probes),
        cmocka_unit_test(sealed_packets_have_one_form),
        cmocka_unit_test(every_other_length_and_every_flipped_bit_is_dropped),
        cmocka_unit_test(a_packet_reflected_to_its_sender_is_dropped),
        cmocka_unit_test(newer_is_above_the_highest_counter_of_its_epoch),
        cmocka_unit_test(epochs_change_in_the_middle_of_a_message),
        cmocka_unit_test(a_dropped_epoch_opens_nothing),
        cmocka_unit_test(broken_rules_are_seen),
        cmocka_unit_test(an_ack_has_four_ranges_at_most),
        cmocka_unit_test(an_overtaken_packet_is_sent_again_after_its_time),
        cmocka_unit_test(a_message_that_cannot_be_breaks_the_stream),
        cmocka_unit_test(the_peer_cannot_make_us_hold_more_than_the_window),
        cmocka_unit_test(overlapping_and_repeated_data_is_taken_once),
        cmocka_unit_test(a_full_window_says_so_and_queues_nothing),
        cmocka_unit_test(what_is_not_taken_is_not_sent_again_and_again),
        cmocka_unit_test(singles_come_first_and_the_oldest_goes),
        cmocka_unit_test(a_single_is_never_acknowledged),
        cmocka_unit_test(a_wiped_stream_sends_and_opens_nothing),
    };

    w = calloc(1, sizeof(*w));
    if (w == NULL || sodium_init() < 0) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    free(w);
    return failed;
}
