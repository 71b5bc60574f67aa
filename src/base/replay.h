/* A replay window over 64-bit counters: which of the last 1024 were accepted (RFC 6479's idea). */
#ifndef TACET_BASE_REPLAY_H
#define TACET_BASE_REPLAY_H

#include "base/limits.h"

#include <stdbool.h>
#include <stdint.h>

struct tacet_replay {
    uint64_t next; /* one above the highest accepted; 0: nothing yet */
    uint64_t bits[TACET_REPLAY_WINDOW / 64];
};

/* Whether the counter is new. Changes nothing: commit only what has been authenticated. */
bool tacet_replay_check(const struct tacet_replay *r, uint64_t counter);
void tacet_replay_commit(struct tacet_replay *r, uint64_t counter);

#endif
