/*
 * The jitter buffer under any order of events. Each is five bytes: what (even: put, odd: get), the
 * time that has passed, two of timestamp (put) or of sound queued in the sink (get), and length.
 * Whatever comes, each step makes some sound and not too much, and the counts stay true.
 */
#include "base/bytes.h"
#include "media/playout.h"

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
        struct tacet_playout_step step;
        tacet_playout_get(playout, now, timestamp, &step);
        check(step.samples > 0 && step.samples <= TACET_AUDIO_FRAME_SAMPLES_MAX);
        check(step.action == TACET_PLAYOUT_EMPTY || step.samples % 120 == 0);
        bool with_data = step.action == TACET_PLAYOUT_FRAME ||
                         step.action == TACET_PLAYOUT_RECOVER || step.action == TACET_PLAYOUT_SKIP;
        check(with_data == (step.data != NULL && step.size >= 2));
        handed_out += step.action == TACET_PLAYOUT_SKIP ? 0 : step.samples;
        tacet_playout_report(playout, &report);
        check(report.samples_received <= handed_out);
        check(report.samples_concealed <= report.samples_received);
        check(report.samples_silent <= report.samples_concealed);
        check(report.target_delay_us >= 40000 && report.target_delay_us <= 200000);
    }
    tacet_playout_free(&playout);
    return 0;
}
