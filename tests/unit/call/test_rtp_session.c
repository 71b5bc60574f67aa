/* RTCP between two sessions: reports, round trips, and the asking for a picture. */
#include "call/rtp_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "call/rtcp_receive.h"
#include "call/rtcp_send.h"
#include "sim/rng.h"

static struct tacet_rtp_session *sessions[2];
static struct tacet_rekey rekeys[2];
static struct tacet_pool *pool;

static int begin(void **state)
{
    static struct tacet_rng rng;
    struct tacet_random chance;

    (void)state;
    tacet_rng_seed(&rng, 41, 0);
    chance = tacet_rng_random(&rng);
    assert_int_equal(tacet_pool_create(16, &pool), 0);
    for (int i = 0; i < 2; i++) {
        rekeys[i].initiator = i == 0;
        for (uint32_t kind = 0; kind < TACET_SSRC_KIND_COUNT; kind++) {
            rekeys[i].ssrcs.of[0][kind] = 100 + kind;
            rekeys[i].ssrcs.of[1][kind] = 200 + kind;
        }
        assert_int_equal(tacet_rtp_session_create(&sessions[i]), 0);
        tacet_rtp_session_begin(sessions[i], &chance, &rekeys[i], pool);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        tacet_rtp_session_free(&sessions[i]);
    }
    assert_int_equal(tacet_pool_available(pool), 16);
    tacet_pool_free(&pool);
    return 0;
}

static void receive(struct tacet_rtp_session *s, int64_t now, uint16_t seq, uint32_t ssrc)
{
    struct tacet_buffer *buffer = tacet_pool_get(pool);
    struct tacet_rtp header = { .payload_type = TACET_PT_OPUS, .seq = seq, .ssrc = ssrc };

    header.timestamp = seq * 960U;
    tacet_rtp_write(&header, buffer->data);
    buffer->data[TACET_RTP_HEADER_SIZE] = 0x55;
    buffer->size = TACET_RTP_HEADER_SIZE + 1;
    assert_int_equal(tacet_inbound_put(&s->inbound, now, TACET_KIND_AUDIO, seq, buffer),
                     TACET_DROP_NONE);
}

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
            receive(b, seq * 20000, seq, 100);
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
}

static void early_report_tells_times_and_no_loss(void **state)
{
    uint8_t packet[1200];
    struct tacet_rtp_session *a = sessions[0];
    struct tacet_rtp_session *b = sessions[1];
    int64_t captured_at_us;

    (void)state;
    receive(b, 1000, 0, 100);
    receive(b, 61000, 3, 100);
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
    for (size_t cut = 0; cut < size; cut++) {
        refused += tacet_rtcp_receive(sessions[0], 2000, packet, cut) != TACET_DROP_NONE;
    }
    assert_true(refused >= size - 3); /* it may be cut only between two whole parts */
}

static void nothing_that_was_said_stays_in_the_buffers(void **state)
{
    struct tacet_buffer *out[16];

    (void)state;
    for (uint16_t seq = 0; seq < 20; seq++) {
        receive(sessions[1], seq * 20000, seq, 100);
    }
    tacet_rtp_session_end(sessions[1]);
    for (int i = 0; i < 16; i++) {
        out[i] = tacet_pool_get(pool);
        assert_non_null(out[i]);
        for (size_t at = 0; at < sizeof(out[i]->memory); at++) {
            assert_int_equal(out[i]->memory[at], 0);
        }
    }
    for (int i = 0; i < 16; i++) {
        tacet_pool_put(pool, out[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(loss_and_round_trip_reach_the_sender, begin, end),
        cmocka_unit_test_setup_teardown(of_two_feedbacks_in_one_packet_the_first_counts, begin,
                                        end),
        cmocka_unit_test_setup_teardown(early_report_tells_times_and_no_loss, begin, end),
        cmocka_unit_test_setup_teardown(picture_is_asked_for_once_a_report, begin, end),
        cmocka_unit_test_setup_teardown(fate_of_each_packet_reaches_the_sender, begin, end),
        cmocka_unit_test_setup_teardown(sound_is_asked_for_however_much_was_asked_of_the_picture,
                                        begin, end),
        cmocka_unit_test_setup_teardown(sound_that_gives_way_is_not_repeated, begin, end),
        cmocka_unit_test_setup_teardown(cut_rtcp_is_malformed, begin, end),
        cmocka_unit_test_setup_teardown(nothing_that_was_said_stays_in_the_buffers, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
