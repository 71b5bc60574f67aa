/*
 * A man in the middle: two evil peers, one that the caller takes for the callee and one that calls
 * the callee. Each has its own keys with its side; what one side says is said to the other, word by
 * word, commitment and nonces too, unless a test changes it.
 */
#ifndef TESTS_EVIL_MITM_H
#define TESTS_EVIL_MITM_H

#include "evil_peer.h"

struct mitm {
    struct evil_peer to_caller;
    struct evil_peer to_callee;
    /* May change what goes by, or keep it (false). `from_caller` tells the direction. */
    bool (*on_message)(void *ctx, bool from_caller, struct evil_message *message);
    void *ctx;
};

void mitm_create(struct mitm *m, uint64_t seed);
void mitm_free(struct mitm *m);
/* Between a caller that has just dialled (to any address: nothing is polled yet) and a callee. */
bool mitm_begin(struct mitm *m, int64_t now, struct tacet_call *caller,
                const struct tacet_path *caller_path, struct tacet_call *callee,
                const struct tacet_path *callee_path, const struct tacet_callee *who);
/* Forwards until nothing moves. */
void mitm_forward(struct mitm *m, int64_t now);

#endif
