/* See party_media.h. */
#include "sim/party_media.h"

#include "sim/party_capture.h"
#include "sim/party_playback.h"

#include <assert.h>

void tacet_party_tick_at(struct tacet_party *party, int64_t at_us, tacet_world_fn *tick)
{
    int error = tacet_world_at(party->world, at_us, tick, party, party->session);

    assert(error == 0);
}

bool tacet_party_is_current(const struct tacet_party *party, uint64_t session)
{
    return party->answered && party->session == session;
}

const struct tacet_codec *tacet_party_codec(const struct tacet_party *party, enum tacet_kind kind)
{
    const char *real = kind == TACET_KIND_AUDIO ? "opus" : "vp8";
    const struct tacet_codec *codec =
        tacet_codec_find(kind, party->config->real_codecs ? real : "fake");

    assert(codec != NULL);
    return codec;
}

int tacet_party_media_create(struct tacet_party *party)
{
    int error = tacet_party_capture_create(party);

    return error != 0 ? error : tacet_party_playback_create(party);
}

void tacet_party_media_free(struct tacet_party *party)
{
    tacet_party_capture_free(party);
    tacet_party_playback_free(party);
}

void tacet_party_media_start(struct tacet_party *party, int64_t now, uint32_t peer)
{
    party->answered = true;
    party->peer = peer;
    party->session++;
    party->answered_at_us = now;
    tacet_party_playback_start(party, now);
    tacet_party_capture_start(party, now);
}

void tacet_party_media_stop(struct tacet_party *party)
{
    party->answered = false;
}

void tacet_party_media_take(struct tacet_party *party, int64_t now, uint32_t peer,
                            const struct tacet_frame *frame)
{
    if (!party->answered || peer != party->peer) {
        party->frames_before_answer++;
        return;
    }
    tacet_party_playback_take(party, now, frame);
}
