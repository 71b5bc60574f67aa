/*
 * One remote voice: playout buffer, decoder, and samples out. The runner's audio thread and the
 * simulator drive the same code.
 */
#ifndef TACET_MEDIA_AUDIO_RECEIVER_H
#define TACET_MEDIA_AUDIO_RECEIVER_H

#include "tacet/codec.h"
#include "tacet/frame.h"
#include "tacet/playout.h"

struct tacet_audio_receiver;

/* What a pull began to play: a packet's first sample stands at `offset` of the pulled block. There
 * is none for sound that no packet gave, nor for a packet of which the beginning is left out. */
struct tacet_audio_mark {
    uint32_t rtp_timestamp;
    uint32_t offset;
    bool concealed; /* it did not decode */
};
#define TACET_AUDIO_MARKS_MAX 4

int tacet_audio_receiver_create(const struct tacet_codec *codec, struct tacet_audio_receiver **ret);
void tacet_audio_receiver_free(struct tacet_audio_receiver **receiver);
void tacet_audio_receiver_put(struct tacet_audio_receiver *receiver, int64_t now,
                              const struct tacet_frame *frame);
/*
 * Pulls `count` samples, at most 960; always fills them (silence while there is nothing).
 * `queued_samples`: what the sink still holds. Returns how many marks were written.
 */
size_t tacet_audio_receiver_get(struct tacet_audio_receiver *receiver, int64_t now,
                                uint32_t queued_samples, int16_t *pcm, size_t count,
                                struct tacet_audio_mark marks[TACET_AUDIO_MARKS_MAX]);
/* As tacet_playout_set_min_delay. */
void tacet_audio_receiver_set_min_delay(struct tacet_audio_receiver *receiver, int64_t delay_us);
void tacet_audio_receiver_report(const struct tacet_audio_receiver *receiver,
                                 struct tacet_playout_report *ret);
/* Whether a decoded, unconcealed sample has been handed out. */
bool tacet_audio_receiver_heard(const struct tacet_audio_receiver *receiver);

#endif
