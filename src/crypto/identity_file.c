/*
 * The bytes in which an identity is kept, in the form of crypto/sealed.c with the magic "TI01":
 *
 *     Ed25519 seed 32 | X25519 secret 32 | name_len u8 | name | certificates u8 |
 *     { length u16, certificate }*
 *
 * The certificates are those that CAs have signed for it, the one added last at the end.
 */
#include "base/bytes.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "crypto/sealed.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(TACET_IDENTITY_FILE_MAX == TACET_SEALED_PAYLOAD_MAX + TACET_SEALED_OVERHEAD,
               "what is sealed at most");
_Static_assert(32 + 32 + 1 + TACET_NAME_MAX + 1 +
                       TACET_IDENTITY_CERTIFICATES_MAX * (2 + TACET_CERTIFICATE_MAX) <=
                   TACET_SEALED_PAYLOAD_MAX,
               "an identity fits its file");

static size_t write_payload(const struct tacet_identity *identity,
                            uint8_t out[TACET_SEALED_PAYLOAD_MAX])
{
    struct tacet_writer w = tacet_writer(out, TACET_SEALED_PAYLOAD_MAX);

    tacet_write_bytes(&w, identity->ed_secret, 32);
    tacet_write_bytes(&w, identity->x_secret, 32);
    tacet_write_u8(&w, (uint8_t)strlen(identity->name));
    tacet_write_bytes(&w, identity->name, strlen(identity->name));
    tacet_write_u8(&w, (uint8_t)identity->certificate_count);
    for (size_t i = 0; i < identity->certificate_count; i++) {
        const struct tacet_identity_certificate *c = &identity->certificates[i];
        tacet_write_u16(&w, (uint16_t)c->size);
        tacet_write_bytes(&w, c->data, c->size);
    }
    assert(!w.failed);
    return w.at;
}

static int read_certificates(struct tacet_reader *r, struct tacet_identity *identity)
{
    uint8_t count = tacet_read_u8(r);

    if (r->failed || count > TACET_IDENTITY_CERTIFICATES_MAX) {
        return TACET_ERR_FORMAT;
    }
    for (size_t i = 0; i < count; i++) {
        size_t size = tacet_read_u16(r);
        const uint8_t *data = tacet_read_view(r, size);
        /* Two of one CA and name are not what _seal writes. */
        if (data == NULL || tacet_identity_add_certificate(identity, data, size) != 0 ||
            identity->certificate_count != i + 1) {
            return TACET_ERR_FORMAT;
        }
    }
    return tacet_reader_left(r) == 0 ? 0 : TACET_ERR_FORMAT;
}

static int read_payload(const uint8_t *payload, size_t size, struct tacet_identity **ret)
{
    struct tacet_reader r = tacet_reader(payload, size);
    const uint8_t *ed_seed = tacet_read_view(&r, 32);
    const uint8_t *x_secret = tacet_read_view(&r, 32);
    size_t name_size = tacet_read_u8(&r);
    const uint8_t *bytes = tacet_read_view(&r, name_size);
    char name[TACET_NAME_MAX + 1] = { 0 };
    struct tacet_identity *identity = NULL;

    if (r.failed || !tacet_name_valid((const char *)bytes, name_size)) {
        return TACET_ERR_FORMAT;
    }
    memcpy(name, bytes, name_size);
    int err = tacet_identity_from_secrets(ed_seed, x_secret, name, &identity);
    if (err == 0) {
        err = read_certificates(&r, identity);
    }
    if (err != 0) {
        tacet_identity_free(&identity);
        return err;
    }
    *ret = identity;
    return 0;
}

int tacet_identity_seal(const struct tacet_identity *identity, const struct tacet_random *random,
                        const char *passphrase, uint8_t *out, size_t capacity, size_t *ret_size)
{
    uint8_t payload[TACET_SEALED_PAYLOAD_MAX];
    size_t size = write_payload(identity, payload);
    int err =
        tacet_sealed_write("TI01", payload, size, random, passphrase, out, capacity, ret_size);

    sodium_memzero(payload, sizeof(payload));
    return err;
}

int tacet_identity_open(const uint8_t *data, size_t size, const char *passphrase,
                        struct tacet_identity **ret)
{
    uint8_t payload[TACET_SEALED_PAYLOAD_MAX];
    size_t payload_size = 0;
    int err = tacet_sealed_read("TI01", data, size, passphrase, payload, &payload_size);

    if (err == 0) {
        err = read_payload(payload, payload_size, ret);
    }
    sodium_memzero(payload, sizeof(payload));
    return err;
}
