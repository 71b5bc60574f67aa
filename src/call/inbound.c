/* See inbound.h. Deciding about repair is not its business: it says what it has and what it lacks.
 */
#include "call/inbound.h"

#include "base/bytes.h"
#include "rtp/red.h"

#include <assert.h>
#include <string.h>

/* How long a hole in the video is waited for: about the spread of a reordering network, and time
 * for some retransmissions, each of which may be lost like the packet was; but not so long that
 * asking for a key frame would have cost less. */
#define PATIENCE_MIN_US TACET_MS(60)
#define PATIENCE_MAX_US TACET_MS(500)
#define PATIENCE_TRIES 4
/* Repairs follow their frame: a hole is asked for when they had time to come. */
#define FEC_DELAY_US TACET_MS(10)

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
    in->patience_us = PATIENCE_MIN_US;
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

static bool fec_source(void *ctx, int64_t seq, const uint8_t **ret_payload, size_t *ret_size)
{
    const struct tacet_inbound *in = ctx;

    return tacet_assembly_payload(&in->assembly, seq, ret_payload, ret_size);
}

/* A packet that the erasure correction gave back, as if it had come now. */
static void fec_found(void *ctx, int64_t seq, uint32_t timestamp, bool marker,
                      const uint8_t *payload, size_t size)
{
    struct tacet_inbound *in = ctx;
    struct tacet_buffer *buffer = tacet_pool_get(in->assembly.pool);

    if (buffer == NULL) {
        return;
    }
    memcpy(buffer->data, payload, size);
    buffer->size = size;
    buffer->at_us = in->now_us;
    in->stats[TACET_KIND_VIDEO].fec_packets_recovered++;
    if (in->nack.started) {
        int16_t away = (int16_t)(uint16_t)((uint16_t)seq - (uint16_t)in->nack.highest);
        tacet_nack_on_packet(&in->nack, in->now_us, in->nack.highest + away);
    }
    (void)tacet_assembly_put(&in->assembly, (uint16_t)seq, timestamp, marker, buffer);
}

static void recover(struct tacet_inbound *in, int64_t now, struct tacet_fec_block *block)
{
    in->now_us = now;
    if (in->assembly.started && block->base < in->assembly.next_seq) {
        block->used = false; /* its frame has been handed out or given up */
        return;
    }
    (void)tacet_fec_recover(block, in->scratch, fec_source, fec_found, in);
}

/* A packet of a block came: perhaps it was the one that was lacking. */
static void recover_around(struct tacet_inbound *in, int64_t now, uint16_t seq)
{
    int64_t at = tacet_unwrap_seq_peek(&in->assembly.unwrap, seq);

    for (size_t i = 0; i < TACET_FEC_BLOCKS; i++) {
        struct tacet_fec_block *block = &in->blocks[i];
        if (block->used && at >= block->base && at < block->base + block->header.k) {
            recover(in, now, block);
        }
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
    tacet_reception_on_packet(&in->reception[kind], now, index, rtp.timestamp);
    stats->packets_received++;
    stats->bytes_received += rtp.payload_size;
    stats->header_bytes_received += buffer->size - rtp.payload_size;
    stats->last_packet_received_us = now;
    if (kind == TACET_KIND_AUDIO) {
        drop = put_audio_packet(in, &rtp, now);
        tacet_pool_put(pool, buffer);
        return drop;
    }
    buffer->size = rtp.payload_size;
    buffer->data += rtp.payload - buffer->data;
    buffer->at_us = now;
    tacet_nack_on_packet(&in->nack, now, (int64_t)index);
    drop = tacet_assembly_put(&in->assembly, rtp.seq, rtp.timestamp, rtp.marker, buffer);
    recover_around(in, now, rtp.seq);
    return drop;
}

enum tacet_drop tacet_inbound_put_rtx(struct tacet_inbound *in, int64_t now,
                                      struct tacet_buffer *buffer)
{
    struct tacet_rtp rtp;

    if (tacet_rtp_parse(buffer->data, buffer->size, &rtp) != 0 ||
        rtp.payload_type != TACET_PT_RTX || rtp.payload_size <= 2 || !in->nack.started) {
        tacet_pool_put(in->assembly.pool, buffer);
        return TACET_DROP_MALFORMED;
    }
    /* RFC 4588 section 4: the original sequence number, then the original payload. */
    struct tacet_reader r = tacet_reader(rtp.payload, rtp.payload_size);
    uint16_t seq = tacet_read_u16(&r);
    int16_t back = (int16_t)(uint16_t)(seq - (uint16_t)in->nack.highest);
    if (back > 0) {
        tacet_pool_put(in->assembly.pool, buffer);
        return TACET_DROP_MALFORMED; /* nobody asked for what has not been sent yet */
    }
    tacet_nack_on_packet(&in->nack, now, in->nack.highest + back);
    in->stats[TACET_KIND_VIDEO].retransmitted_packets_received++;
    buffer->data += rtp.payload + 2 - buffer->data;
    buffer->size = rtp.payload_size - 2;
    buffer->at_us = now;
    enum tacet_drop drop =
        tacet_assembly_put(&in->assembly, seq, rtp.timestamp, rtp.marker, buffer);
    recover_around(in, now, seq);
    return drop;
}

static struct tacet_fec_block *find_block(struct tacet_inbound *in, int64_t base)
{
    for (size_t i = 0; i < TACET_FEC_BLOCKS; i++) {
        if (in->blocks[i].used && in->blocks[i].base == base) {
            return &in->blocks[i];
        }
    }
    return NULL;
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
    in->stats[TACET_KIND_VIDEO].fec_packets_received++;
    in->nack.delay_us = FEC_DELAY_US;
    drop = TACET_DROP_NONE;
    int64_t base = tacet_unwrap_seq_peek(&in->assembly.unwrap, header.base);
    if (in->assembly.started && base + header.k <= in->assembly.next_seq) {
        goto out; /* all of it has been handed out: nothing is missing */
    }
    struct tacet_fec_block *block = find_block(in, base);
    if (block == NULL) {
        block = &in->blocks[in->next_block];
        in->next_block = (in->next_block + 1) % TACET_FEC_BLOCKS;
        block->used = true;
        block->base = base;
        block->timestamp = rtp.timestamp;
        block->have = 0;
    }
    if (tacet_fec_add(block, &header, rtp.payload + TACET_FEC_HEADER_SIZE,
                      rtp.payload_size - TACET_FEC_HEADER_SIZE) != 0) {
        drop = TACET_DROP_MALFORMED;
        goto out;
    }
    recover(in, now, block);
out:
    tacet_pool_put(in->assembly.pool, buffer);
    return drop;
}

size_t tacet_inbound_missing(struct tacet_inbound *in, int64_t now, int64_t round_trip_us,
                             uint16_t *out, size_t capacity)
{
    int64_t patience_us = PATIENCE_MIN_US + PATIENCE_TRIES * round_trip_us;

    in->patience_us = patience_us < PATIENCE_MAX_US ? patience_us : PATIENCE_MAX_US;
    return tacet_nack_due(&in->nack, now, round_trip_us, in->patience_us, out, capacity);
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

bool tacet_inbound_wants_key(const struct tacet_inbound *in)
{
    /* Nothing is asked for before the stream has begun: its first frame is a key frame. */
    return in->assembly.wants_key && in->stats[TACET_KIND_VIDEO].packets_received > 0;
}
