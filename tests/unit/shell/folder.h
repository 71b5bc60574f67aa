/* A folder of a test's own, for what it writes. */
#ifndef TESTS_UNIT_SHELL_FOLDER_H
#define TESTS_UNIT_SHELL_FOLDER_H

#define FOLDER_PATH_MAX 128

extern char folder[FOLDER_PATH_MAX];

/* Set-up and tear-down of a group: makes it; removes it with all that is in it. */
int folder_make(void **state);
int folder_remove(void **state);
/* Writes the path of a name in it. */
void folder_path(const char *name, char out[FOLDER_PATH_MAX]);

#endif
