/*
 * tacet demo: both parties of a call in this process, each with its own runner and its own UDP
 * socket on 127.0.0.1. Nothing is cut short between them: what one hears went through Opus, SRTP
 * and the kernel. Their identities live only as long as the demo.
 */
#include "command.h"
#include "endpoint.h"
#include "ends.h"
#include "latency.h"
#include "live.h"
#include "options.h"
#include "report.h"
#include "session.h"
#include "snapshot.h"
#include "summary.h"

#include "tacet/error.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX 4096
#define DEFAULT_SECONDS 10
#define LOOK_US 100000
#define COLLECT_US 500000
#define GIVE_UP_US 20000000 /* the call itself gives up after 15 s */

static const struct tacet_option demo_options[] = {
    { "--out", "DIR", TACET_OPTION_TEXT, offsetof(struct tacet_settings, out), 0, 0,
      "where to write what each party heard and saw; default tacet-demo" },
    { "--seconds", "N", TACET_OPTION_NUMBER, offsetof(struct tacet_settings, seconds), 1, 86400 * 7,
      "length of the call from the moment it is answered; default 10" },
    { NULL, NULL, TACET_OPTION_FLAG, 0, 0, 0, NULL },
};
static const struct tacet_option *const groups[] = { demo_options, tacet_media_options, NULL };
static const struct tacet_usage usage = {
    .command = "tacet demo",
    .positional = "",
    .about = "Runs both parties of a call on this machine, over real UDP sockets, and writes what\n"
             "each heard (WAV) and saw (Y4M, and its last picture as PNG). Without options both\n"
             "send a tone and a test card for 10 seconds.",
    .groups = groups,
};

struct party {
    const char *name;
    struct party *other;
    struct tacet_identity *identity;
    struct tacet_session *session;
    struct tacet_session_view view;
    struct tacet_latency sent[TACET_KIND_COUNT]; /* from here to the other */
    struct tacet_snapshot saw;
    char wav[FILE_MAX];
    char y4m[FILE_MAX];
    char png[FILE_MAX];
};

struct demo {
    struct tacet_settings settings;
    struct tacet_waiter waiter;
    struct party caller;
    struct party callee;
};

static void on_media(void *ctx, const struct tacet_media_event *event)
{
    struct party *party = ctx;

    switch (event->type) {
    case TACET_MEDIA_CAPTURED:
        tacet_latency_captured(&party->sent[event->kind], event->rtp_timestamp, event->time_us);
        break;
    case TACET_MEDIA_SENT:
        break;
    case TACET_MEDIA_SHOWN:
        if (event->picture != NULL) {
            tacet_snapshot_keep(&party->saw, event->picture);
        }
        tacet_latency_arrived(&party->other->sent[event->kind], event->rtp_timestamp,
                              event->time_us);
        break;
    case TACET_MEDIA_PLAYED:
        tacet_latency_arrived(&party->other->sent[event->kind], event->rtp_timestamp,
                              event->time_us);
        break;
    }
}

static int prepare_party(struct party *party, const char *name, struct party *other,
                         const char *folder)
{
    const struct tacet_random random = tacet_random_system();

    party->name = name;
    party->other = other;
    tacet_snapshot_init(&party->saw);
    for (int i = 0; i < TACET_KIND_COUNT; i++) {
        tacet_latency_init(&party->sent[i]);
    }
    (void)snprintf(party->wav, FILE_MAX, "wav:%s/%s_heard.wav", folder, name);
    (void)snprintf(party->y4m, FILE_MAX, "y4m:%s/%s_saw.y4m", folder, name);
    (void)snprintf(party->png, FILE_MAX, "%s/%s_saw.png", folder, name);
    return tacet_identity_create(&random, name, &party->identity) == 0
               ? 0
               : tacet_complain("cannot make an identity");
}

/* Opens the party's ends and socket; fills what both roles need. */
static int open_party(struct demo *demo, struct party *party, struct tacet_ends *ends,
                      struct tacet_session_config *config)
{
    struct tacet_settings own = demo->settings;
    int result;

    own.audio_in = own.audio_in != NULL ? own.audio_in : "tone";
    own.video_in = own.video_in != NULL ? own.video_in : "testcard";
    own.audio_out = party->wav;
    own.video_out = party->y4m;
    result = tacet_ends_open_sources(&own, ends);
    if (result == 0) {
        result = tacet_ends_open_sinks(&own, ends);
    }
    if (result == 0) {
        result = tacet_endpoint_bind("127.0.0.1:0", &config->transport);
    }
    config->settings = &demo->settings;
    config->identity = party->identity;
    config->waiter = &demo->waiter;
    config->ends = ends;
    config->on_media = on_media;
    config->ctx = party;
    return result;
}

static int start_party(struct demo *demo, struct party *party, const struct tacet_address *dial,
                       struct tacet_address *ret_address)
{
    struct tacet_session_config config = { .auto_answer = true, .caller = dial != NULL };
    struct tacet_public_identity callee;
    struct tacet_ends ends = { 0 };
    int result = open_party(demo, party, &ends, &config);

    if (result == 0 && tacet_udp_local(&config.transport, ret_address) != 0) {
        config.transport.ops->free(config.transport.ctx);
        result = tacet_complain("cannot tell the address of a socket on 127.0.0.1");
    }
    if (result != 0) {
        tacet_ends_close(&ends);
        return result;
    }
    if (dial != NULL) {
        tacet_identity_public(party->other->identity, &callee);
        config.callee.hint = TACET_HINT_KEY;
        memcpy(config.callee.key, callee.key, sizeof(callee.key));
        config.paths[0].address = *dial;
        config.path_count = 1;
    }
    return tacet_session_start(&config, &party->session);
}

static void show_live(struct demo *demo, struct tacet_live *live, int64_t now)
{
    char text[TACET_LIVE_MAX];

    tacet_live_format(live, &demo->caller.view, now, text);
    tacet_live_line(text);
}

/* Until the time is over, a signal, or the end of the call. */
static void watch(struct demo *demo)
{
    const int64_t begin_us = tacet_clock_now();
    const int64_t seconds_us = (int64_t)demo->settings.seconds * 1000000;
    struct tacet_live live = { 0 };
    int64_t collect_at_us = 0;
    bool told = false;

    for (;;) {
        int64_t now = tacet_clock_now();
        struct tacet_session_view *view = &demo->caller.view;

        tacet_session_look(demo->caller.session, view);
        tacet_session_look(demo->callee.session, &demo->callee.view);
        if (view->state == TACET_SESSION_ENDED || demo->callee.view.state == TACET_SESSION_ENDED ||
            view->failed[0] != '\0' || demo->callee.view.failed[0] != '\0') {
            return;
        }
        if (view->state == TACET_SESSION_ANSWERED) {
            if (!told) {
                tacet_progress("answered; words: %s", view->words);
                told = true;
            }
            if (now >= view->answered_us + seconds_us) {
                return;
            }
            if (now >= collect_at_us) {
                tacet_session_collect(demo->caller.session);
                collect_at_us = now + COLLECT_US;
                show_live(demo, &live, now);
            }
        } else if (now >= begin_us + GIVE_UP_US) {
            return;
        }
        if (tacet_waiter_wait(&demo->waiter, now + LOOK_US, false) == TACET_WOKEN_SIGNAL) {
            return;
        }
    }
}

static void print_party(struct party *party)
{
    const struct tacet_session_view *view = &party->view;
    const struct tacet_playout_report *audio = &view->stats.inbound[TACET_KIND_AUDIO].playout;
    struct tacet_latency *sound = &party->other->sent[TACET_KIND_AUDIO];
    struct tacet_latency *pictures = &party->other->sent[TACET_KIND_VIDEO];
    double concealed = audio->samples_received > 0 ? 100.0 * (double)audio->samples_concealed /
                                                         (double)audio->samples_received
                                                   : 0;

    (void)printf("%s heard %.1f s of sound (%.1f %% concealed, latency %.0f ms)", party->name,
                 (double)audio->samples_received / 48000, concealed,
                 (double)tacet_latency_median_us(sound) / 1e3);
    if (pictures->captured > 0) {
        (void)printf(" and saw %" PRIu64 " of %" PRIu64 " pictures (latency %.0f ms)",
                     pictures->arrived, pictures->captured,
                     (double)tacet_latency_median_us(pictures) / 1e3);
    }
    (void)printf("\n  %s\n  %s\n", party->wav + strlen("wav:"), party->y4m + strlen("y4m:"));
    if (party->saw.width > 0) {
        (void)printf("  %s\n", party->png);
    }
}

static void print_times(const struct tacet_session_view *view)
{
    (void)printf("handshake %.1f ms, media keys after %.1f ms",
                 (double)view->stats.handshake_us / 1e3, (double)view->stats.setup_us / 1e3);
    if (view->first_audio_us != 0) {
        (void)printf(", first sound after %.0f ms",
                     (double)(view->first_audio_us - view->begun_us) / 1e3);
    }
    if (view->first_video_us != 0) {
        (void)printf(", first picture after %.0f ms",
                     (double)(view->first_video_us - view->begun_us) / 1e3);
    }
    (void)printf("\n");
}

/* Returns the exit status. */
static int conclude(struct demo *demo)
{
    struct party *caller = &demo->caller;
    struct party *callee = &demo->callee;
    const struct tacet_session_view *view = &caller->view;
    bool same;

    tacet_live_over();
    if (view->failed[0] != '\0' || callee->view.failed[0] != '\0') {
        const struct tacet_session_view *bad = view->failed[0] != '\0' ? view : &callee->view;
        return tacet_complain("the demo ended early: the %s failed: %s", bad->failed,
                              tacet_error_string(bad->error));
    }
    if (view->answered_us == 0) {
        return tacet_complain("the call was not answered (%s): does a firewall block UDP on "
                              "127.0.0.1?",
                              tacet_summary_result(view));
    }
    same = view->words[0] != '\0' && strcmp(view->words, callee->view.words) == 0;
    (void)printf("%.1f s over UDP on 127.0.0.1, %s, post-quantum: %s, epochs: %" PRIu32 "\n",
                 (double)(view->ended_us - view->answered_us) / 1e6,
                 tacet_profile_string(view->stats.profile), view->stats.pq ? "yes" : "no",
                 view->stats.epoch);
    (void)printf("caller sees: %s (%s), %s\n", view->peer.name, view->peer.fingerprint,
                 tacet_trust_string(view->peer.trust));
    (void)printf("callee sees: %s (%s), %s\n", callee->view.peer.name,
                 callee->view.peer.fingerprint, tacet_trust_string(callee->view.peer.trust));
    (void)printf("words: %s (%s)\n", view->words,
                 same ? "the same at both" : "NOT THE SAME at the callee");
    print_times(view);
    print_party(caller);
    print_party(callee);
    (void)fflush(stdout);
    if (!same) {
        return tacet_complain("the words differ: '%s' and '%s'", view->words, callee->view.words);
    }
    return tacet_snapshot_write_png(&caller->saw, caller->png) == 0 &&
                   tacet_snapshot_write_png(&callee->saw, callee->png) == 0
               ? TACET_EXIT_OK
               : TACET_EXIT_FAILED;
}

static int run_demo(struct demo *demo, const char *folder)
{
    struct tacet_address callee_address, caller_address;
    int result = prepare_party(&demo->caller, "caller", &demo->callee, folder);

    if (result == 0) {
        result = prepare_party(&demo->callee, "callee", &demo->caller, folder);
    }
    if (result == 0) {
        result = start_party(demo, &demo->callee, NULL, &callee_address);
    }
    if (result == 0) {
        result = start_party(demo, &demo->caller, &callee_address, &caller_address);
    }
    if (result == 0) {
        tacet_progress("two parties call each other on 127.0.0.1, %d s; files in %s",
                       demo->settings.seconds, folder);
        watch(demo);
        tacet_session_stop(demo->caller.session);
        tacet_session_stop(demo->callee.session);
        tacet_session_look(demo->caller.session, &demo->caller.view);
        tacet_session_look(demo->callee.session, &demo->callee.view);
        result = conclude(demo);
    }
    for (int i = 0; i < 2; i++) {
        struct party *party = i == 0 ? &demo->caller : &demo->callee;
        tacet_session_free(&party->session);
    }
    for (int i = 0; i < 2; i++) {
        struct party *party = i == 0 ? &demo->caller : &demo->callee;
        tacet_snapshot_free(&party->saw);
        tacet_identity_free(&party->identity);
    }
    return result;
}

int tacet_cmd_demo(int argc, char **argv)
{
    static struct demo demo;
    const char *folder;
    int result = tacet_options_parse(&usage, argc, argv, &demo.settings);

    if (result != 0 || demo.settings.help) {
        return result;
    }
    result = tacet_ends_check(&demo.settings);
    if (result != 0) {
        return result;
    }
    folder = demo.settings.out != NULL ? demo.settings.out : "tacet-demo";
    if (demo.settings.seconds == 0) {
        demo.settings.seconds = DEFAULT_SECONDS;
    }
    if (strlen(folder) > FILE_MAX - 64) {
        return tacet_complain("the name of the folder is too long");
    }
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        return tacet_complain("cannot make the folder '%s': %s", folder, strerror(errno));
    }
    result = tacet_waiter_create(&demo.waiter);
    if (result == 0) {
        result = run_demo(&demo, folder);
        tacet_waiter_close(&demo.waiter);
    }
    return result;
}
