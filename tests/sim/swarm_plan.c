/*
 * See swarm_plan.h. Each kind of fault is off in half of the plans: many faults at once hide what
 * one of them alone would show.
 */
#include "swarm_plan.h"

#include "sim/rng.h"

#include <inttypes.h>
#include <stdio.h>

#define PLAN_STREAM 1000 /* the call's own chance is drawn from low streams */
#define OUTAGES_MAX 4    /* of a call, so that silence stays well below the 30 s that end it */

/* first..last, both included. */
static int64_t draw(struct tacet_rng *rng, int64_t first, int64_t last)
{
    return first + (int64_t)tacet_rng_below(rng, (uint64_t)(last - first) + 1);
}

static bool chance(struct tacet_rng *rng, int32_t percent)
{
    return tacet_rng_permille(rng, percent * 10);
}

/* As often small as large. */
static int64_t draw_scale(struct tacet_rng *rng, int64_t least, int doublings)
{
    int64_t value = least << draw(rng, 0, doublings - 1);

    return value + draw(rng, 0, value);
}

static void draw_link(struct tacet_rng *rng, struct tacet_link_config *ret)
{
    *ret = (struct tacet_link_config){ .delay_us = draw_scale(rng, 1000, 8) };
    ret->jitter_us = chance(rng, 50) ? draw_scale(rng, 1000, 6) : 0;
    ret->loss_permille = chance(rng, 50) ? (int32_t)draw_scale(rng, 5, 6) : 0;
    ret->burst = chance(rng, 50) ? (int32_t)draw(rng, 2, 8) : 1;
    ret->reorder_permille = chance(rng, 30) ? (int32_t)draw(rng, 1, 200) : 0;
    ret->duplicate_permille = chance(rng, 30) ? (int32_t)draw(rng, 1, 300) : 0;
    ret->rate_bps = chance(rng, 40) ? draw_scale(rng, 100000, 6) : 0;
    ret->queue_us = draw_scale(rng, 20000, 5);
}

static void draw_links(struct tacet_rng *rng, struct tacet_link_config link[2])
{
    draw_link(rng, &link[0]);
    draw_link(rng, &link[1]);
    if (chance(rng, 50)) {
        link[1] = link[0];
    }
}

static void draw_call(struct tacet_rng *rng, struct tacet_swarm_plan *plan)
{
    static const uint16_t formats[][3] = {
        { 160, 96, 10 }, { 320, 180, 25 }, { 320, 180, 30 }, { 640, 360, 30 }, { 1280, 720, 30 },
    };
    struct tacet_harness_config *config = &plan->config;
    const uint16_t *format = formats[tacet_rng_below(rng, sizeof(formats) / sizeof(formats[0]))];

    tacet_harness_config_init(config);
    config->seed = plan->seed;
    config->real_codecs = chance(rng, 3);
    format = config->real_codecs ? formats[0] : format;
    config->width = format[0];
    config->height = format[1];
    config->fps = format[2];
    config->video = chance(rng, 85);
    config->video_bitrate_bps = (int32_t)draw_scale(rng, 100000, 5);
    config->audio_bitrate_bps = (int32_t)draw(rng, 16000, 64000);
    for (int i = 0; i < 2; i++) {
        config->audio_clock_ppm[i] = chance(rng, 30) ? (int32_t)draw(rng, -300, 300) : 0;
    }
    plan->rekey_interval_us = chance(rng, 50) ? TACET_SECONDS(draw(rng, 10, 30)) : 0;
}

static void draw_act(struct tacet_rng *rng, enum tacet_harness_party mover,
                     struct tacet_swarm_act *act)
{
    act->type = (enum tacet_swarm_act_type)tacet_rng_below(rng, TACET_SWARM_ACT_TYPES);
    act->sides = (unsigned)draw(rng, 1, 3);
    act->party = (enum tacet_harness_party)draw(rng, 0, 1);
    act->told = chance(rng, 50);
    act->size = (size_t)draw_scale(rng, 1, 14);
    act->delay_us = draw_scale(rng, 50000, 5);
    draw_links(rng, act->link);
    act->lasts_us = draw_scale(rng, 50000, 6);
    if (act->type == TACET_SWARM_MOVE) {
        /* Two who move before they have heard of each other cannot find each other again. */
        act->party = mover;
        act->lasts_us = chance(rng, 50) ? 0 : TACET_SECONDS(1);
    }
}

static void draw_acts(struct tacet_rng *rng, struct tacet_swarm_plan *plan)
{
    enum tacet_harness_party mover = (enum tacet_harness_party)draw(rng, 0, 1);
    size_t count = (size_t)draw(rng, 0, TACET_SWARM_ACTS_MAX);
    int64_t at_us = plan->faults_from_start ? 0 : TACET_SECONDS(3);
    int outages = 0;

    while (plan->act_count < count) {
        struct tacet_swarm_act act;
        draw_act(rng, mover, &act);
        at_us += draw_scale(rng, 20000, 8);
        act.at_us = at_us;
        /* Who moves amid the handshake is not found (its messages belong to one path) and has to
         * dial again. */
        if (act.type == TACET_SWARM_MOVE && plan->faults_from_start) {
            continue;
        }
        if (act.type == TACET_SWARM_OUTAGE && ++outages > OUTAGES_MAX) {
            continue;
        }
        at_us += act.lasts_us;
        plan->acts[plan->act_count++] = act;
    }
    plan->faults_until_us = at_us + TACET_SECONDS(draw(rng, 2, 20));
}

void tacet_swarm_plan_draw(struct tacet_swarm_plan *plan, uint64_t seed)
{
    struct tacet_rng rng;

    *plan = (struct tacet_swarm_plan){ .seed = seed };
    tacet_rng_seed(&rng, seed, PLAN_STREAM);
    draw_call(&rng, plan);
    draw_links(&rng, plan->link);
    plan->faults_from_start = chance(&rng, 30);
    for (int i = 0; i < 2; i++) {
        plan->fair[i] = (struct tacet_link_config){ .delay_us = draw(&rng, 1000, 150000) };
        plan->healed[i] = (struct tacet_link_config){ .delay_us = draw(&rng, 1000, 100000) };
    }
    draw_acts(&rng, plan);
    plan->hangup_by = (enum tacet_harness_party)draw(&rng, 0, 1);
}

static void print_link(const char *what, const struct tacet_link_config *link)
{
    printf("  %-8s delay=%g jitter=%g loss=%g burst=%d reorder=%g duplicate=%g rate=%g queue=%g\n",
           what, (double)link->delay_us / 1e3, (double)link->jitter_us / 1e3,
           link->loss_permille / 10.0, (int)link->burst, link->reorder_permille / 10.0,
           link->duplicate_permille / 10.0, (double)link->rate_bps / 1e3,
           (double)link->queue_us / 1e3);
}

void tacet_swarm_plan_print(const struct tacet_swarm_plan *plan)
{
    static const char *const acts[] = { "outage", "network", "spike", "move", "message", "mute" };
    static const char *const sides[] = { "", "caller's way", "callee's way", "both ways" };
    static const char *const parties[] = { "caller", "callee" };
    const struct tacet_harness_config *config = &plan->config;

    _Static_assert(sizeof(acts) / sizeof(acts[0]) == TACET_SWARM_ACT_TYPES, "one name each");
    printf("seed %" PRIu64 ": %s codecs, sound %d bit/s, video %s %ux%u@%u %d bit/s, clocks %d %d "
           "ppm, keys each %g s\n",
           plan->seed, config->real_codecs ? "real" : "fake", (int)config->audio_bitrate_bps,
           config->video ? "on" : "off", config->width, config->height, config->fps,
           (int)config->video_bitrate_bps, (int)config->audio_clock_ppm[0],
           (int)config->audio_clock_ppm[1], (double)plan->rekey_interval_us / 1e6);
    printf("faults %s, until %g s\n", plan->faults_from_start ? "from the start" : "from 3 s on",
           (double)plan->faults_until_us / 1e6);
    print_link("caller", &plan->link[0]);
    print_link("callee", &plan->link[1]);
    for (size_t i = 0; i < plan->act_count; i++) {
        const struct tacet_swarm_act *act = &plan->acts[i];
        printf("%8.3f s %-8s for %.3f s: %s, by %s%s, +%g ms, %zu bytes\n",
               (double)act->at_us / 1e6, acts[act->type], (double)act->lasts_us / 1e6,
               sides[act->sides], parties[act->party], act->told ? " who noticed" : "",
               (double)act->delay_us / 1e3, act->size);
        if (act->type == TACET_SWARM_NETWORK) {
            print_link("caller", &act->link[0]);
            print_link("callee", &act->link[1]);
        }
    }
    (void)fflush(stdout);
}
