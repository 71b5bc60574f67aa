/*
 * Calls over networks drawn at random, to find what nobody thought of:
 *
 *     swarm --seeds COUNT [--from SEED]     so many seeds: drawn, or from SEED on
 *     swarm --seed SEED                     one of them again, with what was drawn
 *
 * A seed draws a network, which kinds of faults there are and how wild, a call, and what happens to
 * it: outages both ways or one way, moves, spikes of delay, other networks, messages, mutes; keys
 * are renewed meanwhile and sound clocks drift. First safety: nothing crashes, nothing wrong is
 * shown, the words are equal, events come in an order that makes sense, messages come whole and in
 * order. Then the faults stop, and sound and pictures must flow both ways within 5 s; last, both
 * hang up.
 *
 * Each seed runs in a process of its own. What fails prints the command that replays it.
 */
#include "commit.h"
#include "sim/rng.h"
#include "swarm_plan.h"
#include "swarm_watch.h"
#include "tacet/random.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FLOW_WITHIN_US TACET_SECONDS(5)
#define FLOW_US TACET_SECONDS(2)
#define PATIENCE_S 300 /* of a process, before it counts as hanging */
#define TWICE_EACH 16  /* so often a seed is run twice */

struct run {
    const struct tacet_swarm_plan *plan;
    struct tacet_swarm_watch watch;
    struct tacet_harness *h;
    uint32_t moves;
};

static void set_links(struct run *run, const struct tacet_link_config link[2])
{
    for (int i = 0; i < 2; i++) {
        struct tacet_link *of = tacet_harness_link(run->h, (enum tacet_harness_party)i);
        bool down = of->config.down;
        of->config = link[i];
        of->config.down = down;
    }
}

static void set_down(struct run *run, unsigned sides, bool down)
{
    for (unsigned i = 0; i < 2; i++) {
        if ((sides >> i & 1) != 0) {
            tacet_harness_link(run->h, (enum tacet_harness_party)i)->config.down = down;
        }
    }
}

static void move(struct run *run, const struct tacet_swarm_act *act)
{
    struct tacet_path path = {
        .address = {
            .family = 4,
            .ip = { 203, 0, 113, (uint8_t)(act->party + 1) },
            .port = (uint16_t)(20000 + run->moves),
        },
    };

    run->moves++;
    tacet_harness_move(run->h, act->party, &path, act->lasts_us);
    if (act->told) {
        tacet_call_handle_network_change(tacet_harness_call(run->h, act->party),
                                         tacet_harness_clock(run->h));
    }
}

static void begin(struct run *run, const struct tacet_swarm_act *act)
{
    struct tacet_link_config link[2];

    switch (act->type) {
    case TACET_SWARM_OUTAGE:
        set_down(run, act->sides, true);
        break;
    case TACET_SWARM_NETWORK:
        set_links(run, act->link);
        break;
    case TACET_SWARM_SPIKE:
        for (int i = 0; i < 2; i++) {
            link[i] = tacet_harness_link(run->h, (enum tacet_harness_party)i)->config;
            link[i].delay_us += (act->sides >> i & 1) != 0 ? act->delay_us : 0;
        }
        set_links(run, link);
        break;
    case TACET_SWARM_MOVE:
        move(run, act);
        break;
    case TACET_SWARM_MESSAGE:
        tacet_swarm_send_message(&run->watch, run->h, act->party, act->size);
        break;
    case TACET_SWARM_MUTE:
        tacet_swarm_mute(&run->watch, run->h, act->party);
        break;
    case TACET_SWARM_ACT_TYPES:
        break;
    }
}

static void finish(struct run *run, const struct tacet_swarm_act *act)
{
    struct tacet_link_config link[2];

    if (act->type == TACET_SWARM_OUTAGE) {
        set_down(run, act->sides, false);
    } else if (act->type == TACET_SWARM_SPIKE) {
        for (int i = 0; i < 2; i++) {
            link[i] = tacet_harness_link(run->h, (enum tacet_harness_party)i)->config;
            link[i].delay_us -= (act->sides >> i & 1) != 0 ? act->delay_us : 0;
            link[i].delay_us = link[i].delay_us > 0 ? link[i].delay_us : 0;
        }
        set_links(run, link);
    }
}

/* What each party sends and sees, for who looks at one seed. */
static void tell_state(struct run *run)
{
    for (int i = 0; i < 2 && run->watch.tell; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        uint32_t peer = tacet_harness_peer(run->h, party);
        struct tacet_stats stats = { .size = sizeof(stats) };
        struct tacet_harness_moment seen;
        tacet_harness_moment(run->h, party, &seen);
        if (tacet_call_stats(tacet_harness_call(run->h, party), peer, &stats) == 0) {
            printf("%8.3f s %s: estimate %" PRId64 " kbit/s, target %d + %d kbit/s, RED %u, "
                   "%" PRIu64 " frames sent, %" PRIu64 " pictures seen\n",
                   (double)tacet_harness_now(run->h) / 1e6, i == 0 ? "caller" : "callee",
                   stats.path.available_outgoing_bitrate_bps / 1000,
                   (int)(stats.outbound[TACET_KIND_AUDIO].target_bitrate_bps / 1000),
                   (int)(stats.outbound[TACET_KIND_VIDEO].target_bitrate_bps / 1000),
                   (unsigned)stats.outbound[TACET_KIND_AUDIO].red_depth,
                   stats.outbound[TACET_KIND_VIDEO].frames_sent, seen.pictures_shown);
            (void)fflush(stdout);
        }
    }
}

/* On to `until_us`, with word of each second for who looks on. */
static void run_on(struct run *run, int64_t until_us)
{
    int64_t now = tacet_harness_now(run->h);

    while (now < until_us) {
        now = until_us - now > TACET_SECONDS(1) ? now + TACET_SECONDS(1) : until_us;
        tacet_harness_run(run->h, now);
        tell_state(run);
    }
}

/* Acts begin in their order, and what lasts ends before the next begins. */
static void run_faults(struct run *run)
{
    const struct tacet_swarm_plan *plan = run->plan;

    set_links(run, plan->faults_from_start ? plan->link : plan->fair);
    tacet_expect(tacet_harness_dial(run->h) == 0);
    if (!plan->faults_from_start) {
        run_on(run, TACET_SECONDS(3));
        tacet_swarm_expect_connected(&run->watch, run->h);
        set_links(run, plan->link);
    }
    for (size_t i = 0; i < plan->act_count; i++) {
        const struct tacet_swarm_act *act = &plan->acts[i];
        run_on(run, act->at_us);
        begin(run, act);
        if (act->type == TACET_SWARM_OUTAGE || act->type == TACET_SWARM_SPIKE) {
            run_on(run, act->at_us + act->lasts_us);
            finish(run, act);
        }
    }
    run_on(run, plan->faults_until_us);
    tacet_swarm_expect_safe(&run->watch, run->h);
}

/* A call that never came about while the network was bad may be dialled again. */
static void dial_again_if_ended(struct run *run)
{
    bool ended = run->watch.ended[0] || run->watch.ended[1];

    if (!ended) {
        return;
    }
    tacet_expect(run->plan->faults_from_start);
    tacet_expect(!run->watch.was_connected);
    /* The side that still believes in it is told. */
    for (int i = 0; i < 2; i++) {
        tacet_call_hangup(tacet_harness_call(run->h, (enum tacet_harness_party)i),
                          tacet_harness_clock(run->h));
    }
    /* One ring an identity each 5 s. */
    tacet_harness_run(run->h, tacet_harness_now(run->h) + TACET_SECONDS(8));
    tacet_swarm_watch_again(&run->watch);
    tacet_expect(tacet_harness_dial(run->h) == 0);
}

static void expect_flow(struct run *run)
{
    const struct tacet_swarm_plan *plan = run->plan;
    struct tacet_harness_result before[2], after[2];

    run_on(run, tacet_harness_now(run->h) + FLOW_WITHIN_US);
    tacet_swarm_expect_connected(&run->watch, run->h);
    for (int i = 0; i < 2; i++) {
        tacet_harness_result(run->h, (enum tacet_harness_party)i, &before[i]);
    }
    run_on(run, tacet_harness_now(run->h) + FLOW_US);
    for (int i = 0; i < 2; i++) {
        tacet_harness_result(run->h, (enum tacet_harness_party)i, &after[i]);
        uint64_t played = after[i].audio_played - before[i].audio_played;
        uint64_t concealed = after[i].audio_concealed - before[i].audio_concealed;
        uint64_t shown = after[i].pictures_shown - before[i].pictures_shown;
        tacet_expect(played >= 48000 * 3 / 2);
        tacet_expect(concealed * 10 <= played);
        /* An encoder that still believes in a narrow link may make fewer pictures. */
        tacet_expect(!plan->config.video || shown * 3 >= plan->config.fps * 2U);
    }
    tacet_swarm_expect_safe(&run->watch, run->h);
    tacet_swarm_expect_messages(&run->watch);
}

static void expect_goodbye(struct run *run)
{
    enum tacet_harness_party by = run->plan->hangup_by;

    tacet_call_hangup(tacet_harness_call(run->h, by), tacet_harness_clock(run->h));
    tacet_harness_run(run->h, tacet_harness_now(run->h) + TACET_SECONDS(5));
    for (int i = 0; i < 2; i++) {
        tacet_expect(run->watch.ended[i]);
        tacet_expect(run->watch.reason[i] == TACET_END_HANGUP);
        tacet_expect(tacet_harness_peer(run->h, (enum tacet_harness_party)i) == UINT32_MAX);
    }
}

static void run_once(uint64_t seed, bool tell, uint8_t ret_hash[32])
{
    struct tacet_swarm_plan plan;
    struct run run = { .plan = &plan };

    tacet_swarm_plan_draw(&plan, seed);
    run.watch.tell = tell;
    run.watch.rekey_interval_us = plan.rekey_interval_us;
    tacet_swarm_watch_init(&run.watch, &plan.config);
    tacet_expect(tacet_harness_create(&plan.config, &run.h) == 0);
    run_faults(&run);
    set_links(&run, plan.healed);
    set_down(&run, 3, false);
    dial_again_if_ended(&run);
    expect_flow(&run);
    expect_goodbye(&run);
    tacet_harness_hash(run.h, ret_hash);
    tacet_harness_free(&run.h);
}

static void run_seed(uint64_t seed, bool tell)
{
    uint8_t hash[2][32];

    run_once(seed, tell, hash[0]);
    if (seed % TWICE_EACH == 0) {
        run_once(seed, false, hash[1]);
        tacet_expect(memcmp(hash[0], hash[1], 32) == 0);
    }
}

/* Whether it went well; says how to run it again where not. */
static bool run_apart(uint64_t seed, bool tell)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        (void)alarm(PATIENCE_S);
        run_seed(seed, tell);
        _exit(0);
    }
    tacet_expect(child > 0);
    while (waitpid(child, &status, 0) < 0) {
        tacet_expect(errno == EINTR);
    }
    if (status != 0) {
        fprintf(stderr, "reproduce: swarm --seed %" PRIu64 " (commit %s)\n", seed, TACET_COMMIT);
    }
    return status == 0;
}

static uint64_t draw_seed(void)
{
    struct tacet_random random = tacet_random_system();
    uint32_t seed;

    random.fill(random.ctx, (uint8_t *)&seed, sizeof(seed));
    return seed;
}

static bool parse_number(const char *text, uint64_t *ret)
{
    char *end;

    errno = 0;
    *ret = text != NULL ? strtoull(text, &end, 10) : 0;
    return text != NULL && *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: swarm --seeds COUNT [--from SEED] | --seed SEED\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct tacet_swarm_plan plan;
    uint64_t count = 0, from = 0, seed = 0;
    bool one = false, fixed = false;
    uint64_t failed = 0;

    for (int i = 1; i < argc; i += 2) {
        bool known = strcmp(argv[i], "--seeds") == 0  ? parse_number(argv[i + 1], &count)
                     : strcmp(argv[i], "--from") == 0 ? (fixed = parse_number(argv[i + 1], &from))
                     : strcmp(argv[i], "--seed") == 0 ? (one = parse_number(argv[i + 1], &seed))
                                                      : false;
        if (!known) {
            return usage();
        }
    }
    if (one == (count > 0)) {
        return usage();
    }
    tacet_expect(tacet_init() == 0);
    if (one) {
        tacet_swarm_plan_draw(&plan, seed);
        tacet_swarm_plan_print(&plan);
        return run_apart(seed, true) ? 0 : 1;
    }
    for (uint64_t i = 0; i < count; i++) {
        failed += run_apart(fixed ? from + i : draw_seed(), false) ? 0 : 1;
    }
    printf("%" PRIu64 " seeds, %" PRIu64 " failed (commit %s)\n", count, failed, TACET_COMMIT);
    return failed == 0 ? 0 : 1;
}
