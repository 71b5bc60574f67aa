/*
 * Bytes to a revocation list, and to a CA's public file: as they are, and with our CA and a fresh
 * signature. What is taken says of each of its entries that it is revoked.
 */
#include "crypto/authority.h"
#include "crypto/revocations.h"
#include "tacet/error.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_HERE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t public_key[32], secret[64];

static void sign(const char *label, size_t label_size, uint8_t *data, size_t size)
{
    uint8_t message[64 + SIZE_MAX_HERE];

    memcpy(message, label, label_size);
    memcpy(message + label_size, data, size - 64);
    (void)crypto_sign_detached(data + size - 64, NULL, message, label_size + size - 64, secret);
}

static void take(struct tacet_authorities *set, const uint8_t *data, size_t size)
{
    struct tacet_revocations list;
    uint8_t key[32];
    uint64_t serial;

    if (tacet_authorities_revoke(set, data, size) != 0) {
        return;
    }
    if (tacet_revocations_parse(data, size, &list) != 0) {
        abort();
    }
    for (uint32_t i = 0; i < list.count; i++) {
        tacet_revocations_entry(&list, i, &serial, key);
        if (!tacet_authorities_revoked(set, key)) {
            abort();
        }
    }
    if (tacet_authorities_stale(set, list.next_update) ||
        (list.next_update < UINT64_MAX && !tacet_authorities_stale(set, list.next_update + 1))) {
        abort();
    }
}

static void take_authority(const uint8_t *data, size_t size)
{
    struct tacet_authority authority;
    uint8_t again[TACET_AUTHORITY_FILE_MAX];

    if (tacet_authority_parse(data, size, &authority) != 0) {
        return;
    }
    if (tacet_authority_write(&authority, secret, again) != size ||
        memcmp(again, data, size - 64) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t seed[32] = { 1 };
    struct tacet_authorities *set = NULL;
    struct tacet_authority authority;
    uint8_t file[TACET_AUTHORITY_FILE_MAX], copy[SIZE_MAX_HERE];

    if (size > SIZE_MAX_HERE || sodium_init() < 0 || tacet_authorities_create(&set) != 0) {
        return 0;
    }
    (void)crypto_sign_seed_keypair(public_key, secret, seed);
    tacet_authority_fill(public_key, "", &authority);
    if (tacet_authorities_add(set, file, tacet_authority_write(&authority, secret, file)) != 0) {
        abort();
    }
    take(set, data, size);
    take_authority(data, size);
    if (size >= 104) {
        memcpy(copy, data, size);
        memcpy(copy + 4, authority.id, sizeof(authority.id));
        sign("tacet/1 crl", 12, copy, size);
        take(set, copy, size);
    }
    if (size >= 101) {
        memcpy(copy, data, size);
        memcpy(copy + 4, public_key, sizeof(public_key));
        sign("tacet/1 ca", 11, copy, size);
        take_authority(copy, size);
    }
    tacet_authorities_free(&set);
    return 0;
}
