/* See metered.h. */
#include "metered.h"

#include "cpu.h"

static void book(struct tacet_metered *m, int64_t began_ns)
{
    (void)atomic_fetch_add_explicit(&m->cpu_ns, tacet_cpu_thread_ns() - began_ns,
                                    memory_order_relaxed);
}

static int metered_send(void *ctx, const struct tacet_packet *packets, size_t count)
{
    struct tacet_metered *m = ctx;
    int64_t began = tacet_cpu_thread_ns();
    int result = m->inner.ops->send(m->inner.ctx, packets, count);

    book(m, began);
    return result;
}

static int metered_recv(void *ctx, struct tacet_packet *packets, size_t count, int64_t deadline_us)
{
    struct tacet_metered *m = ctx;
    int64_t began = tacet_cpu_thread_ns();
    int result = m->inner.ops->recv(m->inner.ctx, packets, count, deadline_us);

    book(m, began);
    return result;
}

static void metered_wake(void *ctx)
{
    struct tacet_metered *m = ctx;
    int64_t began = tacet_cpu_thread_ns();

    m->inner.ops->wake(m->inner.ctx);
    book(m, began);
}

static void metered_free(void *ctx)
{
    struct tacet_metered *m = ctx;

    m->inner.ops->free(m->inner.ctx);
}

void tacet_metered_wrap(struct tacet_metered *metered, struct tacet_transport *transport)
{
    static const struct tacet_transport_ops ops = { .name = "metered",
                                                    .send = metered_send,
                                                    .recv = metered_recv,
                                                    .wake = metered_wake,
                                                    .free = metered_free };

    metered->inner = *transport;
    atomic_init(&metered->cpu_ns, 0);
    *transport = (struct tacet_transport){ .ops = &ops, .ctx = metered };
}
