/*
 * See outbound.h. A picture goes out whole or not at all: half of one costs as much and shows
 * nothing.
 */
#include "call/outbound.h"

#include "base/bytes.h"
#include "base/limits.h"
#include "rtp/header.h"
#include "rtp/payload_vp8.h"
#include "tacet/error.h"
#include "tacet/transport.h"

#include <assert.h>
#include <string.h>

_Static_assert(TACET_RTP_HEADER_SIZE + TACET_FEC_HEADER_SIZE + TACET_FEC_SYMBOL_MAX + 17 <=
                   TACET_DATAGRAM_MAX,
               "a repair with the larger SRTP overhead is one datagram");

void tacet_outbound_init(struct tacet_outbound *out, enum tacet_kind kind, uint32_t ssrc,
                         uint16_t seq, uint16_t picture_id)
{
    assert(seq < 0x8000);
    *out = (struct tacet_outbound){
        .kind = kind,
        .payload_type = kind == TACET_KIND_AUDIO ? TACET_PT_OPUS : TACET_PT_VP8,
        .next_index = seq,
        .picture_id = picture_id & 0x7fff,
        .payload_most = TACET_FEC_PAYLOAD_MAX,
        .stats.ssrc = ssrc,
    };
}

/* The payload stands behind the header's room already. */
static int send_packet(struct tacet_outbound *out, int64_t now, struct tacet_srtp *srtp,
                       struct tacet_buffer *buffer, size_t payload_size, bool marker,
                       uint32_t timestamp, struct tacet_queue *queue, const struct tacet_path *path)
{
    struct tacet_rtp header = {
        .payload_type = out->payload_type,
        .marker = marker,
        .seq = (uint16_t)out->next_index,
        .timestamp = timestamp,
        .ssrc = out->stats.ssrc,
    };
    size_t capacity = tacet_buffer_room(buffer) + TACET_BUFFER_TAIL;

    if (out->history != NULL) {
        tacet_history_put(out->history, now, out->next_index, timestamp, marker,
                          buffer->data + TACET_RTP_HEADER_SIZE, payload_size);
    }
    if (tacet_srtp_epoch(srtp) != out->epoch) {
        out->epoch = tacet_srtp_epoch(srtp);
        out->epoch_index = out->next_index;
    }
    tacet_rtp_write(&header, buffer->data);
    buffer->size = TACET_RTP_HEADER_SIZE + payload_size;
    int result = tacet_srtp_protect(srtp, out->next_index, buffer->data, &buffer->size, capacity);
    if (result != 0) {
        tacet_pool_put(queue->pool, buffer);
        return result;
    }
    out->next_index++;
    out->stats.packets_sent++;
    out->stats.bytes_sent += payload_size;
    out->stats.header_bytes_sent += TACET_RTP_HEADER_SIZE;
    int size = (int)buffer->size;
    tacet_queue_push(queue, buffer, path);
    return size;
}

void tacet_outbound_repeat(struct tacet_outbound *out, uint16_t seq)
{
    uint16_t back = (uint16_t)((uint16_t)out->next_index - seq);

    if (back >= 1 && back <= TACET_RED_BACK_MAX) {
        out->repeat |= 1U << back;
    }
}

/* What the next packet repeats: what was asked for, then what is planned, as far as there is room.
 */
static struct tacet_red_plan plan_repeats(struct tacet_outbound *out)
{
    struct tacet_red_plan plan = { 0 };
    uint32_t bits = 0;
    size_t count = 0;

    for (uint8_t back = 1; back <= TACET_RED_BACK_MAX && count < TACET_RED_DEPTH_MAX; back++) {
        if ((out->repeat >> back & 1) != 0) {
            bits |= 1U << back;
            count++;
        }
    }
    out->repeat = (out->repeat & ~bits) << 1;
    for (size_t i = 0; i < out->red_plan.count && count < TACET_RED_DEPTH_MAX; i++) {
        uint32_t bit = 1U << out->red_plan.back[i];
        count += (bits & bit) == 0;
        bits |= bit;
    }
    for (uint8_t back = 1; back <= TACET_RED_BACK_MAX; back++) {
        if ((bits >> back & 1) != 0) {
            plan.back[plan.count++] = back;
        }
    }
    return plan;
}

static int send_audio(struct tacet_outbound *out, int64_t now, struct tacet_srtp *srtp,
                      size_t overhead, const struct tacet_frame *frame, uint32_t timestamp,
                      struct tacet_queue *queue, const struct tacet_path *path)
{
    struct tacet_buffer *buffer = tacet_queue_buffer(queue);

    if (buffer == NULL) {
        return 0;
    }
    uint8_t *payload = buffer->data + TACET_RTP_HEADER_SIZE;
    size_t size = frame->size;
    struct tacet_red_plan plan = plan_repeats(out);
    if (plan.count > 0) {
        size_t room = TACET_DATAGRAM_MAX - TACET_RTP_HEADER_SIZE - overhead;
        size = tacet_red_write(&out->red, TACET_PT_OPUS, timestamp, frame->data, frame->size, &plan,
                               payload, room);
        assert(size > 0);
        out->payload_type = TACET_PT_RED;
    } else {
        memcpy(payload, frame->data, frame->size);
        tacet_red_remember(&out->red, timestamp, frame->data, frame->size);
        out->payload_type = TACET_PT_OPUS;
    }
    /* RFC 7587 section 4.2: the marker begins a talk spurt; without DTX there is one, its first
     * packet. */
    bool marker = out->stats.packets_sent == 0;
    return send_packet(out, now, srtp, buffer, size, marker, timestamp, queue, path);
}

static int send_video(struct tacet_outbound *out, int64_t now, struct tacet_srtp *srtp,
                      const struct tacet_frame *frame, uint32_t timestamp,
                      struct tacet_queue *queue, const struct tacet_path *path)
{
    struct tacet_vp8_descriptor descriptor = {
        .has_picture_id = true,
        .picture_id_long = true,
        .picture_id = out->picture_id,
    };
    struct tacet_vp8_cutter cutter;
    int total = 0;

    tacet_recovery_describe(&out->recovery, frame, &descriptor);
    tacet_vp8_cut(&cutter, frame->data, frame->size, &descriptor, out->payload_most);
    size_t packets = tacet_vp8_cut_count(&cutter);
    if (queue->count + packets > TACET_SEND_QUEUE_MAX ||
        tacet_pool_available(queue->pool) < packets) {
        return 0;
    }
    for (bool last = false; !last;) {
        struct tacet_buffer *buffer = tacet_queue_buffer(queue);
        assert(buffer != NULL);
        size_t size = tacet_vp8_cut_next(&cutter, buffer->data + TACET_RTP_HEADER_SIZE,
                                         out->payload_most, &last);
        assert(size > 0);
        int result = send_packet(out, now, srtp, buffer, size, last, timestamp, queue, path);
        if (result < 0) {
            return result;
        }
        total += result;
    }
    tacet_recovery_on_sent(&out->recovery, frame, out->picture_id);
    out->picture_id = (out->picture_id + 1) & 0x7fff;
    return total;
}

int tacet_outbound_send(struct tacet_outbound *out, int64_t now, struct tacet_srtp *srtp,
                        size_t overhead, const struct tacet_frame *frame, uint32_t timestamp,
                        struct tacet_queue *queue, const struct tacet_path *path)
{
    assert(frame->kind == out->kind);
    bool video = out->kind == TACET_KIND_VIDEO;
    int result = 0;
    if (!video) {
        result = send_audio(out, now, srtp, overhead, frame, timestamp, queue, path);
    } else if (tacet_recovery_can_send(&out->recovery, frame)) {
        result = send_video(out, now, srtp, frame, timestamp, queue, path);
    }
    if (video && result <= 0) {
        tacet_recovery_on_left_out(&out->recovery, frame);
    }
    if (result > 0) {
        out->last_timestamp = timestamp;
        out->last_captured_at_us = frame->captured_at_us;
        out->stats.frames_sent++;
        out->stats.key_frames_sent += frame->key ? 1 : 0;
        if (frame->width > 0) {
            out->stats.width = frame->width;
            out->stats.height = frame->height;
        }
    }
    return result;
}

int tacet_outbound_retransmit(struct tacet_outbound *rtx, int64_t now, struct tacet_srtp *srtp,
                              struct tacet_history *history, uint16_t seq,
                              struct tacet_queue *queue, const struct tacet_path *path)
{
    struct tacet_history_packet *packet = tacet_history_find(history, seq);
    struct tacet_buffer *buffer = packet != NULL ? tacet_queue_buffer(queue) : NULL;

    if (buffer == NULL) {
        return 0;
    }
    struct tacet_writer w = tacet_writer(buffer->data + TACET_RTP_HEADER_SIZE,
                                         tacet_buffer_room(buffer) - TACET_RTP_HEADER_SIZE);
    tacet_write_u16(&w, seq);
    tacet_write_bytes(&w, packet->payload, packet->size);
    assert(!w.failed);
    packet->sent_at_us = now;
    packet->times++;
    return send_packet(rtx, now, srtp, buffer, w.at, packet->marker, packet->timestamp, queue,
                       path);
}

int tacet_outbound_protect(struct tacet_outbound *fec, int64_t now, struct tacet_srtp *srtp,
                           struct tacet_history *history, struct tacet_fec_scratch *scratch,
                           uint64_t first, size_t k, size_t m, struct tacet_queue *queue,
                           const struct tacet_path *path)
{
    struct tacet_fec_header header = { .base = (uint16_t)first, .k = (uint8_t)k };
    uint32_t timestamp = 0;
    int total = 0;

    for (size_t i = 0; i < k; i++) {
        const struct tacet_history_packet *packet =
            tacet_history_find(history, (uint16_t)(first + i));
        assert(packet != NULL); /* they have just been sent */
        timestamp = packet->timestamp;
        tacet_fec_load(scratch, i,
                       &(struct tacet_fec_source){ .timestamp = packet->timestamp,
                                                   .marker = packet->marker,
                                                   .payload = packet->payload,
                                                   .size = packet->size });
    }
    for (size_t i = 0; i < m; i++) {
        struct tacet_buffer *buffer = tacet_queue_buffer(queue);
        if (buffer == NULL) {
            break;
        }
        uint8_t *payload = buffer->data + TACET_RTP_HEADER_SIZE;
        size_t size = tacet_fec_encode(scratch, &header, (uint16_t)fec->next_index);
        tacet_fec_header_write(&header, payload);
        memcpy(payload + TACET_FEC_HEADER_SIZE, scratch->out, size);
        int result = send_packet(fec, now, srtp, buffer, TACET_FEC_HEADER_SIZE + size, false,
                                 timestamp, queue, path);
        if (result < 0) {
            return result;
        }
        total += result;
    }
    return total;
}

uint64_t tacet_outbound_epoch_packets(const struct tacet_outbound *out)
{
    return out->next_index - out->epoch_index;
}
