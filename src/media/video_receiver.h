/*
 * One remote picture: decoder, and when to show. The runner's decode thread and the simulator drive
 * the same code.
 *
 *     put(frame) -> [decoded at once, or encoded behind the one that is] -> due() -> get() -> shown
 *
 * A picture is shown as soon as it is decoded, but not more than lip sync allows ahead of its sound
 * (media/sync.h); and no picture stands for long on that account: after one that did, the next ones
 * come nearer to their sound one by one. Freezes are counted as W3C defines them.
 */
#ifndef TACET_MEDIA_VIDEO_RECEIVER_H
#define TACET_MEDIA_VIDEO_RECEIVER_H

#include "media/sync.h"
#include "tacet/codec.h"
#include "tacet/frame.h"
#include "tacet/picture.h"
#include "tacet/playout.h"

struct tacet_video_receiver;

struct tacet_shown {
    struct tacet_picture picture; /* planes borrowed until the next put, get or on_shown */
    uint32_t rtp_timestamp;
    uint16_t picture_id;
};

int tacet_video_receiver_create(const struct tacet_codec *codec, uint16_t width_max,
                                uint16_t height_max, struct tacet_video_receiver **ret);
void tacet_video_receiver_free(struct tacet_video_receiver **receiver);
/* Takes a frame, in decoding order. What the decoder refuses is in the report. */
void tacet_video_receiver_put(struct tacet_video_receiver *receiver, int64_t now,
                              const struct tacet_frame *frame);
/* When there will be a picture to show, or TACET_NEVER. */
int64_t tacet_video_receiver_due(const struct tacet_video_receiver *receiver);
/* 1 with the picture to show now, until on_shown() or another one takes its place; else 0. */
int tacet_video_receiver_get(struct tacet_video_receiver *receiver, int64_t now,
                             struct tacet_shown *ret);
/* The picture that get() gave was handed to the sink. */
void tacet_video_receiver_on_shown(struct tacet_video_receiver *receiver, int64_t now);
/* It will not be: it counts as dropped. */
void tacet_video_receiver_drop(struct tacet_video_receiver *receiver);
/* The lip sync of this picture and its sound: to be told the way of sound, and asked for the delay
 * that the sound should have. */
struct tacet_sync *tacet_video_receiver_sync(struct tacet_video_receiver *receiver);
void tacet_video_receiver_report(const struct tacet_video_receiver *receiver, int64_t now,
                                 struct tacet_playout_report *ret);

#endif
