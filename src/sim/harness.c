/*
 * See harness.h. Two parties and the two links between them: who gets which packet when. The fate
 * of a packet is the link's, what a party does with it is party.c's.
 */
#include "sim/harness.h"

#include "sim/digest.h"
#include "sim/party.h"
#include "sim/world.h"
#include "tacet/error.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Virtual time begins well above zero, where a mistaken zero shows. */
#define START_US (INT64_C(1000) * 1000000)
#define LINK_STREAM 16 /* the parties draw from streams 0 and 1 */

/* A datagram on its way. Slots are used again; none moves while the world holds its number. */
struct flight {
    enum tacet_harness_party to;
    struct tacet_path from;
    size_t size;
    uint8_t data[TACET_DATAGRAM_ROOM];
};

struct tacet_harness {
    struct tacet_harness_config config;
    struct tacet_world *world;
    struct tacet_digest digest;
    struct tacet_link links[2];
    struct tacet_traffic traffic[2]; /* by who sent it */
    size_t schedule_at;              /* rows that hold */
    struct tacet_party parties[2];
    int64_t dialled_at_us;
    struct flight **flights;
    size_t *free_slots;
    size_t flight_count; /* slots made */
    size_t free_count;
    size_t capacity;
    struct tacet_path old_path[2]; /* where a party that moved can still be reached ... */
    int64_t old_until_us[2];       /* ... until then */
};

static int schedule_links(struct tacet_harness *h);

void tacet_harness_config_init(struct tacet_harness_config *config)
{
    *config = (struct tacet_harness_config){
        .seed = 1,
        .link = { { .delay_us = 20000 }, { .delay_us = 20000 } },
        .audio = true,
        .video = true,
        .width = 320,
        .height = 180,
        .fps = 25,
        .auto_answer = true,
        .audio_bitrate_bps = 32000,
        .video_bitrate_bps = 300000,
    };
}

static bool more_slots(struct tacet_harness *h)
{
    size_t capacity = h->capacity == 0 ? 64 : h->capacity * 2;
    struct flight **flights = realloc(h->flights, capacity * sizeof(struct flight *));
    if (flights == NULL) {
        return false;
    }
    h->flights = flights;
    size_t *slots = realloc(h->free_slots, capacity * sizeof(*slots));
    if (slots == NULL) {
        return false;
    }
    h->free_slots = slots;
    h->capacity = capacity;
    return true;
}

/* The number of a free slot, or SIZE_MAX. */
static size_t take_slot(struct tacet_harness *h)
{
    if (h->free_count > 0) {
        return h->free_slots[--h->free_count];
    }
    if (h->flight_count == h->capacity && !more_slots(h)) {
        return SIZE_MAX;
    }
    struct flight *flight = malloc(sizeof(*flight));
    if (flight == NULL) {
        return SIZE_MAX;
    }
    h->flights[h->flight_count] = flight;
    return h->flight_count++;
}

static void arrive(void *ctx, int64_t now, uint64_t slot)
{
    struct tacet_harness *h = ctx;
    struct flight *flight = h->flights[slot];

    (void)now;
    tacet_party_receive(&h->parties[flight->to], &flight->from, flight->data, flight->size);
    h->free_slots[h->free_count++] = (size_t)slot;
}

static int fly(struct tacet_harness *h, enum tacet_harness_party to, int64_t at_us,
               const struct tacet_path *from, const uint8_t *data, size_t size)
{
    size_t slot = take_slot(h);

    if (slot == SIZE_MAX) {
        return TACET_ERR_NOMEM;
    }
    struct flight *flight = h->flights[slot];
    flight->to = to;
    flight->from = *from;
    /* A datagram longer than its room is cut there, as a socket would. */
    flight->size = size < sizeof(flight->data) ? size : sizeof(flight->data);
    memcpy(flight->data, data, flight->size);
    return tacet_world_at(h->world, at_us, arrive, h, slot);
}

static void on_send(void *ctx, struct tacet_party *party, const struct tacet_packet *sent)
{
    struct tacet_harness *h = ctx;
    enum tacet_harness_party to = party->which == TACET_CALLER ? TACET_CALLEE : TACET_CALLER;
    uint8_t copy[TACET_DATAGRAM_ROOM];
    struct tacet_packet packet = *sent;
    int64_t at_us[2];

    tacet_traffic_add(&h->traffic[party->which], sent->data, sent->size);
    memcpy(copy, sent->data, sent->size);
    packet.data = copy;
    if (h->config.on_packet != NULL &&
        !h->config.on_packet(h->config.ctx, h, party->which, &packet)) {
        return;
    }
    assert(packet.size <= sizeof(copy));
    /* To an address where nobody is: gone. */
    if (!tacet_path_equal(&packet.path, &h->parties[to].path) &&
        !(tacet_path_equal(&packet.path, &h->old_path[to]) &&
          tacet_world_now(h->world) < h->old_until_us[to])) {
        return;
    }
    int copies =
        tacet_link_send(&h->links[party->which], tacet_world_now(h->world), packet.size, at_us);
    for (int i = 0; i < copies; i++) {
        int error = fly(h, to, at_us[i], &party->path, copy, packet.size);
        assert(error == 0);
    }
}

static void on_event(void *ctx, struct tacet_party *party, const struct tacet_event *event)
{
    struct tacet_harness *h = ctx;

    if (h->config.on_event != NULL) {
        h->config.on_event(h->config.ctx, h, party->which, event);
    }
}

static int create_parties(struct tacet_harness *h)
{
    static const char *const addresses[2] = { "192.0.2.1:5000", "198.51.100.1:5000" };
    int error = 0;

    for (int i = 0; i < 2; i++) {
        struct tacet_party *party = &h->parties[i];
        party->which = (enum tacet_harness_party)i;
        party->config = &h->config;
        party->other = &h->parties[1 - i];
        party->world = h->world;
        party->digest = &h->digest;
        party->hooks =
            (struct tacet_party_hooks){ .send = on_send, .on_event = on_event, .ctx = h };
        error = tacet_address_parse(addresses[i], &party->path.address);
        assert(error == 0);
        tacet_link_init(&h->links[i], &h->config.link[i], h->config.seed,
                        LINK_STREAM + (uint64_t)i);
    }
    for (int i = 0; i < 2 && error == 0; i++) {
        error = tacet_party_create(&h->parties[i]);
    }
    return error;
}

/* The next row of the schedule holds from now on. */
static void change_links(void *ctx, int64_t now, uint64_t arg)
{
    struct tacet_harness *h = ctx;
    const struct tacet_schedule *schedule = h->config.schedule;

    (void)now;
    (void)arg;
    for (int i = 0; i < 2; i++) {
        bool down = h->links[i].config.down;
        h->links[i].config = schedule->rows[h->schedule_at].link[i];
        h->links[i].config.down = down;
    }
    h->schedule_at++;
    int error = schedule_links(h);
    assert(error == 0);
}

static int schedule_links(struct tacet_harness *h)
{
    const struct tacet_schedule *schedule = h->config.schedule;

    if (schedule == NULL || h->schedule_at == schedule->count) {
        return 0;
    }
    return tacet_world_at(h->world, START_US + schedule->rows[h->schedule_at].at_us, change_links,
                          h, 0);
}

int tacet_harness_create(const struct tacet_harness_config *config, struct tacet_harness **ret)
{
    struct tacet_harness *h = calloc(1, sizeof(*h));

    if (h == NULL) {
        return TACET_ERR_NOMEM;
    }
    h->config = *config;
    h->dialled_at_us = START_US;
    tacet_digest_init(&h->digest);
    int error = tacet_world_create(START_US, &h->world);
    if (error == 0) {
        error = create_parties(h);
    }
    if (error == 0) {
        error = schedule_links(h);
    }
    if (error != 0) {
        tacet_harness_free(&h);
        return error;
    }
    *ret = h;
    return 0;
}

void tacet_harness_free(struct tacet_harness **harness)
{
    if (harness == NULL || *harness == NULL) {
        return;
    }
    struct tacet_harness *h = *harness;
    tacet_party_free(&h->parties[0]);
    tacet_party_free(&h->parties[1]);
    tacet_world_free(&h->world);
    for (size_t i = 0; i < h->flight_count; i++) {
        free(h->flights[i]);
    }
    free(h->flights);
    free(h->free_slots);
    free(h);
    *harness = NULL;
}

int tacet_harness_dial(struct tacet_harness *h)
{
    struct tacet_party *caller = &h->parties[TACET_CALLER];
    struct tacet_callee who = { .hint = TACET_HINT_KEY };

    tacet_harness_identity(h, TACET_CALLEE, who.key);
    h->dialled_at_us = tacet_world_now(h->world);
    for (int i = 0; i < 2; i++) {
        tacet_frozen_init(&h->parties[i].frozen, h->dialled_at_us);
    }
    int error = tacet_call_dial(caller->call, h->dialled_at_us, &who,
                                &h->parties[TACET_CALLEE].path, 1, &caller->newest_peer);
    if (error == 0) {
        tacet_party_settle(caller);
    }
    return error;
}

bool tacet_harness_run_until(struct tacet_harness *h, bool (*done)(struct tacet_harness *h),
                             int64_t until_us)
{
    /* Whoever called may have used the calls by hand. */
    tacet_party_settle(&h->parties[0]);
    tacet_party_settle(&h->parties[1]);
    while (done == NULL || !done(h)) {
        if (!tacet_world_step(h->world, START_US + until_us)) {
            return false;
        }
    }
    return true;
}

void tacet_harness_run(struct tacet_harness *h, int64_t until_us)
{
    (void)tacet_harness_run_until(h, NULL, until_us);
}

int64_t tacet_harness_now(const struct tacet_harness *h)
{
    return tacet_world_now(h->world) - START_US;
}

int64_t tacet_harness_clock(const struct tacet_harness *h)
{
    return tacet_world_now(h->world);
}

void tacet_harness_identity(const struct tacet_harness *h, enum tacet_harness_party party,
                            uint8_t ret_key[TACET_KEY_SIZE])
{
    struct tacet_public_identity identity;

    tacet_identity_public(h->parties[party].identity, &identity);
    memcpy(ret_key, identity.key, TACET_KEY_SIZE);
}

struct tacet_call *tacet_harness_call(struct tacet_harness *h, enum tacet_harness_party party)
{
    return h->parties[party].call;
}

uint32_t tacet_harness_peer(struct tacet_harness *h, enum tacet_harness_party party)
{
    struct tacet_peer_info info;

    uint32_t peer = h->parties[party].newest_peer;
    bool there =
        tacet_call_peer(h->parties[party].call, peer, &info) == 0 && info.state != TACET_PEER_FREE;
    return there ? peer : UINT32_MAX;
}

struct tacet_link *tacet_harness_link(struct tacet_harness *h, enum tacet_harness_party from)
{
    return &h->links[from];
}

int tacet_harness_inject(struct tacet_harness *h, enum tacet_harness_party to, int64_t at_us,
                         const struct tacet_path *path, const uint8_t *data, size_t size)
{
    return fly(h, to, START_US + at_us, path, data, size);
}

void tacet_harness_move(struct tacet_harness *h, enum tacet_harness_party party,
                        const struct tacet_path *path, int64_t linger_us)
{
    h->old_path[party] = h->parties[party].path;
    h->old_until_us[party] = tacet_world_now(h->world) + linger_us;
    h->parties[party].path = *path;
}

void tacet_harness_pause_video(struct tacet_harness *h, enum tacet_harness_party party, bool paused)
{
    h->parties[party].video_paused = paused;
}

const struct tacet_path *tacet_harness_path(struct tacet_harness *h, enum tacet_harness_party party)
{
    return &h->parties[party].path;
}

uint32_t tacet_harness_event_count(const struct tacet_harness *h, enum tacet_harness_party party,
                                   enum tacet_event_type type)
{
    return h->parties[party].event_counts[type];
}

static int64_t since_dialling(const struct tacet_harness *h, int64_t at_us)
{
    return at_us < 0 ? -1 : at_us - h->dialled_at_us;
}

static int64_t percentile(const struct tacet_distribution *distribution, size_t percent)
{
    return (int64_t)tacet_distribution_percentile(distribution, percent);
}

void tacet_harness_result(struct tacet_harness *h, enum tacet_harness_party at,
                          struct tacet_harness_result *ret)
{
    const struct tacet_party *party = &h->parties[at];
    struct tacet_playout_report report;
    int64_t now = tacet_world_now(h->world);

    *ret = (struct tacet_harness_result){
        .audio_latency_p50_us = percentile(&party->audio_latencies, 50),
        .audio_latency_p95_us = percentile(&party->audio_latencies, 95),
        .video_latency_p50_us = percentile(&party->video_latencies, 50),
        .video_latency_p95_us = percentile(&party->video_latencies, 95),
        .sync_compared = party->sync_distances.count,
        .sync_p95_us = percentile(&party->sync_distances, 95),
        .sync_worst_us = percentile(&party->sync_distances, 100),
        .sync_within = party->sync_within,
        .pictures_captured = party->other->pictures,
        .pictures_shown = party->pictures_shown,
        .pictures_bad = party->pictures_wrong,
        .frames_before_answer = party->frames_before_answer,
        .first_audio_us = since_dialling(h, party->first_audio_us),
        .first_video_us = since_dialling(h, party->first_video_us),
        .sent = h->traffic[party->other->which],
        .media_us = party->other->answered_at_us > 0 ? now - party->other->answered_at_us : 0,
        .pictures_compared = party->picture_quality.compared,
    };
    if (h->config.video) {
        ret->video_frozen_us = tacet_frozen_total(&party->frozen, now);
    }
    if (ret->pictures_compared > 0) {
        ret->psnr_db = party->picture_quality.psnr_sum / (double)ret->pictures_compared;
        ret->ssim = party->picture_quality.ssim_sum / (double)ret->pictures_compared;
    }
    if (party->sound_quality != NULL) {
        ret->seconds_compared = tacet_sound_quality_seconds(party->sound_quality);
    }
    if (ret->seconds_compared > 0) {
        ret->speech_p10 = tacet_sound_quality_percentile(party->sound_quality, 10);
    }
    if (party->audio_receiver != NULL) {
        tacet_audio_receiver_report(party->audio_receiver, &report);
        ret->audio_played = report.samples_received;
        ret->audio_concealed = report.samples_concealed;
    }
    if (party->video_receiver != NULL) {
        tacet_video_receiver_report(party->video_receiver, now, &report);
        ret->pictures_bad += report.frames_failed;
    }
}

void tacet_harness_moment(struct tacet_harness *h, enum tacet_harness_party at,
                          struct tacet_harness_moment *ret)
{
    const struct tacet_party *party = &h->parties[at];
    const struct tacet_link *link = &h->links[party->other->which];
    int64_t now = tacet_world_now(h->world);

    *ret = (struct tacet_harness_moment){
        .pictures_captured = party->other->pictures,
        .pictures_shown = party->pictures_shown,
        .frozen = h->config.video && tacet_frozen_now(&party->frozen, now),
        .video_frozen_us = h->config.video ? tacet_frozen_total(&party->frozen, now) : 0,
        .video_latency_us = party->video_latency_us,
        .sync_us = party->answered ? party->sync_us : -1,
        .width = party->shown_width,
        .height = party->shown_height,
        .sent = h->traffic[party->other->which],
        .link = link->config,
        .link_offered = link->sent,
        .link_lost = link->lost,
        .link_queued_out = link->queued_out,
        .link_wait_us = link->busy_until_us > now ? link->busy_until_us - now : 0,
    };
}

void tacet_harness_hash(struct tacet_harness *h, uint8_t out[32])
{
    tacet_digest_result(&h->digest, out);
}
