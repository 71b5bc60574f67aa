/*
 * Audio sources and sinks: 48 kHz, mono, signed 16-bit. An app supplies its own by filling
 * `struct tacet_audio_source` or `_sink`; Tacet brings PortAudio, WAV files, a tone and silence.
 *
 * read, wanted and write are called by one thread (the runner's audio thread) and must not block.
 */
#ifndef TACET_AUDIO_H
#define TACET_AUDIO_H

#include "tacet/api.h"

struct tacet_audio_source_ops {
    const char *name;
    /* true: a device with its own clock, read() gives what has come; false: the runner's clock
     * paces it and read() always gives all that is asked for (silence after its end). */
    bool clocked;
    /* Starts capturing. Called when a call has been answered, never before; again for the next call
     * where there is a stop(), else once. NULL: nothing to do. 0 or TACET_ERR_DEVICE. */
    int (*start)(void *ctx);
    /* Up to `count` samples. Returns how many, 0 for none now, or TACET_ERR_DEVICE. */
    int (*read)(void *ctx, int16_t *pcm, size_t count);
    void (*free)(void *ctx);
    /* The last peer has gone: nothing is captured until start(). NULL: nothing to do, and what a
     * device captures meanwhile is thrown away. */
    void (*stop)(void *ctx);
};

struct tacet_audio_source {
    const struct tacet_audio_source_ops *ops;
    void *ctx;
};

struct tacet_audio_sink_ops {
    const char *name;
    bool clocked; /* true: a device pulls; false: the runner's clock paces it */
    int (*start)(void *ctx);
    /* Clocked sinks: how many samples it can take now. NULL if not clocked. */
    int (*wanted)(void *ctx);
    /* All `count` samples are taken. 0, TACET_ERR_IO or TACET_ERR_DEVICE. */
    int (*write)(void *ctx, const int16_t *pcm, size_t count);
    void (*free)(void *ctx); /* completes a file */
};

struct tacet_audio_sink {
    const struct tacet_audio_sink_ops *ops;
    void *ctx;
};

struct tacet_audio_device_info {
    char name[128];
    int inputs;   /* channels; 0: cannot record */
    int outputs;  /* channels; 0: cannot play */
    bool default_input;
    bool default_output;
};

TACET_BEGIN_DECLS

/* The microphone whose name contains `name`, or the default one for NULL. TACET_ERR_NOTFOUND,
 * TACET_ERR_DEVICE, TACET_ERR_UNSUPPORTED (built without PortAudio). Its callback only copies to a
 * ring. */
TACET_API TACET_NODISCARD int tacet_microphone_create(const char *name,
                                                      struct tacet_audio_source *ret);
TACET_API TACET_NODISCARD int tacet_speaker_create(const char *name, struct tacet_audio_sink *ret);
/* Lists sound devices; returns how many were written, at most `capacity`, or a TACET_ERR_*. */
TACET_API TACET_NODISCARD int tacet_audio_devices(struct tacet_audio_device_info *out,
                                                  size_t capacity);

/* A sound file of any rate, mono or stereo (mixed down), resampled. `loop`: starts over at its
 * end. TACET_ERR_NOTFOUND, TACET_ERR_FORMAT (not sound, or no complete sample); a cut tail is
 * played to its last whole sample and *ret_truncated, if not NULL, is set. */
TACET_API TACET_NODISCARD int tacet_wav_source_create(const char *file, bool loop,
                                                      struct tacet_audio_source *ret,
                                                      bool *ret_truncated);
/* Creates the file at once; its header is right after every write, whatever ends the process. */
TACET_API TACET_NODISCARD int tacet_wav_sink_create(const char *file,
                                                    struct tacet_audio_sink *ret);
/* A 440 Hz sine at a quarter of full scale. */
TACET_API TACET_NODISCARD int tacet_tone_source_create(struct tacet_audio_source *ret);
TACET_API TACET_NODISCARD int tacet_silence_source_create(struct tacet_audio_source *ret);
TACET_API TACET_NODISCARD int tacet_null_audio_sink_create(struct tacet_audio_sink *ret);

TACET_END_DECLS

#endif
