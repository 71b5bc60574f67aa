/* What was sent against what is reported: each packet is told once, and told right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp/sent_log.h"

#include <string.h>

#define START TACET_S(50)

static const uint32_t ssrcs[TACET_FEEDBACK_STREAMS] = { 1, 2, 3, 4 };
static struct tacet_sent_log log_;
static struct tacet_packet_result results[TACET_SENT_LOG_PACKETS];
static uint8_t metrics[1200];

static void start(void)
{
    tacet_sent_log_init(&log_, ssrcs);
}

static void send(int64_t at, int stream, uint16_t seq)
{
    assert_true(tacet_sent_log_on_sent(&log_, at, ssrcs[stream], seq, 1000, 0));
}

static void write_metrics(struct tacet_feedback_block *block, const char *pattern, uint16_t offset)
{
    struct tacet_writer w = tacet_writer(metrics, sizeof(metrics));

    block->count = (uint16_t)strlen(pattern);
    for (const char *c = pattern; *c != '\0'; c++) {
        tacet_write_u16(&w, *c == '1' ? (uint16_t)(0x8000 | offset) : 0);
    }
    block->metrics = tacet_reader(metrics, w.at);
}

/* A report made `at_us` on the other side's clock on one stream; '1' has come, '0' has not. */
static void report(int64_t now, int64_t at_us, uint32_t ssrc, uint16_t begin, const char *pattern)
{
    struct tacet_feedback_report r = { .block_count = 1 };

    r.timestamp = (uint32_t)(at_us / 1000000 << 16 | (at_us % 1000000 * 65536 / 1000000));
    r.blocks[0].ssrc = ssrc;
    r.blocks[0].begin_seq = begin;
    write_metrics(&r.blocks[0], pattern, 0);
    tacet_sent_log_on_report(&log_, now, &r);
}

/* The first packet of the first stream has come, so says a report made at 100 s of the other
 * clock. */
static struct tacet_feedback_report first_came(uint16_t offset)
{
    struct tacet_feedback_report r = { .timestamp = 100 << 16, .block_count = 1 };

    start();
    send(START, 0, 1);
    r.blocks[0].ssrc = 1;
    r.blocks[0].begin_seq = 1;
    write_metrics(&r.blocks[0], "1", offset);
    return r;
}

/* `count` packets of the first stream, numbered from `first` on, so long apart. */
static void send_each(uint16_t first, int count, int64_t apart_us)
{
    for (int i = 0; i < count; i++) {
        send(START + i * apart_us, 0, (uint16_t)(first + i));
    }
}

static size_t poll(void)
{
    return tacet_sent_log_poll(&log_, results, TACET_SENT_LOG_PACKETS);
}

static void expect_told(const char *expected)
{
    char told[64] = "";
    size_t count = poll();

    assert_true(count < sizeof(told));
    for (size_t i = 0; i < count; i++) {
        told[i] = (char)(results[i].unreported ? '?' : results[i].lost ? 'x' : '.');
    }
    assert_string_equal(told, expected);
}

static void arrived_packets_are_told_with_their_times(void **state)
{
    start();
    assert_true(tacet_sent_log_on_sent(&log_, START, 2, 0x7fff, 1172, 7));
    report(START + TACET_MS(100), TACET_S(3), 2, 0x7fff, "1");
    assert_int_equal(poll(), 1);
    assert_true(results[0].sent_at_us == START);
    assert_true(results[0].arrived_at_us == TACET_S(3));
    assert_int_equal(results[0].size, 1200);
    assert_int_equal(results[0].stream, 1);
    assert_int_equal(results[0].probe, 7);
    assert_int_equal(results[0].seq, 0x7fff);
    assert_false(results[0].lost);
    assert_false(results[0].unreported);
    assert_int_equal(poll(), 0);
}

static void packet_is_told_once_however_often_it_is_reported(void **state)
{
    start();
    send_each(10, 4, TACET_MS(1));
    report(START, TACET_S(1), 1, 10, "11");
    expect_told("..");
    report(START, TACET_S(1) + 1, 1, 10, "111");
    expect_told(".");
    report(START, TACET_S(1) + 2, 1, 10, "1111");
    report(START, TACET_S(1) + 3, 1, 10, "1111");
    expect_told(".");
    report(START, TACET_S(1) + 3, 1, 10, "0000"); /* taken back: too late */
    expect_told("");
    assert_int_equal(log_.counts.arrived, 4);
}

static void packet_is_lost_once_a_clearly_later_one_has_come(void **state)
{
    start();
    send(START, 0, 10);
    send(START + TACET_MS(1), 0, 11);
    send(START + TACET_MS(29), 0, 12);
    send(START + TACET_MS(31), 0, 13);
    send(START + TACET_MS(90), 0, 14);
    report(START, TACET_S(1), 1, 10, "001");
    expect_told("."); /* 29 ms later: may have been overtaken */
    report(START, TACET_S(2), 1, 10, "0011");
    expect_told("xx."); /* 31 and 30 ms */
    report(START, TACET_S(3), 1, 10, "0111");
    expect_told(""); /* it comes after all: told already */
    assert_int_equal(log_.counts.late, 1);
    report(START, TACET_S(4), 1, 10, "0111");
    assert_int_equal(log_.counts.late, 1);
    assert_int_equal(log_.counts.lost, 2);
    assert_true(log_.reorder_us > TACET_MS(44)); /* more patience from now on */
}

static void loss_of_a_tail_shows_in_another_stream(void **state)
{
    start();
    send(START, 2, 100);
    send(START + TACET_MS(10), 2, 101);
    send(START + TACET_MS(50), 0, 10);
    /* Only the first of the stream came; then the stream is not named any more. */
    report(START, TACET_S(1), 3, 100, "1");
    expect_told(".");
    report(START, TACET_S(2), 1, 10, "1");
    expect_told("x.");
}

static void packet_that_no_report_told_of_is_marked(void **state)
{
    start();
    send_each(0, 6, TACET_MS(20));
    report(START, TACET_S(1), 1, 0, "10");
    expect_told(".");
    /* Seq 2 and 3 were in reports that are lost; 1 is known not to have come. */
    report(START, TACET_S(2), 1, 4, "11");
    expect_told("x??..");
    report(START, TACET_S(3), 1, 2, "1111");
    assert_int_equal(log_.counts.late, 0);
}

static void report_that_was_overtaken_declares_nothing_lost(void **state)
{
    start();
    send_each(0, 6, TACET_MS(20));
    report(START, TACET_S(2), 1, 0, "1");
    expect_told(".");
    report(START, TACET_S(1), 1, 1, "00001");
    expect_told(".");
    report(START, TACET_S(3), 1, 1, "11111");
    expect_told("....");
}

static void results_in_order_wait_for_the_open_ones(void **state)
{
    char told[16] = "";
    size_t count;

    start();
    for (uint16_t seq = 0; seq < 6; seq++) {
        send(START + seq * TACET_MS(10), seq % 2, seq / 2);
    }
    report(START, TACET_S(1), 1, 0, "111"); /* sent first, third and fifth */
    expect_told(".x..");                    /* the second is 30 ms before the fifth */
    count = tacet_sent_log_poll_ordered(&log_, results, 16);
    assert_int_equal(count, 3);
    report(START, TACET_S(2), 2, 1, "11");
    expect_told("..");
    count = tacet_sent_log_poll_ordered(&log_, results, 2);
    assert_int_equal(count, 2);
    count += tacet_sent_log_poll_ordered(&log_, results + 2, 16);
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        told[i] = results[i].lost ? 'x' : '.';
        assert_true(results[i].sent_at_us == START + (int64_t)(3 + i) * TACET_MS(10));
    }
    assert_string_equal(told, "...");
    assert_int_equal(tacet_sent_log_poll_ordered(&log_, results, 16), 0);
}

static void numbers_go_on_over_a_wrap(void **state)
{
    start();
    uint64_t seq = 0x7ff0;
    for (int round = 0; round < 700; round++) {
        for (int i = 0; i < 100; i++) {
            send(START + round * TACET_MS(100) + i * TACET_MS(1), 1, (uint16_t)(seq + (uint64_t)i));
        }
        report(START, TACET_S(1) + round * TACET_MS(100), 2, (uint16_t)seq,
               "1111111111111111111111111111111111111111111111111111111111111111111111111111111111"
               "111111111111111111");
        assert_int_equal(poll(), 100);
        assert_true(results[0].seq == seq);
        assert_true(results[99].seq == seq + 99);
        seq += 100;
    }
    assert_true(seq > 0x10000);
    assert_int_equal(log_.counts.arrived, 70000);
    assert_int_equal(log_.counts.lost + log_.counts.forgotten, 0);
}

/* The reporter's clock wraps every 65536 s; arrivals go on. */
static void timestamps_go_on_over_a_wrap(void **state)
{
    start();
    send(START, 0, 1);
    send(START, 0, 2);
    report(START, TACET_S(65535), 1, 1, "1");
    report(START, TACET_S(65537), 1, 2, "1");
    assert_int_equal(poll(), 2);
    assert_true(results[1].arrived_at_us - results[0].arrived_at_us == TACET_S(2));
}

/* A clock set forward by hours with each report, as no clock is, ends up where no time is. */
static void clock_of_centuries_is_not_believed(void **state)
{
    struct tacet_feedback_report r = { .block_count = 0 };

    (void)state;
    start();
    for (int i = 0; i < 600000; i++) {
        r.timestamp += 0x7fffffff;
        tacet_sent_log_on_report(&log_, START, &r);
    }
    send(START, 0, 1);
    r.block_count = 1;
    r.blocks[0].ssrc = 1;
    r.blocks[0].begin_seq = 1;
    write_metrics(&r.blocks[0], "1", 0);
    tacet_sent_log_on_report(&log_, START, &r);
    assert_int_equal(poll(), 0);
}

static void reports_on_what_was_not_sent_are_passed_over(void **state)
{
    start();
    report(START, TACET_S(1), 1, 0, "111"); /* nothing was sent at all */
    send(START, 0, 5);
    report(START, TACET_S(1), 1, 6, "111");      /* beyond the last */
    report(START, TACET_S(1), 1, 0, "11111");    /* before the first */
    report(START, TACET_S(1), 9, 5, "1");        /* no stream of ours */
    report(START, TACET_S(1), 1, 5 + 4096, "1"); /* the same slot of the table */
    send(START, 1, 6);
    report(START, TACET_S(1), 2, 5, "1"); /* sent in another stream */
    assert_int_equal(poll(), 0);
    assert_false(tacet_sent_log_on_sent(&log_, START, 9, 1, 1, 0));
    report(START, TACET_S(1), 1, 5, "1");
    assert_int_equal(poll(), 1);
}

/* RFC 8888 section 3.1: an offset out of range, or none, is still an arrival. */
static void arrival_without_a_time_gets_the_nearest_one(void **state)
{
    static const struct {
        uint16_t offset;
        int64_t before_us;
    } rows[] = {
        { 0, 0 }, { 1024, 1000000 }, { 0x1ffd, 7997070 }, { 0x1ffe, 7998046 }, { 0x1fff, 0 }
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_feedback_report r = first_came(rows[i].offset);
        tacet_sent_log_on_report(&log_, START + TACET_S(9), &r);
        assert_int_equal(poll(), 1);
        assert_in_range(TACET_S(100) - results[0].arrived_at_us, rows[i].before_us,
                        rows[i].before_us + 1);
        assert_int_equal(log_.round_trip_us != 0, rows[i].offset < 0x1ffe);
    }
}

static void round_trip_leaves_the_wait_for_the_report_out(void **state)
{
    struct tacet_feedback_report r = first_came(128); /* 125 ms */

    tacet_sent_log_on_report(&log_, START + TACET_MS(225), &r);
    assert_int_equal(log_.round_trip_us, TACET_MS(100));
    /* The same again is no new measurement. */
    tacet_sent_log_on_report(&log_, START + TACET_MS(900), &r);
    assert_int_equal(log_.round_trip_last_us, TACET_MS(100));
    /* An offset longer than the packet has been under way is a lie. */
    send(START + TACET_MS(900), 0, 2);
    r.blocks[0].begin_seq = 2;
    write_metrics(&r.blocks[0], "1", 1024);
    tacet_sent_log_on_report(&log_, START + TACET_MS(1000), &r);
    assert_int_equal(log_.round_trip_us, TACET_MS(100));
}

static void without_reports_the_oldest_are_forgotten(void **state)
{
    start();
    for (int i = 0; i < TACET_SENT_LOG_PACKETS + 100; i++) {
        send(START + i * 1000, 3, (uint16_t)i);
    }
    assert_int_equal(log_.counts.forgotten, 100);
    report(START, TACET_S(1), 4, 98, "1111");
    assert_int_equal(poll(), 2);
    assert_int_equal(results[0].seq, 100);
    assert_int_equal(tacet_sent_log_poll_ordered(&log_, results, 8), 2);
    /* The last one: all before it are told, a bufferful at a time. */
    report(START, TACET_S(2), 4, TACET_SENT_LOG_PACKETS + 99, "1");
    size_t told = 0, count;
    while ((count = tacet_sent_log_poll(&log_, results, TACET_RESULTS_MAX)) > 0) {
        told += count;
    }
    assert_int_equal(told, TACET_SENT_LOG_PACKETS - 2 - 29); /* these may yet come */
    assert_int_equal(log_.counts.arrived, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrived_packets_are_told_with_their_times),
        cmocka_unit_test(packet_is_told_once_however_often_it_is_reported),
        cmocka_unit_test(packet_is_lost_once_a_clearly_later_one_has_come),
        cmocka_unit_test(loss_of_a_tail_shows_in_another_stream),
        cmocka_unit_test(packet_that_no_report_told_of_is_marked),
        cmocka_unit_test(report_that_was_overtaken_declares_nothing_lost),
        cmocka_unit_test(results_in_order_wait_for_the_open_ones),
        cmocka_unit_test(numbers_go_on_over_a_wrap),
        cmocka_unit_test(timestamps_go_on_over_a_wrap),
        cmocka_unit_test(clock_of_centuries_is_not_believed),
        cmocka_unit_test(reports_on_what_was_not_sent_are_passed_over),
        cmocka_unit_test(arrival_without_a_time_gets_the_nearest_one),
        cmocka_unit_test(round_trip_leaves_the_wait_for_the_report_out),
        cmocka_unit_test(without_reports_the_oldest_are_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
