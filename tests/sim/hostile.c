/*
 * Strangers who know the callee's hint and want to keep others from calling: floods of INIT from
 * forged and from real addresses, and a network that loses COOKIEs while they go on (protocol.md
 * section 10, groups 7 and 8).
 */
#include "base/alloc.h"
#include "base/limits.h"
#include "call/call.h"
#include "call/cookie.h"
#include "call/demux.h"
#include "call/half_open.h"
#include "call/handshake_layout.h"
#include "scenario.h"
#include "sim/rng.h"

#include <string.h>

#define FLOOD_INITS 100000
#define FORGED_SOURCES 10000
#define REAL_SOURCES 100

enum mischief { LOSE, DOUBLE, HOLD };

struct flood {
    struct tacet_rng rng;
    struct tacet_callee hint;
    uint8_t mac1_key[32];
    uint32_t sources;
    bool real; /* answers the COOKIEs that come to its addresses */
    uint32_t sent;
    uint32_t cookies_answered;
    uint64_t bytes_sent;
    uint64_t bytes_drawn;
    /* what happens to the first messages of a type between caller and callee */
    enum mischief mischief;
    uint8_t type;
    enum tacet_harness_party from;
    uint32_t most;
    uint32_t done;
};

static void flood_begin(struct flood *flood, struct tacet_harness *h, uint64_t seed,
                        uint32_t sources, bool real)
{
    tacet_rng_seed(&flood->rng, seed, 99);
    flood->hint.hint = TACET_HINT_KEY;
    tacet_harness_identity(h, TACET_CALLEE, flood->hint.key);
    tacet_mac1_key(&flood->hint, flood->mac1_key);
    flood->sources = sources;
    flood->real = real;
}

static struct tacet_path flood_path(uint32_t source)
{
    return (struct tacet_path){ .address = { .family = 4,
                                             .ip = { 10, (uint8_t)(source >> 16),
                                                     (uint8_t)(source >> 8), (uint8_t)source },
                                             .port = 4000 } };
}

static void flood_give(struct flood *flood, struct tacet_harness *h, const struct tacet_path *path,
                       const uint8_t init[TACET_INIT_SIZE])
{
    flood->bytes_sent += TACET_INIT_SIZE;
    tacet_expect(tacet_harness_inject(h, TACET_CALLEE, tacet_harness_now(h), path, init,
                                      TACET_INIT_SIZE) == 0);
}

/* A well-formed INIT with a point of chance: nothing but the Diffie-Hellman can refuse it. */
static void flood_init(struct flood *flood, struct tacet_harness *h)
{
    uint8_t init[TACET_INIT_SIZE] = { 0 };
    struct tacet_random random = tacet_rng_random(&flood->rng);
    const struct tacet_offer offer = { .profiles = { TACET_PROFILE_AEAD_AES_256_GCM },
                                       .profile_count = 1,
                                       .version_lowest = TACET_HANDSHAKE_VERSION,
                                       .version_highest = TACET_HANDSHAKE_VERSION };
    struct tacet_path path = flood_path(flood->sent % flood->sources);
    uint32_t index = flood->sent;

    tacet_handshake_write_header(init, TACET_PACKET_INIT, &index, 1);
    random.fill(random.ctx, init + TACET_INIT_E, TACET_NOISE_KEY);
    init[TACET_INIT_E + TACET_NOISE_KEY - 1] &= 0x7f;
    tacet_offer_write(&offer, init + TACET_INIT_PAYLOAD);
    tacet_mac(flood->mac1_key, init, TACET_INIT_MAC1, init + TACET_INIT_MAC1);
    flood->sent++;
    flood_give(flood, h, &path, init);
    if (flood->real) {
        /* It would keep the INIT until the COOKIE comes; here the cookie is made at once, by the
         * callee's own secrets, and counts as answered. */
        struct tacet_call *call = tacet_harness_call(h, TACET_CALLEE);
        struct tacet_initiator self = { .hint = flood->hint, .index = index };
        struct tacet_cookie_answer answer = { .waiting = true };
        uint8_t cookie[TACET_COOKIE_SIZE];
        memcpy(self.init, init, sizeof(init));
        tacet_cookie_write(&call->responder.cookies, &random, tacet_harness_clock(h), &path,
                           &flood->hint, init, cookie);
        tacet_expect(tacet_cookie_consume(&answer, &self, cookie, sizeof(cookie)) ==
                     TACET_DROP_NONE);
        memcpy(init + TACET_INIT_MAC2, answer.mac2, TACET_MAC_SIZE);
        flood->cookies_answered++;
        flood_give(flood, h, &path, init);
    }
}

static void give_later(struct tacet_harness *h, enum tacet_harness_party from, int64_t delay_us,
                       const struct tacet_packet *packet)
{
    enum tacet_harness_party to = from == TACET_CALLER ? TACET_CALLEE : TACET_CALLER;

    tacet_expect(tacet_harness_inject(h, to, tacet_harness_now(h) + delay_us,
                                      tacet_harness_path(h, from), packet->data,
                                      packet->size) == 0);
}

static bool watch_flood(struct tacet_watch *watch, struct tacet_harness *h,
                        enum tacet_harness_party from, struct tacet_packet *packet)
{
    struct flood *flood = watch->ctx;

    (void)h;
    if (from == TACET_CALLEE && packet->path.address.ip[0] == 10 &&
        packet->path.address.port == 4000) {
        flood->bytes_drawn += packet->size;
        return false;
    }
    if (from != flood->from || packet->data[0] != flood->type || flood->done >= flood->most) {
        return true;
    }
    flood->done++;
    if (flood->mischief == DOUBLE) { /* at once, and when it has long been answered */
        give_later(h, from, TACET_MILLIS(1), packet);
        give_later(h, from, TACET_MILLIS(300), packet);
        return true;
    }
    if (flood->mischief == HOLD) { /* until the caller has sent the next INIT */
        give_later(h, from, TACET_MILLIS(260), packet);
    }
    return false;
}

static bool is_answered(struct tacet_harness *h)
{
    return tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_ANSWERED) > 0;
}

/* The flood runs for a second, then the caller dials into it. */
static void call_through(uint64_t seed, uint32_t sources, bool real, uint32_t inits_per_ms)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;
    static struct flood flood;
    struct tacet_harness *h = NULL;
    int64_t answered_at_us = -1;

    memset(&flood, 0, sizeof(flood));
    tacet_watch_init(&watch, &config, seed);
    watch.on_packet = watch_flood;
    watch.ctx = &flood;
    config.video = false;
    for (int i = 0; i < 2; i++) {
        config.link[i].delay_us = TACET_MILLIS(20 + seed % 100);
        config.link[i].jitter_us = TACET_MILLIS(seed % 20);
    }
    tacet_expect(tacet_harness_create(&config, &h) == 0);
    flood_begin(&flood, h, seed, sources, real);
    const struct tacet_call *call = tacet_harness_call(h, TACET_CALLEE);
    int64_t dial_at_us = TACET_SECONDS(1) + TACET_MILLIS(seed % 1000);
    unsigned long allocated = tacet_alloc_count();
    bool dialled = false;
    while (flood.sent < FLOOD_INITS) {
        for (uint32_t i = 0; i < inits_per_ms; i++) {
            flood_init(&flood, h);
        }
        tacet_harness_run(h, tacet_harness_now(h) + TACET_MILLIS(1));
        tacet_expect(tacet_responder_count(&call->responder) <= TACET_HALF_OPEN_MAX);
        if (!dialled && tacet_harness_now(h) >= dial_at_us) {
            tacet_expect(tacet_alloc_count() == allocated);
            tacet_expect(tacet_harness_dial(h) == 0);
            dialled = true;
        }
        if (answered_at_us < 0 && is_answered(h)) {
            answered_at_us = tacet_harness_now(h);
        }
    }
    tacet_expect(dialled);
    tacet_expect(answered_at_us >= 0);
    tacet_expect(answered_at_us - dial_at_us <= TACET_SECONDS(3));
    tacet_expect(flood.bytes_drawn <= flood.bytes_sent);
    tacet_expect(flood.bytes_drawn > 0);
    tacet_expect_one_call(h, &watch);
    tacet_harness_free(&h);
}

static void caller_connects_through_a_forged_flood(uint64_t seed)
{
    call_through(seed, FORGED_SOURCES, false, 20);
}

static void caller_connects_through_a_flood_of_real_addresses(uint64_t seed)
{
    call_through(seed, REAL_SOURCES, true, 20);
}

/* Under load, each message of the longer handshake lost, doubled or held back up to k times: one
 * call, one ring. */
static void cookie_exchange(uint64_t seed, enum mischief mischief)
{
    static const char *const names[] = { "lost", "doubled", "held back" };
    static const struct {
        uint8_t type;
        enum tacet_harness_party from;
    } rows[] = {
        { TACET_PACKET_COOKIE, TACET_CALLEE }, { TACET_PACKET_INIT, TACET_CALLER },
        { TACET_PACKET_RESP, TACET_CALLEE },   { TACET_PACKET_FIN, TACET_CALLER },
        { TACET_PACKET_CTRL, TACET_CALLER },   { TACET_PACKET_CTRL, TACET_CALLEE },
    };

    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        /* The load that asks for cookies lasts a second: three INIT by the caller fall into it. */
        uint32_t most = rows[row].type == TACET_PACKET_COOKIE ? 3 : 4;
        for (uint32_t count = 0; count <= most; count++) {
            struct tacet_watch watch;
            struct tacet_harness_config config;
            static struct flood flood;
            struct tacet_harness *h = NULL;

            tacet_scenario_row("type %d from %d %s %u times", rows[row].type, rows[row].from,
                               names[mischief], (unsigned)count);
            memset(&flood, 0, sizeof(flood));
            tacet_watch_init(&watch, &config, seed + count);
            watch.on_packet = watch_flood;
            watch.ctx = &flood;
            config.video = false;
            tacet_expect(tacet_harness_create(&config, &h) == 0);
            flood_begin(&flood, h, seed, FORGED_SOURCES, false);
            flood.mischief = mischief;
            flood.type = rows[row].type;
            flood.from = rows[row].from;
            flood.most = count;
            /* As many half-open handshakes as are load for 18 seconds, at no high rate. */
            for (int i = 0; i < TACET_HALF_OPEN_LOAD; i++) {
                flood_init(&flood, h);
                tacet_harness_run(h, tacet_harness_now(h) + TACET_MILLIS(60));
            }
            tacet_expect(tacet_harness_dial(h) == 0);
            (void)tacet_harness_run_until(h, is_answered, tacet_harness_now(h) + TACET_SECONDS(15));
            tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(1));
            /* Where nothing is lost no message need be sent so often. */
            tacet_expect(mischief == LOSE ? flood.done == count : (flood.done > 0) == (count > 0));
            tacet_expect_one_call(h, &watch);
            tacet_harness_free(&h);
        }
    }
    tacet_scenario_row("%s", "");
}

static void cookie_exchange_survives_loss(uint64_t seed)
{
    cookie_exchange(seed, LOSE);
}

static void cookie_exchange_survives_doubling_and_reordering(uint64_t seed)
{
    cookie_exchange(seed, DOUBLE);
    cookie_exchange(seed, HOLD);
}

const struct tacet_scenario tacet_scenarios_hostile[] = {
    { "caller_connects_through_a_forged_flood", caller_connects_through_a_forged_flood },
    { "caller_connects_through_a_flood_of_real_addresses",
      caller_connects_through_a_flood_of_real_addresses },
    { "cookie_exchange_survives_doubling_and_reordering",
      cookie_exchange_survives_doubling_and_reordering },
    { "cookie_exchange_survives_loss", cookie_exchange_survives_loss },
    { NULL, NULL },
};
