/*
 * A hash over everything that a simulated call puts out, so that two runs can be compared: SHA-256,
 * where longer bytes go in as a quick sum of 128 bits. It tells runs apart; nobody attacks it.
 */
#ifndef TACET_SIM_DIGEST_H
#define TACET_SIM_DIGEST_H

#include "tacet/event.h"
#include "tacet/picture.h"

#include <sodium.h>

struct tacet_digest {
    crypto_hash_sha256_state state;
};

void tacet_digest_init(struct tacet_digest *digest);
void tacet_digest_number(struct tacet_digest *digest, uint64_t number);
/* The size goes in ahead of the bytes, so that two lists of bytes never look like one. More than
 * TACET_DIGEST_WHOLE bytes go in as their sum. */
#define TACET_DIGEST_WHOLE 64
void tacet_digest_bytes(struct tacet_digest *digest, const void *data, size_t size);
/* Its meaning, member by member: no padding, no pointer. */
void tacet_digest_event(struct tacet_digest *digest, const struct tacet_event *event);
/* Number, size and the luma of so many rows from the top. */
void tacet_digest_picture(struct tacet_digest *digest, const struct tacet_picture *picture,
                          size_t rows);
/* The hash so far; more may be added. */
void tacet_digest_result(const struct tacet_digest *digest, uint8_t out[32]);

#endif
