/* See mitm.h. */
#include "mitm.h"

void mitm_create(struct mitm *m, uint64_t seed)
{
    evil_create(&m->to_caller, seed, "bob", 1); /* a name is a claim */
    evil_create(&m->to_callee, seed, "ann", 2);
    m->on_message = NULL;
    m->ctx = NULL;
}

void mitm_free(struct mitm *m)
{
    evil_free(&m->to_caller);
    evil_free(&m->to_callee);
}

bool mitm_begin(struct mitm *m, int64_t now, struct tacet_call *caller,
                const struct tacet_path *caller_path, struct tacet_call *callee,
                const struct tacet_path *callee_path, const struct tacet_callee *who)
{
    return evil_accept(&m->to_caller, now, caller, caller_path) &&
           evil_dial(&m->to_callee, now, callee, callee_path, who, m->to_caller.result.commitment);
}

static bool forward(struct mitm *m, int64_t now, bool from_caller)
{
    struct evil_peer *from = from_caller ? &m->to_caller : &m->to_callee;
    struct evil_peer *to = from_caller ? &m->to_callee : &m->to_caller;
    struct evil_message message;
    bool moved = false;

    while (evil_hear(from, now, &message)) {
        moved = true;
        if (m->on_message == NULL || m->on_message(m->ctx, from_caller, &message)) {
            evil_say(to, now, message.type, message.body, message.size);
        }
    }
    return moved;
}

void mitm_forward(struct mitm *m, int64_t now)
{
    bool moved = true;

    while (moved) {
        moved = forward(m, now, true);
        moved |= forward(m, now, false);
    }
}
