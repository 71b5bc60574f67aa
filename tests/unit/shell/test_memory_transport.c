/* The pair of transports in memory. */
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

struct pair {
    struct tacet_address addresses[2];
    struct tacet_transport ends[2];
};

static int setup(void **state)
{
    static struct pair pair;

    assert_int_equal(tacet_address_parse("192.0.2.1:1", &pair.addresses[0]), 0);
    assert_int_equal(tacet_address_parse("[2001:db8::2]:2", &pair.addresses[1]), 0);
    *state = &pair;
    return tacet_memory_transport_create(&pair.addresses[0], &pair.addresses[1], &pair.ends[0],
                                         &pair.ends[1]);
}

static int teardown(void **state)
{
    struct pair *pair = *state;

    for (int i = 0; i < 2; i++) {
        if (pair->ends[i].ops != NULL) {
            pair->ends[i].ops->free(pair->ends[i].ctx);
        }
    }
    return 0;
}

static void send_text(const struct tacet_transport *end, const char *text)
{
    struct tacet_packet packet = { .data = (uint8_t *)(uintptr_t)text, .size = strlen(text) };

    assert_int_equal(end->ops->send(end->ctx, &packet, 1), 1);
}

/* How many datagrams wait. */
static size_t drain(const struct tacet_transport *end)
{
    uint8_t data[TACET_DATAGRAM_ROOM];
    size_t count = 0;

    for (;; count++) {
        struct tacet_packet packet = { .data = data, .size = sizeof(data) };
        if (end->ops->recv(end->ctx, &packet, 1, 0) == 0) {
            return count;
        }
    }
}

static void each_end_receives_what_the_other_sends(void **state)
{
    struct pair *pair = *state;

    for (int i = 0; i < 2; i++) {
        uint8_t data[TACET_TRANSPORT_BATCH][8];
        struct tacet_packet packets[TACET_TRANSPORT_BATCH];
        for (int n = 0; n < TACET_TRANSPORT_BATCH; n++) {
            packets[n] = (struct tacet_packet){ .data = data[n], .size = sizeof(data[n]) };
        }
        send_text(&pair->ends[i], "first");
        send_text(&pair->ends[i], "cut to eight");
        struct tacet_transport *to = &pair->ends[1 - i];
        assert_int_equal(to->ops->recv(to->ctx, packets, TACET_TRANSPORT_BATCH, 0), 2);
        assert_int_equal(packets[0].size, 5);
        assert_memory_equal(data[0], "first", 5);
        assert_int_equal(packets[1].size, 8);
        assert_true(tacet_address_equal(&packets[0].path.address, &pair->addresses[i]));
        assert_int_equal(drain(to), 0);
        assert_int_equal(drain(&pair->ends[i]), 0);
    }
}

static void full_queue_loses_what_comes_last(void **state)
{
    struct pair *pair = *state;

    for (int i = 0; i < TACET_MEMORY_QUEUE_MAX + 100; i++) {
        send_text(&pair->ends[0], "x");
    }
    assert_int_equal(drain(&pair->ends[1]), TACET_MEMORY_QUEUE_MAX);
    send_text(&pair->ends[0], "x");
    assert_int_equal(drain(&pair->ends[1]), 1);
}

static void *send_soon(void *arg)
{
    send_text(arg, "hello");
    return NULL;
}

static void *wake_soon(void *arg)
{
    const struct tacet_transport *end = arg;

    end->ops->wake(end->ctx);
    return NULL;
}

static void datagram_wake_and_deadline_end_the_wait(void **state)
{
    struct pair *pair = *state;
    struct tacet_transport *to = &pair->ends[1];
    uint8_t data[8];
    struct tacet_packet packet = { .data = data, .size = sizeof(data) };
    int64_t far = tacet_clock_now() + 5000000;
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, send_soon, &pair->ends[0]), 0);
    assert_int_equal(to->ops->recv(to->ctx, &packet, 1, far), 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(pthread_create(&thread, NULL, wake_soon, to), 0);
    assert_int_equal(to->ops->recv(to->ctx, &packet, 1, far), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(tacet_clock_now() < far);
    int64_t deadline = tacet_clock_now() + 5000;
    assert_int_equal(to->ops->recv(to->ctx, &packet, 1, deadline), 0);
    assert_in_range(tacet_clock_now(), deadline, deadline + 2000000);
}

static void one_end_outlives_the_other(void **state)
{
    struct pair *pair = *state;

    send_text(&pair->ends[0], "last words");
    pair->ends[0].ops->free(pair->ends[0].ctx);
    pair->ends[0].ops = NULL;
    assert_int_equal(drain(&pair->ends[1]), 1);
    send_text(&pair->ends[1], "to nobody");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_end_receives_what_the_other_sends, setup, teardown),
        cmocka_unit_test_setup_teardown(full_queue_loses_what_comes_last, setup, teardown),
        cmocka_unit_test_setup_teardown(datagram_wake_and_deadline_end_the_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(one_end_outlives_the_other, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
