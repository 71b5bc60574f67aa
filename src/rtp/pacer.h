/*
 * When the next packet may leave. Two budgets: a peak rate, so that a normal picture is gone within
 * a third of the time to the next, and a rate little above the target with a small allowance, so
 * that a key frame does not burst the link (faster where there is room). No queue here: only
 * time and numbers.
 *
 * Audio and RTCP do not wait, but what they take is counted. The others go in this order:
 * retransmissions, which are late already, then pictures with the repairs of each behind it.
 */
#ifndef TACET_RTP_PACER_H
#define TACET_RTP_PACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How exactly the rate has to be kept. */
enum tacet_pacer_slack {
    TACET_PACER_TIGHT = 0, /* it is what the way carries: what goes out faster waits there, and
                              sound behind it */
    TACET_PACER_SLACK,     /* nothing is known of that */
    TACET_PACER_ROOM       /* all that is wanted fits: the way may carry more */
};

struct tacet_pacer {
    int64_t rate_bps;  /* the target */
    enum tacet_pacer_slack slack;
    int64_t probe_bps; /* while a probe is sent; 0: none is */
    int64_t spent;     /* bytes times 8,000,000 not yet leaked away */
    int64_t updated_us;
    int64_t peak_free_us; /* the peak rate allows the next packet then */
};

void tacet_pacer_init(struct tacet_pacer *p, int64_t now, int64_t rate_bps);
void tacet_pacer_set_rate(struct tacet_pacer *p, int64_t now, int64_t rate_bps,
                          enum tacet_pacer_slack slack);
/* 0 ends it. */
void tacet_pacer_set_probe(struct tacet_pacer *p, int64_t now, int64_t rate_bps);
/* When the next packet that waits may leave; it may be past. */
int64_t tacet_pacer_next(const struct tacet_pacer *p);
/* A packet left, paced or not. */
void tacet_pacer_on_sent(struct tacet_pacer *p, int64_t now, size_t size);
/* How long so many waiting bytes take to leave. */
int64_t tacet_pacer_wait(const struct tacet_pacer *p, int64_t now, size_t waiting);

#endif
