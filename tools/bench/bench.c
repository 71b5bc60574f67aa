/*
 * tacet bench: finds the benchmark, runs it, and prints its rows as a table or as JSON with what
 * the figures depend on: the machine, the build, the settings.
 */
#include "bench.h"

#include "../tacet/report.h"
#include "benchmark.h"
#include "machine.h"
#include "tacet/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct tacet_benchmark *const benchmarks[] = {
    &tacet_benchmark_call,
    &tacet_benchmark_codec,
    &tacet_benchmark_handshake,
    &tacet_benchmark_srtp,
};
#define BENCHMARKS (sizeof(benchmarks) / sizeof(benchmarks[0]))

int tacet_bench_must(int result, const char *what)
{
    if (result < 0) {
        exit(tacet_complain("%s: %s", what, tacet_error_string(result)));
    }
    return result;
}

void *tacet_bench_alloc(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    (void)tacet_bench_must(memory != NULL ? 0 : TACET_ERR_NOMEM, "bench");
    return memory;
}

static void print_help(void)
{
    (void)printf("usage: tacet bench WHAT [options]\n\n"
                 "Measures what Tacet costs on this machine.\n\nwhat:\n");
    for (size_t i = 0; i < BENCHMARKS; i++) {
        const char *about = benchmarks[i]->usage.about;
        (void)printf("  %-9s %.*s\n", benchmarks[i]->name, (int)strcspn(about, "\n"), about);
    }
    (void)printf(
        "\n'tacet bench WHAT --help' tells all about one. With --json each prints one JSON "
        "object.\n");
}

static cJSON *describe(const struct tacet_benchmark *benchmark,
                       const struct tacet_settings *settings)
{
    cJSON *root = cJSON_CreateObject();

    (void)cJSON_AddStringToObject(root, "tacet", tacet_version());
    (void)cJSON_AddStringToObject(root, "bench", benchmark->name);
    (void)cJSON_AddItemToObject(root, "machine", tacet_machine_describe());
    cJSON *chosen = cJSON_AddObjectToObject(root, "settings");
    (void)cJSON_AddNumberToObject(chosen, "rounds", settings->rounds);
    if (benchmark->seconds > 0) {
        (void)cJSON_AddNumberToObject(chosen, "seconds", settings->seconds);
        (void)cJSON_AddStringToObject(chosen, "audioIn", settings->audio_in);
        (void)cJSON_AddStringToObject(chosen, "videoIn",
                                      settings->video_in != NULL ? settings->video_in : "testcard");
    }
    return root;
}

static void print_json(const cJSON *root)
{
    char *text = cJSON_PrintUnformatted(root);

    (void)tacet_bench_must(text != NULL ? 0 : TACET_ERR_NOMEM, "bench");
    (void)printf("%s\n", text);
    free(text);
}

static int run(const struct tacet_benchmark *benchmark, const struct tacet_settings *settings)
{
    cJSON *root = describe(benchmark, settings);

    cJSON *rows = cJSON_AddArrayToObject(root, "results");
    benchmark->run(settings, rows);
    tacet_live_line("");
    if (settings->json) {
        print_json(root);
    } else {
        (void)printf("tacet bench %s, tacet %s\n", benchmark->name, tacet_version());
        tacet_machine_print(cJSON_GetObjectItemCaseSensitive(root, "machine"));
        (void)printf("\n");
        tacet_table_print(rows, benchmark->columns);
        (void)printf("\n%s\n", benchmark->note);
    }
    cJSON_Delete(root);
    return TACET_EXIT_OK;
}

/* Sources that can be had again and again, the same each time. */
static int check_sources(const struct tacet_settings *settings)
{
    if (strncmp(settings->audio_in, "wav:", 4) != 0 && strcmp(settings->audio_in, "tone") != 0) {
        return tacet_complain_usage("--audio-in '%s': give wav:FILE or tone", settings->audio_in);
    }
    if (settings->video_in != NULL && strncmp(settings->video_in, "y4m:", 4) != 0 &&
        strcmp(settings->video_in, "testcard") != 0) {
        return tacet_complain_usage("--video-in '%s': give y4m:FILE or testcard",
                                    settings->video_in);
    }
    return 0;
}

int tacet_cmd_bench(int argc, char **argv)
{
    struct tacet_settings settings;
    const struct tacet_benchmark *benchmark = NULL;
    const char *name = argc > 0 ? argv[0] : "";

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
        print_help();
        return TACET_EXIT_OK;
    }
    for (size_t i = 0; i < BENCHMARKS; i++) {
        if (strcmp(name, benchmarks[i]->name) == 0) {
            benchmark = benchmarks[i];
        }
    }
    if (benchmark == NULL) {
        return argc == 0 ? tacet_complain_usage("bench what? (see tacet bench --help)")
                         : tacet_complain_usage("no benchmark '%s' (see tacet bench --help)", name);
    }
    int result = tacet_options_parse(&benchmark->usage, argc - 1, argv + 1, &settings);
    if (result != 0 || settings.help) {
        return result;
    }
    settings.rounds = settings.rounds > 0 ? settings.rounds : benchmark->rounds;
    settings.seconds = settings.seconds > 0 ? settings.seconds : benchmark->seconds;
    settings.audio_in = settings.audio_in != NULL ? settings.audio_in : "tone";
    result = check_sources(&settings);
    return result != 0 ? result : run(benchmark, &settings);
}
