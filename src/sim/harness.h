/*
 * A whole call on virtual time: two parties, each a tacet_call with codecs, playout and the drains
 * that a runner would do, joined by two links. One seed draws everything; the hash covers every
 * packet, frame, event and played sample, so that two runs of one seed can be compared.
 */
#ifndef TACET_SIM_HARNESS_H
#define TACET_SIM_HARNESS_H

#include "sim/link.h"
#include "sim/schedule.h"
#include "sim/traffic.h"
#include "tacet/audio.h"
#include "tacet/call.h"
#include "tacet/video.h"

struct tacet_harness;

enum tacet_harness_party { TACET_CALLER = 0, TACET_CALLEE = 1 };

struct tacet_harness_config {
    uint64_t seed;
    struct tacet_link_config link[2];      /* [0] caller to callee */
    const struct tacet_schedule *schedule; /* how the links change, from creation on; borrowed;
                                              NULL: they do not */
    bool real_codecs;                      /* opus and vp8; else fake */
    bool audio;
    bool video;
    uint16_t width, height, fps;
    bool auto_answer; /* the callee answers at once; default true */
    int32_t audio_bitrate_bps;
    int32_t video_bitrate_bps;
    int32_t audio_clock_ppm[2]; /* so much slower a party's sound is captured; RTP follows
                                   the samples, not the time (RFC 3550 section 5.1) */
    /* Inputs of each party, borrowed for the run; none is a tone and a test card. Pictures have the
     * size above; their rate goes before `fps`. Real codecs alone look at them. */
    const int16_t *speech; /* both parties: 48 kHz, looped */
    size_t speech_count;
    struct tacet_audio_source audio_source[2];
    struct tacet_video_source video_source[2];
    bool quality; /* real codecs: compare what arrives with its source */
    /* Called with each packet before its link; may change or drop (return false) it, or remember it
     * for later injection with tacet_harness_inject. */
    bool (*on_packet)(void *ctx, struct tacet_harness *h, enum tacet_harness_party from,
                      struct tacet_packet *packet);
    void (*on_event)(void *ctx, struct tacet_harness *h, enum tacet_harness_party at,
                     const struct tacet_event *event);
    void *ctx;
    /* Last word on the call's config before create. */
    void (*on_config)(void *ctx, enum tacet_harness_party at, struct tacet_call_config *config);
};

/* What one direction achieved, measured at the receiving party. */
struct tacet_harness_result {
    uint64_t audio_played, audio_concealed; /* samples */
    int64_t audio_latency_p50_us, audio_latency_p95_us;
    uint64_t pictures_captured, pictures_shown;
    uint64_t pictures_bad;         /* refused by the decoder, or not the one that was
                                      captured at its timestamp */
    uint64_t frames_before_answer; /* handed out before ANSWERED: must stay 0 */
    int64_t video_frozen_us;       /* frozen.h */
    int64_t video_latency_p50_us, video_latency_p95_us;
    uint64_t sync_compared, sync_within;    /* pictures shown while there was sound; of them those
                                               within 40 ms of it, by the sender's clock */
    int64_t sync_p95_us, sync_worst_us;     /* how far apart they were; 0: never compared */
    int64_t first_audio_us, first_video_us; /* after dialling; -1: never */
    struct tacet_traffic sent;              /* by the other party */
    int64_t media_us;                       /* since the other party's media began; 0: never */
    /* With `quality`: */
    uint64_t pictures_compared; /* 0: the next two mean nothing */
    double psnr_db;             /* luma, mean over shown pictures */
    double ssim;
    uint64_t seconds_compared; /* of sound; 0: the next one means nothing */
    double speech_p10;         /* correlation with the source */
};

/* One direction at one moment, measured at the receiving party: cheap enough for every 100 ms. */
struct tacet_harness_moment {
    uint64_t pictures_captured, pictures_shown;
    bool frozen; /* no new picture for longer than it may take */
    int64_t video_frozen_us;
    int64_t video_latency_us;      /* of the newest picture shown; 0: none yet */
    int64_t sync_us;               /* between that picture and its sound; -1: not known */
    uint16_t width, height;        /* of that picture */
    struct tacet_traffic sent;     /* by the other party */
    struct tacet_link_config link; /* as it is now */
    uint64_t link_offered, link_lost, link_queued_out; /* packets */
    int64_t link_wait_us;                              /* in the queue, for who comes now */
};

void tacet_harness_config_init(struct tacet_harness_config *config);
int tacet_harness_create(const struct tacet_harness_config *config, struct tacet_harness **ret);
void tacet_harness_free(struct tacet_harness **h);

/* The caller dials at the current virtual time. */
int tacet_harness_dial(struct tacet_harness *h);
/* Runs virtual time up to `until_us` after creation. */
void tacet_harness_run(struct tacet_harness *h, int64_t until_us);
/* Runs until the predicate holds or the time is over; whether it held. */
bool tacet_harness_run_until(struct tacet_harness *h, bool (*done)(struct tacet_harness *h),
                             int64_t until_us);
int64_t tacet_harness_now(const struct tacet_harness *h);   /* since creation */
int64_t tacet_harness_clock(const struct tacet_harness *h); /* the calls' `now` */
/* The party's identity key. */
void tacet_harness_identity(const struct tacet_harness *h, enum tacet_harness_party party,
                            uint8_t ret_key[TACET_KEY_SIZE]);
struct tacet_call *tacet_harness_call(struct tacet_harness *h, enum tacet_harness_party party);
/* The newest peer of that party's call, or UINT32_MAX where it is gone. */
uint32_t tacet_harness_peer(struct tacet_harness *h, enum tacet_harness_party party);
struct tacet_link *tacet_harness_link(struct tacet_harness *h, enum tacet_harness_party from);
/* Delivers bytes to a party at `at_us`, as if they came from `path`. */
int tacet_harness_inject(struct tacet_harness *h, enum tacet_harness_party to, int64_t at_us,
                         const struct tacet_path *path, const uint8_t *data, size_t size);
const struct tacet_path *tacet_harness_path(struct tacet_harness *h,
                                            enum tacet_harness_party party);
/* The party's address changes: what it sends comes from the new one from now on. What is sent to
 * the old one still arrives for `linger_us` (a handover between two networks), or is gone at once
 * for 0 (a NAT that forgot). */
void tacet_harness_move(struct tacet_harness *h, enum tacet_harness_party party,
                        const struct tacet_path *path, int64_t linger_us);
/* The party's camera is off, or on again. */
void tacet_harness_pause_video(struct tacet_harness *h, enum tacet_harness_party party,
                               bool paused);
/* How often an event of this type came to that party. */
uint32_t tacet_harness_event_count(const struct tacet_harness *h, enum tacet_harness_party party,
                                   enum tacet_event_type type);
/* What `at` heard and saw. */
void tacet_harness_result(struct tacet_harness *h, enum tacet_harness_party at,
                          struct tacet_harness_result *ret);
void tacet_harness_moment(struct tacet_harness *h, enum tacet_harness_party at,
                          struct tacet_harness_moment *ret);
/* SHA-256 over every output so far. */
void tacet_harness_hash(struct tacet_harness *h, uint8_t out[32]);

#endif
