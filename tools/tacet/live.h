/* The live line: how a call is doing, from two rounds of statistics. */
#ifndef TACET_TOOL_LIVE_H
#define TACET_TOOL_LIVE_H

#include "session.h"

#define TACET_LIVE_MAX 160

struct tacet_live {
    int64_t at_us; /* of the last round seen */
    uint64_t bytes_sent;
    uint64_t bytes_received;
    int64_t sent_kbps;
    int64_t received_kbps;
};

/* Writes the line of an answered call: elapsed, round trip, loss, kbit/s each way, pictures. */
void tacet_live_format(struct tacet_live *live, const struct tacet_session_view *view, int64_t now,
                       char out[TACET_LIVE_MAX]);

#endif
