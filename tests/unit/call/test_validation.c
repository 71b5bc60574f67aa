/* Path validation: who moves, who stays, and what it may cost. */
#include "pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "call/validation.h"

static struct tacet_rng rng;
static struct tacet_random chance;
static const struct tacet_path old_path = { .address = { .family = 4, .ip = { 1 }, .port = 1 } };
static const struct tacet_path new_path = { .address = { .family = 4, .ip = { 2 }, .port = 2 } };
static const struct tacet_path third_path = { .address = { .family = 4, .ip = { 3 }, .port = 3 } };

static struct tacet_validation begun(size_t size)
{
    struct tacet_validation v = { 0 };

    tacet_rng_seed(&rng, 51, 0);
    chance = tacet_rng_random(&rng);
    tacet_validation_on_packet(&v, 1000, &old_path, &new_path, size, true, &chance);
    assert_true(v.running);
    return v;
}

static void new_path_that_answers_alone_wins_after_a_round_trip(void **state)
{
    struct tacet_validation v = begun(200);
    bool to_new;

    (void)state;
    assert_true(tacet_validation_try(&v, 1000, 160, &to_new));
    assert_true(to_new);
    tacet_validation_on_response(&v, &old_path, &new_path, v.challenge_new, TACET_MS(100));
    assert_false(tacet_validation_won(&v, TACET_MS(100)));
    /* Not before the old one was asked often enough for the answer not to have been lost. */
    for (int i = 0; i < TACET_VALIDATION_COPIES; i++) {
        int64_t at = 1000 + i * TACET_VALIDATION_COPY_US;
        assert_int_equal(tacet_validation_timeout(&v), at);
        assert_false(tacet_validation_won(&v, TACET_S(1)));
        assert_false(tacet_validation_try_current(&v, at - 1));
        assert_true(tacet_validation_try_current(&v, at));
    }
    assert_false(tacet_validation_try_current(&v, TACET_S(1)));
    assert_int_equal(tacet_validation_timeout(&v), 1000 + TACET_MS(145));
    assert_true(tacet_validation_won(&v, 1000 + TACET_MS(145)));
    assert_false(tacet_validation_won(&v, 1000 + TACET_MS(145)));
}

static void old_path_that_speaks_up_keeps_the_call(void **state)
{
    (void)state;
    for (int how = 0; how < 2; how++) { /* by its answer, or by a newer packet */
        struct tacet_validation v = begun(200);
        tacet_validation_on_response(&v, &old_path, &new_path, v.challenge_new, TACET_MS(100));
        if (how == 0) {
            tacet_validation_on_response(&v, &old_path, &old_path, v.challenge_old, TACET_MS(100));
        } else {
            tacet_validation_on_packet(&v, 5000, &old_path, &old_path, 100, true, &chance);
        }
        assert_false(v.running);
        assert_false(tacet_validation_won(&v, TACET_S(10)));
    }
}

static void answers_count_only_from_the_challenged_path_and_only_if_right(void **state)
{
    struct tacet_validation v = begun(200);
    uint8_t wrong[TACET_CHALLENGE_SIZE];

    (void)state;
    memcpy(wrong, v.challenge_new, sizeof(wrong));
    wrong[7] ^= 1;
    tacet_validation_on_response(&v, &old_path, &new_path, wrong, 1);
    tacet_validation_on_response(&v, &old_path, &new_path, v.challenge_old, 1);
    tacet_validation_on_response(&v, &old_path, &third_path, v.challenge_new, 1);
    tacet_validation_on_response(&v, &old_path, &old_path, v.challenge_new, 1);
    assert_true(v.running);
    assert_false(v.answered);
}

static void new_path_draws_at_most_three_times_its_bytes(void **state)
{
    (void)state;
    for (size_t size = 30; size < 400; size += 10) {
        struct tacet_validation v = begun(size);
        size_t drawn = 0;
        int64_t last = 0;
        int tries = 0;
        bool to_new = false;
        for (int64_t now = 1000; v.running; now += TACET_MS(10)) {
            if (tacet_validation_try(&v, now, 160, &to_new)) {
                drawn += to_new ? 160 : 0;
                tries++;
                last = now;
            }
        }
        assert_int_equal(tries, 3);
        /* All in time for a path that lives on for a second, and then the answer has one. */
        assert_int_equal(last - 1000, TACET_MS(500));
        assert_in_range(drawn, 0, 3 * size);
    }
}

static void old_packets_begin_nothing_and_there_is_one_validation_at_a_time(void **state)
{
    struct tacet_validation v = { 0 };

    (void)state;
    tacet_validation_on_packet(&v, 1000, &old_path, &new_path, 100, false, &chance);
    assert_false(v.running);
    v = begun(100);
    tacet_validation_on_packet(&v, 2000, &old_path, &third_path, 100, true, &chance);
    assert_true(tacet_path_equal(&v.path, &new_path));
    tacet_validation_on_packet(&v, 3000, &old_path, &old_path, 100, true, &chance);
    assert_false(v.running);
    tacet_validation_on_packet(&v, 4000, &old_path, &third_path, 100, true, &chance);
    assert_false(v.running); /* too soon after the last */
    tacet_validation_on_packet(&v, TACET_S(2), &old_path, &third_path, 100, true, &chance);
    assert_true(v.running);
}

static void sound_goes_to_the_new_path_within_its_allowance(void **state)
{
    struct tacet_validation v = { 0 };
    bool to_new;

    (void)state;
    assert_false(tacet_validation_may_copy(&v, 1)); /* nobody has moved */
    v = begun(200);
    assert_true(tacet_validation_try(&v, 1000, 160, &to_new));
    assert_true(tacet_validation_may_copy(&v, 220));
    assert_true(tacet_validation_may_copy(&v, 220));
    assert_false(tacet_validation_may_copy(&v, 1)); /* 600 bytes */
    tacet_validation_on_packet(&v, 1000, &old_path, &new_path, 100, true, &chance);
    assert_true(tacet_validation_may_copy(&v, 300));
    tacet_validation_on_packet(&v, 1000, &old_path, &new_path, 100, true, &chance);
    tacet_validation_on_packet(&v, 1000, &old_path, &old_path, 100, true, &chance);
    assert_false(tacet_validation_may_copy(&v, 1)); /* it is settled */
}

static void responses_to_the_path_on_trial_are_in_its_allowance(void **state)
{
    struct tacet_validation v = { 0 };
    bool to_new;

    (void)state;
    assert_true(tacet_validation_may_respond(&v, &new_path, 160)); /* no trial: one for one */
    v = begun(160);
    assert_true(tacet_validation_try(&v, 1000, 160, &to_new));
    assert_true(tacet_validation_may_respond(&v, &new_path, 160));
    assert_true(tacet_validation_may_respond(&v, &new_path, 160));
    assert_false(tacet_validation_may_respond(&v, &new_path, 160)); /* 480 bytes */
    assert_true(tacet_validation_may_respond(&v, &third_path, 160));
}

/* A forwarder answers at once; of the old path's challenges and answers one in five is lost. */
static void old_path_that_loses_a_fifth_each_way_keeps_the_call(void **state)
{
    const int64_t round_trip_us = TACET_MS(100);
    const int runs = 20000;
    int lost = 0;

    (void)state;
    tacet_rng_seed(&rng, 56, 0);
    chance = tacet_rng_random(&rng);
    for (int run = 0; run < runs; run++) {
        struct tacet_validation v = { 0 };
        int64_t back_us = INT64_MAX; /* the first answer of the old path */
        bool to_new;
        tacet_validation_on_packet(&v, 0, &old_path, &new_path, 200, true, &chance);
        assert_true(tacet_validation_try(&v, 0, 160, &to_new));
        tacet_validation_on_response(&v, &old_path, &new_path, v.challenge_new, round_trip_us);
        for (int64_t now = 0; v.running; now = tacet_validation_timeout(&v)) {
            if (back_us <= now) {
                tacet_validation_on_response(&v, &old_path, &old_path, v.challenge_old, 0);
                continue;
            }
            if (tacet_validation_try_current(&v, now) && back_us == INT64_MAX &&
                tacet_rng_below(&rng, 100) < 64) {
                back_us = now + round_trip_us;
            }
            lost += tacet_validation_won(&v, now);
        }
    }
    /* 0.36^10 of them: 0.7. */
    assert_in_range(lost, 0, 4);
}

/* --- in a call --- */

static void caller_that_moves_is_followed_and_keys_are_renewed(void **state)
{
    struct pair p;

    (void)state;
    pair_create(&p, 52, NULL);
    pair_connect(&p);
    pair_run(&p, TACET_S(15));
    struct tacet_path before = p.path[CALLER];
    p.path[CALLER].address.port = 6000;
    pair_run(&p, TACET_S(2)); /* the pair delivers at once, whatever the destination */
    assert_true(tacet_path_equal(&pair_peer(&p, CALLEE)->path, &p.path[CALLER]));
    assert_false(tacet_path_equal(&before, &p.path[CALLER]));
    assert_true(tacet_path_equal(&pair_peer(&p, CALLER)->path, &p.path[CALLEE]));
    assert_int_equal(pair_peer(&p, CALLEE)->rekey.epoch, 2);
    assert_int_equal(pair_events(&p, CALLER, TACET_EVENT_REKEYED), 2);
    assert_int_equal(pair_peer(&p, CALLER)->state, TACET_PEER_CONNECTED);
    pair_free(&p);
}

static const struct tacet_path his = { .address = {
                                           .family = 4, .ip = { 203, 0, 113, 9 }, .port = 9 } };

/* A forwarder delivers each packet of the caller first, from his own address; the genuine one comes
 * after it and is a replay. Both ways pass through him for what goes to his address, and he loses
 * nothing; the path itself loses so many in ten. */
static bool forward(void *ctx, struct pair *p, int from, const struct tacet_packet *packet)
{
    const uint64_t *lost_in_ten = ctx;

    if (from == CALLER) {
        (void)pair_give(p, CALLEE, packet, &his);
    }
    return !tacet_path_equal(&packet->path, &his) && tacet_rng_below(&rng, 10) < *lost_in_ten;
}

/* He never gets the call. */
static void expect_no_man_on_the_path(uint64_t seed, int turns, uint64_t lost_in_ten)
{
    struct pair p;

    pair_create(&p, seed, NULL);
    pair_connect(&p);
    pair_run(&p, TACET_S(15));
    tacet_rng_seed(&rng, 55, 0);
    p.way = forward;
    p.way_ctx = &lost_in_ten;
    for (int turn = 0; turn < turns; turn++) {
        pair_run(&p, TACET_MS(10));
        assert_true(tacet_path_equal(&pair_peer(&p, CALLEE)->path, &p.path[CALLER]));
    }
    pair_free(&p);
}

static void forwarder_does_not_become_a_man_on_the_path(void **state)
{
    (void)state;
    expect_no_man_on_the_path(53, 400, 0);
}

/* One challenge that went astray must not give him the call. */
static void forwarder_does_not_become_a_man_on_a_path_that_loses(void **state)
{
    (void)state;
    expect_no_man_on_the_path(54, 12000, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_path_that_answers_alone_wins_after_a_round_trip),
        cmocka_unit_test(old_path_that_speaks_up_keeps_the_call),
        cmocka_unit_test(answers_count_only_from_the_challenged_path_and_only_if_right),
        cmocka_unit_test(new_path_draws_at_most_three_times_its_bytes),
        cmocka_unit_test(old_packets_begin_nothing_and_there_is_one_validation_at_a_time),
        cmocka_unit_test(sound_goes_to_the_new_path_within_its_allowance),
        cmocka_unit_test(responses_to_the_path_on_trial_are_in_its_allowance),
        cmocka_unit_test(old_path_that_loses_a_fifth_each_way_keeps_the_call),
        cmocka_unit_test(caller_that_moves_is_followed_and_keys_are_renewed),
        cmocka_unit_test(forwarder_does_not_become_a_man_on_the_path),
        cmocka_unit_test(forwarder_does_not_become_a_man_on_a_path_that_loses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
