/* What the swarm sees of a call, and what it may see. */
#ifndef TACET_TESTS_SIM_SWARM_WATCH_H
#define TACET_TESTS_SIM_SWARM_WATCH_H

#include "swarm_plan.h"

#define TACET_SWARM_MESSAGES_MAX TACET_SWARM_ACTS_MAX

struct tacet_swarm_watch {
    int64_t rekey_interval_us; /* set before _init, as is the next one */
    bool tell;                 /* print events as they come */
    /* of the dialling that counts */
    bool established[2], answered[2], ended[2];
    bool rang;                 /* at the callee */
    bool reconnecting[2];
    bool was_connected;        /* answered at both */
    enum tacet_end reason[2];
    uint32_t peer[2];
    char words[2][TACET_WORDS_MAX];
    uint32_t epoch[2];
    /* messages by who sent them */
    size_t sizes[2][TACET_SWARM_MESSAGES_MAX];
    size_t sent[2], received[2];
    bool muted[2], told_muted[2]; /* what each side is, and what the other was told of it */
};

/* Sets the config's hooks. */
void tacet_swarm_watch_init(struct tacet_swarm_watch *watch, struct tacet_harness_config *config);
/* The call that was watched is over; another begins. */
void tacet_swarm_watch_again(struct tacet_swarm_watch *watch);
/* Both ignore a party that is in no answered call. */
void tacet_swarm_send_message(struct tacet_swarm_watch *watch, struct tacet_harness *h,
                              enum tacet_harness_party from, size_t size);
void tacet_swarm_mute(struct tacet_swarm_watch *watch, struct tacet_harness *h,
                      enum tacet_harness_party party);
/* Nothing wrong was shown, the words are equal. */
void tacet_swarm_expect_safe(const struct tacet_swarm_watch *watch, struct tacet_harness *h);
/* Answered at both sides, ended at none. */
void tacet_swarm_expect_connected(const struct tacet_swarm_watch *watch, struct tacet_harness *h);
/* All that was said has arrived. */
void tacet_swarm_expect_messages(const struct tacet_swarm_watch *watch);

#endif
