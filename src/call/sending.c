/* See sending.h. */
#include "call/sending.h"

#include "base/limits.h"
#include "base/range.h"
#include "rtp/packet_result.h"

#define START_BPS 300000
/* Of what the opening lets guess: jitter makes it too much rather than too little, but losses of a
 * wide way may make it any. */
#define GUESS_PERCENT 80
#define GUESS_LEAST_BPS 50000
/* Repeats of sound until the first report. Where no picture is sent, the way may be too narrow. */
#define FIRST_DEPTH 2
#define VIDEO_SIZE_FIRST 1000
#define VIDEO_SIZE_SHARE 64

/* What sound with its repeats may take of a way that is too narrow for sound and picture. */
#define AUDIO_SHARE_PERCENT 70
#define AUDIO_ALONE_PERCENT 90 /* the rest is RTCP's */
/* Beside pictures sound stays a small part of it all: first the voice gives way a little, then the
 * repeats above two, of which the third in a row saves one packet in a hundred where a fifth is
 * lost; and where it would be half of all the voice gives way again, or pictures would have next to
 * nothing (150 kbit/s with 5 % lost: frozen for 4 s in place of 5.5, and late by 0.3 s, not 0.9).
 */
#define DEAR_PERCENT 24
#define DEAR_BPS 24000
#define DEAR_DEPTH 2
#define DEARER_TIMES 2
#define DEARER_BPS 16000
/* Below that nothing is gained: an estimator that sees next to no packets finds no way back up. */
#define AUDIO_ROOM_LEAST_BPS 32000
#define AUDIO_RATE_US TACET_S(1)
#define VIDEO_LEAST_BPS 20000

#define ALL_PERCENT 97 /* of what is wanted: all of it, so that a small change of voice is none */

/* The target told: down at once, up by steps worth a change. */
#define DOWN_PERCENT 96
#define UP_PERCENT 106
#define UP_SOON_PERCENT 102
#define UP_SOON_US TACET_MS(500)

/* Pictures that wait longer are too many: the encoder is asked for less, down to a third. */
#define WAIT_US TACET_MS(100)
#define WAIT_SPAN_US TACET_MS(300)
#define WAIT_LEAST_PERCENT 33

/* Of the estimate: a smaller change than to that is followed picture by picture. */
#define COLLAPSE_PERCENT 50
#define AFRESH_APART_US TACET_MS(600)

/* Of the estimate goes to pictures while the estimator pauses: enough for small ones, and a way
 * that carries a tenth of what it did empties its queue nevertheless. */
#define PAUSE_PERCENT 5
#define PAUSE_PEAK_TIMES 2 /* the first one is larger */

/* A queue that does not empty for so long is not for what we send. */
#define CROWDED_MAX_US TACET_S(3)

static void fill_queue(struct tacet_queue *queue, struct tacet_pool *pool)
{
    *queue = (struct tacet_queue){ .pool = pool };
}

static int64_t on_wire(const struct tacet_sending *s, int64_t video_bps)
{
    return video_bps * (s->video_size + TACET_UDP_OVERHEAD) / s->video_size;
}

static int64_t audio_on_wire(const struct tacet_sending *s)
{
    int64_t measured = tacet_rate_window_bps(&s->audio_rate, AUDIO_RATE_US);

    return measured > 0 ? measured : tacet_audio_plan_wish_bps(&s->audio_need);
}

static int64_t wanted(const struct tacet_sending *s)
{
    int64_t audio = audio_on_wire(s);
    int64_t wish = tacet_audio_plan_wish_bps(&s->audio_need);

    return (audio > wish ? audio : wish) + on_wire(s, s->video_most_bps);
}

/* What the way in tells of the way out. */
static void begin_narrow(struct tacet_sending *s, int64_t now,
                         const struct tacet_packet_pair *opening)
{
    int64_t sure_bps = tacet_packet_pair_bps(opening);
    int64_t guess_bps = tacet_packet_pair_guess_bps(opening);

    if (sure_bps > 0) {
        tacet_bwe_begin_with(&s->bwe, now, sure_bps);
    } else if (guess_bps > 0) {
        tacet_bwe_begin_low(&s->bwe, tacet_most(guess_bps * GUESS_PERCENT / 100, GUESS_LEAST_BPS));
    }
}

void tacet_sending_begin(struct tacet_sending *s, int64_t now, struct tacet_pool *pool,
                         int32_t audio_bps, int32_t video_bps, int64_t round_trip_us,
                         const struct tacet_packet_pair *opening)
{
    *s = (struct tacet_sending){
        .video_size = VIDEO_SIZE_FIRST,
        .audio_need = { .most_bps = audio_bps, .depth = video_bps > 0 ? FIRST_DEPTH : 0 },
        .video_most_bps = video_bps,
        .crowded_since_us = -1,
        .crowded_until_us = -1,
    };
    fill_queue(&s->audio, pool);
    fill_queue(&s->resent, pool);
    fill_queue(&s->video, pool);
    tacet_rate_window_init(&s->audio_rate);
    tacet_audio_plan_init(&s->audio_plan, now, &s->audio_need);
    tacet_bwe_init(&s->bwe, now, START_BPS, wanted(s));
    tacet_bwe_set_idle_round_trip(&s->bwe, round_trip_us);
    if (opening != NULL) {
        begin_narrow(s, now, opening);
    }
    s->calm_bps = tacet_bwe_estimate(&s->bwe);
    s->afresh_at_us = now - AFRESH_APART_US;
    tacet_pacer_init(&s->pacer, now, tacet_bwe_target(&s->bwe));
    (void)tacet_sending_update(s, now);
}

void tacet_sending_end(struct tacet_sending *s)
{
    tacet_queue_empty(&s->audio);
    tacet_queue_empty(&s->resent);
    tacet_queue_empty(&s->video);
}

bool tacet_sending_empty(const struct tacet_sending *s)
{
    return s->audio.count == 0 && s->resent.count == 0 && s->video.count == 0;
}

static bool has_room(const struct tacet_sending *s)
{
    return tacet_bwe_target(&s->bwe) * 100 >= s->bwe.most_bps * ALL_PERCENT;
}

static enum tacet_pacer_slack slack(const struct tacet_sending *s, int64_t now)
{
    if (has_room(s)) {
        return TACET_PACER_ROOM;
    }
    return tacet_bwe_met_capacity(&s->bwe, now) ? TACET_PACER_TIGHT : TACET_PACER_SLACK;
}

/* What the pacer has to know of the estimator. */
static void set_pace(struct tacet_sending *s, int64_t now)
{
    int64_t probe_bps = 0;

    tacet_pacer_set_rate(&s->pacer, now, tacet_bwe_target(&s->bwe), slack(s, now));
    (void)tacet_bwe_probe(&s->bwe, &probe_bps);
    tacet_pacer_set_probe(&s->pacer, now, probe_bps);
}

/* What goes into pictures while the estimator pauses. */
static int64_t pause_bps(const struct tacet_sending *s)
{
    return tacet_bwe_estimate(&s->bwe) * PAUSE_PERCENT / 100;
}

/* When something paced may leave. */
static int64_t next_leaves(const struct tacet_sending *s)
{
    int64_t at = tacet_pacer_next(&s->pacer);
    int64_t held_until = tacet_bwe_held_until(&s->bwe);

    at = at > held_until ? at : held_until;
    return tacet_bwe_pauses(&s->bwe) && at < s->pause_free_us ? s->pause_free_us : at;
}

struct tacet_buffer *tacet_sending_pop(struct tacet_sending *s, int64_t now)
{
    struct tacet_buffer *buffer = tacet_queue_pop(&s->audio);
    bool audio = buffer != NULL;

    if (!audio && next_leaves(s) <= now) {
        buffer = tacet_queue_pop(s->resent.count > 0 ? &s->resent : &s->video);
    }
    if (buffer == NULL) {
        return NULL;
    }
    uint32_t size = (uint32_t)buffer->size + TACET_UDP_OVERHEAD;
    if (audio) {
        tacet_rate_window_add(&s->audio_rate, now, size);
    } else {
        s->video_size += ((int64_t)buffer->size - s->video_size) / VIDEO_SIZE_SHARE;
        s->pause_free_us = now + size * INT64_C(8000000) / (pause_bps(s) * PAUSE_PEAK_TIMES);
    }
    buffer->probe = tacet_bwe_on_sent(&s->bwe, now, size);
    tacet_pacer_on_sent(&s->pacer, now, size);
    set_pace(s, now);
    return buffer;
}

static bool probes(const struct tacet_sending *s)
{
    int64_t bps;

    return !s->gives_way && tacet_bwe_probe(&s->bwe, &bps) > 0;
}

bool tacet_sending_wants_padding(const struct tacet_sending *s, int64_t now)
{
    return tacet_sending_empty(s) && probes(s) && next_leaves(s) <= now;
}

void tacet_sending_no_padding(struct tacet_sending *s, int64_t now)
{
    tacet_bwe_stop_probe(&s->bwe, now);
    set_pace(s, now);
}

int64_t tacet_sending_timeout(const struct tacet_sending *s)
{
    int64_t next = tacet_bwe_timeout(&s->bwe);

    if (s->audio.count > 0) {
        return 0;
    }
    if (!tacet_sending_empty(s) || probes(s)) {
        int64_t at = next_leaves(s);
        next = at < next ? at : next;
    }
    return next;
}

int64_t tacet_sending_wait(const struct tacet_sending *s, int64_t now)
{
    size_t bytes = s->resent.bytes + s->video.bytes;

    bytes += (s->resent.count + s->video.count) * TACET_UDP_OVERHEAD;
    return tacet_pacer_wait(&s->pacer, now, bytes);
}

int64_t tacet_sending_resent_wait(const struct tacet_sending *s, int64_t now)
{
    return tacet_pacer_wait(&s->pacer, now, s->resent.bytes + s->resent.count * TACET_UDP_OVERHEAD);
}

bool tacet_sending_is_full(struct tacet_sending *s, int64_t now)
{
    int64_t wait_us = tacet_sending_wait(s, now);

    s->full = s->gives_way || wait_us > (s->full ? WAIT_US : TACET_PACER_WAIT_MAX_US);
    if (wait_us > TACET_PACER_STALE_US) {
        tacet_queue_empty(&s->resent);
        tacet_queue_empty(&s->video);
    }
    return s->full;
}

void tacet_sending_give_way(struct tacet_sending *s, bool on)
{
    s->gives_way = on;
}

/* The way carries less than half of what it did before its queue grew; or it may be so, for the
 * estimator pauses. Once is enough for both. */
static bool begins_afresh(struct tacet_sending *s, int64_t now, bool paused)
{
    int64_t bps = tacet_bwe_estimate(&s->bwe);
    bool pauses = tacet_bwe_pauses(&s->bwe);
    bool collapsed = s->bwe.delay.overuse && bps * 100 < s->calm_bps * COLLAPSE_PERCENT;

    if (collapsed || (s->bwe.delay.calm && !pauses)) {
        s->calm_bps = bps;
    }
    return (collapsed || (pauses && !paused)) && now - s->afresh_at_us >= AFRESH_APART_US;
}

void tacet_sending_on_results(struct tacet_sending *s, int64_t now,
                              struct tacet_packet_result *results, size_t count,
                              int64_t round_trip_us)
{
    bool paused = tacet_bwe_pauses(&s->bwe);

    tacet_bwe_on_results(&s->bwe, now, results, count, round_trip_us);
    if (begins_afresh(s, now, paused)) {
        s->afresh = true;
        s->afresh_at_us = now;
        tacet_queue_empty(&s->resent);
        tacet_queue_empty(&s->video);
    }
    if (s->bwe.delay.calm) {
        s->crowded_since_us = -1;
        return;
    }
    s->crowded_since_us = s->crowded_since_us < 0 ? now : s->crowded_since_us;
    if (now - s->crowded_since_us < CROWDED_MAX_US) {
        s->crowded_until_us = now;
    }
}

bool tacet_sending_was_crowded(const struct tacet_sending *s, int64_t sent_at_us)
{
    return sent_at_us <= s->crowded_until_us;
}

/* Less where pictures wait, so that the next ones need not be left out. */
static int64_t for_the_wait(const struct tacet_sending *s, int64_t now, int64_t video_bps)
{
    int64_t over_us = tacet_sending_wait(s, now) - WAIT_US;

    if (over_us <= 0) {
        return video_bps;
    }
    int64_t percent = 100 - over_us * 100 / WAIT_SPAN_US;
    return video_bps * (percent > WAIT_LEAST_PERCENT ? percent : WAIT_LEAST_PERCENT) / 100;
}

static void lower_voice(struct tacet_audio_need *need, int32_t bps, int64_t most_bps)
{
    if (need->most_bps > bps && tacet_audio_plan_wish_bps(need) > most_bps) {
        need->most_bps = bps;
    }
}

static void make_cheaper(struct tacet_audio_need *need, int64_t most_bps)
{
    lower_voice(need, DEAR_BPS, most_bps);
    while (need->depth > DEAR_DEPTH && tacet_audio_plan_wish_bps(need) > most_bps) {
        need->depth--;
    }
    lower_voice(need, DEARER_BPS, DEARER_TIMES * most_bps);
}

/* Audio first: all it wants, unless that leaves nothing for the picture. Video gets the rest. */
static void share(struct tacet_sending *s, int64_t now)
{
    int64_t target = tacet_bwe_target(&s->bwe);
    int64_t percent = s->video_most_bps > 0 ? AUDIO_SHARE_PERCENT : AUDIO_ALONE_PERCENT;
    int64_t room = target * percent / 100;
    int64_t video =
        (target - audio_on_wire(s)) * s->video_size / (s->video_size + TACET_UDP_OVERHEAD);

    room = room > AUDIO_ROOM_LEAST_BPS ? room : AUDIO_ROOM_LEAST_BPS;
    room = has_room(s) ? TACET_AUDIO_ROOM_ALL : room;
    room = s->gives_way ? AUDIO_ROOM_LEAST_BPS : room;
    struct tacet_audio_need need = s->audio_need;
    if (s->bwe.reports.last_us < 0 && s->bwe.reports.held_permille < 1000) {
        need.depth = 0; /* no report has come of the first ones, and perhaps none ever will */
    }
    if (s->video_most_bps > 0 && !has_room(s)) {
        make_cheaper(&need, target * DEAR_PERCENT / 100);
    }
    (void)tacet_audio_plan_fit(&s->audio_plan, now, room, &need);
    if (has_room(s)) {
        video = s->video_most_bps;
    }
    video = for_the_wait(s, now, video);
    if (tacet_bwe_pauses(&s->bwe) && video > pause_bps(s)) {
        video = pause_bps(s);
    }
    int64_t least = s->video_most_bps < VIDEO_LEAST_BPS ? s->video_most_bps : VIDEO_LEAST_BPS;
    s->video_bps = (int32_t)tacet_clamp(video, least, s->video_most_bps);
}

static bool is_news(const struct tacet_sending *s, int64_t now, int32_t bps, int32_t told,
                    int32_t most)
{
    int64_t percent = now - s->told_at_us >= UP_SOON_US ? UP_SOON_PERCENT : UP_PERCENT;

    return (int64_t)bps * 100 < (int64_t)told * DOWN_PERCENT ||
           (int64_t)bps * 100 > told * percent || (bps == most && told < most);
}

bool tacet_sending_update(struct tacet_sending *s, int64_t now)
{
    tacet_bwe_set_most(&s->bwe, now, wanted(s));
    tacet_bwe_on_timeout(&s->bwe, now);
    set_pace(s, now);
    share(s, now);
    return s->audio_plan.packet_ms != s->told_audio_ms ||
           is_news(s, now, s->audio_plan.bitrate_bps, s->told_audio_bps, s->audio_need.most_bps) ||
           is_news(s, now, s->video_bps, s->told_video_bps, s->video_most_bps);
}

void tacet_sending_told(struct tacet_sending *s, int64_t now)
{
    s->told_audio_ms = s->audio_plan.packet_ms;
    s->told_audio_bps = s->audio_plan.bitrate_bps;
    s->told_video_bps = s->video_bps;
    s->told_at_us = now;
}
