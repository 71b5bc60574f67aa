/* See inbound.h. Deciding about repair is not its business: it says what it has and what it lacks.
 */
#include "call/inbound.h"

#include <assert.h>
#include <string.h>

/* How long a hole in the video is waited for: about the spread of a reordering network, and short
 * enough that asking for a key frame soon costs less than waiting. */
#define PATIENCE_US TACET_MS(60)

void tacet_inbound_init(struct tacet_inbound *in, const uint32_t ssrcs[TACET_KIND_COUNT],
                        struct tacet_pool *pool, uint8_t *frame)
{
    memset(in, 0, sizeof(*in));
    for (int kind = 0; kind < TACET_KIND_COUNT; kind++) {
        in->stats[kind].ssrc = ssrcs[kind];
    }
    tacet_reception_init(&in->reception[TACET_KIND_AUDIO], ssrcs[TACET_KIND_AUDIO], 48000);
    tacet_reception_init(&in->reception[TACET_KIND_VIDEO], ssrcs[TACET_KIND_VIDEO], 90000);
    tacet_assembly_init(&in->assembly, pool, frame);
}

void tacet_inbound_reset(struct tacet_inbound *in)
{
    tacet_assembly_reset(&in->assembly);
}

static enum tacet_drop put_audio(struct tacet_inbound *in, const struct tacet_rtp *rtp, int64_t now)
{
    if (rtp->payload_size == 0 || rtp->payload_size > TACET_AUDIO_FRAME_SIZE_MAX) {
        return TACET_DROP_MALFORMED;
    }
    if (in->audio_count == TACET_AUDIO_FRAMES_MAX) {
        in->audio_first = (in->audio_first + 1) % TACET_AUDIO_FRAMES_MAX;
        in->audio_count--;
        in->stats[TACET_KIND_AUDIO].frames_discarded++;
    }
    struct tacet_inbound_audio *slot =
        &in->audio[(in->audio_first + in->audio_count) % TACET_AUDIO_FRAMES_MAX];
    slot->timestamp = rtp->timestamp;
    slot->received_at_us = now;
    slot->size = rtp->payload_size;
    memcpy(slot->data, rtp->payload, rtp->payload_size);
    in->audio_count++;
    return TACET_DROP_NONE;
}

enum tacet_drop tacet_inbound_put(struct tacet_inbound *in, int64_t now, enum tacet_kind kind,
                                  uint64_t index, struct tacet_buffer *buffer)
{
    static const uint8_t expected[] = { TACET_PT_OPUS, TACET_PT_VP8 };
    struct tacet_inbound_stats *stats = &in->stats[kind];
    struct tacet_pool *pool = in->assembly.pool;
    struct tacet_rtp rtp;
    enum tacet_drop drop;

    if (tacet_rtp_parse(buffer->data, buffer->size, &rtp) != 0 ||
        rtp.payload_type != expected[kind]) {
        tacet_pool_put(pool, buffer);
        return TACET_DROP_MALFORMED;
    }
    tacet_reception_on_packet(&in->reception[kind], now, index, rtp.timestamp);
    stats->packets_received++;
    stats->bytes_received += rtp.payload_size;
    stats->header_bytes_received += buffer->size - rtp.payload_size;
    stats->last_packet_received_us = now;
    if (kind == TACET_KIND_AUDIO) {
        drop = put_audio(in, &rtp, now);
        tacet_pool_put(pool, buffer);
        return drop;
    }
    buffer->size = rtp.payload_size;
    buffer->data += rtp.payload - buffer->data;
    buffer->at_us = now;
    return tacet_assembly_put(&in->assembly, rtp.seq, rtp.timestamp, rtp.marker, buffer);
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
        return 1;
    }
    if (tacet_assembly_get(&in->assembly, now, PATIENCE_US, ret) == 0) {
        return 0;
    }
    in->stats[TACET_KIND_VIDEO].frames_received++;
    in->stats[TACET_KIND_VIDEO].key_frames_received += ret->key ? 1 : 0;
    return 1;
}

int64_t tacet_inbound_timeout(const struct tacet_inbound *in)
{
    return tacet_assembly_timeout(&in->assembly, PATIENCE_US);
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
