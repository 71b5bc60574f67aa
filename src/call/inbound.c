/* See inbound.h. Deciding about repair is not its business: it says what it has and what it lacks.
 */
#include "call/inbound.h"

#include "base/bytes.h"
#include "rtp/payload_vp8.h"
#include "rtp/red.h"

#include <assert.h>
#include <string.h>

/* How long a hole in the video is waited for: about the spread of a reordering network, and time
 * for some retransmissions, each of which may be lost like the packet was; but not so long that
 * asking for a key frame would have cost less. Counted from the last packet of the picture, for one
 * that is still being sent is not given up. The first try is always waited for. */
#define PATIENCE_MIN_US TACET_MS(60)
#define PATIENCE_MAX_US TACET_MS(500)
#define PATIENCE_TRIES 4
/* Above a round trip: by then a packet that was asked for has come, or is lost again. */
#define ASK_MARGIN_US TACET_MS(40)
/* A silence of the way: so long, and so much that is missing behind it. */
#define AFRESH_AFTER_US PATIENCE_MAX_US
#define AFRESH_PACKETS 8
/* Repairs follow their frame within a third of the time to the next: a hole is asked for when they
 * had time to come. */
#define FEC_DELAY_US TACET_MS(12)
/* A loss that repairs promise to make good is not asked for so long; looked at in such steps. */
#define PROMISE_US TACET_MS(50)
#define PROMISE_STEP_US TACET_MS(8)
#define OSN_SIZE 2 /* RFC 4588 section 4: the original sequence number, before the payload */

void tacet_inbound_init(struct tacet_inbound *in, const uint32_t ssrcs[TACET_SSRC_KIND_COUNT],
                        struct tacet_pool *pool, uint8_t *frame, struct tacet_fec_scratch *scratch)
{
    memset(in, 0, sizeof(*in));
    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        in->stats[kind].ssrc = ssrcs[kind];
    }
    tacet_reception_init(&in->reception[TACET_KIND_AUDIO], ssrcs[TACET_KIND_AUDIO], 48000);
    tacet_reception_init(&in->reception[TACET_KIND_VIDEO], ssrcs[TACET_KIND_VIDEO], 90000);
    in->rtx_ssrc = ssrcs[TACET_SSRC_RTX];
    in->fec_ssrc = ssrcs[TACET_SSRC_FEC];
    in->scratch = scratch;
    in->patience_us = PATIENCE_MAX_US; /* nothing is known of the way */
    in->ask_after_us = PATIENCE_MIN_US;
    tacet_assembly_init(&in->assembly, pool, frame);
}

void tacet_inbound_reset(struct tacet_inbound *in)
{
    tacet_assembly_reset(&in->assembly);
}

/* Whether this frame has been taken before; remembers it. */
static bool heard_before(struct tacet_inbound *in, uint32_t timestamp)
{
    size_t known =
        in->heard_count < TACET_AUDIO_FRAMES_MAX ? in->heard_count : TACET_AUDIO_FRAMES_MAX;

    for (size_t i = 0; i < known; i++) {
        if (in->heard[i] == timestamp) {
            return true;
        }
    }
    in->heard[in->heard_count++ % TACET_AUDIO_FRAMES_MAX] = timestamp;
    return false;
}

static void put_audio(struct tacet_inbound *in, uint32_t timestamp, const uint8_t *data,
                      size_t size, int64_t now)
{
    if (heard_before(in, timestamp)) {
        return;
    }
    tacet_audio_nack_on_sound(&in->audio_nack, now, timestamp);
    if (in->audio_count == TACET_AUDIO_FRAMES_MAX) {
        in->audio_first = (in->audio_first + 1) % TACET_AUDIO_FRAMES_MAX;
        in->audio_count--;
        in->stats[TACET_KIND_AUDIO].frames_discarded++;
    }
    struct tacet_inbound_audio *slot =
        &in->audio[(in->audio_first + in->audio_count) % TACET_AUDIO_FRAMES_MAX];
    slot->timestamp = timestamp;
    slot->received_at_us = now;
    slot->size = size;
    memcpy(slot->data, data, size);
    in->audio_count++;
}

static enum tacet_drop put_audio_packet(struct tacet_inbound *in, const struct tacet_rtp *rtp,
                                        int64_t now)
{
    struct tacet_red_block blocks[TACET_RED_DEPTH_MAX + 1] = {
        { .timestamp = rtp->timestamp, .data = rtp->payload, .size = rtp->payload_size },
    };
    int count = 1;

    if (rtp->payload_type == TACET_PT_RED) {
        count =
            tacet_red_read(TACET_PT_OPUS, rtp->timestamp, rtp->payload, rtp->payload_size, blocks);
    }
    if (count < 1) {
        return TACET_DROP_MALFORMED;
    }
    for (int i = 0; i < count; i++) {
        if (blocks[i].size == 0 || blocks[i].size > TACET_AUDIO_FRAME_SIZE_MAX) {
            return TACET_DROP_MALFORMED;
        }
    }
    for (int i = 0; i < count; i++) {
        put_audio(in, blocks[i].timestamp, blocks[i].data, blocks[i].size, now);
    }
    return TACET_DROP_NONE;
}

/* The payload types that a kind's stream may carry. */
static bool type_expected(enum tacet_kind kind, uint8_t type)
{
    return kind == TACET_KIND_AUDIO ? type == TACET_PT_OPUS || type == TACET_PT_RED
                                    : type == TACET_PT_VP8;
}

/* The 64-bit number of a video packet, near those that came. */
static int64_t unwrap(const struct tacet_inbound *in, uint16_t seq)
{
    return in->nack.highest + (int16_t)(uint16_t)(seq - (uint16_t)in->nack.highest);
}

static bool begins_key_frame(const uint8_t *payload, size_t size)
{
    struct tacet_vp8_descriptor d;
    size_t at;

    return tacet_vp8_descriptor_parse(payload, size, &d, &at) == 0 &&
           tacet_vp8_begins_key_frame(&d, payload + at);
}

/* A stream begins with a key frame: where the first that is known of it is anything else, one
 * before that is missing. Repairs tell of more at a time, where there are any. */
static void look_before(struct tacet_inbound *in, int64_t now, int64_t seq, const uint8_t *payload,
                        size_t size)
{
    if (in->stats[TACET_KIND_VIDEO].key_frames_received == 0 && seq == in->nack.lowest &&
        !begins_key_frame(payload, size)) {
        tacet_nack_begin(&in->nack, now, seq - 1);
    }
}

/* A video packet has come, by whatever way. Returns whether repairs waited for it. */
static bool tell(struct tacet_inbound *in, int64_t now, int64_t seq, uint32_t timestamp,
                 bool marker, const uint8_t *payload, size_t size)
{
    struct tacet_fec_source source = { timestamp, marker, payload, size };

    tacet_nack_on_packet(&in->nack, now, seq);
    look_before(in, now, seq, payload, size);
    return tacet_fec_on_source(&in->fec, seq, &source);
}

/* A packet that the erasure correction gave back, as if it had come now. */
static void fec_found(void *ctx, int64_t seq, const struct tacet_fec_source *source)
{
    struct tacet_inbound *in = ctx;
    struct tacet_buffer *buffer = tacet_pool_copy(in->assembly.pool, source->payload, source->size);

    if (buffer == NULL) {
        return;
    }
    buffer->at_us = in->now_us;
    in->stats[TACET_KIND_VIDEO].fec_packets_recovered++;
    (void)tell(in, in->now_us, seq, source->timestamp, source->marker, buffer->data, buffer->size);
    (void)tacet_assembly_put(&in->assembly, (uint16_t)seq, source->timestamp, source->marker,
                             buffer);
}

static void recover(struct tacet_inbound *in, int64_t now)
{
    in->now_us = now;
    (void)tacet_fec_recover(&in->fec, in->scratch, fec_found, in);
}

/* The payload, from `skip` bytes on, of the video packet with that number. The buffer is taken. */
static enum tacet_drop take_video(struct tacet_inbound *in, int64_t now, int64_t seq,
                                  const struct tacet_rtp *rtp, size_t skip,
                                  struct tacet_buffer *buffer)
{
    buffer->data += rtp->payload + skip - buffer->data;
    buffer->size = rtp->payload_size - skip;
    buffer->at_us = now;
    bool awaited = tell(in, now, seq, rtp->timestamp, rtp->marker, buffer->data, buffer->size);
    enum tacet_drop drop =
        tacet_assembly_put(&in->assembly, (uint16_t)seq, rtp->timestamp, rtp->marker, buffer);
    if (awaited) {
        recover(in, now);
    }
    return drop;
}

/* Nothing of a time so long ago is worth asking for: a new picture is, and at once. */
static void begin_afresh(struct tacet_inbound *in, int64_t now, int64_t seq)
{
    const struct tacet_inbound_stats *stats = &in->stats[TACET_KIND_VIDEO];

    if (stats->packets_received > 0 && now - stats->last_packet_received_us > AFRESH_AFTER_US &&
        seq > in->nack.highest + AFRESH_PACKETS) {
        tacet_nack_skip(&in->nack, seq);
        tacet_assembly_require_refresh(&in->assembly);
    }
}

enum tacet_drop tacet_inbound_put(struct tacet_inbound *in, int64_t now, enum tacet_kind kind,
                                  uint64_t index, struct tacet_buffer *buffer)
{
    struct tacet_inbound_stats *stats = &in->stats[kind];
    struct tacet_pool *pool = in->assembly.pool;
    struct tacet_rtp rtp;
    enum tacet_drop drop;

    if (tacet_rtp_parse(buffer->data, buffer->size, &rtp) != 0 ||
        !type_expected(kind, rtp.payload_type)) {
        tacet_pool_put(pool, buffer);
        return TACET_DROP_MALFORMED;
    }
    if (kind == TACET_KIND_VIDEO) {
        begin_afresh(in, now, (int64_t)index);
    }
    tacet_reception_on_packet(&in->reception[kind], now, index, rtp.timestamp);
    stats->packets_received++;
    stats->bytes_received += rtp.payload_size;
    stats->header_bytes_received += buffer->size - rtp.payload_size;
    stats->last_packet_received_us = now;
    if (kind == TACET_KIND_AUDIO) {
        tacet_audio_nack_on_packet(&in->audio_nack, now, (int64_t)index, rtp.timestamp);
        drop = put_audio_packet(in, &rtp, now);
        tacet_pool_put(pool, buffer);
        return drop;
    }
    return take_video(in, now, (int64_t)index, &rtp, 0, buffer);
}

enum tacet_drop tacet_inbound_put_rtx(struct tacet_inbound *in, int64_t now,
                                      struct tacet_buffer *buffer)
{
    struct tacet_rtp rtp;

    if (tacet_rtp_parse(buffer->data, buffer->size, &rtp) != 0 ||
        rtp.payload_type != TACET_PT_RTX || rtp.payload_size <= OSN_SIZE || !in->nack.started) {
        tacet_pool_put(in->assembly.pool, buffer);
        return TACET_DROP_MALFORMED;
    }
    struct tacet_reader r = tacet_reader(rtp.payload, rtp.payload_size);
    int64_t at = unwrap(in, tacet_read_u16(&r));
    if (at > in->nack.highest) {
        tacet_pool_put(in->assembly.pool, buffer);
        return TACET_DROP_MALFORMED; /* nobody asked for what has not been sent yet */
    }
    if (tacet_fec_knows(&in->fec, at)) {
        /* The second answer to a question, or what a probe is filled with: nothing was lost. */
        tacet_pool_put(in->assembly.pool, buffer);
        return TACET_DROP_NONE;
    }
    in->stats[TACET_KIND_VIDEO].retransmitted_packets_received++;
    return take_video(in, now, at, &rtp, OSN_SIZE, buffer);
}

enum tacet_drop tacet_inbound_put_fec(struct tacet_inbound *in, int64_t now,
                                      struct tacet_buffer *buffer)
{
    struct tacet_fec_header header;
    struct tacet_rtp rtp;
    enum tacet_drop drop = TACET_DROP_MALFORMED;

    if (tacet_rtp_parse(buffer->data, buffer->size, &rtp) != 0 ||
        rtp.payload_type != TACET_PT_VIDEO_FEC ||
        tacet_fec_header_read(rtp.payload, rtp.payload_size, &header) != 0) {
        goto out;
    }
    drop = TACET_DROP_NONE;
    in->stats[TACET_KIND_VIDEO].fec_packets_received++;
    in->nack.delay_us = FEC_DELAY_US;
    /* Numbers begin below 2^15, so that the first ones are as they are (protocol.md section 8). */
    int64_t base = in->nack.started ? unwrap(in, header.base) : header.base;
    if (in->stats[TACET_KIND_VIDEO].key_frames_received == 0) {
        tacet_nack_begin(&in->nack, now, base);
    }
    tacet_nack_expect(&in->nack, now, base + header.k - 1);
    if (tacet_fec_on_repair(&in->fec, base, &header, rtp.seq, rtp.payload + TACET_FEC_HEADER_SIZE,
                            rtp.payload_size - TACET_FEC_HEADER_SIZE)) {
        recover(in, now);
    }
out:
    tacet_pool_put(in->assembly.pool, buffer);
    return drop;
}

/* What repairs promise is not asked for, unless they have had the time to keep it. */
static void postpone_promised(struct tacet_inbound *in, int64_t now)
{
    for (size_t i = 0; i < in->nack.count; i++) {
        const struct tacet_nack_entry *e = &in->nack.missing[i];
        if (e->ask_at_us <= now && now - e->missing_since_us < PROMISE_US &&
            tacet_fec_promised(&in->fec, e->seq)) {
            tacet_nack_postpone(&in->nack, e->seq, now + PROMISE_STEP_US);
        }
    }
}

size_t tacet_inbound_missing(struct tacet_inbound *in, int64_t now, int64_t round_trip_us,
                             int32_t loss_there_permille, uint16_t *out, size_t capacity)
{
    int64_t patience_us = PATIENCE_MIN_US + PATIENCE_TRIES * round_trip_us;
    int64_t first_try_us = PATIENCE_MIN_US + round_trip_us + ASK_MARGIN_US;
    int64_t most_us = first_try_us > PATIENCE_MAX_US ? first_try_us : PATIENCE_MAX_US;

    in->patience_us = patience_us < most_us ? patience_us : most_us;
    struct tacet_nack_pace pace = {
        .round_trip_us = round_trip_us,
        .patience_us = in->patience_us,
        .kept_us = in->assembly.hole_since_us == INT64_MAX ? 0 : in->assembly.hole_since_us,
        .copies = tacet_nack_copies(
            loss_there_permille, tacet_reception_loss_permille(&in->reception[TACET_KIND_VIDEO])),
    };
    in->ask_after_us = in->nack.delay_us + round_trip_us + ASK_MARGIN_US;
    postpone_promised(in, now);
    return tacet_nack_due(&in->nack, now, &pace, out, capacity);
}

static void tell_capture(const struct tacet_inbound *in, struct tacet_frame *frame)
{
    frame->capture_known = tacet_reception_captured_at(
        &in->reception[frame->kind], frame->rtp_timestamp, &frame->captured_at_us);
}

int tacet_inbound_get(struct tacet_inbound *in, int64_t now, struct tacet_frame *ret)
{
    if (in->audio_count > 0) {
        in->polled = in->audio[in->audio_first];
        in->audio_first = (in->audio_first + 1) % TACET_AUDIO_FRAMES_MAX;
        in->audio_count--;
        in->stats[TACET_KIND_AUDIO].frames_received++;
        *ret = (struct tacet_frame){
            .kind = TACET_KIND_AUDIO,
            .rtp_timestamp = in->polled.timestamp,
            .received_at_us = in->polled.received_at_us,
            .data = in->polled.data,
            .size = in->polled.size,
        };
        tell_capture(in, ret);
        return 1;
    }
    if (tacet_assembly_get(&in->assembly, now, in->patience_us, ret) == 0) {
        return 0;
    }
    in->stats[TACET_KIND_VIDEO].frames_received++;
    in->stats[TACET_KIND_VIDEO].key_frames_received += ret->key ? 1 : 0;
    tell_capture(in, ret);
    return 1;
}

int64_t tacet_inbound_timeout(const struct tacet_inbound *in)
{
    return tacet_assembly_timeout(&in->assembly, in->patience_us);
}

void tacet_inbound_playout(struct tacet_inbound *in, enum tacet_kind kind,
                           const struct tacet_playout_report *report)
{
    if (kind == TACET_KIND_VIDEO && report->frames_failed > in->stats[kind].playout.frames_failed) {
        tacet_assembly_require_key(&in->assembly);
    }
    in->stats[kind].playout = *report;
}

int64_t tacet_inbound_refresh_at(const struct tacet_inbound *in)
{
    const struct tacet_assembly *a = &in->assembly;

    if (in->stats[TACET_KIND_VIDEO].packets_received == 0) {
        return INT64_MAX; /* the stream has not begun: its first frame is a key frame */
    }
    if (a->wants_refresh) {
        return 0;
    }
    return a->hole_since_us == INT64_MAX || a->bridge_at_us != INT64_MAX
               ? INT64_MAX
               : a->hole_since_us + in->ask_after_us;
}
