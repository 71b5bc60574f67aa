/*
 * Bytes to a request at a CA, as they are and with our key, our CA and fresh signatures, so that a
 * mutated input is decided on. Each is put to a registry where the name is free, and then where
 * another has it; only what the registry says is signed. The bytes are read as the file of a CA,
 * too.
 */
#include "crypto/authority.h"
#include "crypto/ca.h"
#include "tacet/error.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fill(void *ctx, uint8_t *out, size_t size)
{
    (void)ctx;
    memset(out, 7, size);
}

static const struct tacet_random random_of_sevens = { .fill = fill };

/* One request after the other: the registry grows. */
static void decide(const struct tacet_ca *ca, uint8_t *bytes, size_t *bytes_size,
                   const uint8_t *request, size_t size)
{
    struct tacet_ca_request parsed;
    struct tacet_ca_decision decision;
    struct tacet_registry registry;
    struct tacet_authority authority;
    struct tacet_certificate c;
    uint8_t out[TACET_CERTIFICATE_MAX];
    size_t out_size = 0;
    uint64_t count = 0;
    uint64_t now;

    tacet_ca_public(ca, &authority);
    if (tacet_registry_read(bytes, *bytes_size, authority.key, &registry, NULL) != 0) {
        abort();
    }
    if (tacet_ca_request_parse(request, size, &parsed) != 0) {
        return;
    }
    now = parsed.certificate.not_before;
    if (tacet_ca_decide(ca, &registry, request, size, now, false, &decision) != 0) {
        return;
    }
    memcpy(bytes + *bytes_size, decision.bytes, decision.size);
    *bytes_size += decision.size;
    if (tacet_registry_read(bytes, *bytes_size, authority.key, &registry, NULL) != 0 ||
        tacet_registry_audit(&registry, authority.key, &count) != 0) {
        abort();
    }
    int result = tacet_ca_certify(ca, &registry, request, size, out, &out_size);
    if (decision.record.operation == TACET_REGISTRY_REFUSED) {
        return; /* it may have been issued to this key before */
    }
    if (result != 0 || tacet_certificate_parse(out, out_size, &c) != 0 ||
        tacet_certificate_check_ca(out, out_size, &c, authority.key) != 0 ||
        tacet_certificate_check(out, out_size, &c, now) != 0) {
        abort();
    }
}

static void sign(const char *label, size_t label_size, const uint8_t *data, size_t size,
                 const uint8_t secret[64], uint8_t out[64])
{
    uint8_t message[32 + TACET_REQUEST_MAX];

    memcpy(message, label, label_size);
    memcpy(message + label_size, data, size);
    (void)crypto_sign_detached(out, NULL, message, label_size + size, secret);
}

/* With the key of that number, and released by that of the other. */
static void mend(uint8_t *data, size_t size, const uint8_t ca_id[8], uint8_t number)
{
    const uint8_t seed[32] = { number }, other[32] = { (uint8_t)(number ^ 3) };
    uint8_t key[32], secret[64];

    if (size < 167 || size < (size_t)167 + data[38] || data[38] > TACET_NAME_MAX) {
        return;
    }
    size_t end = (size_t)167 + data[38];
    (void)crypto_sign_seed_keypair(key, secret, seed);
    memcpy(data + 30, ca_id, 8);
    memcpy(data + end - 128, key, 32);
    data[4] ^= number; /* another serial */
    sign("tacet/1 cert-id", 16, data, end - 64, secret, data + end - 64);
    if (size == end + 64) {
        (void)crypto_sign_seed_keypair(key, secret, other);
        sign("tacet/1 cert-rebind", 20, data, end, secret, data + end);
    }
}

static void open_as_ca(const uint8_t *data, size_t size)
{
    uint8_t copy[TACET_CA_FILE_MAX];
    struct tacet_ca *ca = NULL;

    if (size < 32 || size > sizeof(copy)) {
        return;
    }
    memcpy(copy, data, size);
    (void)crypto_generichash(copy + size - 32, 32, copy, size - 32, NULL, 0);
    if (tacet_ca_open(copy, size, NULL, &ca) == 0) {
        uint8_t again[TACET_CA_FILE_MAX];
        size_t again_size = 0;
        if (tacet_ca_seal(ca, NULL, NULL, again, sizeof(again), &again_size) != 0 ||
            again_size != size || memcmp(again, copy, size) != 0) {
            abort();
        }
        tacet_ca_free(&ca);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t bytes[4 * TACET_REGISTRY_RECORD_MAX], copy[TACET_CA_REQUEST_MAX];
    struct tacet_authority authority;
    struct tacet_ca *ca = NULL;

    if (sodium_init() < 0) {
        return 0;
    }
    open_as_ca(data, size);
    if (size > sizeof(copy) || tacet_ca_create(&random_of_sevens, "", &ca) != 0) {
        return 0;
    }
    tacet_ca_public(ca, &authority);
    size_t bytes_size = tacet_registry_found(ca, 0, bytes);
    decide(ca, bytes, &bytes_size, data, size);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    mend(copy, size, authority.id, 1);
    decide(ca, bytes, &bytes_size, copy, size);
    mend(copy, size, authority.id, 2);
    decide(ca, bytes, &bytes_size, copy, size);
    tacet_ca_free(&ca);
    return 0;
}
