/*
 * Redundant audio (RFC 2198): each packet repeats the last few payloads behind short headers, so
 * that a lost packet comes again with the next ones.
 *
 *     1 | type 7 | timestamp offset 14 | length 10     for each earlier payload, oldest first
 *     0 | type 7                                        the payload of this packet
 */
#ifndef TACET_RTP_RED_H
#define TACET_RTP_RED_H

#include "base/limits.h"
#include "tacet/codec.h"

#include <stddef.h>
#include <stdint.h>

/* Which earlier payloads a packet repeats: so many packets back each, ascending. */
struct tacet_red_plan {
    size_t count;                      /* at most TACET_RED_DEPTH_MAX */
    uint8_t back[TACET_RED_DEPTH_MAX]; /* 1 to TACET_RED_BACK_MAX */
};

/* The sender's memory of what it sent last. */
struct tacet_red {
    struct {
        uint32_t timestamp;
        size_t size; /* 0: none yet */
        uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
    } sent[TACET_RED_BACK_MAX];
    size_t next;
};

struct tacet_red_block {
    uint32_t timestamp;
    const uint8_t *data; /* inside the payload */
    size_t size;
};

/*
 * Writes the payload with the earlier ones of `type` that `plan` names before it, and remembers it.
 * What does not fit `capacity`, the 14 bits of the offset or the 10 of the length is left out,
 * oldest first. Returns the size; with nothing to repeat it is still a RED payload. 0: the payload
 * itself does not fit.
 */
size_t tacet_red_write(struct tacet_red *red, uint8_t type, uint32_t timestamp,
                       const uint8_t *payload, size_t size, const struct tacet_red_plan *plan,
                       uint8_t *out, size_t capacity);
/* Only remembers a payload that goes out plainly. */
void tacet_red_remember(struct tacet_red *red, uint32_t timestamp, const uint8_t *payload,
                        size_t size);
/* Reads the blocks of `type`, oldest first, the packet's own last; blocks of other types are passed
 * over. Returns how many, or TACET_ERR_FORMAT: it does not add up, or has more blocks than
 * TACET_RED_DEPTH_MAX + 1. */
int tacet_red_read(uint8_t type, uint32_t timestamp, const uint8_t *payload, size_t size,
                   struct tacet_red_block out[TACET_RED_DEPTH_MAX + 1]);

#endif
