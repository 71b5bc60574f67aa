/* A voice through buffer and decoder: with the fake codec, whose sound tells the frame, and with
 * Opus, whose sound tells whether anything broke. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/limits.h"
#include "media/audio_receiver.h"
#include "tacet/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAME 960
#define FRAME_US 20000
#define PULL 480
#define PULL_US 10000
#define PULL_LAG_US 3000 /* frames then begin within a pull */
#define START_US TACET_S(100)

struct voice {
    struct tacet_audio_encoder encoder;
    struct tacet_audio_receiver *receiver;
    uint32_t frames; /* encoded so far */
    int64_t now;
};

static void voice_init(struct voice *v, const char *name)
{
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_AUDIO, name);
    struct tacet_audio_encoder_settings settings;

    memset(v, 0, sizeof(*v));
    v->now = START_US;
    tacet_audio_encoder_settings_init(&settings);
    assert_int_equal(codec->audio_encoder_create(&settings, &v->encoder), 0);
    assert_int_equal(tacet_audio_receiver_create(codec, &v->receiver), 0);
}

static void voice_free(struct voice *v)
{
    v->encoder.ops->free(v->encoder.ctx);
    tacet_audio_receiver_free(&v->receiver);
    assert_null(v->receiver);
}

/* Encodes the next frame and, unless it is lost, hands it in. */
static void send(struct voice *v, bool lost)
{
    int16_t pcm[FRAME];
    uint8_t data[TACET_AUDIO_FRAME_SIZE_MAX];
    size_t size = 0;

    for (size_t i = 0; i < FRAME; i++) {
        double t = (double)(v->frames * FRAME + i) / TACET_SAMPLE_RATE;
        pcm[i] = (int16_t)(8000 * sin(2 * 3.14159265358979323846 * 400 * t));
    }
    assert_int_equal(v->encoder.ops->encode(v->encoder.ctx, pcm, FRAME, data, sizeof(data), &size),
                     0);
    const struct tacet_frame frame = {
        .kind = TACET_KIND_AUDIO,
        .rtp_timestamp = v->frames * FRAME,
        .received_at_us = v->now,
        .data = data,
        .size = size,
    };
    if (!lost) {
        tacet_audio_receiver_put(v->receiver, v->now, &frame);
    }
    v->frames++;
}

static uint32_t index_in(const int16_t *pcm)
{
    uint32_t index = 0;

    for (size_t block = 0; block < 32; block++) {
        index = index << 1 | (pcm[block * FRAME / 32 + 15] > 0 ? 1U : 0U);
    }
    return index;
}

/* Runs `frames` frames; each one's sound, silence included, is appended to `out`. */
static size_t run(struct voice *v, size_t frames, const uint32_t *lost, size_t lost_count,
                  int16_t *out, struct tacet_audio_mark *out_marks, size_t *ret_marks)
{
    size_t made = 0;

    *ret_marks = 0;
    for (size_t n = 0; n < frames * 2; n++) {
        struct tacet_audio_mark marks[TACET_AUDIO_MARKS_MAX];
        if (n % 2 == 0) {
            bool is_lost = false;
            for (size_t i = 0; i < lost_count; i++) {
                is_lost = is_lost || lost[i] == v->frames;
            }
            send(v, is_lost);
        }
        size_t count =
            tacet_audio_receiver_get(v->receiver, v->now + PULL_LAG_US, 0, out + made, PULL, marks);
        for (size_t i = 0; i < count; i++) {
            out_marks[*ret_marks] = marks[i];
            out_marks[*ret_marks].offset += (uint32_t)made;
            (*ret_marks)++;
        }
        made += PULL;
        v->now += PULL_US;
    }
    return made;
}

static void marks_tell_where_each_frame_begins(void **state)
{
    static const uint32_t lost[] = { 20, 41, 42 };
    static int16_t out[100 * FRAME];
    static struct tacet_audio_mark marks[200];
    struct voice v;
    size_t mark_count;

    (void)state;
    voice_init(&v, "fake");
    assert_false(tacet_audio_receiver_heard(v.receiver));
    (void)run(&v, 70, lost, 3, out, marks, &mark_count); /* it does not get faster before then */
    assert_true(tacet_audio_receiver_heard(v.receiver));
    assert_in_range(mark_count, 65, 66);
    size_t frame = 0;
    for (size_t i = 0; i + 1 < mark_count; i++, frame++) {
        frame += frame == 20 ? 1 : frame == 41 ? 2 : 0;
        assert_int_equal(marks[i].rtp_timestamp, frame * FRAME);
        assert_int_equal(marks[i].concealed, false);
        assert_int_equal(marks[i].offset, marks[0].offset + frame * FRAME);
        assert_int_equal(index_in(out + marks[i].offset), frame);
    }
    assert_int_equal(marks[0].offset, 30 * 48); /* pulls are 3 ms behind frames: 33 ms */
    for (size_t i = 0; i < marks[0].offset; i++) {
        assert_int_equal(out[i], 0);
    }
    struct tacet_playout_report report;
    tacet_audio_receiver_report(v.receiver, &report);
    assert_int_equal(report.samples_concealed, 3 * FRAME);
    assert_int_equal(report.concealment_events, 2);
    voice_free(&v);
}

static void any_pull_length_gives_the_same_sound(void **state)
{
    static const size_t pulls[] = { 1, 7, 120, 479, 480, 960 };
    static int16_t expected[50 * FRAME];
    static int16_t out[50 * FRAME];

    (void)state;
    for (size_t p = sizeof(pulls) / sizeof(pulls[0]); p-- > 0;) {
        struct voice v;
        struct tacet_audio_mark marks[TACET_AUDIO_MARKS_MAX];
        voice_init(&v, "fake");
        for (int n = 0; n < 30; n++) {
            send(&v, false); /* all at once: only how sound is cut can make a difference */
        }
        for (size_t made = 0; made < 20 * FRAME;) {
            size_t count = pulls[p] < 20 * FRAME - made ? pulls[p] : 20 * FRAME - made;
            (void)tacet_audio_receiver_get(v.receiver, START_US + (int64_t)made * 125 / 6, 0,
                                           out + made, count, marks);
            made += count;
        }
        if (p + 1 == sizeof(pulls) / sizeof(pulls[0])) {
            memcpy(expected, out, sizeof(out));
        } else {
            assert_memory_equal(out, expected, 20 * FRAME * sizeof(out[0]));
        }
        voice_free(&v);
    }
}

static void opus_tone_has_no_breaks_where_a_frame_is_lost(void **state)
{
    static const uint32_t lost[] = { 30, 60 };
    static int16_t out[100 * FRAME];
    static struct tacet_audio_mark marks[200];
    struct voice v;
    size_t mark_count;

    (void)state;
    voice_init(&v, "opus");
    size_t made = run(&v, 100, lost, 2, out, marks, &mark_count);
    assert_int_equal(marks[29].rtp_timestamp, 29 * FRAME);
    assert_int_equal(marks[30].rtp_timestamp, 31 * FRAME);
    for (size_t i = marks[2].offset; i + 480 < made; i += 120) {
        double power = 0;
        for (size_t k = 0; k < 480; k++) {
            power += (double)out[i + k] * out[i + k];
        }
        /* The tone's level, 8000 / sqrt 2, never falls away, concealed or not. */
        assert_in_range(sqrt(power / 480), 3500, 7000);
    }
    voice_free(&v);
}

/* A voice that gets faster, slower, and is cut into: a tone tells every seam. */
static void tone_stays_whole_while_delay_follows_the_network(void **state)
{
    enum { FRAMES = 1400 };
    static int16_t out[FRAMES * FRAME];
    static const struct {
        uint32_t frame; /* from this one on packets come so much later */
        int64_t late_us;
    } steps[] = { { 200, 12500 }, { 300, 0 }, { 900, 12500 }, { 1000, 1000 } };
    struct voice v;
    struct tacet_audio_mark marks[TACET_AUDIO_MARKS_MAX];
    struct tacet_playout_report report;
    size_t made = 0;
    size_t step = 0;
    int64_t late_us = 0;

    (void)state;
    voice_init(&v, "opus");
    for (int64_t now = START_US + PULL_LAG_US; made < (FRAMES - 2) * FRAME; now += PULL_US) {
        for (;;) {
            if (step < sizeof(steps) / sizeof(steps[0]) && v.frames >= steps[step].frame) {
                late_us = steps[step++].late_us;
            }
            v.now = START_US + v.frames * FRAME_US + late_us;
            if (v.now > now) {
                break;
            }
            send(&v, false);
        }
        (void)tacet_audio_receiver_get(v.receiver, now, 0, out + made, PULL, marks);
        made += PULL;
    }
    tacet_audio_receiver_report(v.receiver, &report);
    assert_true(report.samples_removed > 48 * 20);
    assert_true(report.samples_inserted > 48 * 5);
    assert_int_equal(report.samples_concealed, 0);
    for (size_t i = 10 * FRAME; i + 2400 < made; i += 240) {
        double power = 0;
        for (size_t k = 0; k < 2400; k++) {
            power += (double)out[i + k] * out[i + k];
        }
        double db = 10 * log10(power / 2400 / (8000.0 * 8000.0 / 2));
        assert_true(db > -0.5 && db < 0.5);
    }
    for (size_t i = 10 * FRAME; i + 1 < made; i++) {
        /* The steepest that a tone of 400 Hz and that height is. */
        assert_in_range(abs(out[i + 1] - out[i]), 0, 470);
    }
    voice_free(&v);
}

static void undecodable_frames_are_counted(void **state)
{
    struct voice v;
    struct tacet_playout_report report;
    const uint8_t bad[] = { 0xFB, 0x00 };
    const struct tacet_frame frame = { .kind = TACET_KIND_AUDIO, .data = bad, .size = sizeof(bad) };

    (void)state;
    voice_init(&v, "opus");
    tacet_audio_receiver_put(v.receiver, v.now, &frame);
    tacet_audio_receiver_report(v.receiver, &report);
    assert_int_equal(report.frames_failed, 1);
    assert_int_equal(report.samples_received, 0);
    assert_false(report.playing);
    voice_free(&v);
}

static void running_allocates_nothing(void **state)
{
    static int16_t out[100 * FRAME];
    static struct tacet_audio_mark marks[200];
    struct voice v;
    size_t mark_count;

    (void)state;
    voice_init(&v, "opus");
    unsigned long before = tacet_alloc_count();
    (void)run(&v, 100, NULL, 0, out, marks, &mark_count);
    assert_int_equal(tacet_alloc_count(), before);
    voice_free(&v);
}

static void failing_allocation_is_reported(void **state)
{
    const struct tacet_codec *codec = tacet_codec_find(TACET_KIND_AUDIO, "opus");
    struct tacet_audio_receiver *receiver = NULL;

    (void)state;
    for (long n = 0; n < 3; n++) {
        tacet_alloc_fail_after(n);
        assert_int_equal(tacet_audio_receiver_create(codec, &receiver), TACET_ERR_NOMEM);
        assert_null(receiver);
    }
    tacet_alloc_fail_after(-1);
    tacet_audio_receiver_free(&receiver);
    tacet_audio_receiver_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_tell_where_each_frame_begins),
        cmocka_unit_test(any_pull_length_gives_the_same_sound),
        cmocka_unit_test(opus_tone_has_no_breaks_where_a_frame_is_lost),
        cmocka_unit_test(tone_stays_whole_while_delay_follows_the_network),
        cmocka_unit_test(undecodable_frames_are_counted),
        cmocka_unit_test(running_allocates_nothing),
        cmocka_unit_test(failing_allocation_is_reported),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
