/*
 * Options of the command line. One table an option group drives both the parsing and the help;
 * what was understood lands in one struct.
 */
#ifndef TACET_TOOL_OPTIONS_H
#define TACET_TOOL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_POSITIONALS_MAX 2

#define TACET_TEXTS_MAX 16

/* What an option said each time that it was given. */
struct tacet_texts {
    const char *of[TACET_TEXTS_MAX];
    size_t count;
};

enum tacet_answer { TACET_ANSWER_ASK = 0, TACET_ANSWER_AUTO };

struct tacet_settings {
    /* identity */
    const char *identity;        /* NULL: the default file */
    const char *passphrase_file; /* NULL: $TACET_PASSPHRASE_FILE, or ask */
    bool no_passphrase;
    const char *name;
    const char *out;
    const char *trust; /* NULL: "trust" beside the identity */
    bool replace;
    /* listening */
    const char *bind;
    int calls; /* INT32_MAX: forever */
    bool open;
    int answer; /* enum tacet_answer */
    /* calls */
    int seconds;        /* 0: until hang-up */
    int rekey_interval; /* seconds */
    const char *audio_in;
    const char *audio_out;
    const char *video_in;
    const char *video_out;
    bool loop;
    int audio_kbps;
    int video_kbps;
    int profile; /* position among the choices of --profile; -1: the default */
    int require;
    const char *stats;
    const char *frame_log;
    /* benchmarks */
    int rounds; /* 0: as many as the benchmark thinks right */
    /* simulations: as text, since their numbers may be fractions, or two */
    const char *loss;
    const char *burst;
    const char *delay;
    const char *jitter;
    const char *reorder;
    const char *duplicate;
    const char *rate;
    const char *queue;
    const char *schedule;
    const char *preset;
    const char *seed;
    int codec; /* position among the choices of --codec */
    const char *html;
    /* certificates */
    const char *ca;          /* to be asked for a certificate: its public file */
    const char *crl;         /* where a CA's own list goes */
    struct tacet_texts cas;  /* public files of CAs that are trusted */
    struct tacet_texts crls; /* their revocation lists */
    bool strict_crl;
    const char *folder; /* of a CA; NULL: the default one */
    const char *suffix;
    const char *old_identity;
    bool rebind;
    int days; /* 0: the default of the command */
    /* everywhere */
    bool json;
    bool help;
    const char *positionals[TACET_POSITIONALS_MAX];
    size_t positional_count;
};

enum tacet_option_kind {
    TACET_OPTION_FLAG,   /* bool */
    TACET_OPTION_TEXT,   /* const char * */
    TACET_OPTION_TEXTS,  /* struct tacet_texts: may be given TACET_TEXTS_MAX times */
    TACET_OPTION_NUMBER, /* int, min to max; "forever" is INT32_MAX where max is INT32_MAX */
    TACET_OPTION_CHOICE  /* int: the position in `value`, a list of words between '|' */
};

struct tacet_option {
    const char *name;  /* "--seconds" */
    const char *value; /* "N"; NULL for flags */
    enum tacet_option_kind kind;
    size_t offset; /* into struct tacet_settings */
    int min;
    int max;
    const char *help;
};

/* How a command is called; `groups` ends with NULL, each group with an option without a name. */
struct tacet_usage {
    const char *command;    /* "tacet call" */
    const char *positional; /* "TICKET|ADDR:PORT", or "" */
    size_t positional_min;
    size_t positional_max;
    const char *about;
    const struct tacet_option *const *groups;
};

extern const struct tacet_option tacet_identity_options[];
extern const struct tacet_option tacet_listen_options[];
extern const struct tacet_option tacet_seconds_option[];
extern const struct tacet_option tacet_media_options[];
extern const struct tacet_option tacet_call_options[];
extern const struct tacet_option tacet_json_option[];

void tacet_settings_init(struct tacet_settings *settings);
/*
 * Parses what follows the command's name. 0, or TACET_EXIT_USAGE after one line on standard error.
 * With --help among the arguments it prints the help and sets settings->help.
 */
int tacet_options_parse(const struct tacet_usage *usage, int argc, char **argv,
                        struct tacet_settings *ret);

#endif
