/* The trust file: where it stands, how it is read, and how it is changed under its lock. */
#ifndef TACET_TOOL_TRUST_FILE_H
#define TACET_TOOL_TRUST_FILE_H

#include "identity_file.h"
#include "options.h"
#include "tacet/ticket.h"
#include "tacet/trust.h"

/* --trust, or the file "trust" beside the identity. 0, or TACET_EXIT_FAILED after one line. */
int tacet_trust_file_place(const struct tacet_settings *settings, char out[TACET_PATH_MAX]);
/* Reads it; one that is not there is empty. 0, or TACET_EXIT_FAILED after one line. */
int tacet_trust_file_load(const char *file, struct tacet_trust_table **ret);

/* Changing it: nobody else does from _open to _close. */
struct tacet_trust_edit {
    const char *file;
    int lock;
    struct tacet_trust_table *table;
};

/* 0, or TACET_EXIT_FAILED after one line; then there is nothing to close. */
int tacet_trust_file_open(const char *file, struct tacet_trust_edit *ret);
/* Writes the table as a whole. 0, or TACET_EXIT_FAILED after one line. */
int tacet_trust_file_save(const struct tacet_trust_edit *edit);
void tacet_trust_file_close(struct tacet_trust_edit *edit);

/* An endpoint as a trust table has it. */
void tacet_trust_file_endpoint(const struct tacet_endpoint *endpoint,
                               char out[TACET_ENDPOINT_MAX + 1]);

#endif
