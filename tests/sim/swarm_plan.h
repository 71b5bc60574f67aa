/* What a seed of the swarm draws: a call, its network, and what happens to it. */
#ifndef TACET_TESTS_SIM_SWARM_PLAN_H
#define TACET_TESTS_SIM_SWARM_PLAN_H

#include "scenario.h"

#define TACET_SWARM_ACTS_MAX 12

enum tacet_swarm_act_type {
    TACET_SWARM_OUTAGE = 0, /* nothing gets through from `sides` */
    TACET_SWARM_NETWORK,    /* another network */
    TACET_SWARM_SPIKE,      /* delay from `sides` grows, and falls again */
    TACET_SWARM_MOVE,       /* a party has another address; the old one lingers */
    TACET_SWARM_MESSAGE,
    TACET_SWARM_MUTE,       /* or no longer */
    TACET_SWARM_ACT_TYPES
};

struct tacet_swarm_act {
    enum tacet_swarm_act_type type;
    int64_t at_us;
    int64_t lasts_us;
    unsigned sides; /* bit 0: what the caller sends, bit 1: the callee */
    int64_t delay_us;
    struct tacet_link_config link[2];
    enum tacet_harness_party party;
    bool told; /* the machine noticed its move */
    size_t size;
};

struct tacet_swarm_plan {
    uint64_t seed;
    struct tacet_harness_config config; /* without hooks */
    int64_t rekey_interval_us;
    struct tacet_link_config fair[2];   /* until the call is answered, unless ... */
    bool faults_from_start;
    struct tacet_link_config link[2];
    struct tacet_link_config healed[2];
    struct tacet_swarm_act acts[TACET_SWARM_ACTS_MAX]; /* one after the other */
    size_t act_count;
    int64_t faults_until_us;
    enum tacet_harness_party hangup_by;
};

void tacet_swarm_plan_draw(struct tacet_swarm_plan *plan, uint64_t seed);
void tacet_swarm_plan_print(const struct tacet_swarm_plan *plan);

#endif
