/*
 * tacet bench handshake: two calls joined directly, without network or waiting, from dialling to
 * media keys. What each packet costs its receiver, with the packets that it sends in answer, is
 * booked by the packet's first byte (protocol.md section 2).
 */
#include "base/limits.h"
#include "benchmark.h"
#include "cpu.h"
#include "sample.h"
#include "tacet/call.h"
#include "tacet/error.h"
#include "tacet/random.h"
#include "tacet/runner.h"

#include <stdlib.h>
#include <string.h>

#define WARM_UP 10 /* handshakes before the first that counts */
#define A_ROUND 10 /* handshakes */
#define FORGED_A_ROUND 100
#define QUEUE_MAX 64         /* packets on their way */
#define PAUSE_US TACET_S(10) /* between two calls: no limit on calls an identity is in the way */

enum { CALLER = 0, CALLEE = 1 };

enum stage {
    STAGE_DIAL = 0,
    STAGE_INIT, /* the callee takes INIT and answers */
    STAGE_RESP, /* the caller takes RESP and answers */
    STAGE_FIN,
    STAGE_CONTROL, /* reliable messages while it rings: the epoch step with its KEM is in them */
    STAGE_ANSWER,  /* from the answer to media keys on both sides */
    STAGE_COUNT
};

struct sent {
    int from;
    size_t size;
    uint8_t data[TACET_DATAGRAM_ROOM];
};

struct pair {
    struct tacet_identity *identity[2];
    struct tacet_call *call[2];
    struct tacet_path path[2];
    uint32_t incoming; /* the callee's number of the caller */
    int answered;      /* how many sides have had the event */
    int64_t now;
    bool answering;
    int64_t ns[STAGE_COUNT];
    struct sent queue[QUEUE_MAX];
    size_t first;
    size_t count;
    uint8_t init[TACET_DATAGRAM_ROOM]; /* the last one seen */
    size_t init_size;
};

static void create(struct pair *p, const struct tacet_settings *settings)
{
    struct tacet_random random = tacet_random_system();

    p->now = tacet_clock_now();
    for (int i = 0; i < 2; i++) {
        struct tacet_call_config config;
        (void)tacet_bench_must(
            tacet_identity_create(&random, i == CALLER ? "caller" : "callee", &p->identity[i]),
            "identity");
        tacet_call_config_init(&config);
        config.identity = p->identity[i];
        config.random = random;
        config.unix_time_offset_us = tacet_clock_unix_offset();
        config.listen = i == CALLEE;
        (void)tacet_bench_must(tacet_call_create(&config, p->now, &p->call[i]), "call");
        p->path[i].address = (struct tacet_address){ .family = 4,
                                                     .ip = { 192, 0, 2, (uint8_t)(i + 1) },
                                                     .port = 5000 };
    }
}

static void clear(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        tacet_call_free(&p->call[i]);
        tacet_identity_free(&p->identity[i]);
    }
}

/* Takes all that a call has to give. */
static void drain(struct pair *p, int who)
{
    struct tacet_packet packet;
    struct tacet_event event;

    while (tacet_call_poll_packet(p->call[who], p->now, &packet) == 1) {
        (void)tacet_bench_must(p->count < QUEUE_MAX ? 0 : TACET_ERR_FULL, "handshake");
        struct sent *last = &p->queue[(p->first + p->count++) % QUEUE_MAX];
        last->from = who;
        last->size = packet.size;
        memcpy(last->data, packet.data, packet.size);
    }
    while (tacet_call_poll_event(p->call[who], &event) == 1) {
        if (event.type == TACET_EVENT_INCOMING) {
            p->incoming = event.peer;
        }
        p->answered += event.type == TACET_EVENT_ANSWERED ? 1 : 0;
    }
}

static enum stage stage_of(const struct pair *p, const struct sent *sent)
{
    switch (sent->data[0]) {
    case 0x08:
        return STAGE_INIT;
    case 0x09:
        return STAGE_RESP;
    case 0x0A:
        return STAGE_FIN;
    default:
        return p->answering ? STAGE_ANSWER : STAGE_CONTROL;
    }
}

static void deliver(struct pair *p, struct sent *sent)
{
    int to = 1 - sent->from;
    struct tacet_packet packet = {
        .path = p->path[sent->from], .data = sent->data, .size = sent->size, .at_us = p->now
    };

    (void)tacet_call_handle_packet(p->call[to], p->now, &packet);
    drain(p, to);
}

/* Hands packets over until none is left. */
static void pump(struct pair *p)
{
    while (p->count > 0) {
        struct sent *sent = &p->queue[p->first];
        enum stage stage = stage_of(p, sent);
        if (stage == STAGE_INIT) {
            memcpy(p->init, sent->data, sent->size);
            p->init_size = sent->size;
        }
        int64_t began = tacet_cpu_thread_ns();
        deliver(p, sent); /* its slot is not reused before the next line */
        p->ns[stage] += tacet_cpu_thread_ns() - began;
        p->first = (p->first + 1) % QUEUE_MAX;
        p->count--;
    }
}

static void let_pass(struct pair *p, int64_t us)
{
    p->now += us;
    for (int i = 0; i < 2; i++) {
        tacet_call_handle_timeout(p->call[i], p->now);
        drain(p, i);
    }
    pump(p);
}

/* One call from dialling to media keys; p->ns then says what it cost. */
static void connect_once(struct pair *p)
{
    struct tacet_callee who = { .hint = TACET_HINT_KEY };
    struct tacet_public_identity callee;
    uint32_t peer;

    tacet_identity_public(p->identity[CALLEE], &callee);
    memcpy(who.key, callee.key, sizeof(who.key));
    memset(p->ns, 0, sizeof(p->ns));
    p->answered = 0;
    p->answering = false;

    int64_t began = tacet_cpu_thread_ns();
    int result = tacet_call_dial(p->call[CALLER], p->now, &who, &p->path[CALLEE], 1, &peer);
    drain(p, CALLER);
    p->ns[STAGE_DIAL] = tacet_cpu_thread_ns() - began;
    (void)tacet_bench_must(result, "dialling");
    pump(p);

    p->answering = true;
    began = tacet_cpu_thread_ns();
    result = tacet_call_answer(p->call[CALLEE], p->now, p->incoming);
    drain(p, CALLEE);
    p->ns[STAGE_ANSWER] += tacet_cpu_thread_ns() - began;
    (void)tacet_bench_must(result, "answering");
    pump(p);
    (void)tacet_bench_must(p->answered == 2 ? 0 : TACET_ERR_STATE, "connecting");

    (void)tacet_bench_must(tacet_call_remove(p->call[CALLER], p->now, peer), "hanging up");
    drain(p, CALLER);
    pump(p);
    for (int64_t passed = 0; passed < PAUSE_US; passed += TACET_S(1)) {
        let_pass(p, TACET_S(1));
    }
}

/* The last INIT with another mac1 (protocol.md section 3): what a flood of garbage costs. */
static double forged_us(struct pair *p)
{
    uint8_t forged[TACET_DATAGRAM_ROOM];
    struct tacet_packet packet = { .path = p->path[CALLER] };

    memcpy(forged, p->init, p->init_size);
    forged[p->init_size - 32] ^= 1;
    int64_t began = tacet_cpu_thread_ns();
    for (int i = 0; i < FORGED_A_ROUND; i++) {
        packet.data = forged;
        packet.size = p->init_size;
        (void)tacet_bench_must(tacet_call_handle_packet(p->call[CALLEE], p->now, &packet) ==
                                       TACET_DROP_AUTH
                                   ? 0
                                   : TACET_ERR_STATE,
                               "forged INIT");
    }
    int64_t ns = tacet_cpu_thread_ns() - began;
    drain(p, CALLEE);
    return (double)ns / 1000 / FORGED_A_ROUND;
}

enum row { ROW_CALLER, ROW_CALLEE, ROW_BOTH, ROW_EPOCH, ROW_ANSWER, ROW_ALL, ROW_FORGED, ROWS };

static const char *const row_names[ROWS] = {
    "handshake, caller (INIT out, RESP in, FIN out)",
    "handshake, callee (INIT in, RESP out, FIN in)",
    "handshake, both sides",
    "ringing, both sides (KEM of the first epoch, RING)",
    "answer until media keys, both sides",
    "dialling until media keys, both sides",
    "INIT with a forged mac1, refused",
};

static void book(const struct pair *p, struct tacet_sample samples[ROWS])
{
    const int64_t *ns = p->ns;
    int64_t caller = ns[STAGE_DIAL] + ns[STAGE_RESP];
    int64_t callee = ns[STAGE_INIT] + ns[STAGE_FIN];

    tacet_sample_add(&samples[ROW_CALLER], (double)caller / 1000);
    tacet_sample_add(&samples[ROW_CALLEE], (double)callee / 1000);
    tacet_sample_add(&samples[ROW_BOTH], (double)(caller + callee) / 1000);
    tacet_sample_add(&samples[ROW_EPOCH], (double)ns[STAGE_CONTROL] / 1000);
    tacet_sample_add(&samples[ROW_ANSWER], (double)ns[STAGE_ANSWER] / 1000);
    tacet_sample_add(&samples[ROW_ALL],
                     (double)(caller + callee + ns[STAGE_CONTROL] + ns[STAGE_ANSWER]) / 1000);
}

static void run(const struct tacet_settings *settings, cJSON *rows)
{
    struct pair *p = tacet_bench_alloc(1, sizeof(*p));
    struct tacet_sample samples[ROWS] = { 0 };

    create(p, settings);
    for (int i = 0; i < WARM_UP; i++) {
        connect_once(p);
    }
    (void)forged_us(p);
    for (int round = 0; round < settings->rounds; round++) {
        for (int i = 0; i < A_ROUND; i++) {
            connect_once(p);
            book(p, samples);
        }
        tacet_sample_add(&samples[ROW_FORGED], forged_us(p));
    }
    for (int i = 0; i < ROWS; i++) {
        cJSON *row = cJSON_CreateObject();
        (void)cJSON_AddStringToObject(row, "step", row_names[i]);
        double median = tacet_sample_quantile(&samples[i], 0.5);
        tacet_sample_tell(&samples[i], row, "us");
        tacet_sample_tell_number(row, "perSecond", 1e6 / median);
        (void)cJSON_AddItemToArray(rows, row);
    }
    clear(p);
    free(p);
}

static const struct tacet_option options[] = {
    { "--rounds", "N", TACET_OPTION_NUMBER, offsetof(struct tacet_settings, rounds), 1, 100000,
      "rounds of 10 handshakes; default 20" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};
static const struct tacet_option *const groups[] = { options, tacet_json_option, NULL };
static const struct tacet_column columns[] = {
    { "step", "step", 0, false },
    { "us", "CPU us, median (quartiles)", 1, false },
    { "perSecond", "a second a core", 0, false },
    { NULL, NULL, 0, false },
};

const struct tacet_benchmark tacet_benchmark_handshake = {
    .name = "handshake",
    .usage = { .command = "tacet bench handshake",
               .positional = "",
               .about = "handshakes a second on one core, by side\n"
                        "Two calls without a network between them, from dialling to media keys.",
               .groups = groups },
    .rounds = 20,
    .note = "CPU time of one thread. Each value is one handshake; 10 before the first that counts.",
    .columns = columns,
    .run = run,
};
