/* What gets through, and what the way is thought to carry. */
#include "rtp/delivery.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define SIZE 1000
#define APART_US TACET_MS(10) /* 800 kbit/s */
#define WINDOW_US TACET_MS(500)

/* Of every ten packets so many are lost, or not told of. */
static void run(struct tacet_delivery *d, int lost, int unreported)
{
    tacet_delivery_init(d);
    for (int i = 0; i < 200; i++) {
        struct tacet_packet_result result = {
            .sent_at_us = APART_US * i,
            .arrived_at_us = APART_US * i - TACET_S(9), /* another clock */
            .size = SIZE,
            .lost = i % 10 < lost,
            .unreported = i % 10 >= lost && i % 10 < lost + unreported,
        };
        tacet_delivery_add(d, &result);
    }
}

static void loss_is_counted_as_carried_up_to_what_chance_explains(void **state)
{
    static const struct {
        int lost, unreported; /* of ten */
        int32_t explained_permille;
        int64_t arrived_bps, carried_bps;
    } rows[] = {
        { 0, 0, 0, 800000, 800000 },   { 0, 0, 500, 800000, 800000 },
        { 2, 0, 0, 640000, 640000 },   { 2, 0, 100, 640000, 711111 },
        { 2, 0, 200, 640000, 800000 }, { 2, 0, 600, 640000, 800000 },
        { 0, 2, 200, 640000, 800000 }, { 8, 0, 1000, 160000, 533333 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_delivery d;
        run(&d, rows[i].lost, rows[i].unreported);
        assert_int_equal(tacet_delivery_sent_bps(&d, WINDOW_US), 800000);
        assert_int_equal(tacet_delivery_arrived_bps(&d, WINDOW_US), rows[i].arrived_bps);
        assert_int_equal(tacet_delivery_carried_bps(&d, WINDOW_US, rows[i].explained_permille),
                         rows[i].carried_bps);
        assert_int_equal(d.newest_sent_us, APART_US * 199);
    }
}

static void nothing_is_known_at_first(void **state)
{
    struct tacet_delivery d;

    (void)state;
    tacet_delivery_init(&d);
    assert_int_equal(tacet_delivery_sent_bps(&d, WINDOW_US), 0);
    assert_int_equal(tacet_delivery_carried_bps(&d, WINDOW_US, 200), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_is_counted_as_carried_up_to_what_chance_explains),
        cmocka_unit_test(nothing_is_known_at_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
