/*
 * The key of a CA: drawn, kept and shown. What it signs is in ca_issue.c.
 *
 * Its file is in the form of crypto/sealed.c with the magic "TK01":
 *
 *     Ed25519 seed 32 | suffix_len u8 | suffix
 */
#include "crypto/ca.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/authority.h"
#include "crypto/sealed.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define PAYLOAD_MAX (32 + 1 + TACET_NAME_MAX)

_Static_assert(PAYLOAD_MAX + TACET_SEALED_OVERHEAD <= TACET_CA_FILE_MAX, "a CA fits its file");

static int from_seed(const uint8_t seed[32], const char *suffix, struct tacet_ca **ret)
{
    struct tacet_ca *ca = tacet_alloc(sizeof(*ca));
    uint8_t key[TACET_KEY_SIZE];

    if (ca == NULL) {
        return TACET_ERR_NOMEM;
    }
    (void)sodium_mlock(ca, sizeof(*ca)); /* see identity.c */
    (void)crypto_sign_seed_keypair(key, ca->secret, seed);
    tacet_authority_fill(key, suffix, &ca->authority);
    *ret = ca;
    return 0;
}

int tacet_ca_create(const struct tacet_random *random, const char *suffix, struct tacet_ca **ret)
{
    uint8_t seed[32];

    if (random == NULL || random->fill == NULL || suffix == NULL || !tacet_suffix_valid(suffix)) {
        return TACET_ERR_ARGUMENT;
    }
    random->fill(random->ctx, seed, sizeof(seed));
    int err = from_seed(seed, suffix, ret);
    sodium_memzero(seed, sizeof(seed));
    return err;
}

void tacet_ca_free(struct tacet_ca **ca)
{
    if (ca == NULL || *ca == NULL) {
        return;
    }
    sodium_memzero(*ca, sizeof(**ca));
    (void)sodium_munlock(*ca, sizeof(**ca));
    tacet_dealloc(*ca);
    *ca = NULL;
}

int tacet_ca_seal(const struct tacet_ca *ca, const struct tacet_random *random,
                  const char *passphrase, uint8_t *out, size_t capacity, size_t *ret_size)
{
    uint8_t payload[PAYLOAD_MAX];
    struct tacet_writer w = tacet_writer(payload, sizeof(payload));
    size_t suffix_size = strlen(ca->authority.suffix);

    tacet_write_bytes(&w, ca->secret, 32);
    tacet_write_u8(&w, (uint8_t)suffix_size);
    tacet_write_bytes(&w, ca->authority.suffix, suffix_size);
    assert(!w.failed);
    int err =
        tacet_sealed_write("TK01", payload, w.at, random, passphrase, out, capacity, ret_size);
    sodium_memzero(payload, sizeof(payload));
    return err;
}

static int read_payload(const uint8_t *payload, size_t size, struct tacet_ca **ret)
{
    struct tacet_reader r = tacet_reader(payload, size);
    const uint8_t *seed = tacet_read_view(&r, 32);
    size_t suffix_size = tacet_read_u8(&r);
    const uint8_t *bytes = tacet_read_view(&r, suffix_size);
    char suffix[TACET_NAME_MAX + 1] = { 0 };

    if (r.failed || tacet_reader_left(&r) != 0 ||
        (suffix_size > 0 && !tacet_name_valid((const char *)bytes, suffix_size))) {
        return TACET_ERR_FORMAT;
    }
    memcpy(suffix, bytes, suffix_size);
    return from_seed(seed, suffix, ret);
}

int tacet_ca_open(const uint8_t *data, size_t size, const char *passphrase, struct tacet_ca **ret)
{
    uint8_t payload[TACET_SEALED_PAYLOAD_MAX];
    size_t payload_size = 0;
    int err = tacet_sealed_read("TK01", data, size, passphrase, payload, &payload_size);

    if (err == 0) {
        err = read_payload(payload, payload_size, ret);
    }
    sodium_memzero(payload, sizeof(payload));
    return err;
}

void tacet_ca_public(const struct tacet_ca *ca, struct tacet_authority *ret)
{
    *ret = ca->authority;
}

size_t tacet_ca_export(const struct tacet_ca *ca, uint8_t out[TACET_AUTHORITY_FILE_MAX])
{
    return tacet_authority_write(&ca->authority, ca->secret, out);
}
