/* Bytes to what was seen of revocation lists, as they are and with their checksum set right. What
 * is read is written again the same, and no list that it names is older than itself. */
#include "crypto/seen_lists.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CHECKSUM_SIZE 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(const uint8_t *data, size_t size)
{
    static struct tacet_seen_lists seen;
    uint8_t again[TACET_SEEN_LISTS_SIZE_MAX];

    seen.count = 0;
    if (tacet_seen_lists_read(&seen, data, size) != 0) {
        if (seen.count != 0) {
            abort();
        }
        return;
    }
    if (tacet_seen_lists_write(&seen, again) != size || memcmp(again, data, size) != 0) {
        abort();
    }
    for (size_t i = 0; i < seen.count; i++) {
        const struct tacet_seen_list *list = &seen.of[i];
        if (tacet_seen_lists_older(&seen, list->key, list->number, list->issued) ||
            (list->number > 0 &&
             !tacet_seen_lists_older(&seen, list->key, list->number - 1, UINT64_MAX))) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t copy[TACET_SEEN_LISTS_SIZE_MAX];

    if (sodium_init() < 0) {
        return 0;
    }
    take(data, size);
    if (size >= CHECKSUM_SIZE && size <= sizeof(copy)) {
        memcpy(copy, data, size);
        (void)crypto_generichash(copy + size - CHECKSUM_SIZE, CHECKSUM_SIZE, copy,
                                 size - CHECKSUM_SIZE, NULL, 0);
        take(copy, size);
    }
    return 0;
}
