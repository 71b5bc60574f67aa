/* See message.h. Nothing here knows when a message may come: that is the peer's table. */
#include "call/message.h"

#include "base/bytes.h"
#include "rtp/header.h"
#include "tacet/error.h"
#include "tacet/picture.h"

enum {
    FLAG_AUDIO = 1,
    FLAG_VIDEO = 2,
    FLAG_AUDIO_MUTED = 4,
    FLAG_VIDEO_MUTED = 8,
    FLAG_HELD = 16,
    FLAGS_ALL = 31
};

int tacet_nonce_read(const uint8_t *body, size_t size, uint8_t out[TACET_SAS_NONCE])
{
    if (size != TACET_SAS_NONCE) {
        return TACET_ERR_FORMAT;
    }
    struct tacet_reader r = tacet_reader(body, size);
    tacet_read_bytes(&r, out, TACET_SAS_NONCE);
    return 0;
}

void tacet_reason_write(enum tacet_end reason, uint8_t out[TACET_REASON_SIZE])
{
    out[0] = (uint8_t)reason;
}

int tacet_reason_read(const uint8_t *body, size_t size, enum tacet_end *ret)
{
    struct tacet_reader r = tacet_reader(body, size);
    uint8_t reason = tacet_read_u8(&r);

    if (size != TACET_REASON_SIZE || reason < TACET_END_HANGUP || reason > TACET_END_FAILED) {
        return TACET_ERR_FORMAT;
    }
    *ret = (enum tacet_end)reason;
    return 0;
}

void tacet_media_write(const struct tacet_media *media, uint8_t out[TACET_MEDIA_SIZE])
{
    struct tacet_writer w = tacet_writer(out, TACET_MEDIA_SIZE);
    unsigned flags = (media->audio ? FLAG_AUDIO : 0u) | (media->video ? FLAG_VIDEO : 0u) |
                     (media->audio_muted ? FLAG_AUDIO_MUTED : 0u) |
                     (media->video_muted ? FLAG_VIDEO_MUTED : 0u) | (media->held ? FLAG_HELD : 0u);

    tacet_write_u8(&w, (uint8_t)flags);
    tacet_write_u8(&w, media->audio ? TACET_PT_OPUS : 0);
    tacet_write_u8(&w, media->video ? TACET_PT_VP8 : 0);
    tacet_write_u8(&w, (uint8_t)(media->fps < UINT8_MAX ? media->fps : UINT8_MAX));
    tacet_write_u16(&w, media->width);
    tacet_write_u16(&w, media->height);
}

int tacet_media_read(const uint8_t *body, size_t size, struct tacet_media *ret)
{
    struct tacet_reader r = tacet_reader(body, size);
    uint8_t flags = tacet_read_u8(&r);
    uint8_t audio_type = tacet_read_u8(&r);
    uint8_t video_type = tacet_read_u8(&r);
    struct tacet_media media = {
        .audio = (flags & FLAG_AUDIO) != 0,
        .video = (flags & FLAG_VIDEO) != 0,
        .audio_muted = (flags & FLAG_AUDIO_MUTED) != 0,
        .video_muted = (flags & FLAG_VIDEO_MUTED) != 0,
        .held = (flags & FLAG_HELD) != 0,
    };

    media.fps = tacet_read_u8(&r);
    media.width = tacet_read_u16(&r);
    media.height = tacet_read_u16(&r);
    if (size != TACET_MEDIA_SIZE || (flags & ~(unsigned)FLAGS_ALL) != 0 ||
        audio_type != (media.audio ? TACET_PT_OPUS : 0) ||
        video_type != (media.video ? TACET_PT_VP8 : 0) || media.width > TACET_PICTURE_SIDE_MAX ||
        media.height > TACET_PICTURE_SIDE_MAX ||
        (media.video && (media.width == 0 || media.height == 0))) {
        return TACET_ERR_FORMAT;
    }
    *ret = media;
    return 0;
}
