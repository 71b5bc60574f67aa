/*
 * Codecs: the interface that turns samples and pictures into encoded frames and back, the codecs
 * that Tacet brings ("opus", "vp8", "fake" for both kinds), and how to add one.
 *
 * An instance is {ops, ctx}; each belongs to one thread at a time. Sound is 48 kHz mono signed
 * 16-bit; pictures are I420. Nothing here allocates after create, except for the first picture of
 * a size.
 */
#ifndef TACET_CODEC_H
#define TACET_CODEC_H

#include "tacet/api.h"
#include "tacet/frame.h"
#include "tacet/picture.h"

#define TACET_SAMPLE_RATE 48000
#define TACET_AUDIO_FRAME_SAMPLES_MAX 2880 /* 60 ms */
#define TACET_AUDIO_FRAME_SIZE_MAX 1000    /* bytes of one encoded audio frame */

struct tacet_audio_encoder_settings {
    int32_t bitrate_bps;    /* 6000 to 510000; default 32000 */
    int32_t complexity;     /* 0 to 10; default 5: half the cost of 9 */
    int32_t loss_percent;   /* 0 to 100, expected; default 0 */
    bool fec;               /* in-band redundancy (RFC 6716 section 2.1.7); default off */
    bool dtx;               /* default off: packet sizes then tell nothing of the speech */
    bool vbr;               /* default off, for the same reason (RFC 6562) */
};

struct tacet_audio_encoder_ops {
    const char *name;
    /* May be called between any two encodes. 0, or TACET_ERR_ARGUMENT and nothing changes. */
    int (*configure)(void *ctx, const struct tacet_audio_encoder_settings *settings);
    /*
     * Encodes `count` samples, one of 480, 960, 1920, 2880 (10, 20, 40, 60 ms), into `out`.
     * 0 with *ret_size in 1..capacity, TACET_ERR_ARGUMENT, TACET_ERR_SPACE or TACET_ERR_CODEC.
     */
    int (*encode)(void *ctx, const int16_t *pcm, size_t count, uint8_t *out, size_t capacity,
                  size_t *ret_size);
    void (*free)(void *ctx);
};

struct tacet_audio_encoder {
    const struct tacet_audio_encoder_ops *ops;
    void *ctx;
};

struct tacet_audio_decoder_ops {
    const char *name;
    /* Number of samples that the frame will decode to, or TACET_ERR_CODEC. Changes nothing. */
    int (*samples)(void *ctx, const uint8_t *data, size_t size);
    /* Samples of the frame *before* this one that its in-band redundancy can bring back, 0 for
     * none. Changes nothing. */
    int (*redundancy)(void *ctx, const uint8_t *data, size_t size);
    /*
     * Decodes one frame. With `fec` the frame *before* this one is recovered from its in-band
     * redundancy, `capacity` samples long. *ret_count never exceeds capacity.
     */
    int (*decode)(void *ctx, const uint8_t *data, size_t size, bool fec, int16_t *pcm,
                  size_t capacity, size_t *ret_count);
    /* Makes up `count` samples (a multiple of 120, at most 2880) for a frame that is missing. */
    int (*conceal)(void *ctx, int16_t *pcm, size_t count);
    void (*free)(void *ctx);
};

struct tacet_audio_decoder {
    const struct tacet_audio_decoder_ops *ops;
    void *ctx;
};

struct tacet_video_encoder_settings {
    uint16_t width;        /* of the pictures that come next; may change while running */
    uint16_t height;
    int32_t bitrate_bps;   /* of the encoded frames; default 1500000 */
    int32_t fps;           /* expected, for rate control; default 30 */
    int32_t cpu_used;      /* VP8: -16 (fastest) to -1; default -8. Never >= 0: libvpx then picks
                              its speed by measured time and is no longer deterministic */
    /*
     * 1 to 3; default 1. With 2 every second picture, with 3 three of four belong to upper layers:
     * the base layer (temporal_layer 0) refers to none of them, so that they may be lost or left
     * out and the others still decode. The same bits then give pictures that are worse: measured
     * with VP8 by 0.8 to 1.6 dB with 2 and by 1.4 to 3.5 dB with 3 (people signing, moving text).
     */
    uint8_t temporal_layers;
};

struct tacet_video_encoder_ops {
    const char *name;
    /* As above; TACET_ERR_UNSUPPORTED where it cannot make that many temporal layers; where the
     * size changes also TACET_ERR_NOMEM or _CODEC. The next frame is then a key frame. */
    int (*configure)(void *ctx, const struct tacet_video_encoder_settings *settings);
    /*
     * Encodes the picture, of the configured size, as `refresh` asks; the first of a size is a key
     * frame in any case. What is not NONE gives a frame of the base layer that replaces at least
     * LAST. From time to time the encoder replaces GOLDEN, and ALTREF where it has no other use for
     * it, by a frame of the base layer, one of them at a time; all three by a key frame. Returns 1
     * with *ret filled (data borrowed until the next use of the encoder; kind, key, temporal_layer,
     * references, updates, width, height, captured_at_us set), 0 when the rate control chose to
     * skip the picture, TACET_ERR_ARGUMENT or TACET_ERR_CODEC.
     */
    int (*encode)(void *ctx, const struct tacet_picture *picture, enum tacet_refresh refresh,
                  struct tacet_frame *ret);
    void (*free)(void *ctx);
};

struct tacet_video_encoder {
    const struct tacet_video_encoder_ops *ops;
    void *ctx;
};

struct tacet_video_decoder_ops {
    const char *name;
    /*
     * Decodes one frame. Returns 1 with *ret filled (planes borrowed until the next use), 0 when
     * the frame shows nothing, TACET_ERR_CODEC when it does not decode. A picture larger than
     * the size agreed at create is TACET_ERR_CODEC before any of it is decoded.
     */
    int (*decode)(void *ctx, const uint8_t *data, size_t size, struct tacet_picture *ret);
    void (*free)(void *ctx);
};

struct tacet_video_decoder {
    const struct tacet_video_decoder_ops *ops;
    void *ctx;
};

/* One codec of one kind. Members of the other kind are NULL. */
struct tacet_codec {
    const char *name;     /* "opus", "vp8", "fake" */
    enum tacet_kind kind;
    uint32_t clock_rate;  /* of its RTP timestamps, Hz */
    int (*audio_encoder_create)(const struct tacet_audio_encoder_settings *settings,
                                struct tacet_audio_encoder *ret);
    int (*audio_decoder_create)(struct tacet_audio_decoder *ret);
    int (*video_encoder_create)(const struct tacet_video_encoder_settings *settings,
                                struct tacet_video_encoder *ret);
    int (*video_decoder_create)(uint16_t width_max, uint16_t height_max,
                                struct tacet_video_decoder *ret);
};

TACET_BEGIN_DECLS

/* Fills the defaults named above. */
TACET_API void tacet_audio_encoder_settings_init(struct tacet_audio_encoder_settings *settings);
/* Fills the defaults for pictures of this size. */
TACET_API void tacet_video_encoder_settings_init(struct tacet_video_encoder_settings *settings,
                                                 uint16_t width, uint16_t height);

/* The codec of that kind and name, or NULL. Static storage. Any thread. */
TACET_API const struct tacet_codec *tacet_codec_find(enum tacet_kind kind, const char *name);
/* The i-th codec that this build has, or NULL past the last one. Any thread. */
TACET_API const struct tacet_codec *tacet_codec_at(size_t index);

TACET_END_DECLS

#endif
