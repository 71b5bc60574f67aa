/*
 * A transport that makes another one worse: what is sent through it is lost, doubled or held back.
 *
 *   send -> fate of the n-th datagram -> queue by due time -> inner send, when due
 *
 * It has no thread: what is due leaves in send and recv, and recv wakes for it. The fate is drawn
 * from the seed and the datagram's number alone, so that neither time nor size changes it.
 */
#include "tacet/transport.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "tacet/error.h"
#include "tacet/runner.h"

#include <stdatomic.h>
#include <string.h>

/* When the inner transport is full, it is offered the rest this much later. */
#define RETRY_US 1000

struct held {
    struct tacet_path path;
    int64_t due_us;
    size_t size;
    uint8_t data[TACET_DATAGRAM_ROOM];
};

struct impaired {
    struct tacet_impairment impairment;
    struct tacet_transport inner;
    uint64_t number;     /* of the next datagram */
    int64_t last_due_us; /* due times never fall: order is kept */
    int64_t retry_us;
    atomic_bool woken;
    size_t first;
    size_t count;
    struct held queue[TACET_IMPAIRED_QUEUE_MAX];
};

/* splitmix64, from its published definition. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static bool draw_permille(uint64_t *state, int32_t permille)
{
    return (int64_t)(draw(state) % 1000) < permille;
}

static struct held *at(struct impaired *impaired, size_t n)
{
    return &impaired->queue[(impaired->first + n) % TACET_IMPAIRED_QUEUE_MAX];
}

/* Queues one copy; when the queue is full the copy is lost, as in a router. */
static void hold(struct impaired *impaired, const struct tacet_packet *packet, int64_t due_us)
{
    if (impaired->count == TACET_IMPAIRED_QUEUE_MAX || packet->size > TACET_DATAGRAM_ROOM) {
        return;
    }
    struct held *held = at(impaired, impaired->count++);
    held->path = packet->path;
    held->due_us = due_us;
    held->size = packet->size;
    memcpy(held->data, packet->data, packet->size);
}

static void decide(struct impaired *impaired, const struct tacet_packet *packet, int64_t now)
{
    const struct tacet_impairment *impairment = &impaired->impairment;
    uint64_t seed = impairment->seed;
    uint64_t state = draw(&seed) ^ impaired->number++ * UINT64_C(0xd1342543de82ef95);
    /* All are drawn, needed or not: switching one kind on leaves the others as they were. */
    bool lost = draw_permille(&state, impairment->loss_permille);
    bool doubled = draw_permille(&state, impairment->duplicate_permille);
    uint64_t span = (uint64_t)impairment->jitter_us * 2 + 1;
    int64_t due_us =
        now + impairment->delay_us + (int64_t)(draw(&state) % span) - impairment->jitter_us;

    if (lost) {
        return;
    }
    due_us = due_us > now ? due_us : now;
    impaired->last_due_us = due_us > impaired->last_due_us ? due_us : impaired->last_due_us;
    hold(impaired, packet, impaired->last_due_us);
    if (doubled) {
        hold(impaired, packet, impaired->last_due_us);
    }
}

/* Hands on what is due. 0 or the inner transport's error. */
static int flush(struct impaired *impaired, int64_t now)
{
    if (now < impaired->retry_us) {
        return 0;
    }
    for (;;) {
        struct tacet_packet batch[TACET_TRANSPORT_BATCH];
        size_t ready = 0;
        while (ready < TACET_TRANSPORT_BATCH && ready < impaired->count &&
               at(impaired, ready)->due_us <= now) {
            struct held *held = at(impaired, ready);
            batch[ready++] =
                (struct tacet_packet){ .path = held->path, .data = held->data, .size = held->size };
        }
        if (ready == 0) {
            return 0;
        }
        int taken = impaired->inner.ops->send(impaired->inner.ctx, batch, ready);
        if (taken < 0) {
            return taken;
        }
        impaired->first = (impaired->first + (size_t)taken) % TACET_IMPAIRED_QUEUE_MAX;
        impaired->count -= (size_t)taken;
        if ((size_t)taken < ready) {
            impaired->retry_us = now + RETRY_US;
            return 0;
        }
    }
}

static int impaired_send(void *ctx, const struct tacet_packet *packets, size_t count)
{
    struct impaired *impaired = ctx;
    int64_t now = tacet_clock_now();

    count = count < TACET_TRANSPORT_BATCH ? count : TACET_TRANSPORT_BATCH;
    for (size_t i = 0; i < count; i++) {
        decide(impaired, &packets[i], now);
    }
    int result = flush(impaired, now);
    return result < 0 ? result : (int)count;
}

static int impaired_recv(void *ctx, struct tacet_packet *packets, size_t count, int64_t deadline_us)
{
    struct impaired *impaired = ctx;

    for (;;) {
        int64_t until = deadline_us;
        int result = flush(impaired, tacet_clock_now());
        if (result < 0) {
            return result;
        }
        if (impaired->count > 0) {
            int64_t due_us = at(impaired, 0)->due_us;
            due_us = due_us > impaired->retry_us ? due_us : impaired->retry_us;
            until = due_us < until ? due_us : until;
        }
        result = impaired->inner.ops->recv(impaired->inner.ctx, packets, count, until);
        if (result != 0) {
            return result;
        }
        /* The flag tells a wake from a datagram that has become due. */
        bool woken = atomic_exchange(&impaired->woken, false);
        int64_t now = tacet_clock_now();
        if (woken || now >= deadline_us) {
            return flush(impaired, now);
        }
    }
}

static void impaired_wake(void *ctx)
{
    struct impaired *impaired = ctx;

    atomic_store(&impaired->woken, true);
    impaired->inner.ops->wake(impaired->inner.ctx);
}

static void impaired_free(void *ctx)
{
    struct impaired *impaired = ctx;

    if (impaired == NULL) {
        return;
    }
    impaired->inner.ops->free(impaired->inner.ctx);
    tacet_dealloc(impaired);
}

static const struct tacet_transport_ops impaired_ops = {
    .name = "impaired",
    .send = impaired_send,
    .recv = impaired_recv,
    .wake = impaired_wake,
    .free = impaired_free,
};

void tacet_impairment_init(struct tacet_impairment *impairment)
{
    *impairment = (struct tacet_impairment){ .size = sizeof(*impairment) };
}

static bool is_valid(const struct tacet_impairment *impairment)
{
    return impairment->size == sizeof(*impairment) && impairment->loss_permille >= 0 &&
           impairment->loss_permille <= 1000 && impairment->duplicate_permille >= 0 &&
           impairment->duplicate_permille <= 1000 && impairment->delay_us >= 0 &&
           impairment->jitter_us >= 0;
}

int tacet_impaired_transport_create(const struct tacet_impairment *impairment,
                                    const struct tacet_transport *inner,
                                    struct tacet_transport *ret)
{
    if (!is_valid(impairment) || inner->ops == NULL) {
        return TACET_ERR_ARGUMENT;
    }
    struct impaired *impaired = tacet_alloc(sizeof(*impaired));
    if (impaired == NULL) {
        return TACET_ERR_NOMEM;
    }
    impaired->impairment = *impairment;
    impaired->inner = *inner;
    *ret = (struct tacet_transport){ .ops = &impaired_ops, .ctx = impaired };
    return 0;
}
