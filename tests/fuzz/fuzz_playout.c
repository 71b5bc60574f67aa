/*
 * The jitter buffer under any order of events. Each is five bytes: what (even: put, odd: get), the
 * time that has passed, two of timestamp (put) or of sound queued in the sink (get), and length, or
 * how much is wanted and what stretching makes of it.
 * Whatever comes, each step makes some sound and not too much, and the counts stay true.
 */
#include "base/bytes.h"
#include "base/limits.h"
#include "media/playout.h"
#include "media/stretch.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void put(struct tacet_playout *playout, int64_t now, uint8_t what, uint32_t timestamp,
                uint8_t length)
{
    const uint8_t content[3] = { what, length, 0 };
    const struct tacet_frame frame = {
        .kind = TACET_KIND_AUDIO,
        /* The upper bits of `what` throw the timestamp far off now and then. */
        .rtp_timestamp = timestamp * 40 + (what >= 0xF0 ? (uint32_t)what << 24 : 0),
        .received_at_us = now,
        .data = content,
        .size = what % 4 == 0 ? 2 : 3,
    };

    (void)tacet_playout_put(playout, now, &frame, (uint32_t)(length % 32) * 120,
                            (uint32_t)(length / 32) * 240);
}

/* Pulls one step's sound, as much longer or shorter as it was asked for or not. Returns how much
 * that is. */
static uint32_t pull(struct tacet_playout *playout, int64_t now, uint32_t queued, uint8_t length)
{
    const struct tacet_playout_pull where = { now, queued, length / 16U * 30,
                                              (length % 16U + 1) * 60 };
    struct tacet_playout_step step;
    int32_t by = 0;

    tacet_playout_get(playout, &where, &step);
    check(step.samples > 0 && step.samples + step.crop <= TACET_AUDIO_FRAME_SAMPLES_MAX);
    check(step.action == TACET_PLAYOUT_EMPTY || (step.samples + step.crop) % 120 == 0);
    check(step.action == TACET_PLAYOUT_FRAME || (step.crop == 0 && step.stretch == 0));
    bool with_data = step.action == TACET_PLAYOUT_FRAME || step.action == TACET_PLAYOUT_RECOVER ||
                     step.action == TACET_PLAYOUT_SKIP;
    check(with_data == (step.data != NULL && step.size >= 2));
    if (step.action == TACET_PLAYOUT_SKIP) {
        return 0;
    }
    if (step.stretch != 0) {
        check(step.stretch <= TACET_STRETCH_LAG_MAX && step.stretch >= -TACET_STRETCH_LAG_MAX);
        by = length % 3 == 0 || step.samples < 960 ? 0 : step.stretch;
        tacet_playout_on_stretched(playout, now, by);
    }
    uint32_t sound = (uint32_t)((int32_t)step.samples + by);
    tacet_playout_on_pulled(playout, now, sound / 3);
    tacet_playout_on_pulled(playout, now, sound - sound / 3);
    return sound;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tacet_reader r = tacet_reader(data, size);
    struct tacet_playout *playout;
    struct tacet_playout_report report;
    int64_t now = 1000000;
    uint64_t handed_out = 0;

    check(tacet_playout_create(&playout) == 0);
    while (tacet_reader_left(&r) >= 5) {
        uint8_t what = tacet_read_u8(&r);
        now += (int64_t)tacet_read_u8(&r) * 1000;
        uint32_t timestamp = tacet_read_u16(&r);
        uint8_t length = tacet_read_u8(&r);
        if (what % 2 == 0) {
            put(playout, now, what, timestamp, length);
            continue;
        }
        handed_out += pull(playout, now, timestamp, length);
        tacet_playout_report(playout, &report);
        check(report.samples_received <= handed_out);
        check(report.samples_concealed <= report.samples_received);
        check(report.samples_silent <= report.samples_concealed);
        check(report.target_delay_us >= TACET_PLAYOUT_MIN_US &&
              report.target_delay_us <= TACET_PLAYOUT_MAX_US);
        check(report.jitter_buffer_emitted_count <=
              report.samples_received + report.samples_removed);
    }
    tacet_playout_free(&playout);
    return 0;
}
