/*
 * Files that must survive: read whole, written whole. A file is either the old or the new one,
 * whatever ends the process or the machine in between; what may stay behind is a temporary file. A
 * file that is appended to keeps what it had.
 */
#include "tacet/store.h"

#include "tacet/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_LENGTH_MAX 4096
#define SUFFIX ".XXXXXX"
#define LOCK_SUFFIX ".lock"

static int open_error(int error)
{
    return error == ENOENT || error == ENOTDIR ? TACET_ERR_NOTFOUND : TACET_ERR_IO;
}

/* Reads until the end or until `size` is full. Returns the count, or -1. */
static ssize_t read_all(int fd, uint8_t *out, size_t size)
{
    size_t at = 0;

    while (at < size) {
        ssize_t n = read(fd, out + at, size - at);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -1;
        }
        if (n == 0) {
            break;
        }
        at += (size_t)n;
    }
    return (ssize_t)at;
}

static int read_open(int fd, bool private_only, uint8_t *out, size_t capacity, size_t *ret_size)
{
    struct stat status;
    uint8_t beyond;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return TACET_ERR_IO;
    }
    if (private_only && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return TACET_ERR_STATE;
    }
    ssize_t size = read_all(fd, out, capacity);
    if (size < 0) {
        return TACET_ERR_IO;
    }
    if ((size_t)size == capacity) {
        ssize_t more = read_all(fd, &beyond, 1);
        if (more != 0) {
            return more > 0 ? TACET_ERR_SPACE : TACET_ERR_IO;
        }
    }
    *ret_size = (size_t)size;
    return 0;
}

int tacet_store_read(const char *file, bool private_only, uint8_t *out, size_t capacity,
                     size_t *ret_size)
{
    /* Not blocking: a FIFO is refused and not waited for. */
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return open_error(errno);
    }
    int result = read_open(fd, private_only, out, capacity, ret_size);
    (void)close(fd);
    return result;
}

/* Makes the folders above `path`, which is cut and mended in place. */
static int make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int failed = mkdir(path, S_IRWXU);
        *slash = '/';
        if (failed != 0 && errno != EEXIST) {
            return TACET_ERR_IO;
        }
    }
    return 0;
}

static int write_all(int fd, const uint8_t *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t n = write(fd, data + at, size - at);
        if (n < 0 && errno != EINTR) {
            return TACET_ERR_IO;
        }
        at += n > 0 ? (size_t)n : 0;
    }
    return fsync(fd) == 0 ? 0 : TACET_ERR_IO;
}

/* The new name must be on disk too. */
static int sync_folder(const char *file)
{
    char folder[PATH_LENGTH_MAX];
    const char *slash = strrchr(file, '/');
    int length = slash == NULL ? 1 : slash == file ? 1 : (int)(slash - file);

    (void)snprintf(folder, sizeof(folder), "%.*s", length, slash == NULL ? "." : file);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return TACET_ERR_IO;
    }
    /* Some file systems cannot sync a folder: EINVAL says so. */
    int result = fsync(fd) == 0 || errno == EINVAL ? 0 : TACET_ERR_IO;
    (void)close(fd);
    return result;
}

/* Gives the temporary file its name: in one step, so that of two writers one is told. */
static int publish(const char *temporary, const char *file, bool replace)
{
    if (replace) {
        return rename(temporary, file) == 0 ? 0 : TACET_ERR_IO;
    }
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, file, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno == EEXIST) {
        return TACET_ERR_BUSY;
    }
    /* Not every file system knows that flag; a link says EEXIST as well. */
    if (link(temporary, file) != 0) {
        return errno == EEXIST ? TACET_ERR_BUSY : TACET_ERR_IO;
    }
    (void)unlink(temporary);
    return 0;
}

int tacet_store_write(const char *file, bool replace, const uint8_t *data, size_t size)
{
    char temporary[PATH_LENGTH_MAX];
    struct stat status;

    if (strlen(file) + sizeof(SUFFIX) > sizeof(temporary)) {
        return TACET_ERR_ARGUMENT;
    }
    if (!replace && lstat(file, &status) == 0) {
        return TACET_ERR_BUSY;
    }
    (void)snprintf(temporary, sizeof(temporary), "%s" SUFFIX, file);
    int result = make_folders(temporary);
    if (result != 0) {
        return result;
    }
    int fd = mkostemp(temporary, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        return TACET_ERR_IO;
    }
    result = write_all(fd, data, size);
    if (close(fd) != 0 && result == 0) {
        result = TACET_ERR_IO;
    }
    if (result == 0) {
        result = publish(temporary, file, replace);
    }
    if (result != 0) {
        (void)unlink(temporary);
        return result;
    }
    return sync_folder(file);
}

static int append(int fd, size_t at, const uint8_t *data, size_t size)
{
    struct stat status;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return TACET_ERR_IO;
    }
    if ((uint64_t)status.st_size < at) {
        return TACET_ERR_STATE;
    }
    if ((uint64_t)status.st_size > at && ftruncate(fd, (off_t)at) != 0) {
        return TACET_ERR_IO;
    }
    if (lseek(fd, (off_t)at, SEEK_SET) < 0) {
        return TACET_ERR_IO;
    }
    return write_all(fd, data, size);
}

int tacet_store_append(const char *file, size_t at, const uint8_t *data, size_t size)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return open_error(errno);
    }
    int result = append(fd, at, data, size);
    if (close(fd) != 0 && result == 0) {
        result = TACET_ERR_IO;
    }
    return result;
}

int tacet_store_lock(const char *file, int *ret_lock)
{
    char path[PATH_LENGTH_MAX];
    int locked;

    if (strlen(file) + sizeof(LOCK_SUFFIX) > sizeof(path)) {
        return TACET_ERR_ARGUMENT;
    }
    (void)snprintf(path, sizeof(path), "%s" LOCK_SUFFIX, file);
    int result = make_folders(path);
    if (result != 0) {
        return result;
    }
    /* Never removed: who waits would else hold the lock of a file that is no more. */
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (fd < 0) {
        return TACET_ERR_IO;
    }
    do {
        locked = flock(fd, LOCK_EX);
    } while (locked != 0 && errno == EINTR);
    if (locked != 0) {
        (void)close(fd);
        return TACET_ERR_IO;
    }
    *ret_lock = fd;
    return 0;
}

void tacet_store_unlock(int lock)
{
    (void)close(lock);
}
