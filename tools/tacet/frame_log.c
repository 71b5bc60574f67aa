/* CSV, a row an event. Times are CLOCK_MONOTONIC, so that two processes on one host can be joined
 * by their RTP timestamps. */
#include "frame_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void tacet_frame_log_begin(struct tacet_lines_file *lines)
{
    static const char header[] = "event,kind,index,rtp_timestamp,time_us,width,height,bytes\n";

    tacet_lines_file_add(lines, header, strlen(header));
}

static const char *event_name(enum tacet_media_event_type type)
{
    switch (type) {
    case TACET_MEDIA_CAPTURED:
        return "captured";
    case TACET_MEDIA_SENT:
        return "sent";
    case TACET_MEDIA_SHOWN:
        return "shown";
    case TACET_MEDIA_PLAYED:
        return "played";
    }
    return "unknown";
}

void tacet_frame_log_add(struct tacet_lines_file *lines, const struct tacet_media_event *event)
{
    char row[160];
    int size = snprintf(
        row, sizeof(row), "%s,%s,%" PRIu64 ",%" PRIu32 ",%" PRId64 ",%u,%u,%zu\n",
        event_name(event->type), event->kind == TACET_KIND_AUDIO ? "audio" : "video", event->index,
        event->rtp_timestamp, event->time_us, event->width, event->height, event->bytes);

    tacet_lines_file_add(lines, row, (size_t)size);
}
