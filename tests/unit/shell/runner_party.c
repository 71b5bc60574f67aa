/* See runner_party.h. */
#include "runner_party.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define DEVICE_SAMPLES 960

/* --- source and sinks --- */

static uint64_t elapsed_samples(int64_t since_us)
{
    return (uint64_t)(tacet_clock_now() - since_us) * 48 / 1000;
}

static int start_source(void *ctx)
{
    struct party *party = ctx;

    (void)pthread_mutex_lock(&party->mutex);
    party->source_starts++;
    party->reads = 0;
    party->source_started_us = tacet_clock_now() - party->heard_before_us;
    (void)pthread_mutex_unlock(&party->mutex);
    return 0;
}

static void stop_source(void *ctx)
{
    struct party *party = ctx;

    (void)pthread_mutex_lock(&party->mutex);
    party->source_stops++;
    (void)pthread_cond_broadcast(&party->changed);
    (void)pthread_mutex_unlock(&party->mutex);
}

static int start_sink(void *ctx)
{
    ((struct party *)ctx)->sink_started_us = tacet_clock_now();
    return 0;
}

static void stall(struct party *party, const bool *while_set)
{
    while (*while_set) {
        party->stalled = true;
        (void)pthread_cond_broadcast(&party->changed);
        (void)pthread_cond_wait(&party->changed, &party->mutex);
    }
    party->stalled = false;
}

static int read_tone(void *ctx, int16_t *pcm, size_t count)
{
    struct party *party = ctx;
    static const int16_t wave[] = { 0,     2120,  4096,  5793,  7094,  7913,  8192,  7913,
                                    7094,  5793,  4096,  2120,  0,     -2120, -4096, -5793,
                                    -7094, -7913, -8192, -7913, -7094, -5793, -4096, -2120 };

    (void)pthread_mutex_lock(&party->mutex);
    party->allocations_audio = tacet_alloc_count();
    if (party->devices) {
        uint64_t come = elapsed_samples(party->source_started_us) - party->reads;
        count = come < count ? (size_t)come : count;
    }
    /* 2000 Hz: 24 samples a wave. */
    for (size_t i = 0; i < count; i++) {
        pcm[i] = wave[party->reads++ % (sizeof(wave) / sizeof(wave[0]))];
    }
    (void)pthread_mutex_unlock(&party->mutex);
    return (int)count;
}

static int write_sound(void *ctx, const int16_t *pcm, size_t count)
{
    struct party *party = ctx;

    (void)pthread_mutex_lock(&party->mutex);
    for (size_t i = 0; i < count && party->sound_count < PARTY_SOUND_MAX; i++) {
        party->sound[party->sound_count++] = pcm[i];
    }
    int result = party->sink_error;
    stall(party, &party->sound_stalls);
    (void)pthread_cond_broadcast(&party->changed);
    (void)pthread_mutex_unlock(&party->mutex);
    return result;
}

/* A device that holds 20 ms. */
static int wanted_sound(void *ctx)
{
    struct party *party = ctx;
    uint64_t played = elapsed_samples(party->sink_started_us);
    uint64_t held = party->sound_count > played ? party->sound_count - played : 0;

    return held < DEVICE_SAMPLES ? (int)(DEVICE_SAMPLES - held) : 0;
}

static int open_screen(void *ctx, const struct tacet_video_format *format)
{
    struct party *party = ctx;

    (void)pthread_mutex_lock(&party->mutex);
    party->opened++;
    party->opened_width = format->width;
    (void)pthread_mutex_unlock(&party->mutex);
    return 0;
}

static int show(void *ctx, const struct tacet_picture *picture)
{
    struct party *party = ctx;
    uint32_t index;
    int result = tacet_testcard_read(picture, &index);

    (void)pthread_mutex_lock(&party->mutex);
    if (result == 0 && party->card_count < PARTY_ROWS_MAX) {
        party->cards[party->card_count++] = index;
    }
    party->cards_bad += result == 0 ? 0 : 1;
    party->allocations_decode = tacet_alloc_count();
    stall(party, &party->screen_stalls);
    (void)pthread_cond_broadcast(&party->changed);
    (void)pthread_mutex_unlock(&party->mutex);
    return 0;
}

static void count_free(void *ctx)
{
    ((struct party *)ctx)->freed++;
}

static const struct tacet_audio_source_ops source_ops = {
    .name = "test",
    .read = read_tone,
    .free = count_free,
};

static const struct tacet_audio_sink_ops sound_ops = {
    .name = "test",
    .write = write_sound,
    .free = count_free,
};

static const struct tacet_audio_source_ops microphone_ops = {
    .name = "test",
    .clocked = true,
    .start = start_source,
    .read = read_tone,
    .free = count_free,
    .stop = stop_source,
};

static const struct tacet_audio_sink_ops speaker_ops = {
    .name = "test",
    .clocked = true,
    .start = start_sink,
    .wanted = wanted_sound,
    .write = write_sound,
    .free = count_free,
};

static const struct tacet_video_sink_ops screen_ops = {
    .name = "test",
    .open = open_screen,
    .show = show,
    .free = count_free,
};

/* --- callbacks --- */

static void on_event(void *ctx, struct tacet_call *call, const struct tacet_event *event)
{
    struct party *party = ctx;

    (void)pthread_mutex_lock(&party->mutex);
    party->events[event->type]++;
    party->peer = event->peer;
    if (event->type == TACET_EVENT_ENDED) {
        party->reason = event->u.ended.reason;
        party->allocations_in_call = tacet_alloc_count() - party->allocated;
    }
    if (event->type == TACET_EVENT_INCOMING) {
        party->incoming_us = tacet_clock_now();
    }
    if (event->type == TACET_EVENT_ANSWERED) {
        party->answered_us = tacet_clock_now();
        party->allocated = tacet_alloc_count();
        memcpy(party->words, event->u.answered.words, sizeof(party->words));
    }
    bool answer = party->answer && event->type == TACET_EVENT_INCOMING;
    (void)pthread_cond_broadcast(&party->changed);
    (void)pthread_mutex_unlock(&party->mutex);
    if (answer) {
        assert_int_equal(tacet_call_answer(call, tacet_clock_now(), event->peer), 0);
    }
}

static void on_media(void *ctx, const struct tacet_media_event *event)
{
    struct party *party = ctx;

    (void)pthread_mutex_lock(&party->mutex);
    struct party_rows *rows = &party->rows[event->type][event->kind];
    if (rows->count < PARTY_ROWS_MAX) {
        rows->index[rows->count] = event->index;
        rows->rtp_timestamp[rows->count] = event->rtp_timestamp;
        rows->time_us[rows->count++] = event->time_us;
    }
    (void)pthread_cond_broadcast(&party->changed);
    (void)pthread_mutex_unlock(&party->mutex);
    if (party->on_row != NULL) {
        party->on_row(party, event);
    }
}

static void on_error(void *ctx, const char *what, int error)
{
    struct party *party = ctx;

    (void)pthread_mutex_lock(&party->mutex);
    party->errors++;
    party->error = error;
    strncpy(party->what, what, sizeof(party->what) - 1);
    (void)pthread_cond_broadcast(&party->changed);
    (void)pthread_mutex_unlock(&party->mutex);
}

/* --- life --- */

struct tacet_address party_address(const char *text)
{
    struct tacet_address address;

    assert_int_equal(tacet_address_parse(text, &address), 0);
    return address;
}

struct tacet_address party_join(struct tacet_transport *a, struct tacet_transport *b)
{
    struct tacet_address first = party_address("192.0.2.1:5000");
    struct tacet_address second = party_address("192.0.2.2:5000");

    assert_int_equal(tacet_memory_transport_create(&first, &second, a, b), 0);
    return second;
}

void party_init(struct party *party)
{
    pthread_condattr_t monotonic;

    memset(party, 0, sizeof(*party));
    (void)pthread_mutex_init(&party->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&party->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    party->audio = true;
    party->answer = true;
    party->format = (struct tacet_video_format){
        .width = 320, .height = 180, .fps_numerator = 30, .fps_denominator = 1
    };
    struct tacet_random random = tacet_random_system();
    assert_int_equal(tacet_identity_create(&random, NULL, &party->identity), 0);
}

void party_init_two(struct party *caller, struct party *callee)
{
    assert_int_equal(tacet_init(), 0);
    party_init(caller);
    party_init(callee);
    callee->listen = true;
}

void party_end_two(struct party *caller, struct party *callee)
{
    party_stop(caller);
    party_stop(callee);
    party_clear(caller);
    party_clear(callee);
}

static struct tacet_call *create_call(const struct party *party)
{
    struct tacet_call_config config;
    struct tacet_call *call;

    tacet_call_config_init(&config);
    config.identity = party->identity;
    config.random = tacet_random_system();
    config.unix_time_offset_us = tacet_clock_unix_offset();
    config.listen = party->listen;
    config.open = party->listen;
    config.media.audio = party->audio;
    config.media.video = party->video;
    if (party->video) {
        config.media.width = party->format.width;
        config.media.height = party->format.height;
        config.media.fps = (uint16_t)(party->format.fps_numerator / party->format.fps_denominator);
    }
    assert_int_equal(tacet_call_create(&config, tacet_clock_now(), &call), 0);
    return call;
}

int party_start(struct party *party)
{
    return party_start_failing(party, -1);
}

int party_start_failing(struct party *party, long failing)
{
    struct tacet_runner_config config;

    tacet_runner_config_init(&config);
    config.call = create_call(party);
    config.transport = party->transport;
    config.ctx = party;
    config.on_event = on_event;
    config.on_media = on_media;
    config.on_error = on_error;
    if (party->audio) {
        config.audio_source.ops = party->devices ? &microphone_ops : &source_ops;
        config.audio_source.ctx = party;
        config.audio_sink.ops = party->devices ? &speaker_ops : &sound_ops;
        config.audio_sink.ctx = party;
    }
    if (party->video) {
        config.video_source = party->camera;
        if (party->camera.ops == NULL) {
            assert_int_equal(tacet_testcard_source_create(&party->format, &config.video_source), 0);
        }
        config.video_sink = (struct tacet_video_sink){ .ops = &screen_ops, .ctx = party };
    }
    tacet_alloc_fail_after(failing);
    int result = tacet_runner_start(&config, &party->runner);
    tacet_alloc_fail_after(-1);
    if (result != 0) {
        /* Nothing was taken. */
        assert_int_equal(party->freed, 0);
        tacet_call_free(&config.call);
        if (party->video) {
            config.video_source.ops->free(config.video_source.ctx);
        }
    }
    return result;
}

struct dialling {
    struct party *party;
    struct tacet_path path;
    int result;
    bool done;
};

static void dial_job(void *arg, struct tacet_call *call, int64_t now)
{
    struct dialling *dialling = arg;
    struct tacet_callee nobody = { .hint = TACET_HINT_NONE };
    uint32_t peer;
    int result = tacet_call_dial(call, now, &nobody, &dialling->path, 1, &peer);

    (void)pthread_mutex_lock(&dialling->party->mutex);
    dialling->result = result;
    dialling->done = true;
    (void)pthread_cond_broadcast(&dialling->party->changed);
    (void)pthread_mutex_unlock(&dialling->party->mutex);
}

void party_dial(struct party *party, const struct tacet_address *to)
{
    struct dialling dialling = { .party = party, .path = { .address = *to } };

    assert_int_equal(tacet_runner_post(party->runner, dial_job, &dialling), 0);
    (void)pthread_mutex_lock(&party->mutex);
    while (!dialling.done) {
        (void)pthread_cond_wait(&party->changed, &party->mutex);
    }
    (void)pthread_mutex_unlock(&party->mutex);
    assert_int_equal(dialling.result, 0);
}

bool party_wait(struct party *party, bool (*done)(const struct party *party), int seconds)
{
    int64_t end_us = tacet_clock_now() + (int64_t)seconds * 1000000;
    struct timespec end = { .tv_sec = (time_t)(end_us / 1000000),
                            .tv_nsec = (long)(end_us % 1000000) * 1000 };
    int late = 0;

    (void)pthread_mutex_lock(&party->mutex);
    while (!done(party) && late == 0) {
        late = pthread_cond_timedwait(&party->changed, &party->mutex, &end);
    }
    bool result = done(party);
    (void)pthread_mutex_unlock(&party->mutex);
    return result;
}

void party_set(struct party *party, bool *flag, bool value)
{
    (void)pthread_mutex_lock(&party->mutex);
    *flag = value;
    (void)pthread_cond_broadcast(&party->changed);
    (void)pthread_mutex_unlock(&party->mutex);
}

void party_stop(struct party *party)
{
    tacet_runner_stop(&party->runner);
    assert_null(party->runner);
}

void party_clear(struct party *party)
{
    (void)pthread_cond_destroy(&party->changed);
    (void)pthread_mutex_destroy(&party->mutex);
    tacet_identity_free(&party->identity);
}

/* --- figures --- */

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

int64_t party_latency_us(const struct party_rows *from, const struct party_rows *to,
                         size_t *ret_pairs)
{
    int64_t *latencies = calloc(PARTY_ROWS_MAX, sizeof(*latencies));
    size_t count = 0;

    assert_non_null(latencies);
    for (size_t i = 0; i < to->count; i++) {
        size_t j = 0;
        while (j < from->count && from->rtp_timestamp[j] != to->rtp_timestamp[i]) {
            j++;
        }
        if (j < from->count) {
            latencies[count++] = to->time_us[i] - from->time_us[j];
        }
    }
    qsort(latencies, count, sizeof(*latencies), compare);
    int64_t median = count > 0 ? latencies[count / 2] : -1;
    free(latencies);
    *ret_pairs = count;
    return median;
}
