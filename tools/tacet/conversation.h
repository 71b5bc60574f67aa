/* One call from its start to its summary, as a person or a script follows it. */
#ifndef TACET_TOOL_CONVERSATION_H
#define TACET_TOOL_CONVERSATION_H

#include "session.h"

struct tacet_conversation {
    const struct tacet_settings *settings;
    const struct tacet_waiter *waiter;
    /* waiter, frame_log and settings in it are set by the conversation; transport and ends are
     * taken in any case. */
    struct tacet_session_config session;
    char target[128]; /* caller: the address, for messages */
    /* Set by tacet_conversation_run. */
    bool started;     /* false: a file or the runner refused, nothing was waited for */
    bool interrupted; /* a signal came: serve no further call */
};

/*
 * Runs the call, says on standard error how it goes and prints the result. Returns the exit status.
 */
int tacet_conversation_run(struct tacet_conversation *conversation);

#endif
