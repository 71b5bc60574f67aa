/*
 * One party of a simulated call: a tacet_call with its encoders, receivers and the work that a
 * runner would do, on virtual time. It knows no network: packets leave through `send`.
 *
 *     capture tick -> encoder -> call -> send()      receive() -> call -> receivers <- play tick
 */
#ifndef TACET_SIM_PARTY_H
#define TACET_SIM_PARTY_H

#include "media/audio_receiver.h"
#include "media/scale.h"
#include "media/video_adapt.h"
#include "media/video_receiver.h"
#include "sim/capture_log.h"
#include "sim/digest.h"
#include "sim/distribution.h"
#include "sim/frozen.h"
#include "sim/harness.h"
#include "sim/picture_quality.h"
#include "sim/rng.h"
#include "sim/sound_quality.h"
#include "sim/world.h"
#include "tacet/audio.h"
#include "tacet/video.h"

#define TACET_PARTY_EVENTS (TACET_EVENT_ENDED + 1)

struct tacet_party;

/* Where what a party does goes. */
struct tacet_party_hooks {
    void (*send)(void *ctx, struct tacet_party *party, const struct tacet_packet *packet);
    void (*on_event)(void *ctx, struct tacet_party *party, const struct tacet_event *event);
    void *ctx;
};

struct tacet_party {
    enum tacet_harness_party which;
    const struct tacet_harness_config *config; /* borrowed */
    struct tacet_party *other;                 /* whose captures are heard and seen here */
    struct tacet_world *world;
    struct tacet_digest *digest;
    struct tacet_party_hooks hooks;
    struct tacet_path path;

    struct tacet_rng rng;
    struct tacet_identity *identity;
    struct tacet_call *call;
    int64_t wake_at_us;   /* scheduled; TACET_NEVER: not */
    uint32_t spins;       /* wakes in a row after which something was still due at once */
    uint32_t newest_peer; /* dialled or heard of last */
    uint32_t event_counts[TACET_PARTY_EVENTS];

    /* media, from ANSWERED to ENDED */
    bool answered;
    uint32_t peer;
    uint64_t session; /* ticks of an earlier one die out */
    int64_t answered_at_us;

    struct tacet_audio_source audio_source; /* the config's, or a tone of our own */
    size_t speech_at;
    uint64_t session_sounds; /* of 10 ms, captured since ANSWERED */
    uint32_t sound_samples;  /* of the packet being captured, and of the next */
    uint32_t next_sound_samples;
    struct tacet_audio_encoder audio_encoder;
    struct tacet_audio_encoder_settings audio_settings;
    struct tacet_capture_log audio_captures;

    struct tacet_video_source video_source; /* the config's, or a test card of our own */
    struct tacet_video_format video_format;
    struct tacet_video_encoder video_encoder;
    struct tacet_video_adapt video_adapt;
    bool video_paused;          /* the camera is off */
    struct tacet_canvas scaled; /* what is encoded where it is not the source's size */
    enum tacet_refresh refresh; /* asked for and not made yet */
    uint64_t pictures;          /* captured */
    uint64_t session_pictures;  /* since ANSWERED */
    struct tacet_capture_log video_captures;

    struct tacet_audio_receiver *audio_receiver;
    struct tacet_sync_clock audio_clock;
    struct tacet_video_receiver *video_receiver;
    int64_t show_at_us;                       /* scheduled; TACET_NEVER: not */
    int64_t audio_latency_us;                 /* of what was heard last; 0: nothing yet */
    struct tacet_distribution sync_distances; /* us between a picture and its sound */
    uint64_t sync_within;                     /* of these, at most 40 ms */
    int64_t sync_us;                          /* the last one; -1: none yet */

    /* what was heard and seen */
    struct tacet_distribution audio_latencies; /* us */
    struct tacet_distribution video_latencies;
    uint64_t pictures_shown;
    uint64_t pictures_wrong; /* not the picture that its timestamp stands for */
    uint64_t frames_before_answer;
    int64_t first_audio_us; /* -1: none yet */
    int64_t first_video_us;
    struct tacet_frozen frozen;
    int64_t video_latency_us; /* of the last picture shown */
    uint16_t shown_width;
    uint16_t shown_height;
    struct tacet_picture_quality picture_quality;
    struct tacet_sound_quality *sound_quality; /* NULL: not wanted */
};

/* `party` is zeroed but for which, config, other, world, digest, hooks and path. */
int tacet_party_create(struct tacet_party *party);
/* Accepts one half built. */
void tacet_party_free(struct tacet_party *party);
/* Drains everything that the call has to say, then schedules its next timeout. After any use of the
 * call. */
void tacet_party_settle(struct tacet_party *party);
void tacet_party_receive(struct tacet_party *party, const struct tacet_path *from, uint8_t *data,
                         size_t size);

#endif
