/*
 * The main thread's loop around a session: news become lines of progress, each second becomes a
 * line of statistics, a signal or the agreed length becomes a hang-up, and the end a summary.
 */
#include "conversation.h"

#include "confirm.h"
#include "frame_log.h"
#include "live.h"
#include "report.h"
#include "stats_json.h"
#include "summary.h"

#include "tacet/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLUSH_US 100000
#define COLLECT_US 1000000

/* What the loop remembers between two looks. */
struct loop {
    struct tacet_session *session;
    struct tacet_lines_file *stats; /* of the conversation */
    struct tacet_lines_file *frame_log;
    struct tacet_session_view view;
    enum tacet_session_state told_state;
    bool told_reconnecting;
    bool told_stale;
    unsigned told_refused;
    bool asking;
    bool may_confirm;
    bool input_over;
    bool interrupted;
    int64_t collect_at_us;
    int64_t stats_written_us;
    struct tacet_live live;
};

static void tell_answered(const struct tacet_session_view *view)
{
    tacet_progress("in a call with %s (%s), %s", tacet_peer_name(view), view->peer.fingerprint,
                   tacet_trust_string(view->peer.trust));
    if (view->caller) {
        tacet_peer_tell_name(view);
    }
    tacet_progress("words: %s  (read them to each other: they must be the same)", view->words);
}

static void ask(struct loop *loop)
{
    tacet_prompt("answer? [y/n] ");
    loop->asking = true;
}

/* Says once what is new. */
static void tell(struct loop *loop, const struct tacet_conversation *conversation)
{
    const struct tacet_session_view *view = &loop->view;
    bool auto_answer = conversation->session.auto_answer;

    if (view->state != loop->told_state) {
        /* A state may have been passed too fast to be seen; who called is always told. */
        if (!view->caller && loop->told_state == TACET_SESSION_WAITING) {
            tacet_progress("%s (%s) calls, %s", tacet_peer_name(view), view->peer.fingerprint,
                           tacet_trust_string(view->peer.trust));
            tacet_peer_tell_name(view);
        }
        loop->told_state = view->state;
        loop->asking = false;
        if (view->state == TACET_SESSION_RINGING) {
            tacet_progress("ringing at %s (%s)", tacet_peer_name(view), view->peer.fingerprint);
        } else if (view->state == TACET_SESSION_ANSWERED) {
            tell_answered(view);
            if (loop->may_confirm) {
                tacet_confirm_offer(conversation, view);
            }
        } else if (view->state == TACET_SESSION_INCOMING && !auto_answer) {
            ask(loop);
        }
    }
    if (view->reconnecting != loop->told_reconnecting) {
        loop->told_reconnecting = view->reconnecting;
        tacet_progress(view->reconnecting ? "nothing came for 5 s: waiting for the network"
                                          : "the network is back");
    }
    if (view->refused_count != loop->told_refused) {
        loop->told_refused = view->refused_count;
        tacet_refusal_tell(conversation, view);
    }
    if (view->stale && !loop->told_stale) {
        loop->told_stale = true;
        tacet_progress("a revocation list is out of date: get a new one");
    }
}

/* Whether a typed line means something now. */
static bool listens(const struct loop *loop)
{
    return loop->asking ||
           (loop->may_confirm && loop->view.state == TACET_SESSION_ANSWERED && !loop->input_over);
}

static void take_answer(struct loop *loop, char first)
{
    bool yes = first == 'y' || first == 'Y';

    tacet_prompt_over();
    if (!yes && first != 'n' && first != 'N' && first != '\0') {
        ask(loop);
        return;
    }
    loop->asking = false;
    tacet_session_answer(loop->session, yes);
}

/* A line was typed: the answer, or in a call what is confirmed. */
static void take_line(struct loop *loop, const struct tacet_conversation *conversation)
{
    char line[128];
    ssize_t size = read(STDIN_FILENO, line, sizeof(line) - 1);

    if (size < 0 && errno == EINTR) {
        return;
    }
    loop->input_over = size <= 0;
    size = size < 0 ? 0 : size;
    line[size] = '\0';
    line[strcspn(line, "\r\n")] = '\0';
    if (loop->asking) {
        take_answer(loop, size > 0 && line[0] == '\0' ? '?' : line[0]);
    } else {
        tacet_confirm_line(conversation, loop->session, &loop->view, line);
    }
}

static void write_stats(struct loop *loop)
{
    char *line;

    if (loop->stats == NULL || loop->view.stats_us == loop->stats_written_us) {
        return;
    }
    loop->stats_written_us = loop->view.stats_us;
    line = tacet_stats_json_line(&loop->view.stats, loop->view.stats_us);
    if (line != NULL) {
        tacet_lines_file_add(loop->stats, line, strlen(line));
        (void)tacet_lines_file_flush(loop->stats);
    }
    free(line);
}

/* What an answered call needs done ten times a second; when to come back. */
static int64_t tick(struct loop *loop, int64_t now)
{
    char text[TACET_LIVE_MAX];

    write_stats(loop);
    if (loop->frame_log != NULL) {
        (void)tacet_lines_file_flush(loop->frame_log);
    }
    if (now >= loop->collect_at_us) {
        tacet_session_collect(loop->session);
        loop->collect_at_us = (loop->collect_at_us == 0 ? now : loop->collect_at_us) + COLLECT_US;
        tacet_live_format(&loop->live, &loop->view, now, text);
        tacet_live_line(text);
    }
    return now + FLUSH_US;
}

/* Until the call has ended, or this side wants to end it. */
static void run_loop(struct loop *loop, const struct tacet_conversation *conversation)
{
    int64_t seconds_us = (int64_t)conversation->settings->seconds * 1000000;

    for (;;) {
        int64_t now = tacet_clock_now();
        int64_t wait_until = now + COLLECT_US;

        tacet_session_look(loop->session, &loop->view);
        tell(loop, conversation);
        if (loop->view.state == TACET_SESSION_ENDED || loop->view.failed[0] != '\0') {
            return;
        }
        if (loop->view.state == TACET_SESSION_ANSWERED) {
            int64_t end_us = loop->view.answered_us + seconds_us;
            if (seconds_us != 0 && now >= end_us) {
                return;
            }
            wait_until = tick(loop, now);
            if (seconds_us != 0 && wait_until > end_us) {
                wait_until = end_us;
            }
        }
        switch (tacet_waiter_wait(conversation->waiter, wait_until, listens(loop))) {
        case TACET_WOKEN_SIGNAL:
            loop->interrupted = true;
            return;
        case TACET_WOKEN_INPUT:
            take_line(loop, conversation);
            break;
        case TACET_WOKEN_TIMEOUT:
        case TACET_WOKEN_NEWS:
            break;
        }
    }
}

static int complain_unreachable(const struct tacet_conversation *conversation)
{
    if (conversation->label[0] != '\0') {
        return tacet_complain(
            "nobody with the saved key of '%s' took the call at %s in 15 s: "
            "is it listening there, does it take calls from you, and with the same "
            "--profile? If it has a new key or address, ask for a new ticket, "
            "then: tacet id trust --replace %s TICKET",
            conversation->label, conversation->target, conversation->label);
    }
    return conversation->session.callee.hint == TACET_HINT_KEY
               ? tacet_complain("nobody with this ticket's key took the call at %s in 15 s: is "
                                "the other side listening there, is the ticket its newest, and "
                                "does it take calls from you, and with the same --profile?",
                                conversation->target)
               : tacet_complain("nobody took the call at %s in 15 s: is somebody listening there "
                                "with --open, and does it take calls from you, and with the same "
                                "--profile?",
                                conversation->target);
}

/* The call did not end normally: one line, and the exit status. */
static int complain_end(const struct tacet_conversation *conversation,
                        const struct tacet_session_view *view)
{
    const char *name = tacet_peer_name(view);

    if (view->failed[0] != '\0') {
        return tacet_complain("the call was ended: the %s failed: %s", view->failed,
                              tacet_error_string(view->error));
    }
    switch (view->reason) {
    case TACET_END_DECLINED:
        return view->remote ? tacet_complain("%s declined the call", name) : TACET_EXIT_OK;
    case TACET_END_BUSY:
        return tacet_complain("%s is in another call: try again later", name);
    case TACET_END_NO_ANSWER:
        return view->caller ? tacet_complain("%s did not answer in 60 s: try again later", name)
                            : tacet_complain("the call of %s was not answered in 60 s", name);
    case TACET_END_PROTOCOL:
        return tacet_complain("the call with %s broke the protocol: do both sides run the same "
                              "version?",
                              name);
    case TACET_END_GLARE:
        return tacet_complain("%s was calling at the same time: take that call", name);
    case TACET_END_FAILED:
        if (view->refused != TACET_NOTICE_NONE) { /* it was not even dialled */
            return tacet_refusal_complain(conversation, view);
        }
        return view->remote ? tacet_complain("the machine of %s failed", name)
                            : tacet_complain("the call could not be carried on: this machine "
                                             "failed (memory or cryptography)");
    case TACET_END_UNREACHABLE:
        return view->caller ? complain_unreachable(conversation)
                            : tacet_complain("%s was gone before the call was set up", name);
    case TACET_END_IMPOSTOR:
        return tacet_refusal_complain(conversation, view);
    case TACET_END_LOST:
        return tacet_complain("nothing came from %s for 30 s: the call is lost", name);
    case TACET_END_HANGUP:
        return view->remote ? tacet_complain("%s hung up before the call was answered", name)
                            : tacet_complain("the call was given up before it was answered");
    }
    /* This side stopped before the answer. A listener to whom nobody came is only done. */
    return view->state == TACET_SESSION_ENDED && !view->caller && view->begun_us == 0
               ? TACET_EXIT_OK
               : tacet_complain("the call was given up before it was answered");
}

static void print_result(const struct tacet_session_view *view, bool json)
{
    tacet_live_over();
    if (json) {
        char *summary = tacet_summary_json(view);
        if (summary != NULL) {
            (void)puts(summary);
        }
        free(summary);
    } else if (view->answered_us != 0) {
        (void)printf("call with %s (%s, %s), %.1f s, %s; words: %s\n", tacet_peer_name(view),
                     view->peer.fingerprint, tacet_trust_string(view->peer.trust),
                     (double)(view->ended_us - view->answered_us) / 1e6, tacet_summary_result(view),
                     view->words);
    }
    (void)fflush(stdout);
}

/* TACET_EXIT_FAILED after a line where one of them is not complete. */
static int close_files(struct tacet_conversation *conversation)
{
    int stats = tacet_lines_file_free(&conversation->stats);
    int frame_log = tacet_lines_file_free(&conversation->frame_log);

    return stats != 0 ? stats : frame_log;
}

/* After the session has been stopped. Returns the exit status. */
static int conclude(struct loop *loop, struct tacet_conversation *conversation)
{
    const struct tacet_session_view *view = &loop->view;
    int result = TACET_EXIT_OK;

    tacet_session_look(loop->session, &loop->view);
    write_stats(loop);
    if (strcmp(tacet_summary_result(view), "ended") != 0) {
        result = complain_end(conversation, view);
    }
    if (close_files(conversation) != 0) {
        result = TACET_EXIT_FAILED;
    }
    print_result(view, conversation->settings->json);
    return result;
}

int tacet_conversation_open(struct tacet_conversation *conversation)
{
    const struct tacet_settings *settings = conversation->settings;
    int result = 0;

    if (settings->stats != NULL) {
        result = tacet_lines_file_create(settings->stats, &conversation->stats);
    }
    if (result == 0 && settings->frame_log != NULL) {
        result = tacet_lines_file_create(settings->frame_log, &conversation->frame_log);
        if (result == 0) {
            tacet_frame_log_begin(conversation->frame_log);
            (void)tacet_lines_file_flush(conversation->frame_log);
        }
    }
    return result;
}

void tacet_conversation_close(struct tacet_conversation *conversation)
{
    (void)close_files(conversation);
}

int tacet_conversation_run(struct tacet_conversation *conversation)
{
    struct tacet_session_config *config = &conversation->session;
    struct loop loop = { .stats = conversation->stats, .frame_log = conversation->frame_log };
    int result;

    config->settings = conversation->settings;
    config->waiter = conversation->waiter;
    config->frame_log = conversation->frame_log;
    loop.may_confirm = !config->auto_answer && tacet_confirm_possible();
    result = tacet_session_start(config, &loop.session);
    conversation->started = result == 0;
    if (result == 0) {
        run_loop(&loop, conversation);
        conversation->interrupted = loop.interrupted;
        tacet_session_stop(loop.session);
        result = conclude(&loop, conversation);
    }
    tacet_session_free(&loop.session);
    return result;
}
