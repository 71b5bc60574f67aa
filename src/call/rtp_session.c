/* See rtp_session.h. */
#include "call/rtp_session.h"

#include "base/alloc.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define RESULTS_MIN 20 /* of packets, from which on the loss is believed */
/* NACK takes one in so many of the target's bits at most: a way that is full is not opened by
 * asking for what it has dropped. */
#define NACK_SHARE 4
#define NACK_OVERHEAD (TACET_SRTP_OVERHEAD_MAX + TACET_UDP_OVERHEAD)
/* How many packets acknowledge a new picture, beside every report: each may be lost. */
#define ACK_REPEATS 3

int tacet_rtp_session_create(struct tacet_rtp_session **ret)
{
    struct tacet_rtp_session *s = tacet_alloc(sizeof(*s));
    uint8_t *frame = tacet_alloc(TACET_FRAME_SIZE_MAX);
    struct tacet_history *history = tacet_alloc(sizeof(*history));
    struct tacet_fec_scratch *scratch = tacet_alloc(sizeof(*scratch));
    struct tacet_sent_log *sent_log = tacet_alloc(sizeof(*sent_log));

    if (s == NULL || frame == NULL || history == NULL || scratch == NULL || sent_log == NULL) {
        tacet_dealloc(s);
        tacet_dealloc(sent_log);
        tacet_dealloc(scratch);
        tacet_dealloc(frame);
        tacet_dealloc(history);
        return TACET_ERR_NOMEM;
    }
    s->frame = frame;
    s->history = history;
    s->scratch = scratch;
    s->sent_log = sent_log;
    *ret = s;
    return 0;
}

void tacet_rtp_session_free(struct tacet_rtp_session **session)
{
    if (session == NULL || *session == NULL) {
        return;
    }
    tacet_rtp_session_end(*session);
    tacet_dealloc((*session)->frame);
    tacet_dealloc((*session)->history);
    tacet_dealloc((*session)->scratch);
    tacet_dealloc((*session)->sent_log);
    tacet_dealloc(*session);
    *session = NULL;
}

/* RFC 7022 section 4.2: a random CNAME for the call, here in hexadecimal. */
static void draw_cname(struct tacet_rtp_session *s, const struct tacet_random *random)
{
    uint8_t bytes[TACET_CNAME_MAX / 2];

    random->fill(random->ctx, bytes, sizeof(bytes));
    (void)sodium_bin2hex(s->cname, sizeof(s->cname), bytes, sizeof(bytes));
}

void tacet_rtp_session_begin(struct tacet_rtp_session *s, const struct tacet_random *random,
                             const struct tacet_rekey *rekey, struct tacet_pool *pool)
{
    const uint32_t *out = rekey->ssrcs.of[tacet_rekey_direction(rekey, true)];
    const uint32_t *in = rekey->ssrcs.of[tacet_rekey_direction(rekey, false)];
    uint16_t start[TACET_KIND_COUNT + 3];

    assert(!s->used);
    _Static_assert((int)TACET_SSRC_AUDIO == (int)TACET_KIND_AUDIO, "one numbering");
    _Static_assert((int)TACET_SSRC_VIDEO == (int)TACET_KIND_VIDEO, "one numbering");
    random->fill(random->ctx, (uint8_t *)start, sizeof(start));
    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        tacet_outbound_init(&s->outbound[kind], (enum tacet_kind)kind, out[kind],
                            start[kind] & 0x7fff, start[TACET_KIND_COUNT]);
        s->remote[kind] = (struct tacet_remote_inbound_stats){ 0 };
        s->sent_since_report[kind] = false;
    }
    s->outbound[TACET_KIND_VIDEO].history = s->history;
    tacet_outbound_init(&s->rtx, TACET_KIND_VIDEO, out[TACET_SSRC_RTX],
                        start[TACET_KIND_COUNT + 1] & 0x7fff, 0);
    s->rtx.payload_type = TACET_PT_RTX;
    tacet_outbound_init(&s->fec, TACET_KIND_VIDEO, out[TACET_SSRC_FEC],
                        start[TACET_KIND_COUNT + 2] & 0x7fff, 0);
    s->fec.payload_type = TACET_PT_VIDEO_FEC;
    s->early = (struct tacet_queue){ .pool = pool };
    s->wanted_count = 0;
    memset(s->ask_from_us, 0, sizeof(s->ask_from_us));
    tacet_inbound_init(&s->inbound, in, pool, s->frame, s->scratch);
    draw_cname(s, random);
    _Static_assert((int)TACET_FEEDBACK_STREAMS == (int)TACET_SSRC_KIND_COUNT, "one numbering");
    tacet_feedback_init(&s->feedback, in);
    tacet_sent_log_init(s->sent_log, out);
    s->loss = (struct tacet_loss){ 0 };
    s->audio_loss = (struct tacet_loss){ 0 };
    memset(s->told, 0, sizeof(s->told));
    s->acked_times = 0;
    tacet_sending_begin(&s->sending, 0, pool, 0, 0, 0, 0); /* and again once media may go */
    s->padded = 0;
    s->refresh_wanted = false;
    s->resend_from = 0;
    s->target_changed = false;
    s->repair = (struct tacet_repair){ 0 };
    s->results = 0;
    s->used = true;
}

void tacet_rtp_session_end(struct tacet_rtp_session *s)
{
    uint8_t *frame = s->frame;
    struct tacet_history *history = s->history;
    struct tacet_fec_scratch *scratch = s->scratch;
    struct tacet_sent_log *sent_log = s->sent_log;

    if (!s->used) {
        return;
    }
    tacet_inbound_reset(&s->inbound);
    tacet_sending_end(&s->sending);
    tacet_queue_empty(&s->early);
    tacet_pool_wipe(s->inbound.assembly.pool); /* they held what was said and shown */
    sodium_memzero(frame, TACET_FRAME_SIZE_MAX);
    sodium_memzero(history, sizeof(*history));
    sodium_memzero(scratch, sizeof(*scratch));
    sodium_memzero(s, sizeof(*s));
    s->frame = frame;
    s->history = history;
    s->scratch = scratch;
    s->sent_log = sent_log;
}

void tacet_rtp_session_repeat_sound(struct tacet_rtp_session *s)
{
    s->outbound[TACET_KIND_AUDIO].red_plan = *tacet_repair_red(
        &s->repair, tacet_loss_burst_q8(&s->audio_loss), s->sending.audio_plan.depth);
}

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

size_t tacet_rtp_session_report(struct tacet_rtp_session *s, int64_t now, bool pli, uint8_t *out,
                                size_t capacity)
{
    struct tacet_writer w = tacet_writer(out, capacity);
    struct tacet_rtcp_part part = { .type = TACET_RTCP_RR };
    uint32_t ssrc = s->outbound[TACET_KIND_AUDIO].stats.ssrc;
    size_t blocks = 0;
    bool written = false;

    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        if (tacet_reception_report(&s->inbound.reception[kind], now,
                                   &part.u.report.blocks[blocks])) {
            blocks++;
        }
    }
    part.ssrc = ssrc;
    part.u.report.block_count = blocks;
    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        if (s->sent_since_report[kind]) {
            s->sent_since_report[kind] = false;
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

size_t tacet_rtp_session_nack(struct tacet_rtp_session *s, int64_t now, int64_t round_trip_us,
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

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

int64_t tacet_rtp_session_nack_timeout(const struct tacet_rtp_session *s)
{
    int64_t at = later(tacet_nack_timeout(&s->inbound.nack), s->ask_from_us[TACET_KIND_VIDEO]);
    int64_t sound_at =
        later(tacet_audio_nack_timeout(&s->inbound.audio_nack), s->ask_from_us[TACET_KIND_AUDIO]);

    return at < sound_at ? at : sound_at;
}

void tacet_rtp_session_on_sent(struct tacet_rtp_session *s, int64_t now,
                               const struct tacet_buffer *packet)
{
    struct tacet_reader r = tacet_reader(packet->data, packet->size);

    /* Encryption leaves the header as it is (RFC 3711 section 3.1). */
    tacet_read_skip(&r, 2);
    uint16_t seq = tacet_read_u16(&r);
    tacet_read_skip(&r, 4);
    uint32_t ssrc = tacet_read_u32(&r);
    assert(!r.failed);
    /* One left over from a call before is nobody's. */
    (void)tacet_sent_log_on_sent(s->sent_log, now, ssrc, seq, packet->size, packet->probe);
}

size_t tacet_rtp_session_feedback(struct tacet_rtp_session *s, int64_t now, uint8_t *out,
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

enum tacet_drop tacet_rtp_session_on_rtcp(struct tacet_rtp_session *s, int64_t now,
                                          const uint8_t *packet, size_t size)
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
