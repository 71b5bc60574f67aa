/* The summary of a call: one JSON object. */
#ifndef TACET_TOOL_SUMMARY_H
#define TACET_TOOL_SUMMARY_H

#include "session.h"

/* "ended", or why it did not end normally: "declined", "unreachable", "lost", ... */
const char *tacet_summary_result(const struct tacet_session_view *view);
/* The object as one line without its newline; free() it. NULL: out of memory. */
char *tacet_summary_json(const struct tacet_session_view *view);

#endif
