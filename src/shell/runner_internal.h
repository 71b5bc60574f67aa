/*
 * What the files of the runner share. Each part below belongs to one thread; between threads
 * stand rings (one writer, one reader), atomics, and two small structs behind a mutex that nobody
 * holds while a codec, a device or a callback runs.
 *
 *     audio, video encode --frames--> network --frames--> audio, video decode
 *                         <-wishes---         <-reports--
 */
#ifndef TACET_SHELL_RUNNER_INTERNAL_H
#define TACET_SHELL_RUNNER_INTERNAL_H

#include "base/limits.h"
#include "base/ring.h"
#include "media/audio_receiver.h"
#include "media/capture_clock.h"
#include "media/scale.h"
#include "media/video_adapt.h"
#include "media/video_receiver.h"
#include "tacet/runner.h"

#include <pthread.h>
#include <stdatomic.h>

#define TACET_RUNNER_TICK_SAMPLES 480  /* of TACET_RUNNER_TICK_US */
#define TACET_RUNNER_BLOCKS_MAX 20     /* blocks of that size that a device gets or gives a tick */
#define TACET_RUNNER_FRAME_SAMPLES 960 /* of an encoded audio frame, until the call says */
#define TACET_RUNNER_NOBODY UINT32_MAX

/* --- runner_wakeup.c: what a thread sleeps on --- */

struct tacet_wakeup {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    bool raised;
    bool ready; /* made, and to be taken down */
};

/* 0 or TACET_ERR_NOMEM. */
int tacet_wakeup_init(struct tacet_wakeup *wakeup);
/* Accepts one that is zero or half made. */
void tacet_wakeup_clear(struct tacet_wakeup *wakeup);
/* Makes a wait that is under way, or the next one, return at once. Any thread. */
void tacet_wakeup_raise(struct tacet_wakeup *wakeup);
/* Waits until raised or until the clock reaches the deadline (TACET_NEVER: only the former). */
void tacet_wakeup_wait(struct tacet_wakeup *wakeup, int64_t deadline_us);

/* --- runner_priority.c --- */

/* The calling thread goes before others, where the system allows it. */
void tacet_runner_prefer_thread(void);

/* --- runner_meter.c: CPU time spent in codecs --- */

struct tacet_meter {
    const struct tacet_codec *audio; /* the codecs that are measured */
    const struct tacet_codec *video;
    struct tacet_codec metered_audio; /* the same, giving decoders that measure themselves */
    struct tacet_codec metered_video;
    atomic_llong cpu_ns;
    atomic_llong video_decode_us; /* by the clock, not by CPU */
};

void tacet_meter_init(struct tacet_meter *meter, const struct tacet_codec *audio,
                      const struct tacet_codec *video);
/* Receivers whose decoders are measured; results as of the receivers' own _create. */
int tacet_meter_audio_receiver(struct tacet_meter *meter, struct tacet_audio_receiver **ret);
int tacet_meter_video_receiver(struct tacet_meter *meter, uint16_t width_max, uint16_t height_max,
                               struct tacet_video_receiver **ret);
/* Around a codec call on this thread: _begin's result goes to _end. */
int64_t tacet_meter_begin(void);
void tacet_meter_end(struct tacet_meter *meter, int64_t began_ns);

/* --- what goes through the rings --- */

/*
 * An answered peer has a seat, 0 to TACET_PEERS_MAX - 1, until it ends. `life` tells stale items
 * apart: of frames to be sent it is the session, of all others the life of the seat.
 */
struct tacet_audio_slot {
    uint32_t seat;
    uint32_t life;
    uint64_t index;
    struct tacet_frame frame; /* data: set by the reader */
    uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
};

struct tacet_video_slot {
    uint32_t seat;
    uint32_t life;
    uint64_t index;
    struct tacet_frame frame; /* data: set by the reader */
    uint8_t data[TACET_FRAME_SIZE_MAX];
};

struct tacet_report_slot {
    uint32_t seat;
    uint32_t life;
    struct tacet_playout_report report;
};

struct tacet_job {
    void (*run)(void *arg, struct tacet_call *call, int64_t now);
    void *arg;
};

/* --- the parts, one a thread --- */

struct tacet_runner_thread {
    pthread_t id;
    bool running;
    struct tacet_wakeup wakeup;
};

struct tacet_runner_network {
    struct tacet_runner_thread thread;
    struct tacet_packet out[TACET_TRANSPORT_BATCH]; /* [first, end) wait for the transport */
    size_t out_first;
    size_t out_end;
    uint8_t out_data[TACET_TRANSPORT_BATCH][TACET_DATAGRAM_MAX];
    struct tacet_packet in[TACET_TRANSPORT_BATCH];
    uint8_t in_data[TACET_TRANSPORT_BATCH][TACET_DATAGRAM_ROOM];
    struct tacet_job taken[TACET_RUNNER_JOBS_MAX]; /* jobs being run */
    uint32_t answered;                             /* bit n: seat n is taken */
    uint32_t peers[TACET_PEERS_MAX];               /* the call's number of the peer in each seat */
    uint32_t video_seat;                           /* whose pictures are shown */
    bool video_lost;        /* pictures were dropped here; waiting for a key frame */
    uint64_t video_dropped; /* pictures dropped here, and how often that began */
    uint64_t video_losses;
    struct tacet_audio_encoder_settings audio; /* what the encoder was last asked for */
    bool hung_up;
    bool failure_told;
    bool broken;        /* the transport is gone */
    int64_t stop_at_us; /* when lingering ends; TACET_NEVER: not stopping */
};

struct tacet_runner_audio {
    struct tacet_runner_thread thread;
    struct tacet_audio_encoder encoder;
    struct tacet_audio_receiver *receivers[TACET_PEERS_MAX];
    uint32_t lives[TACET_PEERS_MAX]; /* which life of its seat each receiver serves */
    bool used[TACET_PEERS_MAX];      /* the receiver was, in this life */
    struct tacet_sync_clock clocks[TACET_PEERS_MAX];
    bool listening;                  /* the source was started, and not stopped */
    bool playing;                    /* the sink was started */
    /* capture */
    struct tacet_capture_clock clock;
    uint64_t index;
    int16_t pcm[TACET_AUDIO_FRAME_SAMPLES_MAX];
    uint32_t frame_samples; /* of the frame being filled, and of the next */
    uint32_t next_frame_samples;
    size_t fill;
    /* playback */
    int sink_room_max; /* most that a device ever wanted: its whole buffer */
    uint64_t played;
    int64_t report_at_us;
};

struct tacet_runner_encode {
    struct tacet_runner_thread thread;
    struct tacet_video_encoder encoder;
    struct tacet_video_adapt adapt;   /* what it is asked for */
    struct tacet_video_format format; /* of the source */
    struct tacet_canvas canvas;
    bool watching;              /* the source has been started */
    uint32_t failures;          /* of the encoder, in a row */
    enum tacet_refresh refresh; /* of the next picture */
};

struct tacet_runner_decode {
    struct tacet_runner_thread thread;
    struct tacet_video_receiver *receiver;
    uint32_t life;
    uint32_t seat;             /* who is shown; valid if `used` */
    bool used;                 /* the receiver, in this life */
    int64_t decode_us_earlier; /* the meter's, when this life began */
    bool opened;               /* the sink */
    uint64_t shown;
    int64_t report_at_us;
};

/* What the network thread asks of the others, and how the first failure gets to it. */
struct tacet_runner_wishes {
    bool audio_changed;
    struct tacet_audio_encoder_settings audio;
    uint32_t frame_samples; /* of sound; 0: as it is */
    bool target_changed;
    struct tacet_event target;  /* the last SEND_TARGET */
    enum tacet_refresh refresh; /* asked for and not made yet */
    bool format_known;          /* what the peer shown has announced */
    struct tacet_video_format format;
    const char *failed_what; /* NULL: nothing failed */
    int failed_error;
};

struct tacet_runner {
    struct tacet_runner_config config;
    struct tacet_meter meter;

    atomic_bool stopping;               /* network thread: hang up, then end */
    atomic_bool quit;                   /* the others: end */
    atomic_uint session;                /* odd: somebody is answered; counts on at each change */
    atomic_uint lives[TACET_PEERS_MAX]; /* odd: that seat is taken */
    atomic_uint video_life;             /* odd: there is a peer whose pictures are shown */
    atomic_uint timestamp_bases[TACET_KIND_COUNT];
    /* Lip sync, of each seat: what the audio thread tells of its sound, and what the decode thread
     * asks of it. */
    atomic_llong sound_ways[TACET_PEERS_MAX];
    atomic_llong sound_targets[TACET_PEERS_MAX];
    atomic_llong sound_delays[TACET_PEERS_MAX];

    struct tacet_ring *audio_out; /* audio -> network */
    struct tacet_ring *video_out; /* encode -> network */
    struct tacet_ring *audio_in;  /* network -> audio */
    struct tacet_ring *video_in;  /* network -> decode */
    struct tacet_ring *audio_reports;
    struct tacet_ring *video_reports;

    pthread_mutex_t mutex; /* wishes and jobs */
    bool mutex_ready;
    struct tacet_runner_wishes wishes;
    struct tacet_job jobs[TACET_RUNNER_JOBS_MAX];
    size_t job_count;

    struct tacet_runner_network network;
    struct tacet_runner_audio audio;
    struct tacet_runner_encode encode;
    struct tacet_runner_decode decode;
};

/* --- runner.c --- */

/* Wakes the network thread, whatever it waits for. Any thread. */
void tacet_runner_wake(struct tacet_runner *runner);
/* Reports the first failure: the network thread hangs up and tells the app. Any thread. */
void tacet_runner_fail(struct tacet_runner *runner, const char *what, int error);
/* A row of the frame log. Any thread. */
void tacet_runner_log(struct tacet_runner *runner, const struct tacet_media_event *event);
/* Whether a thread of that session goes on. */
bool tacet_runner_in_session(struct tacet_runner *runner, uint32_t session);
/*
 * The RTP timestamp of a capture, on any thread: the call belongs to the network thread, which
 * has left tacet_call_rtp_timestamp(kind, 0) for the others. A timestamp is that plus the
 * capture's time in ticks of the kind's clock.
 */
uint32_t tacet_runner_timestamp(struct tacet_runner *runner, enum tacet_kind kind,
                                int64_t captured_at_us);

/* --- the threads: _prepare makes what the part needs, _clear takes it down (accepts half made
 *     ones), _main is the thread --- */

void tacet_runner_network_prepare(struct tacet_runner *runner);
void *tacet_runner_network_main(void *runner);
/* runner_events.c: what the runner does at an event of the call, on the network thread. */
void tacet_runner_react(struct tacet_runner *runner, const struct tacet_event *event);
/* The seat of an answered peer, or TACET_RUNNER_NOBODY. Network thread. */
uint32_t tacet_runner_seat(const struct tacet_runner *runner, uint32_t peer);

int tacet_runner_audio_prepare(struct tacet_runner *runner,
                               const struct tacet_audio_encoder_settings *settings);
void tacet_runner_audio_clear(struct tacet_runner *runner);
void *tacet_runner_audio_main(void *runner);
/* A session begins: the first sample is taken now. */
void tacet_runner_capture_begin(struct tacet_runner *runner, int64_t now);
/* One tick of capturing. 0, or what the source or the encoder failed with. */
int tacet_runner_capture(struct tacet_runner *runner, uint32_t session);

int tacet_runner_encode_prepare(struct tacet_runner *runner);
void tacet_runner_encode_clear(struct tacet_runner *runner);
void *tacet_runner_encode_main(void *runner);

int tacet_runner_decode_prepare(struct tacet_runner *runner);
void tacet_runner_decode_clear(struct tacet_runner *runner);
void *tacet_runner_decode_main(void *runner);

#endif
