/* See folder.h. */
#define _GNU_SOURCE
#include "folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char folder[FOLDER_PATH_MAX];

int folder_make(void **state)
{
    static const char template[] = "/tmp/tacet-test-XXXXXX";

    (void)state;
    memcpy(folder, template, sizeof(template));
    return mkdtemp(folder) == NULL ? -1 : 0;
}

int folder_remove(void **state)
{
    char command[FOLDER_PATH_MAX + 16];

    (void)state;
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", folder);
    return system(command);
}

void folder_path(const char *name, char out[FOLDER_PATH_MAX])
{
    (void)snprintf(out, FOLDER_PATH_MAX, "%.64s/%.56s", folder, name);
}
