/*
 * Bytes to identity: as they are, and with what protects a file made right, so that a mutated
 * payload is read: the hash of one in clear, the seal of one with a passphrase, and keys and
 * signature of the certificates inside. What opens in clear is written again and must be the same
 * file. Argon2id and Ed25519 signatures are replaced by hashes (--wrap in meson.build): all of
 * their parameters count, none costs.
 */
#include "base/limits.h"
#include "certificate_bytes.h"
#include "check.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "tacet/error.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Where things stand in a file (sealed.c). */
#define SALT 16
#define NONCE 32
#define PAYLOAD 56
#define NAME_SIZE (PAYLOAD + 64)
#define TAG_SIZE 16
#define SUM_SIZE 32

static const char passphrase[] = "low";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_crypto_pwhash(unsigned char *out, unsigned long long out_size, const char *secret,
                         unsigned long long secret_size, const unsigned char *salt,
                         unsigned long long passes, size_t memory, int algorithm);

int __wrap_crypto_pwhash(unsigned char *out, unsigned long long out_size, const char *secret,
                         unsigned long long secret_size, const unsigned char *salt,
                         unsigned long long passes, size_t memory, int algorithm)
{
    crypto_generichash_state state;
    const unsigned long long numbers[3] = { passes, memory, (unsigned long long)algorithm };

    CHECK(passes >= crypto_pwhash_opslimit_min() && memory >= crypto_pwhash_memlimit_min());
    CHECK(passes <= TACET_ARGON2_PASSES_MAX && memory / 1024 <= TACET_ARGON2_MEMORY_MAX_KIB);
    (void)crypto_generichash_init(&state, NULL, 0, (size_t)out_size);
    (void)crypto_generichash_update(&state, (const unsigned char *)numbers, sizeof(numbers));
    (void)crypto_generichash_update(&state, salt, crypto_pwhash_SALTBYTES);
    (void)crypto_generichash_update(&state, (const unsigned char *)secret, secret_size);
    (void)crypto_generichash_final(&state, out, (size_t)out_size);
    return 0;
}

/* Those that it holds are for its own keys. */
static void check_certificates(const struct tacet_identity *identity)
{
    CHECK(identity->certificate_count <= TACET_IDENTITY_CERTIFICATES_MAX);
    for (size_t i = 0; i < identity->certificate_count; i++) {
        const struct tacet_identity_certificate *held = &identity->certificates[i];
        struct tacet_certificate c;
        CHECK(tacet_certificate_parse(held->data, held->size, &c) == 0);
        CHECK(memcmp(c.ed25519, identity->ed_public, sizeof(c.ed25519)) == 0);
        CHECK(memcmp(c.x25519, identity->x_public, sizeof(c.x25519)) == 0);
    }
}

static void open_clear(const uint8_t *data, size_t size)
{
    struct tacet_identity *identity = NULL;
    uint8_t out[TACET_IDENTITY_FILE_MAX];
    size_t out_size = 0;

    if (tacet_identity_open(data, size, NULL, &identity) != 0) {
        return;
    }
    CHECK(tacet_identity_seal(identity, NULL, NULL, out, sizeof(out), &out_size) == 0);
    CHECK(out_size == size && memcmp(out, data, size) == 0);
    check_certificates(identity);
    tacet_identity_free(&identity);
}

static void open_sealed(const uint8_t *data, size_t size)
{
    struct tacet_identity *identity = NULL;

    if (tacet_identity_open(data, size, passphrase, &identity) == 0) {
        check_certificates(identity);
        tacet_identity_free(&identity);
    }
}

static void write_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* Makes the certificates in a payload ones of its own keys (of an odd serial: only the one that
 * signs); `end` is where the payload ends. */
static void mend_certificates(uint8_t *file, size_t end)
{
    uint8_t ed_public[32], ed_secret[64], x_public[32];

    if (end < NAME_SIZE + 2 || end < NAME_SIZE + 2 + (size_t)file[NAME_SIZE]) {
        return;
    }
    size_t at = NAME_SIZE + 1 + (size_t)file[NAME_SIZE];
    (void)crypto_sign_seed_keypair(ed_public, ed_secret, file + PAYLOAD);
    (void)crypto_scalarmult_base(x_public, file + PAYLOAD + 32);
    for (at++; end - at > 2;) {
        size_t size = (size_t)file[at] * 256 + file[at + 1];
        uint8_t *c = file + at + 2;
        if (size <= CERTIFICATE_FIXED || size > TACET_CERTIFICATE_MAX || size > end - at - 2) {
            return;
        }
        certificate_bytes_form(c, size);
        memcpy(c + size - CERTIFICATE_ED25519, ed_public, sizeof(ed_public));
        if ((c[CERTIFICATE_SERIAL + 7] & 1) == 0) {
            memcpy(c + size - CERTIFICATE_X25519, x_public, sizeof(x_public));
        }
        certificate_bytes_sign("tacet/1 cert-id", c, size - CERTIFICATE_SIG_ID, ed_secret);
        at += 2 + size;
    }
}

/* The same payload behind the header of a file in clear. */
static void repair_clear(const uint8_t *data, size_t size)
{
    uint8_t *file = calloc(1, size);

    CHECK(file != NULL);
    memcpy(file, data, 4);
    write_u16(file + 6, size - PAYLOAD - SUM_SIZE);
    memcpy(file + PAYLOAD, data + PAYLOAD, size - PAYLOAD - SUM_SIZE);
    mend_certificates(file, size - SUM_SIZE);
    (void)crypto_generichash(file + size - SUM_SIZE, SUM_SIZE, file, size - SUM_SIZE, NULL, 0);
    open_clear(file, size);
    free(file);
}

/* And sealed, at the cost that its header says. */
static void repair_sealed(const uint8_t *data, size_t size)
{
    uint8_t *file = malloc(size);
    uint8_t key[32];
    unsigned long long passes = data[11], memory_kib = (data[13] & 15u) * 65536u + data[14] * 256u;

    CHECK(file != NULL);
    if (passes == 0 || passes > TACET_ARGON2_PASSES_MAX || memory_kib == 0 ||
        !sodium_is_zero(data + 8, 3) || data[12] != 0 || data[13] > 15 || data[15] != 0) {
        free(file);
        return;
    }
    memcpy(file, data, size);
    mend_certificates(file, size - TAG_SIZE);
    write_u16(file + 4, 1);
    write_u16(file + 6, size - PAYLOAD - TAG_SIZE);
    if (memory_kib * 1024 >= crypto_pwhash_memlimit_min() &&
        __wrap_crypto_pwhash(key, sizeof(key), passphrase, sizeof(passphrase) - 1, file + SALT,
                             passes, (size_t)memory_kib * 1024,
                             crypto_pwhash_ALG_ARGON2ID13) == 0) {
        (void)crypto_aead_xchacha20poly1305_ietf_encrypt(file + PAYLOAD, NULL, data + PAYLOAD,
                                                         size - PAYLOAD - TAG_SIZE, file, PAYLOAD,
                                                         NULL, file + NONCE, key);
        open_sealed(file, size);
    }
    free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (sodium_init() < 0) {
        return 0;
    }
    open_clear(data, size);
    open_sealed(data, size);
    if (size >= PAYLOAD + SUM_SIZE && size <= TACET_IDENTITY_FILE_MAX) {
        if (data[5] == 0) {
            repair_clear(data, size);
        } else {
            repair_sealed(data, size);
        }
    }
    return 0;
}
