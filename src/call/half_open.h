/*
 * The table of handshakes that a responder has answered: bounded in all and by source. A finished
 * one stays until it expires, so that its messages are known again; it is the first to go when
 * the table is full. Then sources share it: what is a source's fourth goes before anybody's third,
 * and the oldest of those first. So a source with one handshake outlives a flood from others, and
 * a full table costs its flooders no Diffie-Hellman more than it has places.
 */
#ifndef TACET_CALL_HALF_OPEN_H
#define TACET_CALL_HALF_OPEN_H

#include "call/handshake.h"

#define TACET_INIT_IDENTICAL 624 /* bytes of INIT that make two of them the same: all but mac2 */

struct tacet_half_open {
    bool used;
    bool done;              /* its own FIN came, accepted or refused */
    bool proven;            /* the INIT had a valid mac2: its path is no forgery */
    uint64_t age;           /* rises with every entry made */
    size_t nth;             /* how many others its source had when it was made */
    int64_t at_us;          /* when the INIT came */
    int64_t answered_at_us; /* the last time */
    struct tacet_path path;
    uint32_t index_local;
    uint32_t index_remote;
    uint16_t profile;
    struct tacet_noise noise; /* after RESP; wiped when done */
    uint8_t mac1_key[32];
    uint8_t init[TACET_INIT_IDENTICAL];
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin_mac1[TACET_MAC_SIZE]; /* of its FIN: covers all of it */
};

/* The entry that this very INIT made, or NULL. */
struct tacet_half_open *tacet_half_open_by_init(struct tacet_responder *r,
                                                const struct tacet_path *path,
                                                const uint8_t init[TACET_INIT_SIZE]);
/* The entry of an index, at its path only, or NULL. */
struct tacet_half_open *tacet_half_open_by_index(struct tacet_responder *r,
                                                 const struct tacet_path *path, uint32_t index);
/* Whether an own ephemeral, or an index, is in the table. */
bool tacet_half_open_has_ephemeral(const struct tacet_responder *r,
                                   const uint8_t e[TACET_NOISE_KEY]);
bool tacet_half_open_has_index(const struct tacet_responder *r, uint32_t index);
/* Whether the source of a path has as many unfinished handshakes as it may. */
bool tacet_half_open_source_full(const struct tacet_responder *r, const struct tacet_path *path);
/* The source's oldest unfinished handshake whose path is not proven, or NULL. */
struct tacet_half_open *tacet_half_open_unproven(struct tacet_responder *r,
                                                 const struct tacet_path *path);
/* Whether an entry for this source may be made: always if it has none, else only where nobody
 * with as few must go for it. */
bool tacet_half_open_room(const struct tacet_responder *r, const struct tacet_path *path);
/* A zeroed entry, used: a free one, else the oldest finished, else the oldest of the highest nth.
 */
struct tacet_half_open *tacet_half_open_add(struct tacet_responder *r, int64_t now,
                                            const struct tacet_path *path);

#endif
