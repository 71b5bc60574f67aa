/*
 * Reads the public files of --ca and the revocation lists of --crl into a set. Which list was the
 * newest of its CA stands in a file beside the contacts, so that an older one, however well signed,
 * is refused from then on.
 */
#include "authorities_file.h"

#include "report.h"
#include "trust_file.h"

#include "tacet/error.h"
#include "tacet/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUFFIX ".lists"

static int add_authority(struct tacet_authorities *set, const char *file)
{
    uint8_t bytes[TACET_AUTHORITY_FILE_MAX];
    size_t size = 0;
    int result = tacet_store_read(file, false, bytes, sizeof(bytes), &size);

    if (result == 0) {
        result = tacet_authorities_add(set, bytes, size);
    }
    if (result == TACET_ERR_SPACE || result == TACET_ERR_FORMAT || result == TACET_ERR_TRUST) {
        return tacet_complain("--ca '%s' is not the public file of a CA, or is damaged: name one "
                              "that tacet ca export has written",
                              file);
    }
    return result == 0 ? 0 : tacet_complain("--ca '%s': %s", file, tacet_error_string(result));
}

static int add_revocations(struct tacet_authorities *set, const char *file)
{
    uint8_t *bytes = malloc(TACET_REVOCATIONS_SIZE_MAX);
    size_t size = 0;
    int result = bytes == NULL
                     ? TACET_ERR_NOMEM
                     : tacet_store_read(file, false, bytes, TACET_REVOCATIONS_SIZE_MAX, &size);

    if (result == 0) {
        result = tacet_authorities_revoke(set, bytes, size);
    }
    free(bytes);
    if (result == TACET_ERR_SPACE || result == TACET_ERR_FORMAT) {
        return tacet_complain("--crl '%s' is not a revocation list: name one that tacet ca export "
                              "has written",
                              file);
    }
    if (result == TACET_ERR_TRUST) {
        return tacet_complain("--crl '%s' is not signed by the CA of --ca", file);
    }
    if (result == TACET_ERR_STATE) {
        return tacet_complain("--crl '%s' is older than a list of this CA that was used before: "
                              "take the current one",
                              file);
    }
    return result == 0 ? 0 : tacet_complain("--crl '%s': %s", file, tacet_error_string(result));
}

/* --- which lists were seen --- */

static int complain_seen(const char *what, const char *file, int error)
{
    return error == TACET_ERR_FORMAT || error == TACET_ERR_SPACE
               ? tacet_complain("'%s' is damaged: it says which revocation lists were seen; put "
                                "back a copy, or remove it if you have the current lists",
                                file)
               : tacet_complain("cannot %s '%s': %s", what, file, tacet_error_string(error));
}

static int read_seen(const char *file, struct tacet_authorities *set)
{
    uint8_t bytes[TACET_SEEN_LISTS_SIZE_MAX];
    size_t size = 0;
    int result = tacet_store_read(file, false, bytes, sizeof(bytes), &size);

    if (result == TACET_ERR_NOTFOUND) {
        return 0;
    }
    if (result == 0) {
        result = tacet_authorities_read_seen(set, bytes, size);
    }
    return result == 0 ? 0 : complain_seen("read", file, result);
}

/* Only where there is something new: a file that must not be written need not be. */
static int write_seen(const char *file, const struct tacet_authorities *set)
{
    uint8_t bytes[TACET_SEEN_LISTS_SIZE_MAX], there[TACET_SEEN_LISTS_SIZE_MAX];
    size_t size = 0, there_size = 0;
    int result = tacet_authorities_write_seen(set, bytes, sizeof(bytes), &size);

    if (result == 0 && (tacet_store_read(file, false, there, sizeof(there), &there_size) != 0 ||
                        there_size != size || memcmp(there, bytes, size) != 0)) {
        result = tacet_store_write(file, true, bytes, size);
    }
    return result == 0 ? 0 : complain_seen("write", file, result);
}

/* All lists of --crl, under the lock of what was seen: two processes cannot undo each other's. */
static int add_lists(const struct tacet_settings *settings, struct tacet_authorities *set)
{
    char file[TACET_PATH_MAX];
    int lock = -1;
    int result = settings->crls.count > 0 ? tacet_trust_file_place(settings, file) : 0;

    if (result != 0 || settings->crls.count == 0) {
        return result;
    }
    if (strlen(file) + sizeof(SUFFIX) > sizeof(file)) {
        return tacet_complain("the path of the trust file is too long");
    }
    memcpy(file + strlen(file), SUFFIX, sizeof(SUFFIX));
    result = tacet_store_lock(file, &lock);
    if (result != 0) {
        return complain_seen("lock", file, result);
    }
    result = read_seen(file, set);
    for (size_t i = 0; result == 0 && i < settings->crls.count; i++) {
        result = add_revocations(set, settings->crls.of[i]);
    }
    if (result == 0) {
        result = write_seen(file, set); /* before any of them is relied on */
    }
    tacet_store_unlock(lock);
    return result;
}

int tacet_authorities_load(const struct tacet_settings *settings, struct tacet_authorities **ret)
{
    struct tacet_authorities *set = NULL;
    int result;

    if (settings->strict_crl && settings->crls.count == 0) {
        return tacet_complain_usage("--strict-crl needs --crl FILE: the list that must be current");
    }
    if (settings->cas.count == 0) {
        return settings->crls.count == 0
                   ? 0
                   : tacet_complain_usage("--crl needs --ca FILE: the CA whose list it is");
    }
    result = tacet_authorities_create(&set);
    if (result != 0) {
        return tacet_complain("%s", tacet_error_string(result));
    }
    for (size_t i = 0; result == 0 && i < settings->cas.count; i++) {
        result = add_authority(set, settings->cas.of[i]);
    }
    if (result == 0) {
        result = add_lists(settings, set);
    }
    if (result != 0) {
        tacet_authorities_free(&set);
        return result;
    }
    *ret = set;
    return 0;
}

void tacet_authorities_refresh(const struct tacet_settings *settings, struct tacet_authorities *set)
{
    if (set != NULL) {
        int told = add_lists(settings, set);
        (void)told;
    }
}
