/* The summary object. What did not happen is null. */
#include "summary.h"

#include "stats_json.h"

#include "tacet/error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

const char *tacet_summary_result(const struct tacet_session_view *view)
{
    if (view->failed[0] != '\0') {
        return tacet_end_string(TACET_END_FAILED);
    }
    if (view->answered_us != 0 && (view->reason == TACET_END_HANGUP || (int)view->reason == 0)) {
        return "ended";
    }
    /* This side stopped before anybody answered: that is its hang-up. */
    return tacet_end_string((int)view->reason == 0 ? TACET_END_HANGUP : view->reason);
}

/* Milliseconds with a tenth. */
static double ms(int64_t us)
{
    return round((double)us / 100.0) / 10.0;
}

static void add_ms(cJSON *object, const char *name, bool happened, int64_t us)
{
    if (happened) {
        (void)cJSON_AddNumberToObject(object, name, ms(us));
    } else {
        (void)cJSON_AddNullToObject(object, name);
    }
}

static void add_text(cJSON *object, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        (void)cJSON_AddStringToObject(object, name, text);
    } else {
        (void)cJSON_AddNullToObject(object, name);
    }
}

static void add_since_begin(cJSON *object, const char *name, const struct tacet_session_view *view,
                            int64_t at_us)
{
    add_ms(object, name, at_us != 0 && view->begun_us != 0, at_us - view->begun_us);
}

static void add_drops(cJSON *summary, const struct tacet_stats *stats)
{
    cJSON *drops = cJSON_AddObjectToObject(summary, "drops");

    for (int i = 1; i < TACET_DROP_COUNT; i++) {
        (void)cJSON_AddNumberToObject(drops, tacet_drop_string((enum tacet_drop)i),
                                      (double)stats->drops[i]);
    }
}

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void add_usage(cJSON *summary)
{
    cJSON *cpu = cJSON_AddObjectToObject(summary, "cpu");
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    (void)cJSON_AddNumberToObject(cpu, "userS", seconds(usage.ru_utime));
    (void)cJSON_AddNumberToObject(cpu, "systemS", seconds(usage.ru_stime));
    (void)cJSON_AddNumberToObject(summary, "maxRssKb", (double)usage.ru_maxrss);
}

char *tacet_summary_json(const struct tacet_session_view *view)
{
    const struct tacet_stats *stats = &view->stats;
    bool has = view->has_stats;
    int64_t duration_us = view->answered_us != 0 ? view->ended_us - view->answered_us : 0;
    cJSON *summary = cJSON_CreateObject();
    cJSON *peer;
    char *printed, *text = NULL;

    (void)cJSON_AddStringToObject(summary, "tacet", tacet_version());
    (void)cJSON_AddStringToObject(summary, "role", view->caller ? "caller" : "callee");
    (void)cJSON_AddStringToObject(summary, "result", tacet_summary_result(view));
    peer = cJSON_AddObjectToObject(summary, "peer");
    add_text(peer, "name", view->peer.name);
    add_text(peer, "label", view->peer.label);
    (void)cJSON_AddBoolToObject(peer, "nameClaimed", view->peer.name_claimed);
    add_text(peer, "fingerprint", view->peer.fingerprint);
    (void)cJSON_AddStringToObject(peer, "trust", tacet_trust_string(view->peer.trust));
    add_text(summary, "words", view->words);
    add_ms(summary, "handshakeMs", has && stats->handshake_us >= 0, stats->handshake_us);
    add_ms(summary, "setupMs", has && stats->setup_us >= 0, stats->setup_us);
    add_since_begin(summary, "firstAudioMs", view, view->first_audio_us);
    add_since_begin(summary, "firstVideoMs", view, view->first_video_us);
    (void)cJSON_AddNumberToObject(summary, "durationS", ms(duration_us) / 1e3);
    add_text(summary, "profile", has ? tacet_profile_string(stats->profile) : NULL);
    (void)cJSON_AddBoolToObject(summary, "pq", has && stats->pq);
    (void)cJSON_AddNumberToObject(summary, "epochs", has ? stats->epoch : 0);
    if (has) {
        (void)cJSON_AddItemToObject(summary, "stats", tacet_stats_json(stats, view->stats_us));
    } else {
        (void)cJSON_AddArrayToObject(summary, "stats");
    }
    add_drops(summary, stats);
    add_usage(summary);

    printed = cJSON_PrintUnformatted(summary);
    cJSON_Delete(summary);
    if (printed != NULL) {
        text = strdup(printed);
        cJSON_free(printed);
    }
    return text;
}
