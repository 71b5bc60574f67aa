/* RTCP that comes: what it sets going at the sender. */
#include "call/rtcp_receive.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "call/rtcp_send.h"
#include "rtp_sessions.h"

static void of_two_feedbacks_in_one_packet_the_first_counts(void **state)
{
    /* Without streams: what is told of is the report itself. */
    static const uint8_t part[12] = { 0x8b, 205, 0, 2, 0, 0, 0, 200, 0, 1, 0, 0 };
    struct tacet_rtp_session *a = sessions[0];
    uint8_t packet[24];

    (void)state;
    memcpy(packet, part, sizeof(part));
    memcpy(packet + sizeof(part), part, sizeof(part));
    assert_int_equal(tacet_rtcp_receive(a, TACET_S(1), packet, sizeof(part)), TACET_DROP_NONE);
    assert_int_equal(a->sent_log->counts.reports, 1);
    assert_int_equal(tacet_rtcp_receive(a, TACET_S(1), packet, sizeof(packet)),
                     TACET_DROP_MALFORMED);
    assert_int_equal(a->sent_log->counts.reports, 2);
}

static void loss_and_round_trip_reach_the_sender(void **state)
{
    uint8_t packet[1200];
    struct tacet_rtp_session *a = sessions[0];
    struct tacet_rtp_session *b = sessions[1];

    (void)state;
    for (uint16_t seq = 0; seq < 100; seq++) {
        if (seq % 4 != 3) {
            receive_sound(b, seq * 20000, seq, 100);
        }
    }
    a->sent_since_report[TACET_KIND_AUDIO] = true;
    size_t size = tacet_rtcp_send_report(a, 2000000, false, packet, sizeof(packet));
    assert_int_equal(tacet_rtcp_receive(b, 2030000, packet, size), TACET_DROP_NONE);
    size = tacet_rtcp_send_report(b, 2500000, false, packet, sizeof(packet));
    assert_int_equal(tacet_rtcp_receive(a, 2540000, packet, size), TACET_DROP_NONE);
    const struct tacet_remote_inbound_stats *remote = &a->remote[TACET_KIND_AUDIO];
    assert_int_equal(remote->packets_lost, 24); /* the last of the 25 cannot be known */
    assert_in_range(remote->fraction_lost_permille, 235, 250);
    assert_in_range(remote->round_trip_time_us, 69900, 70100); /* 30 + 40 ms */
    assert_int_equal(remote->round_trip_time_measurements, 1);
    assert_int_equal(a->remote[TACET_KIND_VIDEO].packets_lost, 0); /* that is no block of its */
}

static void fate_of_each_packet_reaches_the_sender(void **state)
{
    struct tacet_buffer *buffer = tacet_pool_get(pool);
    struct tacet_rtp_session *a = sessions[0];
    struct tacet_rtp_session *b = sessions[1];
    uint8_t packet[1200];
    int64_t now = 1000000;

    (void)state;
    for (uint32_t i = 0; i < 200; i++, now += 10000) {
        uint32_t stream = i % TACET_SSRC_KIND_COUNT;
        struct tacet_rtp header = { .payload_type = 1, .seq = (uint16_t)(i / 4), .ssrc = 100 };
        header.ssrc += stream;
        tacet_rtp_write(&header, buffer->data);
        buffer->size = 172;
        tacet_rtp_session_on_sent(a, now, buffer);
        if (i % 10 != 3) {
            tacet_feedback_on_packet(&b->feedback, now + 30000, header.ssrc, header.seq, 172);
        }
        if (i % 10 == 9) {
            size_t size = tacet_rtcp_send_feedback(b, now + 35000, packet, sizeof(packet));
            assert_true(size > 0);
            assert_int_equal(tacet_rtcp_receive(a, now + 55000, packet, size), TACET_DROP_NONE);
        }
    }
    uint64_t arrived = 0, lost = 0, bytes = 0;
    for (int stream = 0; stream < TACET_SSRC_KIND_COUNT; stream++) {
        arrived += a->told[stream].arrived;
        lost += a->told[stream].lost;
        bytes += a->told[stream].arrived_bytes;
        assert_in_range(a->told[stream].arrived, 40, 50);
    }
    assert_int_equal(arrived, 180);
    assert_int_equal(lost, 20);
    assert_int_equal(bytes, 180 * 200);
    /* The first packet of a stream is not known to have been reported: 19 of 199. */
    assert_int_equal(tacet_loss_permille(&a->loss), 95);
    assert_int_equal(tacet_loss_burst_q8(&a->loss), 256);
    assert_in_range(a->sent_log->round_trip_us, 48000, 52000); /* 30 + 20 ms */
    /* A report that does not add up is dropped. */
    size_t size = tacet_rtcp_send_feedback(b, now + 35000, packet, sizeof(packet));
    packet[14] = 0xff;
    assert_int_equal(tacet_rtcp_receive(a, now, packet, size), TACET_DROP_MALFORMED);
    tacet_pool_put(pool, buffer);
}

/* So many packets of sound and of pictures, of each of which every so manyth is lost; 0: none. The
 * report of all comes at once. */
static void send_and_lose(uint32_t count, uint32_t sound_apart, uint32_t picture_apart)
{
    struct tacet_buffer *buffer = tacet_pool_get(pool);
    uint8_t packet[1200];
    int64_t now = TACET_S(1);

    for (uint32_t i = 0; i < count; i++, now += TACET_MS(2)) {
        uint32_t stream = i % 2 == 0 ? TACET_SSRC_AUDIO : TACET_SSRC_VIDEO;
        uint32_t apart = i % 2 == 0 ? sound_apart : picture_apart;
        struct tacet_rtp header = { .payload_type = 1, .seq = (uint16_t)(i / 2) };
        header.ssrc = 100 + stream;
        tacet_rtp_write(&header, buffer->data);
        buffer->size = 172;
        tacet_rtp_session_on_sent(sessions[0], now, buffer);
        if (apart == 0 || i / 2 % apart != 1) {
            tacet_feedback_on_packet(&sessions[1]->feedback, now + TACET_MS(30), header.ssrc,
                                     header.seq, 172);
        }
    }
    tacet_pool_put(pool, buffer);
    size_t size = tacet_rtcp_send_feedback(sessions[1], now + TACET_MS(35), packet, sizeof(packet));
    assert_true(size > 0);
    assert_int_equal(tacet_rtcp_receive(sessions[0], now + TACET_MS(65), packet, size),
                     TACET_DROP_NONE);
}

static void loss_is_believed_of_twenty_packets(void **state)
{
    struct tacet_rtp_session *a = sessions[0];

    (void)state;
    send_and_lose(60, 3, 3);
    for (uint64_t results = 0; results < 40; results += 10) {
        /* A report that tells of nothing new. */
        static const uint8_t report[12] = { 0x8b, 205, 0, 2, 0, 0, 0, 200, 0, 1, 0, 0 };
        a->results = results;
        a->repair.loss_permille = 0;
        assert_int_equal(tacet_rtcp_receive(a, TACET_S(2), report, sizeof(report)),
                         TACET_DROP_NONE);
        assert_int_equal(a->repair.loss_permille > 0, results >= 20);
    }
}

static void loss_reaches_what_makes_it_good(void **state)
{
    struct tacet_rtp_session *a = sessions[0];
    const struct tacet_audio_need *need = &a->sending.audio_need;

    (void)state;
    send_and_lose(60, 3, 3);
    assert_in_range(a->repair.loss_permille, 250, 400);
    assert_int_equal(need->loss_permille, a->repair.loss_permille);
    assert_int_equal(need->depth, tacet_repair_red(&a->repair, 0, TACET_RED_DEPTH_MAX)->count);
    assert_true(need->depth > 0);
    assert_true(a->target_changed);
}

static void loss_of_sound_is_known_by_itself(void **state)
{
    struct tacet_rtp_session *a = sessions[0];

    (void)state;
    send_and_lose(60, 3, 0);
    assert_in_range(tacet_loss_permille(&a->loss), 120, 200);
    assert_in_range(tacet_loss_permille(&a->audio_loss), 250, 400);
}

/* Repeats would lengthen it. */
static void what_our_own_queue_lost_is_not_made_good(void **state)
{
    struct tacet_rtp_session *a = sessions[0];

    (void)state;
    a->sending.crowded_until_us = TACET_S(100);
    send_and_lose(60, 3, 3);
    assert_in_range(a->told[TACET_SSRC_AUDIO].lost, 8, 10);
    assert_int_equal(tacet_loss_permille(&a->loss), 0);
    assert_int_equal(a->repair.loss_permille, 0);
}

/* A report of what came of the sound, as who has no other feedback sends it. */
static void report_loss(uint8_t of_256, int64_t now)
{
    struct tacet_rtcp_part part = { .type = TACET_RTCP_RR, .ssrc = 200 };
    struct tacet_report_block *block = &part.u.report.blocks[0];
    uint8_t packet[64];
    struct tacet_writer w = tacet_writer(packet, sizeof(packet));

    part.u.report.block_count = 1;
    *block = (struct tacet_report_block){ .ssrc = 100, .fraction_lost = of_256, .jitter = 480 };
    tacet_rtcp_write_report(&w, &part);
    assert_int_equal(tacet_rtcp_receive(sessions[0], now, packet, w.at), TACET_DROP_NONE);
}

static void reports_are_all_there_is_without_feedback(void **state)
{
    struct tacet_rtp_session *a = sessions[0];

    (void)state;
    int64_t before_bps = tacet_bwe_estimate(&a->sending.bwe);
    for (int64_t second = 1; second <= 5; second++) {
        report_loss(128, TACET_S(second));
        assert_int_equal(a->remote[TACET_KIND_AUDIO].jitter_us, TACET_MS(10));
        assert_int_equal(a->remote[TACET_KIND_AUDIO].round_trip_time_measurements, 0);
    }
    assert_int_equal(a->repair.loss_permille, 500);
    assert_int_equal(a->sending.audio_need.loss_permille, 500);
    assert_true(tacet_bwe_estimate(&a->sending.bwe) < before_bps);
    assert_true(a->target_changed);
}

static void reports_say_nothing_beside_feedback(void **state)
{
    struct tacet_rtp_session *a = sessions[0];

    (void)state;
    send_and_lose(60, 0, 0);
    int64_t before_bps = tacet_bwe_estimate(&a->sending.bwe);
    report_loss(128, TACET_S(5));
    assert_int_equal(a->repair.loss_permille, 0);
    assert_true(tacet_bwe_estimate(&a->sending.bwe) == before_bps);
}

/* PLI, if `pli`, before or behind RPSI of these pictures; to the stream of that SSRC. */
static void tell_pictures(int pli, const uint16_t *ids, size_t count, uint32_t ssrc)
{
    uint8_t packet[256];
    struct tacet_writer w = tacet_writer(packet, sizeof(packet));

    if (pli < 0) {
        tacet_rtcp_write_pli(&w, 200, ssrc);
    }
    for (size_t i = 0; i < count; i++) {
        tacet_rtcp_write_rpsi(&w, 200, ssrc, TACET_PT_VP8, ids[i]);
    }
    if (pli > 0) {
        tacet_rtcp_write_pli(&w, 200, ssrc);
    }
    assert_int_equal(tacet_rtcp_receive(sessions[0], TACET_S(1), packet, w.at), TACET_DROP_NONE);
}

/* What is said in the packet of a PLI is what is left; what was said before is not. */
static void pictures_that_are_held_are_those_told_last(void **state)
{
    static const struct {
        int pli;
        size_t from, count;
        uint32_t ssrc;
        bool held[2]; /* then */
    } rows[] = {
        { 0, 0, 1, 102, { false, false } }, /* another stream's */
        { 0, 0, 1, 101, { true, false } },  { 0, 1, 1, 101, { true, true } },
        { 1, 0, 0, 102, { true, true } },   { 1, 0, 0, 101, { false, false } },
        { 0, 0, 2, 101, { true, true } },   { -1, 1, 1, 101, { false, true } },
        { 1, 0, 1, 101, { true, false } },  { 1, 0, 2, 101, { true, true } },
    };
    static const uint16_t ids[] = { 300, 301 };
    struct tacet_rtp_session *a = sessions[0];
    struct tacet_recovery *recovery = &a->outbound[TACET_KIND_VIDEO].recovery;

    (void)state;
    assert_int_equal(a->outbound[TACET_KIND_VIDEO].stats.ssrc, 101);
    for (size_t k = 0; k < 2; k++) {
        recovery->buffers[1 + k] = (struct tacet_recovery_buffer){
            .valid = true, .base = true, .long_term = true, .picture_id = ids[k]
        };
    }
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tell_pictures(rows[i].pli, ids + rows[i].from, rows[i].count, rows[i].ssrc);
        assert_int_equal(a->refresh_wanted, rows[i].pli != 0 && rows[i].ssrc == 101);
        a->refresh_wanted = false;
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(recovery->buffers[1 + k].acknowledged, rows[i].held[k]);
        }
    }
}

/* Of the picture: until they have been answered they wait, as many as there is room for. */
static void what_is_missed_is_noted(void **state)
{
    struct tacet_rtp_session *a = sessions[0];
    uint16_t seqs[TACET_NACK_MAX];

    (void)state;
    for (uint16_t i = 0; i < TACET_NACK_MAX; i++) {
        seqs[i] = i;
    }
    for (uint32_t ssrc = 102; ssrc >= 101; ssrc--) {
        size_t counts[] = { 3, 3, TACET_NACK_MAX };
        for (size_t i = 0; i < 3; i++) {
            uint8_t packet[1200];
            struct tacet_writer w = tacet_writer(packet, sizeof(packet));
            size_t count = counts[i];
            size_t most = i < 2 ? 3 * (i + 1) : TACET_NACK_MAX;
            tacet_rtcp_write_nack(&w, 200, ssrc, seqs, count);
            assert_int_equal(tacet_rtcp_receive(a, TACET_S(1), packet, w.at), TACET_DROP_NONE);
            assert_int_equal(a->wanted_count, ssrc == 101 ? most : 0);
            assert_int_equal(a->outbound[TACET_KIND_VIDEO].stats.nack_count,
                             ssrc == 101 ? i + 1 : 0);
        }
    }
    for (uint16_t i = 0; i < 6; i++) {
        assert_int_equal(a->wanted[i], i % 3);
    }
}

/* What control needs to get through has no room for repeats either. */
static void sound_that_gives_way_is_not_repeated(void **state)
{
    static const uint16_t missing[] = { 7 };
    struct tacet_rtp_session *a = sessions[0];
    struct tacet_outbound *audio = &a->outbound[TACET_KIND_AUDIO];
    uint8_t packet[64];
    struct tacet_writer w = tacet_writer(packet, sizeof(packet));

    (void)state;
    tacet_rtcp_write_nack(&w, 200, audio->stats.ssrc, missing, 1);
    audio->next_index = 9;
    for (int i = 1; i <= 2; i++) {
        tacet_sending_give_way(&a->sending, i == 1);
        assert_int_equal(tacet_rtcp_receive(a, TACET_S(1), packet, w.at), TACET_DROP_NONE);
        assert_int_equal(audio->stats.nack_count, i);
        assert_int_equal(audio->repeat, i == 1 ? 0 : 1 << 2);
    }
}

static void cut_rtcp_is_malformed(void **state)
{
    uint8_t packet[1200];

    (void)state;
    size_t size = tacet_rtcp_send_report(sessions[1], 1000, true, packet, sizeof(packet));
    size_t refused = 0;
    packet[size] = 0x80; /* as if a further part began */
    assert_int_equal(tacet_rtcp_receive(sessions[0], 2000, packet, size + 1), TACET_DROP_MALFORMED);
    for (size_t cut = 0; cut < size; cut++) {
        refused += tacet_rtcp_receive(sessions[0], 2000, packet, cut) != TACET_DROP_NONE;
    }
    assert_true(refused >= size - 3); /* it may be cut only between two whole parts */
    assert_false(sessions[0]->refresh_wanted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(of_two_feedbacks_in_one_packet_the_first_counts,
                                        sessions_begin, sessions_end),
        cmocka_unit_test_setup_teardown(loss_and_round_trip_reach_the_sender, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(fate_of_each_packet_reaches_the_sender, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(loss_is_believed_of_twenty_packets, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(loss_reaches_what_makes_it_good, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(loss_of_sound_is_known_by_itself, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(what_our_own_queue_lost_is_not_made_good, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(reports_are_all_there_is_without_feedback, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(reports_say_nothing_beside_feedback, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(pictures_that_are_held_are_those_told_last, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(what_is_missed_is_noted, sessions_begin, sessions_end),
        cmocka_unit_test_setup_teardown(sound_that_gives_way_is_not_repeated, sessions_begin,
                                        sessions_end),
        cmocka_unit_test_setup_teardown(cut_rtcp_is_malformed, sessions_begin, sessions_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
