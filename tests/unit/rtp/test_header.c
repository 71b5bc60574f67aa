/* The RTP header: what is read, what is refused, and the glance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp/header.h"
#include "tacet/error.h"

#include <string.h>

static void ssrc_is_where_the_kind_has_it(void **state)
{
    const uint8_t packet[12] = { 0x80, 111, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8 };
    uint32_t ssrc = 0;

    assert_true(tacet_rtp_ssrc(packet, 12, false, &ssrc));
    assert_int_equal(ssrc, 0x05060708);
    assert_true(tacet_rtp_ssrc(packet, 8, true, &ssrc));
    assert_int_equal(ssrc, 0x01020304);
    assert_false(tacet_rtp_ssrc(packet, 11, false, &ssrc));
    assert_false(tacet_rtp_ssrc(packet, 7, true, &ssrc));
    assert_int_equal(ssrc, 0x01020304);
}

static void packets_are_parsed_or_refused(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[40];
        size_t size;
        int result;
        size_t payload_at;
        size_t payload_size;
    } rows[] = {
        { "plain", { 0x80, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9, 1, 2 }, 14, 0, 12, 2 },
        { "no payload", { 0x80, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9 }, 12, 0, 12, 0 },
        { "short", { 0x80, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0 }, 11, TACET_ERR_FORMAT, 0, 0 },
        { "empty", { 0 }, 0, TACET_ERR_FORMAT, 0, 0 },
        { "version 1",
          { 0x40, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9 },
          12,
          TACET_ERR_FORMAT,
          0,
          0 },
        { "version 3",
          { 0xc0, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9 },
          12,
          TACET_ERR_FORMAT,
          0,
          0 },
        { "one CSRC",
          { 0x81, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9, 1, 1, 1, 1, 5 },
          17,
          0,
          16,
          1 },
        { "CSRC cut",
          { 0x81, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9, 1, 1, 1 },
          15,
          TACET_ERR_FORMAT,
          0,
          0 },
        { "extension",
          { 0x90, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 1, 1, 1, 1, 5 },
          21,
          0,
          20,
          1 },
        { "empty extension",
          { 0x90, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9, 0xbe, 0xde, 0, 0, 5 },
          17,
          0,
          16,
          1 },
        { "extension cut",
          { 0x90, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9, 0xbe, 0xde, 0, 2, 1, 1, 1, 1 },
          20,
          TACET_ERR_FORMAT,
          0,
          0 },
        { "padding", { 0xa0, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9, 8, 0, 0, 3 }, 16, 0, 12, 1 },
        { "padding only",
          { 0xa0, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 4 },
          16,
          0,
          12,
          0 },
        { "padding 0",
          { 0xa0, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9, 8, 0, 0, 0 },
          16,
          TACET_ERR_FORMAT,
          0,
          0 },
        { "padding into the header",
          { 0xa0, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 9, 5 },
          13,
          TACET_ERR_FORMAT,
          0,
          0 },
        { "padding of nothing",
          { 0xa0, 0xef, 0x12, 0x34, 0, 0, 0, 7, 0, 0, 0, 1 },
          12,
          TACET_ERR_FORMAT,
          0,
          0 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_rtp rtp = { .seq = 0xffff };
        int result = tacet_rtp_parse(rows[i].bytes, rows[i].size, &rtp);
        if (result != rows[i].result) {
            fail_msg("%s: %d", rows[i].what, result);
        }
        if (result != 0) {
            assert_int_equal(rtp.seq, 0xffff); /* untouched */
            continue;
        }
        assert_int_equal(rtp.payload_type, 111);
        assert_true(rtp.marker);
        assert_int_equal(rtp.seq, 0x1234);
        assert_int_equal(rtp.timestamp, 7);
        assert_int_equal(rtp.ssrc, 9);
        assert_ptr_equal(rtp.payload, rows[i].bytes + rows[i].payload_at);
        assert_int_equal(rtp.payload_size, rows[i].payload_size);
    }
}

static void what_is_written_is_read(void **state)
{
    static const struct tacet_rtp rows[] = {
        { .payload_type = 111, .seq = 1, .timestamp = 2, .ssrc = 3 },
        { .payload_type = 96,
          .marker = true,
          .seq = 65535,
          .timestamp = UINT32_MAX,
          .ssrc = 0xfedcba98 },
        { .payload_type = 127 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t bytes[TACET_RTP_HEADER_SIZE];
        struct tacet_rtp rtp;
        tacet_rtp_write(&rows[i], bytes);
        assert_int_equal(tacet_rtp_parse(bytes, sizeof(bytes), &rtp), 0);
        assert_int_equal(rtp.payload_type, rows[i].payload_type);
        assert_int_equal(rtp.marker, rows[i].marker);
        assert_int_equal(rtp.seq, rows[i].seq);
        assert_int_equal(rtp.timestamp, rows[i].timestamp);
        assert_int_equal(rtp.ssrc, rows[i].ssrc);
        assert_int_equal(rtp.payload_size, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ssrc_is_where_the_kind_has_it),
        cmocka_unit_test(packets_are_parsed_or_refused),
        cmocka_unit_test(what_is_written_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
