/* See rtp_session.h. */
#include "call/rtp_session.h"

#include "base/alloc.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

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
    s->reported = false;
    s->early_reports = 0;
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
    tacet_sending_begin(&s->sending, 0, pool, 0, 0, 0, NULL); /* and again once media may go */
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
