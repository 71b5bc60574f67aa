/* A media file that is read: how it is opened, and what is said when it cannot be. */
#ifndef TACET_SHELL_INPUT_FILE_H
#define TACET_SHELL_INPUT_FILE_H

#include <sys/types.h>

/* Opens a regular file. TACET_ERR_NOTFOUND, _IO; _FORMAT: it is of another kind. */
int tacet_input_file_open(const char *file, int *ret_fd, off_t *ret_size);

#endif
