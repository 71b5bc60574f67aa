/*
 * See audio_nack.h. Each is asked for once a round trip while the answer can be in time. Packets
 * that repeat earlier ones bring back what is missing at the moment it is missed: nothing is asked
 * for then.
 */
#include "rtp/audio_nack.h"

/* Playout comes to wait for so long where much comes that late. */
#define WAITED_FOR_US TACET_MS(100)
/* From missing a packet to asking for it, and from being asked to the next packet. */
#define TURN_US TACET_MS(20)

void tacet_audio_nack_on_packet(struct tacet_audio_nack *a, int64_t now, int64_t seq,
                                uint32_t timestamp)
{
    int64_t ahead = seq - a->nack.highest;

    if (!a->nack.started || ahead > 0) {
        a->step = a->nack.started ? (int64_t)(uint32_t)(timestamp - a->timestamp) / ahead : 0;
        a->timestamp = timestamp;
    }
    if (a->nack.started && ahead > TACET_RED_BACK_MAX) {
        tacet_nack_skip(&a->nack, seq); /* nobody has it any more */
    }
    tacet_nack_on_packet(&a->nack, now, seq);
}

void tacet_audio_nack_on_sound(struct tacet_audio_nack *a, int64_t now, uint32_t timestamp)
{
    int64_t before = (int32_t)(a->timestamp - timestamp);

    if (a->step > 0 && before > 0) {
        tacet_nack_on_packet(&a->nack, now, a->nack.highest - before / a->step);
    }
}

size_t tacet_audio_nack_due(struct tacet_audio_nack *a, int64_t now, int64_t round_trip_us,
                            uint16_t *out)
{
    const struct tacet_nack_pace pace = {
        .round_trip_us = round_trip_us,
        .patience_us = WAITED_FOR_US - round_trip_us - 2 * TURN_US,
        .copies = 1,
    };

    if (round_trip_us <= 0 || pace.patience_us < 0) {
        a->nack.count = 0;
        return 0;
    }
    return tacet_nack_due(&a->nack, now, &pace, out, TACET_RED_BACK_MAX);
}

int64_t tacet_audio_nack_timeout(const struct tacet_audio_nack *a)
{
    return tacet_nack_timeout(&a->nack);
}
