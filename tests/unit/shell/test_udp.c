/* UDP over the loopback interface: batches, waking, deadlines, and what cannot be bound or sent. */
#include "tacet/error.h"
#include "tacet/runner.h"
#include "tacet/transport.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000

static struct tacet_address address(const char *text)
{
    struct tacet_address parsed;

    assert_int_equal(tacet_address_parse(text, &parsed), 0);
    return parsed;
}

static struct tacet_transport create(const char *text)
{
    struct tacet_address bind = address(text);
    struct tacet_transport udp;

    assert_int_equal(tacet_udp_create(&bind, &udp), 0);
    return udp;
}

static struct tacet_address local(const struct tacet_transport *udp)
{
    struct tacet_address bound;

    assert_int_equal(tacet_udp_local(udp, &bound), 0);
    assert_int_not_equal(bound.port, 0);
    return bound;
}

struct batch {
    struct tacet_packet packets[TACET_TRANSPORT_BATCH];
    uint8_t data[TACET_TRANSPORT_BATCH][TACET_DATAGRAM_ROOM];
};

/* Receives until `count` have come or a second has passed; returns how many. */
static size_t receive(const struct tacet_transport *udp, struct batch *batch, size_t count)
{
    int64_t deadline = tacet_clock_now() + SECOND;
    size_t got = 0;

    while (got < count && tacet_clock_now() < deadline) {
        for (size_t i = got; i < TACET_TRANSPORT_BATCH; i++) {
            batch->packets[i] =
                (struct tacet_packet){ .data = batch->data[i], .size = sizeof(batch->data[i]) };
        }
        int n =
            udp->ops->recv(udp->ctx, batch->packets + got, TACET_TRANSPORT_BATCH - got, deadline);
        assert_true(n >= 0);
        got += (size_t)n;
    }
    return got;
}

static void send_one(const struct tacet_transport *udp, const struct tacet_address *to,
                     const char *text)
{
    struct tacet_packet packet = { .path = { .address = *to },
                                   .data = (uint8_t *)(uintptr_t)text,
                                   .size = strlen(text) };

    assert_int_equal(udp->ops->send(udp->ctx, &packet, 1), 1);
}

static void batch_arrives_with_its_source(void **state)
{
    static const char *const hosts[] = { "127.0.0.1:0", "[::1]:0" };

    (void)state;
    for (size_t h = 0; h < 2; h++) {
        struct tacet_transport a = create(hosts[h]);
        struct tacet_transport b = create(hosts[h]);
        struct tacet_address from = local(&a);
        struct tacet_address to = local(&b);
        struct batch out;
        struct batch in;
        for (size_t i = 0; i < TACET_TRANSPORT_BATCH; i++) {
            memset(out.data[i], (int)i, TACET_DATAGRAM_MAX);
            out.packets[i] = (struct tacet_packet){ .path = { .address = to },
                                                    .data = out.data[i],
                                                    .size = i * 38 + 1 };
        }
        int64_t before = tacet_clock_now();
        assert_int_equal(a.ops->send(a.ctx, out.packets, TACET_TRANSPORT_BATCH),
                         TACET_TRANSPORT_BATCH);
        assert_int_equal(receive(&b, &in, TACET_TRANSPORT_BATCH), TACET_TRANSPORT_BATCH);
        for (size_t i = 0; i < TACET_TRANSPORT_BATCH; i++) {
            assert_int_equal(in.packets[i].size, i * 38 + 1);
            assert_memory_equal(in.data[i], out.data[i], in.packets[i].size);
            assert_true(tacet_address_equal(&in.packets[i].path.address, &from));
            assert_in_range(in.packets[i].at_us, before, tacet_clock_now());
        }
        a.ops->free(a.ctx);
        b.ops->free(b.ctx);
    }
}

static void over_long_datagram_is_cut_to_its_room(void **state)
{
    struct tacet_transport a = create("127.0.0.1:0");
    struct tacet_address to = local(&a);
    static uint8_t data[2000];
    struct tacet_packet packet = { .path = { .address = to }, .data = data, .size = sizeof(data) };
    struct batch in;

    (void)state;
    assert_int_equal(a.ops->send(a.ctx, &packet, 1), 1);
    assert_int_equal(receive(&a, &in, 1), 1);
    assert_int_equal(in.packets[0].size, TACET_DATAGRAM_ROOM);
    a.ops->free(a.ctx);
}

static void ipv6_wildcard_serves_ipv4_under_its_own_family(void **state)
{
    struct tacet_transport six = create("[::]:0");
    struct tacet_transport four = create("127.0.0.1:0");
    struct tacet_address to = local(&six);
    struct tacet_address back = address("127.0.0.1:1");
    struct batch in;

    (void)state;
    assert_int_equal(to.family, 6);
    back.port = to.port;
    send_one(&four, &back, "ping");
    assert_int_equal(receive(&six, &in, 1), 1);
    assert_int_equal(in.packets[0].path.address.family, 4);
    back = local(&four);
    assert_true(tacet_address_equal(&in.packets[0].path.address, &back));
    send_one(&six, &in.packets[0].path.address, "pong");
    assert_int_equal(receive(&four, &in, 1), 1);
    assert_memory_equal(in.data[0], "pong", 4);
    six.ops->free(six.ctx);
    four.ops->free(four.ctx);
}

/* What is behind a NAT or a firewall takes an answer only from where it has written to. */
static void wildcard_answers_from_the_address_that_was_written_to(void **state)
{
    static const struct {
        const char *bind;
        const char *from;
        const char *to;
    } rows[] = {
        { "0.0.0.0:0", "127.0.0.1:0", "127.0.0.2:1" },
        { "0.0.0.0:0", "127.0.0.1:0", "127.0.0.1:1" },
        { "[::]:0", "127.0.0.1:0", "127.0.0.2:1" },
        { "[::]:0", "[::1]:0", "[::1]:1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_transport all = create(rows[i].bind);
        struct tacet_transport one = create(rows[i].from);
        struct tacet_address to = address(rows[i].to);
        struct batch in;
        to.port = local(&all).port;
        send_one(&one, &to, "ping");
        assert_int_equal(receive(&all, &in, 1), 1);
        assert_int_equal(in.packets[0].path.local.family, to.family);
        assert_memory_equal(in.packets[0].path.local.ip, to.ip, sizeof(to.ip));
        assert_int_equal(all.ops->send(all.ctx, in.packets, 1), 1);
        assert_int_equal(receive(&one, &in, 1), 1);
        assert_true(tacet_address_equal(&in.packets[0].path.address, &to));
        /* There is only one that it could be. */
        assert_int_equal(in.packets[0].path.local.family, 0);
        all.ops->free(all.ctx);
        one.ops->free(one.ctx);
    }
}

/* As after a change of networks: it leaves from whatever address there is now. */
static void local_address_that_is_gone_holds_nothing_back(void **state)
{
    static const char *const binds[] = { "0.0.0.0:0", "[::]:0", "[::]:0", "127.0.0.1:0" };
    static const char *const hosts[] = { "127.0.0.1:0", "127.0.0.1:0", "[::1]:0", "127.0.0.1:0" };
    static const char *const gone[] = { "192.0.2.77:0", "192.0.2.77:0", "[2001:db8::77]:0",
                                        "192.0.2.77:0" };

    (void)state;
    for (size_t i = 0; i < sizeof(binds) / sizeof(binds[0]); i++) {
        struct tacet_transport from = create(binds[i]);
        struct tacet_transport to = create(hosts[i]);
        struct batch out;
        struct batch in;
        for (size_t k = 0; k < 4; k++) {
            out.data[k][0] = (uint8_t)k;
            out.packets[k] =
                (struct tacet_packet){ .path = { .address = local(&to) }, .data = out.data[k] };
            out.packets[k].size = 1;
            if (k % 2 == 0) {
                out.packets[k].path.local = address(gone[i]);
            }
        }
        assert_int_equal(from.ops->send(from.ctx, out.packets, 4), 4);
        assert_int_equal(receive(&to, &in, 4), 4);
        for (size_t k = 0; k < 4; k++) {
            assert_int_equal(in.data[k][0], k);
        }
        from.ops->free(from.ctx);
        to.ops->free(to.ctx);
    }
}

static void refused_datagrams_are_lost_and_the_rest_is_sent(void **state)
{
    struct tacet_transport a = create("127.0.0.1:0");
    struct tacet_transport gone = create("127.0.0.1:0");
    struct tacet_address to = local(&a);
    struct tacet_address closed = local(&gone);
    struct tacet_address nowhere = address("240.0.0.1:9");
    struct tacet_address six = address("[::1]:9");
    struct tacet_address none = { 0 };
    static uint8_t huge[70000];
    struct batch in;

    (void)state;
    gone.ops->free(gone.ctx);
    struct tacet_packet packets[] = {
        { .path = { .address = none }, .data = huge, .size = 10 },
        { .path = { .address = nowhere }, .data = huge, .size = 11 },
        { .path = { .address = to }, .data = huge, .size = 1 },
        { .path = { .address = six }, .data = huge, .size = 12 },
        { .path = { .address = to }, .data = huge, .size = sizeof(huge) },
        { .path = { .address = closed }, .data = huge, .size = 13 },
        { .path = { .address = to }, .data = huge, .size = 2 },
        { .path = { .address = none }, .data = huge, .size = 14 },
    };
    for (int round = 0; round < 3; round++) {
        assert_int_equal(a.ops->send(a.ctx, packets, 8), 8);
        assert_int_equal(receive(&a, &in, 2), 2);
        assert_int_equal(in.packets[0].size, 1);
        assert_int_equal(in.packets[1].size, 2);
    }
    a.ops->free(a.ctx);
}

static void deadline_ends_the_wait_and_is_not_early(void **state)
{
    struct tacet_transport a = create("127.0.0.1:0");
    struct batch in;
    struct tacet_packet packet = { .data = in.data[0], .size = sizeof(in.data[0]) };
    static const int64_t waits[] = { -SECOND, 0, 500, 20000 };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        int64_t deadline = tacet_clock_now() + waits[i];
        assert_int_equal(a.ops->recv(a.ctx, &packet, 1, deadline), 0);
        assert_true(tacet_clock_now() >= deadline);
        assert_true(tacet_clock_now() < deadline + 2 * SECOND);
    }
    assert_int_equal(a.ops->recv(a.ctx, &packet, 1, INT64_MIN), 0);
    a.ops->free(a.ctx);
}

static void *wake_soon(void *arg)
{
    const struct tacet_transport *udp = arg;

    udp->ops->wake(udp->ctx);
    return NULL;
}

static void wake_ends_one_wait_before_or_during_it(void **state)
{
    struct tacet_transport a = create("127.0.0.1:0");
    struct batch in;
    struct tacet_packet packet = { .data = in.data[0], .size = sizeof(in.data[0]) };
    int64_t start = tacet_clock_now();
    pthread_t thread;

    (void)state;
    a.ops->wake(a.ctx);
    a.ops->wake(a.ctx);
    assert_int_equal(a.ops->recv(a.ctx, &packet, 1, INT64_MAX), 0);
    assert_int_equal(pthread_create(&thread, NULL, wake_soon, &a), 0);
    assert_int_equal(a.ops->recv(a.ctx, &packet, 1, INT64_MAX), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(tacet_clock_now() < start + SECOND);
    /* Both wakes are used up. */
    start = tacet_clock_now();
    assert_int_equal(a.ops->recv(a.ctx, &packet, 1, start + 5000), 0);
    assert_true(tacet_clock_now() >= start + 5000);
    a.ops->free(a.ctx);
}

static void what_cannot_be_bound_says_why(void **state)
{
    struct tacet_transport a = create("127.0.0.1:0");
    struct tacet_transport wild = create("[::]:0");
    struct tacet_transport ret = { 0 };
    struct tacet_address busy = local(&a);
    struct tacet_address busy_wild = local(&wild);
    struct tacet_address busy_four = address("0.0.0.0:1");
    struct tacet_address foreign = address("192.0.2.1:0");
    struct tacet_address foreign_six = address("[2001:db8::1]:0");
    struct tacet_address none = { 0 };

    (void)state;
    busy_four.port = busy_wild.port;
    assert_int_equal(tacet_udp_create(&busy, &ret), TACET_ERR_BUSY);
    assert_int_equal(tacet_udp_create(&busy_wild, &ret), TACET_ERR_BUSY);
    assert_int_equal(tacet_udp_create(&busy_four, &ret), TACET_ERR_BUSY);
    assert_int_equal(tacet_udp_create(&foreign, &ret), TACET_ERR_ADDRESS);
    assert_int_equal(tacet_udp_create(&foreign_six, &ret), TACET_ERR_ADDRESS);
    assert_int_equal(tacet_udp_create(&none, &ret), TACET_ERR_ARGUMENT);
    assert_null(ret.ops);
    a.ops->free(a.ctx);
    wild.ops->free(wild.ctx);
}

static void reachable_lists_the_bound_address_or_every_one(void **state)
{
    static const char *const wildcards[] = { "0.0.0.0:0", "[::]:0" };
    struct tacet_transport a = create("127.0.0.1:0");
    struct tacet_address bound = local(&a);
    struct tacet_address out[16];

    (void)state;
    assert_int_equal(tacet_udp_reachable(&a, out, 16), 1);
    assert_true(tacet_address_equal(&out[0], &bound));
    a.ops->free(a.ctx);
    for (size_t w = 0; w < 2; w++) {
        a = create(wildcards[w]);
        bound = local(&a);
        int count = tacet_udp_reachable(&a, out, 16);
        assert_in_range(count, 1, 16);
        for (int i = 0; i < count; i++) {
            struct batch in;
            assert_int_equal(out[i].port, bound.port);
            assert_true(w == 1 || out[i].family == 4);
            for (int j = 0; j < i; j++) {
                assert_false(tacet_address_equal(&out[i], &out[j]));
            }
            /* It is true: what is sent there comes here. */
            send_one(&a, &out[i], "here");
            assert_int_equal(receive(&a, &in, 1), 1);
        }
        assert_int_equal(tacet_udp_reachable(&a, out, 0), 0);
        a.ops->free(a.ctx);
    }
}

static void names_and_numbers_are_resolved(void **state)
{
    struct tacet_address out[8];
    struct tacet_address four = address("127.0.0.1:5000");
    struct tacet_address six = address("[::1]:5000");

    (void)state;
    assert_int_equal(tacet_udp_resolve("127.0.0.1", 5000, out, 8), 1);
    assert_true(tacet_address_equal(&out[0], &four));
    assert_int_equal(tacet_udp_resolve("::1", 5000, out, 8), 1);
    assert_true(tacet_address_equal(&out[0], &six));
    assert_int_equal(tacet_udp_resolve("::ffff:127.0.0.1", 5000, out, 8), 1);
    assert_true(tacet_address_equal(&out[0], &four));
    int count = tacet_udp_resolve("localhost", 5000, out, 8);
    assert_in_range(count, 1, 8);
    for (int i = 0; i < count; i++) {
        assert_true(tacet_address_equal(&out[i], &four) || tacet_address_equal(&out[i], &six));
    }
    assert_int_equal(tacet_udp_resolve("no-such-host.invalid", 5000, out, 8), TACET_ERR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_arrives_with_its_source),
        cmocka_unit_test(over_long_datagram_is_cut_to_its_room),
        cmocka_unit_test(ipv6_wildcard_serves_ipv4_under_its_own_family),
        cmocka_unit_test(wildcard_answers_from_the_address_that_was_written_to),
        cmocka_unit_test(local_address_that_is_gone_holds_nothing_back),
        cmocka_unit_test(refused_datagrams_are_lost_and_the_rest_is_sent),
        cmocka_unit_test(deadline_ends_the_wait_and_is_not_early),
        cmocka_unit_test(wake_ends_one_wait_before_or_during_it),
        cmocka_unit_test(what_cannot_be_bound_says_why),
        cmocka_unit_test(reachable_lists_the_bound_address_or_every_one),
        cmocka_unit_test(names_and_numbers_are_resolved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
