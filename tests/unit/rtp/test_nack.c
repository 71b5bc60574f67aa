/* What is asked for, when, and how it is written down. */
#include "rtp/nack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#define PATIENCE TACET_MS(400)
#define ROUND_TRIP TACET_MS(100)

static struct tacet_nack nack;
static uint16_t seqs[TACET_NACK_MAX];
static int64_t kept_us = -TACET_S(10);
static uint32_t copies = 1;

static size_t due(int64_t now)
{
    struct tacet_nack_pace pace = { ROUND_TRIP, PATIENCE, kept_us, copies };

    return tacet_nack_due(&nack, now, &pace, seqs, TACET_NACK_MAX);
}

static void receive(int64_t now, int64_t from, int64_t to)
{
    for (int64_t seq = from; seq <= to; seq++) {
        tacet_nack_on_packet(&nack, now, seq);
    }
}

static void nothing_is_asked_for_without_a_gap(void **state)
{
    (void)state;
    nack = (struct tacet_nack){ 0 };
    receive(0, 70000, 70100);
    assert_int_equal(tacet_nack_timeout(&nack), INT64_MAX);
    assert_int_equal(due(TACET_S(1)), 0);
}

static void gap_is_asked_for_at_once_and_again_after_a_round_trip(void **state)
{
    (void)state;
    nack = (struct tacet_nack){ 0 };
    receive(0, 65530, 65533);
    receive(1000, 65538, 65538); /* across the wrap of the 16 bits */
    assert_int_equal(tacet_nack_timeout(&nack), 1000);
    assert_int_equal(due(1000), 4);
    assert_int_equal(seqs[0], 65534);
    assert_int_equal(seqs[1], 65535);
    assert_int_equal(seqs[2], 0);
    assert_int_equal(seqs[3], 1);
    assert_int_equal(due(1000), 0);
    assert_int_equal(due(1000 + ROUND_TRIP), 0);
    receive(2000, 65535, 65535); /* one has come */
    assert_int_equal(tacet_nack_timeout(&nack), 1000 + ROUND_TRIP + TACET_MS(20));
    assert_int_equal(due(1000 + ROUND_TRIP + TACET_MS(20)), 3);
    assert_int_equal(seqs[1], 0);
}

static void what_has_come_is_asked_for_no_more(void **state)
{
    (void)state;
    nack = (struct tacet_nack){ 0 };
    receive(0, 100, 100);
    receive(0, 105, 105);
    receive(0, 101, 104);
    assert_int_equal(due(0), 0);
    assert_int_equal(tacet_nack_timeout(&nack), INT64_MAX);
}

static void questions_are_repeated_while_they_may_get_lost(void **state)
{
    static const int64_t at_ms[] = { 0, 8, 16, 136, 144, 152 };

    (void)state;
    nack = (struct tacet_nack){ 0 };
    copies = 3;
    receive(0, 100, 100);
    receive(0, 102, 102);
    for (size_t i = 0; i < sizeof(at_ms) / sizeof(at_ms[0]); i++) {
        assert_int_equal(tacet_nack_timeout(&nack), TACET_MS(at_ms[i]));
        assert_int_equal(due(TACET_MS(at_ms[i])), 1);
        assert_int_equal(due(TACET_MS(at_ms[i])), 0);
    }
    copies = 1;
}

static void copies_make_up_for_the_loss_there_and_back(void **state)
{
    static const struct {
        int32_t there, back;
        uint32_t copies;
    } rows[] = {
        { 0, 0, 1 },     { 50, 50, 1 }, { 0, 140, 1 },   { 80, 80, 2 },     { 100, 100, 2 },
        { 200, 200, 2 }, { 200, 0, 2 }, { 300, 300, 3 }, { 1000, 1000, 4 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(tacet_nack_copies(rows[i].there, rows[i].back), rows[i].copies);
    }
}

static void what_is_known_to_be_sent_is_asked_for_without_a_packet_behind_it(void **state)
{
    (void)state;
    nack = (struct tacet_nack){ 0 };
    tacet_nack_expect(&nack, 0, 50); /* nothing has begun */
    receive(0, 100, 100);
    tacet_nack_expect(&nack, 0, 99);
    assert_int_equal(due(0), 0);
    tacet_nack_expect(&nack, 5, 102);
    assert_int_equal(due(5), 2);
    assert_int_equal(seqs[1], 102);
    receive(6, 102, 102);
    assert_int_equal(nack.count, 1);
    tacet_nack_expect(&nack, 7, 102 + TACET_NACK_MAX + 1); /* not to be believed */
    assert_int_equal(nack.highest, 102);
}

static void beginning_that_was_missed_is_asked_for(void **state)
{
    (void)state;
    nack = (struct tacet_nack){ 0 };
    receive(0, 100, 100);
    receive(0, 102, 102);
    tacet_nack_begin(&nack, 0, 98);
    assert_int_equal(due(0), 3);
    assert_int_equal(seqs[0], 98);
    assert_int_equal(seqs[1], 99);
    assert_int_equal(seqs[2], 101);
    receive(1, 98, 99);
    tacet_nack_begin(&nack, 1, 98); /* known */
    tacet_nack_begin(&nack, 1, 102);
    tacet_nack_begin(&nack, 1, 98 - TACET_NACK_MAX); /* not to be believed */
    assert_int_equal(nack.count, 1);
    nack = (struct tacet_nack){ 0 };
    tacet_nack_begin(&nack, 0, 50); /* nothing has come */
    tacet_nack_expect(&nack, 0, 51);
    assert_int_equal(due(0), 2);
    assert_int_equal(seqs[0], 50);
    assert_int_equal(seqs[1], 51);
}

static void first_packets_in_another_order_are_known(void **state)
{
    (void)state;
    nack = (struct tacet_nack){ 0 };
    receive(0, 102, 102);
    receive(0, 100, 100);
    tacet_nack_begin(&nack, 0, 100); /* a repair says so as well */
    assert_int_equal(due(0), 1);
    assert_int_equal(seqs[0], 101);
}

static void what_is_postponed_is_asked_for_later(void **state)
{
    (void)state;
    nack = (struct tacet_nack){ 0 };
    receive(0, 100, 100);
    receive(0, 103, 103);
    tacet_nack_postpone(&nack, 102, 9000);
    assert_int_equal(due(0), 1);
    assert_int_equal(seqs[0], 101);
    assert_int_equal(tacet_nack_timeout(&nack), 9000);
    assert_int_equal(due(9000), 1);
    assert_int_equal(seqs[0], 102);
}

static void what_is_skipped_is_not_asked_for(void **state)
{
    (void)state;
    nack = (struct tacet_nack){ 0 };
    receive(0, 100, 101);
    receive(1000, 104, 104);
    tacet_nack_skip(&nack, 300);
    assert_int_equal(tacet_nack_timeout(&nack), INT64_MAX);
    receive(2000, 300, 300);
    assert_int_equal(due(2000), 0);
    receive(3000, 302, 302); /* but the next one is */
    assert_int_equal(due(3000), 1);
    assert_int_equal(seqs[0], 301);
}

static void patience_ends_and_so_does_the_list(void **state)
{
    (void)state;
    nack = (struct tacet_nack){ 0 };
    receive(0, 100, 100);
    receive(0, 102, 102);
    assert_int_equal(due(0), 1);
    assert_int_equal(due(PATIENCE), 1);
    assert_int_equal(due(PATIENCE + 1), 0);
    assert_int_equal(nack.count, 0);

    nack = (struct tacet_nack){ 0 };
    receive(0, 100, 100);
    receive(0, 10000, 10000); /* an outage: only the newest */
    assert_int_equal(nack.count, TACET_NACK_MAX);
    assert_int_equal(due(0), TACET_NACK_MAX);
    assert_int_equal(seqs[TACET_NACK_MAX - 1], 9999);
    receive(0, 10003, 10003); /* full: the oldest go */
    assert_int_equal(nack.count, TACET_NACK_MAX);
    assert_int_equal(nack.missing[TACET_NACK_MAX - 1].seq, 10002);
}

static void written_numbers_are_read_back(void **state)
{
    static const struct {
        uint16_t seqs[6];
        size_t count;
        size_t pairs;
    } rows[] = {
        { { 7 }, 1, 1 },
        { { 7, 8, 23 }, 3, 1 },
        { { 7, 24 }, 2, 2 },
        { { 65530, 65535, 3, 10, 11, 200 }, 6, 3 },
        { { 0, 1, 2, 3, 4, 5 }, 6, 1 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t fci[64];
        uint16_t back[64];
        struct tacet_writer w = tacet_writer(fci, sizeof(fci));
        tacet_nack_write(&w, rows[i].seqs, rows[i].count);
        assert_int_equal(w.at, 4 * rows[i].pairs);
        assert_int_equal(tacet_nack_pairs(rows[i].seqs, rows[i].count), rows[i].pairs);
        assert_int_equal(tacet_nack_read(fci, w.at, back, 64), rows[i].count);
        assert_memory_equal(back, rows[i].seqs, rows[i].count * sizeof(back[0]));
    }
}

static void reading_stops_at_its_bound(void **state)
{
    uint8_t fci[43];
    uint16_t back[5];

    (void)state;
    memset(fci, 0xff, sizeof(fci));
    assert_int_equal(tacet_nack_read(fci, sizeof(fci), back, 5), 5);
    assert_int_equal(tacet_nack_read(fci, 3, back, 5), 0);
    assert_int_equal(tacet_nack_read(fci, 0, back, 5), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_asked_for_without_a_gap),
        cmocka_unit_test(gap_is_asked_for_at_once_and_again_after_a_round_trip),
        cmocka_unit_test(what_has_come_is_asked_for_no_more),
        cmocka_unit_test(questions_are_repeated_while_they_may_get_lost),
        cmocka_unit_test(copies_make_up_for_the_loss_there_and_back),
        cmocka_unit_test(what_is_known_to_be_sent_is_asked_for_without_a_packet_behind_it),
        cmocka_unit_test(beginning_that_was_missed_is_asked_for),
        cmocka_unit_test(first_packets_in_another_order_are_known),
        cmocka_unit_test(what_is_postponed_is_asked_for_later),
        cmocka_unit_test(what_is_skipped_is_not_asked_for),
        cmocka_unit_test(patience_ends_and_so_does_the_list),
        cmocka_unit_test(written_numbers_are_read_back),
        cmocka_unit_test(reading_stops_at_its_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
