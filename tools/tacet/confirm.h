/* What the user confirms in a running call, and what is said of who was refused. */
#ifndef TACET_TOOL_CONFIRM_H
#define TACET_TOOL_CONFIRM_H

#include "conversation.h"

/* Whether lines can be typed to this process: a terminal, and we are in its foreground. */
bool tacet_confirm_possible(void);
/* Says what may be typed. */
void tacet_confirm_offer(const struct tacet_conversation *conversation,
                         const struct tacet_session_view *view);
/* A line was typed in an answered call: "v [LABEL]" the words match, "p [LABEL]" save only. */
void tacet_confirm_line(const struct tacet_conversation *conversation,
                        struct tacet_session *session, const struct tacet_session_view *view,
                        const char *line);

/* How the other party is called here: its label, else the name that it claims, unless that is
 * another contact's. */
const char *tacet_peer_name(const struct tacet_session_view *view);
/* Says what it calls itself, where that is not how it is called here. */
void tacet_peer_tell_name(const struct tacet_session_view *view);
/* One line of progress on the last party that was refused; to who was called also what to do. */
void tacet_refusal_tell(const struct tacet_conversation *conversation,
                        const struct tacet_session_view *view);
/* The call failed because of it: one line that says how to go on, and the exit status. */
int tacet_refusal_complain(const struct tacet_conversation *conversation,
                           const struct tacet_session_view *view);

#endif
