/* See bwe_lab.h. */
#include "bwe_lab.h"

#include "base/limits.h"
#include "sim/world.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_US TACET_MS(100)
#define TICKS (LAB_SECONDS_MAX * 10)
#define PACKETS 4096 /* in flight or waiting, at most, of a flow */
#define FRAMES_MAX (LAB_SECONDS_MAX * 60)
#define FEEDBACK_US TACET_MS(50)
#define AUDIO_US TACET_MS(20)
#define PAUSE_PACKET_US TACET_MS(50) /* next to nothing leaves in a pause */
#define AUDIO_BYTES 150
#define PACKET_BYTES 1200
#define REPORT_BYTES 100
#define UDP_BYTES 28
#define PEER_CLOCK_US INT64_C(-123456789) /* any offset will do */
#define TCP_BYTES 1472

struct packet {
    int64_t sent_at_us;
    int64_t arrived_at_us;
    uint32_t size;
    uint32_t frame;
    uint8_t probe;
    bool arrived;
    bool gone; /* will never arrive */
    bool frame_end;
};

struct waiting {
    uint32_t size;
    uint32_t frame;
    bool end;
};

struct frame {
    int64_t captured_at_us;
    int64_t complete_at_us;
};

struct flow {
    struct lab *lab;
    int index;
    struct lab_flow_config config;
    struct tacet_link way, back;
    struct tacet_bwe bwe;
    struct tacet_pacer pacer;
    struct tacet_rng rng;
    struct packet packets[PACKETS];
    uint64_t next_seq;
    int64_t sent_at_us; /* the last packet */
    uint64_t reported;  /* below it everything is told */
    uint64_t highest;   /* arrived; one above */
    struct waiting waiting[PACKETS];
    uint64_t head, tail;
    size_t waiting_bytes;
    bool pump_set;
    int64_t pump_at_us;
    struct frame *frames;
    uint32_t frame_count;
    int64_t sent[TICKS], passed[TICKS], estimate[TICKS], target[TICKS], queue[TICKS];
    uint32_t count[TICKS], lost[TICKS];
    struct tacet_packet_result results[PACKETS];
    /* TCP */
    int64_t transfer_left; /* packets */
    bool resting;
    double window, window_max, threshold;
    int64_t epoch_us, reduced_at_us;
    uint64_t acked; /* below it all is acknowledged or given up */
    uint64_t ack_highest;
    int64_t in_flight;
    int64_t last_ack_us;
};

struct lab {
    struct lab_config config;
    struct tacet_world *world;
    struct tacet_link bottlenecks[LAB_BOTTLENECKS];
    struct flow *flows[LAB_FLOWS];
};

static void at(struct lab *lab, int64_t when, tacet_world_fn *fn, void *ctx, uint64_t arg)
{
    int error = tacet_world_at(lab->world, when, fn, ctx, arg);

    assert(error == 0);
    (void)error;
}

static size_t tick_of(int64_t now)
{
    int64_t tick = now / TICK_US;

    return (size_t)(tick < TICKS ? tick : TICKS - 1);
}

static bool is_sending(const struct flow *f, int64_t now)
{
    return now >= f->config.begin_us && now < f->config.end_us &&
           !(now >= f->config.pause_us && now < f->config.resume_us);
}

static void tcp_on_ack(void *ctx, int64_t now, uint64_t seq);

static void arrive(void *ctx, int64_t now, uint64_t seq)
{
    struct flow *f = ctx;
    struct packet *p = &f->packets[seq % PACKETS];

    p->arrived = true;
    p->arrived_at_us = now;
    f->highest = seq + 1 > f->highest ? seq + 1 : f->highest;
    if (f->config.tcp) {
        at(f->lab, now + f->config.back.delay_us, tcp_on_ack, f, seq);
    } else if (p->frame > 0 && p->frame_end) {
        f->frames[p->frame - 1].complete_at_us = now;
    }
}

/* arg: sequence number, and above it the number of the bottleneck that comes next. */
static void pass(void *ctx, int64_t now, uint64_t arg)
{
    struct flow *f = ctx;
    uint64_t seq = arg & 0xffffffff;
    int hop = (int)(arg >> 32);
    struct packet *p = &f->packets[seq % PACKETS];
    int64_t out_us[2];

    while (hop < LAB_BOTTLENECKS && (f->config.bottlenecks & 1u << hop) == 0) {
        hop++;
    }
    if (hop < LAB_BOTTLENECKS) {
        struct tacet_link *link = &f->lab->bottlenecks[hop];
        f->queue[tick_of(now)] = link->busy_until_us > now ? link->busy_until_us - now : 0;
        if (tacet_link_send(link, now, p->size - UDP_BYTES, out_us) == 0) {
            p->gone = true;
            f->lost[tick_of(now)]++;
            return;
        }
        at(f->lab, out_us[0], pass, f, seq | (uint64_t)(hop + 1) << 32);
        return;
    }
    f->passed[tick_of(now)] += p->size;
    if (tacet_link_send(&f->way, now, p->size - UDP_BYTES, out_us) == 0) {
        p->gone = true;
        f->lost[tick_of(now)]++;
        return;
    }
    at(f->lab, out_us[0], arrive, f, seq);
}

static void send_packet(struct flow *f, int64_t now, uint32_t size, uint32_t frame, bool end)
{
    uint64_t seq = f->next_seq++;
    struct packet *p = &f->packets[seq % PACKETS];

    *p = (struct packet){ .sent_at_us = now, .size = size, .frame = frame, .frame_end = end };
    if (!f->config.tcp) {
        p->probe = tacet_bwe_on_sent(&f->bwe, now, size);
        tacet_pacer_on_sent(&f->pacer, now, size);
    }
    f->sent_at_us = now;
    f->sent[tick_of(now)] += size;
    f->count[tick_of(now)]++;
    pass(f, now, seq);
}

static enum tacet_pacer_slack slack(const struct flow *f, int64_t now)
{
    if (tacet_bwe_target(&f->bwe) * 100 >= f->config.most_bps * 97) {
        return TACET_PACER_ROOM;
    }
    return tacet_bwe_met_capacity(&f->bwe, now) ? TACET_PACER_TIGHT : TACET_PACER_SLACK;
}

static void pump(void *ctx, int64_t now, uint64_t arg)
{
    struct flow *f = ctx;

    (void)arg;
    f->pump_set = false;
    for (;;) {
        int64_t probe_bps = 0;
        int64_t left = tacet_bwe_probe(&f->bwe, &probe_bps);
        tacet_pacer_set_rate(&f->pacer, now, tacet_bwe_target(&f->bwe), slack(f, now));
        tacet_pacer_set_probe(&f->pacer, now, left > 0 ? probe_bps : 0);
        if (f->head == f->tail && (left <= 0 || !is_sending(f, now) || f->config.frame_us == 0)) {
            return;
        }
        int64_t next = tacet_pacer_next(&f->pacer);
        int64_t not_before = f->sent_at_us + PAUSE_PACKET_US;
        int64_t held_until = tacet_bwe_held_until(&f->bwe);
        next = tacet_bwe_pauses(&f->bwe) && next < not_before ? not_before : next;
        next = next > held_until ? next : held_until;
        if (next > now) {
            f->pump_set = true;
            f->pump_at_us = next;
            at(f->lab, next, pump, f, 0);
            return;
        }
        if (f->head != f->tail) {
            struct waiting *w = &f->waiting[f->head++ % PACKETS];
            f->waiting_bytes -= w->size;
            send_packet(f, now, w->size, w->frame, w->end);
        } else {
            send_packet(f, now, PACKET_BYTES + UDP_BYTES, 0, false);
        }
    }
}

static void pump_soon(struct flow *f, int64_t now)
{
    if (!f->pump_set) {
        pump(f, now, 0);
    }
}

static void audio(void *ctx, int64_t now, uint64_t arg)
{
    struct flow *f = ctx;

    (void)arg;
    if (is_sending(f, now)) {
        send_packet(f, now, AUDIO_BYTES + UDP_BYTES, 0, false);
    }
    if (now < f->config.end_us) {
        at(f->lab, now + AUDIO_US, audio, f, 0);
    }
}

static void video(void *ctx, int64_t now, uint64_t arg)
{
    struct flow *f = ctx;
    int64_t audio_bps = (AUDIO_BYTES + UDP_BYTES) * 8 * (1000000 / AUDIO_US);
    int64_t bps = tacet_bwe_target(&f->bwe) - audio_bps;
    int64_t wobble = f->config.wobble_permille;
    /* What an encoder is told it meets on the whole; that is not this frame's size. */
    int64_t share = 1000 - wobble + (int64_t)tacet_rng_below(&f->rng, (uint64_t)wobble * 2 + 1);

    (void)arg;
    /* Nobody encodes what would wait for seconds. */
    int64_t wait_us = tacet_pacer_wait(&f->pacer, now, f->waiting_bytes);
    if (is_sending(f, now) && wait_us <= TACET_S(1)) {
        bps = bps > 30000 ? bps : 30000;
        if (wait_us > TACET_MS(150)) {
            bps /= 2;
        }
        int64_t bytes = bps * f->config.frame_us / 8000000 * share / 1000;
        bytes = f->frame_count == 0 ? bytes * 5 : bytes;
        f->frames[f->frame_count++] = (struct frame){ .captured_at_us = now };
        assert(f->frame_count < FRAMES_MAX);
        while (bytes > 0 && f->tail - f->head < PACKETS / 2) {
            int64_t size = bytes < PACKET_BYTES ? bytes : PACKET_BYTES;
            bytes -= size;
            f->waiting[f->tail++ % PACKETS] = (struct waiting){
                .size = (uint32_t)size + UDP_BYTES + 12,
                .frame = f->frame_count,
                .end = bytes == 0,
            };
            f->waiting_bytes += (size_t)size + UDP_BYTES + 12;
        }
        pump_soon(f, now);
    }
    if (now < f->config.end_us) {
        at(f->lab, now + f->config.frame_us, video, f, 0);
    }
}

struct report {
    struct flow *flow;
    size_t count;
    struct tacet_packet_result results[];
};

static void on_report(void *ctx, int64_t now, uint64_t arg)
{
    struct report *report = ctx;
    struct flow *f = report->flow;
    int64_t round_trip_us = f->way.config.delay_us + f->back.config.delay_us;

    (void)arg;
    if (now >= tacet_bwe_timeout(&f->bwe)) {
        tacet_bwe_on_timeout(&f->bwe, now);
    }
    int64_t before = tacet_bwe_estimate(&f->bwe);
    tacet_bwe_on_results(&f->bwe, now, report->results, report->count, round_trip_us);
    if (tacet_bwe_estimate(&f->bwe) * 2 < before) {
        f->head = f->tail; /* as call/sending.h: made for another rate */
        f->waiting_bytes = 0;
    }
    free(report);
    pump_soon(f, now);
}

/* arg: the number of the bottleneck that comes next. */
static void pass_report(void *ctx, int64_t now, uint64_t arg)
{
    struct report *report = ctx;
    struct flow *f = report->flow;
    uint64_t hop = arg;
    int64_t at_us[2];

    while (hop < LAB_BOTTLENECKS && (f->config.back_bottlenecks & 1u << hop) == 0) {
        hop++;
    }
    bool last = hop == LAB_BOTTLENECKS;
    struct tacet_link *link = last ? &f->back : &f->lab->bottlenecks[hop];
    if (tacet_link_send(link, now, REPORT_BYTES, at_us) == 0) {
        free(report);
    } else {
        at(f->lab, at_us[0], last ? on_report : pass_report, report, hop + 1);
    }
}

static void feedback(void *ctx, int64_t now, uint64_t arg)
{
    struct flow *f = ctx;
    size_t count = 0;

    (void)arg;
    for (; f->reported < f->highest; f->reported++) {
        const struct packet *p = &f->packets[f->reported % PACKETS];
        f->results[count++] = (struct tacet_packet_result){
            .sent_at_us = p->sent_at_us,
            .arrived_at_us = (p->arrived_at_us + PEER_CLOCK_US) * 1024 / 1000000 * 1000000 / 1024,
            .size = p->size,
            .probe = p->probe,
            .seq = f->reported,
            .lost = !p->arrived,
        };
    }
    if (count > 0) {
        struct report *report = malloc(sizeof(*report) + count * sizeof(report->results[0]));
        assert(report != NULL);
        report->flow = f;
        report->count = count;
        memcpy(report->results, f->results, count * sizeof(report->results[0]));
        pass_report(report, now, 0);
    }
    if (now < f->config.end_us) {
        at(f->lab, now + FEEDBACK_US, feedback, f, 0);
    }
}

static void watch(void *ctx, int64_t now, uint64_t arg)
{
    struct flow *f = ctx;

    (void)arg;
    if (now >= tacet_bwe_timeout(&f->bwe)) {
        tacet_bwe_on_timeout(&f->bwe, now);
    }
    f->estimate[tick_of(now)] = tacet_bwe_estimate(&f->bwe);
    f->target[tick_of(now)] = tacet_bwe_target(&f->bwe);
    if (now < f->config.end_us) {
        at(f->lab, now + TICK_US, watch, f, 0);
    }
}

static void begin_media(struct flow *f, int64_t now)
{
    tacet_bwe_init(&f->bwe, now, f->config.start_bps, f->config.most_bps);
    tacet_pacer_init(&f->pacer, now, f->config.start_bps);
    at(f->lab, now, audio, f, 0);
    if (f->config.frame_us > 0) {
        at(f->lab, now, video, f, 0);
    }
    at(f->lab, now + FEEDBACK_US, feedback, f, 0);
    at(f->lab, now, watch, f, 0);
}

/* --- a Cubic flow (RFC 9438): one transfer without end, or one after the other --- */

static void tcp_send(struct flow *f, int64_t now)
{
    while (is_sending(f, now) && f->transfer_left > 0 && (double)f->in_flight < f->window) {
        f->in_flight++;
        f->transfer_left--;
        send_packet(f, now, TCP_BYTES + UDP_BYTES, 0, false);
    }
}

static void tcp_transfer(void *ctx, int64_t now, uint64_t arg)
{
    struct flow *f = ctx;
    const int64_t *bytes = f->config.transfer_bytes;
    uint64_t more = tacet_rng_below(&f->rng, (uint64_t)(bytes[1] - bytes[0]) + 1);

    (void)arg;
    f->resting = false;
    f->transfer_left = bytes[1] == 0 ? INT64_MAX : (bytes[0] + (int64_t)more) / TCP_BYTES;
    f->window = 10;
    f->threshold = 1e9;
    f->last_ack_us = now;
    tcp_send(f, now);
}

/* All of a transfer is through: the next one begins some time later. */
static void tcp_rest(struct flow *f, int64_t now)
{
    if (f->transfer_left > 0 || f->in_flight > 0 || f->resting || now >= f->config.end_us) {
        return;
    }
    double share = (double)(tacet_rng_below(&f->rng, 1000000) + 1) / 1e6;
    f->resting = true;
    at(f->lab, now + (int64_t)(-log(share) * (double)f->config.rest_us), tcp_transfer, f, 0);
}

static void tcp_reduce(struct flow *f, int64_t now)
{
    f->window_max = f->window;
    f->window *= 0.7;
    f->window = f->window < 2 ? 2 : f->window;
    f->threshold = f->window;
    f->reduced_at_us = now;
    f->epoch_us = now;
}

static void tcp_grow(struct flow *f, int64_t now)
{
    if (f->window < f->threshold) {
        f->window += 1;
        return;
    }
    double t = (double)(now - f->epoch_us) / 1e6;
    double k = cbrt(f->window_max * 0.3 / 0.4);
    double round_trip = (double)(f->config.way.delay_us + f->config.back.delay_us) / 1e6;
    double cubic = 0.4 * (t - k) * (t - k) * (t - k) + f->window_max;
    double friendly = f->window_max * 0.7 + 3 * 0.3 / 1.7 * t / round_trip;
    double wanted = cubic > friendly ? cubic : friendly;
    if (wanted > f->window) {
        double by = (wanted - f->window) / f->window;
        f->window += by < 0.5 ? by : 0.5;
    }
}

static void tcp_on_ack(void *ctx, int64_t now, uint64_t seq)
{
    struct flow *f = ctx;
    bool lost = false;

    f->last_ack_us = now;
    f->in_flight--;
    f->ack_highest = seq + 1 > f->ack_highest ? seq + 1 : f->ack_highest;
    /* Three packets behind it have arrived: it is lost. */
    while (f->acked + 3 < f->ack_highest) {
        const struct packet *p = &f->packets[f->acked % PACKETS];
        if (!p->arrived) {
            f->in_flight--;
            lost = lost || p->sent_at_us > f->reduced_at_us;
        }
        f->acked++;
    }
    if (lost) {
        tcp_reduce(f, now);
    } else {
        tcp_grow(f, now);
    }
    tcp_send(f, now);
    tcp_rest(f, now);
}

/* All in flight was lost: begin again. */
static void tcp_watch(void *ctx, int64_t now, uint64_t arg)
{
    struct flow *f = ctx;

    (void)arg;
    if (now - f->last_ack_us > TACET_S(1)) {
        f->in_flight = 0;
        f->acked = f->next_seq;
        f->threshold = f->window / 2;
        f->window = 2;
        f->last_ack_us = now;
        tcp_send(f, now);
        tcp_rest(f, now);
    }
    if (now < f->config.end_us) {
        at(f->lab, now + TACET_MS(500), tcp_watch, f, 0);
    }
}

static void begin(void *ctx, int64_t now, uint64_t arg)
{
    struct flow *f = ctx;

    (void)arg;
    if (!f->config.tcp) {
        begin_media(f, now);
        return;
    }
    tcp_transfer(f, now, 0);
    at(f->lab, now + TACET_MS(500), tcp_watch, f, 0);
}

static void change(void *ctx, int64_t now, uint64_t arg)
{
    struct lab *lab = ctx;
    const struct lab_step *step = &lab->config.steps[arg];

    (void)now;
    lab->bottlenecks[step->bottleneck].config.rate_bps = step->rate_bps;
}

static void move(void *ctx, int64_t now, uint64_t arg)
{
    struct flow *f = ctx;

    (void)now;
    (void)arg;
    f->way.config = f->back.config = f->config.moved;
}

void lab_flow_config_init(struct lab_flow_config *flow)
{
    *flow = (struct lab_flow_config){
        .end_us = TACET_S(LAB_SECONDS_MAX),
        .start_bps = 1000000,
        .most_bps = 2600000,
        .frame_us = 33333,
        .wobble_permille = 200,
        .way.delay_us = TACET_MS(50),
        .back.delay_us = TACET_MS(50),
        .bottlenecks = 1,
    };
}

void lab_config_init(struct lab_config *config)
{
    *config = (struct lab_config){
        .seed = 1,
        .rate_bps = { 2500000, 2500000 },
        .queue_us = { TACET_MS(200), TACET_MS(200) },
        .flow_count = 1,
    };
    for (int i = 0; i < LAB_FLOWS; i++) {
        lab_flow_config_init(&config->flows[i]);
    }
}

struct lab *lab_create(const struct lab_config *config)
{
    struct lab *lab = calloc(1, sizeof(*lab));

    assert(lab != NULL);
    lab->config = *config;
    int error = tacet_world_create(0, &lab->world);
    assert(error == 0);
    (void)error;
    for (int i = 0; i < LAB_BOTTLENECKS; i++) {
        struct tacet_link_config link = { .rate_bps = config->rate_bps[i],
                                          .queue_us = config->queue_us[i] };
        tacet_link_init(&lab->bottlenecks[i], &link, config->seed, (uint64_t)i);
    }
    for (int i = 0; i < config->flow_count; i++) {
        struct flow *f = calloc(1, sizeof(*f));
        assert(f != NULL);
        f->frames = calloc(FRAMES_MAX, sizeof(*f->frames));
        assert(f->frames != NULL);
        f->lab = lab;
        f->index = i;
        f->config = config->flows[i];
        tacet_link_init(&f->way, &f->config.way, config->seed, 10 + (uint64_t)i * 2);
        tacet_link_init(&f->back, &f->config.back, config->seed, 11 + (uint64_t)i * 2);
        tacet_rng_seed(&f->rng, config->seed, 100 + (uint64_t)i);
        lab->flows[i] = f;
        at(lab, f->config.begin_us, begin, f, 0);
        if (f->config.moves_us > 0) {
            at(lab, f->config.moves_us, move, f, 0);
        }
    }
    for (size_t i = 0; i < LAB_STEPS; i++) {
        if (config->steps[i].at_us > 0) {
            at(lab, config->steps[i].at_us, change, lab, i);
        }
    }
    return lab;
}

void lab_free(struct lab *lab)
{
    for (int i = 0; i < lab->config.flow_count; i++) {
        lab->flows[i]->config.end_us = 0;
    }
    lab_run(lab, INT64_MAX / 2); /* reports under way are freed as they arrive */
    for (int i = 0; i < lab->config.flow_count; i++) {
        free(lab->flows[i]->frames);
        free(lab->flows[i]);
    }
    tacet_world_free(&lab->world);
    free(lab);
}

void lab_run(struct lab *lab, int64_t until_us)
{
    while (tacet_world_step(lab->world, until_us)) {
    }
}

struct tacet_bwe *lab_bwe(struct lab *lab, int flow)
{
    return &lab->flows[flow]->bwe;
}

static int64_t rate_of(const int64_t *ticks, int64_t from_us, int64_t to_us)
{
    int64_t sum = 0;

    for (size_t i = tick_of(from_us); i < tick_of(to_us); i++) {
        sum += ticks[i];
    }
    return sum * 8 * 1000000 / (to_us - from_us);
}

int64_t lab_rate(const struct lab *lab, int flow, int64_t from_us, int64_t to_us)
{
    return rate_of(lab->flows[flow]->passed, from_us, to_us);
}

int64_t lab_sent_rate(const struct lab *lab, int flow, int64_t from_us, int64_t to_us)
{
    return rate_of(lab->flows[flow]->sent, from_us, to_us);
}

int64_t lab_estimate_mean(const struct lab *lab, int flow, int64_t from_us, int64_t to_us)
{
    int64_t sum = 0;
    int64_t count = 0;

    for (size_t i = tick_of(from_us); i < tick_of(to_us); i++) {
        sum += lab->flows[flow]->estimate[i];
        count++;
    }
    return sum / count;
}

int64_t lab_estimate_least(const struct lab *lab, int flow, int64_t from_us, int64_t to_us)
{
    int64_t least = INT64_MAX;

    for (size_t i = tick_of(from_us); i < tick_of(to_us); i++) {
        int64_t estimate = lab->flows[flow]->estimate[i];
        least = estimate < least ? estimate : least;
    }
    return least;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return (*x > *y) - (*x < *y);
}

int64_t lab_latency(const struct lab *lab, int flow, int64_t from_us, int64_t to_us, int percentile)
{
    const struct flow *f = lab->flows[flow];
    int64_t *all = calloc(f->frame_count + 1, sizeof(*all));
    size_t count = 0;

    assert(all != NULL);
    for (uint32_t i = 0; i < f->frame_count; i++) {
        const struct frame *frame = &f->frames[i];
        if (frame->captured_at_us >= from_us && frame->captured_at_us < to_us &&
            frame->complete_at_us > 0) {
            all[count++] = frame->complete_at_us - frame->captured_at_us;
        }
    }
    qsort(all, count, sizeof(*all), compare);
    size_t which = count * (size_t)percentile / 100;
    int64_t result = count == 0 ? INT64_MAX : all[which < count ? which : count - 1];
    free(all);
    return result;
}

int64_t lab_longest_above(const struct lab *lab, int flow, int64_t from_us, int64_t to_us,
                          int64_t rate_bps)
{
    int first = flow == LAB_ALL_FLOWS ? 0 : flow;
    int last = flow == LAB_ALL_FLOWS ? lab->config.flow_count - 1 : flow;
    int64_t longest = 0;
    int64_t on_end = 0;

    /* Over 300 ms each: a frame more or less in 100 ms is no rate. */
    for (size_t i = tick_of(from_us) + 2; i < tick_of(to_us); i++) {
        int64_t bytes = 0;
        for (int n = first; n <= last; n++) {
            const struct flow *f = lab->flows[n];
            bytes += f->sent[i] + f->sent[i - 1] + f->sent[i - 2];
        }
        int64_t bps = bytes * 8 * 10 / 3;
        on_end = bps > rate_bps ? on_end + TICK_US : 0;
        longest = on_end > longest ? on_end : longest;
    }
    return longest;
}

int lab_lost_permille(const struct lab *lab, int flow, int64_t from_us, int64_t to_us)
{
    const struct flow *f = lab->flows[flow];
    uint64_t lost = 0;
    uint64_t count = 0;

    for (size_t i = tick_of(from_us); i < tick_of(to_us); i++) {
        lost += f->lost[i];
        count += f->count[i];
    }
    return count == 0 ? 0 : (int)(lost * 1000 / count);
}

int64_t lab_reached(const struct lab *lab, int flow, int64_t from_us, int64_t bps)
{
    for (size_t i = tick_of(from_us); i < TICKS; i++) {
        if (lab->flows[flow]->estimate[i] >= bps) {
            return (int64_t)i * TICK_US;
        }
    }
    return INT64_MAX;
}

void lab_print(const struct lab *lab, int64_t step_us)
{
    int64_t end = tacet_world_now(lab->world);

    for (int64_t t = 0; t + step_us <= end; t += step_us) {
        printf("%6.1f", (double)t / 1e6);
        for (int i = 0; i < lab->config.flow_count; i++) {
            const struct flow *f = lab->flows[i];
            printf(
                " | est %5lld tgt %5lld sent %5lld out %5lld q %4lld lost %3d",
                (long long)f->estimate[tick_of(t)] / 1000, (long long)f->target[tick_of(t)] / 1000,
                (long long)lab_sent_rate(lab, i, t, t + step_us) / 1000,
                (long long)lab_rate(lab, i, t, t + step_us) / 1000,
                (long long)f->queue[tick_of(t)] / 1000, lab_lost_permille(lab, i, t, t + step_us));
        }
        printf("\n");
    }
}
