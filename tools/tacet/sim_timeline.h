/* How a simulated call went over time: rows of figures, one each interval, for each direction. */
#ifndef TACET_TOOL_SIM_TIMELINE_H
#define TACET_TOOL_SIM_TIMELINE_H

#include "sim/harness.h"

/* What is drawn. What does not exist at a moment is NAN. */
enum tacet_sim_series {
    TACET_SIM_CAPACITY,       /* kbit/s; no limit: NAN */
    TACET_SIM_SENT,           /* kbit/s, all, with IP and UDP headers */
    TACET_SIM_VIDEO,          /* kbit/s, all of video */
    TACET_SIM_ESTIMATE,       /* kbit/s, the sender's; none yet: NAN */
    TACET_SIM_RTT,            /* ms, the sender's; not measured yet: NAN */
    TACET_SIM_QUEUE,          /* ms in the link's queue */
    TACET_SIM_LOST,           /* percent of packets, by the link */
    TACET_SIM_CONCEALED,      /* percent of sound */
    TACET_SIM_BUFFER,         /* ms from arrival to playing, sound */
    TACET_SIM_BUFFER_TARGET,  /* ms */
    TACET_SIM_CAPTURED,       /* pictures a second */
    TACET_SIM_SHOWN,          /* pictures a second */
    TACET_SIM_VIDEO_LATENCY,  /* ms, capture to showing */
    TACET_SIM_SYNC,           /* ms between the picture shown and its sound */
    TACET_SIM_RED,            /* earlier payloads that each sound packet repeats */
    TACET_SIM_FEC,            /* percent of video's bytes */
    TACET_SIM_RTX,            /* percent of video's bytes */
    TACET_SIM_HEIGHT,         /* of the picture shown, pixels */
    TACET_SIM_SERIES
};

struct tacet_sim_timeline { /* zero-initialised: empty */
    size_t count;
    size_t capacity;
    double interval_s;
    float *values[2][TACET_SIM_SERIES]; /* [0] caller to callee */
    bool *frozen[2];
    struct tacet_sim_past {
        struct tacet_harness_moment moment;
        uint64_t audio_played, audio_concealed;
    } *past[2]; /* of the newest rows, round and round */
};

/* 0 or TACET_ERR_NOMEM. */
int tacet_sim_timeline_create(size_t rows, double interval_s, struct tacet_sim_timeline *ret);
void tacet_sim_timeline_free(struct tacet_sim_timeline *timeline);
/* The next row: how it is now. At most as many as there is room for. */
void tacet_sim_timeline_add(struct tacet_sim_timeline *timeline, struct tacet_harness *h);

#endif
