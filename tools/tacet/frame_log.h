/* The rows of --frame-log: what was captured, sent, shown and played, and when. */
#ifndef TACET_TOOL_FRAME_LOG_H
#define TACET_TOOL_FRAME_LOG_H

#include "lines_file.h"
#include "tacet/runner.h"

/* Writes the header. */
void tacet_frame_log_begin(struct tacet_lines_file *lines);
/* One row; any thread. */
void tacet_frame_log_add(struct tacet_lines_file *lines, const struct tacet_media_event *event);

#endif
