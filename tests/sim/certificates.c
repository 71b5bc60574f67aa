/*
 * Whole calls between parties who have, lack or have lost a certificate (protocol.md section 10,
 * group 5): who is refused neither rings nor learns who is calling.
 */
#include "call/demux.h"
#include "crypto/authority.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "crypto/revocations.h"
#include "scenario.h"
#include "sim/rng.h"
#include "tacet/trust.h"

#include <sodium.h>
#include <string.h>

#define UNIX_START UINT64_C(1700000000)

struct row {
    bool certified[2];
    bool revoked[2];        /* by the authority's list */
    bool by_name;           /* dialled; else by key, which is a pin of its own */
    enum tacet_notice seen; /* by the one who refuses; NONE: the call comes about */
    enum tacet_harness_party refuses;
};

struct world {
    const struct row *row;
    struct tacet_rng rng;
    struct tacet_authorities *set;
    struct tacet_authority authority;
    uint8_t secret[64];
    uint8_t keys[2][TACET_KEY_SIZE];
    uint32_t fins;
    uint32_t notices[2];
    enum tacet_notice notice[2];
};

static struct world world;

static void make_authority(void)
{
    const uint8_t seed[32] = { 9 };
    uint8_t key[32], file[TACET_AUTHORITY_FILE_MAX];

    (void)crypto_sign_seed_keypair(key, world.secret, seed);
    tacet_authority_fill(key, "", &world.authority);
    tacet_expect(tacet_authorities_create(&world.set) == 0);
    tacet_expect(
        tacet_authorities_add(world.set, file,
                              tacet_authority_write(&world.authority, world.secret, file)) == 0);
}

/* The party's own identity gets a certificate; both require one of the other. */
static void certify(void *ctx, enum tacet_harness_party at, struct tacet_call_config *config)
{
    struct tacet_identity *identity = (struct tacet_identity *)config->identity;
    const struct tacet_random random = tacet_rng_random(&world.rng);
    uint8_t request[TACET_REQUEST_MAX], certificate[TACET_CERTIFICATE_MAX];
    size_t size = 0;

    (void)ctx;
    memcpy(world.keys[at], identity->ed_public, TACET_KEY_SIZE);
    if (world.row->certified[at]) {
        tacet_certificate_request(identity, &random, identity->name, world.authority.id,
                                  UNIX_START - 60, UNIX_START + 86400, request, &size);
        tacet_certificate_sign(request, size, world.secret, certificate, &size);
        tacet_expect(tacet_identity_add_certificate(identity, certificate, size) == 0);
    }
    config->require = TACET_REQUIRE_CERTIFICATE;
    config->authorities = world.set;
}

static void revoke(void)
{
    uint8_t entries[2 * TACET_REVOCATION_ENTRY] = { 0 }, data[512];
    struct tacet_revocations list = {
        .number = 1, .issued = UNIX_START, .next_update = UNIX_START + 86400, .entries = entries
    };
    size_t size = 0;

    for (int i = 0; i < 2; i++) {
        if (world.row->revoked[i]) {
            memcpy(entries + list.count * TACET_REVOCATION_ENTRY + 8, world.keys[i],
                   TACET_KEY_SIZE);
            list.count++;
        }
    }
    memcpy(list.ca_id, world.authority.id, sizeof(list.ca_id));
    tacet_expect(tacet_revocations_write(&list, world.secret, data, sizeof(data), &size) == 0);
    tacet_expect(tacet_authorities_revoke(world.set, data, size) == 0);
}

static bool count_fins(struct tacet_watch *watch, struct tacet_harness *h,
                       enum tacet_harness_party from, struct tacet_packet *packet)
{
    (void)watch;
    (void)h;
    world.fins += from == TACET_CALLER && packet->data[0] == TACET_PACKET_FIN;
    return true;
}

static void (*watch_event)(void *ctx, struct tacet_harness *h, enum tacet_harness_party at,
                           const struct tacet_event *event);

static void note(void *ctx, struct tacet_harness *h, enum tacet_harness_party at,
                 const struct tacet_event *event)
{
    if (event->type == TACET_EVENT_TRUST && event->u.trust.notice != TACET_NOTICE_OFFER) {
        world.notices[at]++;
        world.notice[at] = event->u.trust.notice;
    }
    watch_event(ctx, h, at, event);
}

static void dial(struct tacet_harness *h)
{
    const struct tacet_callee who = { .hint = TACET_HINT_NAME, .name = "callee" };
    const uint8_t nothing[2] = { 0 };
    uint32_t peer;

    if (!world.row->by_name) {
        tacet_expect(tacet_harness_dial(h) == 0);
        return;
    }
    tacet_expect(tacet_call_dial(tacet_harness_call(h, TACET_CALLER), tacet_harness_clock(h), &who,
                                 tacet_harness_path(h, TACET_CALLEE), 1, &peer) == 0);
    /* A packet of nothing, after which the harness looks for what is to be sent. */
    tacet_expect(tacet_harness_inject(h, TACET_CALLER, tacet_harness_now(h),
                                      tacet_harness_path(h, TACET_CALLEE), nothing,
                                      sizeof(nothing)) == 0);
}

static void run_row(uint64_t seed, const struct row *row)
{
    struct tacet_watch watch;
    struct tacet_harness_config config;
    struct tacet_harness *h = NULL;
    bool refused = row->seen != TACET_NOTICE_NONE;

    memset(&world, 0, sizeof(world));
    world.row = row;
    tacet_rng_seed(&world.rng, seed, 1002);
    make_authority();
    tacet_watch_init(&watch, &config, seed);
    watch.on_packet = count_fins;
    watch_event = config.on_event;
    config.on_event = note;
    config.on_config = certify;
    tacet_expect(tacet_harness_create(&config, &h) == 0);
    revoke();
    dial(h);
    tacet_harness_run(h, TACET_SECONDS(refused ? 35 : 3));
    tacet_expect((tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_INCOMING) == 0) ==
                 refused);
    tacet_expect((tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_ESTABLISHED) == 0) ==
                 refused);
    tacet_expect(world.notice[row->refuses] == row->seen);
    tacet_expect(world.notices[0] + world.notices[1] <= 1);
    if (refused) {
        bool impostor = row->refuses == TACET_CALLER;
        tacet_expect((world.fins == 0) == impostor);
        tacet_expect(watch.ended[TACET_CALLER] ==
                     (impostor ? TACET_END_IMPOSTOR : TACET_END_UNREACHABLE));
    } else {
        struct tacet_peer_info info;
        for (int i = 0; i < 2; i++) {
            enum tacet_harness_party party = (enum tacet_harness_party)i;
            tacet_expect(tacet_call_peer(tacet_harness_call(h, party), tacet_harness_peer(h, party),
                                         &info) == 0);
            tacet_expect(info.identity.trust == TACET_TRUST_CERTIFIED);
        }
        tacet_expect_flow(h);
    }
    tacet_harness_free(&h);
    tacet_authorities_free(&world.set);
}

static void certificates_let_in_and_keep_out(uint64_t seed)
{
    static const struct row rows[] = {
        { { true, true }, { false, false }, true, TACET_NOTICE_NONE, TACET_CALLER },
        { { false, true }, { false, false }, true, TACET_NOTICE_REQUIRED, TACET_CALLEE },
        { { true, false }, { false, false }, true, TACET_NOTICE_REQUIRED, TACET_CALLER },
        { { true, true }, { true, false }, true, TACET_NOTICE_REVOKED, TACET_CALLEE },
        { { true, true }, { false, true }, true, TACET_NOTICE_REVOKED, TACET_CALLER },
        { { false, true }, { true, false }, true, TACET_NOTICE_REVOKED, TACET_CALLEE },
        { { true, false }, { false, true }, true, TACET_NOTICE_REVOKED, TACET_CALLER },
        /* A ticket does not save a caller. */
        { { false, true }, { false, false }, false, TACET_NOTICE_REQUIRED, TACET_CALLEE },
        { { true, true }, { true, false }, false, TACET_NOTICE_REVOKED, TACET_CALLEE },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tacet_scenario_row("row %zu", i);
        run_row(seed, &rows[i]);
    }
    tacet_scenario_row("%s", "");
}

const struct tacet_scenario tacet_scenarios_certificates[] = {
    { "certificates_let_in_and_keep_out", certificates_let_in_and_keep_out },
    { NULL, NULL },
};
