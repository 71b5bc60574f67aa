/* Lines gather in a buffer under a lock and leave in one write() of whole lines. */
#include "lines_file.h"

#include "report.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE 65536

struct tacet_lines_file {
    pthread_mutex_t lock;
    const char *name; /* borrowed: it comes from the command line */
    int fd;
    int error; /* errno of the first write that failed */
    size_t used;
    char buffer[BUFFER_SIZE];
};

int tacet_lines_file_create(const char *file, struct tacet_lines_file **ret)
{
    struct tacet_lines_file *lines = calloc(1, sizeof(*lines));

    if (lines == NULL) {
        return tacet_complain("out of memory");
    }
    lines->name = file;
    lines->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (lines->fd < 0) {
        int result = errno == ENOENT
                         ? tacet_complain("cannot write '%s': its folder is not there: make it "
                                          "first",
                                          file)
                         : tacet_complain("cannot write '%s': %s", file, strerror(errno));
        free(lines);
        return result;
    }
    (void)pthread_mutex_init(&lines->lock, NULL);
    *ret = lines;
    return 0;
}

/* With the lock held. */
static void write_out(struct tacet_lines_file *lines)
{
    size_t done = 0;

    while (done < lines->used && lines->error == 0) {
        ssize_t count = write(lines->fd, lines->buffer + done, lines->used - done);
        if (count >= 0) {
            done += (size_t)count;
        } else if (errno != EINTR) {
            lines->error = errno;
        }
    }
    lines->used = 0;
}

void tacet_lines_file_add(struct tacet_lines_file *lines, const char *text, size_t size)
{
    assert(size > 0 && size <= BUFFER_SIZE);
    assert(text[size - 1] == '\n');
    (void)pthread_mutex_lock(&lines->lock);
    if (size > BUFFER_SIZE - lines->used) {
        write_out(lines);
    }
    memcpy(lines->buffer + lines->used, text, size);
    lines->used += size;
    (void)pthread_mutex_unlock(&lines->lock);
}

int tacet_lines_file_flush(struct tacet_lines_file *lines)
{
    int error;

    (void)pthread_mutex_lock(&lines->lock);
    write_out(lines);
    error = lines->error;
    (void)pthread_mutex_unlock(&lines->lock);
    return error;
}

int tacet_lines_file_free(struct tacet_lines_file **lines)
{
    int error;
    int result = 0;

    if (*lines == NULL) {
        return 0;
    }
    error = tacet_lines_file_flush(*lines);
    if (close((*lines)->fd) != 0 && error == 0) {
        error = errno;
    }
    if (error != 0) {
        result = tacet_complain("'%s' is not complete: %s", (*lines)->name, strerror(error));
    }
    (void)pthread_mutex_destroy(&(*lines)->lock);
    free(*lines);
    *lines = NULL;
    return result;
}
