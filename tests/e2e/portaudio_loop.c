/*
 * Plays through the default speaker and records the default microphone, which
 * portaudio_null_sink.py has joined, served as the runner's audio thread serves them. First silence
 * until the microphone runs, then a tone, whose frequency, level and way through the devices are
 * measured.
 *
 * Prints one JSON line:
 * {"devices":n,"before":n,"samples":n,"hz":x,"level":x,"latencyMs":x,"silentMs":x}
 */
#include "tacet/audio.h"
#include "tacet/error.h"
#include "tacet/runner.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define SKIPPED 77 /* built without PortAudio */
#define RATE 48000
#define SILENCE (RATE / 2) /* samples to hear before the tone begins */
#define TONE (RATE * 2)
#define THRESHOLD 1000
#define GAP 48 /* a 440 Hz wave at this level is below the threshold for 5 samples */
#define TIMEOUT_US 15000000
#define WINDOW (RATE / 20)
#define PIECE 4096

static struct tacet_audio_source tone;
static struct tacet_audio_source silence;
static struct tacet_audio_source microphone;
static struct tacet_audio_sink speaker;
static int16_t heard[RATE * 4];

static int fail(const char *what, int error)
{
    (void)fprintf(stderr, "portaudio_loop: %s: %s\n", what, tacet_error_string(error));
    return 1;
}

/* Gives the speaker what it wants and takes what the microphone has. Returns samples heard. */
static int serve(const struct tacet_audio_source *from, int16_t *into, size_t room)
{
    int16_t pcm[PIECE];
    int wanted = speaker.ops->wanted(speaker.ctx);

    while (wanted > 0) {
        int piece = wanted < PIECE ? wanted : PIECE;
        (void)from->ops->read(from->ctx, pcm, (size_t)piece);
        int result = speaker.ops->write(speaker.ctx, pcm, (size_t)piece);
        if (result != 0) {
            return result;
        }
        wanted -= piece;
    }
    (void)poll(NULL, 0, 5);
    return wanted < 0 ? wanted : microphone.ops->read(microphone.ctx, into, room);
}

/* Serves until `count` samples were heard. 0 or an error. */
static int run(const struct tacet_audio_source *from, size_t count, int64_t *ret_loud_at)
{
    int64_t end = tacet_clock_now() + TIMEOUT_US;

    for (size_t at = 0; at < count;) {
        int got = serve(from, heard + at, count - at);
        if (got < 0 || tacet_clock_now() > end) {
            return got < 0 ? got : TACET_ERR_DEVICE;
        }
        for (int i = 0; i < got && *ret_loud_at == 0; i++) {
            if (abs(heard[at + (size_t)i]) > THRESHOLD) {
                /* The samples behind it in this piece came after it. */
                *ret_loud_at = tacet_clock_now() - (int64_t)(got - i) * 1000000 / RATE;
            }
        }
        at += (size_t)got;
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a;
    double two = *(const double *)b;

    return (one > two) - (one < two);
}

/* By the rising zero crossings of one piece; 0 where there are none. */
static double frequency(const int16_t *pcm, size_t count)
{
    int crossings = 0;
    double first = 0;
    double last = 0;

    for (size_t i = 1; i < count; i++) {
        if (pcm[i - 1] < 0 && pcm[i] >= 0) {
            last = (double)i - (double)pcm[i] / (pcm[i] - pcm[i - 1]);
            first = crossings++ == 0 ? last : first;
        }
    }
    return crossings > 1 ? (crossings - 1) * RATE / (last - first) : 0;
}

/* Of what was heard from a quarter of a second after the tone's begin on: the median frequency,
 * the peak, and how much of it was silent because a device broke off. */
static void print(size_t count, int devices, int before, int64_t latency_us)
{
    double hz[TONE / WINDOW];
    size_t windows = 0;
    size_t from = 0;
    int peak = 0;
    int quiet = 0;
    int gaps = 0;

    while (from < count && abs(heard[from]) <= THRESHOLD) {
        from++;
    }
    from += RATE / 4;
    for (size_t i = from; i < count; i++) {
        peak = abs(heard[i]) > peak ? abs(heard[i]) : peak;
        quiet = abs(heard[i]) < THRESHOLD ? quiet + 1 : 0;
        gaps += quiet == GAP ? GAP : quiet > GAP ? 1 : 0;
    }
    for (; from + WINDOW <= count; from += WINDOW) {
        hz[windows++] = frequency(heard + from, WINDOW);
    }
    qsort(hz, windows, sizeof(hz[0]), compare);
    printf("{\"devices\":%d,\"before\":%d,\"samples\":%zu,\"hz\":%.2f,\"level\":%.4f,"
           "\"latencyMs\":%.1f,\"silentMs\":%.1f}\n",
           devices, before, count, windows > 0 ? hz[windows / 2] : 0, peak / 32768.0,
           (double)latency_us / 1000, gaps * 1000.0 / RATE);
}

int main(void)
{
    struct tacet_audio_device_info devices[64];
    int16_t early[480];
    int64_t loud_at = 0;
    int count = tacet_audio_devices(devices, 64);
    int result = tacet_tone_source_create(&tone);

    if (count == TACET_ERR_UNSUPPORTED) {
        return SKIPPED;
    }
    if (result != 0 || (result = tacet_silence_source_create(&silence)) != 0) {
        return fail("tone", result);
    }
    if ((result = tacet_microphone_create(NULL, &microphone)) != 0) {
        return fail("microphone", result);
    }
    if ((result = tacet_speaker_create(NULL, &speaker)) != 0) {
        return fail("speaker", result);
    }
    /* Not started: nothing may be heard, and nothing is wanted. */
    (void)poll(NULL, 0, 300);
    int before =
        microphone.ops->read(microphone.ctx, early, 480) + speaker.ops->wanted(speaker.ctx);
    if ((result = microphone.ops->start(microphone.ctx)) != 0 ||
        (result = speaker.ops->start(speaker.ctx)) != 0) {
        return fail("start", result);
    }
    if ((result = run(&silence, SILENCE, &loud_at)) != 0 || loud_at != 0) {
        return fail("silence", result);
    }
    int64_t begin = tacet_clock_now();
    if ((result = run(&tone, TONE, &loud_at)) != 0 || loud_at == 0) {
        return fail("tone", result);
    }
    print(TONE, count, before, loud_at - begin);
    speaker.ops->free(speaker.ctx);
    microphone.ops->free(microphone.ctx);
    tone.ops->free(tone.ctx);
    return 0;
}
