/* Loss by chance, and loss by sending too much. */
#include "rtp/loss_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#include "sim/rng.h"

#define SIZE 1000
#define REPORT_US TACET_MS(50)

struct way {
    struct tacet_loss_check check;
    struct tacet_rng rng;
    int64_t now;
    int64_t bps;
    int64_t policed_bps; /* 0: never */
    int64_t bucket_at_us;
    int32_t chance_permille;
    int ours;
    int64_t lowered_us; /* how long less was sent */
};

static void begin(struct way *w, uint64_t seed, int64_t bps)
{
    *w = (struct way){ .bps = bps };
    tacet_loss_check_init(&w->check);
    tacet_rng_seed(&w->rng, seed, 0);
}

/* The way has been found to lose so much itself, and is not asked again. */
static void begin_used_to(struct way *w, uint64_t seed, int64_t bps, int32_t own_permille)
{
    begin(w, seed, bps);
    w->check.state = TACET_LOSS_STEADY;
    w->check.windows = 8; /* it has been so for long */
    w->check.own_permille = own_permille;
    w->check.next_check_us = INT64_MAX;
}

static bool is_lost(struct way *w)
{
    bool chance = tacet_rng_permille(&w->rng, w->chance_permille);

    if (w->policed_bps > 0) {
        int64_t begin = w->bucket_at_us > w->now ? w->bucket_at_us : w->now;
        if (begin - w->now > TACET_MS(10)) {
            return true;
        }
        w->bucket_at_us = begin + INT64_C(8000000) * SIZE / w->policed_bps;
    }
    return chance;
}

/* One packet, and what is known after it. */
static enum tacet_loss_verdict add(struct tacet_loss_check *l, int64_t now, bool lost, bool calm)
{
    struct tacet_packet_result result = { .sent_at_us = now, .size = SIZE, .lost = lost };

    tacet_loss_check_add(l, &result);
    return tacet_loss_check_update(l, now, calm);
}

static void run(struct way *w, int64_t for_us)
{
    int64_t end = w->now + for_us;
    int64_t report_at = w->now + REPORT_US;

    while (w->now < end) {
        int64_t bps = w->bps * tacet_loss_check_share(&w->check) / 1000;
        struct tacet_packet_result result = {
            .sent_at_us = w->now,
            .arrived_at_us = w->now,
            .size = SIZE,
            .lost = is_lost(w),
        };
        tacet_loss_check_add(&w->check, &result);
        w->now += INT64_C(8000000) * SIZE / bps;
        w->lowered_us += w->check.state == TACET_LOSS_CHECKING ? INT64_C(8000000) * SIZE / bps : 0;
        if (w->now >= report_at) {
            report_at += REPORT_US;
            if (tacet_loss_check_update(&w->check, w->now, true) == TACET_LOSS_OURS) {
                w->ours++;
                w->bps = w->check.suspect_bps;
            }
        }
    }
}

static void random_loss_is_never_ours(void **state)
{
    static const int32_t chances[] = { 0, 10, 50, 100, 200, 300 };

    (void)state;
    for (size_t i = 0; i < sizeof(chances) / sizeof(chances[0]); i++) {
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct way w;
            begin(&w, seed, 1500000);
            w.chance_permille = chances[i];
            run(&w, TACET_S(60));
            if (w.ours > 0) {
                print_error("%d permille, seed %d\n", (int)chances[i], (int)seed);
            }
            assert_int_equal(w.ours, 0);
            /* And asking costs little. */
            assert_in_range(w.lowered_us, 0, TACET_S(4));
            assert_in_range(w.check.own_permille, chances[i] * 6 / 10, chances[i] * 14 / 10 + 5);
        }
    }
}

static void random_loss_that_begins_is_not_ours(void **state)
{
    int ours = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct way w;
        begin(&w, seed, 1500000);
        run(&w, TACET_S(5));
        w.chance_permille = 300;
        run(&w, TACET_S(30));
        ours += w.ours;
        assert_in_range(w.check.own_permille, 200, 400);
    }
    assert_int_equal(ours, 0);
}

static void policer_is_found(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct way w;
        begin(&w, seed, 1500000);
        w.chance_permille = seed % 2 == 0 ? 0 : 50;
        run(&w, TACET_S(5));
        assert_int_equal(w.ours, 0);
        w.policed_bps = 900000;
        run(&w, TACET_S(6));
        assert_true(w.ours >= 1);
        assert_in_range(w.bps, 700000, 1050000);
    }
}

static void policer_from_the_beginning_is_found_later(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct way w;
        begin(&w, seed, 1500000);
        w.policed_bps = 900000;
        run(&w, TACET_S(20));
        assert_true(w.ours >= 1);
        assert_in_range(w.bps, 800000, 1000000);
    }
}

/* The queue was full before anything was known: it looks like the way itself, but for what it
 * loses. */
static void what_no_way_loses_is_ours(void **state)
{
    struct tacet_loss_check l;
    bool ours = false;

    (void)state;
    tacet_loss_check_init(&l);
    for (int64_t i = 0; i < 300 && !ours; i++) {
        ours = add(&l, i * TACET_MS(6), i % 3 != 0, true) == TACET_LOSS_OURS;
    }
    assert_true(ours);
    assert_in_range(l.suspect_bps, 400000, 500000); /* a third of 1.33 Mbit/s */
    assert_in_range(l.own_permille, 0, 300);
}

/* By turns as much and so much more. */
static void run_by_turns(struct way *w, int64_t bps, int64_t percent, int seconds)
{
    for (int i = 0; i < seconds && w->ours == 0; i++) {
        w->bps = i % 2 == 0 ? bps : bps * percent / 100;
        run(w, TACET_S(1));
    }
}

/* A queue that has been full since the beginning: nothing tells of its delay, and the loss may have
 * been taken for the way's own. But never more arrives. */
static void what_arrives_alike_however_much_is_sent_is_all_there_is(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct way w;
        begin_used_to(&w, seed, 0, 500);
        w.policed_bps = 900000;
        run_by_turns(&w, 1000000, 170, 15);
        assert_int_equal(w.ours, 1);
        assert_int_equal(w.lowered_us, 0); /* nothing was asked */
        assert_in_range(w.check.suspect_bps, 800000, 1000000);
        assert_true(w.check.own_permille <= 100);
    }
}

/* Windows are short, and now and then chance takes the more the more is sent. */
static void of_more_that_is_sent_chance_lets_more_through(void **state)
{
    static const struct {
        int64_t bps;
        int64_t percent;
        int most; /* calls of 100 that are taken in within a minute */
    } rows[] = {
        { 240000, 200, 0 }, { 330000, 160, 1 },  { 330000, 200, 0 },  { 600000, 145, 4 },
        { 600000, 200, 0 }, { 1000000, 145, 1 }, { 1000000, 160, 0 }, { 1000000, 200, 0 }
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int ours = 0;
        for (uint64_t seed = 1; seed <= 100; seed++) {
            struct way w;
            begin_used_to(&w, seed, 0, 300);
            w.chance_permille = 300;
            run_by_turns(&w, rows[i].bps, rows[i].percent, 60);
            ours += w.ours;
        }
        if (ours > rows[i].most) {
            fail_msg("row %zu: %d", i, ours);
        }
    }
}

/* Where the way is thought to be narrow nothing has to be asked: what is lost of more than that is
 * ours, and what is lost of less is not. */
static void loss_beyond_the_capacity_that_is_thought_of_is_ours_at_once(void **state)
{
    static const struct {
        int64_t thought_bps, bps, policed_bps;
        int32_t chance_permille;
        int seconds;
        bool ours;
        int64_t low_bps, high_bps; /* then */
    } rows[] = {
        { 100000, 200000, 100000, 0, 3, true, 75000, 95000 },
        { 100000, 300000, 80000, 0, 3, true, 60000, 80000 },
        { 100000, 60000, 0, 200, 20, false, 60000, 60000 },    /* too little arrives for that */
        { 100000, 250000, 0, 200, 20, false, 250000, 250000 }, /* the thought was wrong */
        { 100000, 95000, 0, 0, 20, false, 95000, 95000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct way w;
            begin(&w, seed, rows[i].bps);
            w.policed_bps = rows[i].policed_bps;
            w.chance_permille = rows[i].chance_permille;
            tacet_loss_check_begin_with(&w.check, rows[i].thought_bps);
            run(&w, TACET_S(rows[i].seconds));
            assert_int_equal(w.ours > 0, rows[i].ours);
            assert_in_range(w.bps, rows[i].low_bps, rows[i].high_bps);
        }
    }
}

/* A thought that is wrong does not hold: of far less that is sent chance takes as much. */
static void wrong_thought_of_the_capacity_is_given_up(void **state)
{
    int given_up = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct way w;
        begin(&w, seed, 1000000);
        w.chance_permille = 300;
        tacet_loss_check_begin_with(&w.check, 900000);
        run(&w, TACET_S(30));
        assert_true(w.ours >= 1);
        given_up += w.check.capacity_bps == 0;
    }
    assert_true(given_up >= 18);
}

/* However much has been taken for the way's own: trains arrive no faster than what arrives of far
 * more. Of as much as they tell chance may take a lot, and of what they do not limit too. */
static void loss_beyond_what_trains_tell_is_ours(void **state)
{
    static const struct {
        int64_t trains_bps, bps, policed_bps;
        int32_t chance_permille;
        int ours;
    } rows[] = {
        { 230000, 500000, 240000, 0, 1 }, { 230000, 500000, 260000, 50, 1 },
        { 500000, 600000, 0, 300, 0 },    { 800000, 1000000, 0, 200, 0 },
        { 100000, 1000000, 0, 300, 0 },   { 0, 300000, 0, 300, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct way w;
            begin_used_to(&w, seed, rows[i].bps, 550);
            w.policed_bps = rows[i].policed_bps;
            w.chance_permille = rows[i].chance_permille;
            tacet_loss_check_set_trains(&w.check, rows[i].trains_bps);
            run(&w, TACET_S(3));
            assert_int_equal(w.ours, rows[i].ours);
            if (rows[i].ours > 0) {
                assert_in_range(w.bps, 160000, 240000);
                assert_in_range(w.check.own_permille, 0, 150);
            }
        }
    }
}

/* Between two packets that get through, so much time passes that it looks like an outage. */
static void way_that_lets_through_a_tenth_is_found(void **state)
{
    static const int64_t policed[] = { 30000, 60000, 100000, 150000, 300000 };

    (void)state;
    for (size_t i = 0; i < sizeof(policed) / sizeof(policed[0]); i++) {
        struct way w;
        begin(&w, i + 1, 2000000);
        run(&w, TACET_S(5));
        assert_int_equal(w.ours, 0);
        w.policed_bps = policed[i];
        run(&w, TACET_S(3));
        assert_true(w.ours >= 1);
        assert_in_range(w.bps, policed[i] * 8 / 10, policed[i]);
    }
}

/* Windows of 60 packets, in each of which so many of the first are lost. */
static int feed_windows(struct tacet_loss_check *l, const int *lost, size_t count, bool scattered)
{
    static int64_t now;
    int ours = 0;

    for (size_t i = 0; i < count * 60; i++) {
        int place = (int)(i % 60);
        /* 7 and 60 have no common factor: every place comes once. */
        bool is_lost = (scattered ? place * 7 % 60 : place) < lost[i / 60];
        ours += add(l, now, is_lost, true) == TACET_LOSS_OURS;
        now += TACET_MS(7);
    }
    return ours;
}

/* What has been answered for does not count towards the next answer. */
static void windows_before_an_answer_count_no_more(void **state)
{
    static const int extreme[] = { 48, 32 };
    static const int drowned[] = { 48, 48 };
    struct tacet_loss_check l;

    (void)state;
    tacet_loss_check_init(&l);
    assert_int_equal(feed_windows(&l, extreme, 2, true), 1);
    assert_int_equal(feed_windows(&l, drowned, 2, false), 0);
    assert_int_equal(feed_windows(&l, drowned, 1, false), 1);
}

/* What is known from elsewhere to be the way's own raises no question. */
static void taught_loss_is_no_rise(void **state)
{
    struct way w;

    (void)state;
    begin(&w, 1, 1000000);
    run(&w, TACET_S(10));
    tacet_loss_check_teach(&w.check, w.now, 100, 20);
    assert_int_equal(w.check.own_permille, 200);
    w.chance_permille = 200;
    run(&w, TACET_S(10));
    assert_int_equal(w.lowered_us, 0);
    tacet_loss_check_teach(&w.check, w.now, 100, 10); /* nothing new */
    assert_in_range(w.check.own_permille, 150, 250);
    tacet_loss_check_teach(&w.check, w.now, 100, 90); /* no way does that */
    assert_int_equal(w.check.own_permille, 300);
}

static void outage_is_not_our_rate(void **state)
{
    struct way w;

    (void)state;
    begin(&w, 1, 1500000);
    w.chance_permille = 200;
    run(&w, TACET_S(5));
    w.chance_permille = 1000;
    run(&w, TACET_S(4));
    w.chance_permille = 200;
    run(&w, TACET_S(5));
    assert_int_equal(w.ours, 0);
}

static void loss_in_a_queue_says_nothing(void **state)
{
    struct tacet_loss_check l;

    (void)state;
    tacet_loss_check_init(&l);
    for (int64_t i = 0; i < 1000; i++) {
        assert_int_equal(add(&l, i * TACET_MS(6), i % 3 == 0, false), TACET_LOSS_NOTHING);
    }
    assert_int_equal(l.own_permille, 0);
    assert_int_equal(l.state, TACET_LOSS_UNKNOWN);
}

static void what_is_taught_is_the_loss_of_enough_packets(void **state)
{
    static const struct {
        int64_t sent, lost;
        int32_t own_permille;
    } rows[] = {
        { 0, 0, 0 },      { 3, 1, 0 },      { 19, 19, 0 },     { 20, 2, 100 },
        { 400, 20, 100 }, { 400, 80, 200 }, { 400, 390, 300 },
    };
    struct tacet_loss_check l;

    (void)state;
    tacet_loss_check_init(&l);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tacet_loss_check_teach(&l, TACET_S(3), rows[i].sent, rows[i].lost);
        assert_int_equal(l.own_permille, rows[i].own_permille);
        assert_int_equal(l.state, TACET_LOSS_STEADY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_loss_is_never_ours),
        cmocka_unit_test(random_loss_that_begins_is_not_ours),
        cmocka_unit_test(policer_is_found),
        cmocka_unit_test(policer_from_the_beginning_is_found_later),
        cmocka_unit_test(what_no_way_loses_is_ours),
        cmocka_unit_test(what_arrives_alike_however_much_is_sent_is_all_there_is),
        cmocka_unit_test(of_more_that_is_sent_chance_lets_more_through),
        cmocka_unit_test(loss_beyond_the_capacity_that_is_thought_of_is_ours_at_once),
        cmocka_unit_test(wrong_thought_of_the_capacity_is_given_up),
        cmocka_unit_test(loss_beyond_what_trains_tell_is_ours),
        cmocka_unit_test(way_that_lets_through_a_tenth_is_found),
        cmocka_unit_test(windows_before_an_answer_count_no_more),
        cmocka_unit_test(taught_loss_is_no_rise),
        cmocka_unit_test(outage_is_not_our_rate),
        cmocka_unit_test(loss_in_a_queue_says_nothing),
        cmocka_unit_test(what_is_taught_is_the_loss_of_enough_packets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
