/*
 * Identity files. The bytes are made and read by the library (tacet/identity.h) and stored by it
 * (tacet/store.h); here stand the places, the passphrases and the words for what goes wrong.
 */
#include "identity_file.h"

#include "passphrase.h"
#include "report.h"

#include "tacet/error.h"
#include "tacet/store.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tacet_identity_file_default(char out[TACET_PATH_MAX])
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int size;

    /* The XDG specification: a relative path there is to be ignored. */
    if (config != NULL && config[0] == '/') {
        size = snprintf(out, TACET_PATH_MAX, "%s/tacet/identity", config);
    } else if (home != NULL && home[0] != '\0') {
        size = snprintf(out, TACET_PATH_MAX, "%s/.config/tacet/identity", home);
    } else {
        return tacet_complain("neither XDG_CONFIG_HOME nor HOME is set: name a file with "
                              "--identity");
    }
    return size < TACET_PATH_MAX ? 0 : tacet_complain("the path of the identity is too long");
}

int tacet_identity_file_place(const char *given, char place[TACET_PATH_MAX], const char **ret)
{
    int result = given == NULL ? tacet_identity_file_default(place) : 0;

    if (result == 0) {
        *ret = given != NULL ? given : place;
    }
    return result;
}

static int write_identity(const struct tacet_identity *identity, const char *passphrase,
                          const char *file, bool replace)
{
    const struct tacet_random random = tacet_random_system();
    uint8_t bytes[TACET_IDENTITY_FILE_MAX];
    size_t size = 0;
    int result = tacet_identity_seal(identity, &random, passphrase, bytes, sizeof(bytes), &size);

    if (result == 0) {
        result = tacet_store_write(file, replace, bytes, size);
    }
    sodium_memzero(bytes, sizeof(bytes));
    if (result == TACET_ERR_BUSY) {
        return tacet_complain("'%s' exists and is left alone: name another file with --out, or "
                              "move it away first",
                              file);
    }
    return result == 0 ? 0
                       : tacet_complain("cannot write the identity '%s': %s", file,
                                        tacet_error_string(result));
}

int tacet_identity_file_new(const struct tacet_settings *settings, const char *file,
                            struct tacet_identity **ret)
{
    const struct tacet_random random = tacet_random_system();
    const char *from = tacet_passphrase_source(settings->passphrase_file, settings->no_passphrase);
    bool sealed = !settings->no_passphrase && (from != NULL || tacet_passphrase_can_ask());
    char passphrase[TACET_PASSPHRASE_MAX] = "";
    struct tacet_identity *identity = NULL;
    int result = tacet_identity_create(&random, settings->name, &identity);

    if (result != 0) {
        return tacet_complain("cannot make an identity: %s", tacet_error_string(result));
    }
    result = sealed ? tacet_passphrase_get(from, true, passphrase) : 0;
    if (result == 0) {
        result = write_identity(identity, sealed ? passphrase : NULL, file, false);
    }
    sodium_memzero(passphrase, sizeof(passphrase));
    if (result != 0) {
        tacet_identity_free(&identity);
        return result;
    }
    if (!sealed) {
        tacet_progress("the identity in '%s' is not sealed with a passphrase: who can read the "
                       "file (mode 0600) can be you",
                       file);
    }
    *ret = identity;
    return 0;
}

/* Whether the file has the form of an identity, sealed or not. */
static bool is_identity(const char *file)
{
    struct tacet_identity *identity = NULL;
    uint8_t bytes[TACET_IDENTITY_FILE_MAX];
    size_t size = 0;
    int result = tacet_store_read(file, false, bytes, sizeof(bytes), &size);

    if (result == 0) {
        result = tacet_identity_open(bytes, size, NULL, &identity);
    }
    sodium_memzero(bytes, sizeof(bytes));
    tacet_identity_free(&identity);
    return result == 0 || result == TACET_ERR_PASSPHRASE;
}

static int complain_read(const char *file, int error)
{
    /* Nobody shall be told to take /etc/passwd away from others. */
    if (error == TACET_ERR_STATE && !is_identity(file)) {
        error = TACET_ERR_SPACE;
    }
    switch (error) {
    case TACET_ERR_NOTFOUND:
        return tacet_complain("there is no identity '%s': make one with: tacet id new --out %s",
                              file, file);
    case TACET_ERR_STATE:
        return tacet_complain("others may read the identity '%s': take that right away with: "
                              "chmod 600 %s",
                              file, file);
    case TACET_ERR_SPACE:
        return tacet_complain("'%s' is not an identity: name one made by tacet id new", file);
    default:
        return tacet_complain("cannot read the identity '%s': %s", file, tacet_error_string(error));
    }
}

/* Opens sealed bytes with the passphrase of the file or of the user, which is left in
 * `passphrase`. */
static int open_sealed(const struct tacet_settings *settings, const char *file,
                       const uint8_t *bytes, size_t size, char passphrase[TACET_PASSPHRASE_MAX],
                       struct tacet_identity **ret)
{
    const char *from = tacet_passphrase_source(settings->passphrase_file, settings->no_passphrase);
    int result;

    if (from == NULL && !tacet_passphrase_can_ask()) {
        return tacet_complain("the identity '%s' is sealed: give its passphrase with "
                              "--passphrase-file FILE or $TACET_PASSPHRASE_FILE",
                              file);
    }
    result = tacet_passphrase_get(from, false, passphrase);
    if (result == 0) {
        result = tacet_identity_open(bytes, size, passphrase, ret);
        if (result != 0) {
            result = tacet_complain("the identity '%s' does not open with this passphrase", file);
        }
    }
    return result;
}

/* Leaves in `passphrase` what it was sealed with, "" if it was not. The caller wipes it. */
static int open_identity(const struct tacet_settings *settings, const char *file,
                         char passphrase[TACET_PASSPHRASE_MAX], struct tacet_identity **ret)
{
    uint8_t bytes[TACET_IDENTITY_FILE_MAX];
    size_t size = 0;
    int result = tacet_store_read(file, true, bytes, sizeof(bytes), &size);

    if (result != 0) {
        return complain_read(file, result);
    }
    result = tacet_identity_open(bytes, size, NULL, ret);
    if (result == TACET_ERR_PASSPHRASE) {
        result = open_sealed(settings, file, bytes, size, passphrase, ret);
    } else if (result == TACET_ERR_FORMAT) {
        result = tacet_complain("'%s' is not an identity: name one made by tacet id new", file);
    } else if (result != 0) {
        result =
            tacet_complain("cannot open the identity '%s': %s", file, tacet_error_string(result));
    }
    sodium_memzero(bytes, sizeof(bytes));
    return result;
}

int tacet_identity_file_open(const struct tacet_settings *settings, const char *file,
                             struct tacet_identity **ret)
{
    char passphrase[TACET_PASSPHRASE_MAX] = "";
    int result = open_identity(settings, file, passphrase, ret);

    sodium_memzero(passphrase, sizeof(passphrase));
    return result;
}

int tacet_identity_file_change(const struct tacet_settings *settings, const char *file,
                               int (*change)(struct tacet_identity *identity, void *ctx), void *ctx)
{
    char passphrase[TACET_PASSPHRASE_MAX] = "";
    struct tacet_identity *identity = NULL;
    int lock = -1;
    int result = tacet_store_lock(file, &lock);

    if (result != 0) {
        return tacet_complain("cannot lock the identity '%s': %s", file,
                              tacet_error_string(result));
    }
    result = open_identity(settings, file, passphrase, &identity);
    if (result == 0) {
        result = change(identity, ctx);
    }
    if (result == 0) {
        result = write_identity(identity, passphrase[0] != '\0' ? passphrase : NULL, file, true);
    }
    sodium_memzero(passphrase, sizeof(passphrase));
    tacet_identity_free(&identity);
    tacet_store_unlock(lock);
    return result;
}

int tacet_identity_file_use(const struct tacet_settings *settings, struct tacet_identity **ret)
{
    char file[TACET_PATH_MAX];
    uint8_t probe[TACET_IDENTITY_FILE_MAX];
    size_t size = 0;
    int result;

    if (settings->identity != NULL) {
        return tacet_identity_file_open(settings, settings->identity, ret);
    }
    result = tacet_identity_file_default(file);
    if (result != 0) {
        return result;
    }
    result = tacet_store_read(file, false, probe, sizeof(probe), &size);
    sodium_memzero(probe, sizeof(probe));
    if (result == TACET_ERR_NOTFOUND) {
        tacet_progress("first use: making your identity in '%s'", file);
        return tacet_identity_file_new(settings, file, ret);
    }
    return tacet_identity_file_open(settings, file, ret);
}
