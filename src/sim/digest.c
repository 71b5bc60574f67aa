/* See digest.h. Numbers go in as eight bytes, big endian, so that the hash is that of any machine.
 */
#include "sim/digest.h"

#include "base/bytes.h"

#include <assert.h>
#include <string.h>

#define LANES 8

/* A quick sum, so that hashing every picture does not cost more than the call itself. */
struct sum {
    uint64_t lanes[LANES];
};

void tacet_digest_init(struct tacet_digest *digest)
{
    (void)crypto_hash_sha256_init(&digest->state);
}

void tacet_digest_number(struct tacet_digest *digest, uint64_t number)
{
    uint8_t bytes[8];
    struct tacet_writer w = tacet_writer(bytes, sizeof(bytes));

    tacet_write_u64(&w, number);
    (void)crypto_hash_sha256_update(&digest->state, bytes, sizeof(bytes));
}

/* Little endian; a form that compilers know as one load. */
static uint64_t word_at(const uint8_t *d)
{
    return (uint64_t)d[0] | (uint64_t)d[1] << 8 | (uint64_t)d[2] << 16 | (uint64_t)d[3] << 24 |
           (uint64_t)d[4] << 32 | (uint64_t)d[5] << 40 | (uint64_t)d[6] << 48 |
           (uint64_t)d[7] << 56;
}

static uint64_t stir(uint64_t lane, uint64_t word)
{
    uint64_t x = (lane ^ word) * UINT64_C(0x9E3779B97F4A7C15);

    return x ^ x >> 29;
}

/* Each step can be undone, so that a change of one word always changes its lane. */
static void sum_add(struct sum *sum, const uint8_t *data, size_t size)
{
    struct sum local = *sum; /* in registers, whatever `data` may point to */
    uint8_t rest[LANES * 8] = { 0 };

    while (size > 0) {
        const uint8_t *block = data;
        if (size < sizeof(rest)) {
            memcpy(rest, data, size);
            block = rest;
        }
        for (size_t i = 0; i < LANES; i++) {
            local.lanes[i] = stir(local.lanes[i], word_at(block + i * 8));
        }
        size_t used = size < sizeof(rest) ? size : sizeof(rest);
        data += used;
        size -= used;
    }
    *sum = local;
}

static void add_sum(struct tacet_digest *digest, const struct sum *sum)
{
    for (size_t i = 0; i < LANES; i += LANES / 2) {
        uint64_t x = sum->lanes[i];
        for (size_t k = 1; k < LANES / 2; k++) {
            x = stir(x, sum->lanes[i + k]);
        }
        tacet_digest_number(digest, x);
    }
}

void tacet_digest_bytes(struct tacet_digest *digest, const void *data, size_t size)
{
    tacet_digest_number(digest, size);
    if (size > TACET_DIGEST_WHOLE) {
        struct sum sum = { { 1, 2, 3, 4, 5, 6, 7, 8 } };
        sum_add(&sum, data, size);
        add_sum(digest, &sum);
    } else if (size > 0) {
        (void)crypto_hash_sha256_update(&digest->state, data, size);
    }
}

static void add_text(struct tacet_digest *digest, const char *text)
{
    tacet_digest_bytes(digest, text, strlen(text));
}

static void add_identity(struct tacet_digest *digest, const struct tacet_public_identity *identity)
{
    tacet_digest_bytes(digest, identity->key, sizeof(identity->key));
    add_text(digest, identity->name);
    tacet_digest_number(digest, (uint64_t)identity->trust);
}

static void add_media(struct tacet_digest *digest, const struct tacet_media *media)
{
    uint64_t bits = (uint64_t)media->audio | (uint64_t)media->video << 1 |
                    (uint64_t)media->audio_muted << 2 | (uint64_t)media->video_muted << 3 |
                    (uint64_t)media->held << 4;

    tacet_digest_number(digest, bits);
    tacet_digest_number(digest, media->width);
    tacet_digest_number(digest, media->height);
    tacet_digest_number(digest, media->fps);
}

void tacet_digest_event(struct tacet_digest *digest, const struct tacet_event *event)
{
    tacet_digest_number(digest, (uint64_t)event->type);
    tacet_digest_number(digest, event->peer);
    switch (event->type) {
    case TACET_EVENT_INCOMING:
    case TACET_EVENT_ESTABLISHED:
        add_identity(digest, &event->u.incoming);
        break;
    case TACET_EVENT_ANSWERED:
        add_text(digest, event->u.answered.words);
        add_identity(digest, &event->u.answered.peer);
        break;
    case TACET_EVENT_MEDIA:
        add_media(digest, &event->u.media);
        break;
    case TACET_EVENT_MESSAGE:
        tacet_digest_bytes(digest, event->u.message.data, event->u.message.size);
        break;
    case TACET_EVENT_SEND_TARGET:
        tacet_digest_number(digest, (uint64_t)event->u.send_target.audio_bps);
        tacet_digest_number(digest, (uint64_t)event->u.send_target.audio_packet_ms);
        tacet_digest_number(digest, (uint64_t)event->u.send_target.video_bps);
        tacet_digest_number(digest, (uint64_t)event->u.send_target.loss_permille);
        tacet_digest_number(digest, (uint64_t)event->u.send_target.burst);
        tacet_digest_number(digest, (uint64_t)event->u.send_target.refresh);
        break;
    case TACET_EVENT_REKEYED:
        tacet_digest_number(digest, event->u.epoch);
        break;
    case TACET_EVENT_ENDED:
        tacet_digest_number(digest, (uint64_t)event->u.ended.reason);
        tacet_digest_number(digest, event->u.ended.remote);
        break;
    case TACET_EVENT_RINGING:
    case TACET_EVENT_TRUST:
    case TACET_EVENT_RECONNECTING:
    case TACET_EVENT_RECONNECTED:
        break;
    }
}

void tacet_digest_picture(struct tacet_digest *digest, const struct tacet_picture *picture,
                          size_t rows)
{
    assert(rows <= picture->height);
    tacet_digest_number(digest, picture->index);
    tacet_digest_number(digest, (uint64_t)picture->width << 16 | picture->height);
    struct sum sum = { { 1, 2, 3, 4, 5, 6, 7, 8 } };
    for (size_t y = 0; y < rows; y++) {
        sum_add(&sum, picture->planes[0] + y * (size_t)picture->strides[0], picture->width);
    }
    add_sum(digest, &sum);
}

void tacet_digest_result(const struct tacet_digest *digest, uint8_t out[32])
{
    crypto_hash_sha256_state copy = digest->state;

    (void)crypto_hash_sha256_final(&copy, out);
}
