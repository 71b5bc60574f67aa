/* One call from its start to its summary, as a person or a script follows it. */
#ifndef TACET_TOOL_CONVERSATION_H
#define TACET_TOOL_CONVERSATION_H

#include "identity_file.h"
#include "session.h"
#include "tacet/trust.h"

struct tacet_conversation {
    const struct tacet_settings *settings;
    const struct tacet_waiter *waiter;
    /* waiter, frame_log and settings in it are set by the conversation; transport and ends are
     * taken in any case. */
    struct tacet_session_config session;
    char target[128]; /* caller: the address, for messages */
    char trust_file[TACET_PATH_MAX];
    char label[TACET_LABEL_MAX + 1];       /* caller: the contact that was dialled, or "" */
    char endpoint[TACET_ENDPOINT_MAX + 1]; /* caller: to be saved with the contact; "": the address
                                              that answered, or what is saved already */
    /* Set by tacet_conversation_open; NULL: not asked for. */
    struct tacet_lines_file *stats;
    struct tacet_lines_file *frame_log;
    /* Set by tacet_conversation_run. */
    bool started;     /* false: a file or the runner refused, nothing was waited for */
    bool interrupted; /* a signal came: serve no further call */
};

/* Creates the files of --stats and --frame-log. 0, or TACET_EXIT_FAILED after one line on standard
 * error. */
int tacet_conversation_open(struct tacet_conversation *conversation);
/* Closes them, where no call has done that. */
void tacet_conversation_close(struct tacet_conversation *conversation);
/*
 * Runs the call, says on standard error how it goes and prints the result. Returns the exit status.
 */
int tacet_conversation_run(struct tacet_conversation *conversation);

#endif
