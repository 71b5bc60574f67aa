/*
 * See control.h. This file seals and opens packets, keeps the keys of two epochs, and reads and
 * writes frames; the stream's bytes are kept by stream_send.c and stream_receive.c.
 *
 *     CTRL  0:1 type | 1:1 epoch | 2:2 zero | 4:4 receiver index | 8:8 counter | sealed frames
 */
#include "call/control.h"

#include "base/bytes.h"
#include "call/demux.h"
#include "call/stream.h"
#include "crypto/registers.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(TACET_CTRL_TAG_SIZE == crypto_aead_chacha20poly1305_ietf_ABYTES, "tag");
_Static_assert(TACET_CONTROL_PAYLOAD_MAX % TACET_CTRL_PAD_STEP == 0, "whole steps");
_Static_assert(TACET_CTRL_PACKET_MAX <= 1200, "protocol.md section 1");
_Static_assert(TACET_ACK_FRAME_MAX + TACET_SINGLE_FRAME_HEADER + TACET_SINGLE_MAX <=
                   TACET_CONTROL_PAYLOAD_MAX,
               "an acknowledgement and a single fit");

/* Where a third is lost each way by chance, one message in thirty comes so far. */
#define UNANSWERED_MAX 5
#define REPEATS_US TACET_MS(1200)

/* What the frames of one packet ask for; a first pass checks all of them, a second does it. */
enum pass { CHECK, APPLY };

static bool read_frames(struct tacet_control *c, int64_t now, const uint8_t *payload, size_t size,
                        enum pass pass);

void tacet_control_init(struct tacet_control *c, uint32_t index_remote)
{
    memset(c, 0, sizeof(*c));
    c->index_remote = index_remote;
    tacet_stream_send_init(c);
}

TACET_CLEARS_REGISTERS void tacet_control_wipe(struct tacet_control *c)
{
    sodium_memzero(c->keys, sizeof(c->keys));
    sodium_memzero(c, sizeof(*c));
    tacet_stream_send_init(c);
}

/* --- epochs --- */

TACET_CLEARS_REGISTERS void tacet_control_add_epoch(struct tacet_control *c, uint32_t epoch,
                                                    const uint8_t send_key[32],
                                                    const uint8_t recv_key[32])
{
    struct tacet_control_keys *keys = &c->keys[0];

    assert(!keys->valid || epoch > keys->epoch);
    c->keys[1] = *keys;
    sodium_memzero(keys, sizeof(*keys));
    keys->valid = true;
    keys->epoch = epoch;
    memcpy(keys->send_key, send_key, sizeof(keys->send_key));
    memcpy(keys->recv_key, recv_key, sizeof(keys->recv_key));
}

static struct tacet_control_keys *sending_keys(struct tacet_control *c)
{
    for (size_t i = 0; i < 2; i++) {
        if (c->keys[i].valid && c->keys[i].epoch == c->send_epoch) {
            return &c->keys[i];
        }
    }
    return NULL;
}

void tacet_control_use_epoch(struct tacet_control *c, uint32_t epoch)
{
    c->send_epoch = epoch;
    assert(sending_keys(c) != NULL);
}

void tacet_control_drop_epochs_below(struct tacet_control *c, uint32_t epoch)
{
    for (size_t i = 0; i < 2; i++) {
        if (c->keys[i].valid && c->keys[i].epoch < epoch) {
            sodium_memzero(&c->keys[i], sizeof(c->keys[i]));
        }
    }
}

/* --- sending --- */

int tacet_control_send(struct tacet_control *c, int64_t now, enum tacet_message type,
                       const uint8_t *body, size_t size)
{
    uint8_t header[TACET_MESSAGE_HEADER];
    struct tacet_writer w = tacet_writer(header, sizeof(header));

    (void)now;
    assert(type > 0 && type < TACET_MESSAGE_PING);
    if (size > TACET_CONTROL_MESSAGE_MAX - sizeof(header)) {
        return TACET_ERR_ARGUMENT;
    }
    if (tacet_stream_room(c) < sizeof(header) + size) {
        return TACET_ERR_FULL;
    }
    tacet_write_u8(&w, (uint8_t)type);
    tacet_write_u32(&w, (uint32_t)size);
    tacet_stream_push(c, header, sizeof(header));
    tacet_stream_push(c, body, size);
    return 0;
}

void tacet_control_send_single(struct tacet_control *c, enum tacet_message type,
                               const uint8_t *body, size_t size)
{
    assert(type >= TACET_MESSAGE_PING && (unsigned)type <= UINT8_MAX);
    assert(size <= TACET_SINGLE_MAX);
    if (c->singles_out_count == TACET_SINGLES_MAX) {
        memmove(&c->singles_out[0], &c->singles_out[1],
                (TACET_SINGLES_MAX - 1) * sizeof(c->singles_out[0]));
        c->singles_out_count--;
    }
    size_t i = c->singles_out_count++;
    c->singles_out[i].type = (uint8_t)type;
    c->singles_out[i].size = (uint16_t)size;
    if (size > 0) {
        memcpy(c->singles_out[i].body, body, size);
    }
}

void tacet_control_send_twice(struct tacet_control *c, bool on)
{
    if (on) {
        c->twice_end = UINT64_MAX;
    } else if (c->twice_end > c->send_end) {
        c->twice_end = c->send_end;
    }
}

bool tacet_control_idle(const struct tacet_control *c)
{
    return c->send_base == c->send_end;
}

bool tacet_control_is_stuck(const struct tacet_control *c, int64_t now)
{
    return c->unanswered >= UNANSWERED_MAX ||
           (c->repeats && c->repeated_at_us - c->repeats_since_us >= REPEATS_US &&
            now - c->repeated_at_us < TACET_CONTROL_REPEATED_US);
}

static bool has_work(const struct tacet_control *c)
{
    return c->ack_due || c->singles_out_count > 0 || tacet_stream_sendable(c);
}

static void write_single(struct tacet_writer *w, uint8_t type, const uint8_t *body, size_t size)
{
    tacet_write_u8(w, TACET_FRAME_SINGLE);
    tacet_write_u8(w, type);
    tacet_write_u16(w, (uint16_t)size);
    tacet_write_bytes(w, body, size);
}

static void write_singles(struct tacet_control *c, struct tacet_writer *w)
{
    size_t sent = 0;

    while (sent < c->singles_out_count &&
           tacet_writer_left(w) >= TACET_SINGLE_FRAME_HEADER + (size_t)c->singles_out[sent].size) {
        write_single(w, c->singles_out[sent].type, c->singles_out[sent].body,
                     c->singles_out[sent].size);
        sent++;
    }
    c->singles_out_count -= sent;
    memmove(&c->singles_out[0], &c->singles_out[sent],
            c->singles_out_count * sizeof(c->singles_out[0]));
}

static void counter_nonce(uint64_t counter, uint8_t nonce[12])
{
    memset(nonce, 0, 4);
    for (size_t i = 0; i < 8; i++) {
        nonce[4 + i] = (uint8_t)(counter >> (8 * i));
    }
}

/* Pads what the writer holds, and seals it under the next counter. Returns the packet's size. */
static size_t seal(struct tacet_control *c, struct tacet_control_keys *keys,
                   struct tacet_writer *payload, uint8_t *out)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];

    assert(!payload->failed && payload->at > 0);
    tacet_write_zeros(payload, (size_t)-payload->at % TACET_CTRL_PAD_STEP);
    assert(keys->send_counter < UINT64_MAX);
    struct tacet_writer h = tacet_writer(out, TACET_CTRL_HEADER_SIZE);
    tacet_write_u8(&h, TACET_PACKET_CTRL);
    tacet_write_u8(&h, (uint8_t)keys->epoch);
    tacet_write_u16(&h, 0);
    tacet_write_u32(&h, c->index_remote);
    tacet_write_u64(&h, keys->send_counter);
    counter_nonce(keys->send_counter++, nonce);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(
        out + TACET_CTRL_HEADER_SIZE, NULL, payload->data, payload->at, out, TACET_CTRL_HEADER_SIZE,
        NULL, nonce, keys->send_key);
    return TACET_CTRL_HEADER_SIZE + payload->at + TACET_CTRL_TAG_SIZE;
}

TACET_CLEARS_REGISTERS int tacet_control_poll_packet(struct tacet_control *c, int64_t now,
                                                     uint8_t *out, size_t *ret_size)
{
    uint8_t payload[TACET_CONTROL_PAYLOAD_MAX];
    struct tacet_control_keys *keys = sending_keys(c);

    if (keys == NULL) {
        return 0;
    }
    tacet_stream_on_timeout(c, now);
    if (!has_work(c)) {
        return 0;
    }
    struct tacet_writer w = tacet_writer(payload, sizeof(payload));
    if (c->ack_due) {
        tacet_stream_write_ack(c, &w);
    }
    write_singles(c, &w);
    tacet_stream_write(c, now, &w);
    *ret_size = seal(c, keys, &w, out);
    sodium_memzero(payload, sizeof(payload));
    return 1;
}

TACET_CLEARS_REGISTERS size_t tacet_control_seal_single(struct tacet_control *c,
                                                        enum tacet_message type,
                                                        const uint8_t *body, size_t size,
                                                        uint8_t out[TACET_CTRL_PACKET_MAX])
{
    uint8_t payload[TACET_CTRL_PAD_STEP];
    struct tacet_writer w = tacet_writer(payload, sizeof(payload));
    struct tacet_control_keys *keys = sending_keys(c);

    assert(size <= TACET_SINGLE_MAX);
    if (keys == NULL) {
        return 0;
    }
    write_single(&w, (uint8_t)type, body, size);
    return seal(c, keys, &w, out);
}

int64_t tacet_control_next_timeout(const struct tacet_control *c)
{
    for (size_t i = 0; i < 2; i++) {
        if (c->keys[i].valid && c->keys[i].epoch == c->send_epoch) {
            return has_work(c) ? 0 : c->retry_at_us;
        }
    }
    return INT64_MAX; /* nothing can be sealed */
}

/* --- receiving --- */

/* A PATH_RESPONSE is sealed in a packet of its own, so it is the first frame or it is not there. */
static void find_response(struct tacet_control *c, const uint8_t *payload, size_t size)
{
    struct tacet_reader r = tacet_reader(payload, size);
    uint8_t frame = tacet_read_u8(&r);
    uint8_t type = tacet_read_u8(&r);
    uint16_t body_size = tacet_read_u16(&r);
    const uint8_t *body = tacet_read_view(&r, body_size);

    if (!r.failed && frame == TACET_FRAME_SINGLE && type == TACET_MESSAGE_PATH_RESPONSE &&
        body_size <= TACET_SINGLE_MAX) {
        memcpy(c->replayed_response.body, body, body_size);
        c->replayed_response.size = body_size;
        c->replayed_response.there = true;
    }
}

TACET_CLEARS_REGISTERS enum tacet_drop tacet_control_receive(struct tacet_control *c, int64_t now,
                                                             const uint8_t *packet, size_t size,
                                                             uint32_t *ret_epoch, bool *ret_newer)
{
    uint8_t payload[TACET_CONTROL_PAYLOAD_MAX];
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    size_t frames = size - TACET_CTRL_HEADER_SIZE - TACET_CTRL_TAG_SIZE;

    if (size <= TACET_CTRL_HEADER_SIZE + TACET_CTRL_TAG_SIZE || size > TACET_CTRL_PACKET_MAX ||
        frames % TACET_CTRL_PAD_STEP != 0) {
        return TACET_DROP_SHORT;
    }
    struct tacet_reader r = tacet_reader(packet, size);
    uint8_t type = tacet_read_u8(&r);
    uint8_t epoch = tacet_read_u8(&r);
    uint16_t zero = tacet_read_u16(&r);
    tacet_read_skip(&r, 4); /* the index: whoever calls here has looked the call up by it */
    uint64_t counter = tacet_read_u64(&r);
    struct tacet_control_keys *keys = NULL;
    for (size_t i = 0; i < 2 && keys == NULL; i++) {
        keys = c->keys[i].valid && (uint8_t)c->keys[i].epoch == epoch ? &c->keys[i] : NULL;
    }
    if (keys == NULL) {
        return TACET_DROP_UNKNOWN;
    }
    counter_nonce(counter, nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(
            payload, NULL, NULL, packet + TACET_CTRL_HEADER_SIZE, frames + TACET_CTRL_TAG_SIZE,
            packet, TACET_CTRL_HEADER_SIZE, nonce, keys->recv_key) != 0) {
        return TACET_DROP_AUTH;
    }
    enum tacet_drop drop = TACET_DROP_NONE;
    if (!tacet_replay_check(&keys->replay, counter)) {
        drop = TACET_DROP_REPLAY;
        find_response(c, payload, frames);
        goto out;
    }
    bool newer = counter >= keys->replay.next;
    tacet_replay_commit(&keys->replay, counter);
    if (type != TACET_PACKET_CTRL || zero != 0 || !read_frames(c, now, payload, frames, CHECK)) {
        c->broken = true;
        drop = TACET_DROP_MALFORMED;
        goto out;
    }
    (void)read_frames(c, now, payload, frames, APPLY);
    *ret_epoch = keys->epoch;
    *ret_newer = newer;
out:
    sodium_memzero(payload, sizeof(payload));
    return drop;
}

static bool read_stream(struct tacet_control *c, int64_t now, struct tacet_reader *r,
                        enum pass pass)
{
    uint64_t offset = tacet_read_u64(r);
    size_t size = tacet_read_u16(r);
    const uint8_t *data = tacet_read_view(r, size);

    if (r->failed || !tacet_stream_data_valid(c, offset, size)) {
        return false;
    }
    if (pass == APPLY) {
        tacet_stream_on_data(c, now, offset, data, size);
    }
    return true;
}

static bool read_ack(struct tacet_control *c, int64_t now, struct tacet_reader *r, enum pass pass)
{
    struct tacet_ack ack = { 0 };

    ack.next = tacet_read_u64(r);
    ack.count = tacet_read_u8(r);
    if (r->failed || ack.count > TACET_ACK_RANGES_MAX || ack.next > c->send_next) {
        return false;
    }
    for (size_t i = 0; i < ack.count; i++) {
        ack.ranges[i].begin = ack.next + tacet_read_u32(r);
        ack.ranges[i].end = ack.ranges[i].begin + tacet_read_u32(r);
    }
    if (r->failed || !tacet_stream_ack_valid(c, &ack)) {
        return false;
    }
    if (pass == APPLY) {
        tacet_stream_on_ack(c, now, &ack);
    }
    return true;
}

static bool read_single(struct tacet_control *c, struct tacet_reader *r, enum pass pass)
{
    uint8_t type = tacet_read_u8(r);
    uint16_t size = tacet_read_u16(r);
    const uint8_t *body = tacet_read_view(r, size);

    if (r->failed || size > TACET_SINGLE_MAX || type < TACET_MESSAGE_PING) {
        return false;
    }
    if (pass == APPLY) {
        if (c->singles_in_count == TACET_SINGLES_MAX) {
            memmove(&c->singles_in[0], &c->singles_in[1],
                    (TACET_SINGLES_MAX - 1) * sizeof(c->singles_in[0]));
            c->singles_in_count--;
        }
        size_t i = c->singles_in_count++;
        c->singles_in[i].type = type;
        c->singles_in[i].size = size;
        memcpy(c->singles_in[i].body, body, size);
    }
    return true;
}

/* The bounds that a check sees do not move while its packet's frames are applied: an
 * acknowledgement only names bytes already sent, and data does not move what was taken. */
static bool read_frames(struct tacet_control *c, int64_t now, const uint8_t *payload, size_t size,
                        enum pass pass)
{
    struct tacet_reader r = tacet_reader(payload, size);

    while (tacet_reader_left(&r) > 0) {
        bool good = false;
        switch (tacet_read_u8(&r)) {
        case TACET_FRAME_PADDING:
            return tacet_read_zeros(&r);
        case TACET_FRAME_STREAM:
            good = read_stream(c, now, &r, pass);
            break;
        case TACET_FRAME_ACK:
            good = read_ack(c, now, &r, pass);
            break;
        case TACET_FRAME_SINGLE:
            good = read_single(c, &r, pass);
            break;
        default:
            break;
        }
        if (!good) {
            return false;
        }
    }
    return true;
}

int tacet_control_poll_replayed_response(struct tacet_control *c,
                                         uint8_t ret_body[TACET_SINGLE_MAX], size_t *ret_size)
{
    if (!c->replayed_response.there) {
        return 0;
    }
    c->replayed_response.there = false;
    memcpy(ret_body, c->replayed_response.body, c->replayed_response.size);
    *ret_size = c->replayed_response.size;
    return 1;
}

int tacet_control_poll_single(struct tacet_control *c, enum tacet_message *ret_type,
                              uint8_t ret_body[TACET_SINGLE_MAX], size_t *ret_size)
{
    if (c->singles_in_count == 0) {
        return 0;
    }
    *ret_type = (enum tacet_message)c->singles_in[0].type;
    *ret_size = c->singles_in[0].size;
    memcpy(ret_body, c->singles_in[0].body, *ret_size);
    memmove(&c->singles_in[0], &c->singles_in[1], --c->singles_in_count * sizeof(c->singles_in[0]));
    return 1;
}

int tacet_control_poll_message(struct tacet_control *c, enum tacet_message *ret_type,
                               const uint8_t **ret_body, size_t *ret_size)
{
    if (tacet_control_poll_single(c, ret_type, c->message, ret_size) == 0 &&
        tacet_stream_take(c, ret_type, ret_size) == 0) {
        return 0;
    }
    *ret_body = c->message;
    return 1;
}
