/*
 * The option tables and the one parser that reads them. Values are checked for form here; whether
 * a file or an address works is found out by who uses it.
 */
#include "options.h"

#include "report.h"

#include "tacet/ticket.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELD(member) offsetof(struct tacet_settings, member)
#define FLAG(name, member, help)                                                                   \
    {                                                                                              \
        name, NULL, TACET_OPTION_FLAG, FIELD(member), 0, 0, help                                   \
    }
#define TEXT(name, value, member, help)                                                            \
    {                                                                                              \
        name, value, TACET_OPTION_TEXT, FIELD(member), 0, 0, help                                  \
    }
#define TEXTS(name, value, member, help)                                                           \
    {                                                                                              \
        name, value, TACET_OPTION_TEXTS, FIELD(member), 0, 0, help                                 \
    }
#define NUMBER(name, value, member, min, max, help)                                                \
    {                                                                                              \
        name, value, TACET_OPTION_NUMBER, FIELD(member), min, max, help                            \
    }
#define CHOICE(name, value, member, help)                                                          \
    {                                                                                              \
        name, value, TACET_OPTION_CHOICE, FIELD(member), 0, 0, help                                \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL                                               \
    }

/* clang-format off */
const struct tacet_option tacet_identity_options[] = {
    TEXT("--identity", "FILE", identity,
         "your identity; default: identity in $XDG_CONFIG_HOME/tacet or ~/.config/tacet, made at "
         "first use"),
    TEXT("--passphrase-file", "FILE", passphrase_file,
         "its first line opens the identity; default: $TACET_PASSPHRASE_FILE, or asked for on a "
         "terminal"),
    TEXT("--trust", "FILE", trust, "your contacts; default: trust, beside the identity"),
    END,
};

const struct tacet_option tacet_listen_options[] = {
    TEXT("--bind", "ADDR:PORT", bind,
         "the local address; default: every address, with a port that the system chooses"),
    NUMBER("--calls", "N|forever", calls, 1, INT32_MAX, "how many calls to serve; default 1"),
    FLAG("--open", open,
         "also take calls from who knows only the address: scanners then learn your identity"),
    CHOICE("--answer", "ask|auto", answer,
           "ask on the terminal (default), or answer at once"),
    END,
};

const struct tacet_option tacet_seconds_option[] = {
    NUMBER("--seconds", "N", seconds, 1, 86400 * 7,
           "length of the call from the moment it is answered; default: until hang-up"),
    END,
};

const struct tacet_option tacet_media_options[] = {
    TEXT("--audio-in", "SOURCE", audio_in, "mic[:NAME], wav:FILE, tone or silence"),
    TEXT("--video-in", "SOURCE", video_in, "y4m:FILE, testcard[:WxH@FPS] or none"),
    FLAG("--loop", loop,
         "files start over at their end; otherwise silence and the last picture follow"),
    NUMBER("--audio-bitrate", "KBPS", audio_kbps, 6, 510, "kbit/s; default 32"),
    NUMBER("--video-bitrate", "KBPS", video_kbps, 50, 50000,
           "kbit/s, all that video puts on the wire; default 1500"),
    CHOICE("--profile", "AEAD_AES_256_GCM|AEAD_AES_128_GCM|AES_CM_128_HMAC_SHA1_80", profile,
           "allow this SRTP profile only; default: the two GCM ones, 256 first"),
    NUMBER("--rekey-interval", "S", rekey_interval, 10, 86400,
           "new keys so often, in seconds; the caller's counts; default 120"),
    END,
};

const struct tacet_option tacet_call_options[] = {
    TEXT("--audio-out", "SINK", audio_out,
         "speaker[:NAME], wav:FILE (48 kHz mono, from the answer on) or null"),
    TEXT("--video-out", "SINK", video_out, "y4m:FILE or null"),
    CHOICE("--require", "any|pin|certificate|words", require,
           "how far the other side's identity must be established; default any"),
    TEXTS("--ca", "FILE", cas,
          "trust the certificates of this CA: its public file, as tacet ca export writes it; may "
          "be given again for another CA"),
    TEXTS("--crl", "FILE", crls,
          "refuse who is on this revocation list of one of those CAs; may be given again. A "
          "list older than one that was used before is refused"),
    FLAG("--strict-crl", strict_crl, "take no call while such a list is out of date"),
    TEXT("--stats", "FILE", stats, "one JSON object a second, with the names of W3C webrtc-stats"),
    TEXT("--frame-log", "FILE", frame_log,
         "CSV: every packet of sound and picture captured, sent, shown, played"),
    END,
};

const struct tacet_option tacet_json_option[] = {
    FLAG("--json", json, "the last line of standard output is one JSON object"),
    END,
};
/* clang-format on */

static void *field_of(struct tacet_settings *settings, const struct tacet_option *option)
{
    return (char *)settings + option->offset;
}

static bool set_number(const struct tacet_option *option, const char *text, int *ret)
{
    char *end = NULL;
    long value;

    if (option->max == INT32_MAX && strcmp(text, "forever") == 0) {
        *ret = INT32_MAX;
        return true;
    }
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    value = strtol(text, &end, 10);
    if (*end != '\0' || value < option->min || value > option->max) {
        return false;
    }
    *ret = (int)value;
    return true;
}

static bool set_choice(const struct tacet_option *option, const char *text, int *ret)
{
    const char *word = option->value;

    for (int i = 0;; i++) {
        size_t size = strcspn(word, "|");
        if (strlen(text) == size && memcmp(text, word, size) == 0) {
            *ret = i;
            return true;
        }
        if (word[size] == '\0') {
            return false;
        }
        word += size + 1;
    }
}

static int add_text(const struct tacet_usage *usage, const struct tacet_option *option,
                    const char *text, struct tacet_texts *texts)
{
    if (text[0] == '\0') {
        return tacet_complain_usage("%s needs a value, %s (see %s --help)", option->name,
                                    option->value, usage->command);
    }
    if (texts->count == TACET_TEXTS_MAX) {
        return tacet_complain_usage("%s can be given %d times at most", option->name,
                                    TACET_TEXTS_MAX);
    }
    texts->of[texts->count++] = text;
    return 0;
}

/* 0, or TACET_EXIT_USAGE after a line that says what the option takes. */
static int set_value(const struct tacet_usage *usage, const struct tacet_option *option,
                     const char *text, struct tacet_settings *settings)
{
    void *field = field_of(settings, option);

    switch (option->kind) {
    case TACET_OPTION_FLAG:
        *(bool *)field = true;
        return 0;
    case TACET_OPTION_TEXT:
        *(const char **)field = text;
        return text[0] != '\0' ? 0
                               : tacet_complain_usage("%s needs a value, %s (see %s --help)",
                                                      option->name, option->value, usage->command);
    case TACET_OPTION_TEXTS:
        return add_text(usage, option, text, field);
    case TACET_OPTION_NUMBER:
        if (!set_number(option, text, field)) {
            return option->max == INT32_MAX
                       ? tacet_complain_usage("%s '%s': give a whole number from %d, or forever",
                                              option->name, text, option->min)
                       : tacet_complain_usage("%s '%s': give a whole number, %d to %d",
                                              option->name, text, option->min, option->max);
        }
        return 0;
    case TACET_OPTION_CHOICE:
        return set_choice(option, text, field)
                   ? 0
                   : tacet_complain_usage("%s '%s': give one of %s", option->name, text,
                                          option->value);
    }
    return TACET_EXIT_USAGE;
}

static const struct tacet_option *find(const struct tacet_usage *usage, const char *name,
                                       size_t size)
{
    for (const struct tacet_option *const *group = usage->groups; *group != NULL; group++) {
        for (const struct tacet_option *option = *group; option->name != NULL; option++) {
            if (strlen(option->name) == size && memcmp(option->name, name, size) == 0) {
                return option;
            }
        }
    }
    return NULL;
}

/* Breaks `text` into lines of at most 62 columns, each behind 8 blanks. */
static void print_wrapped(const char *text)
{
    while (*text != '\0') {
        size_t size = strlen(text);
        if (size > 62) {
            size = 62;
            while (size > 0 && text[size] != ' ') {
                size--;
            }
        }
        (void)printf("        %.*s\n", (int)size, text);
        text += size;
        text += strspn(text, " ");
    }
}

static void print_help(const struct tacet_usage *usage)
{
    bool any = usage->groups[0] != NULL;

    (void)printf("usage: %s%s%s%s\n\n%s\n", usage->command, usage->positional[0] ? " " : "",
                 usage->positional, any ? " [options]" : "", usage->about);
    (void)printf("\noptions:\n");
    for (const struct tacet_option *const *group = usage->groups; *group != NULL; group++) {
        for (const struct tacet_option *option = *group; option->name != NULL; option++) {
            (void)printf("  %s%s%s\n", option->name, option->value != NULL ? " " : "",
                         option->value != NULL ? option->value : "");
            print_wrapped(option->help);
        }
    }
    (void)printf("  --help\n        this text\n");
}

void tacet_settings_init(struct tacet_settings *settings)
{
    *settings = (struct tacet_settings){
        .calls = 1,
        .answer = TACET_ANSWER_ASK,
        .audio_kbps = 32,
        .video_kbps = 1500,
        .profile = -1,
        .rekey_interval = 120,
    };
}

/* One "--option", "--option VALUE" or "--option=VALUE"; moves *at past what it used. */
static int parse_option(const struct tacet_usage *usage, int argc, char **argv, int *at,
                        struct tacet_settings *settings)
{
    const char *argument = argv[*at];
    size_t size = strcspn(argument, "=");
    const struct tacet_option *option = find(usage, argument, size);
    const char *value = argument[size] == '=' ? argument + size + 1 : NULL;

    if (option == NULL) {
        return tacet_complain_usage("unknown option '%.*s' (see %s --help)", (int)size, argument,
                                    usage->command);
    }
    if (option->kind == TACET_OPTION_FLAG) {
        if (value != NULL) {
            return tacet_complain_usage("%s takes no value (see %s --help)", option->name,
                                        usage->command);
        }
    } else if (value == NULL) {
        if (*at + 1 == argc) {
            return tacet_complain_usage("%s needs a value, %s (see %s --help)", option->name,
                                        option->value, usage->command);
        }
        value = argv[++*at];
    }
    return set_value(usage, option, value, settings);
}

/* A key in base64url may begin with '-', or with two. */
static bool is_option(const char *argument)
{
    uint8_t key[TACET_KEY_SIZE];

    return argument[0] == '-' && argument[1] != '\0' && tacet_key_parse(argument, key) != 0;
}

int tacet_options_parse(const struct tacet_usage *usage, int argc, char **argv,
                        struct tacet_settings *ret)
{
    struct tacet_settings settings;
    bool options_over = false;

    tacet_settings_init(&settings);
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(usage);
            settings.help = true;
            *ret = settings;
            return 0;
        }
    }
    for (int i = 0; i < argc; i++) {
        if (!options_over && strcmp(argv[i], "--") == 0) {
            options_over = true;
        } else if (!options_over && is_option(argv[i])) {
            int result = parse_option(usage, argc, argv, &i, &settings);
            if (result != 0) {
                return result;
            }
        } else if (settings.positional_count == usage->positional_max) {
            return tacet_complain_usage("one argument too many, '%s' (see %s --help)", argv[i],
                                        usage->command);
        } else {
            settings.positionals[settings.positional_count++] = argv[i];
        }
    }
    if (settings.positional_count < usage->positional_min) {
        return tacet_complain_usage("%s is missing (see %s --help)", usage->positional,
                                    usage->command);
    }
    *ret = settings;
    return 0;
}
