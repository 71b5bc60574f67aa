/*
 * The runner's public functions and its lifetime. All memory is taken here, before the first
 * thread runs; the threads are in the runner_*.c files beside this one.
 *
 * Media threads start first and sleep, the network thread starts last: until it runs, nothing of
 * what the config hands over has been touched, and a failed start can leave it all to the caller.
 */
#include "tacet/runner.h"

#include "base/alloc.h"
#include "shell/runner_internal.h"

#include <assert.h>
#include <signal.h>

/* Bounds of what is done at all; they keep the pace's sums in range. */
#define FPS_MAX 1000
#define FPS_DENOMINATOR_MAX 1000000

void tacet_runner_config_init(struct tacet_runner_config *config)
{
    *config = (struct tacet_runner_config){
        .size = sizeof(*config),
        .audio_codec = tacet_codec_find(TACET_KIND_AUDIO, "opus"),
        .video_codec = tacet_codec_find(TACET_KIND_VIDEO, "vp8"),
        .audio_bitrate_bps = 32000,
        .video_bitrate_bps = 1500000,
        .receive_width_max = 1920,
        .receive_height_max = 1080,
    };
}

static bool codec_suits(const struct tacet_codec *codec, enum tacet_kind kind, bool sends,
                        bool receives)
{
    if (!sends && !receives) {
        return true;
    }
    if (codec == NULL || codec->kind != kind) {
        return false;
    }
    if (kind == TACET_KIND_AUDIO) {
        return codec->audio_encoder_create != NULL && codec->audio_decoder_create != NULL;
    }
    return codec->video_encoder_create != NULL && codec->video_decoder_create != NULL;
}

static bool config_valid(const struct tacet_runner_config *config)
{
    struct tacet_video_format format = { 0 };

    if (config->size != sizeof(*config) || config->call == NULL || config->transport.ops == NULL) {
        return false;
    }
    if (!codec_suits(config->audio_codec, TACET_KIND_AUDIO, config->audio_source.ops != NULL,
                     config->audio_sink.ops != NULL) ||
        !codec_suits(config->video_codec, TACET_KIND_VIDEO, config->video_source.ops != NULL,
                     config->video_sink.ops != NULL)) {
        return false;
    }
    if (config->video_source.ops == NULL) {
        return true;
    }
    config->video_source.ops->format(config->video_source.ctx, &format);
    return format.width > 0 && format.width <= TACET_PICTURE_SIDE_MAX && format.height > 0 &&
           format.height <= TACET_PICTURE_SIDE_MAX && format.fps_numerator > 0 &&
           format.fps_denominator > 0 && format.fps_denominator <= FPS_DENOMINATOR_MAX &&
           format.fps_numerator / format.fps_denominator < FPS_MAX &&
           (config->video_width == 0) == (config->video_height == 0);
}

/* The audio encoder's settings until the call's first SEND_TARGET: the configured rate, no loss. */
static void first_settings(struct tacet_runner *runner)
{
    struct tacet_event target = { .type = TACET_EVENT_SEND_TARGET };

    target.u.send_target.audio_bps = runner->config.audio_bitrate_bps;
    target.u.send_target.burst = 1;
    tacet_audio_encoder_settings_init(&runner->network.audio);
    (void)tacet_adapt_audio(&target, &runner->network.audio);
}

static int create_rings(struct tacet_runner *runner)
{
    const struct {
        bool wanted;
        size_t size;
        size_t count;
        struct tacet_ring **ring;
    } rings[] = {
        { runner->config.audio_source.ops != NULL, sizeof(struct tacet_audio_slot),
          TACET_RUNNER_AUDIO_FRAMES, &runner->audio_out },
        { runner->config.audio_sink.ops != NULL, sizeof(struct tacet_audio_slot),
          TACET_RUNNER_AUDIO_FRAMES, &runner->audio_in },
        { runner->config.audio_sink.ops != NULL, sizeof(struct tacet_report_slot),
          TACET_RUNNER_REPORTS, &runner->audio_reports },
        { runner->config.video_source.ops != NULL, sizeof(struct tacet_video_slot),
          TACET_RUNNER_VIDEO_FRAMES, &runner->video_out },
        { runner->config.video_sink.ops != NULL, sizeof(struct tacet_video_slot),
          TACET_RUNNER_VIDEO_FRAMES, &runner->video_in },
        { runner->config.video_sink.ops != NULL, sizeof(struct tacet_report_slot),
          TACET_RUNNER_REPORTS, &runner->video_reports },
    };

    for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
        if (rings[i].wanted &&
            tacet_ring_create(rings[i].size, rings[i].count, rings[i].ring) < 0) {
            return TACET_ERR_NOMEM;
        }
    }
    return 0;
}

static int prepare(struct tacet_runner *runner)
{
    int r = 0;

    tacet_meter_init(&runner->meter, runner->config.audio_codec, runner->config.video_codec);
    if (pthread_mutex_init(&runner->mutex, NULL) != 0) {
        return TACET_ERR_NOMEM;
    }
    runner->mutex_ready = true;
    for (size_t i = 0; i < TACET_PEERS_MAX; i++) {
        atomic_init(&runner->sound_ways[i], TACET_SYNC_UNKNOWN);
    }
    first_settings(runner);
    if ((r = create_rings(runner)) < 0 ||
        (r = tacet_wakeup_init(&runner->network.thread.wakeup)) < 0 ||
        (r = tacet_wakeup_init(&runner->audio.thread.wakeup)) < 0 ||
        (r = tacet_wakeup_init(&runner->encode.thread.wakeup)) < 0 ||
        (r = tacet_wakeup_init(&runner->decode.thread.wakeup)) < 0 ||
        (r = tacet_runner_audio_prepare(runner, &runner->network.audio)) < 0 ||
        (r = tacet_runner_encode_prepare(runner)) < 0 ||
        (r = tacet_runner_decode_prepare(runner)) < 0) {
        return r;
    }
    tacet_runner_network_prepare(runner);
    return 0;
}

/* Frees what the runner made for itself; nothing that was handed over. */
static void dispose(struct tacet_runner *runner)
{
    tacet_runner_audio_clear(runner);
    tacet_runner_encode_clear(runner);
    tacet_runner_decode_clear(runner);
    tacet_wakeup_clear(&runner->network.thread.wakeup);
    tacet_wakeup_clear(&runner->audio.thread.wakeup);
    tacet_wakeup_clear(&runner->encode.thread.wakeup);
    tacet_wakeup_clear(&runner->decode.thread.wakeup);
    tacet_ring_free(&runner->audio_out);
    tacet_ring_free(&runner->video_out);
    tacet_ring_free(&runner->audio_in);
    tacet_ring_free(&runner->video_in);
    tacet_ring_free(&runner->audio_reports);
    tacet_ring_free(&runner->video_reports);
    if (runner->mutex_ready) {
        (void)pthread_mutex_destroy(&runner->mutex);
    }
    tacet_dealloc(runner);
}

/* Signals belong to the app's threads. */
static int start_thread(struct tacet_runner *runner, struct tacet_runner_thread *thread,
                        const char *name, void *(*run)(void *runner))
{
    sigset_t all;
    sigset_t before;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    thread->running = pthread_create(&thread->id, NULL, run, runner) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!thread->running) {
        return TACET_ERR_NOMEM;
    }
    (void)pthread_setname_np(thread->id, name);
    return 0;
}

static void join(struct tacet_runner_thread *thread)
{
    if (thread->running) {
        (void)pthread_join(thread->id, NULL);
        thread->running = false;
    }
}

static int start_threads(struct tacet_runner *runner)
{
    const struct tacet_runner_config *config = &runner->config;
    bool audio = config->audio_source.ops != NULL || config->audio_sink.ops != NULL;
    int r = 0;

    if (audio) {
        r = start_thread(runner, &runner->audio.thread, "tacet-audio", tacet_runner_audio_main);
    }
    if (r == 0 && config->video_source.ops != NULL) {
        r = start_thread(runner, &runner->encode.thread, "tacet-encode", tacet_runner_encode_main);
    }
    if (r == 0 && config->video_sink.ops != NULL) {
        r = start_thread(runner, &runner->decode.thread, "tacet-decode", tacet_runner_decode_main);
    }
    if (r == 0) {
        r = start_thread(runner, &runner->network.thread, "tacet-network",
                         tacet_runner_network_main);
    }
    return r;
}

static void stop_media_threads(struct tacet_runner *runner)
{
    atomic_store(&runner->quit, true);
    tacet_wakeup_raise(&runner->audio.thread.wakeup);
    tacet_wakeup_raise(&runner->encode.thread.wakeup);
    tacet_wakeup_raise(&runner->decode.thread.wakeup);
    join(&runner->audio.thread);
    join(&runner->encode.thread);
    join(&runner->decode.thread);
}

int tacet_runner_start(const struct tacet_runner_config *config, struct tacet_runner **ret)
{
    assert(config != NULL);
    assert(ret != NULL);
    if (!config_valid(config)) {
        return TACET_ERR_ARGUMENT;
    }
    struct tacet_runner *runner = tacet_alloc(sizeof(*runner));
    if (runner == NULL) {
        return TACET_ERR_NOMEM;
    }
    runner->config = *config;
    int r = prepare(runner);
    if (r == 0) {
        r = start_threads(runner);
        if (r < 0) {
            stop_media_threads(runner);
        }
    }
    if (r < 0) {
        dispose(runner);
        return r;
    }
    *ret = runner;
    return 0;
}

int tacet_runner_post(struct tacet_runner *runner,
                      void (*job)(void *arg, struct tacet_call *call, int64_t now), void *arg)
{
    bool posted = false;

    assert(job != NULL);
    (void)pthread_mutex_lock(&runner->mutex);
    if (runner->job_count < TACET_RUNNER_JOBS_MAX) {
        runner->jobs[runner->job_count++] = (struct tacet_job){ .run = job, .arg = arg };
        posted = true;
    }
    (void)pthread_mutex_unlock(&runner->mutex);
    if (!posted) {
        return TACET_ERR_FULL;
    }
    tacet_runner_wake(runner);
    return 0;
}

void tacet_runner_usage(const struct tacet_runner *runner, struct tacet_runner_usage *ret)
{
    ret->codec_cpu_us = atomic_load_explicit(&runner->meter.cpu_ns, memory_order_relaxed) / 1000;
}

static void free_taken(const struct tacet_runner_config *config)
{
    struct tacet_call *call = config->call;

    if (config->audio_source.ops != NULL) {
        config->audio_source.ops->free(config->audio_source.ctx);
    }
    if (config->audio_sink.ops != NULL) {
        config->audio_sink.ops->free(config->audio_sink.ctx);
    }
    if (config->video_source.ops != NULL) {
        config->video_source.ops->free(config->video_source.ctx);
    }
    if (config->video_sink.ops != NULL) {
        config->video_sink.ops->free(config->video_sink.ctx);
    }
    config->transport.ops->free(config->transport.ctx);
    tacet_call_free(&call);
}

/* A thread that stops its runner would wait for itself, and free what it runs on. */
static bool on_own_thread(const struct tacet_runner *runner)
{
    const struct tacet_runner_thread *const threads[] = {
        &runner->network.thread,
        &runner->audio.thread,
        &runner->encode.thread,
        &runner->decode.thread,
    };

    for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
        if (threads[i]->running && pthread_equal(pthread_self(), threads[i]->id)) {
            return true;
        }
    }
    return false;
}

void tacet_runner_stop(struct tacet_runner **runner)
{
    if (runner == NULL || *runner == NULL) {
        return;
    }
    assert(!on_own_thread(*runner));
    atomic_store(&(*runner)->stopping, true);
    tacet_runner_wake(*runner);
    join(&(*runner)->network.thread);
    stop_media_threads(*runner);
    free_taken(&(*runner)->config);
    dispose(*runner);
    *runner = NULL;
}

void tacet_runner_wake(struct tacet_runner *runner)
{
    runner->config.transport.ops->wake(runner->config.transport.ctx);
    tacet_wakeup_raise(&runner->network.thread.wakeup); /* where it waits without a transport */
}

void tacet_runner_fail(struct tacet_runner *runner, const char *what, int error)
{
    (void)pthread_mutex_lock(&runner->mutex);
    if (runner->wishes.failed_what == NULL) {
        runner->wishes.failed_error = error;
        runner->wishes.failed_what = what;
    }
    (void)pthread_mutex_unlock(&runner->mutex);
    tacet_runner_wake(runner);
}

void tacet_runner_log(struct tacet_runner *runner, const struct tacet_media_event *event)
{
    if (runner->config.on_media != NULL) {
        runner->config.on_media(runner->config.ctx, event);
    }
}

bool tacet_runner_in_session(struct tacet_runner *runner, uint32_t session)
{
    return !atomic_load(&runner->quit) && atomic_load(&runner->session) == session;
}

uint32_t tacet_runner_timestamp(struct tacet_runner *runner, enum tacet_kind kind,
                                int64_t captured_at_us)
{
    int64_t ticks =
        kind == TACET_KIND_AUDIO ? captured_at_us * 48 / 1000 : captured_at_us * 9 / 100;

    return atomic_load(&runner->timestamp_bases[kind]) + (uint32_t)ticks;
}
