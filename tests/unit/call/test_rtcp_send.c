/* RTCP that is sent: reports, what is acknowledged, and what is asked for. */
#include "call/rtcp_send.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "call/rtcp_receive.h"
#include "rtp_sessions.h"

/* What stands in a packet. */
struct said {
    struct tacet_rtcp_part reports[TACET_KIND_COUNT];
    size_t report_count;
    size_t sdes_count;
    uint16_t acked[TACET_LONG_TERM_ACKED];
    size_t acked_count;
};

static struct said said_in(const uint8_t *packet, size_t size)
{
    struct tacet_reader reader = tacet_reader(packet, size);
    struct tacet_rtcp_part part;
    struct said said = { 0 };

    assert_int_equal(tacet_rtcp_check(packet, size), 0);
    while (tacet_rtcp_next(&reader, &part) == 1) {
        if (part.type == TACET_RTCP_SR || part.type == TACET_RTCP_RR) {
            assert_in_range(said.report_count, 0, TACET_KIND_COUNT - 1);
            said.reports[said.report_count++] = part;
        } else if (part.type == TACET_RTCP_SDES) {
            said.sdes_count++;
        } else if (part.type == TACET_RTCP_PSFB && part.format == TACET_PSFB_RPSI) {
            assert_in_range(said.acked_count, 0, TACET_LONG_TERM_ACKED - 1);
            assert_int_equal(part.u.feedback.media_ssrc, 100 + TACET_SSRC_VIDEO);
            assert_int_equal(tacet_rtcp_read_rpsi(part.u.feedback.fci, part.u.feedback.fci_size,
                                                  TACET_PT_VP8, &said.acked[said.acked_count++]),
                             0);
        }
    }
    return said;
}

static struct said report(struct tacet_rtp_session *s, int64_t now)
{
    uint8_t packet[1200];
    size_t size = tacet_rtcp_send_report(s, now, false, packet, sizeof(packet));

    return said_in(packet, size);
}

static void report_tells_what_was_sent_and_the_time_of_now(void **state)
{
    static const uint32_t timestamps[TACET_KIND_COUNT] = { 1000 + 250 * 48, 1000 + 250 * 90 };
    struct tacet_rtp_session *s = sessions[1];
    const int64_t now = TACET_S(3) + TACET_MS(250);

    (void)state;
    receive_sound(s, TACET_S(1), 1, 100);
    for (uint32_t kind = 0; kind < TACET_KIND_COUNT; kind++) {
        struct tacet_outbound *out = &s->outbound[kind];
        out->stats.packets_sent = 7 + kind;
        out->stats.bytes_sent = 700 + kind;
        out->last_captured_at_us = TACET_S(3);
        out->last_timestamp = 1000;
        s->sent_since_report[kind] = true;
    }
    struct said said = report(s, now);
    assert_int_equal(said.report_count, TACET_KIND_COUNT);
    assert_int_equal(said.sdes_count, 1);
    for (uint32_t kind = 0; kind < TACET_KIND_COUNT; kind++) {
        const struct tacet_rtcp_part *sr = &said.reports[kind];
        assert_int_equal(sr->type, TACET_RTCP_SR);
        assert_int_equal(sr->ssrc, s->outbound[kind].stats.ssrc);
        assert_true(sr->u.report.ntp == tacet_ntp(now));
        assert_int_equal(sr->u.report.rtp_timestamp, timestamps[kind]);
        assert_int_equal(sr->u.report.packet_count, 7 + kind);
        assert_int_equal(sr->u.report.octet_count, 700 + kind);
        assert_int_equal(sr->u.report.block_count, kind == 0 ? 1 : 0); /* they go out once */
    }
}

static void who_has_sent_nothing_since_tells_what_came(void **state)
{
    struct tacet_rtp_session *s = sessions[1];

    (void)state;
    receive_sound(s, TACET_S(1), 1, 100);
    s->sent_since_report[TACET_KIND_AUDIO] = true;
    assert_int_equal(report(s, TACET_S(2)).reports[0].type, TACET_RTCP_SR);
    struct said said = report(s, TACET_S(3));
    assert_int_equal(said.report_count, 1);
    assert_int_equal(said.reports[0].type, TACET_RTCP_RR);
    assert_int_equal(said.reports[0].u.report.block_count, 1);
}

static void hold(struct tacet_rtp_session *s, size_t which, uint16_t picture_id)
{
    s->inbound.assembly.decoded.long_term[which] =
        (struct tacet_long_term){ .held = true, .picture_id = picture_id };
}

static void pictures_that_are_held_are_told_in_every_report(void **state)
{
    struct tacet_rtp_session *s = sessions[1];

    (void)state;
    assert_int_equal(report(s, TACET_S(1)).acked_count, 0);
    hold(s, 0, 500);
    hold(s, 1, 400);
    for (int i = 0; i < 5; i++) {
        struct said said = report(s, TACET_S(2 + i));
        assert_int_equal(said.acked_count, 2);
        assert_int_equal(said.acked[0], 500);
        assert_int_equal(said.acked[1], 400);
    }
}

/* Feedback of one more packet, or a NACK of some of the picture; returns how many pictures it
 * acknowledges. */
static size_t acks_in_next(struct tacet_rtp_session *s, uint64_t n, bool nack)
{
    const int64_t now = TACET_S(1 + (int64_t)n);
    uint8_t packet[1200];
    size_t size;

    if (nack) {
        for (uint64_t seq = 10 * n; seq < 10 * n + 10; seq += 5) {
            tacet_nack_on_packet(&s->inbound.nack, now, (int64_t)seq);
        }
        size = tacet_rtcp_send_nack(s, now + TACET_MS(60), TACET_MS(20), packet, sizeof(packet));
    } else {
        tacet_feedback_on_packet(&s->feedback, now, 100, n, 172);
        size = tacet_rtcp_send_feedback(s, now + TACET_MS(200), packet, sizeof(packet));
    }
    assert_true(size > 0);
    struct said said = said_in(packet, size);
    for (size_t i = 0; i < said.acked_count; i++) {
        assert_int_equal(said.acked[i], s->inbound.assembly.decoded.long_term[0].picture_id);
    }
    return said.acked_count;
}

/* Each of these may be lost, and so may be the report. */
static void new_picture_is_told_in_three_packets_besides(void **state)
{
    static const struct {
        uint16_t picture_id;
        bool nack;
        size_t acks;
    } rows[] = {
        { 0, false, 0 },  { 500, false, 1 }, { 500, true, 1 },  { 500, false, 1 },
        { 500, true, 0 }, { 500, false, 0 }, { 600, true, 1 },  { 600, true, 1 },
        { 700, true, 1 }, { 700, false, 1 }, { 700, false, 1 }, { 700, false, 0 },
    };
    struct tacet_rtp_session *s = sessions[1];
    uint8_t packet[1200];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].picture_id > 0) {
            hold(s, 0, rows[i].picture_id);
            hold(s, 1, 400);
        }
        assert_int_equal(acks_in_next(s, i, rows[i].nack), rows[i].acks);
    }
    /* But nothing is sent for its sake alone. */
    hold(sessions[0], 0, 800);
    assert_int_equal(tacet_rtcp_send_feedback(sessions[0], TACET_S(20), packet, sizeof(packet)), 0);
    assert_int_equal(
        tacet_rtcp_send_nack(sessions[0], TACET_S(20), TACET_MS(20), packet, sizeof(packet)), 0);
}

static void nothing_is_asked_for_before_its_time(void **state)
{
    uint8_t packet[1200];

    (void)state;
    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        struct tacet_rtp_session *s = sessions[kind];
        for (uint32_t seq = 1; seq <= 3; seq += 2) {
            if (kind == TACET_KIND_AUDIO) {
                tacet_audio_nack_on_packet(&s->inbound.audio_nack, TACET_S(1), seq, seq * 960);
            } else {
                tacet_nack_on_packet(&s->inbound.nack, TACET_S(1), seq);
            }
        }
        int64_t now = tacet_rtcp_send_nack_timeout(s) + TACET_MS(5);
        s->ask_from_us[kind] = now;
        assert_true(tacet_rtcp_send_nack_timeout(s) == now);
        assert_int_equal(tacet_rtcp_send_nack(s, now - 1, TACET_MS(20), packet, sizeof(packet)), 0);
        assert_true(s->ask_from_us[TACET_KIND_AUDIO] <= now);
        assert_true(s->ask_from_us[TACET_KIND_VIDEO] <= now);
        size_t size = tacet_rtcp_send_nack(s, now, TACET_MS(20), packet, sizeof(packet));
        assert_true(size > 0);
        /* The next one when a quarter of the rate has sent this one. */
        int64_t bits = (int64_t)(size + TACET_SRTP_OVERHEAD_MAX + TACET_UDP_OVERHEAD) * 8;
        int64_t bps = bits * TACET_S(1) / (s->ask_from_us[kind] - now);
        assert_in_range(bps, tacet_bwe_target(&s->sending.bwe) / 4,
                        tacet_bwe_target(&s->sending.bwe) / 4 + 100);
    }
}

static void early_report_tells_times_and_no_loss(void **state)
{
    uint8_t packet[1200];
    struct tacet_rtp_session *a = sessions[0];
    struct tacet_rtp_session *b = sessions[1];
    int64_t captured_at_us;

    (void)state;
    receive_sound(b, 1000, 0, 100);
    receive_sound(b, 61000, 3, 100);
    b->sent_since_report[TACET_KIND_AUDIO] = true;
    b->early_reports = 2;
    /* The first one is lost, and nothing is sent until the next. */
    (void)tacet_rtcp_send_report(b, 65000, false, packet, sizeof(packet));
    b->early_reports = 1;
    size_t size = tacet_rtcp_send_report(b, 70000, false, packet, sizeof(packet));
    assert_int_equal(tacet_rtcp_receive(a, 80000, packet, size), TACET_DROP_NONE);
    assert_int_equal(a->remote[TACET_KIND_AUDIO].packets_lost, 0);
    assert_true(
        tacet_reception_captured_at(&a->inbound.reception[TACET_KIND_AUDIO], 0, &captured_at_us));
    b->early_reports = 0;
    size = tacet_rtcp_send_report(b, 90000, false, packet, sizeof(packet));
    assert_int_equal(tacet_rtcp_receive(a, 100000, packet, size), TACET_DROP_NONE);
    assert_int_equal(a->remote[TACET_KIND_AUDIO].packets_lost, 2);
}

static void picture_is_asked_for_once_a_report(void **state)
{
    uint8_t packet[1200];

    (void)state;
    size_t size = tacet_rtcp_send_report(sessions[1], 1000, true, packet, sizeof(packet));
    assert_int_equal(tacet_rtcp_receive(sessions[0], 2000, packet, size), TACET_DROP_NONE);
    assert_true(sessions[0]->refresh_wanted);
    assert_int_equal(sessions[0]->outbound[TACET_KIND_VIDEO].stats.pli_count, 1);
    assert_int_equal(sessions[1]->inbound.stats[TACET_KIND_VIDEO].pli_count, 1);
    /* A PLI for another stream is none of ours. */
    sessions[0]->refresh_wanted = false;
    size = tacet_rtcp_send_report(sessions[0], 3000, true, packet, sizeof(packet));
    assert_int_equal(tacet_rtcp_receive(sessions[0], 4000, packet, size), TACET_DROP_NONE);
    assert_false(sessions[0]->refresh_wanted);
}

/* Much is missing of the picture, and asking for it takes a share of the rate; then sound is. */
static void sound_is_asked_for_however_much_was_asked_of_the_picture(void **state)
{
    struct tacet_rtp_session *s = sessions[1];
    struct tacet_inbound_stats *stats = s->inbound.stats;
    const int64_t round_trip_us = TACET_MS(20);
    uint8_t packet[1200];
    int64_t now = TACET_S(1);

    (void)state;
    for (int64_t seq = 1; seq < 2000; seq++) {
        if (seq % 20 != 0) {
            tacet_nack_on_packet(&s->inbound.nack, now, seq);
        }
    }
    now = tacet_rtcp_send_nack_timeout(s);
    assert_true(tacet_rtcp_send_nack(s, now, round_trip_us, packet, sizeof(packet)) > 300);
    assert_int_equal(stats[TACET_KIND_VIDEO].nack_count, 1);
    int64_t picture_again_us = tacet_rtcp_send_nack_timeout(s);
    assert_true(picture_again_us > now + TACET_MS(100));
    for (uint32_t seq = 1; seq <= 3; seq += 2) {
        tacet_audio_nack_on_packet(&s->inbound.audio_nack, now, seq, seq * 960);
    }
    int64_t sound_us = tacet_rtcp_send_nack_timeout(s);
    assert_true(sound_us <= now + TACET_MS(20));
    now = sound_us;
    assert_true(tacet_rtcp_send_nack(s, now, round_trip_us, packet, sizeof(packet)) > 0);
    assert_int_equal(stats[TACET_KIND_AUDIO].nack_count, 1);
    assert_int_equal(stats[TACET_KIND_VIDEO].nack_count, 1);
    /* It has its share too, and takes that from the picture's. */
    assert_true(s->ask_from_us[TACET_KIND_AUDIO] > now + TACET_MS(5));
    assert_true(s->ask_from_us[TACET_KIND_VIDEO] > picture_again_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(report_tells_what_was_sent_and_the_time_of_now,
                                        sessions_begin, sessions_end),
        cmocka_unit_test_setup_teardown(who_has_sent_nothing_since_tells_what_came, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(pictures_that_are_held_are_told_in_every_report,
                                        sessions_begin, sessions_end),
        cmocka_unit_test_setup_teardown(new_picture_is_told_in_three_packets_besides,
                                        sessions_begin, sessions_end),
        cmocka_unit_test_setup_teardown(nothing_is_asked_for_before_its_time, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(early_report_tells_times_and_no_loss, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(picture_is_asked_for_once_a_report, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(sound_is_asked_for_however_much_was_asked_of_the_picture,
                                        sessions_begin, sessions_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
