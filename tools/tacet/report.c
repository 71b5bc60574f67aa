/*
 * Standard error. The live line is drawn over with every update and wiped before any other line,
 * so that lines never mix; in a pipe there is none.
 */
#include "report.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static bool live_shown; /* a live line stands on the terminal now */
static bool prompting;  /* a question stands at the end of its line */

static void clear_line(void)
{
    if (prompting) {
        (void)fputc('\n', stderr);
        prompting = false;
    }
    if (live_shown) {
        (void)fputs("\r\033[K", stderr);
        live_shown = false;
    }
}

static void say(const char *prefix, const char *format, va_list arguments)
{
    clear_line();
    (void)fputs(prefix, stderr);
    (void)vfprintf(stderr, format, arguments);
    (void)fputc('\n', stderr);
}

int tacet_complain(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say("tacet: ", format, arguments);
    va_end(arguments);
    return TACET_EXIT_FAILED;
}

int tacet_complain_usage(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say("tacet: ", format, arguments);
    va_end(arguments);
    return TACET_EXIT_USAGE;
}

void tacet_progress(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say("", format, arguments);
    va_end(arguments);
}

void tacet_prompt(const char *text)
{
    clear_line();
    (void)fputs(text, stderr);
    (void)fflush(stderr);
    prompting = true;
}

void tacet_prompt_over(void)
{
    prompting = false;
}

void tacet_live_line(const char *text)
{
    if (isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "\r\033[K%s", text);
        (void)fflush(stderr);
        live_shown = true;
    }
}

void tacet_live_over(void)
{
    clear_line();
    (void)fflush(stderr);
}
