/*
 * The call under its runner. on_event comes on the network thread, on_media on the media threads:
 * they only note under the lock and wake the main thread. The callee has one call at a time: who
 * else rings is declined as busy.
 */
#include "session.h"

#include "frame_log.h"
#include "report.h"

#include "tacet/authority.h"
#include "tacet/error.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COLLECT_PATIENCE_US 1000000
#define NO_PEER UINT32_MAX

struct tacet_session {
    pthread_mutex_t lock;
    pthread_cond_t collected; /* one more round of statistics is in */
    struct tacet_session_view view;
    uint64_t collect_count;
    uint32_t peer;

    /* Set once, then only read. */
    const struct tacet_authorities *authorities;
    const struct tacet_waiter *waiter;
    struct tacet_lines_file *frame_log;
    bool auto_answer;
    struct tacet_callee callee;
    struct tacet_path paths[TACET_DIAL_PATHS_MAX];
    size_t path_count;
    void (*on_media)(void *ctx, const struct tacet_media_event *event);
    void *ctx;
    struct tacet_runner *runner;
};

static const uint16_t profiles[] = {
    TACET_PROFILE_AEAD_AES_256_GCM,
    TACET_PROFILE_AEAD_AES_128_GCM,
    TACET_PROFILE_AES_CM_128_HMAC_SHA1_80,
};

static void lock(struct tacet_session *session)
{
    (void)pthread_mutex_lock(&session->lock);
}

static void unlock(struct tacet_session *session)
{
    (void)pthread_mutex_unlock(&session->lock);
}

/* Network thread, lock held. */
static void collect_locked(struct tacet_session *session, const struct tacet_call *call,
                           int64_t now)
{
    struct tacet_stats stats = { .size = sizeof(stats) };

    if (session->peer != NO_PEER && tacet_call_stats(call, session->peer, &stats) == 0) {
        session->view.stats = stats;
        session->view.stats_us = now;
        session->view.has_stats = true;
    }
}

static void end_locked(struct tacet_session *session, enum tacet_end reason, bool remote)
{
    struct tacet_session_view *view = &session->view;

    if (view->state != TACET_SESSION_ENDED) {
        view->state = TACET_SESSION_ENDED;
        view->ended_us = tacet_clock_now();
        view->reason = reason;
        view->remote = remote;
    }
}

/* The time of the first INIT, which only the handshake's length tells the callee. */
static int64_t first_init_us(const struct tacet_call *call, uint32_t peer, int64_t now)
{
    struct tacet_stats stats = { .size = sizeof(stats) };

    return tacet_call_stats(call, peer, &stats) == 0 && stats.handshake_us >= 0
               ? now - stats.handshake_us
               : now;
}

/* What the call tells of trust, of our peer or of a caller that was turned away. */
static void on_trust(struct tacet_session *session, const struct tacet_event *event)
{
    struct tacet_session_view *view = &session->view;

    switch (event->u.trust.notice) {
    case TACET_NOTICE_VERIFIED:
        view->peer = event->u.trust.identity;
        break;
    case TACET_NOTICE_STALE:
        view->stale = true;
        break;
    case TACET_NOTICE_OTHER:
    case TACET_NOTICE_CHANGED:
    case TACET_NOTICE_REVOKED:
    case TACET_NOTICE_CERTIFICATE:
    case TACET_NOTICE_OUTDATED:
    case TACET_NOTICE_REQUIRED:
        view->refused = event->u.trust.notice;
        view->refused_peer = event->u.trust.identity;
        view->refused_count++;
        break;
    case TACET_NOTICE_NONE:
    case TACET_NOTICE_OFFER: /* on a terminal the user may save it at any time */
        break;
    }
}

static void set_address(struct tacet_session *session, const struct tacet_call *call)
{
    struct tacet_peer_info info;

    if (tacet_call_peer(call, session->peer, &info) == 0) {
        session->view.address = info.path.address;
    }
}

static void on_incoming(struct tacet_session *session, struct tacet_call *call,
                        const struct tacet_event *event)
{
    struct tacet_session_view *view = &session->view;
    int64_t now = tacet_clock_now();

    if (session->peer != NO_PEER && session->peer != event->peer) {
        int gone = tacet_call_decline(call, now, event->peer, TACET_END_BUSY);
        (void)gone; /* then there is nobody to decline */
        return;
    }
    session->peer = event->peer;
    view->peer = event->u.incoming;
    view->state = TACET_SESSION_INCOMING;
    if (view->begun_us == 0) {
        view->begun_us = first_init_us(call, event->peer, now);
    }
    if (session->auto_answer && tacet_call_answer(call, now, event->peer) != 0) {
        end_locked(session, TACET_END_FAILED, false);
    }
}

static void on_event(void *ctx, struct tacet_call *call, const struct tacet_event *event)
{
    struct tacet_session *session = ctx;
    struct tacet_session_view *view = &session->view;

    lock(session);
    if (event->type == TACET_EVENT_INCOMING) {
        on_incoming(session, call, event);
    } else if (event->type == TACET_EVENT_TRUST && event->peer == TACET_NO_PEER) {
        on_trust(session, event);
    } else if (event->peer == session->peer) {
        switch (event->type) {
        case TACET_EVENT_ESTABLISHED:
            view->peer = event->u.incoming;
            break;
        case TACET_EVENT_RINGING:
            view->state = TACET_SESSION_RINGING;
            break;
        case TACET_EVENT_ANSWERED:
            view->state = TACET_SESSION_ANSWERED;
            view->answered_us = tacet_clock_now();
            view->peer = event->u.answered.peer;
            set_address(session, call);
            memcpy(view->words, event->u.answered.words, sizeof(view->words));
            break;
        case TACET_EVENT_RECONNECTING:
        case TACET_EVENT_RECONNECTED:
            view->reconnecting = event->type == TACET_EVENT_RECONNECTING;
            break;
        case TACET_EVENT_TRUST:
            on_trust(session, event);
            break;
        case TACET_EVENT_ENDED:
            collect_locked(session, call, tacet_clock_now());
            end_locked(session, event->u.ended.reason, event->u.ended.remote);
            break;
        case TACET_EVENT_INCOMING:
        case TACET_EVENT_MEDIA:
        case TACET_EVENT_MESSAGE:
        case TACET_EVENT_SEND_TARGET:
        case TACET_EVENT_REKEYED:
            break;
        }
    }
    unlock(session);
    tacet_waiter_wake(session->waiter);
}

static void on_media(void *ctx, const struct tacet_media_event *event)
{
    struct tacet_session *session = ctx;

    if (session->frame_log != NULL) {
        tacet_frame_log_add(session->frame_log, event);
    }
    if (session->on_media != NULL) {
        session->on_media(session->ctx, event);
    }
    if (event->type == TACET_MEDIA_PLAYED || event->type == TACET_MEDIA_SHOWN) {
        lock(session);
        int64_t *first = event->type == TACET_MEDIA_PLAYED ? &session->view.first_audio_us
                                                           : &session->view.first_video_us;
        if (*first == 0) {
            *first = event->time_us;
        }
        unlock(session);
    }
}

static void on_error(void *ctx, const char *what, int error)
{
    struct tacet_session *session = ctx;

    lock(session);
    if (session->view.failed[0] == '\0') {
        (void)snprintf(session->view.failed, sizeof(session->view.failed), "%s", what);
        session->view.error = error;
    }
    unlock(session);
    tacet_waiter_wake(session->waiter);
}

/* Whether who is dialled is on a revocation list. */
static bool revoked(const struct tacet_session *session)
{
    return session->authorities != NULL && session->callee.hint == TACET_HINT_KEY &&
           tacet_authorities_revoked(session->authorities, session->callee.key);
}

static void dial_job(void *arg, struct tacet_call *call, int64_t now)
{
    struct tacet_session *session = arg;
    uint32_t peer = NO_PEER;

    lock(session);
    session->view.begun_us = now;
    int result =
        tacet_call_dial(call, now, &session->callee, session->paths, session->path_count, &peer);
    if (result == 0) {
        session->peer = peer;
    } else {
        if (result == TACET_ERR_TRUST) {
            session->view.refused = revoked(session) ? TACET_NOTICE_REVOKED : TACET_NOTICE_REQUIRED;
        }
        end_locked(session, TACET_END_FAILED, false);
    }
    unlock(session);
    tacet_waiter_wake(session->waiter);
}

/* The peer of the session, for a job; it may be gone by then. */
static uint32_t peer_of(struct tacet_session *session)
{
    lock(session);
    uint32_t peer = session->peer;
    unlock(session);
    return peer;
}

static void answer_job(void *arg, struct tacet_call *call, int64_t now)
{
    int gone = tacet_call_answer(call, now, peer_of(arg));

    (void)gone; /* the caller gave up: ENDED says so */
}

static void decline_job(void *arg, struct tacet_call *call, int64_t now)
{
    int gone = tacet_call_decline(call, now, peer_of(arg), TACET_END_DECLINED);

    (void)gone;
}

static void verify_job(void *arg, struct tacet_call *call, int64_t now)
{
    int gone = tacet_call_set_verified(call, now, peer_of(arg));

    (void)gone; /* the call has just ended: the mark is in the trust file */
}

static void collect_job(void *arg, struct tacet_call *call, int64_t now)
{
    struct tacet_session *session = arg;

    lock(session);
    collect_locked(session, call, now);
    session->collect_count++;
    (void)pthread_cond_broadcast(&session->collected);
    unlock(session);
    tacet_waiter_wake(session->waiter);
}

static int create_call(const struct tacet_session_config *config, struct tacet_call **ret)
{
    const struct tacet_settings *settings = config->settings;
    struct tacet_call_config call;

    tacet_call_config_init(&call);
    call.identity = config->identity;
    call.random = tacet_random_system();
    call.unix_time_offset_us = tacet_clock_unix_offset();
    call.listen = !config->caller;
    call.open = settings->open;
    call.trust = config->trust;
    call.require = (enum tacet_require)settings->require;
    call.authorities = config->authorities;
    call.strict_revocation = settings->strict_crl;
    call.media = config->ends->media;
    call.audio_bitrate_bps = settings->audio_kbps * 1000;
    call.video_bitrate_bps = settings->video_kbps * 1000;
    call.rekey_interval_us = (int64_t)settings->rekey_interval * 1000000;
    if (settings->profile >= 0) {
        call.profiles[0] = profiles[settings->profile];
        call.profile_count = 1;
    }
    return tacet_call_create(&call, tacet_clock_now(), ret);
}

static int start_runner(const struct tacet_session_config *config, struct tacet_session *session,
                        struct tacet_call *call)
{
    struct tacet_runner_config runner;

    tacet_runner_config_init(&runner);
    runner.call = call;
    runner.transport = config->transport;
    runner.audio_source = config->ends->audio_source;
    runner.audio_sink = config->ends->audio_sink;
    runner.video_source = config->ends->video_source;
    runner.video_sink = config->ends->video_sink;
    runner.audio_bitrate_bps = config->settings->audio_kbps * 1000;
    runner.video_bitrate_bps = config->settings->video_kbps * 1000;
    runner.ctx = session;
    runner.on_event = on_event;
    runner.on_media = on_media;
    runner.on_error = on_error;
    return tacet_runner_start(&runner, &session->runner);
}

static struct tacet_session *create_session(const struct tacet_session_config *config)
{
    struct tacet_session *session = calloc(1, sizeof(*session));
    pthread_condattr_t monotonic;

    if (session == NULL) {
        return NULL;
    }
    (void)pthread_mutex_init(&session->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&session->collected, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    session->view.caller = config->caller;
    session->peer = NO_PEER;
    session->authorities = config->authorities;
    session->waiter = config->waiter;
    session->frame_log = config->frame_log;
    session->auto_answer = config->auto_answer;
    session->callee = config->callee;
    memcpy(session->paths, config->paths, sizeof(session->paths));
    session->path_count = config->path_count;
    session->on_media = config->on_media;
    session->ctx = config->ctx;
    return session;
}

int tacet_session_start(const struct tacet_session_config *config, struct tacet_session **ret)
{
    struct tacet_session *session = create_session(config);
    struct tacet_call *call = NULL;
    int result = session == NULL ? TACET_ERR_NOMEM : create_call(config, &call);

    if (result == 0) {
        result = start_runner(config, session, call);
    }
    if (result != 0) {
        tacet_call_free(&call);
        config->transport.ops->free(config->transport.ctx);
        tacet_ends_close(config->ends);
        tacet_session_free(&session);
        return tacet_complain("cannot start the call: %s", tacet_error_string(result));
    }
    *config->ends = (struct tacet_ends){ 0 }; /* the runner has them now */
    if (config->caller) {
        result = tacet_runner_post(session->runner, dial_job, session);
        assert(result == 0); /* the first of 64 jobs */
    }
    *ret = session;
    return 0;
}

void tacet_session_look(struct tacet_session *session, struct tacet_session_view *ret)
{
    lock(session);
    *ret = session->view;
    unlock(session);
}

void tacet_session_answer(struct tacet_session *session, bool yes)
{
    int full = tacet_runner_post(session->runner, yes ? answer_job : decline_job, session);
    assert(full == 0); /* one round of statistics a second is all that may wait beside it */
}

void tacet_session_verify(struct tacet_session *session)
{
    int full = tacet_runner_post(session->runner, verify_job, session);
    (void)full; /* one is typed after the other; 64 cannot wait */
}

void tacet_session_collect(struct tacet_session *session)
{
    int full = tacet_runner_post(session->runner, collect_job, session);
    (void)full; /* the rounds that wait already will do */
}

/* The last statistics must be in before the call is gone. */
static void collect_and_wait(struct tacet_session *session)
{
    int64_t until_us = tacet_clock_now() + COLLECT_PATIENCE_US;
    const struct timespec until = { .tv_sec = until_us / 1000000,
                                    .tv_nsec = until_us % 1000000 * 1000 };
    uint64_t count;
    int waited = 0;

    lock(session);
    count = session->collect_count;
    unlock(session);
    if (tacet_runner_post(session->runner, collect_job, session) != 0) {
        return;
    }
    lock(session);
    while (session->collect_count == count && waited == 0) {
        waited = pthread_cond_timedwait(&session->collected, &session->lock, &until);
    }
    unlock(session);
}

void tacet_session_stop(struct tacet_session *session)
{
    if (session->runner == NULL) {
        return;
    }
    lock(session);
    bool over = session->view.state == TACET_SESSION_ENDED;
    unlock(session);
    if (!over) {
        collect_and_wait(session);
        lock(session);
        end_locked(session, (enum tacet_end)0, false);
        unlock(session);
    }
    tacet_runner_stop(&session->runner);
}

void tacet_session_free(struct tacet_session **session)
{
    if (*session == NULL) {
        return;
    }
    tacet_session_stop(*session);
    (void)pthread_cond_destroy(&(*session)->collected);
    (void)pthread_mutex_destroy(&(*session)->lock);
    free(*session);
    *session = NULL;
}
