/*
 * Certificates in bytes (protocol.md section 6):
 *
 *     "TC01" | serial u64 | not_before u64 | not_after u64 | flags u16 | ca_id 8 | name_len u8 |
 *     name 1..63 | ed25519 32 | x25519 32 | sig_id 64 | sig_ca 64
 *
 * sig_id is the identity's own over all before it. Whether a CA's signature is wanted and good, and
 * whether a key is pinned, is for whoever knows the trust table.
 */
#include "crypto/certificate.h"

#include "base/bytes.h"
#include "crypto/identity.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define SIG_SIZE crypto_sign_BYTES
/* Everything but the name. */
#define FIXED_SIZE (4 + 8 + 8 + 8 + 2 + 8 + 1 + 32 + 32 + 2 * SIG_SIZE)

_Static_assert(FIXED_SIZE + TACET_NAME_MAX == TACET_CERTIFICATE_MAX, "the layout above");

static const char sig_id_label[] = "tacet/1 cert-id"; /* signed with its NUL */

/* What sig_id is over: the label and all before it. Returns its size. */
static size_t signed_by_id(const uint8_t *data, size_t size, uint8_t out[TACET_CERTIFICATE_MAX])
{
    struct tacet_writer w = tacet_writer(out, TACET_CERTIFICATE_MAX);

    assert(size > 2 * SIG_SIZE);
    tacet_write_bytes(&w, sig_id_label, sizeof(sig_id_label));
    tacet_write_bytes(&w, data, size - 2 * SIG_SIZE);
    assert(!w.failed);
    return w.at;
}

int tacet_certificate_self_sign(const struct tacet_identity *identity,
                                const struct tacet_random *random, uint64_t unix_now,
                                uint8_t out[TACET_CERTIFICATE_MAX], size_t *ret_size)
{
    size_t name_size = strlen(identity->name);
    size_t size = FIXED_SIZE + name_size;
    uint8_t message[TACET_CERTIFICATE_MAX];
    uint8_t serial[8];
    uint8_t sig_id[SIG_SIZE];

    assert(tacet_name_valid(identity->name, name_size));
    if (unix_now < TACET_CERTIFICATE_SKEW_S ||
        unix_now > UINT64_MAX - TACET_CERTIFICATE_LIFETIME_S) {
        return TACET_ERR_ARGUMENT;
    }
    random->fill(random->ctx, serial, sizeof(serial));
    struct tacet_writer w = tacet_writer(out, size);
    tacet_write_bytes(&w, "TC01", 4);
    tacet_write_bytes(&w, serial, sizeof(serial));
    tacet_write_u64(&w, unix_now - TACET_CERTIFICATE_SKEW_S);
    tacet_write_u64(&w, unix_now + TACET_CERTIFICATE_LIFETIME_S);
    tacet_write_u16(&w, TACET_CERTIFICATE_SELF_SIGNED);
    tacet_write_zeros(&w, 8);
    tacet_write_u8(&w, (uint8_t)name_size);
    tacet_write_bytes(&w, identity->name, name_size);
    tacet_write_bytes(&w, identity->ed_public, sizeof(identity->ed_public));
    tacet_write_bytes(&w, identity->x_public, sizeof(identity->x_public));

    size_t message_size = signed_by_id(out, size, message);
    (void)crypto_sign_detached(sig_id, NULL, message, message_size, identity->ed_secret);
    tacet_write_bytes(&w, sig_id, sizeof(sig_id));
    tacet_write_zeros(&w, SIG_SIZE);
    assert(!w.failed && tacet_writer_left(&w) == 0);
    *ret_size = size;
    return 0;
}

static bool form_valid(const struct tacet_certificate *c)
{
    if ((c->flags & ~TACET_CERTIFICATE_SELF_SIGNED) != 0 || c->not_after < c->not_before) {
        return false;
    }
    return (c->flags & TACET_CERTIFICATE_SELF_SIGNED) == 0 ||
           (sodium_is_zero(c->ca_id, sizeof(c->ca_id)) &&
            sodium_is_zero(c->sig_ca, sizeof(c->sig_ca)));
}

int tacet_certificate_parse(const uint8_t *data, size_t size, struct tacet_certificate *ret)
{
    struct tacet_certificate c = { 0 };
    struct tacet_reader r = tacet_reader(data, size);
    uint8_t magic[4];

    tacet_read_bytes(&r, magic, sizeof(magic));
    c.serial = tacet_read_u64(&r);
    c.not_before = tacet_read_u64(&r);
    c.not_after = tacet_read_u64(&r);
    c.flags = tacet_read_u16(&r);
    tacet_read_bytes(&r, c.ca_id, sizeof(c.ca_id));
    size_t name_size = tacet_read_u8(&r);
    if (name_size > TACET_NAME_MAX) {
        return TACET_ERR_FORMAT;
    }
    tacet_read_bytes(&r, c.name, name_size);
    tacet_read_bytes(&r, c.ed25519, sizeof(c.ed25519));
    tacet_read_bytes(&r, c.x25519, sizeof(c.x25519));
    tacet_read_bytes(&r, c.sig_id, sizeof(c.sig_id));
    tacet_read_bytes(&r, c.sig_ca, sizeof(c.sig_ca));
    if (r.failed || tacet_reader_left(&r) != 0 || memcmp(magic, "TC01", 4) != 0 ||
        !tacet_name_valid(c.name, name_size) || !form_valid(&c)) {
        return TACET_ERR_FORMAT;
    }
    *ret = c;
    return 0;
}

static uint64_t later(uint64_t t)
{
    return t > UINT64_MAX - TACET_CERTIFICATE_SKEW_S ? UINT64_MAX : t + TACET_CERTIFICATE_SKEW_S;
}

int tacet_certificate_check(const uint8_t *data, size_t size,
                            const struct tacet_certificate *certificate, uint64_t unix_now)
{
    uint8_t message[TACET_CERTIFICATE_MAX];

    /* The bytes are those that it was parsed from. */
    assert(size == FIXED_SIZE + strlen(certificate->name));
    if (certificate->not_before > later(unix_now) || unix_now > later(certificate->not_after)) {
        return TACET_ERR_TRUST;
    }
    size_t message_size = signed_by_id(data, size, message);
    if (crypto_sign_verify_detached(certificate->sig_id, message, message_size,
                                    certificate->ed25519) != 0) {
        return TACET_ERR_TRUST;
    }
    return 0;
}

void tacet_certificate_public(const struct tacet_certificate *certificate,
                              struct tacet_public_identity *ret)
{
    memset(ret, 0, sizeof(*ret));
    memcpy(ret->key, certificate->ed25519, sizeof(ret->key));
    memcpy(ret->name, certificate->name, sizeof(ret->name));
    (void)tacet_fingerprint(ret->key, ret->fingerprint);
    ret->trust = TACET_TRUST_UNVERIFIED;
}
