/*
 * The audio thread: a clock of 10 ms ticks with absolute deadlines. A tick captures
 * (runner_audio_capture.c), then pulls a block from every peer's receiver, mixes and writes it. A
 * thread that was held up runs the ticks it missed, so that a file has no gap.
 */
#include "media/mix.h"
#include "shell/runner_internal.h"

#include <assert.h>

int tacet_runner_audio_prepare(struct tacet_runner *runner,
                               const struct tacet_audio_encoder_settings *settings)
{
    struct tacet_runner_audio *a = &runner->audio;
    const struct tacet_runner_config *config = &runner->config;
    int r = 0;

    if (config->audio_source.ops != NULL) {
        r = config->audio_codec->audio_encoder_create(settings, &a->encoder);
    }
    for (size_t i = 0; r == 0 && config->audio_sink.ops != NULL && i < TACET_PEERS_MAX; i++) {
        r = tacet_meter_audio_receiver(&runner->meter, &a->receivers[i]);
    }
    return r;
}

void tacet_runner_audio_clear(struct tacet_runner *runner)
{
    struct tacet_runner_audio *a = &runner->audio;

    if (a->encoder.ops != NULL) {
        a->encoder.ops->free(a->encoder.ctx);
    }
    for (size_t i = 0; i < TACET_PEERS_MAX; i++) {
        tacet_audio_receiver_free(&a->receivers[i]);
    }
}

/* --- playback --- */

static void take_frames(struct tacet_runner *runner)
{
    struct tacet_runner_audio *a = &runner->audio;
    const struct tacet_audio_slot *slot;

    while ((slot = tacet_ring_front(runner->audio_in)) != NULL) {
        assert(slot->seat < TACET_PEERS_MAX);
        uint32_t life = atomic_load(&runner->lives[slot->seat]);
        if (slot->life == life && life != a->lives[slot->seat]) {
            break; /* of a life that this thread has yet to begin */
        }
        if (slot->life == life) {
            struct tacet_frame frame = slot->frame;
            frame.data = slot->data;
            a->used[slot->seat] = true;
            tacet_audio_receiver_put(a->receivers[slot->seat], frame.received_at_us, &frame);
            tacet_sync_clock_take(&a->clocks[slot->seat], &frame);
        }
        tacet_ring_release(runner->audio_in);
    }
}

/* A peer that takes a seat after another begins with a new receiver: nothing that the other said
 * is left in it. */
static int begin_lives(struct tacet_runner *runner)
{
    struct tacet_runner_audio *a = &runner->audio;
    int r = 0;

    for (size_t i = 0; r == 0 && i < TACET_PEERS_MAX; i++) {
        uint32_t life = atomic_load(&runner->lives[i]);
        bool renew = life != a->lives[i] && a->used[i];
        if (life != a->lives[i]) {
            a->clocks[i] = (struct tacet_sync_clock){ 0 };
            atomic_store(&runner->sound_ways[i], TACET_SYNC_UNKNOWN);
        }
        a->lives[i] = life;
        if (renew) {
            /* As a rule this is when a peer goes, so that the next call finds its memory there. */
            a->used[i] = false;
            tacet_audio_receiver_free(&a->receivers[i]);
            r = tacet_meter_audio_receiver(&runner->meter, &a->receivers[i]);
        }
    }
    return r;
}

static void log_played(struct tacet_runner *runner, int64_t now,
                       const struct tacet_audio_mark *marks, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!marks[i].concealed) {
            tacet_runner_log(runner, &(struct tacet_media_event){
                                         .type = TACET_MEDIA_PLAYED,
                                         .kind = TACET_KIND_AUDIO,
                                         .index = runner->audio.played,
                                         .rtp_timestamp = marks[i].rtp_timestamp,
                                         .time_us = now,
                                     });
            runner->audio.played++;
        }
    }
}

/* Pulls one block from everybody, as at `now`, and writes it. `queued`: samples the sink holds. */
static int play(struct tacet_runner *runner, int64_t now, size_t count, uint32_t queued)
{
    const struct tacet_audio_sink *sink = &runner->config.audio_sink;
    struct tacet_runner_audio *a = &runner->audio;
    struct tacet_audio_mark marks[TACET_PEERS_MAX * TACET_AUDIO_MARKS_MAX];
    int16_t mixed[TACET_RUNNER_TICK_SAMPLES] = { 0 };
    int16_t voice[TACET_RUNNER_TICK_SAMPLES];
    size_t mark_count = 0;

    assert(count <= TACET_RUNNER_TICK_SAMPLES);
    for (size_t i = 0; i < TACET_PEERS_MAX; i++) {
        if (a->lives[i] % 2 != 0) {
            a->used[i] = true;
            mark_count += tacet_audio_receiver_get(a->receivers[i], now, queued, voice, count,
                                                   marks + mark_count);
            tacet_mix_add(mixed, voice, count);
        }
    }
    int r = sink->ops->write(sink->ctx, mixed, count);
    if (r < 0) {
        return r;
    }
    log_played(runner, tacet_clock_now(), marks, mark_count);
    return 0;
}

/* A device says how much it can take; a sink without a clock takes the tick that was due, even
 * where the thread comes late. */
static int playback(struct tacet_runner *runner, int64_t due_us)
{
    const struct tacet_audio_sink *sink = &runner->config.audio_sink;
    struct tacet_runner_audio *a = &runner->audio;

    take_frames(runner);
    if (!sink->ops->clocked) {
        return play(runner, due_us, TACET_RUNNER_TICK_SAMPLES, 0);
    }
    int wanted = sink->ops->wanted(sink->ctx);
    int limit = TACET_RUNNER_BLOCKS_MAX * TACET_RUNNER_TICK_SAMPLES;
    a->sink_room_max = wanted > a->sink_room_max ? wanted : a->sink_room_max;
    while (wanted > 0 && limit > 0) {
        int count = wanted < TACET_RUNNER_TICK_SAMPLES ? wanted : TACET_RUNNER_TICK_SAMPLES;
        int r =
            play(runner, tacet_clock_now(), (size_t)count, (uint32_t)(a->sink_room_max - wanted));
        if (r < 0) {
            return r;
        }
        wanted -= count;
        limit -= count;
    }
    return wanted < 0 ? wanted : 0;
}

/* Tells the decode thread how everybody's sound goes, and hears how it should. */
static void keep_sync(struct tacet_runner *runner)
{
    struct tacet_runner_audio *a = &runner->audio;
    int64_t now = tacet_clock_now();

    for (size_t i = 0; i < TACET_PEERS_MAX; i++) {
        struct tacet_playout_report playout;
        if (a->lives[i] % 2 == 0) {
            continue;
        }
        tacet_audio_receiver_report(a->receivers[i], &playout);
        atomic_store(&runner->sound_targets[i], playout.target_delay_us);
        atomic_store(&runner->sound_ways[i], tacet_sync_sound_way(&a->clocks[i], now, &playout));
        tacet_audio_receiver_set_min_delay(a->receivers[i], atomic_load(&runner->sound_delays[i]));
    }
}

static void report(struct tacet_runner *runner)
{
    struct tacet_runner_audio *a = &runner->audio;
    int64_t now = tacet_clock_now();

    if (now < a->report_at_us) {
        return;
    }
    a->report_at_us = now + TACET_RUNNER_REPORT_US;
    for (uint32_t i = 0; i < TACET_PEERS_MAX; i++) {
        struct tacet_report_slot *slot =
            a->lives[i] % 2 != 0 ? tacet_ring_reserve(runner->audio_reports) : NULL;
        if (slot != NULL) {
            slot->seat = i;
            slot->life = a->lives[i];
            tacet_audio_receiver_report(a->receivers[i], &slot->report);
            tacet_ring_publish(runner->audio_reports);
        }
    }
    tacet_runner_wake(runner);
}

/* --- the thread --- */

static int start_devices(struct tacet_runner *runner, const char **ret_what)
{
    const struct tacet_runner_config *config = &runner->config;
    struct tacet_runner_audio *a = &runner->audio;
    int r = 0;

    if (!a->playing && config->audio_sink.ops != NULL) {
        a->playing = true;
        *ret_what = "audio sink";
        r = config->audio_sink.ops->start != NULL
                ? config->audio_sink.ops->start(config->audio_sink.ctx)
                : 0;
    }
    if (r == 0 && !a->listening && config->audio_source.ops != NULL) {
        a->listening = true;
        *ret_what = "audio source";
        r = config->audio_source.ops->start != NULL
                ? config->audio_source.ops->start(config->audio_source.ctx)
                : 0;
    }
    return r;
}

/* No microphone listens while nobody is there. */
static void stop_source(struct tacet_runner *runner)
{
    const struct tacet_audio_source *source = &runner->config.audio_source;

    if (runner->audio.listening && source->ops->stop != NULL) {
        source->ops->stop(source->ctx);
        runner->audio.listening = false;
    }
}

static int tick(struct tacet_runner *runner, uint32_t session, int64_t due_us,
                const char **ret_what)
{
    int r = 0;

    if (runner->config.audio_source.ops != NULL) {
        r = tacet_runner_capture(runner, session);
        *ret_what = r == TACET_ERR_CODEC ? "audio encoder" : "audio source";
    }
    if (r == 0 && runner->config.audio_sink.ops != NULL) {
        *ret_what = "audio decoder";
        r = begin_lives(runner);
        if (r == 0) {
            *ret_what = "audio sink";
            r = playback(runner, due_us);
        }
        if (r == 0) {
            keep_sync(runner);
            report(runner);
        }
    }
    return r;
}

static int run_session(struct tacet_runner *runner, uint32_t session, const char **ret_what)
{
    struct tacet_runner_audio *a = &runner->audio;
    int r = start_devices(runner, ret_what);
    int64_t due = tacet_clock_now();

    tacet_runner_capture_begin(runner, due);
    a->report_at_us = due + TACET_RUNNER_REPORT_US;
    while (r == 0 && tacet_runner_in_session(runner, session)) {
        due += TACET_RUNNER_TICK_US;
        while (tacet_clock_now() < due && tacet_runner_in_session(runner, session)) {
            tacet_wakeup_wait(&a->thread.wakeup, due);
        }
        if (tacet_runner_in_session(runner, session)) {
            r = tick(runner, session, due, ret_what);
        }
    }
    stop_source(runner);
    return r;
}

void *tacet_runner_audio_main(void *arg)
{
    struct tacet_runner *runner = arg;
    const char *what = NULL;
    int r = 0;

    tacet_runner_prefer_thread();
    while (r == 0 && !atomic_load(&runner->quit)) {
        uint32_t session = atomic_load(&runner->session);
        if (session % 2 != 0) {
            r = run_session(runner, session, &what);
        } else {
            tacet_wakeup_wait(&runner->audio.thread.wakeup, TACET_NEVER);
        }
        if (r == 0 && runner->config.audio_sink.ops != NULL) {
            what = "audio decoder";
            r = begin_lives(runner);
        }
    }
    if (r < 0) {
        tacet_runner_fail(runner, what, r);
    }
    return NULL;
}
