/*
 * What the parts of the laboratory share: a flow, its packets, and what is written down of it. For
 * bwe_lab*.c only; tests include bwe_lab.h.
 */
#ifndef TACET_TESTS_BWE_LAB_FLOW_H
#define TACET_TESTS_BWE_LAB_FLOW_H

#include "bwe_lab.h"

#include "base/limits.h"
#include "sim/world.h"

#define LAB_TICK_US TACET_MS(100)
#define LAB_TICKS (LAB_SECONDS_MAX * 10)
#define LAB_PACKETS 4096 /* in flight or waiting, at most, of a flow */
#define LAB_FRAMES_MAX (LAB_SECONDS_MAX * 60)
#define LAB_UDP_BYTES 28

struct lab_packet {
    int64_t sent_at_us;
    int64_t arrived_at_us;
    uint32_t size;
    uint32_t frame;
    uint8_t probe;
    bool arrived;
    bool gone; /* will never arrive */
    bool frame_end;
};

struct lab_waiting {
    uint32_t size;
    uint32_t frame;
    bool end;
};

struct lab_frame {
    int64_t captured_at_us;
    int64_t complete_at_us;
};

struct lab_flow {
    struct lab *lab;
    int index;
    struct lab_flow_config config;
    struct tacet_link way, back;
    struct tacet_bwe bwe;
    struct tacet_pacer pacer;
    struct tacet_rng rng;
    struct lab_packet packets[LAB_PACKETS];
    uint64_t next_seq;
    int64_t sent_at_us; /* the last packet */
    uint64_t reported;  /* below it everything is told */
    uint64_t highest;   /* arrived; one above */
    struct lab_waiting waiting[LAB_PACKETS];
    uint64_t head, tail;
    size_t waiting_bytes;
    bool pump_set;
    int64_t pump_at_us;
    struct lab_frame *frames;
    uint32_t frame_count;
    int64_t sent[LAB_TICKS], passed[LAB_TICKS], estimate[LAB_TICKS], target[LAB_TICKS],
        queue[LAB_TICKS];
    uint32_t count[LAB_TICKS], lost[LAB_TICKS];
    struct tacet_packet_result results[LAB_PACKETS];
    /* TCP (bwe_lab_tcp.c) */
    int64_t transfer_left; /* packets */
    bool resting;
    double window, window_max, threshold;
    int64_t epoch_us, reduced_at_us;
    uint64_t acked; /* below it all is acknowledged or given up */
    uint64_t ack_highest;
    int64_t in_flight;
    int64_t last_ack_us;
    int64_t round_trip_us; /* of the packet acknowledged last */
};

struct lab {
    struct lab_config config;
    struct tacet_world *world;
    struct tacet_link bottlenecks[LAB_BOTTLENECKS];
    struct lab_flow *flows[LAB_FLOWS];
};

/* Calls it then. */
void lab_at(struct lab *lab, int64_t when, tacet_world_fn *fn, void *ctx, uint64_t arg);
/* Where what happens now is written down. */
size_t lab_tick(int64_t now);
bool lab_is_sending(const struct lab_flow *f, int64_t now);
/* A packet leaves; `frame`: which it belongs to, counted from 1, 0: none; `end`: its last. */
void lab_send(struct lab_flow *f, int64_t now, uint32_t size, uint32_t frame, bool end);

/* A TCP flow begins; a packet of it has been acknowledged. */
void lab_tcp_begin(struct lab_flow *f, int64_t now);
void lab_tcp_on_ack(void *ctx, int64_t now, uint64_t seq);

#endif
