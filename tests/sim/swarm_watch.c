/* See swarm_watch.h: the order in which events may come, and what they may say. */
#include "swarm_watch.h"

#include <stdio.h>
#include <string.h>

static void on_message(struct tacet_swarm_watch *watch, int from, const uint8_t *data, size_t size)
{
    static uint8_t expected[TACET_MESSAGE_MAX];

    /* Each once, whole, in the order in which they were sent. */
    tacet_expect(watch->received[from] < watch->sent[from]);
    tacet_expect(size == watch->sizes[from][watch->received[from]]);
    tacet_message_fill(expected, size);
    tacet_expect(memcmp(data, expected, size) == 0);
    watch->received[from]++;
}

static void on_answered(struct tacet_swarm_watch *watch, int at, const char *words)
{
    tacet_expect(watch->established[at]);
    tacet_expect(at == TACET_CALLER || watch->rang);
    tacet_expect(!watch->answered[at]);
    watch->answered[at] = true;
    (void)snprintf(watch->words[at], TACET_WORDS_MAX, "%s", words);
    watch->was_connected = watch->answered[0] && watch->answered[1];
}

/* No event of a peer that ended, none that makes no sense after those before. */
static void on_event(void *ctx, struct tacet_harness *h, enum tacet_harness_party at,
                     const struct tacet_event *event)
{
    struct tacet_swarm_watch *watch = ctx;

    if (watch->tell && event->type != TACET_EVENT_SEND_TARGET) {
        printf("%8.3f s %s: %s%s%s\n", (double)tacet_harness_now(h) / 1e6,
               at == TACET_CALLER ? "caller" : "callee", tacet_event_string(event->type),
               event->type == TACET_EVENT_ENDED ? ", " : "",
               event->type == TACET_EVENT_ENDED ? tacet_end_string(event->u.ended.reason) : "");
        (void)fflush(stdout);
    }
    if (event->peer != watch->peer[at]) {
        tacet_expect(watch->peer[at] == UINT32_MAX || watch->ended[at]);
        tacet_expect(!watch->answered[at] || watch->ended[at]);
        watch->peer[at] = event->peer;
    }
    tacet_expect(!watch->ended[at]);
    switch (event->type) {
    case TACET_EVENT_INCOMING:
        tacet_expect(at == TACET_CALLEE);
        tacet_expect(!watch->rang);
        watch->rang = true;
        break;
    case TACET_EVENT_ESTABLISHED:
        tacet_expect(!watch->established[at]);
        watch->established[at] = true;
        break;
    case TACET_EVENT_ANSWERED:
        on_answered(watch, (int)at, event->u.answered.words);
        break;
    case TACET_EVENT_RECONNECTING:
        tacet_expect(watch->established[at]);
        tacet_expect(!watch->reconnecting[at]);
        watch->reconnecting[at] = true;
        break;
    case TACET_EVENT_RECONNECTED:
        tacet_expect(watch->reconnecting[at]);
        watch->reconnecting[at] = false;
        break;
    case TACET_EVENT_MEDIA:
        watch->told_muted[at == TACET_CALLER ? 1 : 0] = event->u.media.audio_muted;
        break;
    case TACET_EVENT_MESSAGE:
        tacet_expect(watch->established[at]);
        on_message(watch, at == TACET_CALLER ? 1 : 0, event->u.message.data, event->u.message.size);
        break;
    case TACET_EVENT_REKEYED:
        tacet_expect(event->u.epoch == watch->epoch[at] + 1 || watch->epoch[at] == 0);
        watch->epoch[at] = event->u.epoch;
        break;
    case TACET_EVENT_SEND_TARGET:
        tacet_expect(event->u.send_target.audio_bps >= 0);
        tacet_expect(event->u.send_target.video_bps >= 0);
        tacet_expect(event->u.send_target.loss_permille >= 0);
        tacet_expect(event->u.send_target.loss_permille <= 1000);
        tacet_expect(event->u.send_target.burst >= 1);
        break;
    case TACET_EVENT_ENDED:
        watch->ended[at] = true;
        watch->reason[at] = event->u.ended.reason;
        break;
    case TACET_EVENT_RINGING:
        tacet_expect(at == TACET_CALLER);
        break;
    case TACET_EVENT_TRUST:
        break;
    }
}

static void on_config(void *ctx, enum tacet_harness_party at, struct tacet_call_config *config)
{
    const struct tacet_swarm_watch *watch = ctx;

    if (watch->rekey_interval_us > 0 && at == TACET_CALLER) {
        config->rekey_interval_us = watch->rekey_interval_us;
    }
}

void tacet_swarm_watch_init(struct tacet_swarm_watch *watch, struct tacet_harness_config *config)
{
    tacet_swarm_watch_again(watch);
    config->on_event = on_event;
    config->on_config = on_config;
    config->ctx = watch;
}

void tacet_swarm_watch_again(struct tacet_swarm_watch *watch)
{
    *watch = (struct tacet_swarm_watch){ .rekey_interval_us = watch->rekey_interval_us,
                                         .tell = watch->tell };
    watch->peer[0] = watch->peer[1] = UINT32_MAX;
}

void tacet_swarm_send_message(struct tacet_swarm_watch *watch, struct tacet_harness *h,
                              enum tacet_harness_party from, size_t size)
{
    static uint8_t data[TACET_MESSAGE_MAX];

    if (!watch->answered[from] || watch->ended[from]) {
        return;
    }
    tacet_message_fill(data, size);
    /* TACET_ERR_FULL is an answer too: the way has been shut for long. */
    if (tacet_call_send_message(tacet_harness_call(h, from), tacet_harness_clock(h),
                                watch->peer[from], data, size) == 0) {
        watch->sizes[from][watch->sent[from]++] = size;
    }
}

void tacet_swarm_mute(struct tacet_swarm_watch *watch, struct tacet_harness *h,
                      enum tacet_harness_party party)
{
    if (!watch->answered[party] || watch->ended[party]) {
        return;
    }
    watch->muted[party] = !watch->muted[party];
    tacet_expect(tacet_call_set_muted(tacet_harness_call(h, party), tacet_harness_clock(h),
                                      TACET_KIND_AUDIO, watch->muted[party]) == 0);
}

void tacet_swarm_expect_safe(const struct tacet_swarm_watch *watch, struct tacet_harness *h)
{
    for (int i = 0; i < 2; i++) {
        struct tacet_harness_result result;
        tacet_harness_result(h, (enum tacet_harness_party)i, &result);
        tacet_expect(result.pictures_bad == 0);
        tacet_expect(result.frames_before_answer == 0);
        tacet_expect(result.pictures_shown <= result.pictures_captured);
    }
    if (watch->answered[0] && watch->answered[1]) {
        tacet_expect(watch->words[0][0] != '\0');
        tacet_expect(strcmp(watch->words[0], watch->words[1]) == 0);
    }
}

void tacet_swarm_expect_connected(const struct tacet_swarm_watch *watch, struct tacet_harness *h)
{
    uint32_t epochs[2];

    for (int i = 0; i < 2; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        struct tacet_stats stats = { .size = sizeof(stats) };
        struct tacet_peer_info info;
        tacet_expect(watch->answered[i]);
        tacet_expect(!watch->ended[i]);
        tacet_expect(tacet_call_peer(tacet_harness_call(h, party), watch->peer[i], &info) == 0);
        tacet_expect(info.state == TACET_PEER_CONNECTED);
        tacet_expect(!info.reconnecting);
        tacet_expect(tacet_call_stats(tacet_harness_call(h, party), watch->peer[i], &stats) == 0);
        epochs[i] = stats.epoch;
    }
    tacet_expect(epochs[0] >= 1);
    tacet_expect(epochs[0] + 1 >= epochs[1] && epochs[1] + 1 >= epochs[0]);
    tacet_expect(watch->words[0][0] != '\0');
    tacet_expect(strcmp(watch->words[0], watch->words[1]) == 0);
}

void tacet_swarm_expect_messages(const struct tacet_swarm_watch *watch)
{
    for (int i = 0; i < 2; i++) {
        tacet_expect(watch->received[i] == watch->sent[i]);
        tacet_expect(watch->told_muted[i] == watch->muted[i]);
    }
}
