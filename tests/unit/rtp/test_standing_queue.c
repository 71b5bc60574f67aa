/* Whose a queue is that stands. */
#include "rtp/standing_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define STEP_US TACET_MS(50)
#define PACKETS 5 /* a step */
#define BEGIN_BPS 1000000

struct way {
    int64_t slope_us_per_s;
    bool assumed;
    int lost_apart;       /* every so manyth packet is lost; 0: none */
    int32_t own_permille; /* ... of which so many always were */
    int64_t lowered_bps;  /* the estimate after a second */
    int64_t arrives_bps;  /* after two seconds; before that BEGIN_BPS does */
    bool lowest;
    int64_t lost_for_us; /* 0: always */
    int64_t first_bps;   /* arrive before a second is over; 0: BEGIN_BPS */
};

static int64_t arrives_bps(const struct way *way, int64_t at)
{
    if (at < TACET_S(1) && way->first_bps > 0) {
        return way->first_bps;
    }
    return at < TACET_S(2) ? BEGIN_BPS : way->arrives_bps;
}

/* After how many milliseconds it is found not to be ours; -1: not within five seconds. */
static int foreign_after(struct tacet_standing_queue *q, const struct way *way)
{
    struct tacet_delay_trend delay = { .slope_us_per_s = way->slope_us_per_s,
                                       .assumed = way->assumed };
    int packets = 0;

    for (int64_t at = 0; at <= TACET_S(5); at += STEP_US) {
        bool loses = way->lost_apart > 0 && (way->lost_for_us == 0 || at < way->lost_for_us);
        struct tacet_standing_rates rates = {
            .estimate_bps = at < TACET_S(1) ? BEGIN_BPS : way->lowered_bps,
            .arrives_bps = arrives_bps(way, at),
            .own_permille = way->own_permille,
            .lowest = way->lowest && at >= TACET_S(1),
        };
        for (int i = 0; i < PACKETS; i++) {
            packets++;
            tacet_standing_queue_add(q, loses && packets % way->lost_apart == 0);
        }
        if (tacet_standing_queue_update(q, TACET_S(7) + at, &delay, &rates)) {
            return (int)(at / 1000);
        }
    }
    return -1;
}

static void queue_that_neither_empties_nor_overflows_is_not_ours(void **state)
{
    static const struct {
        struct way way;
        int after_ms;
    } rows[] = {
        /* Level though less is sent; level though as much is sent. */
        { { 0, false, 0, 0, 500000, 500000, false, 0, 0 }, 2000 },
        { { 0, false, 0, 0, BEGIN_BPS, BEGIN_BPS, false, 0, 0 }, 2000 },
        { { TACET_MS(20), false, 0, 0, BEGIN_BPS, BEGIN_BPS, false, 0, 0 }, 2000 },
        { { TACET_MS(-20), false, 0, 0, BEGIN_BPS, BEGIN_BPS, false, 0, 0 }, 2000 },
        /* It empties, or grows, without less being sent. */
        { { TACET_MS(40), false, 0, 0, BEGIN_BPS, BEGIN_BPS, false, 0, 0 }, -1 },
        { { TACET_MS(-40), false, 0, 0, BEGIN_BPS, BEGIN_BPS, false, 0, 0 }, -1 },
        /* It grows though less is sent. */
        { { TACET_MS(100), false, 0, 0, 500000, 500000, false, 0, 0 }, 2000 },
        /* A loss that chance may explain does not count, nor one that is over. */
        { { 0, false, 30, 0, 900000, 900000, false, 0, 0 }, 2000 },
        { { 0, false, 20, 0, 900000, 900000, false, 0, 0 }, -1 },
        { { 0, false, 2, 0, 900000, 900000, false, TACET_MS(500), 0 }, 4650 },
        /* It overflows; but not where the way loses as much by itself, */
        { { 0, false, 10, 0, 900000, 900000, false, 0, 0 }, -1 },
        { { 0, false, 10, 100, 900000, 900000, false, 0, 0 }, 2000 },
        /* nor where less arrives since less is sent, or no less can be sent. */
        { { 0, false, 10, 0, 500000, 500000, false, 0, 0 }, 2000 },
        { { 0, false, 10, 0, 900000, 900000, true, 0, 0 }, 2000 },
        /* What arrives at first was sent before the queue. */
        { { 0, false, 10, 0, 900000, 900000, false, 0, 3000000 }, -1 },
        /* One only assumed stands on the way back, unless much is lost and as much arrives. */
        { { 0, true, 10, 0, 900000, 900000, false, 0, 0 }, 2000 },
        { { 0, true, 6, 0, 900000, 900000, false, 0, 0 }, 2000 },
        { { 0, true, 3, 0, 900000, 900000, false, 0, 0 }, -1 },
        { { 0, true, 3, 0, 500000, 500000, false, 0, 0 }, 2000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_standing_queue q;
        tacet_standing_queue_init(&q);
        /* What one was found to be says nothing of the next. */
        for (int turn = 0; turn < 2; turn++) {
            int after_ms = foreign_after(&q, &rows[i].way);
            if (after_ms != rows[i].after_ms) {
                print_error("row %zu: %d\n", i, after_ms);
            }
            assert_int_equal(after_ms, rows[i].after_ms);
            q.since_us = after_ms < 0 ? -1 : q.since_us; /* it is over */
            q.arrived_most_bps = 10 * BEGIN_BPS;
        }
    }
}

static void no_queue_begins_it_anew(void **state)
{
    struct tacet_standing_queue q;
    struct tacet_delay_trend queue = { 0 };
    struct tacet_delay_trend none = { .calm = true };
    struct tacet_standing_rates rates = { .estimate_bps = BEGIN_BPS, .arrives_bps = BEGIN_BPS };

    (void)state;
    tacet_standing_queue_init(&q);
    for (int64_t at = 0; at <= TACET_S(20); at += STEP_US) {
        bool calm = at % TACET_MS(1500) == 0;
        assert_false(tacet_standing_queue_update(&q, at, calm ? &none : &queue, &rates));
        assert_int_equal(q.since_us < 0, calm);
    }
}

static void who_has_taken_the_way_over_keeps_its_queue(void **state)
{
    static const struct {
        int64_t before_bps;  /* arrive before it stands, ... */
        int64_t most_bps;    /* ... then, ... */
        int64_t arrives_bps; /* ... and in the end */
        int lost_apart;      /* every so manyth packet is lost; 0: none */
        int32_t own_permille;
        bool kept;
    } rows[] = {
        { 1900000, 700000, 300000, 10, 0, true },
        { 1900000, 700000, 300000, 10, 30, true },
        { 470000, 370000, 258000, 40, 0, true },
        /* It has not overflowed, or not beyond what is always lost. */
        { 1900000, 700000, 300000, 0, 0, false },
        { 1900000, 700000, 300000, 60, 0, false },
        { 1900000, 700000, 300000, 10, 31, false },
        /* As much arrives as did before, or all the time: our own queue would look like that. */
        { 470000, 450000, 290000, 10, 0, false },
        { 1900000, 400000, 300000, 10, 0, false },
        /* Nothing had been sent before. */
        { 0, 150000, 90000, 10, 0, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_standing_queue q;
        struct tacet_standing_rates rates = { .own_permille = rows[i].own_permille };
        int packets = 0;
        tacet_standing_queue_init(&q);
        for (int turn = 0; turn < 2; turn++) {
            for (int64_t at = 0; at < TACET_S(4); at += STEP_US) {
                struct tacet_delay_trend delay = { .calm = at == 0, .slope_us_per_s = TACET_S(1) };
                rates.estimate_bps = BEGIN_BPS;
                rates.arrives_bps = at <= STEP_US      ? rows[i].before_bps
                                    : at <= TACET_S(2) ? rows[i].most_bps
                                                       : rows[i].arrives_bps;
                for (int k = 0; k < PACKETS; k++) {
                    packets++;
                    tacet_standing_queue_add(&q, rows[i].lost_apart > 0 &&
                                                     packets % rows[i].lost_apart == 0);
                }
                assert_false(tacet_standing_queue_update(&q, at, &delay, &rates));
            }
            if (tacet_standing_queue_is_kept(&q, &rates) != rows[i].kept) {
                print_error("row %zu\n", i);
            }
            assert_int_equal(tacet_standing_queue_is_kept(&q, &rates), rows[i].kept);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queue_that_neither_empties_nor_overflows_is_not_ours),
        cmocka_unit_test(no_queue_begins_it_anew),
        cmocka_unit_test(who_has_taken_the_way_over_keeps_its_queue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
