/* tacet version, tacet --version. */
#include "command.h"
#include "options.h"

#include "tacet/api.h"

#include <stdio.h>

static const struct tacet_option *const groups[] = { NULL };
static const struct tacet_usage usage = {
    .command = "tacet version",
    .positional = "",
    .about = "Prints the version.",
    .groups = groups,
};

int tacet_cmd_version(int argc, char **argv)
{
    struct tacet_settings settings;
    int result = tacet_options_parse(&usage, argc, argv, &settings);

    if (result == 0 && !settings.help) {
        (void)printf("tacet %s\n", tacet_version());
    }
    return result;
}
