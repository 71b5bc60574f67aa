/*
 * A CA as a folder: `key` (sealed or not, for its owner only), `authority` (its public file) and
 * `registry`, which one process at a time works on.
 */
#ifndef TACET_TOOL_CA_FOLDER_H
#define TACET_TOOL_CA_FOLDER_H

#include "identity_file.h"
#include "options.h"
#include "tacet/ca.h"

struct tacet_ca_folder {
    char key[TACET_PATH_MAX];
    char authority[TACET_PATH_MAX];
    char registry[TACET_PATH_MAX];
    char revocations[TACET_PATH_MAX]; /* where `ca export` writes unless told otherwise */
};

/* All return 0, or TACET_EXIT_FAILED after one line on standard error. */

/* The paths in `folder`, or where it is NULL in ca beside the default identity. */
int tacet_ca_folder_find(const char *folder, struct tacet_ca_folder *ret);
/* Draws a CA and writes its three files; nothing that exists is written over. */
int tacet_ca_folder_new(const struct tacet_settings *settings, const struct tacet_ca_folder *folder,
                        struct tacet_ca **ret);
int tacet_ca_folder_open(const struct tacet_settings *settings,
                         const struct tacet_ca_folder *folder, struct tacet_ca **ret);
/* Reads a public file: the folder's, or any. */
int tacet_authority_file_read(const char *file, struct tacet_authority *ret);

/* The registry, locked until it is closed. */
struct tacet_ledger {
    const char *file;
    int lock;
    uint8_t *bytes;
    struct tacet_registry registry; /* in `bytes` */
    uint8_t key[TACET_KEY_SIZE];
};

/* Waits for the lock, reads and checks. A torn tail is told. */
int tacet_ledger_open(const struct tacet_ca_folder *folder, const uint8_t key[TACET_KEY_SIZE],
                      struct tacet_ledger *ret);
/* Appends a record (cutting a torn tail), returns when it is on disk, and reads all again. */
int tacet_ledger_append(struct tacet_ledger *ledger, const uint8_t *record, size_t size);
/* Lets go of the lock. Accepts one that was never opened, all zero but for `lock` -1. */
void tacet_ledger_close(struct tacet_ledger *ledger);

#endif
