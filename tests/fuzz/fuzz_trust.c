/*
 * Text to trust table: as it is, and with the checksum set right, so that mutated entries are read.
 * A table has one text: what is read is written again the same.
 */
#include "crypto/trust.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CHECKSUM_SIZE (9 + 64 + 1)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_and_write(const uint8_t *data, size_t size)
{
    struct tacet_trust_table *table = NULL;
    size_t out_size = 0;

    if (tacet_trust_read(data, size, &table) != 0) {
        return;
    }
    uint8_t *out = malloc(size);
    if (out == NULL || tacet_trust_write(table, out, size, &out_size) != 0 || out_size != size ||
        memcmp(out, data, size) != 0) {
        abort();
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct tacet_trust_entry *entry = tacet_trust_at(table, i);
        if (tacet_trust_find(table, entry->label) != entry ||
            tacet_trust_find_key(table, entry->key) == NULL || !tacet_trust_entry_valid(entry)) {
            abort();
        }
    }
    free(out);
    tacet_trust_free(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t digest[32];
    char hex[65];

    if (sodium_init() < 0) {
        return 0;
    }
    read_and_write(data, size);
    if (size >= CHECKSUM_SIZE) {
        size_t body = size - CHECKSUM_SIZE;
        uint8_t *copy = malloc(size);
        if (copy == NULL) {
            return 0;
        }
        memcpy(copy, data, size);
        (void)crypto_generichash(digest, sizeof(digest), data, body, NULL, 0);
        (void)sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
        memcpy(copy + body, "checksum ", 9);
        memcpy(copy + body + 9, hex, 64);
        copy[size - 1] = '\n';
        read_and_write(copy, size);
        free(copy);
    }
    return 0;
}
