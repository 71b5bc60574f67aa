/* A flow beside ours that fills the queue until it overflows. */
#include "rtp/competition.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define STEP_US TACET_MS(50)
#define EMPTY_US TACET_MS(-7) /* delays count from anywhere */
#define PACKETS 10            /* a step */

struct way {
    int64_t low_us, top_us; /* of the queue */
    int64_t period_us;      /* up in so long, and down at once */
    int64_t noise_us;
    size_t lost;       /* packets in the last step before it goes down ... */
    int lost_anywhere; /* ... and one in every so many steps; 0: none */
};

static int64_t queue_at(const struct way *way, int64_t at)
{
    return way->low_us + (way->top_us - way->low_us) * (at % way->period_us) / way->period_us;
}

static size_t lost_at(const struct way *way, int64_t at)
{
    bool last = (at + STEP_US) % way->period_us < STEP_US;
    bool any = way->lost_anywhere > 0 && at / STEP_US % way->lost_anywhere == 0;

    return (last ? way->lost : 0) + (any ? 1 : 0);
}

/* From `from_us` to `to_us`; how often the queue overflows. */
static int run(struct tacet_competition *c, const struct way *way, int64_t from_us, int64_t to_us)
{
    int overflows = 0;

    for (int64_t at = from_us; at < to_us; at += STEP_US) {
        struct tacet_delay_trend delay = {
            .level_us = EMPTY_US + queue_at(way, at),
            .noise_us = way->noise_us,
        };
        overflows += tacet_competition_update(c, at, &delay, PACKETS, lost_at(way, at)) ? 1 : 0;
    }
    return overflows;
}

static void begin(struct tacet_competition *c, int64_t now, int64_t queue_us)
{
    struct tacet_delay_trend delay = { .level_us = EMPTY_US + queue_us };

    tacet_competition_begin(c, now, &delay, queue_us);
}

static const struct way tcp = { TACET_MS(120), TACET_MS(200), TACET_S(2), TACET_MS(2), 3, 0 };

static void queue_that_swings_and_overflows_is_a_flow(void **state)
{
    static const struct {
        struct way way;
        int overflows; /* in twenty seconds */
    } rows[] = {
        { { TACET_MS(120), TACET_MS(200), TACET_S(2), TACET_MS(2), 3, 0 }, 10 },
        { { TACET_MS(120), TACET_MS(200), TACET_S(2), TACET_MS(2), 1, 0 }, 10 },
        { { TACET_MS(60), TACET_MS(90), TACET_S(1), TACET_MS(2), 1, 0 }, 20 },
        /* More of them than one can answer; what is lost sooner belongs to the one before. */
        { { TACET_MS(120), TACET_MS(200), TACET_MS(400), TACET_MS(2), 1, 0 }, 25 },
        /* Nothing is lost. */
        { { TACET_MS(120), TACET_MS(200), TACET_S(2), TACET_MS(2), 0, 0 }, 0 },
        /* It does not swing, or no more than jitter does. */
        { { TACET_MS(200), TACET_MS(200), TACET_S(2), TACET_MS(2), 3, 0 }, 0 },
        { { TACET_MS(180), TACET_MS(199), TACET_S(2), TACET_MS(2), 3, 0 }, 0 },
        { { TACET_MS(120), TACET_MS(200), TACET_S(2), TACET_MS(45), 3, 0 }, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_competition c;
        tacet_competition_init(&c, 0);
        begin(&c, 0, rows[i].way.top_us);
        int overflows = run(&c, &rows[i].way, 0, TACET_S(20));
        if (overflows != rows[i].overflows) {
            print_error("row %zu: %d\n", i, overflows);
        }
        assert_int_equal(overflows, rows[i].overflows);
        assert_int_equal(tacet_competition_is_felt(&c, TACET_S(20)), overflows > 0);
    }
}

/* A tenth is lost wherever the queue stands: that is the way's own doing. */
static void what_is_lost_by_chance_is_no_overflow(void **state)
{
    struct way way = tcp;
    struct tacet_competition c;

    (void)state;
    way.lost_anywhere = 1;
    tacet_competition_init(&c, 0);
    begin(&c, 0, way.top_us);
    /* Until the queue has been short once nobody knows. */
    assert_in_range(run(&c, &way, 0, TACET_S(4)), 0, 3);
    assert_int_equal(run(&c, &way, TACET_S(4), TACET_S(30)), 0);

    /* One in a hundred is too little for that to be told from it. */
    way.lost_anywhere = 10;
    tacet_competition_init(&c, 0);
    begin(&c, 0, way.top_us);
    assert_in_range(run(&c, &way, 0, TACET_S(20)), 10, 20);
}

static void nobody_is_there_before_the_queue_is_somebody_elses(void **state)
{
    struct tacet_competition c;

    (void)state;
    tacet_competition_init(&c, TACET_S(3));
    assert_false(tacet_competition_is_felt(&c, TACET_S(3)));
    assert_int_equal(run(&c, &tcp, TACET_S(3), TACET_S(20)), 0);
    assert_false(tacet_competition_is_felt(&c, TACET_S(20)));
    assert_int_equal(tacet_competition_swing_us(&c, TACET_S(20)), 0);
}

static void swing_of_the_queue_is_no_overuse_while_it_is_felt(void **state)
{
    static const struct way flat = { TACET_MS(120), TACET_MS(120), TACET_S(2), TACET_MS(2), 0, 0 };
    struct tacet_competition c;

    (void)state;
    tacet_competition_init(&c, 0);
    begin(&c, 0, tcp.top_us);
    run(&c, &tcp, 0, TACET_S(1));
    assert_int_equal(tacet_competition_swing_us(&c, TACET_S(1)), 0); /* nothing was lost yet */
    run(&c, &tcp, TACET_S(1), TACET_S(12));
    assert_in_range(tacet_competition_swing_us(&c, TACET_S(12)), TACET_MS(78), TACET_MS(80));

    /* It is forgotten where it overflows no more. */
    run(&c, &flat, TACET_S(12), TACET_S(21));
    assert_true(tacet_competition_is_felt(&c, TACET_S(21)));
    run(&c, &flat, TACET_S(21), TACET_S(23));
    assert_false(tacet_competition_is_felt(&c, TACET_S(23)));
    assert_int_equal(tacet_competition_swing_us(&c, TACET_S(23)), 0);
}

static void flow_is_gone_once_the_queue_is_empty(void **state)
{
    static const struct way empty = { TACET_MS(5), TACET_MS(5), TACET_S(2), TACET_MS(2), 0, 0 };
    struct tacet_competition c;

    (void)state;
    tacet_competition_init(&c, 0);
    begin(&c, 0, tcp.top_us);
    run(&c, &tcp, 0, TACET_S(8));
    assert_true(tacet_competition_is_felt(&c, TACET_S(8)));
    run(&c, &empty, TACET_S(8), TACET_S(8) + STEP_US);
    assert_false(tacet_competition_is_felt(&c, TACET_S(8) + STEP_US));
    /* And what comes then is not taken for it. */
    assert_int_equal(run(&c, &tcp, TACET_S(9), TACET_S(20)), 0);
    /* Before it is told again; then what was before counts no more. */
    begin(&c, TACET_S(20), tcp.top_us);
    assert_int_equal(run(&c, &tcp, TACET_S(20), TACET_S(30)), 5);
}

static void growth_is_that_of_a_tcp(void **state)
{
    static const struct {
        int64_t bps;
        int64_t round_trip_us;
        int64_t growth_bps;
    } rows[] = {
        /* 0.36 packets of 12000 bits more, once each round trip */
        { 500000, TACET_MS(100), 432000 },
        { 500000, TACET_MS(200), 108000 },
        /* Cubic's does not depend on it; and what is short may be a queue not seen. */
        { 300000, TACET_S(3), 69120 },
        { 300000, TACET_MS(250), 69120 },
        { 500000, 0, 1728000 },
        { 500000, -TACET_S(1), 1728000 },
        /* 125 packets in a round trip, 0.22 of 5 * 5 more a second; and 126 */
        { 6000000, TACET_MS(250), 264000 },
        { 6048000, TACET_MS(250), 380160 },
        { 0, TACET_MS(250), 69120 },
        { INT64_MAX, TACET_MS(250), 8279040 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(tacet_competition_growth_bps(rows[i].bps, rows[i].round_trip_us),
                         rows[i].growth_bps);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queue_that_swings_and_overflows_is_a_flow),
        cmocka_unit_test(what_is_lost_by_chance_is_no_overflow),
        cmocka_unit_test(nobody_is_there_before_the_queue_is_somebody_elses),
        cmocka_unit_test(swing_of_the_queue_is_no_overuse_while_it_is_felt),
        cmocka_unit_test(flow_is_gone_once_the_queue_is_empty),
        cmocka_unit_test(growth_is_that_of_a_tcp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
