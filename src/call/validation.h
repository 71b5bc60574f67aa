/*
 * Path validation (protocol.md section 9): whether the other side has really moved to a new path,
 * or somebody forwards its packets from there.
 *
 *     newer packet from a new path -> challenge to the new and to the old path, three tries, each
 *                                     with several copies to the old one
 *     answer from the new path, none from the old within about a round trip -> switch
 *     answer, or a newer packet, from the old path -> stay
 *
 * Media goes to the old path until then, sound to both: one of them has the other side at its end.
 * The new one draws at most three times the bytes that came from it. One validation at a time.
 * Pure: it says what to send, its caller sends.
 */
#ifndef TACET_CALL_VALIDATION_H
#define TACET_CALL_VALIDATION_H

#include "tacet/address.h"
#include "tacet/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_CHALLENGE_SIZE 8

struct tacet_validation {
    bool running;
    bool answered;          /* the new path did */
    struct tacet_path path; /* the new one */
    uint8_t challenge_new[TACET_CHALLENGE_SIZE];
    uint8_t challenge_old[TACET_CHALLENGE_SIZE];
    int32_t tries;
    int64_t started_at_us;
    int64_t next_at_us;    /* the next try, or giving up */
    int32_t copies;        /* of this try to the current path, not sent yet ... */
    int64_t copy_at_us;    /* ... and when the next one is */
    int64_t decide_at_us;  /* `answered`: switch then */
    int64_t not_before_us; /* no other validation before */
    size_t received;       /* bytes from the new path */
    size_t sent;           /* bytes to it */
};

/* An authentic packet of `size` bytes came from `from`; `newer` as section 9 defines it. May begin
 * a validation, or end one in favour of `current`. */
void tacet_validation_on_packet(struct tacet_validation *v, int64_t now,
                                const struct tacet_path *current, const struct tacet_path *from,
                                size_t size, bool newer, const struct tacet_random *random);
/* A response came from `from`. `round_trip_us`: of the current path, 0 if not measured. */
void tacet_validation_on_response(struct tacet_validation *v, const struct tacet_path *current,
                                  const struct tacet_path *from,
                                  const uint8_t response[TACET_CHALLENGE_SIZE],
                                  int64_t round_trip_us);
/* True when a try is due now: send challenge_new to the new path if *ret_new (a packet of
 * `packet_size` bytes is still in its allowance). */
bool tacet_validation_try(struct tacet_validation *v, int64_t now, size_t packet_size,
                          bool *ret_new);
/* True when challenge_old is to be sent to the current path now. */
bool tacet_validation_try_current(struct tacet_validation *v, int64_t now);
/* Whether a packet of sound that leaves by the current path may leave by v->path too; counts it. */
bool tacet_validation_may_copy(struct tacet_validation *v, size_t packet_size);
/* Whether the response to a challenge may go to `path`, which is not the current one; counts it if
 * that is the one on trial. To any other nothing else is sent. */
bool tacet_validation_may_respond(struct tacet_validation *v, const struct tacet_path *path,
                                  size_t packet_size);
/* True once, when the new path has won: switch to v->path. */
bool tacet_validation_won(struct tacet_validation *v, int64_t now);
/* When _try, _try_current or _won have something; INT64_MAX. */
int64_t tacet_validation_timeout(const struct tacet_validation *v);

#endif
