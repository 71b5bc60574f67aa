/*
 * See party.h. This file holds the call: its making, its drains and its timeouts; what is captured
 * and what is played is the matter of party_media.h.
 */
#include "sim/party.h"

#include "sim/party_capture.h"
#include "sim/party_media.h"

#include <assert.h>
#include <string.h>

/* Certificates want a Unix time; any fixed one will do. */
#define UNIX_START_US (INT64_C(1700000000) * 1000000)
#define SPINS_MAX 1000

static void wake(void *ctx, int64_t now, uint64_t arg);

static int create_call(struct tacet_party *party)
{
    static const char *const names[] = { "caller", "callee" };
    const struct tacet_harness_config *config = party->config;
    struct tacet_random random = tacet_rng_random(&party->rng);
    struct tacet_call_config call;

    int error = tacet_identity_create(&random, names[party->which], &party->identity);
    if (error != 0) {
        return error;
    }
    tacet_call_config_init(&call);
    call.identity = party->identity;
    call.random = random;
    call.unix_time_offset_us = UNIX_START_US;
    call.listen = party->which == TACET_CALLEE;
    call.media.audio = config->audio;
    call.media.video = config->video;
    call.media.width = config->video ? config->width : 0;
    call.media.height = config->video ? config->height : 0;
    call.media.fps = config->video ? config->fps : 0;
    call.audio_bitrate_bps = config->audio_bitrate_bps;
    call.video_bitrate_bps = config->video_bitrate_bps;
    if (config->on_config != NULL) {
        config->on_config(config->ctx, party->which, &call);
    }
    return tacet_call_create(&call, tacet_world_now(party->world), &party->call);
}

int tacet_party_create(struct tacet_party *party)
{
    party->wake_at_us = TACET_NEVER;
    party->peer = UINT32_MAX;
    party->newest_peer = UINT32_MAX;
    party->first_audio_us = -1;
    party->first_video_us = -1;
    tacet_rng_seed(&party->rng, party->config->seed, (uint64_t)party->which);

    int error = create_call(party);
    if (error == 0) {
        error = tacet_party_media_create(party);
    }
    if (error != 0) {
        tacet_party_free(party);
    }
    return error;
}

void tacet_party_free(struct tacet_party *party)
{
    tacet_party_media_free(party);
    tacet_call_free(&party->call);
    tacet_identity_free(&party->identity);
}

static void handle_event(struct tacet_party *party, int64_t now, const struct tacet_event *event)
{
    assert((size_t)event->type < TACET_PARTY_EVENTS);
    party->event_counts[event->type]++;
    party->newest_peer = event->peer;
    tacet_digest_number(party->digest, (uint64_t)now << 1 | party->which);
    tacet_digest_event(party->digest, event);
    if (event->type == TACET_EVENT_INCOMING && party->config->auto_answer) {
        int error = tacet_call_answer(party->call, now, event->peer);
        assert(error == 0);
    } else if (event->type == TACET_EVENT_ANSWERED) {
        tacet_party_media_start(party, now, event->peer);
    } else if (event->type == TACET_EVENT_SEND_TARGET) {
        tacet_party_capture_target(party, event);
    } else if (event->type == TACET_EVENT_ENDED && event->peer == party->peer) {
        tacet_party_media_stop(party);
    }
    party->hooks.on_event(party->hooks.ctx, party, event);
}

static bool drain_once(struct tacet_party *party, int64_t now)
{
    struct tacet_event event;
    struct tacet_packet packet;
    struct tacet_frame frame;
    uint32_t peer;
    bool any = false;

    while (tacet_call_poll_event(party->call, &event)) {
        handle_event(party, now, &event);
        any = true;
    }
    while (tacet_call_poll_packet(party->call, now, &packet)) {
        assert(packet.size > 0);
        assert(packet.size <= TACET_DATAGRAM_MAX);
        tacet_digest_number(party->digest, (uint64_t)now << 1 | party->which);
        tacet_digest_bytes(party->digest, packet.data, packet.size);
        party->hooks.send(party->hooks.ctx, party, &packet);
        any = true;
    }
    while (tacet_call_poll_frame(party->call, now, &peer, &frame)) {
        tacet_digest_number(party->digest, (uint64_t)now << 1 | party->which);
        tacet_digest_bytes(party->digest, frame.data, frame.size);
        tacet_party_media_take(party, now, peer, &frame);
        any = true;
    }
    return any;
}

/* Whether something is still due at once. */
static bool settle(struct tacet_party *party)
{
    int64_t now = tacet_world_now(party->world);

    while (drain_once(party, now)) {
    }
    int64_t next = tacet_call_next_timeout(party->call, NULL);
    bool due = next <= now;
    next = due ? now + 1 : next;
    if (next < party->wake_at_us) {
        party->wake_at_us = next;
        int error = tacet_world_at(party->world, next, wake, party, 0);
        assert(error == 0);
    }
    return due;
}

void tacet_party_settle(struct tacet_party *party)
{
    (void)settle(party);
}

static void wake(void *ctx, int64_t now, uint64_t arg)
{
    struct tacet_party *party = ctx;

    (void)arg;
    if (now == party->wake_at_us) {
        party->wake_at_us = TACET_NEVER;
    }
    tacet_call_handle_timeout(party->call, now);
    party->spins = settle(party) ? party->spins + 1 : 0;
    /* A call that always wants to be woken at once would stop the time. */
    assert(party->spins < SPINS_MAX);
}

void tacet_party_receive(struct tacet_party *party, const struct tacet_path *from, uint8_t *data,
                         size_t size)
{
    int64_t now = tacet_world_now(party->world);
    struct tacet_packet packet = { .path = *from, .data = data, .size = size, .at_us = now };
    enum tacet_drop drop = tacet_call_handle_packet(party->call, now, &packet);

    assert(drop < TACET_DROP_COUNT);
    tacet_digest_number(party->digest, (uint64_t)drop);
    tacet_party_settle(party);
}
