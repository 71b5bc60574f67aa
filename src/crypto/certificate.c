/*
 * Certificates in bytes (protocol.md section 6):
 *
 *     "TC01" | serial u64 | not_before u64 | not_after u64 | flags u16 | ca_id 8 | name_len u8 |
 *     name 1..63 | ed25519 32 | x25519 32 | sig_id 64 | sig_ca 64
 *
 * sig_id is the identity's own over all before it, sig_ca the CA's over all before that. A request
 * is the same up to and including sig_id. Whether a CA's signature is wanted and whose, and whether
 * a key is pinned, is for whoever knows the authorities and the trust table.
 */
#include "crypto/certificate.h"

#include "base/bytes.h"
#include "crypto/identity.h"
#include "crypto/signature.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* Everything but the name. */
#define FIXED_SIZE (4 + 8 + 8 + 8 + 2 + 8 + 1 + 32 + 32 + 2 * TACET_SIGNATURE_SIZE)

_Static_assert(FIXED_SIZE + TACET_NAME_MAX == TACET_CERTIFICATE_MAX, "the layout above");
_Static_assert(TACET_REQUEST_MAX == TACET_CERTIFICATE_MAX - TACET_SIGNATURE_SIZE, "all but sig_ca");

static const char sig_id_label[] = "tacet/1 cert-id"; /* signed with their NUL */
static const char sig_ca_label[] = "tacet/1 cert-ca";

/* All up to and including sig_id. Returns its size. */
static size_t write_request(const struct tacet_identity *identity,
                            const struct tacet_certificate *c, uint8_t *out, size_t capacity)
{
    struct tacet_writer w = tacet_writer(out, capacity);
    uint8_t sig_id[TACET_SIGNATURE_SIZE];
    size_t name_size = strlen(c->name);

    assert(tacet_name_valid(c->name, name_size));
    tacet_write_bytes(&w, "TC01", 4);
    tacet_write_u64(&w, c->serial);
    tacet_write_u64(&w, c->not_before);
    tacet_write_u64(&w, c->not_after);
    tacet_write_u16(&w, c->flags);
    tacet_write_bytes(&w, c->ca_id, sizeof(c->ca_id));
    tacet_write_u8(&w, (uint8_t)name_size);
    tacet_write_bytes(&w, c->name, name_size);
    tacet_write_bytes(&w, identity->ed_public, sizeof(identity->ed_public));
    tacet_write_bytes(&w, identity->x_public, sizeof(identity->x_public));

    tacet_sign(sig_id_label, out, w.at, identity->ed_secret, sig_id);
    tacet_write_bytes(&w, sig_id, sizeof(sig_id));
    assert(!w.failed);
    return w.at;
}

static uint64_t draw_serial(const struct tacet_random *random)
{
    uint8_t bytes[8];

    random->fill(random->ctx, bytes, sizeof(bytes));
    struct tacet_reader r = tacet_reader(bytes, sizeof(bytes));
    return tacet_read_u64(&r);
}

int tacet_certificate_self_sign(const struct tacet_identity *identity,
                                const struct tacet_random *random, uint64_t unix_now,
                                uint8_t out[TACET_CERTIFICATE_MAX], size_t *ret_size)
{
    struct tacet_certificate c = { .flags = TACET_CERTIFICATE_SELF_SIGNED };

    if (unix_now < TACET_CERTIFICATE_SKEW_S ||
        unix_now > UINT64_MAX - TACET_CERTIFICATE_LIFETIME_S) {
        return TACET_ERR_ARGUMENT;
    }
    c.serial = draw_serial(random);
    c.not_before = unix_now - TACET_CERTIFICATE_SKEW_S;
    c.not_after = unix_now + TACET_CERTIFICATE_LIFETIME_S;
    memcpy(c.name, identity->name, sizeof(c.name));
    size_t size = write_request(identity, &c, out, TACET_REQUEST_MAX);
    memset(out + size, 0, TACET_SIGNATURE_SIZE);
    *ret_size = size + TACET_SIGNATURE_SIZE;
    return 0;
}

void tacet_certificate_request(const struct tacet_identity *identity,
                               const struct tacet_random *random, const char *name,
                               const uint8_t ca_id[TACET_CERTIFICATE_ID_SIZE], uint64_t not_before,
                               uint64_t not_after, uint8_t out[TACET_REQUEST_MAX], size_t *ret_size)
{
    struct tacet_certificate c = { .not_before = not_before, .not_after = not_after };

    c.serial = draw_serial(random);
    memcpy(c.ca_id, ca_id, sizeof(c.ca_id));
    memcpy(c.name, name, strlen(name) + 1);
    *ret_size = write_request(identity, &c, out, TACET_REQUEST_MAX);
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

int tacet_certificate_parse_request(const uint8_t *data, size_t size, struct tacet_certificate *ret)
{
    uint8_t padded[TACET_CERTIFICATE_MAX] = { 0 };
    struct tacet_certificate c;

    if (size > TACET_REQUEST_MAX) {
        return TACET_ERR_FORMAT;
    }
    if (size > 0) {
        memcpy(padded, data, size);
    }
    if (tacet_certificate_parse(padded, size + TACET_SIGNATURE_SIZE, &c) != 0 || c.flags != 0) {
        return TACET_ERR_FORMAT;
    }
    *ret = c;
    return 0;
}

static uint64_t later(uint64_t t)
{
    return t > UINT64_MAX - TACET_CERTIFICATE_SKEW_S ? UINT64_MAX : t + TACET_CERTIFICATE_SKEW_S;
}

bool tacet_certificate_in_time(const struct tacet_certificate *certificate, uint64_t unix_now)
{
    return certificate->not_before <= later(unix_now) && unix_now <= later(certificate->not_after);
}

int tacet_certificate_check(const uint8_t *data, size_t size,
                            const struct tacet_certificate *certificate, uint64_t unix_now)
{
    /* The bytes are those that it was parsed from. */
    assert(size == FIXED_SIZE + strlen(certificate->name));
    return tacet_certificate_in_time(certificate, unix_now)
               ? tacet_certificate_check_request(data, size - TACET_SIGNATURE_SIZE, certificate)
               : TACET_ERR_TRUST;
}

int tacet_certificate_check_request(const uint8_t *data, size_t size,
                                    const struct tacet_certificate *request)
{
    assert(size == FIXED_SIZE - TACET_SIGNATURE_SIZE + strlen(request->name));
    return tacet_signed(sig_id_label, data, size - TACET_SIGNATURE_SIZE, request->sig_id,
                        request->ed25519)
               ? 0
               : TACET_ERR_TRUST;
}

int tacet_certificate_check_ca(const uint8_t *data, size_t size,
                               const struct tacet_certificate *certificate, const uint8_t key[32])
{
    assert(size == FIXED_SIZE + strlen(certificate->name));
    return tacet_signed(sig_ca_label, data, size - TACET_SIGNATURE_SIZE, certificate->sig_ca, key)
               ? 0
               : TACET_ERR_TRUST;
}

void tacet_certificate_sign(const uint8_t *request, size_t request_size, const uint8_t secret[64],
                            uint8_t out[TACET_CERTIFICATE_MAX], size_t *ret_size)
{
    uint8_t sig_ca[TACET_SIGNATURE_SIZE];
    struct tacet_writer w = tacet_writer(out, TACET_CERTIFICATE_MAX);

    tacet_sign(sig_ca_label, request, request_size, secret, sig_ca);
    tacet_write_bytes(&w, request, request_size);
    tacet_write_bytes(&w, sig_ca, sizeof(sig_ca));
    assert(!w.failed);
    *ret_size = w.at;
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
