/* See control_link.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "control_link.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define UNTIL_THE_END TACET_S(120)

int control_link_create(void **state)
{
    *state = sodium_init() < 0 ? NULL : calloc(1, sizeof(struct control_link));
    return *state == NULL;
}

int control_link_free(void **state)
{
    free(*state);
    return 0;
}

void control_link_key(uint32_t epoch, int from, uint8_t out[32])
{
    memset(out, EPOCH0_LABEL + (int)epoch, 32);
    out[0] = (uint8_t)from;
}

void control_link_add_epoch(struct control_link *w, int side, uint32_t epoch)
{
    uint8_t send[32];
    uint8_t receive[32];

    control_link_key(epoch, side, send);
    control_link_key(epoch, 1 - side, receive);
    tacet_control_add_epoch(&w->side[side], epoch, send, receive);
}

void control_link_start(struct control_link *w, uint64_t seed)
{
    memset(w, 0, sizeof(*w));
    tacet_rng_seed(&w->rng, seed, 0);
    w->now = TACET_S(5);
    w->delay_us = TACET_MS(20);
    for (int i = 0; i < 2; i++) {
        tacet_control_init(&w->side[i], (uint32_t)i);
        control_link_add_epoch(w, i, 0);
        tacet_control_use_epoch(&w->side[i], 0);
    }
}

/* Every packet's (key, counter) must be new; a key is one of an epoch and a side. */
static void record(struct control_link *w, int from, const uint8_t *packet)
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
static void count_stream_bytes(struct control_link *w, int from, const uint8_t *packet, size_t size)
{
    uint8_t key[32];
    uint8_t payload[TACET_CONTROL_PAYLOAD_MAX];
    uint8_t nonce[12] = { 0 };
    unsigned long long payload_size = 0;

    control_link_key(packet[1], from, key);
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

static void launch(struct control_link *w, int from, const uint8_t *packet, size_t size)
{
    if (w->blocked[from] || tacet_rng_permille(&w->rng, w->loss_permille) ||
        w->flight_count == PACKETS_MAX) {
        return;
    }
    struct control_flight *f = &w->flights[w->flight_count++];
    f->at_us = w->now + w->delay_us + (int64_t)tacet_rng_below(&w->rng, (uint64_t)w->jitter_us + 1);
    f->order = w->launched++;
    f->to = 1 - from;
    f->size = size;
    memcpy(f->bytes, packet, size);
    if (tacet_rng_permille(&w->rng, w->corrupt_permille)) {
        f->bytes[tacet_rng_below(&w->rng, size)] ^= (uint8_t)(1 + tacet_rng_below(&w->rng, 255));
    }
}

void control_link_drain(struct control_link *w, int side)
{
    uint8_t packet[TACET_CTRL_PACKET_MAX];
    size_t size = 0;

    while (tacet_control_poll_packet(&w->side[side], w->now, packet, &size) == 1) {
        record(w, side, packet);
        w->packets++;
        count_stream_bytes(w, side, packet, size);
        launch(w, side, packet, size);
        if (tacet_rng_permille(&w->rng, w->double_permille)) {
            launch(w, side, packet, size);
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

size_t control_link_body(int side, unsigned n, uint8_t *out)
{
    size_t size = size_of(side, n);

    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(n + i * 7 + (i >> 8) + (size_t)side);
    }
    return size;
}

static void take_messages(struct control_link *w, int side)
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
        assert_int_equal(size, control_link_body(1 - side, n, want));
        assert_memory_equal(body, want, size);
    }
    assert_false(w->side[side].broken);
}

static void offer_messages(struct control_link *w, int side)
{
    static uint8_t body[TACET_CONTROL_MESSAGE_MAX];
    struct tacet_control *c = &w->side[side];

    for (unsigned n = w->sent[side]; n < MESSAGES; n = ++w->sent[side]) {
        size_t size = size_of(side, n);
        if (tacet_stream_room(c) < TACET_MESSAGE_HEADER + size) {
            assert_int_equal(tacet_control_send(c, w->now, n % 9 + 1, body, size), TACET_ERR_FULL);
            return;
        }
        (void)control_link_body(side, n, body);
        assert_int_equal(tacet_control_send(c, w->now, n % 9 + 1, body, size), 0);
    }
}

static void deliver(struct control_link *w, size_t i)
{
    struct control_flight f = w->flights[i];
    uint32_t epoch = 99;
    bool newer = false;

    w->flights[i] = w->flights[--w->flight_count];
    enum tacet_drop drop =
        tacet_control_receive(&w->side[f.to], w->now, f.bytes, f.size, &epoch, &newer);
    w->drops[drop]++;
    assert_int_not_equal(drop, TACET_DROP_MALFORMED);
    assert_int_not_equal(drop, TACET_DROP_SHORT);
    assert_true((epoch != 99) == (drop == TACET_DROP_NONE));
    take_messages(w, f.to);
}

/* One event of the world; false when nothing will happen any more or `until` is over. */
bool control_link_step(struct control_link *w, int64_t until)
{
    int64_t next = INT64_MAX;
    size_t which = SIZE_MAX;

    for (int i = 0; i < 2; i++) {
        offer_messages(w, i);
        control_link_drain(w, i);
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
        deliver(w, which);
    }
    return true;
}

/* Until both sides are silent for ever. */
void control_link_run_to_the_end(struct control_link *w)
{
    int64_t end = w->now + UNTIL_THE_END;

    while (control_link_step(w, end)) {
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(w->sent[i], MESSAGES);
        assert_int_equal(w->got[i], MESSAGES);
        assert_true(tacet_control_idle(&w->side[i]));
        assert_true(tacet_control_next_timeout(&w->side[i]) == INT64_MAX);
    }
    assert_int_equal(w->flight_count, 0);
}

/* Seals frames as side 0 would, under a counter of the test's own. */
void control_link_forge(struct control_link *w, const uint8_t *frames, size_t size, uint32_t epoch,
                        uint64_t counter)
{
    uint8_t key[32];
    uint8_t payload[TACET_CONTROL_PAYLOAD_MAX] = { 0 };
    uint8_t nonce[12] = { 0 };
    struct tacet_writer header = tacet_writer(w->packet, TACET_CTRL_HEADER_SIZE);
    size_t padded = (size + TACET_CTRL_PAD_STEP - 1) / TACET_CTRL_PAD_STEP * TACET_CTRL_PAD_STEP;

    assert_true(padded <= sizeof(payload));
    memcpy(payload, frames, size);
    control_link_key(epoch, 0, key);
    tacet_write_u8(&header, 0x0c);
    tacet_write_u8(&header, (uint8_t)epoch);
    tacet_write_u16(&header, 0);
    tacet_write_u32(&header, 1);
    tacet_write_u64(&header, counter);
    for (size_t i = 0; i < 8; i++) {
        nonce[4 + i] = (uint8_t)(counter >> (8 * i));
    }
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(w->packet + TACET_CTRL_HEADER_SIZE, NULL,
                                                    payload, padded, w->packet,
                                                    TACET_CTRL_HEADER_SIZE, NULL, nonce, key);
    w->packet_size = TACET_CTRL_HEADER_SIZE + padded + TACET_CTRL_TAG_SIZE;
}

enum tacet_drop control_link_give(struct control_link *w, const uint8_t *bytes, size_t size)
{
    uint32_t epoch = 0;
    bool newer = false;

    return tacet_control_receive(&w->side[1], w->now, bytes, size, &epoch, &newer);
}

size_t control_link_stream_frame(uint8_t *out, uint64_t offset, const uint8_t *data, size_t size)
{
    struct tacet_writer f = tacet_writer(out, TACET_CONTROL_PAYLOAD_MAX);

    tacet_write_u8(&f, TACET_FRAME_STREAM);
    tacet_write_u64(&f, offset);
    tacet_write_u16(&f, (uint16_t)size);
    tacet_write_bytes(&f, data, size);
    assert_false(f.failed);
    return f.at;
}
