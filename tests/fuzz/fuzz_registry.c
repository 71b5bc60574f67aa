/*
 * Bytes to registry, under the key of a CA of ours:
 *
 *     mode u8 | records         bit 0: sizes, indices, hashes and the last signature are set right,
 *                               so that mutated records are read; bit 1: and all signatures;
 *                               bit 2: the lengths of requests; bit 3: their CA and signatures;
 *                               bits 4-7: what is cut off the end
 *
 * In what is read the records are as many as were counted, and in what passes the audit no name
 * goes from key to key but by REBOUND. What the CA decides on the last request leaves a registry
 * that is as good as it was before, and nobody else gets its name. Signatures are those of
 * cheap_signatures.c, which can be made for any key.
 */
#include "check.h"
#include "crypto/authority.h"
#include "crypto/ca.h"
#include "crypto/registry.h"
#include "tacet/error.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Where things stand in a record (registry.c). */
#define INVERTED 2
#define INDEX 4
#define PREVIOUS 12
#define NAME_SIZE 54
#define NAME 55
#define KEY_AND_SERIAL 40
#define SIG_SIZE 64
/* And in its request (certificate.c). */
#define REQUEST_SERIAL 4
#define REQUEST_CA_ID 30
#define REQUEST_NAME_SIZE 38
#define REQUEST_FIXED 167
#define FIXED (NAME + KEY_AND_SERIAL + 2 + SIG_SIZE)

#define NOW UINT64_C(1700001000)
#define FILE_MAX 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tacet_ca ca;

static void make_ca(void)
{
    static const uint8_t seed[32] = { 1 };
    uint8_t key[32];

    CHECK(sodium_init() >= 0);
    (void)crypto_sign_seed_keypair(key, ca.secret, seed);
    tacet_authority_fill(key, "org", &ca.authority);
}

/* `secret` needs only its second half here, which is the public key. */
static void sign_as(const uint8_t key[32], const char *label, size_t label_size,
                    const uint8_t *data, size_t size, uint8_t out[SIG_SIZE])
{
    uint8_t message[32 + TACET_REGISTRY_RECORD_MAX];
    uint8_t secret[64] = { 0 };

    memcpy(message, label, label_size);
    memcpy(message + label_size, data, size);
    memcpy(secret + 32, key, 32);
    (void)crypto_sign_detached(out, NULL, message, label_size + size, secret);
}

/* Makes the request of a record one to our CA, by its own key and released by `old`, and the record
 * one of that key and serial. */
static void mend_request(uint8_t *key_and_serial, uint8_t *request, size_t size,
                         const uint8_t old[32])
{
    if (size < REQUEST_FIXED || size < (size_t)REQUEST_FIXED + request[REQUEST_NAME_SIZE]) {
        return;
    }
    size_t end = (size_t)REQUEST_FIXED + request[REQUEST_NAME_SIZE];
    uint8_t key[32];
    memcpy(key, request + end - 128, sizeof(key));
    memcpy(key_and_serial, key, sizeof(key));
    memcpy(key_and_serial + 32, request + REQUEST_SERIAL, 8);
    memcpy(request + REQUEST_CA_ID, ca.authority.id, sizeof(ca.authority.id));
    sign_as(key, "tacet/1 cert-id", 16, request, end - SIG_SIZE, request + end - SIG_SIZE);
    if (size == end + SIG_SIZE) {
        sign_as(old, "tacet/1 cert-rebind", 20, request, end, request + end);
    }
}

static void put_u16(uint8_t *at, size_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void sign(uint8_t *record, size_t size)
{
    static uint8_t message[17 + TACET_REGISTRY_RECORD_MAX] = "tacet/1 registry";

    memcpy(message + 17, record, size - SIG_SIZE);
    (void)crypto_sign_detached(record + size - SIG_SIZE, NULL, message, 17 + size - SIG_SIZE,
                               ca.secret);
}

/* Chains the records that the sizes in the bytes make. */
static void repair(uint8_t mode, uint8_t *data, size_t size)
{
    uint8_t head[32] = { 0 }, old[32] = { 0 };
    uint8_t *last = NULL;
    size_t last_size = 0;

    for (size_t at = 0, count = 0; size - at >= FIXED; count++) {
        uint8_t *record = data + at;
        size_t length = (size_t)record[0] * 256 + record[1];
        size_t left = size - at;
        if (length < FIXED || length > TACET_REGISTRY_RECORD_MAX || length > left) {
            break;
        }
        put_u16(record + INVERTED, length ^ 0xffff);
        memset(record + INDEX, 0, 8);
        record[INDEX + 7] = (uint8_t)count;
        memcpy(record + PREVIOUS, head, sizeof(head));
        size_t name = record[NAME_SIZE];
        if ((mode & 4) != 0 && FIXED + name <= length) {
            put_u16(record + NAME + name + KEY_AND_SERIAL, length - FIXED - name);
        }
        uint8_t *key = record + NAME + name;
        if ((mode & 8) != 0 && FIXED + name <= length) {
            mend_request(key, key + KEY_AND_SERIAL + 2, length - FIXED - name, old);
            memcpy(old, key, sizeof(old));
        }
        if ((mode & 2) != 0) {
            sign(record, length);
        }
        last = record;
        last_size = length;
        at += length;
        (void)crypto_generichash(head, sizeof(head), record, length, NULL, 0);
    }
    if (last != NULL) {
        sign(last, last_size);
    }
}

/* Returns the last record that has a request; its request_size is 0 where there is none. */
static struct tacet_registry_record walk(const struct tacet_registry *registry)
{
    struct tacet_registry_record record, last = { .request_size = 0 };
    uint8_t key[TACET_KEY_SIZE];
    uint64_t count = 0, revoked_at;
    size_t at = 0;

    while (tacet_registry_next(registry, &at, &record) == 1) {
        CHECK(record.index == count);
        count++;
        if (record.request_size > 0) {
            last = record;
        }
        int err = tacet_registry_lookup(registry, record.name, key, &revoked_at);
        CHECK(err == 0 || (err == TACET_ERR_NOTFOUND && record.operation != TACET_REGISTRY_ISSUED &&
                           record.operation != TACET_REGISTRY_REBOUND));
    }
    CHECK(count == registry->count && at == registry->size);
    return last;
}

/* The key that the record's name was given to before it, or NULL. */
static const uint8_t *key_before(const struct tacet_registry *registry,
                                 const struct tacet_registry_record *of, uint8_t key[32])
{
    struct tacet_registry_record record;
    bool found = false;
    size_t at = 0;

    while (tacet_registry_next(registry, &at, &record) == 1 && record.index < of->index) {
        if ((record.operation == TACET_REGISTRY_ISSUED ||
             record.operation == TACET_REGISTRY_REBOUND) &&
            strcmp(record.name, of->name) == 0) {
            memcpy(key, record.key, 32);
            found = true;
        }
    }
    return found ? key : NULL;
}

static void check_audited(const struct tacet_registry *registry)
{
    struct tacet_registry_record record;
    uint8_t key[32];
    size_t at = 0;

    while (tacet_registry_next(registry, &at, &record) == 1) {
        if (record.operation == TACET_REGISTRY_ISSUED) {
            const uint8_t *before = key_before(registry, &record, key);
            CHECK(before == NULL || memcmp(before, record.key, 32) == 0);
        }
    }
}

/* A key is revoked once, and then it is known to be. */
static void revoke(const struct tacet_registry *registry, const char *name)
{
    struct tacet_ca_decision decision;
    struct tacet_registry after;
    uint64_t count = 0, revoked_at = 0;
    uint8_t key[32];

    if (tacet_ca_revoke(&ca, registry, name, 0, NOW, &decision) != 0) {
        return;
    }
    uint8_t *bytes = malloc(registry->size + decision.size);
    CHECK(bytes != NULL);
    memcpy(bytes, registry->data, registry->size);
    memcpy(bytes + registry->size, decision.bytes, decision.size);
    CHECK(tacet_registry_read(bytes, registry->size + decision.size, ca.authority.key, &after,
                              NULL) == 0);
    CHECK(tacet_registry_audit(&after, ca.authority.key, &count) == 0);
    CHECK(tacet_registry_lookup(&after, name, key, &revoked_at) == 0 && revoked_at == NOW);
    CHECK(tacet_registry_key_revoked(&after, key));
    CHECK(tacet_ca_revoke(&ca, &after, name, 0, NOW, &decision) == TACET_ERR_STATE);
    free(bytes);
}

static void decide(const struct tacet_registry *registry, const uint8_t *request, size_t size,
                   bool audited)
{
    struct tacet_ca_decision decision;
    struct tacet_registry after;
    uint8_t certificate[TACET_CERTIFICATE_MAX];
    uint64_t count = 0;
    size_t certificate_size = 0;

    if (tacet_ca_decide(&ca, registry, request, size, NOW, false, &decision) != 0) {
        return;
    }
    uint8_t *bytes = malloc(registry->size + decision.size);
    CHECK(bytes != NULL);
    memcpy(bytes, registry->data, registry->size);
    memcpy(bytes + registry->size, decision.bytes, decision.size);
    CHECK(tacet_registry_read(bytes, registry->size + decision.size, ca.authority.key, &after,
                              NULL) == 0);
    CHECK(after.count == registry->count + (decision.size > 0));
    CHECK(!audited || tacet_registry_audit(&after, ca.authority.key, &count) == 0);
    bool refused = decision.record.operation == TACET_REGISTRY_REFUSED;
    int err = tacet_ca_certify(&ca, &after, request, size, certificate, &certificate_size);
    CHECK(!audited || refused || err == 0);
    if (audited) {
        revoke(&after, decision.record.name);
    }
    free(bytes);
}

/* Asks for the name of the request with a key of our own. */
static void usurp(const struct tacet_registry *registry, const uint8_t *request, size_t size)
{
    static const uint8_t other[32] = { 9 };
    uint8_t copy[TACET_CA_REQUEST_MAX];
    struct tacet_ca_decision decision;
    struct tacet_binding binding;

    if (size < REQUEST_FIXED || size < (size_t)REQUEST_FIXED + request[REQUEST_NAME_SIZE]) {
        return;
    }
    size_t end = (size_t)REQUEST_FIXED + request[REQUEST_NAME_SIZE];
    memcpy(copy, request, end);
    memcpy(copy + end - 128, other, sizeof(other));
    copy[REQUEST_SERIAL] ^= 0x55;
    sign_as(other, "tacet/1 cert-id", 16, copy, end - SIG_SIZE, copy + end - SIG_SIZE);
    if (tacet_ca_decide(&ca, registry, copy, end, NOW, false, &decision) != 0) {
        return;
    }
    tacet_registry_binding(registry, decision.record.name, &binding);
    if (binding.bound && memcmp(binding.key, other, sizeof(other)) != 0) {
        CHECK(decision.record.operation == TACET_REGISTRY_REFUSED ||
              (decision.record.operation == TACET_REGISTRY_REBOUND && binding.revoked));
    }
}

static void read_it(const uint8_t *data, size_t size)
{
    struct tacet_registry registry;
    uint64_t count = 0, good = 0;
    int err = tacet_registry_read(data, size, ca.authority.key, &registry, &count);

    if (err != 0) {
        return;
    }
    CHECK(registry.count == count && registry.size + registry.torn == size);
    struct tacet_registry_record last = walk(&registry);
    bool audited = tacet_registry_audit(&registry, ca.authority.key, &good) == 0;
    CHECK(audited ? good == count : good < count);
    if (audited) {
        check_audited(&registry);
    }
    if (last.request_size > 0) {
        decide(&registry, last.request, last.request_size, audited);
        usurp(&registry, last.request, last.request_size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (sodium_is_zero(ca.secret, sizeof(ca.secret))) {
        make_ca();
    }
    if (size < 2 || size > FILE_MAX) {
        return 0;
    }
    uint8_t mode = data[0];
    size_t cut = mode / 16u * 33u;
    uint8_t *copy = malloc(--size);
    CHECK(copy != NULL);
    memcpy(copy, data + 1, size);
    if ((mode & 1) != 0) {
        repair(mode, copy, size);
    }
    /* Shrunk, so that a read past the end shows. */
    size = cut < size ? size - cut : size;
    uint8_t *bytes = malloc(size);
    CHECK(bytes != NULL);
    memcpy(bytes, copy, size);
    free(copy);
    read_it(bytes, size);
    free(bytes);
    return 0;
}
