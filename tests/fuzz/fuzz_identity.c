/*
 * Bytes to identity: as they are, and with the hash of a file in clear set right, so that a mutated
 * payload is read. What opens is written again and must be the same file. Inputs that would make
 * Argon2id slow are tried without a passphrase.
 */
#include "crypto/identity.h"
#include "tacet/error.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int cheap(const uint8_t *data, size_t size)
{
    /* Passes at 8, KiB at 12: no more than 7 passes over 255 KiB. */
    return size >= 16 && sodium_is_zero(data + 8, 3) && data[11] < 8 &&
           sodium_is_zero(data + 12, 3);
}

static void open_clear(const uint8_t *data, size_t size)
{
    struct tacet_identity *identity = NULL;
    uint8_t out[TACET_IDENTITY_FILE_MAX];
    size_t out_size = 0;

    if (tacet_identity_open(data, size, NULL, &identity) != 0) {
        return;
    }
    if (tacet_identity_seal(identity, NULL, NULL, out, sizeof(out), &out_size) != 0 ||
        out_size != size || memcmp(out, data, size) != 0) {
        abort();
    }
    tacet_identity_free(&identity);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tacet_identity *identity = NULL;

    if (sodium_init() < 0) {
        return 0;
    }
    open_clear(data, size);
    if (cheap(data, size) && tacet_identity_open(data, size, "low", &identity) == 0) {
        tacet_identity_free(&identity);
    }
    if (size >= 32) {
        uint8_t *copy = malloc(size);
        if (copy == NULL) {
            return 0;
        }
        memcpy(copy, data, size - 32);
        (void)crypto_generichash(copy + size - 32, 32, data, size - 32, NULL, 0);
        open_clear(copy, size);
        free(copy);
    }
    return 0;
}
