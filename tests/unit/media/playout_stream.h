/* A stream for the jitter buffer on virtual time: frames are numbers, sound is counted. */
#ifndef TACET_TESTS_PLAYOUT_STREAM_H
#define TACET_TESTS_PLAYOUT_STREAM_H

#include "media/playout.h"

#define FRAME 960
#define FRAME_US 20000
#define PULL 480
#define PULL_US 10000
#define FIRST_TIMESTAMP 0xFFFFFE00U /* wraps early on */
#define NEVER INT64_MAX

/* A stream of frames with given arrival times, and what became of each. Its sound can be stretched
 * by PERIOD at a time. */
#define PERIOD 384
#define FRAME_MAX 2880

struct stream {
    struct tacet_playout *playout;
    size_t count;
    uint32_t frame;
    uint32_t *at;        /* timestamps */
    int64_t *arrives_us; /* NEVER: lost */
    size_t *order;       /* by arrival */
    size_t arrived;
    bool redundant;
    bool stiff;       /* cannot be stretched */
    uint32_t *played; /* how often */
    int64_t *heard_at_us;
    size_t last_played;
    bool in_order;
    uint32_t queued;
    size_t pending; /* samples of the last step not used yet */
    uint64_t recovered;
    uint64_t skipped;
    uint64_t pulled;
};

void stream_init(struct stream *s, size_t count);
void stream_free(struct stream *s);
bool stream_put(struct stream *s, size_t index, int64_t now);
void stream_pull(struct stream *s, int64_t now);
/* Delivers and pulls, in the order of time, up to `until_us`. */
void stream_run(struct stream *s, int64_t from_us, int64_t until_us);
struct tacet_playout_report stream_report(const struct stream *s);
int64_t stream_mean_delay_us(const struct tacet_playout_report *r);
/* All frames from `from` on to the last but ten have been played, once. */
void stream_expect_all_played(const struct stream *s, size_t from);
int64_t stream_delay_us(const struct stream *s, size_t index);

#endif
