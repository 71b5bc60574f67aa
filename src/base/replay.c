/* See replay.h. Bit counter % 1024 stands for the counter; moving on clears what it passes. */
#include "base/replay.h"

#include <assert.h>
#include <string.h>

_Static_assert(TACET_REPLAY_WINDOW % 64 == 0, "whole words");

bool tacet_replay_check(const struct tacet_replay *r, uint64_t counter)
{
    if (counter == UINT64_MAX) {
        return false;
    }
    if (counter >= r->next) {
        return true;
    }
    if (r->next - counter > TACET_REPLAY_WINDOW) {
        return false;
    }
    uint64_t slot = counter % TACET_REPLAY_WINDOW;
    return (r->bits[slot / 64] >> (slot % 64) & 1) == 0;
}

void tacet_replay_commit(struct tacet_replay *r, uint64_t counter)
{
    assert(tacet_replay_check(r, counter));
    if (counter >= r->next) {
        if (counter - r->next >= TACET_REPLAY_WINDOW) {
            memset(r->bits, 0, sizeof(r->bits));
        } else {
            for (uint64_t c = r->next; c <= counter; c++) {
                uint64_t slot = c % TACET_REPLAY_WINDOW;
                r->bits[slot / 64] &= ~(UINT64_C(1) << (slot % 64));
            }
        }
        r->next = counter + 1;
    }
    uint64_t slot = counter % TACET_REPLAY_WINDOW;
    r->bits[slot / 64] |= UINT64_C(1) << (slot % 64);
}
