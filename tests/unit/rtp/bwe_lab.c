/* See bwe_lab.h: the sender with its estimator, and the ways. */
#include "bwe_lab_flow.h"

#include "base/limits.h"
#include "sim/world.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FEEDBACK_US TACET_MS(50)
#define AUDIO_US TACET_MS(20)
#define PAUSE_PACKET_US TACET_MS(50) /* next to nothing leaves in a pause */
#define AUDIO_BYTES 150
#define PACKET_BYTES 1200
#define REPORT_BYTES 100
#define PEER_CLOCK_US INT64_C(-123456789) /* any offset will do */

void lab_at(struct lab *lab, int64_t when, tacet_world_fn *fn, void *ctx, uint64_t arg)
{
    int error = tacet_world_at(lab->world, when, fn, ctx, arg);

    assert(error == 0);
    (void)error;
}

size_t lab_tick(int64_t now)
{
    int64_t tick = now / LAB_TICK_US;

    return (size_t)(tick < LAB_TICKS ? tick : LAB_TICKS - 1);
}

bool lab_is_sending(const struct lab_flow *f, int64_t now)
{
    return now >= f->config.begin_us && now < f->config.end_us &&
           !(now >= f->config.pause_us && now < f->config.resume_us);
}

static void arrive(void *ctx, int64_t now, uint64_t seq)
{
    struct lab_flow *f = ctx;
    struct lab_packet *p = &f->packets[seq % LAB_PACKETS];

    p->arrived = true;
    p->arrived_at_us = now;
    f->highest = seq + 1 > f->highest ? seq + 1 : f->highest;
    if (f->config.tcp) {
        lab_at(f->lab, now + f->config.back.delay_us, lab_tcp_on_ack, f, seq);
    } else if (p->frame > 0 && p->frame_end) {
        f->frames[p->frame - 1].complete_at_us = now;
    }
}

/* arg: sequence number, and above it the number of the bottleneck that comes next. */
static void pass(void *ctx, int64_t now, uint64_t arg)
{
    struct lab_flow *f = ctx;
    uint64_t seq = arg & 0xffffffff;
    int hop = (int)(arg >> 32);
    struct lab_packet *p = &f->packets[seq % LAB_PACKETS];
    int64_t out_us[2];

    while (hop < LAB_BOTTLENECKS && (f->config.bottlenecks & 1u << hop) == 0) {
        hop++;
    }
    if (hop < LAB_BOTTLENECKS) {
        struct tacet_link *link = &f->lab->bottlenecks[hop];
        f->queue[lab_tick(now)] = link->busy_until_us > now ? link->busy_until_us - now : 0;
        if (tacet_link_send(link, now, p->size - LAB_UDP_BYTES, out_us) == 0) {
            p->gone = true;
            f->lost[lab_tick(now)]++;
            return;
        }
        lab_at(f->lab, out_us[0], pass, f, seq | (uint64_t)(hop + 1) << 32);
        return;
    }
    f->passed[lab_tick(now)] += p->size;
    if (tacet_link_send(&f->way, now, p->size - LAB_UDP_BYTES, out_us) == 0) {
        p->gone = true;
        f->lost[lab_tick(now)]++;
        return;
    }
    lab_at(f->lab, out_us[0], arrive, f, seq);
}

void lab_send(struct lab_flow *f, int64_t now, uint32_t size, uint32_t frame, bool end)
{
    uint64_t seq = f->next_seq++;
    struct lab_packet *p = &f->packets[seq % LAB_PACKETS];

    *p = (struct lab_packet){ .sent_at_us = now, .size = size, .frame = frame, .frame_end = end };
    if (!f->config.tcp) {
        p->probe = tacet_bwe_on_sent(&f->bwe, now, size);
        tacet_pacer_on_sent(&f->pacer, now, size);
    }
    f->sent_at_us = now;
    f->sent[lab_tick(now)] += size;
    f->count[lab_tick(now)]++;
    pass(f, now, seq);
}

static enum tacet_pacer_slack slack(const struct lab_flow *f, int64_t now)
{
    if (tacet_bwe_target(&f->bwe) * 100 >= f->config.most_bps * 97) {
        return TACET_PACER_ROOM;
    }
    return tacet_bwe_met_capacity(&f->bwe, now) ? TACET_PACER_TIGHT : TACET_PACER_SLACK;
}

static void pump(void *ctx, int64_t now, uint64_t arg)
{
    struct lab_flow *f = ctx;

    (void)arg;
    f->pump_set = false;
    for (;;) {
        int64_t probe_bps = 0;
        int64_t left = tacet_bwe_probe(&f->bwe, &probe_bps);
        tacet_pacer_set_rate(&f->pacer, now, tacet_bwe_target(&f->bwe), slack(f, now));
        tacet_pacer_set_probe(&f->pacer, now, left > 0 ? probe_bps : 0);
        if (f->head == f->tail &&
            (left <= 0 || !lab_is_sending(f, now) || f->config.frame_us == 0)) {
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
            lab_at(f->lab, next, pump, f, 0);
            return;
        }
        if (f->head != f->tail) {
            struct lab_waiting *w = &f->waiting[f->head++ % LAB_PACKETS];
            f->waiting_bytes -= w->size;
            lab_send(f, now, w->size, w->frame, w->end);
        } else {
            lab_send(f, now, PACKET_BYTES + LAB_UDP_BYTES, 0, false);
        }
    }
}

static void pump_soon(struct lab_flow *f, int64_t now)
{
    if (!f->pump_set) {
        pump(f, now, 0);
    }
}

static void audio(void *ctx, int64_t now, uint64_t arg)
{
    struct lab_flow *f = ctx;

    (void)arg;
    if (lab_is_sending(f, now)) {
        lab_send(f, now, AUDIO_BYTES + LAB_UDP_BYTES, 0, false);
    }
    if (now < f->config.end_us) {
        lab_at(f->lab, now + AUDIO_US, audio, f, 0);
    }
}

static void video(void *ctx, int64_t now, uint64_t arg)
{
    struct lab_flow *f = ctx;
    int64_t audio_bps = (AUDIO_BYTES + LAB_UDP_BYTES) * 8 * (1000000 / AUDIO_US);
    int64_t bps = tacet_bwe_target(&f->bwe) - audio_bps;
    int64_t wobble = f->config.wobble_permille;
    /* What an encoder is told it meets on the whole; that is not this frame's size. */
    int64_t share = 1000 - wobble + (int64_t)tacet_rng_below(&f->rng, (uint64_t)wobble * 2 + 1);

    (void)arg;
    /* Nobody encodes what would wait for seconds. */
    int64_t wait_us = tacet_pacer_wait(&f->pacer, now, f->waiting_bytes);
    if (lab_is_sending(f, now) && wait_us <= TACET_S(1)) {
        bps = bps > 30000 ? bps : 30000;
        bps =
            f->config.content_bps > 0 && bps > f->config.content_bps ? f->config.content_bps : bps;
        if (wait_us > TACET_MS(150)) {
            bps /= 2;
        }
        int64_t bytes = bps * f->config.frame_us / 8000000 * share / 1000;
        bytes = f->frame_count == 0 ? bytes * 5 : bytes;
        f->frames[f->frame_count++] = (struct lab_frame){ .captured_at_us = now };
        assert(f->frame_count < LAB_FRAMES_MAX);
        while (bytes > 0 && f->tail - f->head < LAB_PACKETS / 2) {
            int64_t size = bytes < PACKET_BYTES ? bytes : PACKET_BYTES;
            bytes -= size;
            f->waiting[f->tail++ % LAB_PACKETS] = (struct lab_waiting){
                .size = (uint32_t)size + LAB_UDP_BYTES + 12,
                .frame = f->frame_count,
                .end = bytes == 0,
            };
            f->waiting_bytes += (size_t)size + LAB_UDP_BYTES + 12;
        }
        pump_soon(f, now);
    }
    if (now < f->config.end_us) {
        lab_at(f->lab, now + f->config.frame_us, video, f, 0);
    }
}

struct report {
    struct lab_flow *flow;
    size_t count;
    struct tacet_packet_result results[];
};

static void on_report(void *ctx, int64_t now, uint64_t arg)
{
    struct report *report = ctx;
    struct lab_flow *f = report->flow;
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
    struct lab_flow *f = report->flow;
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
        lab_at(f->lab, at_us[0], last ? on_report : pass_report, report, hop + 1);
    }
}

static void feedback(void *ctx, int64_t now, uint64_t arg)
{
    struct lab_flow *f = ctx;
    size_t count = 0;

    (void)arg;
    for (; f->reported < f->highest; f->reported++) {
        const struct lab_packet *p = &f->packets[f->reported % LAB_PACKETS];
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
        lab_at(f->lab, now + FEEDBACK_US, feedback, f, 0);
    }
}

static void watch(void *ctx, int64_t now, uint64_t arg)
{
    struct lab_flow *f = ctx;

    (void)arg;
    if (now >= tacet_bwe_timeout(&f->bwe)) {
        tacet_bwe_on_timeout(&f->bwe, now);
    }
    f->estimate[lab_tick(now)] = tacet_bwe_estimate(&f->bwe);
    f->target[lab_tick(now)] = tacet_bwe_target(&f->bwe);
    if (now < f->config.end_us) {
        lab_at(f->lab, now + LAB_TICK_US, watch, f, 0);
    }
}

static void begin_media(struct lab_flow *f, int64_t now)
{
    tacet_bwe_init(&f->bwe, now, f->config.start_bps, f->config.most_bps);
    tacet_pacer_init(&f->pacer, now, f->config.start_bps);
    lab_at(f->lab, now, audio, f, 0);
    if (f->config.frame_us > 0) {
        lab_at(f->lab, now, video, f, 0);
    }
    lab_at(f->lab, now + FEEDBACK_US, feedback, f, 0);
    lab_at(f->lab, now, watch, f, 0);
}

static void begin(void *ctx, int64_t now, uint64_t arg)
{
    struct lab_flow *f = ctx;

    (void)arg;
    if (!f->config.tcp) {
        begin_media(f, now);
        return;
    }
    lab_tcp_begin(f, now);
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
    struct lab_flow *f = ctx;

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
        struct lab_flow *f = calloc(1, sizeof(*f));
        assert(f != NULL);
        f->frames = calloc(LAB_FRAMES_MAX, sizeof(*f->frames));
        assert(f->frames != NULL);
        f->lab = lab;
        f->index = i;
        f->config = config->flows[i];
        tacet_link_init(&f->way, &f->config.way, config->seed, 10 + (uint64_t)i * 2);
        tacet_link_init(&f->back, &f->config.back, config->seed, 11 + (uint64_t)i * 2);
        tacet_rng_seed(&f->rng, config->seed, 100 + (uint64_t)i);
        lab->flows[i] = f;
        lab_at(lab, f->config.begin_us, begin, f, 0);
        if (f->config.moves_us > 0) {
            lab_at(lab, f->config.moves_us, move, f, 0);
        }
    }
    for (size_t i = 0; i < LAB_STEPS; i++) {
        if (config->steps[i].at_us > 0) {
            lab_at(lab, config->steps[i].at_us, change, lab, i);
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
