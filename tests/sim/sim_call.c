/*
 * Runs scenarios by name:
 *
 *     sim_call NAME... [--seed N | --seeds COUNT]      fixed seeds, one seed, or so many drawn ones
 *     sim_call NAME... --few                           the first fixed seed, unless TACET_LONG is 1
 *     sim_call --list
 *     sim_call --hash [--seed N] [--real]              prints the hash of a fixed run
 *
 * Whatever fails, an expectation or an assertion of the engine, prints the command that replays it.
 */
#include "commit.h"
#include "scenario.h"
#include "tacet/random.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct tacet_scenario *const lists[] = {
    tacet_scenarios_setup,     tacet_scenarios_capacity,       tacet_scenarios_certificates,
    tacet_scenarios_handshake, tacet_scenarios_network,        tacet_scenarios_privacy,
    tacet_scenarios_resources, tacet_scenarios_keys_and_paths, tacet_scenarios_hostile,
    tacet_scenarios_feedback,  tacet_scenarios_playout,        tacet_scenarios_recovery,
    tacet_scenarios_sync,      tacet_scenarios_loss,           tacet_scenarios_disturbance,
};
#define LISTS (sizeof(lists) / sizeof(lists[0]))

/* Every run takes these; seeds that found something join them. */
static const uint64_t fixed_seeds[] = { 1, 8723, 20011 };
#define FIXED_SEEDS (sizeof(fixed_seeds) / sizeof(fixed_seeds[0]))

static char reproduce[256];

static void on_abort(int number)
{
    (void)number;
    fputs(reproduce, stderr);
}

static const struct tacet_scenario *find(const char *name)
{
    for (size_t i = 0; i < LISTS; i++) {
        for (const struct tacet_scenario *s = lists[i]; s->name != NULL; s++) {
            if (strcmp(s->name, name) == 0) {
                return s;
            }
        }
    }
    return NULL;
}

static void run(const struct tacet_scenario *scenario, uint64_t seed)
{
    (void)snprintf(reproduce, sizeof(reproduce),
                   "reproduce: sim_call %s --seed %" PRIu64 " (commit %s)\n", scenario->name, seed,
                   TACET_COMMIT);
    tacet_scenario_row("%s", "");
    scenario->run(seed);
    printf("ok %s --seed %" PRIu64 "\n", scenario->name, seed);
}

static uint64_t draw_seed(void)
{
    struct tacet_random random = tacet_random_system();
    uint32_t seed;

    random.fill(random.ctx, (uint8_t *)&seed, sizeof(seed));
    return seed;
}

/* Ten seconds over a bad network, as one number. */
static void print_hash(uint64_t seed, bool real)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;
    uint8_t hash[32];

    tacet_watch_init(&watch, &config, seed);
    config.real_codecs = real;
    for (int i = 0; i < 2; i++) {
        config.link[i].loss_permille = 50;
        config.link[i].jitter_us = TACET_MILLIS(15);
        config.link[i].duplicate_permille = 20;
        config.link[i].reorder_permille = 20;
    }
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(real ? 3 : 10));
    tacet_harness_hash(h, hash);
    tacet_harness_free(&h);
    for (size_t i = 0; i < sizeof(hash); i++) {
        printf("%02x", hash[i]);
    }
    printf("\n");
}

struct options {
    uint64_t seed;
    bool seed_given;
    uint64_t drawn; /* how many seeds to draw */
    bool few;
    bool hash;
    bool real;
    bool list;
};

static bool parse_number(const char *text, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = text != NULL ? strtoull(text, &end, 10) : 0;
    return text != NULL && *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

/* Takes the options out and moves the names up; returns how many, or -1. */
static int parse(int argc, char **argv, struct options *ret)
{
    int names = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0) {
            ret->seed_given = parse_number(argv[++i], &ret->seed);
            if (!ret->seed_given) {
                return -1;
            }
        } else if (strcmp(argv[i], "--seeds") == 0) {
            if (!parse_number(argv[++i], &ret->drawn)) {
                return -1;
            }
        } else if (strcmp(argv[i], "--few") == 0) {
            const char *given = getenv("TACET_LONG");
            ret->few = given == NULL || strcmp(given, "1") != 0;
        } else if (strcmp(argv[i], "--hash") == 0) {
            ret->hash = true;
        } else if (strcmp(argv[i], "--real") == 0) {
            ret->real = true;
        } else if (strcmp(argv[i], "--list") == 0) {
            ret->list = true;
        } else if (find(argv[i]) != NULL) {
            argv[names++] = argv[i];
        } else {
            return -1;
        }
    }
    return names;
}

static void run_all_seeds(const struct tacet_scenario *scenario, const struct options *options)
{
    if (options->seed_given) {
        run(scenario, options->seed);
        return;
    }
    size_t fixed = options->few ? 1 : FIXED_SEEDS;
    for (size_t i = 0; options->drawn == 0 && i < fixed; i++) {
        run(scenario, fixed_seeds[i]);
    }
    for (uint64_t i = 0; i < options->drawn; i++) {
        run(scenario, draw_seed());
    }
}

int main(int argc, char **argv)
{
    struct options options = { .seed = fixed_seeds[0] };
    int names = parse(argc, argv, &options);

    if (names < 0 || (names == 0 && !options.hash && !options.list)) {
        fprintf(stderr, "usage: sim_call NAME... [--seed N | --seeds COUNT | --few] | --hash | "
                        "--list\n");
        return 2;
    }
    (void)signal(SIGABRT, on_abort);
    tacet_expect(tacet_init() == 0);
    for (size_t i = 0; options.list && i < LISTS; i++) {
        for (const struct tacet_scenario *s = lists[i]; s->name != NULL; s++) {
            printf("%s\n", s->name);
        }
    }
    if (options.hash) {
        print_hash(options.seed, options.real);
    }
    for (int i = 0; i < names; i++) {
        run_all_seeds(find(argv[i]), &options);
    }
    return 0;
}
