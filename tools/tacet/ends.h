/* The two ends of a call's media: where sound and pictures come from and go to, as --audio-in,
 * --audio-out, --video-in and --video-out name them. */
#ifndef TACET_TOOL_ENDS_H
#define TACET_TOOL_ENDS_H

#include "options.h"
#include "tacet/audio.h"
#include "tacet/event.h"
#include "tacet/video.h"

struct tacet_ends {
    struct tacet_audio_source audio_source;
    struct tacet_audio_sink audio_sink;
    struct tacet_video_source video_source; /* ops NULL: no video is sent */
    struct tacet_video_sink video_sink;
    struct tacet_media media; /* what this side will send */
};

/* Whether the four options can be understood; opens nothing. 0, or TACET_EXIT_USAGE. */
int tacet_ends_check(const struct tacet_settings *settings);
/* Opens the sources. 0, or TACET_EXIT_FAILED after one line; then *ends holds nothing. */
int tacet_ends_open_sources(const struct tacet_settings *settings, struct tacet_ends *ends);
/* Opens the sinks beside them; likewise, but the sources stay open. */
int tacet_ends_open_sinks(const struct tacet_settings *settings, struct tacet_ends *ends);
/* Frees whatever is open. */
void tacet_ends_close(struct tacet_ends *ends);

#endif
