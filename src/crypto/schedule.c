/*
 * Everything that is drawn from a finished handshake: epoch secrets, the keys of the control
 * stream and of SRTP, and the SSRCs. It holds no state: who keeps an epoch wipes it.
 */
#include "crypto/schedule.h"

#include "base/bytes.h"
#include "tacet/call.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

void tacet_schedule_epoch0(const uint8_t exporter[64], const uint8_t h[64], uint8_t out[64])
{
    static const char label[] = "tacet/1 epoch0";
    const struct tacet_part parts[] = { { label, sizeof(label) - 1 }, { h, 64 } };

    tacet_hmac_sha512(exporter, 64, parts, 2, out);
}

void tacet_schedule_next(const uint8_t e[64], uint32_t next, const uint8_t *shared,
                         size_t shared_size, const uint8_t transcript[64], uint8_t out[64])
{
    static const char label[] = "tacet/1 rekey";
    uint8_t head[sizeof(label) - 1 + 4];
    struct tacet_writer w = tacet_writer(head, sizeof(head));

    assert(next > 0);
    assert(shared_size > 0);
    tacet_write_bytes(&w, label, sizeof(label) - 1);
    tacet_write_u32(&w, next);
    assert(!w.failed && tacet_writer_left(&w) == 0);

    const struct tacet_part parts[] = { { head, sizeof(head) },
                                        { shared, shared_size },
                                        { transcript, 64 } };
    tacet_hmac_sha512(e, 64, parts, 3, out);
}

/* K(label, dir, n, L) = HKDF-Expand(E_n, "tacet/1 " || label || 0 || dir || u32 n || u16 profile)
 */
static void draw(const uint8_t e[64], const char label[4], enum tacet_direction direction,
                 uint32_t epoch, uint16_t profile, uint8_t *out, size_t size)
{
    uint8_t info[8 + 4 + 1 + 1 + 4 + 2];
    struct tacet_writer w = tacet_writer(info, sizeof(info));

    assert(direction == TACET_INITIATOR_TO_RESPONDER || direction == TACET_RESPONDER_TO_INITIATOR);
    tacet_write_bytes(&w, "tacet/1 ", 8);
    tacet_write_bytes(&w, label, 4);
    tacet_write_u8(&w, 0);
    tacet_write_u8(&w, (uint8_t)direction);
    tacet_write_u32(&w, epoch);
    tacet_write_u16(&w, profile);
    assert(!w.failed && tacet_writer_left(&w) == 0);
    tacet_hkdf_expand(e, info, sizeof(info), out, size);
}

void tacet_schedule_ctrl_key(const uint8_t e[64], enum tacet_direction direction, uint32_t epoch,
                             uint8_t out[TACET_CTRL_KEY_SIZE])
{
    draw(e, "ctrl", direction, epoch, 0, out, TACET_CTRL_KEY_SIZE);
}

size_t tacet_schedule_srtp_key(const uint8_t e[64], enum tacet_direction direction, uint32_t epoch,
                               uint16_t profile, uint8_t out[TACET_SRTP_KEY_SIZE_MAX])
{
    size_t size = 0;

    switch (profile) {
    case TACET_PROFILE_AEAD_AES_256_GCM:
        size = 32 + 12;
        break;
    case TACET_PROFILE_AEAD_AES_128_GCM:
        size = 16 + 12;
        break;
    case TACET_PROFILE_AES_CM_128_HMAC_SHA1_80:
        size = 16 + 14;
        break;
    default:
        return 0;
    }
    assert(epoch > 0); /* epoch 0 never carries media */
    draw(e, "srtp", direction, epoch, profile, out, size);
    return size;
}

static uint32_t ssrc(const uint8_t exporter[64], const uint8_t h[64], unsigned direction,
                     unsigned kind, unsigned attempt)
{
    static const char label[] = "tacet/1 ssrc";
    const uint8_t tail[] = { (uint8_t)direction, (uint8_t)kind, (uint8_t)attempt };
    const struct tacet_part parts[] = { { label, sizeof(label) - 1 },
                                        { h, 64 },
                                        { tail, sizeof(tail) } };
    uint8_t hash[TACET_HASH_SIZE];

    tacet_hmac_sha512(exporter, 64, parts, 3, hash);
    struct tacet_reader r = tacet_reader(hash, sizeof(hash));
    uint32_t value = tacet_read_u32(&r);
    sodium_memzero(hash, sizeof(hash));
    return value;
}

static bool taken(const struct tacet_ssrcs *ssrcs, uint32_t value)
{
    bool found = value == 0; /* what is not filled in yet is zero, too */

    for (unsigned i = 0; i < 2 * TACET_SSRC_KIND_COUNT; i++) {
        found |= ssrcs->of[i / TACET_SSRC_KIND_COUNT][i % TACET_SSRC_KIND_COUNT] == value;
    }
    return found;
}

void tacet_schedule_ssrcs(const uint8_t exporter[64], const uint8_t h[64], struct tacet_ssrcs *ret)
{
    struct tacet_ssrcs ssrcs = { 0 };

    /* "Not yet used in this call" needs one order on both sides: direction, then kind. */
    for (unsigned direction = 0; direction < 2; direction++) {
        for (unsigned kind = 0; kind < TACET_SSRC_KIND_COUNT; kind++) {
            unsigned attempt = 0;
            uint32_t value = ssrc(exporter, h, direction, kind, attempt);
            while (taken(&ssrcs, value)) {
                attempt++;
                /* 256 misses in a row have a chance of 2^-7000. */
                assert(attempt <= UINT8_MAX);
                value = ssrc(exporter, h, direction, kind, attempt);
            }
            ssrcs.of[direction][kind] = value;
        }
    }
    *ret = ssrcs;
}
