/* The bytes are made and read by the library; here stand the place and what goes wrong. */
#include "trust_file.h"

#include "report.h"

#include "tacet/error.h"
#include "tacet/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tacet_trust_file_place(const struct tacet_settings *settings, char out[TACET_PATH_MAX])
{
    char place[TACET_PATH_MAX];
    const char *identity = NULL;
    int size;

    if (settings->trust != NULL) {
        size = snprintf(out, TACET_PATH_MAX, "%s", settings->trust);
    } else {
        int result = tacet_identity_file_place(settings->identity, place, &identity);
        if (result != 0) {
            return result;
        }
        const char *slash = strrchr(identity, '/');
        int folder = slash != NULL ? (int)(slash + 1 - identity) : 0;
        size = snprintf(out, TACET_PATH_MAX, "%.*strust", folder, identity);
    }
    return size < TACET_PATH_MAX ? 0 : tacet_complain("the path of the trust file is too long");
}

int tacet_trust_file_load(const char *file, struct tacet_trust_table **ret)
{
    uint8_t *bytes = malloc(TACET_TRUST_FILE_MAX);
    size_t size = 0;
    int result = bytes == NULL ? TACET_ERR_NOMEM
                               : tacet_store_read(file, false, bytes, TACET_TRUST_FILE_MAX, &size);

    if (result == 0) {
        result = tacet_trust_read(bytes, size, ret);
    } else if (result == TACET_ERR_NOTFOUND) {
        result = tacet_trust_create(ret);
    }
    free(bytes);
    if (result == TACET_ERR_FORMAT || result == TACET_ERR_SPACE) {
        return tacet_complain("'%s' is damaged, or not a trust file: put back a copy, or move it "
                              "away and save your contacts again with: tacet id trust",
                              file);
    }
    return result == 0 ? 0
                       : tacet_complain("cannot read the trust file '%s': %s", file,
                                        tacet_error_string(result));
}

int tacet_trust_file_open(const char *file, struct tacet_trust_edit *ret)
{
    struct tacet_trust_edit edit = { .file = file };
    int result = tacet_store_lock(file, &edit.lock);

    if (result != 0) {
        return tacet_complain("cannot lock the trust file '%s': %s", file,
                              tacet_error_string(result));
    }
    result = tacet_trust_file_load(file, &edit.table);
    if (result != 0) {
        tacet_store_unlock(edit.lock);
        return result;
    }
    *ret = edit;
    return 0;
}

int tacet_trust_file_save(const struct tacet_trust_edit *edit)
{
    uint8_t *bytes = malloc(TACET_TRUST_FILE_MAX);
    size_t size = 0;
    int result = bytes == NULL ? TACET_ERR_NOMEM
                               : tacet_trust_write(edit->table, bytes, TACET_TRUST_FILE_MAX, &size);

    if (result == 0) {
        result = tacet_store_write(edit->file, true, bytes, size);
    }
    free(bytes);
    return result == 0 ? 0
                       : tacet_complain("cannot write the trust file '%s': %s", edit->file,
                                        tacet_error_string(result));
}

void tacet_trust_file_close(struct tacet_trust_edit *edit)
{
    tacet_trust_free(&edit->table);
    tacet_store_unlock(edit->lock);
}

void tacet_trust_file_endpoint(const struct tacet_endpoint *endpoint,
                               char out[TACET_ENDPOINT_MAX + 1])
{
    bool six = strchr(endpoint->host, ':') != NULL;

    (void)snprintf(out, TACET_ENDPOINT_MAX + 1, "%s%s%s:%u", six ? "[" : "", endpoint->host,
                   six ? "]" : "", endpoint->port);
}
