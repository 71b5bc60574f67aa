/* See rtcp_receive.h. */
#include "call/rtcp_receive.h"

#include "call/rtp_session.h"

#define RESULTS_MIN 20 /* of packets, from which on the loss is believed */

/* What became of packets that were sent: each comes here once, in the order of sending but for
 * those that were decided later. */
static void on_results(struct tacet_rtp_session *s, int64_t now,
                       struct tacet_packet_result *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct tacet_told *told = &s->told[results[i].stream];
        told->lost += results[i].lost ? 1 : 0;
        told->arrived += results[i].lost ? 0 : 1;
        told->arrived_bytes += results[i].lost ? 0 : results[i].size;
    }
    tacet_sending_on_results(&s->sending, now, results, count,
                             tacet_sent_log_new_round_trip(s->sent_log));
}

/* In the order of sending: of all together, and of audio, whose repeats depend on its own runs. */
static void on_losses(struct tacet_rtp_session *s, const struct tacet_packet_result *results,
                      size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (tacet_sending_was_crowded(&s->sending, results[i].sent_at_us)) {
            continue;
        }
        tacet_loss_on_results(&s->loss, &results[i], 1);
        if (results[i].stream == TACET_SSRC_AUDIO) {
            tacet_loss_on_results(&s->audio_loss, &results[i], 1);
        }
        s->results += results[i].unreported ? 0 : 1;
    }
}

/* So much is lost on the way to the peer, in runs of so many. */
static void on_loss(struct tacet_rtp_session *s, int64_t now, int32_t permille, int32_t burst_q8)
{
    s->target_changed |= tacet_repair_on_loss(&s->repair, now, permille, burst_q8);
    s->sending.audio_need.loss_permille = s->repair.loss_permille;
    s->sending.audio_need.depth = tacet_repair_red(&s->repair, 0, TACET_RED_DEPTH_MAX)->count;
}

static int on_feedback(struct tacet_rtp_session *s, int64_t now, const struct tacet_rtcp_part *part)
{
    struct tacet_packet_result results[TACET_RESULTS_MAX];
    struct tacet_feedback_report report;
    size_t count;

    if (tacet_feedback_read(part->u.feedback.fci, part->u.feedback.fci_size, &report) != 0) {
        return TACET_ERR_FORMAT;
    }
    tacet_sent_log_on_report(s->sent_log, now, &report);
    while ((count = tacet_sent_log_poll(s->sent_log, results, TACET_RESULTS_MAX)) > 0) {
        on_results(s, now, results, count);
    }
    while ((count = tacet_sent_log_poll_ordered(s->sent_log, results, TACET_RESULTS_MAX)) > 0) {
        on_losses(s, results, count);
    }
    if (s->results >= RESULTS_MIN) {
        on_loss(s, now, tacet_loss_permille(&s->loss), tacet_loss_burst_q8(&s->loss));
    }
    s->target_changed |= tacet_sending_update(&s->sending, now);
    return 0;
}

static void on_block(struct tacet_rtp_session *s, int64_t now,
                     const struct tacet_report_block *block)
{
    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        struct tacet_remote_inbound_stats *remote = &s->remote[kind];
        int64_t rate = kind == TACET_KIND_AUDIO ? 48000 : 90000;
        if (block->ssrc != s->outbound[kind].stats.ssrc) {
            continue;
        }
        remote->packets_lost = block->cumulative_lost;
        remote->fraction_lost_permille = block->fraction_lost * 1000 / 256;
        remote->jitter_us = (int64_t)block->jitter * 1000000 / rate;
        int64_t round_trip_us = tacet_report_round_trip_us(block, now);
        if (round_trip_us >= 0) {
            remote->round_trip_time_us = round_trip_us;
            remote->total_round_trip_time_us += round_trip_us;
            remote->round_trip_time_measurements++;
        }
    }
}

static void on_report(struct tacet_rtp_session *s, int64_t now, const struct tacet_rtcp_part *part)
{
    for (int kind = 0; kind < TACET_KIND_COUNT && part->type == TACET_RTCP_SR; kind++) {
        if (part->ssrc == s->inbound.stats[kind].ssrc) {
            tacet_reception_on_sr(&s->inbound.reception[kind], now, part->u.report.ntp,
                                  part->u.report.rtp_timestamp);
        }
    }
    for (size_t i = 0; i < part->u.report.block_count; i++) {
        on_block(s, now, &part->u.report.blocks[i]);
    }
    if (part->u.report.block_count > 0 && s->results == 0) {
        /* A peer without feedback: reports are all there is. */
        int32_t audio = s->remote[TACET_KIND_AUDIO].fraction_lost_permille;
        int32_t video = s->remote[TACET_KIND_VIDEO].fraction_lost_permille;
        int32_t lost = audio > video ? audio : video;
        tacet_bwe_on_report(&s->sending.bwe, now, lost);
        on_loss(s, now, lost, 256);
        s->target_changed |= tacet_sending_update(&s->sending, now);
    }
}

/* True: a PLI. The picture of an RPSI goes into the list. */
static bool on_psfb(struct tacet_rtp_session *s, const struct tacet_rtcp_part *part,
                    uint16_t acked[TACET_LONG_TERM_ACKED], size_t *acked_count)
{
    struct tacet_outbound_stats *video = &s->outbound[TACET_KIND_VIDEO].stats;
    uint16_t picture_id;

    if (part->u.feedback.media_ssrc != video->ssrc) {
        return false;
    }
    if (part->format == TACET_PSFB_RPSI && *acked_count < TACET_LONG_TERM_ACKED &&
        tacet_rtcp_read_rpsi(part->u.feedback.fci, part->u.feedback.fci_size, TACET_PT_VP8,
                             &picture_id) == 0) {
        acked[(*acked_count)++] = picture_id;
    }
    video->pli_count += part->format == TACET_PSFB_PLI ? 1 : 0;
    return part->format == TACET_PSFB_PLI;
}

/* A PLI says in its own packet what the receiver still has: nothing else is left to it. */
static void on_acks(struct tacet_rtp_session *s, bool pli, const uint16_t *acked, size_t count)
{
    if (pli) {
        s->refresh_wanted = true;
        tacet_recovery_clear_acks(&s->outbound[TACET_KIND_VIDEO].recovery);
    }
    for (size_t i = 0; i < count; i++) {
        tacet_recovery_on_ack(&s->outbound[TACET_KIND_VIDEO].recovery, acked[i]);
    }
}

static void on_sound_missed(struct tacet_rtp_session *s, const struct tacet_rtcp_part *part)
{
    struct tacet_outbound *audio = &s->outbound[TACET_KIND_AUDIO];
    uint16_t seqs[TACET_RED_BACK_MAX];
    size_t count =
        tacet_nack_read(part->u.feedback.fci, part->u.feedback.fci_size, seqs, TACET_RED_BACK_MAX);

    audio->stats.nack_count++;
    for (size_t i = 0; i < count && !s->sending.gives_way; i++) {
        tacet_outbound_repeat(audio, seqs[i]);
    }
}

enum tacet_drop tacet_rtcp_receive(struct tacet_rtp_session *s, int64_t now, const uint8_t *packet,
                                   size_t size)
{
    struct tacet_reader reader = tacet_reader(packet, size);
    struct tacet_rtcp_part part;
    struct tacet_outbound_stats *video = &s->outbound[TACET_KIND_VIDEO].stats;
    struct tacet_outbound *audio = &s->outbound[TACET_KIND_AUDIO];
    uint16_t acked[TACET_LONG_TERM_ACKED];
    size_t acked_count = 0;
    bool malformed = false;
    bool told = false;
    bool pli = false;
    int more;

    if (tacet_rtcp_check(packet, size) != 0) {
        return TACET_DROP_MALFORMED;
    }
    while ((more = tacet_rtcp_next(&reader, &part)) == 1) {
        switch (part.type) {
        case TACET_RTCP_SR:
        case TACET_RTCP_RR:
            on_report(s, now, &part);
            break;
        case TACET_RTCP_PSFB:
            pli |= on_psfb(s, &part, acked, &acked_count);
            break;
        case TACET_RTCP_RTPFB:
            if (part.format == TACET_RTPFB_CCFB) {
                /* One says all; each costs a look at everything that was sent. */
                malformed |= told || on_feedback(s, now, &part) != 0;
                told = true;
            }
            if (part.format == TACET_RTPFB_NACK &&
                part.u.feedback.media_ssrc == audio->stats.ssrc) {
                on_sound_missed(s, &part);
            }
            if (part.format == TACET_RTPFB_NACK && part.u.feedback.media_ssrc == video->ssrc) {
                video->nack_count++;
                s->wanted_count +=
                    tacet_nack_read(part.u.feedback.fci, part.u.feedback.fci_size,
                                    s->wanted + s->wanted_count, TACET_NACK_MAX - s->wanted_count);
            }
            break;
        case TACET_RTCP_SDES:
        case TACET_RTCP_BYE:
            break;
        }
    }
    on_acks(s, pli, acked, acked_count);
    return more < 0 || malformed ? TACET_DROP_MALFORMED : TACET_DROP_NONE;
}
