/*
 * The handshake over a network that loses, doubles, exchanges and forges its messages: one
 * connection and one ring come out of each row.
 */
#include "call/handshake.h"
#include "call/demux.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "crypto/mac.h"
#include "scenario.h"
#include "sim/rng.h"

#include <stdlib.h>
#include <string.h>

enum action {
    ACTION_DROP,
    ACTION_DOUBLE,     /* the copy follows at once, and once more after 300 ms */
    ACTION_HOLD,       /* 150 ms: later ones overtake it */
    ACTION_FORGE_AHEAD /* a copy with one bit changed comes first */
};

static const char *const action_names[] = { "drop", "double", "hold", "forge ahead" };

/* What happens to the first `count` messages of a type from a party. */
struct row {
    uint8_t type;
    enum tacet_harness_party from;
    enum action action;
    uint32_t count;
};

struct mischief {
    const struct row *row;
    uint32_t done;
    struct tacet_rng rng;
};

static void inject_copy(struct tacet_harness *h, enum tacet_harness_party from, int64_t delay_us,
                        const uint8_t *data, size_t size)
{
    enum tacet_harness_party to = from == TACET_CALLER ? TACET_CALLEE : TACET_CALLER;

    tacet_expect(tacet_harness_inject(h, to, tacet_harness_now(h) + delay_us,
                                      tacet_harness_path(h, from), data, size) == 0);
}

/*
 * Changes one bit. Where mac1 covers it mac1 is made anew, as everybody can who knows whom the call
 * is for: else no forgery would come past the first check.
 */
static void forge(struct mischief *m, struct tacet_harness *h, uint8_t *packet, size_t size)
{
    size_t at = (size_t)tacet_rng_below(&m->rng, size);
    size_t mac_at = packet[0] == TACET_PACKET_FIN ? size - 16 : size - 32;

    packet[at] ^= (uint8_t)(1U << tacet_rng_below(&m->rng, 8));
    if (packet[0] != TACET_PACKET_CTRL && at < mac_at) {
        struct tacet_callee callee = { .hint = TACET_HINT_KEY };
        uint8_t key[32];
        tacet_harness_identity(h, TACET_CALLEE, callee.key);
        tacet_mac1_key(&callee, key);
        tacet_mac(key, packet, mac_at, packet + mac_at);
    }
}

static bool apply_row(struct tacet_watch *watch, struct tacet_harness *h,
                      enum tacet_harness_party from, struct tacet_packet *packet)
{
    struct mischief *m = watch->ctx;
    uint8_t forged[TACET_DATAGRAM_ROOM];

    if (from != m->row->from || packet->data[0] != m->row->type || m->done >= m->row->count) {
        return true;
    }
    m->done++;
    switch (m->row->action) {
    case ACTION_DROP:
        return false;
    case ACTION_DOUBLE:
        inject_copy(h, from, TACET_MILLIS(21), packet->data, packet->size);
        inject_copy(h, from, TACET_MILLIS(320), packet->data, packet->size);
        return true;
    case ACTION_HOLD:
        inject_copy(h, from, TACET_MILLIS(150), packet->data, packet->size);
        return false;
    case ACTION_FORGE_AHEAD:
        memcpy(forged, packet->data, packet->size);
        forge(m, h, forged, packet->size);
        inject_copy(h, from, 0, forged, packet->size);
        return true;
    }
    abort();
}

static bool both_answered(struct tacet_harness *h)
{
    return tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_ANSWERED) > 0 &&
           tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_ANSWERED) > 0;
}

static void run_row(uint64_t seed, const struct row *row)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;
    struct mischief m = { .row = row };

    tacet_scenario_row("%s the first %u messages of type %#x from the %s",
                       action_names[row->action], row->count, row->type,
                       row->from == TACET_CALLER ? "caller" : "callee");
    tacet_rng_seed(&m.rng, seed, 1000);
    tacet_watch_init(&watch, &config, seed);
    watch.on_packet = apply_row;
    watch.ctx = &m;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_expect(tacet_harness_run_until(h, both_answered, TACET_SECONDS(14)));
    /* How many CTRL packets a setup takes is not fixed. */
    tacet_expect(m.done == row->count || (m.done > 0 && row->type == TACET_PACKET_CTRL));
    tacet_expect_one_call(h, &watch);
    tacet_expect_flow(h);
    tacet_harness_free(&h);
}

/* Every message of the setup, so many of them. */
static void run_matrix(uint64_t seed, enum action action, uint32_t count_max)
{
    static const struct {
        uint8_t type;
        enum tacet_harness_party from;
    } messages[] = {
        { TACET_PACKET_INIT, TACET_CALLER }, { TACET_PACKET_RESP, TACET_CALLEE },
        { TACET_PACKET_FIN, TACET_CALLER },  { TACET_PACKET_CTRL, TACET_CALLER },
        { TACET_PACKET_CTRL, TACET_CALLEE },
    };

    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        bool ctrl = messages[i].type == TACET_PACKET_CTRL;
        /* Where nothing is lost INIT, RESP and FIN are sent once. */
        uint32_t most = ctrl ? count_max * 2 : action == ACTION_DROP ? count_max : 1;
        for (uint32_t count = 1; count <= most; count++) {
            struct row row = { messages[i].type, messages[i].from, action, count };
            run_row(seed, &row);
        }
    }
}

static void handshake_messages_dropped(uint64_t seed)
{
    run_matrix(seed, ACTION_DROP, 4);
}

static void handshake_messages_doubled(uint64_t seed)
{
    run_matrix(seed, ACTION_DOUBLE, 2);
}

static void handshake_messages_held_back(uint64_t seed)
{
    run_matrix(seed, ACTION_HOLD, 2);
}

static void handshake_messages_forged_ahead(uint64_t seed)
{
    /* Another bit in each of many runs. */
    for (uint64_t i = 0; i < 5; i++) {
        run_matrix(seed * 1000 + i, ACTION_FORGE_AHEAD, 1);
    }
}

static void handshake_at_heavy_loss(uint64_t seed)
{
    for (uint64_t i = 0; i < 10; i++) {
        struct tacet_watch watch;
        struct tacet_harness_config config;
        tacet_scenario_row("call %d", (int)i);
        tacet_watch_init(&watch, &config, seed * 1000 + i);
        for (int link = 0; link < 2; link++) {
            config.link[link].loss_permille = 300;
            config.link[link].jitter_us = TACET_MILLIS(15);
            config.link[link].duplicate_permille = 200;
            config.link[link].reorder_permille = 200;
        }
        struct tacet_harness *h = tacet_watch_dial(&config);
        tacet_harness_run(h, TACET_SECONDS(14));
        tacet_expect_one_call(h, &watch);
        tacet_harness_free(&h);
    }
}

/*
 * Somebody on the way who knows whom the call is for, answers ahead of him, and is himself: a valid
 * handshake with a valid certificate of the wrong identity.
 */
struct impostor {
    struct tacet_identity identity; /* the callee's key for the hint, his own for all else */
    struct tacet_handshake_config config;
    struct tacet_responder responder;
    struct tacet_rng rng;
    uint32_t answers;
    uint32_t fins; /* that left while only he had answered */
    bool callee_silent;
};

static void impostor_create(struct impostor *impostor, struct tacet_harness *h, uint64_t seed)
{
    struct tacet_identity *own = NULL;
    uint64_t unix_now = (uint64_t)(tacet_harness_clock(h) / 1000000) + 1700000000;

    tacet_rng_seed(&impostor->rng, seed, 1001);
    impostor->config.random = tacet_rng_random(&impostor->rng);
    tacet_expect(tacet_identity_create(&impostor->config.random, "callee", &own) == 0);
    tacet_expect(tacet_certificate_self_sign(own, &impostor->config.random, unix_now,
                                             impostor->config.certificate,
                                             &impostor->config.certificate_size) == 0);
    impostor->identity = *own;
    tacet_identity_free(&own);
    tacet_harness_identity(h, TACET_CALLEE, impostor->identity.ed_public);
    impostor->config.identity = &impostor->identity;
    impostor->config.profiles[0] = TACET_PROFILE_AEAD_AES_256_GCM;
    impostor->config.profile_count = 1;
    impostor->config.unix_now = unix_now;
    tacet_expect(tacet_responder_create(&impostor->responder) == 0);
}

static bool answer_ahead(struct tacet_watch *watch, struct tacet_harness *h,
                         enum tacet_harness_party from, struct tacet_packet *packet)
{
    struct impostor *impostor = watch->ctx;
    uint8_t resp[TACET_RESP_SIZE];
    size_t size;

    if (from == TACET_CALLEE) {
        return !impostor->callee_silent;
    }
    impostor->fins += packet->data[0] == TACET_PACKET_FIN;
    if (packet->data[0] != TACET_PACKET_INIT) {
        return true;
    }
    if (impostor->config.identity == NULL) {
        impostor_create(impostor, h, 1);
    }
    tacet_expect(tacet_responder_consume_init(&impostor->responder, &impostor->config,
                                              tacet_harness_clock(h),
                                              tacet_harness_path(h, TACET_CALLER), packet->data,
                                              packet->size, resp, &size) == TACET_DROP_NONE);
    impostor->answers++;
    inject_copy(h, TACET_CALLEE, TACET_MILLIS(1), resp, sizeof(resp));
    return true;
}

static void impostor_answers_first(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;
    static struct impostor impostor;

    memset(&impostor, 0, sizeof(impostor));
    tacet_watch_init(&watch, &config, seed);
    watch.on_packet = answer_ahead;
    watch.ctx = &impostor;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(3));
    tacet_expect(impostor.answers >= 1);
    tacet_expect_one_call(h, &watch);
    tacet_expect(tacet_drops(h, TACET_CALLER, TACET_DROP_AUTH) == impostor.answers);
    tacet_expect_flow(h);
    tacet_responder_free(&impostor.responder);
    tacet_harness_free(&h);
}

static void only_an_impostor_answers(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;
    static struct impostor impostor;

    memset(&impostor, 0, sizeof(impostor));
    impostor.callee_silent = true;
    tacet_watch_init(&watch, &config, seed);
    watch.on_packet = answer_ahead;
    watch.ctx = &impostor;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(20));
    tacet_expect(impostor.answers >= 5);
    /* FIN shows who is calling: it never goes to him. */
    tacet_expect(impostor.fins == 0);
    tacet_expect(watch.ended[TACET_CALLER] == TACET_END_IMPOSTOR);
    tacet_expect(watch.at_us[TACET_CALLER][TACET_EVENT_ENDED] >= TACET_MILLIS(14900));
    tacet_expect(tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_ESTABLISHED) == 0);
    tacet_responder_free(&impostor.responder);
    tacet_harness_free(&h);
}

/* Everything that the caller ever sent, again from the same address after the call. */
struct recording {
    size_t count;
    struct {
        size_t size;
        uint8_t data[TACET_DATAGRAM_ROOM];
    } packets[400];
};

static bool record_caller(struct tacet_watch *watch, struct tacet_harness *h,
                          enum tacet_harness_party from, struct tacet_packet *packet)
{
    struct recording *recording = watch->ctx;

    (void)h;
    if (from == TACET_CALLER && recording->count < 400) {
        recording->packets[recording->count].size = packet->size;
        memcpy(recording->packets[recording->count].data, packet->data, packet->size);
        recording->count++;
    }
    return true;
}

static void recorded_call_does_not_ring_again(uint64_t seed)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;
    static struct recording recording;

    recording.count = 0;
    tacet_watch_init(&watch, &config, seed);
    watch.on_packet = record_caller;
    watch.ctx = &recording;
    struct tacet_harness *h = tacet_watch_dial(&config);
    tacet_harness_run(h, TACET_SECONDS(2));
    tacet_expect_one_call(h, &watch);
    size_t count = recording.count;
    /* Into the running call, and after it has ended and been forgotten. */
    for (int turn = 0; turn < 2; turn++) {
        for (size_t i = 0; i < count; i++) {
            inject_copy(h, TACET_CALLER, TACET_MILLIS(i), recording.packets[i].data,
                        recording.packets[i].size);
        }
        if (turn == 0) {
            tacet_expect_flow(h);
            tacet_expect_goodbye(h, &watch, TACET_CALLER);
        } else {
            tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(5));
        }
        tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_INCOMING) == 1);
        tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_ANSWERED) == 1);
    }
    tacet_harness_free(&h);
}

const struct tacet_scenario tacet_scenarios_handshake[] = {
    { "handshake_messages_dropped", handshake_messages_dropped },
    { "handshake_messages_doubled", handshake_messages_doubled },
    { "handshake_messages_held_back", handshake_messages_held_back },
    { "handshake_messages_forged_ahead", handshake_messages_forged_ahead },
    { "handshake_at_heavy_loss", handshake_at_heavy_loss },
    { "impostor_answers_first", impostor_answers_first },
    { "only_an_impostor_answers", only_an_impostor_answers },
    { "recorded_call_does_not_ring_again", recorded_call_does_not_ring_again },
    { NULL, NULL },
};
