/*
 * What the tool says on standard error: errors, progress, and one live line on a terminal. Results
 * go to standard output and do not pass here. Main thread only.
 */
#ifndef TACET_TOOL_REPORT_H
#define TACET_TOOL_REPORT_H

enum tacet_exit {
    TACET_EXIT_OK = 0,
    TACET_EXIT_FAILED = 1, /* the values that were given did not work */
    TACET_EXIT_USAGE = 2   /* the command line cannot be understood */
};

/* One line, "tacet: ...": names the thing and says what to do. Returns TACET_EXIT_FAILED. */
int tacet_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Likewise, for a command line that cannot be understood. Returns TACET_EXIT_USAGE. */
int tacet_complain_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* One line of progress. */
void tacet_progress(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A question without a line end: what is typed follows it. */
void tacet_prompt(const char *text);
/* The user has typed a line, which ended the prompt's. */
void tacet_prompt_over(void);
/* Replaces the live line; does nothing where standard error is no terminal. */
void tacet_live_line(const char *text);
/* Wipes it: standard output, which may be the same terminal, has the word. */
void tacet_live_over(void);

#endif
