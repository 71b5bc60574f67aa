/*
 * See cookie.h. A cookie is a mac of the path under a secret that changes every
 * TACET_COOKIE_SECRET_US; whoever can show it, by mac2, has received something at that path. It is
 * sealed for the INIT that it answers, so that nobody who did not see that INIT can plant one.
 */
#include "call/cookie.h"

#include "base/bytes.h"
#include "call/demux.h"
#include "call/handshake_layout.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/*   COOKIE  0:4 type,version,zero | 4:4 receiver idx | 8:24 nonce | 32:32 enc(cookie) */
#define NONCE 8
#define SEALED 32
#define NONCE_SIZE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_SIZE crypto_aead_xchacha20poly1305_ietf_ABYTES

_Static_assert(NONCE + NONCE_SIZE == SEALED, "COOKIE");
_Static_assert(SEALED + TACET_MAC_SIZE + TAG_SIZE == TACET_COOKIE_SIZE, "COOKIE");
_Static_assert(TACET_COOKIE_SIZE <= TACET_INIT_SIZE, "no amplification");

#define PATH_SIZE 27

/* --- the cookie and mac2 --- */

static void make_cookie(const uint8_t secret[32], const struct tacet_path *path,
                        uint8_t out[TACET_MAC_SIZE])
{
    uint8_t data[PATH_SIZE];
    struct tacet_writer w = tacet_writer(data, sizeof(data));

    tacet_write_u16(&w, path->transport);
    tacet_write_u16(&w, path->member);
    tacet_write_u8(&w, path->address.family);
    tacet_write_bytes(&w, path->address.ip, sizeof(path->address.ip));
    tacet_write_u16(&w, path->address.port);
    tacet_write_u32(&w, path->address.scope_id);
    assert(!w.failed);
    assert(w.at == PATH_SIZE);
    tacet_mac(secret, data, sizeof(data), out);
}

static void make_mac2(const uint8_t cookie[TACET_MAC_SIZE], const uint8_t *init,
                      uint8_t out[TACET_MAC_SIZE])
{
    (void)crypto_generichash(out, TACET_MAC_SIZE, init, TACET_INIT_MAC2, cookie, TACET_MAC_SIZE);
}

static bool mac2_fits(const uint8_t secret[32], const struct tacet_path *path, const uint8_t *init)
{
    uint8_t cookie[TACET_MAC_SIZE];
    uint8_t expected[TACET_MAC_SIZE];

    make_cookie(secret, path, cookie);
    make_mac2(cookie, init, expected);
    return sodium_memcmp(expected, init + TACET_INIT_MAC2, sizeof(expected)) == 0;
}

/* --- responder --- */

/* The secrets as they are at this time. They are drawn when first needed, so that a responder that
 * is never under load draws none. */
static void renew(struct tacet_cookie_secrets *s, const struct tacet_random *random, int64_t now)
{
    int64_t age_us = now - s->drawn_at_us;

    if (s->drawn && age_us < TACET_COOKIE_SECRET_US) {
        return;
    }
    s->has_last = s->drawn && age_us < 2 * TACET_COOKIE_SECRET_US;
    s->drawn_at_us = s->has_last ? s->drawn_at_us + TACET_COOKIE_SECRET_US : now;
    memcpy(s->last, s->current, sizeof(s->last));
    random->fill(random->ctx, s->current, sizeof(s->current));
    s->drawn = true;
}

enum tacet_mac2 tacet_cookie_check(struct tacet_cookie_secrets *s,
                                   const struct tacet_random *random, int64_t now,
                                   const struct tacet_path *path, const uint8_t *init)
{
    if (sodium_is_zero(init + TACET_INIT_MAC2, TACET_MAC_SIZE)) {
        return TACET_MAC2_ZERO;
    }
    renew(s, random, now);
    if (mac2_fits(s->current, path, init) || (s->has_last && mac2_fits(s->last, path, init))) {
        return TACET_MAC2_VALID;
    }
    return TACET_MAC2_WRONG;
}

bool tacet_cookie_count_init(struct tacet_cookie_secrets *s, int64_t now)
{
    bool full = s->init_count == TACET_INIT_RATE_MAX;
    bool loaded = full && now - s->inits_at_us[s->next] < TACET_S(1);

    s->inits_at_us[s->next] = now;
    s->next = (s->next + 1) % TACET_INIT_RATE_MAX;
    s->init_count += full ? 0 : 1;
    return loaded;
}

void tacet_cookie_write(struct tacet_cookie_secrets *s, const struct tacet_random *random,
                        int64_t now, const struct tacet_path *path, const struct tacet_callee *hint,
                        const uint8_t *init, uint8_t out[TACET_COOKIE_SIZE])
{
    uint8_t key[32];
    uint8_t cookie[TACET_MAC_SIZE];
    uint32_t index = tacet_handshake_index(init, TACET_INIT_SIZE, 0);

    renew(s, random, now);
    make_cookie(s->current, path, cookie);
    tacet_cookie_key(hint, key);
    tacet_handshake_write_header(out, TACET_PACKET_COOKIE, &index, 1);
    random->fill(random->ctx, out + NONCE, NONCE_SIZE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out + SEALED, NULL, cookie, sizeof(cookie),
                                                     init + TACET_INIT_MAC1, TACET_MAC_SIZE, NULL,
                                                     out + NONCE, key);
    sodium_memzero(cookie, sizeof(cookie));
}

/* --- initiator --- */

enum tacet_drop tacet_cookie_consume(struct tacet_cookie_answer *answer,
                                     const struct tacet_initiator *i, const uint8_t *packet,
                                     size_t size)
{
    uint8_t key[32];
    uint8_t cookie[TACET_MAC_SIZE];

    if (size != TACET_COOKIE_SIZE) {
        return TACET_DROP_SHORT;
    }
    if (!tacet_handshake_header_valid(packet, size, TACET_PACKET_COOKIE)) {
        return TACET_DROP_MALFORMED;
    }
    if (tacet_handshake_index(packet, size, 0) != i->index) {
        return TACET_DROP_UNKNOWN;
    }
    if (!answer->waiting) {
        return TACET_DROP_STATE;
    }
    tacet_cookie_key(&i->hint, key);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            cookie, NULL, NULL, packet + SEALED, TACET_COOKIE_SIZE - SEALED,
            i->init + TACET_INIT_MAC1, TACET_MAC_SIZE, packet + NONCE, key) != 0) {
        return TACET_DROP_AUTH;
    }
    answer->waiting = false;
    make_mac2(cookie, i->init, answer->mac2);
    sodium_memzero(cookie, sizeof(cookie));
    return TACET_DROP_NONE;
}
