/* Reads the public file of --ca and the revocation list of --crl into a set. */
#include "authorities_file.h"

#include "report.h"

#include "tacet/error.h"
#include "tacet/store.h"

#include <stdlib.h>

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
        return tacet_complain("--crl '%s' is older than the list that was there: take the current "
                              "one",
                              file);
    }
    return result == 0 ? 0 : tacet_complain("--crl '%s': %s", file, tacet_error_string(result));
}

int tacet_authorities_load(const struct tacet_settings *settings, struct tacet_authorities **ret)
{
    struct tacet_authorities *set = NULL;
    int result;

    if (settings->ca == NULL) {
        return settings->crl == NULL
                   ? 0
                   : tacet_complain_usage("--crl needs --ca FILE: the CA whose list it is");
    }
    result = tacet_authorities_create(&set);
    if (result != 0) {
        return tacet_complain("%s", tacet_error_string(result));
    }
    result = add_authority(set, settings->ca);
    if (result == 0 && settings->crl != NULL) {
        result = add_revocations(set, settings->crl);
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
    if (set != NULL && settings->crl != NULL) {
        int told = add_revocations(set, settings->crl);
        (void)told;
    }
}
