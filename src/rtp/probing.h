/*
 * When the way is probed for more, and how fast: several times on end at the start, on while probes
 * go through, then where something tells of room, and now and then blindly. What a single probe
 * tells is in probe.h; what becomes of that is the estimator's business.
 */
#ifndef TACET_RTP_PROBING_H
#define TACET_RTP_PROBING_H

#include "rtp/dispersion.h"
#include "rtp/probe.h"

struct tacet_probing {
    struct tacet_probe probe;
    int32_t begun;    /* counted up to those of the start */
    bool succeeded;   /* the last one */
    int64_t next_us;  /* not before */
    int64_t blind_us; /* from then on even where nothing tells of room */
    int64_t ended_us; /* the last one */
};

void tacet_probing_init(struct tacet_probing *p, int64_t now);
/* The next one may come, if nothing else speaks against it. `trains`: what tells of room. */
bool tacet_probing_is_due(const struct tacet_probing *p, int64_t now, int64_t estimate_bps,
                          const struct tacet_dispersion *trains);
/* `most_bps`: all that could be used; `noise_us`: of the delays, which it has to outlast. */
void tacet_probing_begin(struct tacet_probing *p, int64_t now, int64_t estimate_bps,
                         int64_t most_bps, int64_t noise_us);
/* As tacet_probe_update. Until `tacet_probing_on_success` the last one counts as none. */
enum tacet_probe_outcome tacet_probing_update(struct tacet_probing *p, int64_t now,
                                              int64_t round_trip_us, int32_t own_loss_permille,
                                              int64_t *ret_bps);
/* It went through, and more than was known of: on to the next. */
void tacet_probing_on_success(struct tacet_probing *p, int64_t now, int64_t round_trip_us);
/* The estimate fell. */
void tacet_probing_on_decrease(struct tacet_probing *p, int64_t now);
/* There is a guess already of what the way carries: it is not looked for at once. */
void tacet_probing_begin_late(struct tacet_probing *p, int64_t now);
/* What is guessed of it is little: it is looked for once a report has come. */
void tacet_probing_begin_heard(struct tacet_probing *p);
/* Nothing is gained by probing blindly just now. */
void tacet_probing_put_off(struct tacet_probing *p, int64_t now);
/* Something has changed: soon, and even blindly. */
void tacet_probing_hasten(struct tacet_probing *p, int64_t now);
/* A queue that is longer by so much than jitter explains may be a probe's own: for a moment. */
bool tacet_probing_excuses(const struct tacet_probing *p, int64_t now, int64_t queue_us);

#endif
