/* The transport that impairs another, here one in memory. */
#include "base/limits.h"
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

struct line {
    struct tacet_transport in; /* impaired */
    struct tacet_transport out;
};

static struct line create(const struct tacet_impairment *impairment)
{
    struct tacet_address address = { .family = 4, .port = 1 };
    struct tacet_transport inner;
    struct line line;

    assert_int_equal(tacet_memory_transport_create(&address, &address, &inner, &line.out), 0);
    assert_int_equal(tacet_impaired_transport_create(impairment, &inner, &line.in), 0);
    return line;
}

static void destroy(struct line *line)
{
    line->in.ops->free(line->in.ctx);
    line->out.ops->free(line->out.ctx);
}

static void send_number(const struct line *line, uint32_t number)
{
    struct tacet_packet packet = { .data = (uint8_t *)&number, .size = sizeof(number) };

    assert_int_equal(line->in.ops->send(line->in.ctx, &packet, 1), 1);
}

/* Returns 1 with the number and time of the next datagram, or 0. */
static int receive(const struct line *line, uint32_t *number, int64_t *at_us)
{
    uint8_t data[TACET_DATAGRAM_ROOM];
    struct tacet_packet packet = { .data = data, .size = sizeof(data) };
    int n = line->out.ops->recv(line->out.ctx, &packet, 1, 0);

    if (n == 1) {
        assert_int_equal(packet.size, sizeof(*number));
        memcpy(number, data, sizeof(*number));
        *at_us = packet.at_us;
    }
    return n;
}

/* Sends `count` datagrams and counts how often each comes out. */
static size_t run(uint64_t seed, int32_t loss, int32_t duplicate, uint8_t *copies, uint32_t count)
{
    struct tacet_impairment impairment;
    uint32_t number;
    int64_t at;
    size_t total = 0;

    tacet_impairment_init(&impairment);
    impairment.seed = seed;
    impairment.loss_permille = loss;
    impairment.duplicate_permille = duplicate;
    struct line line = create(&impairment);
    memset(copies, 0, count);
    for (uint32_t i = 0; i < count; i++) {
        send_number(&line, i);
        while (receive(&line, &number, &at) == 1) {
            assert_int_equal(number, i);
            copies[number]++;
            total++;
        }
    }
    destroy(&line);
    return total;
}

#define MANY 20000

static void loss_and_duplication_have_the_asked_share(void **state)
{
    static const struct {
        int32_t loss;
        int32_t duplicate;
        size_t least;
        size_t most;
    } rows[] = {
        { 0, 0, MANY, MANY },
        { 1000, 1000, 0, 0 },
        { 0, 1000, 2 * MANY, 2 * MANY },
        { 100, 0, MANY * 89 / 100, MANY * 91 / 100 },
        { 300, 0, MANY * 69 / 100, MANY * 71 / 100 },
        { 0, 50, MANY * 104 / 100, MANY * 106 / 100 },
    };
    static uint8_t copies[MANY];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t total = run(i + 1, rows[i].loss, rows[i].duplicate, copies, MANY);
        assert_in_range(total, rows[i].least, rows[i].most);
    }
}

static void same_seed_gives_the_same_fate(void **state)
{
    static uint8_t first[MANY];
    static uint8_t again[MANY];
    static uint8_t doubled[MANY];
    static uint8_t other[MANY];

    (void)state;
    (void)run(7, 200, 0, first, MANY);
    (void)run(7, 200, 0, again, MANY);
    (void)run(7, 200, 100, doubled, MANY);
    (void)run(8, 200, 0, other, MANY);
    assert_memory_equal(first, again, MANY);
    assert_memory_not_equal(first, other, MANY);
    for (size_t i = 0; i < MANY; i++) {
        /* Another kind of trouble does not change who is lost. */
        assert_int_equal(first[i] == 0, doubled[i] == 0);
    }
}

/* Sends ten datagrams 1 ms apart; returns in `late_us` how long each took. */
static void measure(const struct tacet_impairment *impairment, int64_t late_us[10])
{
    struct line line = create(impairment);
    int64_t sent[10];
    uint32_t expected = 0;
    uint32_t number;
    uint8_t data[8];
    int64_t at;
    int64_t end = tacet_clock_now() + 2000000;

    for (uint32_t i = 0; expected < 10 && tacet_clock_now() < end;) {
        struct tacet_packet packet = { .data = data, .size = sizeof(data) };
        if (i < 10) {
            sent[i] = tacet_clock_now();
            send_number(&line, i++);
        }
        /* recv alone lets what is due leave. */
        assert_int_equal(line.in.ops->recv(line.in.ctx, &packet, 1, tacet_clock_now() + 1000), 0);
        while (receive(&line, &number, &at) == 1) {
            assert_int_equal(number, expected);
            late_us[expected++] = tacet_clock_now() - sent[number];
        }
    }
    assert_int_equal(expected, 10);
    destroy(&line);
}

static void delay_holds_back_and_jitter_keeps_the_order(void **state)
{
    struct tacet_impairment impairment;
    int64_t late_us[10];

    (void)state;
    tacet_impairment_init(&impairment);
    impairment.delay_us = 30000;
    measure(&impairment, late_us);
    for (int i = 0; i < 10; i++) {
        assert_in_range(late_us[i], 30000, 1000000);
    }
    impairment.jitter_us = 20000;
    measure(&impairment, late_us);
    for (int i = 0; i < 10; i++) {
        assert_in_range(late_us[i], 10000, 1000000);
    }
}

/* Waits for one datagram at the other end; gives the time at which it came, or 0. */
static void *wait_outside(void *arg)
{
    const struct line *line = arg;
    static int64_t at_us;
    uint8_t data[8];
    struct tacet_packet packet = { .data = data, .size = sizeof(data) };
    int64_t deadline = tacet_clock_now() + 5000000;

    at_us = line->out.ops->recv(line->out.ctx, &packet, 1, deadline) == 1 ? packet.at_us : 0;
    line->in.ops->wake(line->in.ctx);
    return &at_us;
}

static void recv_sends_what_is_due_while_it_waits(void **state)
{
    struct tacet_impairment impairment;
    uint8_t data[8];
    struct tacet_packet packet = { .data = data, .size = sizeof(data) };
    pthread_t thread;
    void *at_us;

    (void)state;
    tacet_impairment_init(&impairment);
    impairment.delay_us = 5000;
    struct line line = create(&impairment);
    int64_t start = tacet_clock_now();
    send_number(&line, 1);
    assert_int_equal(pthread_create(&thread, NULL, wait_outside, &line), 0);
    /* It would wait for long, were it not for the datagram, which leaves in its time. */
    assert_int_equal(line.in.ops->recv(line.in.ctx, &packet, 1, start + 4000000), 0);
    assert_int_equal(pthread_join(thread, &at_us), 0);
    assert_in_range(*(int64_t *)at_us, start + 5000, start + 2000000);
    destroy(&line);
}

static void wake_ends_the_wait_although_something_is_held(void **state)
{
    struct tacet_impairment impairment;
    uint8_t data[8];
    struct tacet_packet packet = { .data = data, .size = sizeof(data) };
    int64_t start = tacet_clock_now();

    (void)state;
    tacet_impairment_init(&impairment);
    impairment.delay_us = 1500000;
    struct line line = create(&impairment);
    send_number(&line, 1);
    line.in.ops->wake(line.in.ctx);
    assert_int_equal(line.in.ops->recv(line.in.ctx, &packet, 1, start + 5000000), 0);
    assert_true(tacet_clock_now() < start + 1000000);
    /* What comes the other way passes unharmed. */
    packet.size = 2;
    assert_int_equal(line.out.ops->send(line.out.ctx, &packet, 1), 1);
    packet.size = sizeof(data);
    assert_int_equal(line.in.ops->recv(line.in.ctx, &packet, 1, start + 5000000), 1);
    assert_int_equal(packet.size, 2);
    destroy(&line);
}

static void held_datagrams_are_bounded(void **state)
{
    struct tacet_impairment impairment;
    uint8_t data[8];
    struct tacet_packet packet = { .data = data, .size = sizeof(data) };
    uint32_t number;
    int64_t at;
    uint32_t count = 0;

    (void)state;
    tacet_impairment_init(&impairment);
    impairment.delay_us = 50000;
    struct line line = create(&impairment);
    int64_t start = tacet_clock_now();
    for (uint32_t i = 0; i < TACET_IMPAIRED_QUEUE_MAX + 100; i++) {
        send_number(&line, i);
    }
    /* The pair in memory holds less than the line: its reader must keep up. */
    while (tacet_clock_now() < start + 300000) {
        assert_int_equal(line.in.ops->recv(line.in.ctx, &packet, 1, tacet_clock_now() + 1000), 0);
        while (receive(&line, &number, &at) == 1) {
            count++;
        }
    }
    assert_in_range(count, TACET_MEMORY_QUEUE_MAX, TACET_IMPAIRED_QUEUE_MAX);
    assert_true(number < TACET_IMPAIRED_QUEUE_MAX);
    destroy(&line);
}

static void impossible_impairments_are_refused(void **state)
{
    struct tacet_address address = { .family = 4, .port = 1 };
    struct tacet_transport inner;
    struct tacet_transport other;
    struct tacet_transport ret = { 0 };
    struct tacet_impairment good;

    (void)state;
    tacet_impairment_init(&good);
    struct tacet_impairment bad[6] = { good, good, good, good, good, good };
    bad[0].size = 0;
    bad[1].loss_permille = 1001;
    bad[2].loss_permille = -1;
    bad[3].duplicate_permille = 1001;
    bad[4].delay_us = -1;
    bad[5].jitter_us = -1;
    assert_int_equal(tacet_memory_transport_create(&address, &address, &inner, &other), 0);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(tacet_impaired_transport_create(&bad[i], &inner, &ret),
                         TACET_ERR_ARGUMENT);
    }
    assert_null(ret.ops);
    inner.ops->free(inner.ctx);
    other.ops->free(other.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_and_duplication_have_the_asked_share),
        cmocka_unit_test(same_seed_gives_the_same_fate),
        cmocka_unit_test(delay_holds_back_and_jitter_keeps_the_order),
        cmocka_unit_test(recv_sends_what_is_due_while_it_waits),
        cmocka_unit_test(wake_ends_the_wait_although_something_is_held),
        cmocka_unit_test(held_datagrams_are_bounded),
        cmocka_unit_test(impossible_impairments_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
