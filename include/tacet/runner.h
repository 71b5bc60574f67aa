/*
 * The runner: threads around one call. It owns the loop that moves packets, encodes what the
 * sources give, plays and shows what comes, and tells the app what happens.
 *
 *   threads: network + call · audio · video encode · video decode
 *
 * Sources start when a call has been answered, never before.
 */
#ifndef TACET_RUNNER_H
#define TACET_RUNNER_H

#include "tacet/api.h"
#include "tacet/audio.h"
#include "tacet/call.h"
#include "tacet/codec.h"
#include "tacet/transport.h"
#include "tacet/video.h"

struct tacet_runner;

enum tacet_media_event_type {
    TACET_MEDIA_CAPTURED = 0, /* a picture or a packet's worth of sound was taken from the source */
    TACET_MEDIA_SENT,         /* it was encoded and handed to the call */
    TACET_MEDIA_SHOWN,        /* a picture was handed to its sink */
    TACET_MEDIA_PLAYED        /* the first sample of a packet was handed to its sink */
};

/* One row of the frame log. */
struct tacet_media_event {
    enum tacet_media_event_type type;
    enum tacet_kind kind;
    uint64_t index;          /* captured, sent: of the source; shown, played: running number */
    uint32_t rtp_timestamp;
    int64_t time_us;         /* CLOCK_MONOTONIC */
    uint16_t width;
    uint16_t height;
    size_t bytes;            /* sent: encoded size */
    const struct tacet_picture *picture; /* shown: the picture, borrowed; else NULL */
};

struct tacet_runner_config {
    size_t size;                            /* sizeof, set by tacet_runner_config_init */
    struct tacet_call *call;                /* required; taken: freed by tacet_runner_stop */
    struct tacet_transport transport;       /* required; taken */
    struct tacet_audio_source audio_source; /* taken; ops NULL: none */
    struct tacet_audio_sink audio_sink;
    struct tacet_video_source video_source;
    struct tacet_video_sink video_sink;
    const struct tacet_codec *audio_codec;  /* default opus */
    const struct tacet_codec *video_codec;  /* default vp8 */
    int32_t audio_bitrate_bps;              /* first settings of the encoders */
    int32_t video_bitrate_bps;
    uint16_t video_width;                   /* of the pictures sent; 0: as the source gives them */
    uint16_t video_height;
    uint16_t receive_width_max;             /* as in the call's config */
    uint16_t receive_height_max;
    void *ctx;                              /* handed to the callbacks */
    /* Each event of the call, on the network thread, which may use `call`. Must not block. */
    void (*on_event)(void *ctx, struct tacet_call *call, const struct tacet_event *event);
    /* Each media event, on the thread where it happens (several at a time). NULL: not wanted. */
    void (*on_media)(void *ctx, const struct tacet_media_event *event);
    /* A source, a sink or the transport failed; the call has been hung up. Any thread. */
    void (*on_error)(void *ctx, const char *what, int error);
};

/* What runner threads used, for benchmarks. */
struct tacet_runner_usage {
    int64_t codec_cpu_us;  /* thread CPU time inside codec calls */
};

TACET_BEGIN_DECLS

/* The runner's clock: CLOCK_MONOTONIC in microseconds. Any thread. */
TACET_API int64_t tacet_clock_now(void);
/* Unix time minus tacet_clock_now(): for `unix_time_offset_us`. */
TACET_API int64_t tacet_clock_unix_offset(void);

TACET_API void tacet_runner_config_init(struct tacet_runner_config *config);
/* Starts the threads. On failure nothing was taken. TACET_ERR_ARGUMENT, _NOMEM, _IO, _CODEC. */
TACET_API TACET_NODISCARD int tacet_runner_start(const struct tacet_runner_config *config,
                                                 struct tacet_runner **ret);
/* Runs `job` on the network thread soon. Any thread. TACET_ERR_FULL: 64 jobs wait already. */
TACET_API TACET_NODISCARD int tacet_runner_post(struct tacet_runner *runner,
                                                void (*job)(void *arg, struct tacet_call *call,
                                                            int64_t now),
                                                void *arg);
TACET_API void tacet_runner_usage(const struct tacet_runner *runner,
                                  struct tacet_runner_usage *ret);
/*
 * Hangs up, waits until the other side has heard it (2 s at most), stops the threads, completes
 * the sinks and frees everything taken. Not from a callback, whichever thread that is on: the
 * program ends there. Sets *runner to NULL; accepts NULL.
 */
TACET_API void tacet_runner_stop(struct tacet_runner **runner);

TACET_END_DECLS

#endif
