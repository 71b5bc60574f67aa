/*
 * Bytes to a CA's registry: as they are, and with sizes, chain and signatures set right, so that a
 * mutated input comes past them; the requests in it get our key and CA too. What reads is walked,
 * looked up and audited.
 */
#include "crypto/authority.h"
#include "crypto/ca.h"
#include "crypto/registry.h"
#include "tacet/error.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_HERE 4096
#define NAME_AT 55

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t public_key[32], secret[64];
static struct tacet_authority authority;

static void look(const uint8_t *data, size_t size)
{
    struct tacet_registry registry;
    struct tacet_registry_record record;
    uint64_t count = 0, good = 0, revoked_at;
    uint8_t key[32];
    size_t at = 0;

    if (tacet_registry_read(data, size, public_key, &registry, &count) != 0) {
        return;
    }
    if (registry.size + registry.torn != size || count != registry.count || count == 0) {
        abort();
    }
    while (tacet_registry_next(&registry, &at, &record)) {
        bool issued =
            record.operation == TACET_REGISTRY_ISSUED || record.operation == TACET_REGISTRY_REBOUND;
        int found = tacet_registry_lookup(&registry, record.name, key, &revoked_at);
        if (record.index != good++ || (issued && found != 0)) {
            abort();
        }
    }
    if (good != count || at != registry.size) {
        abort();
    }
    if ((tacet_registry_audit(&registry, public_key, &good) == 0) != (good == count)) {
        abort();
    }
}

static void sign(const char *label, size_t label_size, const uint8_t *data, size_t size,
                 uint8_t out[64])
{
    uint8_t message[64 + SIZE_MAX_HERE];

    memcpy(message, label, label_size);
    memcpy(message + label_size, data, size);
    (void)crypto_sign_detached(out, NULL, message, label_size + size, secret);
}

/* A request that begins at `data`: of our key, to our CA. */
static void mend_request(uint8_t *data, size_t size)
{
    if (size < 167 || size < (size_t)167 + data[38]) {
        return;
    }
    size_t end = (size_t)167 + data[38];
    memcpy(data + 30, authority.id, 8);
    memcpy(data + end - 128, public_key, 32);
    sign("tacet/1 cert-id", 16, data, end - 64, data + end - 64);
    if (size >= end + 64) {
        sign("tacet/1 cert-rebind", 20, data, end, data + end);
    }
}

static void mend(uint8_t *data, size_t size)
{
    uint8_t head[32] = { 0 };
    size_t at = 0;

    for (uint64_t index = 0; size - at >= 160; index++) {
        uint8_t *record = data + at;
        size_t record_size = (size_t)record[0] << 8 | record[1];
        if (record_size < 160 || record_size > size - at) {
            return;
        }
        record[2] = (uint8_t)~record[0];
        record[3] = (uint8_t)~record[1];
        memset(record + 4, 0, 7);
        record[11] = (uint8_t)index;
        memcpy(record + 12, head, sizeof(head));
        size_t key_at = NAME_AT + record[54];
        if (key_at + 42 + 64 <= record_size) {
            memcpy(record + key_at, public_key, 32);
            mend_request(record + key_at + 42, record_size - 64 - key_at - 42);
        }
        sign("tacet/1 registry", 17, record, record_size - 64, record + record_size - 64);
        (void)crypto_generichash(head, sizeof(head), record, record_size, NULL, 0);
        at += record_size;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[32] = { 1 };
    uint8_t copy[SIZE_MAX_HERE];

    if (size > SIZE_MAX_HERE || sodium_init() < 0) {
        return 0;
    }
    (void)crypto_sign_seed_keypair(public_key, secret, seed);
    tacet_authority_fill(public_key, "", &authority);
    look(data, size);
    if (size > 0) {
        memcpy(copy, data, size);
    }
    mend(copy, size);
    look(copy, size);
    return 0;
}
