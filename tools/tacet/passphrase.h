/* Where the passphrase of an identity comes from: a file, or a terminal with the echo off. */
#ifndef TACET_TOOL_PASSPHRASE_H
#define TACET_TOOL_PASSPHRASE_H

#include <stdbool.h>

#define TACET_PASSPHRASE_MAX 512 /* bytes with the NUL; longer ones are refused */

/* The file that holds it: the one of the option if not NULL, else that of $TACET_PASSPHRASE_FILE
 * unless `none`. NULL: no file, so it must be asked for. */
const char *tacet_passphrase_source(const char *option, bool none);
/* Whether there is somebody to ask. */
bool tacet_passphrase_can_ask(void);
/*
 * Fills `out` from the first line of `file` if it is not NULL, else by asking on the terminal
 * (`twice`: until both entries agree). 0, or TACET_EXIT_FAILED after one line on standard error.
 * The caller wipes `out`.
 */
int tacet_passphrase_get(const char *file, bool twice, char out[TACET_PASSPHRASE_MAX]);

#endif
