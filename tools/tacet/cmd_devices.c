/* tacet devices: the microphones and speakers that --audio-in and --audio-out can name. */
#include "command.h"
#include "options.h"
#include "report.h"

#include "tacet/audio.h"
#include "tacet/error.h"

#include <stdio.h>

#define DEVICES_MAX 64

static const struct tacet_option *const groups[] = { NULL };
static const struct tacet_usage usage = {
    .command = "tacet devices",
    .positional = "",
    .about = "Lists microphones and speakers, one a line: mic:NAME for --audio-in,\n"
             "speaker:NAME for --audio-out. A part of the name is enough there.",
    .groups = groups,
};

static void print_device(const char *what, const char *name, bool is_default)
{
    (void)printf("%s:%s%s\n", what, name, is_default ? "  (default)" : "");
}

int tacet_cmd_devices(int argc, char **argv)
{
    struct tacet_audio_device_info devices[DEVICES_MAX];
    struct tacet_settings settings;
    int count;
    int result = tacet_options_parse(&usage, argc, argv, &settings);

    if (result != 0 || settings.help) {
        return result;
    }
    count = tacet_audio_devices(devices, DEVICES_MAX);
    if (count < 0) {
        return tacet_complain("cannot list the sound devices: %s", tacet_error_string(count));
    }
    for (int i = 0; i < count; i++) {
        if (devices[i].inputs > 0) {
            print_device("mic", devices[i].name, devices[i].default_input);
        }
    }
    for (int i = 0; i < count; i++) {
        if (devices[i].outputs > 0) {
            print_device("speaker", devices[i].name, devices[i].default_output);
        }
    }
    if (count == 0) {
        tacet_progress("no sound devices here: calls can use --audio-in tone, silence or wav:FILE, "
                       "and --audio-out wav:FILE or null");
    }
    return TACET_EXIT_OK;
}
