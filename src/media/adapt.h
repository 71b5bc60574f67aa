/* From a send target to the settings of an audio encoder, and from a budget on the wire to a bit
 * rate. What a video encoder is asked for is video_adapt.h's. */
#ifndef TACET_MEDIA_ADAPT_H
#define TACET_MEDIA_ADAPT_H

#include "tacet/codec.h"
#include "tacet/event.h"

/* Where the bits that a stream puts on the wire go: bytes of header, tag and so on a packet. */
struct tacet_adapt_overhead {
    uint32_t per_packet;  /* bytes that do not carry payload */
    uint32_t payload_max; /* bytes of payload in a full packet */
};

/* Changes `audio` to what the target asks for; true if anything differs. */
bool tacet_adapt_audio(const struct tacet_event *send_target,
                       struct tacet_audio_encoder_settings *audio);
/* Samples of a frame of sound, of those lengths that every audio encoder takes. */
uint32_t tacet_adapt_audio_samples(const struct tacet_event *send_target);
/* What a video encoder may make of `wire_bps`, at `fps` frames a second. */
int32_t tacet_adapt_video_bps(int32_t wire_bps, int32_t fps,
                              const struct tacet_adapt_overhead *overhead);

#endif
