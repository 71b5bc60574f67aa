/* The newest revocation list that was ever taken of each CA, so that an older one is known. */
#ifndef TACET_CRYPTO_SEEN_LISTS_H
#define TACET_CRYPTO_SEEN_LISTS_H

#include "base/limits.h"
#include "tacet/authority.h"

struct tacet_seen_list {
    uint8_t key[TACET_KEY_SIZE]; /* of the CA; entries ascend by it */
    uint64_t number;
    uint64_t issued;
};

struct tacet_seen_lists {
    struct tacet_seen_list of[TACET_SEEN_LISTS_MAX];
    size_t count;
};

/* Whether a list of that CA is older than one that was seen. */
bool tacet_seen_lists_older(const struct tacet_seen_lists *seen, const uint8_t key[TACET_KEY_SIZE],
                            uint64_t number, uint64_t issued);
/* Remembers it, unless it is older. TACET_ERR_FULL: a CA too many. */
int tacet_seen_lists_note(struct tacet_seen_lists *seen, const uint8_t key[TACET_KEY_SIZE],
                          uint64_t number, uint64_t issued);
/* Returns the size. */
size_t tacet_seen_lists_write(const struct tacet_seen_lists *seen,
                              uint8_t out[TACET_SEEN_LISTS_SIZE_MAX]);
/* Adds what the bytes say to what is known. TACET_ERR_FORMAT, TACET_ERR_FULL: nothing changed. */
int tacet_seen_lists_read(struct tacet_seen_lists *seen, const uint8_t *data, size_t size);

#endif
