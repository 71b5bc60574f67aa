/*
 * Walks the chunks of a RIFF WAVE file ("Multimedia Programming Interface and Data Specifications
 * 1.0", August 1991): 4 bytes of name, 4 of size (little endian), the content padded to even.
 */
#include "shell/riff.h"

#include "base/bytes.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNKS_MAX 256
/* What writers that cannot go back leave in the header: the size is not known. */
#define SIZE_UNKNOWN UINT32_C(0xffffff00)

static bool read_at(int fd, off_t at, uint8_t *out, size_t size)
{
    return pread(fd, out, size, at) == (ssize_t)size;
}

/* bytes.h is big endian, RIFF is not. */
static uint32_t size_of(const uint8_t *chunk)
{
    struct tacet_reader reader = tacet_reader(chunk + 4, 4);

    return __builtin_bswap32(tacet_read_u32(&reader));
}

/* Bytes of one frame of samples, from the format chunk; 1 where it does not say. */
static off_t frame_size(int fd, off_t format)
{
    uint8_t bytes[2];

    /* 12 bytes in: nBlockAlign. */
    if (!read_at(fd, format + 12, bytes, sizeof(bytes))) {
        return 1;
    }
    struct tacet_reader reader = tacet_reader(bytes, sizeof(bytes));
    uint16_t align = __builtin_bswap16(tacet_read_u16(&reader));
    return align > 0 ? align : 1;
}

bool tacet_riff_is_cut(int fd)
{
    uint8_t head[12];
    struct stat status;
    off_t frame = 1;
    off_t at = sizeof(head);

    if (fstat(fd, &status) != 0 || !read_at(fd, 0, head, sizeof(head)) ||
        memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "WAVE", 4) != 0) {
        return false;
    }
    for (int i = 0; i < CHUNKS_MAX; i++) {
        uint8_t chunk[8];
        if (!read_at(fd, at, chunk, sizeof(chunk))) {
            return false;
        }
        uint32_t size = size_of(chunk);
        at += (off_t)sizeof(chunk);
        if (memcmp(chunk, "fmt ", 4) == 0) {
            frame = frame_size(fd, at);
        } else if (memcmp(chunk, "data", 4) == 0) {
            off_t left = status.st_size - at;
            bool known = size != 0 && size < SIZE_UNKNOWN;
            return known ? (off_t)size > left : left % frame != 0;
        }
        at += (off_t)size + (size & 1);
    }
    return false;
}
