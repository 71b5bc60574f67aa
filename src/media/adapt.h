/* From a send target to encoder settings. */
#ifndef TACET_MEDIA_ADAPT_H
#define TACET_MEDIA_ADAPT_H

#include "tacet/codec.h"
#include "tacet/event.h"

/* Where the bits that a stream puts on the wire go: bytes of header, tag and so on a packet. */
struct tacet_adapt_overhead {
    uint32_t per_packet;  /* bytes that do not carry payload */
    uint32_t payload_max; /* bytes of payload in a full packet */
};

/* Changes `audio` and `video` to what the target asks for; true if anything differs. */
bool tacet_adapt(const struct tacet_event *send_target, const struct tacet_adapt_overhead *overhead,
                 struct tacet_audio_encoder_settings *audio,
                 struct tacet_video_encoder_settings *video);

#endif
