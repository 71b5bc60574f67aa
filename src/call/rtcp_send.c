/*
 * See rtcp_send.h. Whatever can get lost is told more than once: what is held by every report and
 * by some packets more, what is missing by asking again.
 */
#include "call/rtcp_send.h"

#include "base/range.h"
#include "call/rtp_session.h"

#include <assert.h>

/* NACK takes one in so many of the target's bits at most: a way that is full is not opened by
 * asking for what it has dropped. */
#define NACK_SHARE 4
#define NACK_OVERHEAD (TACET_SRTP_OVERHEAD_MAX + TACET_UDP_OVERHEAD)
/* How many packets acknowledge a new picture, beside every report: each may be lost. */
#define ACK_REPEATS 3

static void fill_sender(const struct tacet_outbound *out, int64_t now, struct tacet_rtcp_part *part)
{
    int64_t rate = out->kind == TACET_KIND_AUDIO ? 48000 : 90000;
    int64_t since = now - out->last_captured_at_us;

    part->type = TACET_RTCP_SR;
    part->ssrc = out->stats.ssrc;
    part->u.report.ntp = tacet_ntp(now);
    /* RFC 3550 section 6.4.1: the timestamp that a sample captured now would have. */
    part->u.report.rtp_timestamp = out->last_timestamp + (uint32_t)(since * rate / 1000000);
    part->u.report.packet_count = (uint32_t)out->stats.packets_sent;
    part->u.report.octet_count = (uint32_t)out->stats.bytes_sent;
}

static void write_ack(const struct tacet_rtp_session *s, struct tacet_writer *w,
                      uint16_t picture_id)
{
    tacet_rtcp_write_rpsi(w, s->outbound[TACET_KIND_AUDIO].stats.ssrc,
                          s->inbound.stats[TACET_KIND_VIDEO].ssrc, TACET_PT_VP8, picture_id);
}

/* All that the decoder has and frames can be predicted from, whatever else is lost. */
static void write_acks(const struct tacet_rtp_session *s, struct tacet_writer *w)
{
    uint16_t held[TACET_LONG_TERM_ACKED];
    size_t count = tacet_decoded_long_term(&s->inbound.assembly.decoded, held);

    for (size_t i = 0; i < count; i++) {
        write_ack(s, w, held[i]);
    }
}

/* The newest of them, while what the peer was told of it may have been lost. */
static void write_new_ack(struct tacet_rtp_session *s, struct tacet_writer *w)
{
    uint16_t held[TACET_LONG_TERM_ACKED];

    if (tacet_decoded_long_term(&s->inbound.assembly.decoded, held) == 0) {
        return;
    }
    if (held[0] != s->acked) {
        s->acked = held[0];
        s->acked_times = 0;
    }
    if (s->acked_times < ACK_REPEATS) {
        s->acked_times++;
        write_ack(s, w, held[0]);
    }
}

size_t tacet_rtcp_send_report(struct tacet_rtp_session *s, int64_t now, bool pli, uint8_t *out,
                              size_t capacity)
{
    struct tacet_writer w = tacet_writer(out, capacity);
    struct tacet_rtcp_part part = { .type = TACET_RTCP_RR };
    uint32_t ssrc = s->outbound[TACET_KIND_AUDIO].stats.ssrc;
    size_t blocks = 0;
    bool written = false;

    /* The fate of the first few packets says nothing about the way. */
    for (int kind = 0; kind < TACET_KIND_COUNT && (s->early_reports == 0 || pli); kind++) {
        if (tacet_reception_report(&s->inbound.reception[kind], now,
                                   &part.u.report.blocks[blocks])) {
            blocks++;
        }
    }
    part.ssrc = ssrc;
    part.u.report.block_count = blocks;
    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        if (s->sent_since_report[kind]) {
            s->sent_since_report[kind] = s->early_reports > 1; /* the next one repeats it */
            fill_sender(&s->outbound[kind], now, &part);
            tacet_rtcp_write_report(&w, &part);
            part.u.report.block_count = 0; /* the blocks go out once */
            written = true;
        }
    }
    if (!written) {
        tacet_rtcp_write_report(&w, &part);
    }
    tacet_rtcp_write_sdes(&w, ssrc, s->cname);
    write_acks(s, &w);
    if (pli) {
        tacet_rtcp_write_pli(&w, ssrc, s->inbound.stats[TACET_KIND_VIDEO].ssrc);
        s->inbound.stats[TACET_KIND_VIDEO].pli_count++;
    }
    assert(!w.failed);
    return w.at;
}

static void write_nack(struct tacet_rtp_session *s, struct tacet_writer *w, enum tacet_kind kind,
                       const uint16_t *seqs, size_t count)
{
    if (count > 0) {
        tacet_rtcp_write_nack(w, s->outbound[TACET_KIND_AUDIO].stats.ssrc,
                              s->inbound.stats[kind].ssrc, seqs, count);
        s->inbound.stats[kind].nack_count++;
    }
}

/* Who has asked in so many bytes does so again only when their time is over. */
static void put_off(struct tacet_rtp_session *s, int64_t now, enum tacet_kind kind, size_t bytes)
{
    int64_t *from_us = &s->ask_from_us[kind];

    *from_us = *from_us > now ? *from_us : now;
    *from_us += (int64_t)bytes * 8 * TACET_S(1) * NACK_SHARE / tacet_bwe_target(&s->sending.bwe);
}

size_t tacet_rtcp_send_nack(struct tacet_rtp_session *s, int64_t now, int64_t round_trip_us,
                            uint8_t *out, size_t capacity)
{
    struct tacet_writer w = tacet_writer(out, capacity);
    uint16_t seqs[TACET_NACK_MAX];
    uint16_t sound[TACET_RED_BACK_MAX];
    size_t count = 0;
    size_t sounds = 0;

    if (now >= s->ask_from_us[TACET_KIND_VIDEO]) {
        count = tacet_inbound_missing(&s->inbound, now, round_trip_us,
                                      tacet_loss_permille(&s->loss), seqs, TACET_NACK_MAX);
    }
    if (now >= s->ask_from_us[TACET_KIND_AUDIO]) {
        sounds = tacet_audio_nack_due(&s->inbound.audio_nack, now, round_trip_us, sound);
    }
    if (count + sounds == 0) {
        return 0;
    }
    write_nack(s, &w, TACET_KIND_AUDIO, sound, sounds);
    if (sounds > 0) {
        put_off(s, now, TACET_KIND_AUDIO, w.at + NACK_OVERHEAD);
    }
    write_nack(s, &w, TACET_KIND_VIDEO, seqs, count);
    if (count > 0) {
        write_new_ack(s, &w);
    }
    put_off(s, now, TACET_KIND_VIDEO, w.at + NACK_OVERHEAD);
    assert(!w.failed);
    return w.at;
}

int64_t tacet_rtcp_send_nack_timeout(const struct tacet_rtp_session *s)
{
    int64_t at = tacet_most(tacet_nack_timeout(&s->inbound.nack), s->ask_from_us[TACET_KIND_VIDEO]);
    int64_t sound_at = tacet_most(tacet_audio_nack_timeout(&s->inbound.audio_nack),
                                  s->ask_from_us[TACET_KIND_AUDIO]);

    return at < sound_at ? at : sound_at;
}

size_t tacet_rtcp_send_feedback(struct tacet_rtp_session *s, int64_t now, uint8_t *out,
                                size_t capacity)
{
    struct tacet_writer w = tacet_writer(out, capacity);

    /* The report goes the way of what is sent, so it is lost as often. */
    tacet_feedback_write(&s->feedback, now, tacet_loss_permille(&s->loss),
                         s->outbound[TACET_KIND_AUDIO].stats.ssrc, &w);
    if (w.at > 0) {
        write_new_ack(s, &w);
    }
    assert(!w.failed);
    return w.at;
}
