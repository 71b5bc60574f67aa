/* The tool `tacet`: finds the command and runs it. */
#include "command.h"
#include "report.h"

#include "../bench/bench.h"

#include "tacet/api.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct command {
    const char *name;
    const char *summary;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    { "bench", "measure what Tacet costs on this machine", tacet_cmd_bench },
    { "ca", "run a certificate authority: who has a name, and who no longer", tacet_cmd_ca },
    { "call", "call someone: tacet call TICKET", tacet_cmd_call },
    { "demo", "both sides of a call on this machine, to see and hear it work", tacet_cmd_demo },
    { "devices", "list microphones and speakers", tacet_cmd_devices },
    { "id", "make and show identities", tacet_cmd_id },
    { "listen", "wait for a call; prints the ticket that a caller needs", tacet_cmd_listen },
    { "sim", "a whole call over a simulated network, faster than real time", tacet_cmd_sim },
    { "version", "print the version", tacet_cmd_version },
};

static void print_help(void)
{
    (void)printf("tacet: end-to-end encrypted voice and video calls\n\n"
                 "usage: tacet COMMAND [options]\n\ncommands:\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        (void)printf("  %-9s %s\n", commands[i].name, commands[i].summary);
    }
    (void)printf("\n'tacet COMMAND --help' tells all about a command; 'tacet --version' prints "
                 "the version.\n"
                 "Exit status: 0 done, 1 a value that was given did not work, 2 the command line "
                 "cannot be understood.\n");
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    /* A reader of our output that goes away must not leave half a file behind. */
    (void)signal(SIGPIPE, SIG_IGN);

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help();
        return TACET_EXIT_OK;
    }
    if (strcmp(name, "--version") == 0) {
        return tacet_cmd_version(0, NULL);
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(name, commands[i].name) == 0) {
            if (tacet_init() != 0) {
                return tacet_complain("the cryptographic libraries do not start");
            }
            return commands[i].run(argc - 2, argv + 2);
        }
    }
    if (argc < 2) {
        return tacet_complain_usage("which command? (see tacet --help)");
    }
    return tacet_complain_usage("unknown command '%s' (see tacet --help)", name);
}
