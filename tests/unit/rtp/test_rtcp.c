/* RTCP: parts read and written, and compound packets that do not add up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rtp/rtcp.h"
#include "tacet/error.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct tacet_rtcp_part sender_report = {
    .type = TACET_RTCP_SR,
    .ssrc = 0x01020304,
    .u.report = { .ntp = UINT64_C(0x1122334455667788),
                  .rtp_timestamp = 0x99aabbcc,
                  .packet_count = 5,
                  .octet_count = 600,
                  .block_count = 2,
                  .blocks = { { .ssrc = 7,
                                .fraction_lost = 255,
                                .cumulative_lost = -0x800000,
                                .highest_seq = 0x00010002,
                                .jitter = 3,
                                .last_sr = 4,
                                .delay_since_last_sr = 5 },
                              { .ssrc = 8, .cumulative_lost = 0x7fffff } } }
};

/* We send none, but pass over it. */
static void write_bye(struct tacet_writer *w, uint32_t ssrc)
{
    static const uint8_t header[] = { 0x81, 203, 0, 1 };

    tacet_write_bytes(w, header, sizeof(header));
    tacet_write_u32(w, ssrc);
}

static void compound_packet_is_read_as_it_was_written(void **state)
{
    uint8_t bytes[256];
    struct tacet_writer w = tacet_writer(bytes, sizeof(bytes));
    struct tacet_rtcp_part receiver_report = { .type = TACET_RTCP_RR, .ssrc = 12 };
    struct tacet_rtcp_part part;

    tacet_rtcp_write_report(&w, &sender_report);
    tacet_rtcp_write_sdes(&w, 10, "a name");
    tacet_rtcp_write_pli(&w, 11, 22);
    tacet_rtcp_write_report(&w, &receiver_report);
    write_bye(&w, 13);
    assert_false(w.failed);
    assert_int_equal(w.at, 76 + 20 + 12 + 8 + 8);
    assert_int_equal(tacet_rtcp_check(bytes, w.at), 0);

    struct tacet_reader r = tacet_reader(bytes, w.at);
    assert_int_equal(tacet_rtcp_next(&r, &part), 1);
    assert_int_equal(part.type, TACET_RTCP_SR);
    assert_int_equal(part.ssrc, sender_report.ssrc);
    assert_true(part.u.report.ntp == sender_report.u.report.ntp);
    assert_int_equal(part.u.report.rtp_timestamp, 0x99aabbcc);
    assert_int_equal(part.u.report.packet_count, 5);
    assert_int_equal(part.u.report.octet_count, 600);
    assert_int_equal(part.u.report.block_count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct tacet_report_block *got = &part.u.report.blocks[i];
        const struct tacet_report_block *sent = &sender_report.u.report.blocks[i];
        assert_int_equal(got->ssrc, sent->ssrc);
        assert_int_equal(got->fraction_lost, sent->fraction_lost);
        assert_int_equal(got->cumulative_lost, sent->cumulative_lost);
        assert_int_equal(got->highest_seq, sent->highest_seq);
        assert_int_equal(got->jitter, sent->jitter);
        assert_int_equal(got->last_sr, sent->last_sr);
        assert_int_equal(got->delay_since_last_sr, sent->delay_since_last_sr);
    }
    assert_int_equal(tacet_rtcp_next(&r, &part), 1);
    assert_int_equal(part.type, TACET_RTCP_SDES);
    assert_int_equal(part.ssrc, 10);
    assert_string_equal(part.u.cname, "a name");
    assert_int_equal(tacet_rtcp_next(&r, &part), 1);
    assert_int_equal(part.type, TACET_RTCP_PSFB);
    assert_int_equal(part.format, TACET_PSFB_PLI);
    assert_int_equal(part.ssrc, 11);
    assert_int_equal(part.u.feedback.media_ssrc, 22);
    assert_int_equal(part.u.feedback.fci_size, 0);
    assert_int_equal(tacet_rtcp_next(&r, &part), 1);
    assert_int_equal(part.type, TACET_RTCP_RR);
    assert_int_equal(part.ssrc, 12);
    assert_int_equal(part.u.report.block_count, 0);
    assert_int_equal(tacet_rtcp_next(&r, &part), 1);
    assert_int_equal(part.type, TACET_RTCP_BYE);
    assert_int_equal(part.ssrc, 13);
    assert_int_equal(tacet_rtcp_next(&r, &part), 0);
    assert_int_equal(tacet_rtcp_next(&r, &part), 0);
}

static void picture_of_an_rpsi_is_read_or_refused(void **state)
{
    static const struct {
        uint8_t fci[8];
        size_t size;
        int result;
        uint16_t picture_id;
    } rows[] = {
        { { 0, 96, 0x92, 0x34 }, 4, 0, 0x1234 },
        { { 0, 0x80 | 96, 0xff, 0xff }, 4, 0, 0x7fff }, /* the bit above the type is ignored */
        { { 0, 96, 0x80, 0x00 }, 4, 0, 0 },
        { { 0, 97, 0x92, 0x34 }, 4, TACET_ERR_FORMAT, 0 },
        { { 8, 96, 0x12, 0x00 }, 4, TACET_ERR_FORMAT, 0 },
        { { 0, 96, 0x12, 0x34 }, 4, TACET_ERR_FORMAT, 0 }, /* of 7 bits: never sent to us */
        { { 0, 96, 0x92, 0x34, 0, 0, 0, 0 }, 8, TACET_ERR_FORMAT, 0 },
        { { 0, 96, 0x92 }, 3, TACET_ERR_FORMAT, 0 },
        { { 0 }, 0, TACET_ERR_FORMAT, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint16_t picture_id = 0;
        assert_int_equal(tacet_rtcp_read_rpsi(rows[i].fci, rows[i].size, 96, &picture_id),
                         rows[i].result);
        assert_int_equal(picture_id, rows[i].picture_id);
    }
}

static void written_bytes_are_those_of_the_rfc(void **state)
{
    /* RFC 4585 section 6.3.1 and 6.1: V=2, FMT=1, PT=206, length 2. */
    static const uint8_t pli[] = { 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2 };
    /* RFC 4585 section 6.3.3: FMT=3, length 3, no padding bits, payload type, bit string. */
    static const uint8_t rpsi[] = { 0x83, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 96, 0x92, 0x34 };
    /* RFC 3550 section 6.5: the items end with a zero and are padded to a word. */
    static const uint8_t sdes[] = { 0x81, 202, 0, 3, 0, 0, 0, 1, 1, 4, 'a', 'b', 'c', 'd', 0, 0 };
    static const uint8_t sdes_full[] = { 0x81, 202, 0,   3,   0,   0,   0,   1,
                                         1,    5,   'a', 'b', 'c', 'd', 'e', 0 };
    uint8_t bytes[64];

    struct tacet_writer w = tacet_writer(bytes, sizeof(bytes));
    tacet_rtcp_write_pli(&w, 1, 2);
    assert_int_equal(w.at, sizeof(pli));
    assert_memory_equal(bytes, pli, sizeof(pli));
    w = tacet_writer(bytes, sizeof(bytes));
    tacet_rtcp_write_rpsi(&w, 1, 2, 96, 0x1234);
    assert_int_equal(w.at, sizeof(rpsi));
    assert_memory_equal(bytes, rpsi, sizeof(rpsi));
    w = tacet_writer(bytes, sizeof(bytes));
    tacet_rtcp_write_sdes(&w, 1, "abcd");
    assert_int_equal(w.at, sizeof(sdes));
    assert_memory_equal(bytes, sdes, sizeof(sdes));
    w = tacet_writer(bytes, sizeof(bytes));
    tacet_rtcp_write_sdes(&w, 1, "abcde");
    assert_int_equal(w.at, sizeof(sdes_full));
    assert_memory_equal(bytes, sdes_full, sizeof(sdes_full));
    w = tacet_writer(bytes, sizeof(pli) - 1);
    tacet_rtcp_write_pli(&w, 1, 2);
    assert_true(w.failed);
}

static void every_cname_length_goes_round(void **state)
{
    char name[TACET_CNAME_MAX + 1];

    for (size_t length = 0; length <= TACET_CNAME_MAX; length++) {
        uint8_t bytes[64];
        struct tacet_writer w = tacet_writer(bytes, sizeof(bytes));
        struct tacet_rtcp_part part;
        memset(name, 'x', length);
        name[length] = '\0';
        tacet_rtcp_write_sdes(&w, 1, name);
        assert_int_equal(tacet_rtcp_check(bytes, w.at), 0);
        struct tacet_reader r = tacet_reader(bytes, w.at);
        assert_int_equal(tacet_rtcp_next(&r, &part), 1);
        assert_string_equal(part.u.cname, name);
    }
}

static void packets_are_checked_as_a_whole(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[24];
        size_t size;
        int result;
    } rows[] = {
        { "empty", { 0 }, 0, TACET_ERR_FORMAT },
        { "three bytes", { 0x80, 201, 0 }, 3, TACET_ERR_FORMAT },
        { "header only", { 0x80, 201, 0, 0 }, 4, 0 },
        { "version 1", { 0x40, 201, 0, 0 }, 4, TACET_ERR_FORMAT },
        { "length past the end", { 0x80, 201, 0, 1 }, 4, TACET_ERR_FORMAT },
        { "bytes left over", { 0x80, 201, 0, 0, 0x80 }, 5, TACET_ERR_FORMAT },
        { "second part past the end", { 0x80, 201, 0, 0, 0x80, 201, 0, 1 }, 8, TACET_ERR_FORMAT },
        { "reduced size begins with feedback", { 0x81, 206, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2 }, 12, 0 },
        { "padding last", { 0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4 }, 12, 0 },
        { "padding 3", { 0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3 }, 12, TACET_ERR_FORMAT },
        { "padding 0", { 0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0 }, 12, TACET_ERR_FORMAT },
        { "padding larger", { 0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 12 }, 12, TACET_ERR_FORMAT },
        { "padding of nothing", { 0xa0, 201, 0, 0 }, 4, TACET_ERR_FORMAT },
        { "padding not last",
          { 0xa0, 201, 0, 2, 0, 0, 0, 1, 0, 0, 0, 4, 0x80, 201, 0, 0 },
          16,
          TACET_ERR_FORMAT },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int result = tacet_rtcp_check(rows[i].bytes, rows[i].size);
        if (result != rows[i].result) {
            fail_msg("%s: %d", rows[i].what, result);
        }
    }
}

static void malformed_part_is_passed_over_alone(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[24]; /* followed by a BYE */
        size_t size;
        int result; /* of the first part; then 1 */
    } rows[] = {
        { "RR without its SSRC", { 0x80, 201, 0, 0 }, 4, TACET_ERR_FORMAT },
        { "RR with a block that is not there",
          { 0x81, 201, 0, 1, 0, 0, 0, 1 },
          8,
          TACET_ERR_FORMAT },
        { "SR without its numbers", { 0x80, 200, 0, 1, 0, 0, 0, 1 }, 8, TACET_ERR_FORMAT },
        { "PLI without its media", { 0x81, 206, 0, 1, 0, 0, 0, 1 }, 8, TACET_ERR_FORMAT },
        { "NACK without its sender", { 0x81, 205, 0, 0 }, 4, TACET_ERR_FORMAT },
        { "BYE without its SSRC", { 0x81, 203, 0, 0 }, 4, TACET_ERR_FORMAT },
        { "CNAME past the chunk",
          { 0x81, 202, 0, 2, 0, 0, 0, 1, 1, 3, 'a', 'b' },
          12,
          TACET_ERR_FORMAT },
        { "CNAME without its end",
          { 0x81, 202, 0, 2, 0, 0, 0, 1, 1, 2, 'a', 'b' },
          12,
          TACET_ERR_FORMAT },
        { "CNAME too long",
          { 0x81, 202, 0, 2, 0, 0, 0, 1, 1, 33, 'a', 'b' },
          12,
          TACET_ERR_FORMAT },
        { "a type nobody knows", { 0x81, 207, 0, 1, 0, 0, 0, 1 }, 8, 0 },
        { "SDES without chunks", { 0x80, 202, 0, 0 }, 4, 1 },
        { "BYE of nobody", { 0x80, 203, 0, 0 }, 4, 1 },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t bytes[64];
        struct tacet_rtcp_part part = { .ssrc = 99 };
        memcpy(bytes, rows[i].bytes, rows[i].size);
        struct tacet_writer w = tacet_writer(bytes, sizeof(bytes));
        w.at = rows[i].size;
        write_bye(&w, 0x12345678);
        assert_int_equal(tacet_rtcp_check(bytes, w.at), 0);
        struct tacet_reader r = tacet_reader(bytes, w.at);
        if (rows[i].result != 0) {
            int result = tacet_rtcp_next(&r, &part);
            if (result != rows[i].result) {
                fail_msg("%s: %d", rows[i].what, result);
            }
            assert_true(result == 1 || part.ssrc == 99);
        }
        assert_int_equal(tacet_rtcp_next(&r, &part), 1);
        assert_int_equal(part.type, TACET_RTCP_BYE);
        assert_int_equal(part.ssrc, 0x12345678);
        assert_int_equal(tacet_rtcp_next(&r, &part), 0);
    }
}

static void report_blocks_beyond_our_room_are_passed_over(void **state)
{
    uint8_t bytes[8 + 31 * 24] = { 0x80 | 31, 201, 0, 1 + 31 * 6, 0, 0, 0, 5 };
    struct tacet_rtcp_part part;
    struct tacet_reader r = tacet_reader(bytes, sizeof(bytes));

    assert_int_equal(tacet_rtcp_check(bytes, sizeof(bytes)), 0);
    assert_int_equal(tacet_rtcp_next(&r, &part), 1);
    assert_int_equal(part.u.report.block_count, TACET_REPORT_BLOCKS_MAX);
    assert_int_equal(tacet_rtcp_next(&r, &part), 0);
}

static void feedback_content_is_a_view(void **state)
{
    /* RFC 4585 section 6.2.1: a generic NACK. */
    static const uint8_t nack[] = { 0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0x12, 0x34, 0, 5 };
    struct tacet_reader r = tacet_reader(nack, sizeof(nack));
    struct tacet_rtcp_part part;

    assert_int_equal(tacet_rtcp_next(&r, &part), 1);
    assert_int_equal(part.type, TACET_RTCP_RTPFB);
    assert_int_equal(part.format, 1);
    assert_ptr_equal(part.u.feedback.fci, nack + 12);
    assert_int_equal(part.u.feedback.fci_size, 4);
}

static void time_becomes_ntp(void **state)
{
    assert_true(tacet_ntp(0) == 0);
    assert_true(tacet_ntp(1000000) == UINT64_C(1) << 32);
    assert_true(tacet_ntp(1500000) == (UINT64_C(3) << 31));
    assert_true(tacet_ntp(999999) < UINT64_C(1) << 32);
    for (int64_t us = 0; us < INT64_C(4000) * 1000000; us = us * 3 + 1) {
        assert_true(tacet_ntp_us(tacet_ntp(us)) == us);
    }
    assert_int_equal(tacet_ntp_middle(tacet_ntp(1500000)), 0x18000);
    assert_int_equal(tacet_ntp_middle(UINT64_C(0x1122334455667788)), 0x33445566);
}

/* Packets of other projects' fuzzers: nothing to expect but that reading ends and stays inside. */
static void foreign_seeds_are_read_to_their_end(void **state)
{
    const char *shared = getenv("TACET_SHARED");
    char path[1024];
    size_t well_formed = 0;

    (void)snprintf(path, sizeof(path), "%s/vectors/fuzz-seeds/rtcp-corpus", shared);
    DIR *folder = shared != NULL ? opendir(path) : NULL;
    if (folder == NULL) {
        skip();
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        uint8_t bytes[4096];
        char name[2048];
        (void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        FILE *file = entry->d_name[0] != '.' ? fopen(name, "rb") : NULL;
        if (file == NULL) {
            continue;
        }
        size_t size = fread(bytes, 1, sizeof(bytes), file);
        (void)fclose(file);
        if (tacet_rtcp_check(bytes, size) != 0) {
            continue;
        }
        struct tacet_reader r = tacet_reader(bytes, size);
        struct tacet_rtcp_part part;
        while (tacet_rtcp_next(&r, &part) != 0) {
        }
        assert_int_equal(r.at, size);
        well_formed++;
    }
    (void)closedir(folder);
    assert_true(well_formed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compound_packet_is_read_as_it_was_written),
        cmocka_unit_test(picture_of_an_rpsi_is_read_or_refused),
        cmocka_unit_test(written_bytes_are_those_of_the_rfc),
        cmocka_unit_test(every_cname_length_goes_round),
        cmocka_unit_test(packets_are_checked_as_a_whole),
        cmocka_unit_test(malformed_part_is_passed_over_alone),
        cmocka_unit_test(report_blocks_beyond_our_room_are_passed_over),
        cmocka_unit_test(feedback_content_is_a_view),
        cmocka_unit_test(time_becomes_ntp),
        cmocka_unit_test(foreign_seeds_are_read_to_their_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
