/*
 * See audio_plan.h. Headers are 57 bytes a packet: 23 kbit/s at 20 ms, 11 at 40, 8 at 60. Where
 * that is a large part of the room that sound has, longer packets give it to the voice, to its
 * repeats and to the picture; they cost their length in delay, and a lost one is a longer hole, so
 * they stay shorter where losses are to be expected.
 *
 *     room for sound       loss <= 3 %   above
 *     from 96 kbit/s       20 ms         20 ms
 *     from 36 kbit/s       40 ms         40 ms
 *     less                 60 ms         40 ms
 *
 * Never 10 ms: 46 kbit/s of headers for 10 ms less delay. A longer length is taken once it has been
 * right for eight seconds (a step of the way's delay looks like a full queue for about five), a
 * shorter one once there has been a quarter more room, or all that is wanted, for ten; twice as
 * long each time that has turned out wrong, for each change is a change of delay.
 *
 * Of that room, first the voice gives way, down to 16 kbit/s, for words that arrive whole at that
 * rate are better than holes; then the repeats, one after the other; then the voice, down to 10.
 */
#include "rtp/audio_plan.h"

#include "base/limits.h"
#include "rtp/packet_result.h"

#include <assert.h>

#define PACKET_BYTES (12 + 17 + TACET_UDP_OVERHEAD) /* RTP, tag and MKI, UDP and IP */
#define REPEAT_BYTES 4                              /* header of each (RFC 2198) */
#define RED_BYTES 1                                 /* and of the packet's own payload */

#define FIRST_MS 20
#define LOSSY_PERMILLE 30
#define LONGER_US TACET_S(8)
#define SHORTER_US TACET_S(10)
#define SHORTER_MAX_US TACET_S(160)
#define SHORTER_ROOM_PERCENT 125

#define REPEATED_LEAST_BPS 16000
#define LEAST_BPS 10000

static const struct {
    int64_t from_bps;
    int32_t clean_ms;
    int32_t lossy_ms;
} lengths[] = {
    { 96000, 20, 20 },
    { 36000, 40, 40 },
    { 0, 60, 40 },
};

static int64_t overhead_bps(int32_t packet_ms, size_t depth)
{
    int64_t bytes = PACKET_BYTES;

    if (depth > 0) {
        bytes += RED_BYTES + (int64_t)depth * REPEAT_BYTES;
    }
    return bytes * 8 * 1000 / packet_ms;
}

int64_t tacet_audio_plan_wish_bps(const struct tacet_audio_need *need)
{
    return overhead_bps(FIRST_MS, need->depth) +
           (int64_t)need->most_bps * (int64_t)(need->depth + 1);
}

static int32_t length_for(int64_t room_bps, bool lossy)
{
    size_t row = 0;

    while (room_bps < lengths[row].from_bps) {
        row++;
    }
    return lossy ? lengths[row].lossy_ms : lengths[row].clean_ms;
}

/* The length that is right; the one in use, unless it is wrong with a margin. */
static int32_t right_length(const struct tacet_audio_plan *plan, int64_t room_bps, bool lossy)
{
    int32_t length = length_for(room_bps, lossy);

    if (length < plan->packet_ms && room_bps != TACET_AUDIO_ROOM_ALL) {
        length = length_for(room_bps * 100 / SHORTER_ROOM_PERCENT, lossy);
        length = length < plan->packet_ms ? length : plan->packet_ms;
    }
    return length;
}

static bool change_length(struct tacet_audio_plan *plan, int64_t now, int64_t room_bps, bool lossy)
{
    int32_t length = right_length(plan, room_bps, lossy);
    bool shorter = length < plan->packet_ms;

    if (length == plan->packet_ms) {
        plan->next_ms = length;
        return false;
    }
    /* Between two other lengths on the same side the time goes on. */
    if (plan->next_ms == plan->packet_ms || shorter != (plan->next_ms < plan->packet_ms)) {
        plan->next_since_us = now;
    }
    plan->next_ms = length;
    if (now - plan->next_since_us < (shorter ? plan->shorter_us : LONGER_US)) {
        return false;
    }
    if (!shorter && plan->shortened) {
        plan->shorter_us =
            plan->shorter_us * 2 < SHORTER_MAX_US ? plan->shorter_us * 2 : SHORTER_MAX_US;
    }
    plan->shortened = shorter;
    plan->packet_ms = length;
    return true;
}

static void share(struct tacet_audio_plan *plan, int64_t room_bps,
                  const struct tacet_audio_need *need)
{
    int64_t repeated_least =
        need->most_bps < REPEATED_LEAST_BPS ? need->most_bps : REPEATED_LEAST_BPS;
    int64_t least = need->most_bps < LEAST_BPS ? need->most_bps : LEAST_BPS;
    size_t depth = need->depth;
    int64_t bps;

    for (;;) {
        bps = (room_bps - overhead_bps(plan->packet_ms, depth)) / (int64_t)(depth + 1);
        if (depth == 0 || bps >= repeated_least) {
            break;
        }
        depth--;
    }
    bps = bps < least ? least : bps;
    plan->bitrate_bps = bps < need->most_bps ? (int32_t)bps : need->most_bps;
    plan->depth = depth;
}

void tacet_audio_plan_init(struct tacet_audio_plan *plan, int64_t now,
                           const struct tacet_audio_need *need)
{
    *plan = (struct tacet_audio_plan){
        .packet_ms = FIRST_MS,
        .next_ms = FIRST_MS,
        .next_since_us = now,
        .shorter_us = SHORTER_US,
    };
    share(plan, TACET_AUDIO_ROOM_ALL, need);
}

bool tacet_audio_plan_fit(struct tacet_audio_plan *plan, int64_t now, int64_t room_bps,
                          const struct tacet_audio_need *need)
{
    assert(room_bps >= 0);
    assert(need->most_bps >= 0);
    bool changed = change_length(plan, now, room_bps, need->loss_permille > LOSSY_PERMILLE);

    share(plan, room_bps, need);
    return changed;
}
