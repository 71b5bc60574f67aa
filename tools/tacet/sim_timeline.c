/*
 * See sim_timeline.h. Rates are taken over the last half second, pictures over the last second, or
 * over one interval where that is longer.
 */
#include "sim_timeline.h"

#include "tacet/error.h"

#include <math.h>
#include <stdlib.h>

#define RATE_S 0.5
#define PICTURES_S 1.0
#define PAST_MAX 16 /* rows that are looked back on, at most */

int tacet_sim_timeline_create(size_t rows, double interval_s, struct tacet_sim_timeline *ret)
{
    struct tacet_sim_timeline timeline = { .capacity = rows, .interval_s = interval_s };
    bool all = true;

    for (int side = 0; side < 2; side++) {
        for (int series = 0; series < TACET_SIM_SERIES; series++) {
            timeline.values[side][series] = calloc(rows, sizeof(float));
            all = all && timeline.values[side][series] != NULL;
        }
        timeline.frozen[side] = calloc(rows, sizeof(bool));
        timeline.past[side] = calloc(PAST_MAX, sizeof(struct tacet_sim_past));
        all = all && timeline.frozen[side] != NULL && timeline.past[side] != NULL;
    }
    if (!all) {
        tacet_sim_timeline_free(&timeline);
        return TACET_ERR_NOMEM;
    }
    *ret = timeline;
    return 0;
}

void tacet_sim_timeline_free(struct tacet_sim_timeline *timeline)
{
    for (int side = 0; side < 2; side++) {
        for (int series = 0; series < TACET_SIM_SERIES; series++) {
            free(timeline->values[side][series]);
        }
        free(timeline->frozen[side]);
        free(timeline->past[side]);
    }
    *timeline = (struct tacet_sim_timeline){ 0 };
}

/* The row that lies so long back, or the oldest there is. */
static const struct tacet_sim_past *look_back(const struct tacet_sim_timeline *timeline, int side,
                                              double seconds, double *ret_seconds)
{
    size_t rows = (size_t)(seconds / timeline->interval_s + 0.5);

    rows = rows < 1 ? 1 : rows < PAST_MAX ? rows : PAST_MAX - 1;
    rows = rows < timeline->count ? rows : timeline->count;
    *ret_seconds = (double)rows * timeline->interval_s;
    return &timeline->past[side][(timeline->count - rows) % PAST_MAX];
}

static float share(uint64_t part, uint64_t all)
{
    return all > 0 ? (float)(100.0 * (double)part / (double)all) : NAN;
}

static float kbps(uint64_t bytes, double seconds)
{
    return (float)((double)bytes * 8 / 1000 / seconds);
}

static float if_any(double value)
{
    return value > 0 ? (float)value : NAN;
}

/* What is counted: the difference to a while ago. */
static void add_rates(struct tacet_sim_timeline *t, int side, const struct tacet_sim_past *now)
{
    double seconds;
    const struct tacet_sim_past *then = look_back(t, side, RATE_S, &seconds);
    const struct tacet_harness_moment *a = &then->moment;
    const struct tacet_harness_moment *b = &now->moment;
    float *row[TACET_SIM_SERIES];

    for (int series = 0; series < TACET_SIM_SERIES; series++) {
        row[series] = &t->values[side][series][t->count];
    }
    uint64_t video = tacet_traffic_video_bytes(&b->sent) - tacet_traffic_video_bytes(&a->sent);
    uint64_t all = tacet_traffic_link_bytes(&b->sent) - tacet_traffic_link_bytes(&a->sent);
    uint64_t fec = b->sent.bytes[TACET_TRAFFIC_FEC] - a->sent.bytes[TACET_TRAFFIC_FEC];
    uint64_t rtx = b->sent.bytes[TACET_TRAFFIC_RTX] - a->sent.bytes[TACET_TRAFFIC_RTX];
    uint64_t lost = b->link_lost + b->link_queued_out - a->link_lost - a->link_queued_out;
    *row[TACET_SIM_SENT] = kbps(all, seconds);
    *row[TACET_SIM_VIDEO] = kbps(video, seconds);
    *row[TACET_SIM_FEC] = share(fec, video);
    *row[TACET_SIM_RTX] = share(rtx, video);
    *row[TACET_SIM_LOST] = share(lost, b->link_offered - a->link_offered);
    *row[TACET_SIM_CONCEALED] =
        share(now->audio_concealed - then->audio_concealed, now->audio_played - then->audio_played);
    then = look_back(t, side, PICTURES_S, &seconds);
    a = &then->moment;
    *row[TACET_SIM_CAPTURED] =
        (float)((double)(b->pictures_captured - a->pictures_captured) / seconds);
    *row[TACET_SIM_SHOWN] = (float)((double)(b->pictures_shown - a->pictures_shown) / seconds);
}

static bool get_stats(struct tacet_harness *h, enum tacet_harness_party party,
                      struct tacet_stats *ret)
{
    *ret = (struct tacet_stats){ .size = sizeof(*ret) };
    return tacet_call_stats(tacet_harness_call(h, party), tacet_harness_peer(h, party), ret) == 0;
}

/* A wait is known to be too long only when it has lasted: the rows behind it are marked then. */
static void mark_frozen(struct tacet_sim_timeline *t, int side,
                        const struct tacet_harness_moment *moment)
{
    double interval_s;
    const struct tacet_sim_past *then = look_back(t, side, t->interval_s, &interval_s);
    int64_t grown_us = moment->video_frozen_us - then->moment.video_frozen_us;
    size_t rows = (size_t)ceil((double)grown_us / 1e6 / t->interval_s);

    for (size_t i = 0; i < rows && i <= t->count; i++) {
        t->frozen[side][t->count - i] = true;
    }
}

/* What is so at the moment. */
static void add_states(struct tacet_sim_timeline *t, int side, const struct tacet_sim_past *now,
                       const struct tacet_stats *sender, const struct tacet_stats *receiver)
{
    const struct tacet_playout_report *sound = &receiver->inbound[TACET_KIND_AUDIO].playout;
    const struct tacet_harness_moment *moment = &now->moment;
    size_t at = t->count;
    float(*values[TACET_SIM_SERIES]);

    for (int series = 0; series < TACET_SIM_SERIES; series++) {
        values[series] = t->values[side][series];
    }
    values[TACET_SIM_CAPACITY][at] = if_any((double)moment->link.rate_bps / 1e3);
    values[TACET_SIM_ESTIMATE][at] =
        if_any((double)sender->path.available_outgoing_bitrate_bps / 1e3);
    values[TACET_SIM_RTT][at] = if_any((double)sender->path.current_round_trip_time_us / 1e3);
    values[TACET_SIM_QUEUE][at] = (float)((double)moment->link_wait_us / 1e3);
    values[TACET_SIM_BUFFER][at] =
        sound->playing ? (float)((double)sound->current_delay_us / 1e3) : NAN;
    values[TACET_SIM_BUFFER_TARGET][at] =
        sound->playing ? (float)((double)sound->target_delay_us / 1e3) : NAN;
    values[TACET_SIM_VIDEO_LATENCY][at] = if_any((double)moment->video_latency_us / 1e3);
    values[TACET_SIM_SYNC][at] =
        moment->sync_us >= 0 ? (float)((double)moment->sync_us / 1e3) : NAN;
    values[TACET_SIM_RED][at] = (float)sender->outbound[TACET_KIND_AUDIO].red_depth;
    values[TACET_SIM_HEIGHT][at] = if_any(moment->height);
    mark_frozen(t, side, moment);
}

void tacet_sim_timeline_add(struct tacet_sim_timeline *timeline, struct tacet_harness *h)
{
    struct tacet_stats stats[2];

    if (timeline->count == timeline->capacity) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        (void)get_stats(h, (enum tacet_harness_party)i, &stats[i]);
    }
    for (int side = 0; side < 2; side++) {
        struct tacet_sim_past now = { .audio_played = 0 };
        const struct tacet_playout_report *sound =
            &stats[1 - side].inbound[TACET_KIND_AUDIO].playout;
        tacet_harness_moment(h, side == 0 ? TACET_CALLEE : TACET_CALLER, &now.moment);
        now.audio_played = sound->samples_received;
        now.audio_concealed = sound->samples_concealed;
        if (timeline->count == 0) {
            timeline->past[side][0] = now; /* nothing before it: all differences are zero */
        }
        add_rates(timeline, side, &now);
        add_states(timeline, side, &now, &stats[side], &stats[1 - side]);
        timeline->past[side][timeline->count % PAST_MAX] = now;
    }
    timeline->count++;
}
