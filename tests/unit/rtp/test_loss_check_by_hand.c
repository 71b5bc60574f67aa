/* The questions of the check of losses, window by window: what is asked, and what the answer means.
 */
#include "rtp/loss_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"

#define BEGIN_US TACET_S(100)
#define SENT_BPS 1000000
#define ARRIVED_BPS 700000 /* of which, before the question */

/* A way that was seen to lose that much, and is asked for the first time. */
static struct tacet_loss_check seen_to_lose(int32_t own_permille, enum tacet_loss_state state)
{
    struct tacet_loss_check l;

    tacet_loss_check_init(&l);
    l.state = state;
    l.windows = 1;
    l.own_permille = own_permille;
    l.next_check_us = INT64_MAX;
    l.since_us = BEGIN_US;
    l.suspect_permille = 300;
    l.suspect_bps = ARRIVED_BPS;
    return l;
}

/* So many packets, at that rate, of which so many of a thousand are lost, scattered evenly. */
static enum tacet_loss_verdict feed(struct tacet_loss_check *l, int64_t *now, int count,
                                    int64_t bps, int permille, bool calm)
{
    enum tacet_loss_verdict verdict = TACET_LOSS_NOTHING;

    for (int i = 0; i < count; i++, *now += 8000000000 / bps) {
        struct tacet_packet_result result = { .sent_at_us = *now, .size = 1000 };
        result.lost = (i + 1) * permille / 1000 > i * permille / 1000;
        tacet_loss_check_add(l, &result);
        enum tacet_loss_verdict here = tacet_loss_check_update(l, *now, calm);
        verdict = here != TACET_LOSS_NOTHING ? here : verdict;
    }
    return verdict;
}

/* 30 % were lost of 1 Mbit/s. Of 760 kbit/s a way that lets 700 through loses 8 %. */
static void question_is_answered_by_what_less_loses(void **state)
{
    static const struct {
        int lost_permille;
        enum tacet_loss_state state;
        int32_t own_permille;
    } rows[] = {
        { 0, TACET_LOSS_CONFIRMING, 50 },   { 80, TACET_LOSS_CONFIRMING, 50 },
        { 180, TACET_LOSS_CONFIRMING, 50 }, { 200, TACET_LOSS_STEADY, 250 },
        { 300, TACET_LOSS_STEADY, 300 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_loss_check l = seen_to_lose(50, TACET_LOSS_CHECKING);
        int64_t now = BEGIN_US;
        assert_int_equal(tacet_loss_check_share(&l), 760);
        assert_int_equal(feed(&l, &now, 100, 760000, rows[i].lost_permille, true),
                         TACET_LOSS_NOTHING);
        assert_int_equal(l.state, rows[i].state);
        assert_int_equal(l.own_permille, rows[i].own_permille);
        assert_int_equal(tacet_loss_check_share(&l), 1000);
        assert_int_equal(tacet_loss_check_active(&l), rows[i].state == TACET_LOSS_CONFIRMING);
    }
}

/* What comes back with the rate was ours: the more surely, the longer it has been so. */
static void answer_is_confirmed_by_what_as_much_as_before_loses(void **state)
{
    static const struct {
        int32_t own_permille;
        int32_t suspicions; /* 0: it has been high all along */
        int lost_permille;
        bool ours;
        int32_t then_permille;
    } rows[] = {
        { 40, 2, 300, true, 0 }, { 40, 0, 300, true, 0 },     { 40, 2, 100, false, 45 },
        { 40, 2, 200, true, 0 }, { 160, 2, 200, false, 130 }, { 40, 0, 200, false, 70 },
        { 40, 0, 260, true, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_loss_check l = seen_to_lose(rows[i].own_permille, TACET_LOSS_CONFIRMING);
        int64_t now = BEGIN_US;
        l.suspicions = rows[i].suspicions;
        assert_int_equal(feed(&l, &now, 100, SENT_BPS, rows[i].lost_permille, true),
                         rows[i].ours ? TACET_LOSS_OURS : TACET_LOSS_NOTHING);
        assert_int_equal(l.state, TACET_LOSS_STEADY);
        assert_int_equal(l.own_permille, rows[i].then_permille);
        assert_int_equal(l.suspicions, 0);
        /* Who asks in vain asks more seldom. */
        assert_int_equal(l.apart_us, rows[i].ours ? TACET_S(12) : TACET_S(24));
        assert_true(l.next_check_us > now && l.next_check_us <= now + l.apart_us);
    }
}

static void vain_questions_are_two_minutes_apart_at_most(void **state)
{
    struct tacet_loss_check l = seen_to_lose(300, TACET_LOSS_STEADY);
    int64_t now = BEGIN_US;
    int64_t asked_us = 0;
    int count = 0;

    (void)state;
    l.next_check_us = now;
    while (count < 7) {
        bool active = tacet_loss_check_active(&l);
        (void)feed(&l, &now, 20, SENT_BPS * tacet_loss_check_share(&l) / 1000, 300, true);
        if (!active && tacet_loss_check_active(&l)) {
            static const int64_t apart_s[] = { 0, 24, 48, 96, 120, 120, 120 };
            int64_t apart_us = count == 0 ? 0 : now - asked_us;
            assert_in_range(apart_us, TACET_S(apart_s[count]), TACET_S(apart_s[count] + 4));
            asked_us = now;
            count++;
        }
    }
}

static void rise_is_asked_about_when_it_is_seen_twice_on_end(void **state)
{
    static const struct {
        int lost_permille;
        enum tacet_loss_state state;
    } rows[] = {
        { 250, TACET_LOSS_STEADY }, { 0, TACET_LOSS_STEADY },   { 250, TACET_LOSS_STEADY },
        { 50, TACET_LOSS_STEADY },  { 250, TACET_LOSS_STEADY }, { 250, TACET_LOSS_CHECKING },
    };
    struct tacet_loss_check l = seen_to_lose(20, TACET_LOSS_STEADY);
    int64_t now = BEGIN_US;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)feed(&l, &now, 60, SENT_BPS, rows[i].lost_permille, true);
        assert_int_equal(l.state, rows[i].state);
    }
    assert_in_range(l.suspect_permille, 240, 250);
    assert_in_range(l.suspect_bps, 700000, 800000);
    assert_true(l.since_us > now && l.since_us < now + TACET_MS(50));
}

static void question_ends_without_an_answer(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        struct tacet_loss_check l = seen_to_lose(50, TACET_LOSS_CHECKING);
        int64_t now = BEGIN_US;
        if (way == 0) { /* where there is a queue */
            (void)feed(&l, &now, 100, 760000, 0, false);
        } else { /* where too little is sent to tell */
            (void)tacet_loss_check_update(&l, BEGIN_US + TACET_MS(2490), true);
            assert_true(tacet_loss_check_active(&l));
            now = BEGIN_US + TACET_MS(2510);
            (void)tacet_loss_check_update(&l, now, true);
        }
        assert_int_equal(l.state, TACET_LOSS_STEADY);
        assert_int_equal(l.own_permille, 50);
        assert_true(l.next_check_us > now && l.next_check_us <= now + TACET_S(12));
    }
}

/* Nobody looks at what is sent until the rate has changed, but it arrives. */
static void run_of_losses_does_not_span_what_arrived_meanwhile(void **state)
{
    struct tacet_loss_check l = seen_to_lose(300, TACET_LOSS_STEADY);
    int64_t now = BEGIN_US;

    (void)state;
    l.next_check_us = now;
    (void)feed(&l, &now, 60, SENT_BPS, 300, true); /* the last one is lost ... */
    assert_int_equal(l.state, TACET_LOSS_CHECKING);
    (void)feed(&l, &now, 6, SENT_BPS, 0, true);
    (void)feed(&l, &now, 1, SENT_BPS, 1000, true); /* ... and the first one again */
    (void)feed(&l, &now, 99, SENT_BPS, 300, true);
    assert_int_equal(l.state, TACET_LOSS_STEADY);
    assert_int_equal(l.apart_us, TACET_S(24)); /* it was answered */
}

/* It is thought to be 900 kbit/s, and more than that has lost so much before. */
static void thought_of_the_capacity_is_refuted(void **state)
{
    static const struct {
        int32_t over_permille;
        int64_t bps;
        int lost_permille;
        bool calm;
        bool refuted;
        int32_t own_permille; /* then */
    } rows[] = {
        { 300, 600000, 300, true, true, 300 },  /* of far less as much is lost */
        { 300, 600000, 100, true, false, 75 },  /* not as much */
        { 300, 600000, 300, false, false, 50 }, /* in a queue */
        { 300, 800000, 300, true, false, 50 },  /* not of far less */
        { 0, 600000, 50, true, false, 50 },     /* more has never been sent */
        { 0, 1300000, 0, true, true, 50 },      /* more arrives */
        { 0, 1100000, 0, true, false, 25 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_loss_check l = seen_to_lose(50, TACET_LOSS_STEADY);
        int64_t now = BEGIN_US;
        l.capacity_bps = 900000;
        l.over_permille = rows[i].over_permille;
        enum tacet_loss_verdict verdict =
            feed(&l, &now, 80, rows[i].bps, rows[i].lost_permille, rows[i].calm);
        assert_int_equal(verdict == TACET_LOSS_ROOM, rows[i].refuted);
        assert_int_equal(l.capacity_bps == 0, rows[i].refuted);
        assert_int_equal(l.own_permille, rows[i].own_permille);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(question_is_answered_by_what_less_loses),
        cmocka_unit_test(answer_is_confirmed_by_what_as_much_as_before_loses),
        cmocka_unit_test(vain_questions_are_two_minutes_apart_at_most),
        cmocka_unit_test(rise_is_asked_about_when_it_is_seen_twice_on_end),
        cmocka_unit_test(question_ends_without_an_answer),
        cmocka_unit_test(run_of_losses_does_not_span_what_arrived_meanwhile),
        cmocka_unit_test(thought_of_the_capacity_is_refuted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
