/*
 * The files of a CA. What stands in them is made and checked by the library (tacet/ca.h), and
 * stored by it (tacet/store.h); here stand the places, the order, and the words for what goes
 * wrong.
 */
#include "ca_folder.h"

#include "passphrase.h"
#include "report.h"

#include "tacet/error.h"
#include "tacet/runner.h"
#include "tacet/store.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REGISTRY_SIZE_FIRST ((size_t)1 << 20)
#define REGISTRY_SIZE_MAX ((size_t)1 << 28) /* about a million records */

static int put_path(const char *folder, const char *name, char out[TACET_PATH_MAX])
{
    return snprintf(out, TACET_PATH_MAX, "%s/%s", folder, name) < TACET_PATH_MAX
               ? 0
               : tacet_complain("the path of the CA is too long");
}

int tacet_ca_folder_find(const char *folder, struct tacet_ca_folder *ret)
{
    char place[TACET_PATH_MAX];
    int result = 0;

    if (folder == NULL) {
        result = tacet_identity_file_default(place);
        if (result != 0) {
            return result;
        }
        char *slash = strrchr(place, '/');
        (void)snprintf(slash, sizeof(place) - (size_t)(slash - place), "/ca");
        folder = place;
    }
    if (put_path(folder, "key", ret->key) != 0 ||
        put_path(folder, "authority", ret->authority) != 0 ||
        put_path(folder, "registry", ret->registry) != 0 ||
        put_path(folder, "revocations", ret->revocations) != 0) {
        return TACET_EXIT_FAILED;
    }
    return 0;
}

static uint64_t unix_now(void)
{
    return (uint64_t)((tacet_clock_now() + tacet_clock_unix_offset()) / 1000000);
}

/* The registry goes first: a key without one could sign anything. */
static int write_files(const struct tacet_ca *ca, const char *passphrase,
                       const struct tacet_ca_folder *folder)
{
    const struct tacet_random random = tacet_random_system();
    uint8_t key[TACET_CA_FILE_MAX], record[TACET_REGISTRY_RECORD_MAX];
    uint8_t authority[TACET_AUTHORITY_FILE_MAX];
    const char *file = folder->registry;
    size_t size = 0;
    int result = tacet_ca_seal(ca, &random, passphrase, key, sizeof(key), &size);

    if (result == 0) {
        result =
            tacet_store_write(file, false, record, tacet_registry_found(ca, unix_now(), record));
    }
    if (result == 0) {
        file = folder->authority;
        result = tacet_store_write(file, false, authority, tacet_ca_export(ca, authority));
    }
    if (result == 0) {
        file = folder->key;
        result = tacet_store_write(file, false, key, size);
    }
    sodium_memzero(key, sizeof(key));
    if (result == TACET_ERR_BUSY) {
        return tacet_complain("'%s' exists and is left alone: name another folder with --out, or "
                              "move it away first",
                              file);
    }
    return result == 0 ? 0
                       : tacet_complain("cannot write '%s': %s", file, tacet_error_string(result));
}

int tacet_ca_folder_new(const struct tacet_settings *settings, const struct tacet_ca_folder *folder,
                        struct tacet_ca **ret)
{
    const struct tacet_random random = tacet_random_system();
    const char *from = tacet_passphrase_source(settings->passphrase_file, settings->no_passphrase);
    bool sealed = !settings->no_passphrase && (from != NULL || tacet_passphrase_can_ask());
    char passphrase[TACET_PASSPHRASE_MAX] = "";
    const char *suffix = settings->suffix != NULL ? settings->suffix : "";
    struct tacet_ca *ca = NULL;
    int result = tacet_ca_create(&random, suffix, &ca);

    if (result == TACET_ERR_ARGUMENT) {
        return tacet_complain("'%s' cannot be a suffix: take up to %d of a-z 0-9 . _ - @", suffix,
                              TACET_NAME_MAX);
    }
    if (result != 0) {
        return tacet_complain("cannot make a CA: %s", tacet_error_string(result));
    }
    result = sealed ? tacet_passphrase_get(from, true, passphrase) : 0;
    if (result == 0) {
        result = write_files(ca, sealed ? passphrase : NULL, folder);
    }
    sodium_memzero(passphrase, sizeof(passphrase));
    if (result != 0) {
        tacet_ca_free(&ca);
        return result;
    }
    if (!sealed) {
        tacet_progress("the key in '%s' is not sealed with a passphrase: who can read the file "
                       "(mode 0600) can be this CA",
                       folder->key);
    }
    *ret = ca;
    return 0;
}

static int complain_key(const char *file, int error)
{
    switch (error) {
    case TACET_ERR_NOTFOUND:
        return tacet_complain("there is no CA key '%s': make a CA with tacet ca new, or name its "
                              "folder with --dir",
                              file);
    case TACET_ERR_STATE:
        return tacet_complain("others may read the CA key '%s': take that right away with: chmod "
                              "600 %s",
                              file, file);
    case TACET_ERR_SPACE:
    case TACET_ERR_FORMAT:
        return tacet_complain("'%s' is not a CA key", file);
    case TACET_ERR_PASSPHRASE:
        return tacet_complain("the CA key '%s' does not open with this passphrase", file);
    default:
        return tacet_complain("cannot open the CA key '%s': %s", file, tacet_error_string(error));
    }
}

int tacet_ca_folder_open(const struct tacet_settings *settings,
                         const struct tacet_ca_folder *folder, struct tacet_ca **ret)
{
    const char *from = tacet_passphrase_source(settings->passphrase_file, settings->no_passphrase);
    char passphrase[TACET_PASSPHRASE_MAX] = "";
    uint8_t bytes[TACET_CA_FILE_MAX];
    size_t size = 0;
    int result = tacet_store_read(folder->key, true, bytes, sizeof(bytes), &size);

    if (result == 0) {
        result = tacet_ca_open(bytes, size, NULL, ret);
    }
    if (result == TACET_ERR_PASSPHRASE) {
        if (from == NULL && !tacet_passphrase_can_ask()) {
            result = tacet_complain("the CA key '%s' is sealed: give its passphrase with "
                                    "--passphrase-file FILE or $TACET_PASSPHRASE_FILE",
                                    folder->key);
        } else {
            result = tacet_passphrase_get(from, false, passphrase);
            if (result == 0) {
                result = tacet_ca_open(bytes, size, passphrase, ret);
                result = result == 0 ? 0 : complain_key(folder->key, result);
            }
        }
    } else if (result != 0) {
        result = complain_key(folder->key, result);
    }
    sodium_memzero(passphrase, sizeof(passphrase));
    sodium_memzero(bytes, sizeof(bytes));
    return result;
}

int tacet_authority_file_read(const char *file, struct tacet_authority *ret)
{
    uint8_t bytes[TACET_AUTHORITY_FILE_MAX];
    size_t size = 0;
    int result = tacet_store_read(file, false, bytes, sizeof(bytes), &size);

    if (result == TACET_ERR_NOTFOUND) {
        return tacet_complain("there is no '%s': name the public file of a CA, as tacet ca export "
                              "writes it",
                              file);
    }
    if (result == 0) {
        result = tacet_authority_parse(bytes, size, ret);
    }
    if (result == TACET_ERR_SPACE || result == TACET_ERR_FORMAT || result == TACET_ERR_TRUST) {
        return tacet_complain("'%s' is not the public file of a CA, or is damaged: name one that "
                              "tacet ca export has written",
                              file);
    }
    return result == 0 ? 0
                       : tacet_complain("cannot read '%s': %s", file, tacet_error_string(result));
}

/* --- the registry --- */

/* All of a file of unknown size. */
static int read_whole(const char *file, uint8_t **ret_bytes, size_t *ret_size)
{
    for (size_t capacity = REGISTRY_SIZE_FIRST;; capacity *= 4) {
        uint8_t *bytes = malloc(capacity);
        if (bytes == NULL) {
            return TACET_ERR_NOMEM;
        }
        int result = tacet_store_read(file, false, bytes, capacity, ret_size);
        if (result == 0) {
            *ret_bytes = bytes;
            return 0;
        }
        free(bytes);
        if (result != TACET_ERR_SPACE || capacity >= REGISTRY_SIZE_MAX) {
            return result;
        }
    }
}

static int load(struct tacet_ledger *ledger)
{
    uint8_t *bytes = NULL;
    uint64_t count = 0;
    size_t size = 0;
    int result = read_whole(ledger->file, &bytes, &size);

    if (result != 0) {
        return tacet_complain("cannot read the registry '%s': %s", ledger->file,
                              tacet_error_string(result));
    }
    result = tacet_registry_read(bytes, size, ledger->key, &ledger->registry, &count);
    if (result != 0) {
        free(bytes);
        return tacet_complain("the registry '%s' is broken after %llu good records: nothing is "
                              "signed from it; take a good copy",
                              ledger->file, (unsigned long long)count);
    }
    free(ledger->bytes);
    ledger->bytes = bytes;
    return 0;
}

int tacet_ledger_open(const struct tacet_ca_folder *folder, const uint8_t key[TACET_KEY_SIZE],
                      struct tacet_ledger *ret)
{
    struct tacet_ledger ledger = { .file = folder->registry, .lock = -1 };
    int result = tacet_store_lock(ledger.file, &ledger.lock);

    if (result != 0) {
        return tacet_complain("cannot lock the registry '%s': %s", ledger.file,
                              tacet_error_string(result));
    }
    memcpy(ledger.key, key, sizeof(ledger.key));
    result = load(&ledger);
    if (result != 0) {
        tacet_ledger_close(&ledger);
        return result;
    }
    if (ledger.registry.torn > 0) {
        tacet_progress("the registry ends in %zu bytes of a record that was never finished, of "
                       "which nothing was signed; the next record takes their place",
                       ledger.registry.torn);
    }
    *ret = ledger;
    return 0;
}

int tacet_ledger_append(struct tacet_ledger *ledger, const uint8_t *record, size_t size)
{
    int result = tacet_store_append(ledger->file, ledger->registry.size, record, size);

    return result == 0 ? load(ledger)
                       : tacet_complain("cannot write the registry '%s': %s; nothing was signed",
                                        ledger->file, tacet_error_string(result));
}

void tacet_ledger_close(struct tacet_ledger *ledger)
{
    if (ledger->lock >= 0) {
        tacet_store_unlock(ledger->lock);
    }
    free(ledger->bytes);
    *ledger = (struct tacet_ledger){ .lock = -1 };
}
