/*
 * Sound files through libsndfile.
 *
 *   source: file of any rate, 1 or 2 channels -> 16 bit -> mono -> 48 kHz
 *   sink:   48 kHz mono 16 bit WAV, header rewritten behind every write
 *
 * Samples are read as float, which holds every 16-bit sample exactly, since libsndfile would cut
 * the fractions of float files off when asked for integers.
 */
#include "tacet/audio.h"

#include "base/alloc.h"
#include "media/mix.h"
#include "media/resample.h"
#include "shell/input_file.h"
#include "shell/riff.h"
#include "tacet/error.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <string.h>
#include <unistd.h>

#define RATE 48000
#define RATE_MIN 1000
#define RATE_MAX 384000
#define CHANNELS_MAX 2
#define BLOCK 1024 /* frames read at a time */

struct wav_source {
    SNDFILE *file;
    struct tacet_resampler *resampler; /* NULL: the file is at 48 kHz */
    int channels;
    bool loop;
    bool ended;   /* silence from here on */
    size_t at;    /* next sample of block[] */
    size_t count; /* samples in block[] */
    int16_t block[BLOCK * CHANNELS_MAX];
    float floats[BLOCK * CHANNELS_MAX];
};

static int16_t to_int16(float sample)
{
    float scaled = sample * 32768.0F;

    if (!(scaled > -32768.0F)) {
        return scaled <= -32768.0F ? INT16_MIN : 0; /* 0: not a number */
    }
    return scaled >= 32767.0F ? INT16_MAX : (int16_t)lrintf(scaled);
}

/* Reads the next block into mono samples at the file's rate; zeros after its end. */
static void fill_block(struct wav_source *source)
{
    sf_count_t frames = 0;

    if (!source->ended) {
        frames = sf_readf_float(source->file, source->floats, BLOCK);
        if (frames <= 0 && source->loop && sf_seek(source->file, 0, SEEK_SET) == 0) {
            frames = sf_readf_float(source->file, source->floats, BLOCK);
        }
        source->ended = frames <= 0;
    }
    source->at = 0;
    source->count = source->ended ? BLOCK : (size_t)frames;
    if (source->ended) {
        memset(source->block, 0, sizeof(source->block));
        return;
    }
    for (size_t i = 0; i < source->count * (size_t)source->channels; i++) {
        source->block[i] = to_int16(source->floats[i]);
    }
    if (source->channels == 2) {
        tacet_mix_down(source->block, source->count, source->block);
    }
}

static int wav_source_read(void *ctx, int16_t *pcm, size_t count)
{
    struct wav_source *source = ctx;

    for (size_t done = 0; done < count;) {
        if (source->at == source->count) {
            fill_block(source);
        }
        size_t in = source->count - source->at;
        size_t out = count - done;
        if (source->resampler == NULL) {
            in = out = in < out ? in : out;
            memcpy(pcm + done, source->block + source->at, out * sizeof(pcm[0]));
        } else {
            tacet_resampler_run(source->resampler, source->block + source->at, &in, pcm + done,
                                &out);
        }
        source->at += in;
        done += out;
    }
    return (int)count;
}

static void wav_source_free(void *ctx)
{
    struct wav_source *source = ctx;

    if (source == NULL) {
        return;
    }
    if (source->file != NULL) {
        (void)sf_close(source->file);
    }
    tacet_resampler_free(&source->resampler);
    tacet_dealloc(source);
}

static const struct tacet_audio_source_ops wav_source_ops = {
    .name = "wav",
    .read = wav_source_read,
    .free = wav_source_free,
};

/* Opens a file that is sound as we can play it. */
static int open_sound(const char *file, SF_INFO *ret_info, SNDFILE **ret, bool *ret_riff_cut)
{
    SF_INFO info = { 0 };
    off_t size;
    int fd;
    int result = tacet_input_file_open(file, &fd, &size);

    if (result != 0) {
        return result;
    }
    bool cut = tacet_riff_is_cut(fd);
    SNDFILE *sound = sf_open_fd(fd, SFM_READ, &info, SF_TRUE); /* closes it, also on failure */
    if (sound == NULL) {
        return TACET_ERR_FORMAT;
    }
    if (info.frames < 1 || info.channels < 1 || info.channels > CHANNELS_MAX ||
        info.samplerate < RATE_MIN || info.samplerate > RATE_MAX) {
        (void)sf_close(sound);
        return TACET_ERR_FORMAT;
    }
    *ret_info = info;
    *ret = sound;
    *ret_riff_cut = cut;
    return 0;
}

/* A header can promise more than there is: whether the last promised frame cannot be read. The
 * file is opened for it alone, as a codec that failed to seek may be of no more use. */
static int find_cut(const char *file, bool *ret_cut)
{
    float frame[CHANNELS_MAX];
    SF_INFO info;
    SNDFILE *sound;
    bool cut;
    int result = open_sound(file, &info, &sound, &cut);

    if (result != 0) {
        return result;
    }
    *ret_cut = cut || sf_seek(sound, info.frames - 1, SEEK_SET) != info.frames - 1 ||
               sf_readf_float(sound, frame, 1) != 1;
    (void)sf_close(sound);
    return 0;
}

/* Opens the file in `source` and tries it. The caller frees. */
static int start_reading(struct wav_source *source, const char *file, bool *ret_truncated)
{
    SF_INFO info;
    bool riff_cut;
    int result = find_cut(file, ret_truncated);

    if (result == 0) {
        result = open_sound(file, &info, &source->file, &riff_cut);
    }
    if (result != 0) {
        return result;
    }
    source->channels = info.channels;
    if (info.samplerate != RATE) {
        result = tacet_resampler_create((uint32_t)info.samplerate, RATE, &source->resampler);
        if (result != 0) {
            return result;
        }
    }
    fill_block(source);
    return source->ended ? TACET_ERR_FORMAT : 0;
}

int tacet_wav_source_create(const char *file, bool loop, struct tacet_audio_source *ret,
                            bool *ret_truncated)
{
    struct wav_source *source = tacet_alloc(sizeof(*source));
    bool truncated = false;

    if (source == NULL) {
        return TACET_ERR_NOMEM;
    }
    source->loop = loop;
    int result = start_reading(source, file, &truncated);
    if (result != 0) {
        wav_source_free(source);
        return result;
    }
    if (ret_truncated != NULL) {
        *ret_truncated = truncated;
    }
    *ret = (struct tacet_audio_source){ .ops = &wav_source_ops, .ctx = source };
    return 0;
}

/* The sink's context is libsndfile's own object: samples first, then the header, so that a header
 * never promises samples that are not there. */
static int wav_sink_write(void *ctx, const int16_t *pcm, size_t count)
{
    sf_count_t frames = (sf_count_t)count;

    return sf_writef_short(ctx, pcm, frames) == frames ? 0 : TACET_ERR_IO;
}

static void wav_sink_free(void *ctx)
{
    if (ctx != NULL) {
        (void)sf_close(ctx);
    }
}

static const struct tacet_audio_sink_ops wav_sink_ops = {
    .name = "wav",
    .write = wav_sink_write,
    .free = wav_sink_free,
};

int tacet_wav_sink_create(const char *file, struct tacet_audio_sink *ret)
{
    SF_INFO info = { .samplerate = RATE,
                     .channels = 1,
                     .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16 };
    int fd = open(file, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR ? TACET_ERR_NOTFOUND : TACET_ERR_IO;
    }
    SNDFILE *sound = sf_open_fd(fd, SFM_WRITE, &info, SF_TRUE);
    if (sound == NULL) {
        return TACET_ERR_IO;
    }
    (void)sf_command(sound, SFC_SET_UPDATE_HEADER_AUTO, NULL, SF_TRUE);
    if (sf_error(sound) != SF_ERR_NO_ERROR) {
        (void)sf_close(sound);
        return TACET_ERR_IO;
    }
    *ret = (struct tacet_audio_sink){ .ops = &wav_sink_ops, .ctx = sound };
    return 0;
}
