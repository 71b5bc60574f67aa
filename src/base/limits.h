/*
 * Every bound of the engine in one place: sizes of tables and queues, and how long things wait.
 * Beside each stands what happens when it is reached. Times are microseconds.
 */
#ifndef TACET_BASE_LIMITS_H
#define TACET_BASE_LIMITS_H

#include <stdint.h>

#define TACET_MS(n) ((int64_t)(n)*1000)
#define TACET_S(n) ((int64_t)(n)*1000000)

enum {
    /* Peers in any state but half-open; a further one takes the place of one that is over, or is
     * refused: a caller dropped. */
    TACET_PEERS_MAX = 12,
    /* Incoming calls that nobody has answered, of them those of strangers, and of one source's
     * strangers; a further one is declined as busy. The rest is for who is known. */
    TACET_UNANSWERED_MAX = 8,
    TACET_UNANSWERED_STRANGERS_MAX = 4,
    TACET_UNANSWERED_SOURCE_MAX = 2,
    /* Identities that rang within TACET_RING_APART_US, likewise. */
    TACET_RINGS_MAX = 32,
    TACET_RINGS_STRANGERS_MAX = 24,
    TACET_RINGS_SOURCE_MAX = 2,
    /* Handshakes answered by RESP without a FIN yet; when full the oldest of the sources that hold
     * most goes, or the new one is dropped. */
    TACET_HALF_OPEN_MAX = 256,
    TACET_HALF_OPEN_SOURCE_MAX = 4,
    /* From so many half-open handshakes, or INITs in the second before, an INIT must prove its path
     * by a cookie. */
    TACET_HALF_OPEN_LOAD = 32,
    TACET_INIT_RATE_MAX = 20,
    /* Hints that a responder tries on an INIT: own keys and names. */
    TACET_HINTS_MAX = 8,

    /* Events not yet polled, a dozen a peer; the newest is lost, but never the end (call/events.h).
     */
    TACET_EVENTS_MAX = 12 * TACET_PEERS_MAX,
    /* Notices of refused callers within TACET_REFUSALS_US, or not yet polled, and as many of who
     * answered in the place of whom this side dialled; further ones are lost. */
    TACET_REFUSALS_MAX = 8,
    /* Datagrams waiting to be polled, all peers together; media is dropped at the tail. */
    TACET_SEND_QUEUE_MAX = 1024,

    /* Control stream: bytes sent and not acknowledged, or received out of order. */
    TACET_CONTROL_WINDOW = 65536,
    TACET_CONTROL_MESSAGE_MAX = 65536,
    TACET_CONTROL_PAYLOAD_MAX = 1024,
    /* Segments sent and not acknowledged; more wait, so that a long message is no burst. */
    TACET_CONTROL_IN_FLIGHT_MAX = 16,
    TACET_REPLAY_WINDOW = 1024,

    /* Packets of pictures that come before the call is connected; further ones are dropped. About
     * half a second at first. */
    TACET_EARLY_PACKETS_MAX = 64,

    /* Packets of one received stream kept for reordering; older ones are late. */
    TACET_VIDEO_WINDOW_PACKETS = 1024,
    TACET_AUDIO_WINDOW_PACKETS = 64,
    /* Video packets kept for retransmission; about a second at 4 Mbit/s. */
    TACET_HISTORY_PACKETS = 512,
    /* Earlier payloads that an audio packet repeats at most. */
    TACET_RED_DEPTH_MAX = 4,
    /* ... and how many packets back they stand at most. */
    TACET_RED_BACK_MAX = 8,
    /* Packets that one repair of the erasure correction covers, and repairs made at a time; a
     * larger frame is covered in pieces. */
    TACET_FEC_SOURCES_MAX = 64,
    TACET_FEC_REPAIRS_MAX = 32,
    /* At the receiver: packets known, and repairs waiting for more; the oldest goes. */
    TACET_FEC_WINDOW = 256,
    TACET_FEC_EQUATIONS = 32,
    /* Missing packets that are asked for; the oldest is given up. */
    TACET_NACK_MAX = 256,
    TACET_NACK_COPIES_MAX = 4,
    /* Times that one packet is sent again at most. */
    TACET_RETRANSMISSIONS_MAX = 16,

    /* Congestion feedback (RFC 8888). Packets of one stream that a report covers at most, and that
     * the receiver remembers; older ones are told of no more. */
    TACET_FEEDBACK_PACKETS = 96,
    TACET_FEEDBACK_WINDOW = 128,
    /* Reports that cover a packet at most. */
    TACET_FEEDBACK_SPANS_MAX = 6,
    /* Streams of a report that is read; one with more is malformed. */
    TACET_FEEDBACK_STREAMS = 4,
    /* Packets sent and not yet told of, all streams; the oldest is forgotten. Ten seconds at
     * 4 Mbit/s: media is held after 5 s of silence. */
    TACET_SENT_LOG_PACKETS = 4096,
    /* Results handed on at a time; more follow. */
    TACET_RESULTS_MAX = 128,
    /* Buckets of the loss that is counted, and a run of losses as long as it counts. */
    TACET_LOSS_BUCKETS = 100,
    TACET_LOSS_RUN_MAX = 64,

    /* Received frames not yet polled; the oldest goes. */
    TACET_AUDIO_FRAMES_MAX = 64,

    /* Cost that an identity file may ask for (libsodium's "sensitive" is 4 and 1 GiB); a file that
     * asks for more is refused before any of it is spent. */
    TACET_ARGON2_PASSES_MAX = 8,
    TACET_ARGON2_MEMORY_MAX_KIB = 1048576,

    /* CAs of which it is remembered which revocation list was the newest; a further one's list is
     * refused. */
    TACET_SEEN_LISTS_MAX = 256,

    /* The runner. Jobs posted and not yet run; a further one is refused. */
    TACET_RUNNER_JOBS_MAX = 64,
    /* Encoded frames on their way between two threads of the runner. Audio: the new one is
     * dropped. Video: the new one is dropped, and all up to the next key frame, which is asked
     * for. */
    TACET_RUNNER_AUDIO_FRAMES = 64,
    TACET_RUNNER_VIDEO_FRAMES = 8,
    /* Encoded pictures that wait for their time behind the one that is decoded; for a further one
     * the oldest is decoded and not shown. */
    TACET_VIDEO_HELD_MAX = 8,
    /* Playout reports on their way to the call; the new one is dropped, the next says more. */
    TACET_RUNNER_REPORTS = 16,

    /* Challenges to a new path; without an answer the old one stays. */
    TACET_VALIDATION_TRIES = 3,
    /* Challenges to the old path with each of them: what is lost on it must not look like silence
     * to who forwards its packets faster. */
    TACET_VALIDATION_COPIES = 10,

    /* Epochs whose SRTP keys are kept: the current and the one before. */
    TACET_SRTP_EPOCHS = 2,

    /* Datagrams between the ends of a transport in memory, and held back by an impaired one;
     * further ones are lost. */
    TACET_MEMORY_QUEUE_MAX = 512,
    TACET_IMPAIRED_QUEUE_MAX = 1024,
    /* Samples between a sound device's callback and its reader or writer (0.34 s); further ones
     * are lost. */
    TACET_DEVICE_RING_SAMPLES = 16384,
};

/* Bytes of the dead stack that are overwritten when keys go: deeper than any cipher reaches. */
#define TACET_STACK_WIPED 32768

#define TACET_INIT_RETRY_US TACET_MS(200)
#define TACET_INIT_RETRY_MAX_US TACET_S(3)
#define TACET_INITS_ALONE 2 /* the ones after them go out twice */
/* Between two of the same while a call is set up, and the round trip up to which that is done:
 * longer ones may be those of a narrow way. */
#define TACET_COPY_US TACET_MS(20)
#define TACET_COPY_ROUND_TRIP_US TACET_MS(200)
#define TACET_DIAL_TIMEOUT_US TACET_S(15)
#define TACET_HALF_OPEN_TIMEOUT_US TACET_S(20)
#define TACET_COOKIE_SECRET_US TACET_S(120)
#define TACET_RING_TIMEOUT_US TACET_S(60)
#define TACET_RING_APART_US TACET_S(5) /* between two rings of one identity */
#define TACET_REFUSALS_US TACET_S(10)
#define TACET_UNANSWERED_TIMEOUT_US TACET_S(90)
#define TACET_REKEY_INTERVAL_US TACET_S(120)
#define TACET_REKEY_APART_US TACET_S(10)        /* between two, however often one is asked for */
#define TACET_REKEY_FLOOD_US TACET_S(5) /* sooner after the last it is refused */
#define TACET_REKEY_PACKETS (UINT64_C(1) << 24) /* of one SSRC under one key */
#define TACET_REKEY_CONFIRM_US TACET_S(15)
#define TACET_OLD_EPOCH_US TACET_S(2)
#define TACET_CONTROL_RETRY_MIN_US TACET_MS(20)
#define TACET_CONTROL_RETRY_FIRST_US TACET_MS(200) /* before a round trip has been measured */
#define TACET_CONTROL_RETRY_MAX_US TACET_MS(500)
#define TACET_KEEPALIVE_US TACET_S(1)
#define TACET_RECONNECTING_US TACET_S(5)
#define TACET_MOVED_US TACET_S(2) /* what comes at an old address of this machine says nothing */
#define TACET_LOST_US TACET_S(30)
#define TACET_VALIDATION_RETRY_US TACET_MS(250)
#define TACET_VALIDATION_COPY_US TACET_MS(2)
#define TACET_VALIDATION_WAIT_US TACET_S(1)     /* after the last try */
#define TACET_VALIDATION_FIRST_US TACET_MS(500) /* to a path whose round trip is not known */
#define TACET_VALIDATION_APART_US TACET_S(1)    /* between the beginnings of two */
#define TACET_HANGUP_LINGER_US TACET_S(2)
#define TACET_PLI_INTERVAL_US TACET_MS(300)
#define TACET_REPORT_INTERVAL_US                                                                   \
    TACET_MS(500) /* RTCP, RFC 3550 section 6.2 with the minimum                                   \
                     that RFC 4585 section 3.4 allows to reduce */
#define TACET_EARLY_REPORTS 2 /* the second in case that the first is lost, so much later */
#define TACET_EARLY_REPORT_US TACET_MS(100)
#define TACET_FEEDBACK_INTERVAL_MIN_US TACET_MS(40) /* between two reports (rtp/feedback.h) */
#define TACET_FEEDBACK_INTERVAL_MAX_US TACET_MS(200)
#define TACET_REORDER_MIN_US TACET_MS(30) /* overtaken by more than that: lost */
#define TACET_REORDER_MAX_US TACET_MS(120)
#define TACET_LOSS_BUCKET_US TACET_MS(100)
/* Lip sync: how long a picture is held for its sound, and how much delay sound is asked to take on
 * for its pictures. */
#define TACET_SYNC_HOLD_MAX_US TACET_MS(150)
#define TACET_SYNC_SOUND_DELAY_MAX_US TACET_MS(200)
/* Packets that wait longer for the pacer make a picture that nothing stands on be left out ... */
#define TACET_PACER_WAIT_US TACET_MS(200)
/* ... and so long any, with those that stand on it, until nearly all is gone. */
#define TACET_PACER_WAIT_MAX_US TACET_MS(300)
/* ... and so long that what waits is of no use any more. */
#define TACET_PACER_STALE_US TACET_MS(1500)
/* Less than it takes to run a thread on a busy machine is no delay at all. */
#define TACET_PLAYOUT_MIN_US TACET_MS(7)
#define TACET_PLAYOUT_MAX_US TACET_MS(200)

/* The runner: its audio clock, how stale a captured frame may be before it is left out, how far a
 * device's sample clock may stray, and how often playout is reported. */
#define TACET_RUNNER_TICK_US TACET_MS(10)
#define TACET_RUNNER_CATCH_UP_US TACET_MS(200)
#define TACET_RUNNER_REANCHOR_US TACET_MS(40)
#define TACET_RUNNER_REPORT_US TACET_MS(80) /* with a late tick still within 100 */

#endif
