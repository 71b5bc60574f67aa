/*
 * A file of whole lines, written by several threads: whatever ends the process, the file ends in a
 * newline. Adding a line takes a lock and copies; only a flush, or a full buffer, writes.
 */
#ifndef TACET_TOOL_LINES_FILE_H
#define TACET_TOOL_LINES_FILE_H

#include <stddef.h>

struct tacet_lines_file;

/* Creates the file. 0, or TACET_EXIT_FAILED after one line on standard error. */
int tacet_lines_file_create(const char *file, struct tacet_lines_file **ret);
/* Adds `size` bytes, whole lines, any thread. */
void tacet_lines_file_add(struct tacet_lines_file *lines, const char *text, size_t size);
/* Writes what has been added; returns 0, or the errno of the first write that failed. */
int tacet_lines_file_flush(struct tacet_lines_file *lines);
/* Flushes and closes; main thread; says so on standard error if a write ever failed. Returns 0 or
 * TACET_EXIT_FAILED. Accepts NULL. */
int tacet_lines_file_free(struct tacet_lines_file **lines);

#endif
