/*
 * The parser behind the AEAD of the control stream: the input is what an authentic but hostile
 * peer puts into its packets. Each packet is
 *
 *     flags u8 | length u16 | frames          flags: bit 0 epoch, bit 1 sent as it is, unsealed,
 *                                             bit 2 the counter before, again, bit 3 what came
 *                                             outside the stream is taken like messages
 *
 * and is padded and sealed under a known key and a counter of its own. The stream at the other end
 * has something of its own in flight, so that acknowledgements have something to say.
 */
#include "base/bytes.h"
#include "call/control.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t receive_key[32] = { 1 };
static const uint8_t send_key[32] = { 2 };

static size_t seal(uint8_t epoch, uint64_t counter, const uint8_t *frames, size_t size,
                   uint8_t out[TACET_CTRL_PACKET_MAX])
{
    uint8_t payload[TACET_CONTROL_PAYLOAD_MAX] = { 0 };
    uint8_t nonce[12] = { 0 };
    size_t padded = (size / TACET_CTRL_PAD_STEP + 1) * TACET_CTRL_PAD_STEP;
    struct tacet_writer w = tacet_writer(out, TACET_CTRL_HEADER_SIZE);

    padded = padded < sizeof(payload) ? padded : sizeof(payload);
    memcpy(payload, frames, size);
    tacet_write_u32(&w, 0x0c000000U | (uint32_t)epoch << 16);
    tacet_write_u32(&w, 1);
    tacet_write_u64(&w, counter);
    for (size_t i = 0; i < 8; i++) {
        nonce[4 + i] = (uint8_t)(counter >> (8 * i));
    }
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(out + TACET_CTRL_HEADER_SIZE, NULL, payload,
                                                    padded, out, TACET_CTRL_HEADER_SIZE, NULL,
                                                    nonce, receive_key);
    return TACET_CTRL_HEADER_SIZE + padded + TACET_CTRL_TAG_SIZE;
}

/* Takes what came outside the stream, and sends it back. */
static void take_singles(struct tacet_control *c)
{
    uint8_t body[TACET_SINGLE_MAX];
    enum tacet_message type;
    size_t size;

    while (tacet_control_poll_single(c, &type, body, &size) == 1) {
        if (type < TACET_MESSAGE_PING || size > sizeof(body)) {
            abort();
        }
        tacet_control_send_single(c, type, body, size);
    }
    if (tacet_control_poll_replayed_response(c, body, &size) == 1 && size > sizeof(body)) {
        abort();
    }
}

static void use(struct tacet_control *c, int64_t now, bool take, const uint8_t *packet, size_t size)
{
    uint8_t out[TACET_CTRL_PACKET_MAX];
    enum tacet_message type;
    const uint8_t *body;
    uint32_t epoch = 0;
    bool newer = false;

    (void)tacet_control_receive(c, now, packet, size, &epoch, &newer);
    if (take) {
        take_singles(c);
    }
    while (tacet_control_poll_message(c, &type, &body, &size) == 1) {
        if (size > 0 && body[0] == 0x55 && body[size - 1] == 0xaa) {
            (void)tacet_control_send(c, now, TACET_MESSAGE_APP, body, size);
        }
    }
    while (tacet_control_poll_packet(c, now, out, &size) == 1) {
        if (size > TACET_CTRL_PACKET_MAX) {
            abort();
        }
    }
    if (tacet_control_next_timeout(c) <= now) {
        abort(); /* a call would spin */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tacet_control c;
    static const uint8_t message[3000] = { 0x55 };
    uint8_t packet[TACET_CTRL_PACKET_MAX];
    struct tacet_reader r = tacet_reader(data, size);
    int64_t now = 1000000;

    if (sodium_init() < 0) {
        abort();
    }
    tacet_control_init(&c, 7);
    tacet_control_add_epoch(&c, 0, send_key, receive_key);
    tacet_control_add_epoch(&c, 1, send_key, receive_key);
    (void)tacet_control_send(&c, now, TACET_MESSAGE_APP, message, sizeof(message));
    for (uint64_t counter = 0; tacet_reader_left(&r) > 0; counter++) {
        uint8_t flags = tacet_read_u8(&r);
        size_t length = tacet_read_u16(&r);
        length = length < tacet_reader_left(&r) ? length : tacet_reader_left(&r);
        length = length < TACET_CONTROL_PAYLOAD_MAX ? length : TACET_CONTROL_PAYLOAD_MAX;
        const uint8_t *frames = tacet_read_view(&r, length);
        if (frames == NULL) {
            break;
        }
        bool take = (flags & 8) == 0;
        now += 1000 + flags * 1000;
        if ((flags & 2) != 0) {
            use(&c, now, take, frames, length);
        } else {
            uint64_t with = (flags & 4) != 0 && counter > 0 ? counter - 1 : counter;
            use(&c, now, take, packet, seal(flags & 1, with, frames, length, packet));
        }
    }
    tacet_control_wipe(&c);
    return 0;
}
