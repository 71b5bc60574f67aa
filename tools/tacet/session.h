/*
 * One party's side of one call: the call object, its runner, and what has happened so far. The
 * runner's threads write it down; the main thread looks at it and gives commands.
 */
#ifndef TACET_TOOL_SESSION_H
#define TACET_TOOL_SESSION_H

#include "ends.h"
#include "lines_file.h"
#include "options.h"
#include "tacet/call.h"
#include "tacet/runner.h"
#include "waiter.h"

struct tacet_session;

enum tacet_session_state {
    TACET_SESSION_WAITING = 0, /* listening, or dialling */
    TACET_SESSION_INCOMING,    /* a verified caller waits for our answer */
    TACET_SESSION_RINGING,     /* it rings at the other side */
    TACET_SESSION_ANSWERED,
    TACET_SESSION_ENDED
};

struct tacet_session_config {
    const struct tacet_settings *settings;
    const struct tacet_identity *identity;
    const struct tacet_trust_table *trust;       /* only read */
    const struct tacet_authorities *authorities; /* NULL: none is trusted */
    const struct tacet_waiter *waiter;
    struct tacet_transport transport;   /* taken */
    struct tacet_ends *ends;            /* taken: emptied */
    struct tacet_lines_file *frame_log; /* NULL: none */
    bool caller;
    struct tacet_callee callee; /* caller: whom to dial, where */
    struct tacet_path paths[TACET_DIAL_PATHS_MAX];
    size_t path_count;
    bool auto_answer; /* callee */
    /* Beside the frame log; see tacet_runner_config. NULL: not wanted. */
    void (*on_media)(void *ctx, const struct tacet_media_event *event);
    void *ctx;
};

/* A copy of what has happened, at one moment. Times are tacet_clock_now, 0 where it did not. */
struct tacet_session_view {
    enum tacet_session_state state;
    bool caller;
    bool reconnecting;
    struct tacet_public_identity peer; /* fingerprint "" until known */
    struct tacet_address address;      /* answered: where the peer is */
    enum tacet_notice refused;         /* the last party that was refused, and why */
    struct tacet_public_identity refused_peer;
    unsigned refused_count;
    bool stale; /* a revocation list is out of date */
    char words[TACET_WORDS_MAX];
    enum tacet_end reason; /* ended: why; 0 as long as this side only stopped */
    bool remote;           /* the other side said so */
    char failed[64];       /* what of this machine failed, "" nothing */
    int error;             /* and how */
    int64_t begun_us;      /* dialled; callee: the first INIT came */
    int64_t answered_us;
    int64_t ended_us;
    int64_t first_audio_us;
    int64_t first_video_us;
    bool has_stats;
    struct tacet_stats stats; /* the last collected */
    int64_t stats_us;
};

/* Starts it; a caller dials at once. 0, or TACET_EXIT_FAILED after one line on standard error; what
 * was to be taken has then been freed. */
int tacet_session_start(const struct tacet_session_config *config, struct tacet_session **ret);
void tacet_session_look(struct tacet_session *session, struct tacet_session_view *ret);
/* Answers or declines the incoming call. */
void tacet_session_answer(struct tacet_session *session, bool yes);
/* The words are the same at both ends. */
void tacet_session_verify(struct tacet_session *session);
/* Asks for fresh statistics; they stand in the view soon. */
void tacet_session_collect(struct tacet_session *session);
/* Collects the last statistics, hangs up, completes the sinks. The view stays readable. */
void tacet_session_stop(struct tacet_session *session);
/* Stops it if need be. Accepts NULL. */
void tacet_session_free(struct tacet_session **session);

#endif
