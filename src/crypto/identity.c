/*
 * The two keys of a party in memory: drawn, named, shown and wiped. Their file form is in
 * identity_file.c.
 */
#include "crypto/identity.h"

#include "base/alloc.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* BLAKE2b-256("tacet/1 fingerprint" || 0x00 || key) */
static void key_hash(const uint8_t key[TACET_KEY_SIZE], uint8_t out[32])
{
    static const char label[] = "tacet/1 fingerprint"; /* hashed with its NUL */
    crypto_generichash_state state;

    (void)crypto_generichash_init(&state, NULL, 0, 32);
    (void)crypto_generichash_update(&state, (const uint8_t *)label, sizeof(label));
    (void)crypto_generichash_update(&state, key, TACET_KEY_SIZE);
    (void)crypto_generichash_final(&state, out, 32);
}

/* "id-" and the first 80 bits of the key's hash in the base32 of RFC 4648 section 6, lower case. */
static void default_name(const uint8_t key[TACET_KEY_SIZE], char out[TACET_NAME_MAX + 1])
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";
    uint8_t hash[32];

    key_hash(key, hash);
    memcpy(out, "id-", 3);
    for (size_t i = 0; i < 16; i++) {
        size_t bit = 5 * i;
        unsigned pair = (unsigned)hash[bit / 8] << 8 | hash[bit / 8 + 1];
        out[3 + i] = digits[pair >> (11 - bit % 8) & 31];
    }
    out[3 + 16] = '\0';
}

int tacet_identity_from_secrets(const uint8_t ed_seed[32], const uint8_t x_secret[32],
                                const char *name, struct tacet_identity **ret)
{
    struct tacet_identity *identity = tacet_alloc(sizeof(*identity));

    if (identity == NULL) {
        return TACET_ERR_NOMEM;
    }
    /* Keeps the secrets out of swap and core files. It fails where the limit on locked memory is
     * reached (RLIMIT_MEMLOCK, often in containers), which must not keep anyone from calling. */
    (void)sodium_mlock(identity, sizeof(*identity));
    (void)crypto_sign_seed_keypair(identity->ed_public, identity->ed_secret, ed_seed);
    memcpy(identity->x_secret, x_secret, sizeof(identity->x_secret));
    (void)crypto_scalarmult_base(identity->x_public, identity->x_secret);
    if (name != NULL) {
        assert(tacet_name_valid(name, strlen(name)));
        memcpy(identity->name, name, strlen(name) + 1);
    } else {
        default_name(identity->ed_public, identity->name);
    }
    *ret = identity;
    return 0;
}

int tacet_identity_create(const struct tacet_random *random, const char *name,
                          struct tacet_identity **ret)
{
    uint8_t secrets[32 + 32];

    if (random == NULL || random->fill == NULL ||
        (name != NULL && !tacet_name_valid(name, strlen(name)))) {
        return TACET_ERR_ARGUMENT;
    }
    random->fill(random->ctx, secrets, sizeof(secrets));
    int err = tacet_identity_from_secrets(secrets, secrets + 32, name, ret);
    sodium_memzero(secrets, sizeof(secrets));
    return err;
}

void tacet_identity_free(struct tacet_identity **identity)
{
    if (identity == NULL || *identity == NULL) {
        return;
    }
    sodium_memzero(*identity, sizeof(**identity));
    (void)sodium_munlock(*identity, sizeof(**identity));
    tacet_dealloc(*identity);
    *identity = NULL;
}

void tacet_identity_public(const struct tacet_identity *identity, struct tacet_public_identity *ret)
{
    memset(ret, 0, sizeof(*ret));
    memcpy(ret->key, identity->ed_public, sizeof(ret->key));
    memcpy(ret->name, identity->name, sizeof(ret->name));
    (void)tacet_fingerprint(ret->key, ret->fingerprint);
    ret->trust = TACET_TRUST_UNVERIFIED;
}

static bool name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' ||
           c == '@';
}

bool tacet_name_valid(const char *name, size_t size)
{
    if (name == NULL || size < 1 || size > TACET_NAME_MAX) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (!name_byte(name[i])) {
            return false;
        }
    }
    return true;
}

const char *tacet_fingerprint(const uint8_t key[TACET_KEY_SIZE], char out[TACET_FINGERPRINT_MAX])
{
    uint8_t hash[32];
    char *p = out;

    key_hash(key, hash);
    for (unsigned i = 0; i < 16; i += 2) {
        size_t left = TACET_FINGERPRINT_MAX - (size_t)(p - out);
        p += snprintf(p, left, "%s%02x%02x", i == 0 ? "" : " ", hash[i], hash[i + 1]);
    }
    assert(p - out < TACET_FINGERPRINT_MAX);
    return out;
}

const char *tacet_trust_string(enum tacet_trust trust)
{
    switch (trust) {
    case TACET_TRUST_PINNED:
        return "pinned";
    case TACET_TRUST_CERTIFIED:
        return "certified";
    case TACET_TRUST_VERIFIED:
        return "verified";
    case TACET_TRUST_UNVERIFIED:
    default:
        return "unverified";
    }
}
