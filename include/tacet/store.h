/* Files that must survive: read whole, written by rename or appended to, one writer at a time. */
#ifndef TACET_STORE_H
#define TACET_STORE_H

#include "tacet/api.h"

TACET_BEGIN_DECLS

/*
 * Reads a file of at most `capacity` bytes. `private`: refuse (TACET_ERR_STATE) a file that others
 * than its owner may read. TACET_ERR_NOTFOUND, TACET_ERR_SPACE (larger), TACET_ERR_IO.
 */
TACET_API TACET_NODISCARD int tacet_store_read(const char *file, bool private_only, uint8_t *out,
                                               size_t capacity, size_t *ret_size);
/*
 * Writes the file as a whole: a temporary file of mode 0600 beside it, fsync, rename, fsync of the
 * folder. `replace` false: TACET_ERR_BUSY where the file exists. Folders above it are made (0700).
 */
TACET_API TACET_NODISCARD int tacet_store_write(const char *file, bool replace, const uint8_t *data,
                                                size_t size);
/*
 * Cuts a file that exists to its first `at` bytes, appends, and returns when all of it is on disk;
 * hold its lock. Whatever ends the process or the machine on the way, the first `at` bytes stay,
 * and behind them stands at most a beginning of the data. TACET_ERR_NOTFOUND, TACET_ERR_STATE (it
 * is shorter than `at`), TACET_ERR_IO.
 */
TACET_API TACET_NODISCARD int tacet_store_append(const char *file, size_t at, const uint8_t *data,
                                                 size_t size);
/*
 * Waits until nobody else, in this process or another, holds the lock of the file: for reading it,
 * changing it and writing it as one step. The lock is an empty file beside it, FILE.lock, which
 * stays; it is let go when its holder ends, however it ends. TACET_ERR_IO, TACET_ERR_ARGUMENT.
 */
TACET_API TACET_NODISCARD int tacet_store_lock(const char *file, int *ret_lock);
TACET_API void tacet_store_unlock(int lock);

TACET_END_DECLS

#endif
