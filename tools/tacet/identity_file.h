/* The identity as a file: where it stands, how it is opened, and how a new one is made. */
#ifndef TACET_TOOL_IDENTITY_FILE_H
#define TACET_TOOL_IDENTITY_FILE_H

#include "options.h"
#include "tacet/identity.h"

#define TACET_PATH_MAX 4096

/* The default place: identity under $XDG_CONFIG_HOME/tacet or ~/.config/tacet. 0, or
 * TACET_EXIT_FAILED after one line on standard error. */
int tacet_identity_file_default(char out[TACET_PATH_MAX]);
/* The file that was given, or where none was the default one, written to `place`. */
int tacet_identity_file_place(const char *given, char place[TACET_PATH_MAX], const char **ret);
/*
 * Draws an identity and writes it to `file`, sealed or not as the settings say; says so where it is
 * not sealed. A file that exists is left alone. 0, or TACET_EXIT_FAILED after one line.
 */
int tacet_identity_file_new(const struct tacet_settings *settings, const char *file,
                            struct tacet_identity **ret);
/* Opens `file`. 0, or TACET_EXIT_FAILED after one line on standard error. */
int tacet_identity_file_open(const struct tacet_settings *settings, const char *file,
                             struct tacet_identity **ret);
/* Opens `file`, changes the identity (0, or a status after a line of its own) and writes it back,
 * sealed as it was, in one step under the file's lock. */
int tacet_identity_file_change(const struct tacet_settings *settings, const char *file,
                               int (*change)(struct tacet_identity *identity, void *ctx),
                               void *ctx);
/* The identity of a call: the named file, or the default one, which is made at first use. */
int tacet_identity_file_use(const struct tacet_settings *settings, struct tacet_identity **ret);

#endif
