/* From struct tacet_stats to W3C webrtc-stats. `timestamp` and lastPacketReceivedTimestamp are
 * milliseconds there (DOMHighResTimeStamp); every other time is seconds. */
#include "stats_json.h"

#include <stdio.h>
#include <stdlib.h>

static void add_number(cJSON *object, const char *name, double value)
{
    (void)cJSON_AddNumberToObject(object, name, value);
}

static void add_count(cJSON *object, const char *name, uint64_t value)
{
    add_number(object, name, (double)value);
}

static void add_seconds(cJSON *object, const char *name, int64_t us)
{
    add_number(object, name, (double)us / 1e6);
}

static const char *kind_name(enum tacet_kind kind)
{
    return kind == TACET_KIND_AUDIO ? "audio" : "video";
}

/* Begins an object of the array: type, id, timestamp. */
static cJSON *begin(cJSON *array, const char *type, const char *kind, int64_t now_us)
{
    cJSON *object = cJSON_CreateObject();
    char id[64];

    (void)snprintf(id, sizeof(id), "%s%s%s", type, kind != NULL ? "-" : "",
                   kind != NULL ? kind : "");
    (void)cJSON_AddStringToObject(object, "type", type);
    (void)cJSON_AddStringToObject(object, "id", id);
    add_number(object, "timestamp", (double)now_us / 1e3);
    (void)cJSON_AddItemToArray(array, object);
    return object;
}

static void begin_stream(cJSON *object, enum tacet_kind kind, uint32_t ssrc)
{
    (void)cJSON_AddStringToObject(object, "kind", kind_name(kind));
    add_number(object, "ssrc", ssrc);
}

static void add_playout(cJSON *object, enum tacet_kind kind,
                        const struct tacet_playout_report *playout)
{
    add_seconds(object, "jitterBufferDelay", playout->jitter_buffer_delay_us);
    add_seconds(object, "jitterBufferTargetDelay", playout->jitter_buffer_target_delay_us);
    add_count(object, "jitterBufferEmittedCount", playout->jitter_buffer_emitted_count);
    if (kind == TACET_KIND_AUDIO) {
        add_count(object, "totalSamplesReceived", playout->samples_received);
        add_count(object, "concealedSamples", playout->samples_concealed);
        add_count(object, "silentConcealedSamples", playout->samples_silent);
        add_count(object, "concealmentEvents", playout->concealment_events);
        add_count(object, "insertedSamplesForDeceleration", playout->samples_inserted);
        add_count(object, "removedSamplesForAcceleration", playout->samples_removed);
        add_count(object, "packetsDiscarded", playout->frames_late);
        return;
    }
    add_count(object, "framesDecoded", playout->frames_decoded);
    add_count(object, "keyFramesDecoded", playout->key_frames_decoded);
    add_count(object, "framesDropped", playout->frames_dropped);
    add_count(object, "frameWidth", playout->width);
    add_count(object, "frameHeight", playout->height);
    add_count(object, "freezeCount", playout->freeze_count);
    add_seconds(object, "totalFreezesDuration", playout->freezes_duration_us);
    add_seconds(object, "totalDecodeTime", playout->decode_time_us);
}

static void add_inbound(cJSON *array, enum tacet_kind kind, const struct tacet_inbound_stats *in,
                        int64_t now_us)
{
    cJSON *object = begin(array, "inbound-rtp", kind_name(kind), now_us);

    begin_stream(object, kind, in->ssrc);
    add_count(object, "packetsReceived", in->packets_received);
    add_number(object, "packetsLost", (double)in->packets_lost);
    add_seconds(object, "jitter", in->jitter_us);
    add_count(object, "bytesReceived", in->bytes_received);
    add_count(object, "headerBytesReceived", in->header_bytes_received);
    add_number(object, "lastPacketReceivedTimestamp", (double)in->last_packet_received_us / 1e3);
    add_count(object, "nackCount", in->nack_count);
    if (kind == TACET_KIND_VIDEO) {
        add_count(object, "framesReceived", in->frames_received);
        add_count(object, "pliCount", in->pli_count);
    }
    add_playout(object, kind, &in->playout);
}

static void add_outbound(cJSON *array, enum tacet_kind kind, const struct tacet_outbound_stats *out,
                         int64_t now_us)
{
    cJSON *object = begin(array, "outbound-rtp", kind_name(kind), now_us);

    begin_stream(object, kind, out->ssrc);
    add_count(object, "packetsSent", out->packets_sent);
    add_count(object, "bytesSent", out->bytes_sent);
    add_count(object, "headerBytesSent", out->header_bytes_sent);
    add_count(object, "retransmittedPacketsSent", out->retransmitted_packets_sent);
    add_number(object, "targetBitrate", out->target_bitrate_bps);
    add_count(object, "nackCount", out->nack_count);
    if (kind == TACET_KIND_VIDEO) {
        add_count(object, "framesSent", out->frames_sent);
        add_count(object, "framesEncoded", out->frames_sent);
        add_count(object, "keyFramesEncoded", out->key_frames_sent);
        add_count(object, "frameWidth", out->width);
        add_count(object, "frameHeight", out->height);
        add_count(object, "pliCount", out->pli_count);
    }
}

static void add_remote_inbound(cJSON *array, enum tacet_kind kind, uint32_t ssrc,
                               const struct tacet_remote_inbound_stats *remote, int64_t now_us)
{
    cJSON *object = begin(array, "remote-inbound-rtp", kind_name(kind), now_us);

    begin_stream(object, kind, ssrc);
    add_number(object, "packetsLost", (double)remote->packets_lost);
    add_number(object, "fractionLost", remote->fraction_lost_permille / 1e3);
    add_seconds(object, "jitter", remote->jitter_us);
    if (remote->round_trip_time_measurements > 0) {
        add_seconds(object, "roundTripTime", remote->round_trip_time_us);
    }
    add_seconds(object, "totalRoundTripTime", remote->total_round_trip_time_us);
    add_count(object, "roundTripTimeMeasurements", remote->round_trip_time_measurements);
}

static void add_path(cJSON *array, const struct tacet_path_stats *path, int64_t now_us)
{
    cJSON *object = begin(array, "candidate-pair", NULL, now_us);

    (void)cJSON_AddStringToObject(object, "state", "succeeded");
    (void)cJSON_AddBoolToObject(object, "nominated", true);
    add_count(object, "packetsSent", path->packets_sent);
    add_count(object, "packetsReceived", path->packets_received);
    add_count(object, "bytesSent", path->bytes_sent);
    add_count(object, "bytesReceived", path->bytes_received);
    if (path->responses_received > 0) {
        add_seconds(object, "currentRoundTripTime", path->current_round_trip_time_us);
    }
    add_seconds(object, "totalRoundTripTime", path->total_round_trip_time_us);
    add_count(object, "responsesReceived", path->responses_received);
    if (path->available_outgoing_bitrate_bps > 0) {
        add_number(object, "availableOutgoingBitrate",
                   (double)path->available_outgoing_bitrate_bps);
    }
}

cJSON *tacet_stats_json(const struct tacet_stats *stats, int64_t now_us)
{
    cJSON *array = cJSON_CreateArray();

    if (array == NULL) {
        return NULL;
    }
    for (int i = 0; i < TACET_KIND_COUNT; i++) {
        enum tacet_kind kind = (enum tacet_kind)i;
        if (stats->inbound[i].packets_received > 0) {
            add_inbound(array, kind, &stats->inbound[i], now_us);
        }
        if (stats->outbound[i].packets_sent > 0) {
            add_outbound(array, kind, &stats->outbound[i], now_us);
            add_remote_inbound(array, kind, stats->outbound[i].ssrc, &stats->remote_inbound[i],
                               now_us);
        }
    }
    if (stats->path.packets_received > 0) {
        add_path(array, &stats->path, now_us);
    }
    return array;
}

char *tacet_stats_json_line(const struct tacet_stats *stats, int64_t now_us)
{
    cJSON *object = cJSON_CreateObject();
    char *text, *line = NULL;
    size_t size;

    add_number(object, "timestamp_us", (double)now_us);
    (void)cJSON_AddItemToObject(object, "stats", tacet_stats_json(stats, now_us));
    text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (text == NULL) {
        return NULL;
    }
    size = (size_t)snprintf(NULL, 0, "%s\n", text);
    line = malloc(size + 1);
    if (line != NULL) {
        (void)snprintf(line, size + 1, "%s\n", text);
    }
    cJSON_free(text);
    return line;
}
