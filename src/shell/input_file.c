/* See input_file.h. A pipe or a device must not make the opening wait: it is refused. */
#include "shell/input_file.h"

#include "tacet/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

int tacet_input_file_open(const char *file, int *ret_fd, off_t *ret_size)
{
    struct stat status;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR ? TACET_ERR_NOTFOUND : TACET_ERR_IO;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        (void)close(fd);
        return TACET_ERR_FORMAT;
    }
    *ret_fd = fd;
    *ret_size = status.st_size;
    return 0;
}
