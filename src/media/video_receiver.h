/*
 * One remote picture: decoder, and when to show. Pictures are shown as soon as they are decoded;
 * lip sync will hold them here. Freezes are counted as W3C defines them.
 */
#ifndef TACET_MEDIA_VIDEO_RECEIVER_H
#define TACET_MEDIA_VIDEO_RECEIVER_H

#include "tacet/codec.h"
#include "tacet/frame.h"
#include "tacet/picture.h"
#include "tacet/playout.h"

struct tacet_video_receiver;

struct tacet_shown {
    struct tacet_picture picture; /* planes borrowed until the next put */
    uint32_t rtp_timestamp;
    uint16_t picture_id;
};

int tacet_video_receiver_create(const struct tacet_codec *codec, uint16_t width_max,
                                uint16_t height_max, struct tacet_video_receiver **ret);
void tacet_video_receiver_free(struct tacet_video_receiver **receiver);
/* Decodes a frame. Returns 1 with the picture to show now, 0 for none (also where the decoder
 * refused it, which the report then says). */
int tacet_video_receiver_put(struct tacet_video_receiver *receiver, int64_t now,
                             const struct tacet_frame *frame, struct tacet_shown *ret);
/* The picture was handed to the sink. */
void tacet_video_receiver_on_shown(struct tacet_video_receiver *receiver, int64_t now,
                                   const struct tacet_shown *shown);
void tacet_video_receiver_report(const struct tacet_video_receiver *receiver, int64_t now,
                                 struct tacet_playout_report *ret);

#endif
