/* See sim_options.h. The network's options are text for sim/link_text.h: options, presets and
 * schedules are read by the same code. */
#include "sim_options.h"

#include "report.h"
#include "sim/link_text.h"
#include "sim/preset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_SECONDS 30
#define DEFAULT_DELAY_US 20000
#define DEFAULT_QUEUE_US 200000
#define SEED_MAX ((INT64_C(1) << 53) - 1) /* what a number of JSON holds exactly */
#define SCHEDULE_SIZE_MAX (16 * 1024 * 1024)
#define ABOUT_MAX 4096
#define REAL 0 /* position in --codec */

#define FIELD(member) offsetof(struct tacet_settings, member)
/* clang-format off */
static const struct tacet_option sim_options[] = {
    { "--preset", "NAME", TACET_OPTION_TEXT, FIELD(preset), 0, 0,
      "a network by name, as listed above; the options below change it further" },
    { "--delay", "MS", TACET_OPTION_TEXT, FIELD(delay), 0, 0,
      "from one side to the other; default 20" },
    { "--jitter", "MS", TACET_OPTION_TEXT, FIELD(jitter), 0, 0,
      "the delay varies by as much either way, evenly, and a delay that would be less than nothing "
      "is none; packets stay in order; default 0" },
    { "--loss", "PERCENT", TACET_OPTION_TEXT, FIELD(loss), 0, 0,
      "packets lost at random; default 0" },
    { "--burst", "N", TACET_OPTION_TEXT, FIELD(burst), 0, 0,
      "they are lost in runs of N on average (Gilbert-Elliott); default 1: each by itself" },
    { "--reorder", "PERCENT", TACET_OPTION_TEXT, FIELD(reorder), 0, 0,
      "packets held back by the jitter and 20 ms, while others pass them; default 0" },
    { "--duplicate", "PERCENT", TACET_OPTION_TEXT, FIELD(duplicate), 0, 0,
      "packets that arrive twice; default 0" },
    { "--rate", "KBPS", TACET_OPTION_TEXT, FIELD(rate), 0, 0,
      "capacity, IP and UDP headers included; default 0: no limit" },
    { "--queue", "MS", TACET_OPTION_TEXT, FIELD(queue), 0, 0,
      "the longest wait in the queue before it, beyond which packets are dropped; default 200" },
    { "--schedule", "FILE", TACET_OPTION_TEXT, FIELD(schedule), 0, 0,
      "how the network changes: lines of a time in seconds and NAME=VALUE, names as above" },
    { "--seed", "N", TACET_OPTION_TEXT, FIELD(seed), 0, 0,
      "all chance is drawn from it: the same seed, the same call, the same hash; default 1" },
    { "--seconds", "N", TACET_OPTION_NUMBER, FIELD(seconds), 1, 86400 * 7,
      "how long, from dialling on; default 30" },
    { "--audio-in", "SOURCE", TACET_OPTION_TEXT, FIELD(audio_in), 0, 0,
      "wav:FILE (over and over), tone or silence; default tone" },
    { "--video-in", "SOURCE", TACET_OPTION_TEXT, FIELD(video_in), 0, 0,
      "y4m:FILE (over and over), testcard[:WxH@FPS] or none; default testcard" },
    { "--audio-bitrate", "KBPS", TACET_OPTION_NUMBER, FIELD(audio_kbps), 6, 510,
      "kbit/s; default 32" },
    { "--video-bitrate", "KBPS", TACET_OPTION_NUMBER, FIELD(video_kbps), 50, 50000,
      "kbit/s, all that video puts on the wire; default 1500" },
    { "--codec", "real|fake", TACET_OPTION_CHOICE, FIELD(codec), 0, 0,
      "Opus and VP8 (default), or a stand-in that codes nothing and costs next to nothing" },
    { "--report", "FILE.html", TACET_OPTION_TEXT, FIELD(html), 0, 0,
      "write a page with figures and plots over time" },
    { "--json", NULL, TACET_OPTION_FLAG, FIELD(json), 0, 0,
      "the last line of standard output is one JSON object" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};
/* clang-format on */

/* The settings of the network: which option sets which name of link_text.h. */
static const struct {
    const char *name;
    size_t offset;
} network[] = {
    { "loss", FIELD(loss) },     { "burst", FIELD(burst) },     { "delay", FIELD(delay) },
    { "jitter", FIELD(jitter) }, { "reorder", FIELD(reorder) }, { "duplicate", FIELD(duplicate) },
    { "rate", FIELD(rate) },     { "queue", FIELD(queue) },
};
#define NETWORK (sizeof(network) / sizeof(network[0]))

/* The text above the options, with the presets as they are. */
static const char *about(void)
{
    static char text[ABOUT_MAX];
    int at = snprintf(text, sizeof(text),
                      "Runs a whole call on virtual time over a simulated network, and tells how "
                      "well sound\nand pictures came through each way. A value for the network is "
                      "one for both ways, or\nA:B: A from caller to callee, B back.\n\npresets:\n");

    for (size_t i = 0; tacet_preset_at(i) != NULL; i++) {
        const struct tacet_preset *preset = tacet_preset_at(i);
        at += snprintf(text + at, sizeof(text) - (size_t)at, "  %-10s  %s\n              %s\n",
                       preset->name, preset->about, preset->settings);
    }
    return text;
}

static int apply_preset(struct tacet_sim_request *request)
{
    char why[TACET_LINK_WHY_MAX];
    const char *name = request->settings.preset;
    const struct tacet_preset *preset = name != NULL ? tacet_preset_find(name) : NULL;

    if (name == NULL) {
        return 0;
    }
    if (preset == NULL) {
        return tacet_complain_usage("no preset '%s': see tacet sim --help for those that are there",
                                    name);
    }
    return tacet_link_set_line(request->link, preset->settings, why) == 0
               ? 0
               : tacet_complain("the preset '%s' is broken: %s", name, why);
}

static int apply_network(struct tacet_sim_request *request)
{
    for (size_t i = 0; i < NETWORK; i++) {
        const char *value;
        memcpy(&value, (const char *)&request->settings + network[i].offset, sizeof(value));
        if (value != NULL && tacet_link_set(request->link, network[i].name, value) != 0) {
            return tacet_complain_usage("--%s '%s': give %s; two with ':' between for A:B",
                                        network[i].name, value, tacet_link_takes(network[i].name));
        }
    }
    return 0;
}

/* A whole file in memory of its own; NULL after one line. */
static char *read_text(const char *name, size_t *ret_size)
{
    FILE *file = fopen(name, "rb");
    char *text = malloc(SCHEDULE_SIZE_MAX + 1);

    if (file == NULL || text == NULL) {
        (void)tacet_complain("cannot read the schedule '%s': %s", name, strerror(errno));
    } else {
        errno = 0;
        *ret_size = fread(text, 1, SCHEDULE_SIZE_MAX + 1, file);
        if (ferror(file) == 0 && *ret_size <= SCHEDULE_SIZE_MAX) {
            (void)fclose(file);
            return text;
        }
        (void)tacet_complain("cannot read the schedule '%s': %s", name,
                             errno != 0 ? strerror(errno) : "it is larger than 16 MiB");
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    free(text);
    return NULL;
}

static int read_schedule(struct tacet_sim_request *request)
{
    char why[TACET_SCHEDULE_WHY_MAX];
    const char *name = request->settings.schedule;
    size_t size = 0;
    char *text = name != NULL ? read_text(name, &size) : NULL;
    int result = 0;

    if (name == NULL) {
        return 0;
    }
    if (text == NULL) {
        return TACET_EXIT_FAILED;
    }
    if (tacet_schedule_parse(text, size, request->link, &request->schedule, why) != 0) {
        result = tacet_complain("the schedule '%s' cannot be used: %s", name, why);
    }
    free(text);
    return result;
}

/* Only what is the same each time. */
static int check_sources(const struct tacet_settings *settings)
{
    const char *audio = settings->audio_in;

    if (strncmp(audio, "wav:", 4) != 0 && strcmp(audio, "tone") != 0 &&
        strcmp(audio, "silence") != 0) {
        return tacet_complain_usage("--audio-in '%s': give wav:FILE, tone or silence", audio);
    }
    return tacet_ends_check(settings);
}

static int open_sources(struct tacet_sim_request *request)
{
    int result = 0;

    for (int i = 0; i < 2 && result == 0; i++) {
        result = tacet_ends_open_sources(&request->settings, &request->ends[i]);
    }
    return result;
}

/* Before the simulation: a name that does not work should not cost minutes. */
static int open_report(struct tacet_sim_request *request)
{
    const char *name = request->settings.html;

    if (name == NULL) {
        return 0;
    }
    request->report = fopen(name, "wb");
    return request->report != NULL
               ? 0
               : tacet_complain("cannot write the report '%s': %s", name, strerror(errno));
}

static int parse_rest(struct tacet_sim_request *request)
{
    struct tacet_settings *settings = &request->settings;
    int64_t seed = 1;
    int result;

    settings->loop = true;
    settings->seconds = settings->seconds > 0 ? settings->seconds : DEFAULT_SECONDS;
    settings->audio_in = settings->audio_in != NULL ? settings->audio_in : "tone";
    settings->video_in = settings->video_in != NULL ? settings->video_in : "testcard";
    request->real_codecs = settings->codec == REAL;
    if (settings->seed != NULL &&
        !tacet_decimal_parse(settings->seed, strlen(settings->seed), 0, SEED_MAX, &seed)) {
        return tacet_complain_usage("--seed '%s': give a whole number, 0 to 2^53 - 1",
                                    settings->seed);
    }
    request->seed = (uint64_t)seed;
    result = check_sources(settings);
    result = result != 0 ? result : apply_preset(request);
    result = result != 0 ? result : apply_network(request);
    result = result != 0 ? result : read_schedule(request);
    result = result != 0 ? result : open_sources(request);
    return result != 0 ? result : open_report(request);
}

int tacet_sim_request_parse(int argc, char **argv, struct tacet_sim_request *ret)
{
    static const struct tacet_option *const groups[] = { sim_options, NULL };
    const struct tacet_usage usage = {
        .command = "tacet sim",
        .positional = "",
        .about = about(),
        .groups = groups,
    };
    const struct tacet_link_config link = { .delay_us = DEFAULT_DELAY_US,
                                            .queue_us = DEFAULT_QUEUE_US };

    *ret = (struct tacet_sim_request){ .link = { link, link }, .argc = argc, .argv = argv };
    int result = tacet_options_parse(&usage, argc, argv, &ret->settings);
    return result != 0 || ret->settings.help ? result : parse_rest(ret);
}

void tacet_sim_request_free(struct tacet_sim_request *request)
{
    if (request->report != NULL) {
        (void)fclose(request->report);
        request->report = NULL;
    }
    tacet_schedule_free(&request->schedule);
    tacet_ends_close(&request->ends[0]);
    tacet_ends_close(&request->ends[1]);
}
