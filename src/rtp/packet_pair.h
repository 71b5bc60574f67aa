/*
 * How fast the first packets of a call came, those of the handshake: before any media is sent they
 * tell that a way is very narrow. Some of them leave at once, one behind the other, and a
 * bottleneck spreads these to its own rate (Keshav: A control-theoretic approach to flow control,
 * SIGCOMM 1991). Others leave later, and jitter spreads all of them; so of all pairs the closest
 * counts, if another one tells the same, and what it tells is too much rather than too little.
 */
#ifndef TACET_RTP_PACKET_PAIR_H
#define TACET_RTP_PACKET_PAIR_H

#include <stddef.h>
#include <stdint.h>

struct tacet_packet_pair {
    uint32_t packets;
    int64_t last_us;
    int64_t most_bps;
    int64_t second_bps;
};

/* Zero-initialised is empty. A packet came, of so many bytes on the wire. */
void tacet_packet_pair_add(struct tacet_packet_pair *p, int64_t now, size_t size);
/* What the way here carries; 0: what has come does not tell. */
int64_t tacet_packet_pair_bps(const struct tacet_packet_pair *p);
/* The two closest pairs together, alike or not: a guess, more often too much than too little; 0:
 * there are no two. */
int64_t tacet_packet_pair_guess_bps(const struct tacet_packet_pair *p);

#endif
