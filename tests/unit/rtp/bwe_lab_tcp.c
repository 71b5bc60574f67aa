/* A Cubic flow (RFC 9438) beside the others: one transfer without end, or one after the other. */
#include "bwe_lab_flow.h"

#include "base/limits.h"

#include <math.h>

#define TCP_BYTES 1472

static void tcp_send(struct lab_flow *f, int64_t now)
{
    while (lab_is_sending(f, now) && f->transfer_left > 0 && (double)f->in_flight < f->window) {
        f->in_flight++;
        f->transfer_left--;
        lab_send(f, now, TCP_BYTES + LAB_UDP_BYTES, 0, false);
    }
}

static void tcp_transfer(void *ctx, int64_t now, uint64_t arg)
{
    struct lab_flow *f = ctx;
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
static void tcp_rest(struct lab_flow *f, int64_t now)
{
    if (f->transfer_left > 0 || f->in_flight > 0 || f->resting || now >= f->config.end_us) {
        return;
    }
    double share = (double)(tacet_rng_below(&f->rng, 1000000) + 1) / 1e6;
    f->resting = true;
    lab_at(f->lab, now + (int64_t)(-log(share) * (double)f->config.rest_us), tcp_transfer, f, 0);
}

static void tcp_reduce(struct lab_flow *f, int64_t now)
{
    f->window_max = f->window;
    f->window *= 0.7;
    f->window = f->window < 2 ? 2 : f->window;
    f->threshold = f->window;
    f->reduced_at_us = now;
    f->epoch_us = now;
}

static void tcp_grow(struct lab_flow *f, int64_t now)
{
    if (f->window < f->threshold) {
        f->window += 1;
        return;
    }
    double t = (double)(now - f->epoch_us) / 1e6;
    double k = cbrt(f->window_max * 0.3 / 0.4);
    double round_trip = (double)f->round_trip_us / 1e6;
    double cubic = 0.4 * (t - k) * (t - k) * (t - k) + f->window_max;
    double friendly = f->window_max * 0.7 + 3 * 0.3 / 1.7 * t / round_trip;
    double wanted = cubic > friendly ? cubic : friendly;
    if (wanted > f->window) {
        double by = (wanted - f->window) / f->window;
        f->window += by < 0.5 ? by : 0.5;
    }
}

void lab_tcp_on_ack(void *ctx, int64_t now, uint64_t seq)
{
    struct lab_flow *f = ctx;
    bool lost = false;

    f->round_trip_us = now - f->packets[seq % LAB_PACKETS].sent_at_us;
    f->last_ack_us = now;
    f->in_flight--;
    f->ack_highest = seq + 1 > f->ack_highest ? seq + 1 : f->ack_highest;
    /* Three packets behind it have arrived: it is lost. */
    while (f->acked + 3 < f->ack_highest) {
        const struct lab_packet *p = &f->packets[f->acked % LAB_PACKETS];
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
    struct lab_flow *f = ctx;

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
        lab_at(f->lab, now + TACET_MS(500), tcp_watch, f, 0);
    }
}

void lab_tcp_begin(struct lab_flow *f, int64_t now)
{
    tcp_transfer(f, now, 0);
    lab_at(f->lab, now + TACET_MS(500), tcp_watch, f, 0);
}
