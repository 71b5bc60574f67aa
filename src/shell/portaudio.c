/*
 * Microphone and speaker through PortAudio, 48 kHz mono 16-bit.
 *
 *   device callback -> ring -> read()          write() -> ring -> device callback
 *
 * Callbacks only copy. A device is looked up at create, but opened only at start: before a call is
 * answered nothing listens. How much the speaker asks for follows the largest piece that its
 * callback has taken, so that the ring holds no more than the device needs.
 */
#include "tacet/audio.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "base/ring.h"
#include "tacet/error.h"

#include <assert.h>
#include <fcntl.h>
#include <portaudio.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RATE 48000
/* What the speaker keeps ready besides the callback's next piece: two turns of a 10 ms thread. */
#define AHEAD 960
/* Devices promise less, and then break off as soon as the machine has something else to do. */
#define LATENCY_S_MIN 0.02

struct device {
    PaStream *stream; /* NULL until start */
    PaDeviceIndex index;
    struct tacet_ring *ring;
    atomic_size_t largest; /* frames that one callback took */
};

/* PortAudio's own functions are not for two threads at a time; its start and stop are counted. */
static pthread_mutex_t portaudio_lock = PTHREAD_MUTEX_INITIALIZER;

/* The libraries below PortAudio speak on standard error of every device that is not there. It is
 * pointed elsewhere meanwhile; what other threads say then is lost as well. */
static int hush(void)
{
    int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

    if (saved >= 0 && nowhere >= 0) {
        (void)dup2(nowhere, STDERR_FILENO);
    }
    if (nowhere >= 0) {
        (void)close(nowhere);
    }
    return saved;
}

static void speak(int saved)
{
    if (saved >= 0) {
        (void)dup2(saved, STDERR_FILENO);
        (void)close(saved);
    }
}

static PaError initialize(void)
{
    (void)pthread_mutex_lock(&portaudio_lock);
    int saved = hush();
    PaError error = Pa_Initialize();
    speak(saved);
    (void)pthread_mutex_unlock(&portaudio_lock);
    return error;
}

static void terminate(void)
{
    (void)pthread_mutex_lock(&portaudio_lock);
    (void)Pa_Terminate();
    (void)pthread_mutex_unlock(&portaudio_lock);
}

static int on_input(const void *input, void *output, unsigned long frames,
                    const PaStreamCallbackTimeInfo *time, PaStreamCallbackFlags flags, void *ctx)
{
    struct device *device = ctx;

    (void)output;
    (void)time;
    (void)flags;
    if (input != NULL) {
        /* Nobody reads: what does not fit is lost. */
        (void)tacet_ring_write(device->ring, input, frames);
    }
    return paContinue;
}

static int on_output(const void *input, void *output, unsigned long frames,
                     const PaStreamCallbackTimeInfo *time, PaStreamCallbackFlags flags, void *ctx)
{
    struct device *device = ctx;
    int16_t *pcm = output;
    size_t got = tacet_ring_read(device->ring, pcm, frames);

    (void)input;
    (void)time;
    (void)flags;
    memset(pcm + got, 0, (frames - got) * sizeof(pcm[0]));
    if (frames > atomic_load_explicit(&device->largest, memory_order_relaxed)) {
        atomic_store_explicit(&device->largest, frames, memory_order_relaxed);
    }
    return paContinue;
}

static int start(struct device *device, bool input)
{
    const PaDeviceInfo *info = Pa_GetDeviceInfo(device->index);
    double latency_s = input ? info->defaultLowInputLatency : info->defaultLowOutputLatency;
    PaStreamParameters parameters = {
        .device = device->index,
        .channelCount = 1,
        .sampleFormat = paInt16,
        .suggestedLatency = latency_s > LATENCY_S_MIN ? latency_s : LATENCY_S_MIN,
    };

    assert(device->stream == NULL);
    (void)pthread_mutex_lock(&portaudio_lock);
    int saved = hush();
    PaError error = Pa_OpenStream(&device->stream, input ? &parameters : NULL,
                                  input ? NULL : &parameters, RATE, paFramesPerBufferUnspecified,
                                  paClipOff | paDitherOff, input ? on_input : on_output, device);
    if (error == paNoError) {
        error = Pa_StartStream(device->stream);
    } else {
        device->stream = NULL;
    }
    speak(saved);
    (void)pthread_mutex_unlock(&portaudio_lock);
    return error == paNoError ? 0 : TACET_ERR_DEVICE;
}

static bool is_running(const struct device *device)
{
    return device->stream != NULL && Pa_IsStreamActive(device->stream) == 1;
}

static void close_stream(struct device *device)
{
    if (device->stream == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&portaudio_lock);
    int saved = hush();
    (void)Pa_AbortStream(device->stream);
    (void)Pa_CloseStream(device->stream);
    speak(saved);
    (void)pthread_mutex_unlock(&portaudio_lock);
    device->stream = NULL;
}

static void device_free(void *ctx)
{
    struct device *device = ctx;

    if (device == NULL) {
        return;
    }
    close_stream(device);
    tacet_ring_free(&device->ring);
    tacet_dealloc(device);
    terminate();
}

static int microphone_start(void *ctx)
{
    return start(ctx, true);
}

static void microphone_stop(void *ctx)
{
    close_stream(ctx);
}

static int microphone_read(void *ctx, int16_t *pcm, size_t count)
{
    struct device *device = ctx;
    size_t got = tacet_ring_read(device->ring, pcm, count);

    if (got == 0 && device->stream != NULL && !is_running(device)) {
        return TACET_ERR_DEVICE; /* unplugged */
    }
    return (int)got;
}

static int speaker_start(void *ctx)
{
    return start(ctx, false);
}

static int speaker_wanted(void *ctx)
{
    struct device *device = ctx;
    size_t used = tacet_ring_used(device->ring);
    size_t target = atomic_load_explicit(&device->largest, memory_order_relaxed) + AHEAD;

    if (device->stream == NULL) {
        return 0;
    }
    if (!is_running(device)) {
        return TACET_ERR_DEVICE;
    }
    target = target < TACET_DEVICE_RING_SAMPLES ? target : TACET_DEVICE_RING_SAMPLES;
    return used < target ? (int)(target - used) : 0;
}

static int speaker_write(void *ctx, const int16_t *pcm, size_t count)
{
    struct device *device = ctx;

    /* More than was wanted: what does not fit is lost. */
    (void)tacet_ring_write(device->ring, pcm, count);
    return 0;
}

static const struct tacet_audio_source_ops microphone_ops = {
    .name = "microphone",
    .clocked = true,
    .start = microphone_start,
    .read = microphone_read,
    .free = device_free,
    .stop = microphone_stop,
};

static const struct tacet_audio_sink_ops speaker_ops = {
    .name = "speaker",
    .clocked = true,
    .start = speaker_start,
    .wanted = speaker_wanted,
    .write = speaker_write,
    .free = device_free,
};

/* The default device, or the first whose name contains `name`. */
static PaDeviceIndex find(const char *name, bool input)
{
    PaDeviceIndex count = Pa_GetDeviceCount();

    if (name == NULL) {
        return input ? Pa_GetDefaultInputDevice() : Pa_GetDefaultOutputDevice();
    }
    for (PaDeviceIndex i = 0; i < count; i++) {
        const PaDeviceInfo *info = Pa_GetDeviceInfo(i);
        int channels = input ? info->maxInputChannels : info->maxOutputChannels;
        if (channels > 0 && strcasestr(info->name, name) != NULL) {
            return i;
        }
    }
    return paNoDevice;
}

static int device_create(const char *name, bool input, struct device **ret)
{
    if (initialize() != paNoError) {
        return TACET_ERR_DEVICE;
    }
    struct device *device = NULL;
    PaDeviceIndex index = find(name, input);
    int result = index == paNoDevice ? TACET_ERR_NOTFOUND : 0;
    if (result == 0) {
        device = tacet_alloc(sizeof(*device));
        result = device == NULL
                     ? TACET_ERR_NOMEM
                     : tacet_ring_create(sizeof(int16_t), TACET_DEVICE_RING_SAMPLES, &device->ring);
    }
    if (result != 0) {
        tacet_dealloc(device);
        terminate();
        return result;
    }
    device->index = index;
    *ret = device;
    return 0;
}

int tacet_microphone_create(const char *name, struct tacet_audio_source *ret)
{
    struct device *device = NULL;
    int result = device_create(name, true, &device);

    if (result == 0) {
        *ret = (struct tacet_audio_source){ .ops = &microphone_ops, .ctx = device };
    }
    return result;
}

int tacet_speaker_create(const char *name, struct tacet_audio_sink *ret)
{
    struct device *device = NULL;
    int result = device_create(name, false, &device);

    if (result == 0) {
        *ret = (struct tacet_audio_sink){ .ops = &speaker_ops, .ctx = device };
    }
    return result;
}

int tacet_audio_devices(struct tacet_audio_device_info *out, size_t capacity)
{
    if (initialize() != paNoError) {
        return TACET_ERR_DEVICE;
    }
    PaDeviceIndex there = Pa_GetDeviceCount();
    size_t count = 0;
    for (PaDeviceIndex i = 0; i < there && count < capacity; i++) {
        const PaDeviceInfo *info = Pa_GetDeviceInfo(i);
        struct tacet_audio_device_info *device = &out[count++];
        *device = (struct tacet_audio_device_info){
            .inputs = info->maxInputChannels,
            .outputs = info->maxOutputChannels,
            .default_input = i == Pa_GetDefaultInputDevice(),
            .default_output = i == Pa_GetDefaultOutputDevice(),
        };
        (void)snprintf(device->name, sizeof(device->name), "%s", info->name);
    }
    terminate();
    return (int)count;
}
