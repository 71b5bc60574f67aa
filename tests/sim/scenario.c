/* See scenario.h: what the scenarios share. */
#include "scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char row[192];

void tacet_scenario_row(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    (void)vsnprintf(row, sizeof(row), format, arguments);
    va_end(arguments);
}

void tacet_expect_at(bool held, const char *file, int line, const char *condition)
{
    if (held) {
        return;
    }
    fprintf(stderr, "%s:%d: expected %s%s%s%s\n", file, line, condition, row[0] != '\0' ? " (" : "",
            row, row[0] != '\0' ? ")" : "");
    /* sim_call.c says how to replay it. */
    abort();
}

void tacet_message_fill(uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        data[i] = (uint8_t)(i * 7 + i / 251 + size);
    }
}

static bool is_message(const uint8_t *data, size_t size)
{
    static uint8_t expected[TACET_MESSAGE_MAX];

    tacet_message_fill(expected, size);
    return memcmp(data, expected, size) == 0;
}

static bool on_packet(void *ctx, struct tacet_harness *h, enum tacet_harness_party from,
                      struct tacet_packet *packet)
{
    struct tacet_watch *watch = ctx;

    watch->packets[from]++;
    watch->media_packets[from] += packet->data[0] >= 128;
    return watch->on_packet == NULL || watch->on_packet(watch, h, from, packet);
}

static void on_event(void *ctx, struct tacet_harness *h, enum tacet_harness_party at,
                     const struct tacet_event *event)
{
    struct tacet_watch *watch = ctx;

    watch->at_us[at][event->type] = tacet_harness_now(h);
    if (event->type == TACET_EVENT_ANSWERED) {
        (void)snprintf(watch->words[at], TACET_WORDS_MAX, "%s", event->u.answered.words);
    } else if (event->type == TACET_EVENT_ENDED) {
        watch->ended[at] = event->u.ended.reason;
        watch->ended_remote[at] = event->u.ended.remote;
    } else if (event->type == TACET_EVENT_MEDIA) {
        watch->muted[at] = event->u.media.audio_muted;
    } else if (event->type == TACET_EVENT_MESSAGE) {
        watch->message_size[at] = event->u.message.size;
        watch->message_right[at] = is_message(event->u.message.data, event->u.message.size);
    } else if (event->type == TACET_EVENT_INCOMING && watch->decline != 0) {
        tacet_expect(tacet_call_decline(tacet_harness_call(h, at), tacet_harness_clock(h),
                                        event->peer, watch->decline) == 0);
    }
}

void tacet_watch_init(struct tacet_watch *watch, struct tacet_harness_config *config, uint64_t seed)
{
    *watch = (struct tacet_watch){ 0 };
    memset(watch->at_us, 0xff, sizeof(watch->at_us));
    tacet_harness_config_init(config);
    config->seed = seed;
    config->on_packet = on_packet;
    config->on_event = on_event;
    config->ctx = watch;
}

struct tacet_harness *tacet_watch_dial(const struct tacet_harness_config *config)
{
    struct tacet_harness *h = NULL;

    tacet_expect(tacet_harness_create(config, &h) == 0);
    tacet_expect(tacet_harness_dial(h) == 0);
    return h;
}

void tacet_expect_one_call(struct tacet_harness *h, const struct tacet_watch *watch)
{
    tacet_expect(tacet_harness_event_count(h, TACET_CALLEE, TACET_EVENT_INCOMING) == 1);
    tacet_expect(tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_INCOMING) == 0);
    tacet_expect(tacet_harness_event_count(h, TACET_CALLER, TACET_EVENT_ESTABLISHED) == 1);
    for (int i = 0; i < 2; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        tacet_expect(tacet_harness_event_count(h, party, TACET_EVENT_ANSWERED) == 1);
        tacet_expect(tacet_harness_event_count(h, party, TACET_EVENT_ENDED) == 0);
    }
    tacet_expect(watch->words[0][0] != '\0');
    tacet_expect(strcmp(watch->words[0], watch->words[1]) == 0);
}

void tacet_expect_flow(struct tacet_harness *h)
{
    struct tacet_harness_result before[2], after[2];

    for (int i = 0; i < 2; i++) {
        tacet_harness_result(h, (enum tacet_harness_party)i, &before[i]);
    }
    tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(2));
    for (int i = 0; i < 2; i++) {
        tacet_harness_result(h, (enum tacet_harness_party)i, &after[i]);
        uint64_t played = after[i].audio_played - before[i].audio_played;
        uint64_t concealed = after[i].audio_concealed - before[i].audio_concealed;
        /* Two seconds less what the buffer may start with. */
        tacet_expect(played >= 48000 * 3 / 2);
        tacet_expect(concealed * 10 <= played);
        tacet_expect(after[i].pictures_shown - before[i].pictures_shown >= 40);
        tacet_expect(after[i].pictures_bad == before[i].pictures_bad);
        tacet_expect(after[i].frames_before_answer == 0);
    }
}

void tacet_expect_goodbye(struct tacet_harness *h, const struct tacet_watch *watch,
                          enum tacet_harness_party by)
{
    enum tacet_harness_party other = by == TACET_CALLER ? TACET_CALLEE : TACET_CALLER;

    tacet_call_hangup(tacet_harness_call(h, by), tacet_harness_clock(h));
    tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(5));
    tacet_expect(watch->ended[by] == TACET_END_HANGUP);
    tacet_expect(!watch->ended_remote[by]);
    tacet_expect(watch->ended[other] == TACET_END_HANGUP);
    tacet_expect(watch->ended_remote[other]);
    for (int i = 0; i < 2; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        tacet_expect(tacet_harness_event_count(h, party, TACET_EVENT_ENDED) == 1);
        /* Forgotten, and quiet. */
        tacet_expect(tacet_harness_peer(h, party) == UINT32_MAX);
    }
    uint64_t packets = watch->packets[0] + watch->packets[1];
    tacet_harness_run(h, tacet_harness_now(h) + TACET_SECONDS(40));
    tacet_expect(watch->packets[0] + watch->packets[1] == packets);
}

uint64_t tacet_drops(struct tacet_harness *h, enum tacet_harness_party party,
                     enum tacet_drop reason)
{
    struct tacet_stats stats = { .size = sizeof(stats) };
    uint32_t peer = tacet_harness_peer(h, party);

    tacet_expect(peer != UINT32_MAX);
    tacet_expect(tacet_call_stats(tacet_harness_call(h, party), peer, &stats) == 0);
    return stats.drops[reason];
}
