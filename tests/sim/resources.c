/* Memory and repeatability: what a call takes, and that it does the same again. */
#include "base/alloc.h"
#include "scenario.h"

#include <string.h>

static void run_and_hash(uint64_t seed, bool real, uint8_t out[32])
{
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    config.real_codecs = real;
    for (int i = 0; i < 2; i++) {
        config.link[i].loss_permille = 100;
        config.link[i].jitter_us = TACET_MILLIS(20);
        config.link[i].reorder_permille = 50;
        config.link[i].duplicate_permille = 50;
    }
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(real ? 3 : 15));
    tacet_harness_hash(h, out);
    tacet_harness_free(&h);
}

static void same_seed_gives_the_same_hash(uint64_t seed)
{
    for (int real = 0; real < 2; real++) {
        uint8_t first[32], again[32], other[32];
        run_and_hash(seed, real == 1, first);
        run_and_hash(seed, real == 1, again);
        run_and_hash(seed + 1, real == 1, other);
        tacet_expect(memcmp(first, again, sizeof(first)) == 0);
        tacet_expect(memcmp(first, other, sizeof(first)) != 0);
    }
}

static void connected_call_allocates_nothing(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    config.link[0].loss_permille = 50;
    config.link[1].loss_permille = 50;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(6));
    tacet_expect_one_call(h, &watch);
    /* The first pictures have been decoded: the size is known. */
    unsigned long before = tacet_alloc_count();
    tacet_harness_run(h, TACET_SECONDS(40));
    tacet_expect(tacet_alloc_count() == before);
    tacet_expect(before > 0);
    tacet_harness_free(&h);
}

static void failed_allocations_leave_nothing(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;
    struct tacet_harness *h = NULL;
    long failures = 0;

    tacet_watch_init(&watch, &config, seed);
    for (int error = TACET_ERR_NOMEM; error != 0; failures++) {
        tacet_scenario_row("allocation %ld fails", failures);
        long live = tacet_alloc_live();
        tacet_alloc_fail_after(failures);
        error = tacet_harness_create(&config, &h);
        tacet_alloc_fail_after(-1);
        if (error != 0) {
            tacet_expect(error == TACET_ERR_NOMEM);
            tacet_expect(h == NULL);
            tacet_expect(tacet_alloc_live() == live);
        }
    }
    /* Two calls, two codecs and receivers each: it did fail often before it worked. */
    tacet_expect(failures > 10);
    tacet_harness_free(&h);
}

static void ended_calls_leave_nothing(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;
    long live = tacet_alloc_live();

    tacet_watch_init(&watch, &config, seed);
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(3));
    tacet_expect(tacet_alloc_live() > live);
    /* In the middle of the call. */
    tacet_harness_free(&h);
    tacet_expect(tacet_alloc_live() == live);
}

/* While connected, every allocation fails: the call must not need one. */
static void connected_call_survives_without_memory(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;

    tacet_watch_init(&watch, &config, seed);
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(3));
    tacet_expect_one_call(h, &watch);
    tacet_alloc_fail_after(0);
    tacet_harness_run(h, TACET_SECONDS(20));
    tacet_expect_flow(h);
    tacet_expect_goodbye(h, &watch, TACET_CALLER);
    tacet_alloc_fail_after(-1);
    tacet_harness_free(&h);
}

const struct tacet_scenario tacet_scenarios_resources[] = {
    { "same_seed_gives_the_same_hash", same_seed_gives_the_same_hash },
    { "connected_call_allocates_nothing", connected_call_allocates_nothing },
    { "failed_allocations_leave_nothing", failed_allocations_leave_nothing },
    { "ended_calls_leave_nothing", ended_calls_leave_nothing },
    { "connected_call_survives_without_memory", connected_call_survives_without_memory },
    { NULL, NULL },
};
