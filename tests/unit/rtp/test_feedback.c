/* Congestion control feedback against RFC 8888: the bytes, what a report covers, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp/feedback.h"
#include "rtp/rtcp.h"
#include "tacet/error.h"

#include <string.h>

static const uint32_t ssrcs[TACET_FEEDBACK_STREAMS] = { 0x11111111, 0x22222222, 0x33333333,
                                                        0x44444444 };
static struct tacet_feedback f;
static uint8_t bytes[1200];

static size_t write_report(int64_t now, int32_t loss_permille)
{
    struct tacet_writer w = tacet_writer(bytes, sizeof(bytes));

    tacet_feedback_write(&f, now, loss_permille, 0x0a0b0c0d, &w);
    assert_false(w.failed);
    return w.at;
}

/* The report behind the RTCP header, as it is read from a packet. */
static void read_report(size_t size, struct tacet_feedback_report *ret)
{
    struct tacet_reader r = tacet_reader(bytes, size);
    struct tacet_rtcp_part part;

    assert_int_equal(tacet_rtcp_check(bytes, size), 0);
    assert_int_equal(tacet_rtcp_next(&r, &part), 1);
    assert_int_equal(part.type, TACET_RTCP_RTPFB);
    assert_int_equal(part.format, TACET_RTPFB_CCFB);
    assert_int_equal(part.ssrc, 0x0a0b0c0d);
    assert_int_equal(tacet_feedback_read(part.u.feedback.fci, part.u.feedback.fci_size, ret), 0);
    assert_int_equal(tacet_rtcp_next(&r, &part), 0);
}

static void put(int64_t now, int stream, uint64_t seq)
{
    tacet_feedback_on_packet(&f, now, ssrcs[stream], seq, 1000);
}

/* RFC 8888 section 3.1, figure 1, filled by hand: two streams, three packets over a wrap of which
 * one is missing, padded, and two packets. */
static void bytes_are_those_of_the_figure(void **state)
{
    static const uint8_t expected[] = {
        0x8b, 0xcd, 0x00, 0x09,                         /* V=2, FMT=11, PT=205, 10 words */
        0x0a, 0x0b, 0x0c, 0x0d,                         /* SSRC of the sender */
        0x11, 0x11, 0x11, 0x11, 0xff, 0xff, 0x00, 0x03, /* begin_seq 65535, 3 reports */
        0x84, 0x00, 0x00, 0x00, 0x82, 0x00, 0x00, 0x00, /* 1 s, missing, 0.5 s, padding */
        0x33, 0x33, 0x33, 0x33, 0x00, 0x07, 0x00, 0x02, /* begin_seq 7, 2 reports */
        0x81, 0x00, 0x80, 0x00,                         /* 0.25 s, now */
        0x00, 0x64, 0x80, 0x00,                         /* 100.5 s: 100 * 65536 + 32768 */
    };

    tacet_feedback_init(&f, ssrcs);
    put(99500000, 0, 0x1ffff);
    put(100000000, 0, 0x20001);
    put(100250000, 2, 7);
    put(100500000, 2, 8);
    assert_int_equal(write_report(100500000, 0), sizeof(expected));
    assert_memory_equal(bytes, expected, sizeof(expected));
}

static void report_is_read_as_it_was_written(void **state)
{
    struct tacet_feedback_report report;

    tacet_feedback_init(&f, ssrcs);
    for (uint64_t seq = 65530; seq < 65540; seq++) {
        if (seq % 3 != 0) {
            put(TACET_S(5) + (int64_t)seq, 1, seq);
        }
    }
    read_report(write_report(TACET_S(6), 0), &report);
    assert_int_equal(report.timestamp, 6 << 16);
    assert_int_equal(report.block_count, 1);
    struct tacet_feedback_block block = report.blocks[0];
    assert_int_equal(block.ssrc, ssrcs[1]);
    assert_int_equal(block.begin_seq, 65530);
    assert_int_equal(block.count, 10);
    for (uint64_t seq = 65530; seq < 65540; seq++) {
        struct tacet_feedback_metric metric = tacet_feedback_next_metric(&block);
        assert_int_equal(metric.received, seq % 3 != 0);
        assert_int_equal(metric.ecn, 0);
        if (metric.received) {
            assert_in_range(metric.offset, 956, 957); /* (1 s - 65.5 ms) in 1/1024 s */
        }
    }
}

/* Section 3.1: a measured offset of more than 8189/1024 s is 0x1ffe, one not known 0x1fff. */
static void offsets_end_at_what_fits(void **state)
{
    static const struct {
        int64_t ago_us;
        uint16_t offset;
    } rows[] = {
        { 0, 0 },          { 500, 1 },          { 1500, 2 },          { 1000000, 1024 },
        { 7997000, 8189 }, { 7997500, 0x1ffe }, { 60000000, 0x1ffe }, { -1000, 0x1fff },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_feedback_report report;
        tacet_feedback_init(&f, ssrcs);
        put(TACET_S(100) - rows[i].ago_us, 3, 9);
        read_report(write_report(TACET_S(100), 0), &report);
        struct tacet_feedback_metric metric = tacet_feedback_next_metric(&report.blocks[0]);
        assert_true(metric.received);
        assert_int_equal(metric.offset, rows[i].offset);
    }
}

/* Section 3.1: of two copies the first one's time is reported. */
static void first_copy_counts(void **state)
{
    struct tacet_feedback_report report;

    tacet_feedback_init(&f, ssrcs);
    put(TACET_S(1), 0, 5);
    put(TACET_S(2), 0, 5);
    read_report(write_report(TACET_S(3), 0), &report);
    assert_int_equal(tacet_feedback_next_metric(&report.blocks[0]).offset, 2048);
}

/* However many reports are lost in a row, up to what the loss asks for, each packet is told. */
static void each_packet_is_told_as_often_as_the_loss_asks(void **state)
{
    static const struct {
        int32_t permille;
        int times;
    } rows[] = { { 0, 3 }, { 140, 3 }, { 200, 4 }, { 300, 5 }, { 500, 6 } };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int told[200] = { 0 };
        int64_t now = TACET_S(1);
        tacet_feedback_init(&f, ssrcs);
        for (uint64_t seq = 0; seq < 200; seq++, now += 10000) {
            if (seq != 50) {
                put(now, 1, seq);
            }
            if (seq % 10 == 9 && seq < 160) {
                struct tacet_feedback_report report;
                read_report(write_report(now, rows[i].permille), &report);
                for (int j = 0; j < report.blocks[0].count; j++) {
                    told[report.blocks[0].begin_seq + j]++;
                }
            }
        }
        for (int seq = 0; seq < 80; seq++) {
            assert_int_equal(told[seq], rows[i].times); /* the missing one as well */
        }
    }
}

static void only_the_newest_of_a_burst_are_told(void **state)
{
    struct tacet_feedback_report report;

    tacet_feedback_init(&f, ssrcs);
    for (int stream = 0; stream < TACET_FEEDBACK_STREAMS; stream++) {
        put(TACET_S(1), stream, 10);
        put(TACET_S(1), stream, 1000000);
        put(TACET_S(1), stream, 999990);
    }
    size_t size = write_report(TACET_S(1), 0);
    assert_true(size + 21 <= 1200);
    read_report(size, &report);
    assert_int_equal(report.block_count, TACET_FEEDBACK_STREAMS);
    for (int stream = 0; stream < TACET_FEEDBACK_STREAMS; stream++) {
        struct tacet_feedback_block block = report.blocks[stream];
        assert_int_equal(block.count, TACET_FEEDBACK_PACKETS);
        assert_int_equal(block.begin_seq, (uint16_t)(1000001 - TACET_FEEDBACK_PACKETS));
        int received = 0;
        for (int i = 0; i < block.count; i++) {
            received += tacet_feedback_next_metric(&block).received;
        }
        assert_int_equal(received, 2);
    }
}

static void packet_before_the_first_one_is_told(void **state)
{
    struct tacet_feedback_report report;

    tacet_feedback_init(&f, ssrcs);
    put(TACET_S(1), 0, 8);
    put(TACET_S(1), 0, 6);
    read_report(write_report(TACET_S(1), 0), &report);
    assert_int_equal(report.blocks[0].begin_seq, 6);
    assert_int_equal(report.blocks[0].count, 3);
}

static void reports_end_some_time_after_the_packets(void **state)
{
    int64_t now = TACET_S(1);

    tacet_feedback_init(&f, ssrcs);
    assert_true(tacet_feedback_timeout(&f) == INT64_MAX);
    assert_int_equal(write_report(now, 0), 0);
    put(now, 0, 1);
    assert_true(tacet_feedback_timeout(&f) == now + TACET_FEEDBACK_INTERVAL_MIN_US);
    now += TACET_FEEDBACK_INTERVAL_MIN_US;
    for (int i = 0; i < 3; i++) {
        assert_true(write_report(now, 0) > 0);
        assert_true(tacet_feedback_timeout(&f) == now + TACET_FEEDBACK_INTERVAL_MAX_US);
        now += TACET_FEEDBACK_INTERVAL_MAX_US;
    }
    assert_int_equal(write_report(now, 0), 0);
    assert_true(tacet_feedback_timeout(&f) == INT64_MAX);
    /* And begin again with the next one. */
    put(now, 0, 2);
    assert_true(tacet_feedback_timeout(&f) == now + TACET_FEEDBACK_INTERVAL_MIN_US);
    tacet_feedback_on_packet(&f, now, 0x55555555, 2, 1000); /* no stream of ours */
    assert_true(write_report(now, 0) > 0);
}

static void report_is_urgent_where_most_is_lost(void **state)
{
    int64_t now = TACET_S(1);

    (void)state;
    tacet_feedback_init(&f, ssrcs);
    put(now, 0, 1);
    assert_true(write_report(now, 0) > 0);
    for (uint64_t seq = 2; seq < 6; seq++) {
        put(now + TACET_MS(seq), 0, seq);
    }
    assert_true(tacet_feedback_timeout(&f) >= now + TACET_MS(40)); /* little has come */
    put(now + TACET_MS(8), 0, 9);
    assert_true(tacet_feedback_timeout(&f) >= now + TACET_MS(40)); /* three of eight are lost */
    put(now + TACET_MS(9), 0, 14);
    assert_true(tacet_feedback_timeout(&f) == now + TACET_MS(15)); /* seven of thirteen */
    now += TACET_MS(15);
    assert_true(write_report(now, 0) > 0);
    assert_true(tacet_feedback_timeout(&f) >= now + TACET_MS(40));
}

/* Packets of `size` each 5 ms with the reports that are due, the last one at `*now` in the end. */
static void stream(int64_t *now, uint64_t *seq, size_t size, int64_t duration_us)
{
    for (int64_t end = *now + duration_us; *now < end; *now += TACET_MS(5)) {
        tacet_feedback_on_packet(&f, *now, ssrcs[0], (*seq)++, size);
        if (tacet_feedback_timeout(&f) <= *now) {
            assert_true(write_report(*now, 0) > 0);
        }
    }
    put(*now, 0, (*seq)++);
    assert_true(write_report(*now, 0) > 0);
}

/* One small packet so long after the last report: whether it makes one due at once. */
static bool is_due(int64_t *now, uint64_t *seq, int64_t after_us)
{
    *now += after_us;
    tacet_feedback_on_packet(&f, *now, ssrcs[0], (*seq)++, 100);
    return tacet_feedback_timeout(&f) == *now;
}

static void report_is_urgent_where_a_stream_becomes_thin(void **state)
{
    uint64_t seq = 1;
    int64_t now = TACET_S(1);

    (void)state;
    tacet_feedback_init(&f, ssrcs);
    stream(&now, &seq, 400, TACET_S(2)); /* 685 kbit/s */
    assert_false(is_due(&now, &seq, TACET_MS(60)));
    stream(&now, &seq, 1000, TACET_S(2)); /* 1645 kbit/s */
    assert_false(is_due(&now, &seq, TACET_MS(49)));
    int64_t began = now + TACET_MS(2);
    assert_true(is_due(&now, &seq, TACET_MS(2)));
    /* For a quarter of a second, 15 ms after the last one. */
    while (now < began + TACET_MS(240)) {
        assert_true(write_report(now, 0) > 0);
        assert_false(is_due(&now, &seq, TACET_MS(14)));
        assert_true(tacet_feedback_timeout(&f) == now + TACET_MS(1));
        assert_true(is_due(&now, &seq, TACET_MS(1)));
    }
    assert_true(write_report(now, 0) > 0);
    assert_false(is_due(&now, &seq, TACET_MS(15)));
    /* Again when it is 1.5 s since it began, and not before. */
    stream(&now, &seq, 1000, began + TACET_MS(1400) - now);
    assert_false(is_due(&now, &seq, TACET_MS(60)));
    assert_true(is_due(&now, &seq, TACET_MS(60)));
}

/* Of reports that follow each other so soon many are lost in a row. */
static void urgent_reports_tell_of_each_packet_more_often(void **state)
{
    int told = 0;

    (void)state;
    tacet_feedback_init(&f, ssrcs);
    put(TACET_S(1), 0, 1);
    (void)write_report(TACET_S(1), 0);
    put(TACET_S(1) + TACET_MS(9), 0, 7);
    for (int i = 1; i <= 10; i++) {
        struct tacet_feedback_report report;
        int64_t now = TACET_S(1) + TACET_MS(15 * i);
        put(now - 1, 0, (uint64_t)(7 + i));
        read_report(write_report(now, 0), &report);
        told += report.blocks[0].begin_seq <= 7 ? 1 : 0;
    }
    assert_int_equal(told, TACET_FEEDBACK_SPANS_MAX);
}

/* The table in the header: packets and bytes a second, and what the reports come to. */
static void reports_take_their_share(void **state)
{
    static const struct {
        int audio_apart_ms, video_packets, video_size, fps;
        int interval_ms_low, interval_ms_high;
        int share_permille;
    } rows[] = {
        { 20, 0, 0, 0, 195, 205, 100 }, { 20, 3, 800, 13, 100, 160, 35 },
        { 20, 3, 900, 25, 65, 85, 30 }, { 20, 5, 950, 25, 40, 45, 25 },
        { 20, 7, 950, 30, 40, 45, 20 }, { 20, 11, 970, 30, 40, 45, 15 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t seq[2] = { 1, 1 };
        int64_t reports = 0, sent = 0, received = 0;
        tacet_feedback_init(&f, ssrcs);
        for (int ms = 0; ms < 10000; ms++) {
            int64_t now = TACET_S(1) + TACET_MS(ms);
            if (ms % rows[i].audio_apart_ms == 0) {
                tacet_feedback_on_packet(&f, now, ssrcs[0], seq[0]++, 109);
                received += 109 + 28;
            }
            bool frame =
                rows[i].fps > 0 && ms * rows[i].fps / 1000 != (ms - 1) * rows[i].fps / 1000;
            for (int n = 0; frame && n < rows[i].video_packets; n++) {
                tacet_feedback_on_packet(&f, now, ssrcs[1], seq[1]++, (size_t)rows[i].video_size);
                received += rows[i].video_size + 28;
            }
            if (tacet_feedback_timeout(&f) <= now) {
                sent += (int64_t)write_report(now, 0) + 21 + 28;
                reports++;
            }
        }
        assert_in_range(10000 / reports, rows[i].interval_ms_low, rows[i].interval_ms_high);
        assert_in_range(sent * 1000 / received, 1, rows[i].share_permille);
        print_message(
            "%lld kbit/s, report %lld B, every %lld ms, %lld.%lld kbit/s, %lld permille\n",
            (long long)(received * 8 / 10000), (long long)(sent / reports),
            (long long)(10000 / reports), (long long)(sent * 8 / 10000),
            (long long)(sent * 8 / 1000 % 10), (long long)(sent * 1000 / received));
    }
}

static void malformed_reports_are_refused(void **state)
{
    static const struct {
        const char *what;
        size_t size;
        uint8_t bytes[64];
        int result;
    } rows[] = {
        { "nothing", 0, { 0 }, TACET_ERR_FORMAT },
        { "half a timestamp", 2, { 0 }, TACET_ERR_FORMAT },
        { "no stream", 4, { 1, 2, 3, 4 }, 0 },
        { "no packet of a stream", 12, { 0, 0, 0, 1, 0, 5, 0, 0, 9, 9, 9, 9 }, 0 },
        { "a packet", 16, { 0, 0, 0, 1, 0, 5, 0, 1, 0x80, 1, 0, 0, 9, 9, 9, 9 }, 0 },
        { "no padding", 14, { 0, 0, 0, 1, 0, 5, 0, 1, 0x80, 1, 9, 9, 9, 9 }, TACET_ERR_FORMAT },
        { "no timestamp", 12, { 0, 0, 0, 1, 0, 5, 0, 1, 0x80, 1, 0, 0 }, TACET_ERR_FORMAT },
        { "a stream's half", 8, { 0, 0, 0, 1, 9, 9, 9, 9 }, TACET_ERR_FORMAT },
        { "more packets than bytes",
          16,
          { 0, 0, 0, 1, 0, 5, 0, 3, 0x80, 1, 0, 0, 9, 9, 9, 9 },
          TACET_ERR_FORMAT },
        { "a length beyond all",
          16,
          { 0, 0, 0, 1, 0, 5, 0xff, 0xff, 0x80, 1, 0, 0, 9, 9, 9, 9 },
          TACET_ERR_FORMAT },
        { "two streams", 20, { 0, 0, 0, 1, 0, 5, 0, 0, 0, 0, 0, 2, 0, 5, 0, 0, 9, 9, 9, 9 }, 0 },
        { "a stream twice",
          20,
          { 0, 0, 0, 1, 0, 5, 0, 0, 0, 0, 0, 1, 0, 5, 0, 0, 9, 9, 9, 9 },
          TACET_ERR_FORMAT },
        { "four streams",
          36,
          { 0, 0, 0, 1, 0, 5, 0, 0, 0, 0, 0, 2, 0, 5, 0, 0, 0, 0, 0, 3, 0, 5, 0, 0, 0, 0, 0, 4 },
          0 },
        { "five streams",
          44,
          { 0, 0, 0, 1, 0, 5, 0, 0, 0, 0, 0, 2, 0, 5, 0, 0, 0, 0,
            0, 3, 0, 5, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 5 },
          TACET_ERR_FORMAT },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_feedback_report report = { .timestamp = 77 };
        int result = tacet_feedback_read(rows[i].bytes, rows[i].size, &report);
        if (result != rows[i].result) {
            fail_msg("%s: %d", rows[i].what, result);
        }
        assert_true(result == 0 || report.timestamp == 77);
    }
    /* More than a quarter of the sequence numbers (section 3.1), though the bytes are all there. */
    static uint8_t many[8 + 2 * 16386 + 4];
    struct tacet_feedback_report report;
    many[6] = 0x40;
    assert_int_equal(tacet_feedback_read(many, 8 + 2 * 16384 + 4, &report), 0);
    many[7] = 2;
    assert_int_equal(tacet_feedback_read(many, sizeof(many), &report), TACET_ERR_FORMAT);
}

/* Section 3.1: where R is 0 the other bits must be ignored. */
static void bits_of_a_missing_packet_are_ignored(void **state)
{
    static const uint8_t data[] = { 0, 0, 0, 1, 0, 5, 0, 2, 0x7f, 0xff, 0xe0, 3, 9, 9, 9, 9 };
    struct tacet_feedback_report report;

    assert_int_equal(tacet_feedback_read(data, sizeof(data), &report), 0);
    struct tacet_feedback_metric metric = tacet_feedback_next_metric(&report.blocks[0]);
    assert_false(metric.received);
    assert_int_equal(metric.ecn, 0);
    assert_int_equal(metric.offset, 0);
    metric = tacet_feedback_next_metric(&report.blocks[0]);
    assert_true(metric.received);
    assert_int_equal(metric.ecn, 3);
    assert_int_equal(metric.offset, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_those_of_the_figure),
        cmocka_unit_test(report_is_read_as_it_was_written),
        cmocka_unit_test(offsets_end_at_what_fits),
        cmocka_unit_test(first_copy_counts),
        cmocka_unit_test(each_packet_is_told_as_often_as_the_loss_asks),
        cmocka_unit_test(only_the_newest_of_a_burst_are_told),
        cmocka_unit_test(packet_before_the_first_one_is_told),
        cmocka_unit_test(reports_end_some_time_after_the_packets),
        cmocka_unit_test(report_is_urgent_where_most_is_lost),
        cmocka_unit_test(report_is_urgent_where_a_stream_becomes_thin),
        cmocka_unit_test(urgent_reports_tell_of_each_packet_more_often),
        cmocka_unit_test(reports_take_their_share),
        cmocka_unit_test(malformed_reports_are_refused),
        cmocka_unit_test(bits_of_a_missing_packet_are_ignored),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
