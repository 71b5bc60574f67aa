/*
 * A pair of transports in memory: a bounded queue each way under one lock. What does not fit is
 * lost, as on a network. The pair lives until both ends are freed.
 */
#include "tacet/transport.h"

#include "base/alloc.h"
#include "base/limits.h"
#include "tacet/error.h"
#include "tacet/runner.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

struct datagram {
    size_t size;
    uint8_t data[TACET_DATAGRAM_ROOM];
};

struct pair;

/* One end, with the queue of what it has yet to receive. */
struct end {
    struct pair *pair;
    struct tacet_address address; /* what the other end sees as the source */
    pthread_cond_t changed;
    bool woken;
    bool freed;
    size_t first;
    size_t count;
    struct datagram queue[TACET_MEMORY_QUEUE_MAX];
};

struct pair {
    pthread_mutex_t lock;
    struct end ends[2];
};

static struct end *other(struct end *end)
{
    return end == &end->pair->ends[0] ? &end->pair->ends[1] : &end->pair->ends[0];
}

static int memory_send(void *ctx, const struct tacet_packet *packets, size_t count)
{
    struct end *end = ctx;
    struct end *to = other(end);

    count = count < TACET_TRANSPORT_BATCH ? count : TACET_TRANSPORT_BATCH;
    (void)pthread_mutex_lock(&end->pair->lock);
    for (size_t i = 0; i < count && !to->freed; i++) {
        if (to->count == TACET_MEMORY_QUEUE_MAX) {
            break;
        }
        struct datagram *last = &to->queue[(to->first + to->count++) % TACET_MEMORY_QUEUE_MAX];
        last->size = packets[i].size < sizeof(last->data) ? packets[i].size : sizeof(last->data);
        memcpy(last->data, packets[i].data, last->size);
    }
    (void)pthread_cond_signal(&to->changed);
    (void)pthread_mutex_unlock(&end->pair->lock);
    return (int)count;
}

static int memory_recv(void *ctx, struct tacet_packet *packets, size_t count, int64_t deadline_us)
{
    struct end *end = ctx;
    struct timespec deadline = { 0 };
    size_t taken = 0;
    bool over = deadline_us <= tacet_clock_now();

    if (!over) {
        deadline.tv_sec = (time_t)(deadline_us / 1000000);
        deadline.tv_nsec = (long)(deadline_us % 1000000 * 1000);
    }
    (void)pthread_mutex_lock(&end->pair->lock);
    while (end->count == 0 && !end->woken && !over) {
        over = pthread_cond_timedwait(&end->changed, &end->pair->lock, &deadline) != 0;
    }
    int64_t now = tacet_clock_now();
    for (; taken < count && end->count > 0; taken++) {
        struct tacet_packet *packet = &packets[taken];
        const struct datagram *first = &end->queue[end->first];
        packet->size = first->size < packet->size ? first->size : packet->size;
        memcpy(packet->data, first->data, packet->size);
        packet->path = (struct tacet_path){ .address = other(end)->address };
        packet->at_us = now;
        end->first = (end->first + 1) % TACET_MEMORY_QUEUE_MAX;
        end->count--;
    }
    if (taken == 0) {
        end->woken = false;
    }
    (void)pthread_mutex_unlock(&end->pair->lock);
    return (int)taken;
}

static void memory_wake(void *ctx)
{
    struct end *end = ctx;

    (void)pthread_mutex_lock(&end->pair->lock);
    end->woken = true;
    (void)pthread_cond_signal(&end->changed);
    (void)pthread_mutex_unlock(&end->pair->lock);
}

static void memory_free(void *ctx)
{
    struct end *end = ctx;

    if (end == NULL) {
        return;
    }
    struct pair *pair = end->pair;
    (void)pthread_mutex_lock(&pair->lock);
    end->freed = true;
    bool last = other(end)->freed;
    (void)pthread_mutex_unlock(&pair->lock);
    if (last) {
        (void)pthread_cond_destroy(&pair->ends[0].changed);
        (void)pthread_cond_destroy(&pair->ends[1].changed);
        (void)pthread_mutex_destroy(&pair->lock);
        tacet_dealloc(pair);
    }
}

static const struct tacet_transport_ops memory_ops = {
    .name = "memory",
    .send = memory_send,
    .recv = memory_recv,
    .wake = memory_wake,
    .free = memory_free,
};

int tacet_memory_transport_create(const struct tacet_address *a, const struct tacet_address *b,
                                  struct tacet_transport *ret_a, struct tacet_transport *ret_b)
{
    const struct tacet_address *addresses[2] = { a, b };
    struct pair *pair = tacet_alloc(sizeof(*pair));
    pthread_condattr_t monotonic;

    if (pair == NULL) {
        return TACET_ERR_NOMEM;
    }
    /* None of these fail on Linux with these attributes. */
    (void)pthread_mutex_init(&pair->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    for (int i = 0; i < 2; i++) {
        pair->ends[i].pair = pair;
        pair->ends[i].address = *addresses[i];
        (void)pthread_cond_init(&pair->ends[i].changed, &monotonic);
    }
    (void)pthread_condattr_destroy(&monotonic);
    *ret_a = (struct tacet_transport){ .ops = &memory_ops, .ctx = &pair->ends[0] };
    *ret_b = (struct tacet_transport){ .ops = &memory_ops, .ctx = &pair->ends[1] };
    return 0;
}
