/*
 * A call's life, its commands and the smaller of its inputs. What they do to one party is in
 * peer.c and its neighbours; this file finds the party and keeps what belongs to all of them.
 * Packets come in through dispatch.c, what the app polls goes out through outputs.c.
 */
#include "call/call.h"

#include "base/alloc.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* Buffers: what waits to be sent, what waits for its frame to be whole, one polled, one worked on.
 */
#define POOL_COUNT                                                                                 \
    (2 * TACET_SEND_QUEUE_MAX + TACET_VIDEO_WINDOW_PACKETS + TACET_EARLY_PACKETS_MAX + 2)

void tacet_call_config_init(struct tacet_call_config *config)
{
    *config = (struct tacet_call_config){
        .size = sizeof(*config),
        .profiles = { TACET_PROFILE_AEAD_AES_256_GCM, TACET_PROFILE_AEAD_AES_128_GCM },
        .profile_count = 2,
        .allow_unverified = true,
        .media = { .audio = true },
        .receive_width_max = 1920,
        .receive_height_max = 1080,
        .audio_bitrate_bps = 32000,
        .video_bitrate_bps = 1500000,
        .no_answer_us = TACET_RING_TIMEOUT_US,
        .rekey_interval_us = TACET_REKEY_INTERVAL_US,
    };
}

static bool config_valid(const struct tacet_call_config *config)
{
    const struct tacet_media *media = &config->media;

    if (config->size != sizeof(*config) || config->identity == NULL ||
        config->random.fill == NULL || config->profile_count < 1 ||
        config->profile_count > TACET_PROFILES_MAX || config->no_answer_us <= 0 ||
        config->rekey_interval_us < TACET_REKEY_APART_US || config->require > TACET_REQUIRE_WORDS) {
        return false;
    }
    for (size_t i = 0; i < config->profile_count; i++) {
        if (tacet_profile_string(config->profiles[i])[0] == '\0') {
            return false;
        }
    }
    return !media->video ||
           (media->width >= 1 && media->width <= TACET_PICTURE_SIDE_MAX && media->height >= 1 &&
            media->height <= TACET_PICTURE_SIDE_MAX && media->fps >= 1 && media->fps <= UINT8_MAX);
}

static int create_parts(struct tacet_call *call)
{
    int result = tacet_pool_create(POOL_COUNT, &call->pool);

    if (result == 0) {
        result = tacet_responder_create(&call->responder);
    }
    if (result == 0) {
        result = tacet_rtp_session_create(&call->session);
    }
    if (result == 0) {
        call->peers = tacet_alloc(TACET_PEERS_MAX * sizeof(*call->peers));
        call->message = tacet_alloc(TACET_MESSAGE_MAX);
        result = call->peers == NULL || call->message == NULL ? TACET_ERR_NOMEM : 0;
    }
    return result;
}

static int make_certificate(struct tacet_call *call)
{
    return tacet_certificate_present(call->config.identity, &call->config.random,
                                     call->handshake.unix_now, call->handshake.certificate,
                                     &call->handshake.certificate_size, &call->certificate_until);
}

static void set_unix_time(struct tacet_call *call, int64_t now)
{
    int64_t unix_us = now + call->config.unix_time_offset_us;

    call->handshake.unix_now = unix_us > 0 ? (uint64_t)(unix_us / 1000000) : 0;
}

int tacet_call_create(const struct tacet_call_config *config, int64_t now, struct tacet_call **ret)
{
    if (!config_valid(config)) {
        return TACET_ERR_ARGUMENT;
    }
    struct tacet_call *call = tacet_alloc(sizeof(*call));
    if (call == NULL) {
        return TACET_ERR_NOMEM;
    }
    call->config = *config;
    call->handshake = (struct tacet_handshake_config){
        .identity = config->identity,
        .profile_count = config->profile_count,
        .open = config->open,
        .policy = { .trust = config->trust,
                    .authorities = config->authorities,
                    .require = config->require,
                    .strict_revocation = config->strict_revocation,
                    .allow_unverified = config->allow_unverified },
        .refusal = &call->refusal,
        .random = config->random,
    };
    memcpy(call->handshake.profiles, config->profiles, sizeof(config->profiles));
    set_unix_time(call, now);
    int result = create_parts(call);
    if (result == 0) {
        result = make_certificate(call);
    }
    if (result != 0) {
        tacet_call_free(&call);
        return result;
    }
    call->queue.pool = call->pool;
    *ret = call;
    return 0;
}

void tacet_call_free(struct tacet_call **call)
{
    if (call == NULL || *call == NULL) {
        return;
    }
    for (int i = 0; (*call)->peers != NULL && i < TACET_PEERS_MAX; i++) {
        tacet_peer_wipe(&(*call)->peers[i]);
    }
    tacet_rtp_session_free(&(*call)->session);
    tacet_dealloc((*call)->peers);
    if ((*call)->message != NULL) {
        sodium_memzero((*call)->message, TACET_MESSAGE_MAX);
        tacet_dealloc((*call)->message);
    }
    tacet_responder_free(&(*call)->responder);
    tacet_pool_free(&(*call)->pool);
    sodium_memzero(*call, sizeof(**call));
    tacet_dealloc(*call);
    *call = NULL;
}

void tacet_call_set_time(struct tacet_call *call, int64_t now)
{
    set_unix_time(call, now);
    if (call->handshake.unix_now >= call->certificate_until) {
        /* Where it fails the one before still holds for weeks. */
        (void)make_certificate(call);
    }
}

/* --- peers --- */

struct tacet_peer *tacet_call_find(const struct tacet_call *call, uint32_t id)
{
    struct tacet_peer *peer = &call->peers[id % TACET_PEERS_MAX];

    return peer->state != TACET_PEER_FREE && peer->id == id ? peer : NULL;
}

/* What is lost with the place of a peer that is over. A call that was, or an own one, has
 * statistics to look at, and an other side that has to hear the goodbye; next to nothing is missed
 * of one that only rang, however it ended. */
static int loss(const struct tacet_peer *peer)
{
    bool unsaid = !tacet_control_idle(&peer->control);

    if (peer->turned_away) {
        return 0; /* the app has never heard of it */
    }
    return (peer->caller || peer->connected_at_us != 0 ? 3 : 1) + (unsaid ? 1 : 0);
}

static bool goes_before(const struct tacet_peer *a, const struct tacet_peer *b)
{
    return loss(a) != loss(b)
               ? loss(a) < loss(b)
               : a->timers.at_us[TACET_TIMER_LINGER] < b->timers.at_us[TACET_TIMER_LINGER];
}

/* The index of a slot that can be had, or TACET_PEERS_MAX. */
static uint32_t find_slot(const struct tacet_call *call)
{
    uint32_t found = TACET_PEERS_MAX;

    for (uint32_t i = 0; i < TACET_PEERS_MAX; i++) {
        const struct tacet_peer *peer = &call->peers[i];
        if (peer->state == TACET_PEER_FREE) {
            return i;
        }
        if (peer->state == TACET_PEER_ENDING &&
            (found == TACET_PEERS_MAX || goes_before(peer, &call->peers[found]))) {
            found = i;
        }
    }
    return found;
}

bool tacet_call_has_room(const struct tacet_call *call)
{
    return find_slot(call) != TACET_PEERS_MAX;
}

struct tacet_peer *tacet_call_new_peer(struct tacet_call *call)
{
    uint32_t slot = find_slot(call);

    if (slot == TACET_PEERS_MAX) {
        return NULL;
    }
    tacet_peer_wipe(&call->peers[slot]);
    call->generation++;
    call->peers[slot].id =
        call->generation % (UINT32_MAX / TACET_PEERS_MAX) * TACET_PEERS_MAX + slot;
    return &call->peers[slot];
}

/* --- commands --- */

static bool name_valid(const struct tacet_callee *who)
{
    const char *end = memchr(who->name, '\0', sizeof(who->name));

    return end != NULL && tacet_name_valid(who->name, (size_t)(end - who->name));
}

int tacet_call_dial(struct tacet_call *call, int64_t now, const struct tacet_callee *who,
                    const struct tacet_path *paths, size_t path_count, uint32_t *ret_peer)
{
    if (path_count < 1 || path_count > TACET_DIAL_PATHS_MAX || who->hint > TACET_HINT_NAME ||
        (who->hint == TACET_HINT_NAME && !name_valid(who))) {
        return TACET_ERR_ARGUMENT;
    }
    if (!tacet_policy_may_dial(&call->handshake.policy, who)) {
        return TACET_ERR_TRUST; /* before anybody's place is taken */
    }
    struct tacet_peer *peer = tacet_call_new_peer(call);
    if (peer == NULL) {
        return TACET_ERR_FULL;
    }
    tacet_call_set_time(call, now);
    int result = tacet_peer_dial(call, peer, now, who, paths, path_count);
    if (result != 0) {
        tacet_peer_wipe(peer);
        return result;
    }
    *ret_peer = peer->id;
    return 0;
}

int tacet_call_answer(struct tacet_call *call, int64_t now, uint32_t peer)
{
    struct tacet_peer *p = tacet_call_find(call, peer);

    return p == NULL ? TACET_ERR_NOTFOUND : tacet_peer_answer(call, p, now);
}

int tacet_call_decline(struct tacet_call *call, int64_t now, uint32_t peer, enum tacet_end reason)
{
    struct tacet_peer *p = tacet_call_find(call, peer);

    if (p == NULL) {
        return TACET_ERR_NOTFOUND;
    }
    if (reason != TACET_END_DECLINED && reason != TACET_END_BUSY) {
        return TACET_ERR_ARGUMENT;
    }
    if (p->caller || (p->state != TACET_PEER_CONFIRMING && p->state != TACET_PEER_RINGING)) {
        return TACET_ERR_STATE;
    }
    tacet_peer_end(call, p, now, TACET_MESSAGE_DECLINE, reason);
    return 0;
}

int tacet_call_remove(struct tacet_call *call, int64_t now, uint32_t peer)
{
    struct tacet_peer *p = tacet_call_find(call, peer);

    if (p == NULL) {
        return TACET_ERR_NOTFOUND;
    }
    tacet_peer_end(call, p, now, TACET_MESSAGE_HANGUP, TACET_END_HANGUP);
    return 0;
}

void tacet_call_hangup(struct tacet_call *call, int64_t now)
{
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        tacet_peer_end(call, &call->peers[i], now, TACET_MESSAGE_HANGUP, TACET_END_HANGUP);
    }
}

/* Established and not yet over: the control stream can be used. */
static bool talking(const struct tacet_peer *peer)
{
    return peer->state > TACET_PEER_DIALLING && peer->state < TACET_PEER_ENDING;
}

int tacet_call_set_muted(struct tacet_call *call, int64_t now, enum tacet_kind kind, bool muted)
{
    if (kind != TACET_KIND_AUDIO && kind != TACET_KIND_VIDEO) {
        return TACET_ERR_ARGUMENT;
    }
    if (kind == TACET_KIND_AUDIO) {
        call->config.media.audio_muted = muted;
    } else {
        call->config.media.video_muted = muted;
    }
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        if (talking(&call->peers[i])) {
            (void)tacet_peer_send_media(call, &call->peers[i], now);
        }
    }
    return 0;
}

int tacet_call_send_message(struct tacet_call *call, int64_t now, uint32_t peer,
                            const uint8_t *data, size_t size)
{
    struct tacet_peer *p = tacet_call_find(call, peer);

    if (p == NULL) {
        return TACET_ERR_NOTFOUND;
    }
    if (size < 1 || size > TACET_MESSAGE_MAX) {
        return TACET_ERR_ARGUMENT;
    }
    if (p->state != TACET_PEER_CONNECTED) {
        return TACET_ERR_STATE;
    }
    return tacet_control_send(&p->control, now, TACET_MESSAGE_APP, data, size);
}

/* --- inputs --- */

void tacet_call_handle_timeout(struct tacet_call *call, int64_t now)
{
    tacet_responder_expire(&call->responder, now);
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        if (call->peers[i].state != TACET_PEER_FREE) {
            tacet_peer_on_timeout(call, &call->peers[i], now);
        }
    }
}

int tacet_call_handle_playout(struct tacet_call *call, int64_t now, uint32_t peer,
                              enum tacet_kind kind, const struct tacet_playout_report *report)
{
    struct tacet_peer *p = tacet_call_find(call, peer);

    if (p == NULL || p->state != TACET_PEER_CONNECTED) {
        return TACET_ERR_NOTFOUND;
    }
    if (kind != TACET_KIND_AUDIO && kind != TACET_KIND_VIDEO) {
        return TACET_ERR_ARGUMENT;
    }
    tacet_inbound_playout(&p->session->inbound, kind, report);
    tacet_peer_check_picture(p, now);
    return 0;
}

void tacet_call_handle_network_change(struct tacet_call *call, int64_t now)
{
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        if (talking(&call->peers[i])) {
            tacet_peer_lose_local(&call->peers[i], now + TACET_MOVED_US);
            tacet_control_send_single(&call->peers[i].control, TACET_MESSAGE_PING, NULL, 0);
            call->peers[i].last_sent_at_us = now;
        }
    }
}

int tacet_call_send_frame(struct tacet_call *call, int64_t now, const struct tacet_frame *frame)
{
    bool video = frame->kind == TACET_KIND_VIDEO;

    if ((!video && frame->kind != TACET_KIND_AUDIO) || frame->size < 1 ||
        frame->size > (video ? TACET_FRAME_SIZE_MAX : TACET_AUDIO_FRAME_SIZE_MAX) ||
        !(video ? call->config.media.video : call->config.media.audio)) {
        return TACET_ERR_ARGUMENT;
    }
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        if (call->peers[i].state == TACET_PEER_CONNECTED) {
            int result = tacet_peer_send_frame(call, &call->peers[i], now, frame);
            if (result != 0) {
                return result;
            }
        }
    }
    return 0;
}
