/* Reading a passphrase. It is never echoed and never stands in a command line. */
#include "passphrase.h"

#include "report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

const char *tacet_passphrase_source(const char *option, bool none)
{
    const char *file = option;

    if (file == NULL && !none) {
        file = getenv("TACET_PASSPHRASE_FILE");
    }
    return file != NULL && file[0] != '\0' ? file : NULL;
}

bool tacet_passphrase_can_ask(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static volatile sig_atomic_t caught; /* the signal that came while the echo was off */

static void on_signal(int number)
{
    caught = number;
}

/*
 * One line without its end. Not through a FILE: its buffer would keep the passphrase. `open_mask`:
 * the signal mask while it waits, or NULL; so a signal cannot slip in just before the wait.
 */
static bool read_line(int fd, const sigset_t *open_mask, char out[TACET_PASSPHRASE_MAX])
{
    size_t size = 0;

    for (;;) {
        struct pollfd wait = { .fd = fd, .events = POLLIN };
        char c;
        if (open_mask != NULL && ppoll(&wait, 1, NULL, open_mask) < 0) {
            return false;
        }
        ssize_t got = read(fd, &c, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 || size == TACET_PASSPHRASE_MAX - 1) {
            return false;
        }
        if (got == 0 || c == '\n') {
            break;
        }
        out[size++] = c;
    }
    if (size > 0 && out[size - 1] == '\r') {
        size--;
    }
    out[size] = '\0';
    return size > 0;
}

/* A signal ends the question, but not before the terminal echoes again. */
static bool ask(const char *prompt, char out[TACET_PASSPHRASE_MAX])
{
    const struct sigaction action = { .sa_handler = on_signal };
    struct sigaction interrupt, terminate;
    sigset_t blocked, before;
    struct termios shown, hidden;
    bool good;

    if (tcgetattr(STDIN_FILENO, &shown) != 0) {
        return false;
    }
    hidden = shown;
    hidden.c_lflag &= (tcflag_t)~ECHO;
    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGINT);
    (void)sigaddset(&blocked, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &blocked, &before);
    (void)sigaction(SIGINT, &action, &interrupt);
    (void)sigaction(SIGTERM, &action, &terminate);
    /* First the echo, then the question: nothing that is typed after it may be seen or lost. */
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    tacet_prompt(prompt);
    good = read_line(STDIN_FILENO, &before, out);
    (void)fputc('\n', stderr); /* the typed one was not echoed */
    tacet_prompt_over();
    (void)tcsetattr(STDIN_FILENO, TCSADRAIN, &shown);
    (void)sigaction(SIGINT, &interrupt, NULL);
    (void)sigaction(SIGTERM, &terminate, NULL);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (caught != 0) {
        sodium_memzero(out, TACET_PASSPHRASE_MAX);
        (void)raise((int)caught);
    }
    return good;
}

static int from_file(const char *file, char out[TACET_PASSPHRASE_MAX])
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct stat status;
    bool good;

    if (fd < 0) {
        return tacet_complain("cannot read the passphrase file '%s': %s", file, strerror(errno));
    }
    /* What is no file, a pipe say, is its writer's business. */
    if (fstat(fd, &status) != 0 ||
        (S_ISREG(status.st_mode) && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0)) {
        (void)close(fd);
        return tacet_complain("others may read the passphrase file '%s': take that right away "
                              "with: chmod 600 %s",
                              file, file);
    }
    good = read_line(fd, NULL, out);
    (void)close(fd);
    return good ? 0
                : tacet_complain("the passphrase file '%s' has no passphrase in its first line",
                                 file);
}

int tacet_passphrase_get(const char *file, bool twice, char out[TACET_PASSPHRASE_MAX])
{
    char again[TACET_PASSPHRASE_MAX];

    if (file != NULL) {
        return from_file(file, out);
    }
    if (!ask("passphrase: ", out)) {
        return tacet_complain("no passphrase was given");
    }
    if (twice) {
        bool same = ask("the same again: ", again) && strcmp(out, again) == 0;
        sodium_memzero(again, sizeof(again));
        if (!same) {
            return tacet_complain("the two passphrases differ: nothing was written, try again");
        }
    }
    return 0;
}
