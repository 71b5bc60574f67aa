/*
 * Unwrapping: RTP sequence numbers (16 bits) and timestamps (32 bits) as 64-bit numbers that do
 * not wrap, taken as the value nearest to the highest one seen (RFC 3711 section 3.3.1 for the
 * sequence number). The first value v unwraps to v + 2^32 (seq) or v + 2^40 (timestamp), so that
 * reordering around the start never goes below zero.
 */
#ifndef TACET_BASE_SEQ_H
#define TACET_BASE_SEQ_H

#include <stdbool.h>
#include <stdint.h>

struct tacet_unwrap {
    bool started;
    int64_t highest;
};

/* The unwrapped value; moves `highest` forward if it is newer. */
int64_t tacet_unwrap_seq(struct tacet_unwrap *u, uint16_t seq);
int64_t tacet_unwrap_timestamp(struct tacet_unwrap *u, uint32_t timestamp);
/* The same without moving anything. */
int64_t tacet_unwrap_seq_peek(const struct tacet_unwrap *u, uint16_t seq);
int64_t tacet_unwrap_timestamp_peek(const struct tacet_unwrap *u, uint32_t timestamp);

#endif
