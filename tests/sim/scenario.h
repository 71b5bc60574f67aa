/*
 * Scenarios: whole calls on virtual time, each a function of a seed. A failed expectation prints
 * where it stands, which command replays it, and ends the process.
 */
#ifndef TACET_TESTS_SIM_SCENARIO_H
#define TACET_TESTS_SIM_SCENARIO_H

#include "sim/harness.h"

#define TACET_SECONDS(n) ((int64_t)(n) * 1000000)
#define TACET_MILLIS(n)  ((int64_t)(n) * 1000)

struct tacet_scenario {
    const char *name;
    void (*run)(uint64_t seed);
};

/* One list a file: its end is a NULL name. */
extern const struct tacet_scenario tacet_scenarios_capacity[];
extern const struct tacet_scenario tacet_scenarios_disturbance[];
extern const struct tacet_scenario tacet_scenarios_feedback[];
extern const struct tacet_scenario tacet_scenarios_setup[];
extern const struct tacet_scenario tacet_scenarios_certificates[];
extern const struct tacet_scenario tacet_scenarios_handshake[];
extern const struct tacet_scenario tacet_scenarios_hostile[];
extern const struct tacet_scenario tacet_scenarios_keys_and_paths[];
extern const struct tacet_scenario tacet_scenarios_loss[];
extern const struct tacet_scenario tacet_scenarios_network[];
extern const struct tacet_scenario tacet_scenarios_playout[];
extern const struct tacet_scenario tacet_scenarios_privacy[];
extern const struct tacet_scenario tacet_scenarios_recovery[];
extern const struct tacet_scenario tacet_scenarios_resources[];
extern const struct tacet_scenario tacet_scenarios_sync[];

#define tacet_expect(condition) tacet_expect_at(condition, __FILE__, __LINE__, #condition)
void tacet_expect_at(bool held, const char *file, int line, const char *condition);
/* Lets a failure say which row of a table it was; "" for none. */
void tacet_scenario_row(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What happened to the two parties, kept by events. Its address is the harness's ctx. */
struct tacet_watch {
    char words[2][TACET_WORDS_MAX];
    enum tacet_end ended[2];   /* 0: not */
    bool ended_remote[2];
    int64_t at_us[2][TACET_EVENT_ENDED + 1]; /* of the last event of each type; -1: none */
    uint64_t media_packets[2]; /* RTP and RTCP sent by each */
    uint64_t packets[2];
    bool muted[2];             /* the last MEDIA that came */
    size_t message_size[2];    /* of the last message */
    bool message_right[2];     /* it was tacet_message_fill()'s */
    bool answer_by_hand;       /* set: nobody answers by itself */
    enum tacet_end decline;    /* set: declines at once with this reason */
    /* Further interest in packets: as the harness's own hook. */
    bool (*on_packet)(struct tacet_watch *watch, struct tacet_harness *h,
                      enum tacet_harness_party from, struct tacet_packet *packet);
    void *ctx;
};

/* Defaults, and the watch in its place. */
void tacet_watch_init(struct tacet_watch *watch, struct tacet_harness_config *config,
                      uint64_t seed);
/* Creates, dials; expects both to work. */
struct tacet_harness *tacet_watch_dial(const struct tacet_harness_config *config);
/* Expects that exactly one connection came about: one ring, the same words on both sides. */
void tacet_expect_one_call(struct tacet_harness *h, const struct tacet_watch *watch);
/* Runs on for two seconds and expects sound and pictures to come new and whole both ways. */
void tacet_expect_flow(struct tacet_harness *h);
/* Hangs up at `by` and expects both to end as they should. */
void tacet_expect_goodbye(struct tacet_harness *h, const struct tacet_watch *watch,
                          enum tacet_harness_party by);
uint64_t tacet_drops(struct tacet_harness *h, enum tacet_harness_party party,
                     enum tacet_drop reason);
/* The app's message of that size. */
void tacet_message_fill(uint8_t *data, size_t size);

#endif
