/* What may be asked of a call at any time; nothing here changes anything. */
#include "call/call.h"

#include <string.h>

static const struct {
    uint16_t id;
    const char *name;
} profiles[] = {
    { TACET_PROFILE_AEAD_AES_256_GCM, "AEAD_AES_256_GCM" },
    { TACET_PROFILE_AEAD_AES_128_GCM, "AEAD_AES_128_GCM" },
    { TACET_PROFILE_AES_CM_128_HMAC_SHA1_80, "AES_CM_128_HMAC_SHA1_80" },
};

const char *tacet_profile_string(uint16_t profile)
{
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        if (profiles[i].id == profile) {
            return profiles[i].name;
        }
    }
    return "";
}

uint16_t tacet_profile_parse(const char *name)
{
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        if (strcmp(profiles[i].name, name) == 0) {
            return profiles[i].id;
        }
    }
    return 0;
}

bool tacet_call_idle(const struct tacet_call *call)
{
    for (int i = 0; i < TACET_PEERS_MAX; i++) {
        const struct tacet_peer *peer = &call->peers[i];
        if (peer->state != TACET_PEER_FREE &&
            (peer->state != TACET_PEER_ENDING || !tacet_control_idle(&peer->control) ||
             tacet_control_next_timeout(&peer->control) == 0)) {
            return false;
        }
    }
    return call->queue.count == 0;
}

uint32_t tacet_call_rtp_timestamp(const struct tacet_call *call, enum tacet_kind kind,
                                  int64_t captured_at_us)
{
    int64_t rate = kind == TACET_KIND_AUDIO ? 48000 : 90000;
    int64_t s = captured_at_us / 1000000;
    int64_t us = captured_at_us % 1000000;

    /* In two parts, so that no clock, however long it has run, overflows the product. */
    return call->timestamp_base[kind] + (uint32_t)(s * rate) + (uint32_t)(us * rate / 1000000);
}

int tacet_call_peer(const struct tacet_call *call, uint32_t peer, struct tacet_peer_info *ret)
{
    const struct tacet_peer *p = tacet_call_find(call, peer);

    if (p == NULL) {
        return TACET_ERR_NOTFOUND;
    }
    *ret = (struct tacet_peer_info){
        .state = p->state,
        .caller = p->caller,
        .reconnecting = p->reconnecting,
        .identity = p->identity,
        .media = p->media,
        .path = p->path,
    };
    memcpy(ret->words, p->words, sizeof(ret->words));
    return 0;
}

static void fill_path(const struct tacet_peer *peer, struct tacet_path_stats *ret)
{
    *ret = peer->path_stats;
    ret->current_round_trip_time_us = peer->control.round_trip_us;
    ret->total_round_trip_time_us = peer->control.round_trip_total_us;
    ret->responses_received = peer->control.round_trips;
    for (int kind = 0; peer->session != NULL && kind < TACET_KIND_COUNT; kind++) {
        const struct tacet_remote_inbound_stats *remote = &peer->session->remote[kind];
        if (remote->round_trip_time_measurements > 0) {
            ret->current_round_trip_time_us = remote->round_trip_time_us;
        }
        ret->total_round_trip_time_us += remote->total_round_trip_time_us;
        ret->responses_received += remote->round_trip_time_measurements;
    }
    if (peer->session != NULL && peer->session->sent_log->round_trip_last_us > 0) {
        ret->current_round_trip_time_us = peer->session->sent_log->round_trip_last_us;
        ret->available_outgoing_bitrate_bps = tacet_bwe_estimate(&peer->session->sending.bwe);
    }
}

static void fill_session(const struct tacet_call *call, const struct tacet_rtp_session *session,
                         struct tacet_stats *ret)
{
    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        const struct tacet_reception *reception = &session->inbound.reception[kind];
        ret->inbound[kind] = session->inbound.stats[kind];
        ret->inbound[kind].packets_lost = tacet_reception_lost(reception);
        ret->inbound[kind].jitter_us = tacet_reception_jitter_us(reception);
        ret->outbound[kind] = session->outbound[kind].stats;
        ret->outbound[kind].target_bitrate_bps = kind == TACET_KIND_AUDIO
                                                     ? session->sending.told_audio_bps
                                                     : session->sending.told_video_bps;
        ret->outbound[kind].red_depth = (uint32_t)session->outbound[kind].red_plan.count;
        ret->remote_inbound[kind] = session->remote[kind];
    }
    ret->inbound[TACET_KIND_VIDEO].frames_discarded = session->inbound.assembly.frames_discarded;
}

int tacet_call_stats(const struct tacet_call *call, uint32_t peer, struct tacet_stats *ret)
{
    const struct tacet_peer *p = tacet_call_find(call, peer);
    size_t size = ret->size;

    if (p == NULL) {
        return TACET_ERR_NOTFOUND;
    }
    if (size != sizeof(*ret)) {
        return TACET_ERR_ARGUMENT;
    }
    if (p->state == TACET_PEER_ENDING) {
        *ret = p->last_stats;
        return 0;
    }
    *ret = (struct tacet_stats){ .size = size };
    if (p->session != NULL) {
        fill_session(call, p->session, ret);
    }
    fill_path(p, &ret->path);
    ret->handshake_us = p->established ? p->established_at_us - p->started_at_us : -1;
    ret->setup_us = p->connected_at_us != 0 ? p->connected_at_us - p->started_at_us : -1;
    ret->epoch = p->rekey.epoch;
    ret->profile = p->rekey.profile;
    ret->pq = p->rekey.epoch > 0 && p->rekey.kem->pq; /* epoch 0 has X25519 alone */
    memcpy(ret->drops, call->drops, sizeof(ret->drops));
    return 0;
}
