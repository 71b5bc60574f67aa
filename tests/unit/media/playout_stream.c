/* See playout_stream.h. */
#include "playout_stream.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static void stream_init_of(struct stream *s, size_t count, uint32_t frame)
{
    memset(s, 0, sizeof(*s));
    assert_int_equal(tacet_playout_create(&s->playout), 0);
    s->count = count;
    s->frame = frame;
    s->at = calloc(count, sizeof(*s->at));
    s->arrives_us = calloc(count, sizeof(*s->arrives_us));
    s->played = calloc(count, sizeof(*s->played));
    s->heard_at_us = calloc(count, sizeof(*s->heard_at_us));
    s->in_order = true;
    for (size_t i = 0; i < count; i++) {
        s->at[i] = FIRST_TIMESTAMP + (uint32_t)i * frame;
        s->arrives_us[i] = (int64_t)(i + 1) * frame * 125 / 6;
    }
}

void stream_init(struct stream *s, size_t count)
{
    stream_init_of(s, count, FRAME);
}

void stream_free(struct stream *s)
{
    tacet_playout_free(&s->playout);
    free(s->at);
    free(s->arrives_us);
    free(s->order);
    free(s->played);
    free(s->heard_at_us);
}

bool stream_put(struct stream *s, size_t index, int64_t now)
{
    uint8_t data[8];

    memcpy(data, &index, sizeof(data));
    const struct tacet_frame frame = {
        .kind = TACET_KIND_AUDIO,
        .rtp_timestamp = s->at[index],
        .received_at_us = now,
        .data = data,
        .size = sizeof(data),
    };
    return tacet_playout_put(s->playout, now, &frame, s->frame, s->redundant ? s->frame : 0);
}

static void on_frame(struct stream *s, int64_t now, const struct tacet_playout_step *step)
{
    size_t index;

    assert_int_equal(step->size, sizeof(index));
    memcpy(&index, step->data, sizeof(index));
    assert_true(index < s->count);
    assert_int_equal(step->rtp_timestamp, s->at[index]);
    assert_int_equal(step->samples + step->crop, s->frame);
    s->in_order = s->in_order && (s->last_played == 0 || index > s->last_played - 1);
    s->last_played = index + 1;
    if (step->action == TACET_PLAYOUT_SKIP) {
        s->skipped++;
        return;
    }
    s->played[index]++;
    s->heard_at_us[index] = now;
}

static uint32_t stretch(struct stream *s, int64_t now, const struct tacet_playout_step *step)
{
    int32_t by = 0;

    if (step->stretch == 0 || s->stiff) {
        return step->samples;
    }
    if (step->stretch >= PERIOD) {
        by = PERIOD;
    } else if (step->stretch < 0) {
        by = step->stretch < -PERIOD ? -PERIOD : step->stretch;
    }
    tacet_playout_on_stretched(s->playout, now, by);
    return (uint32_t)((int32_t)step->samples + by);
}

void stream_pull(struct stream *s, int64_t now)
{
    size_t used = 0;

    while (used < PULL) {
        if (s->pending == 0) {
            const struct tacet_playout_pull where = { now, s->queued, (uint32_t)used,
                                                      (uint32_t)(PULL - used) };
            struct tacet_playout_step step;
            int64_t then = now + (int64_t)used * 125 / 6;
            tacet_playout_get(s->playout, &where, &step);
            if (step.action == TACET_PLAYOUT_FRAME || step.action == TACET_PLAYOUT_SKIP) {
                on_frame(s, then, &step);
            }
            s->recovered += step.action == TACET_PLAYOUT_RECOVER ? 1 : 0;
            if (step.action == TACET_PLAYOUT_SKIP) {
                continue;
            }
            assert_in_range(step.samples, 1, FRAME_MAX);
            s->pending = stretch(s, then, &step);
        }
        size_t part = s->pending < PULL - used ? s->pending : PULL - used;
        tacet_playout_on_pulled(s->playout, now, (uint32_t)part);
        s->pending -= part;
        used += part;
    }
    s->pulled += PULL;
}

static const struct stream *sorted;

static int by_arrival(const void *a, const void *b)
{
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    int64_t apart = sorted->arrives_us[x] - sorted->arrives_us[y];

    return apart != 0 ? (apart < 0 ? -1 : 1) : (x < y ? -1 : 1);
}

/* Delivers and pulls, in the order of time, up to `until_us`. */
void stream_run(struct stream *s, int64_t from_us, int64_t until_us)
{
    if (s->order == NULL) {
        s->order = calloc(s->count, sizeof(*s->order));
        for (size_t i = 0; i < s->count; i++) {
            s->order[i] = i;
        }
        sorted = s;
        qsort(s->order, s->count, sizeof(*s->order), by_arrival);
    }
    for (int64_t now = from_us; now < until_us; now += PULL_US) {
        while (s->arrived < s->count && s->arrives_us[s->order[s->arrived]] <= now) {
            size_t i = s->order[s->arrived++];
            (void)stream_put(s, i, s->arrives_us[i]);
        }
        stream_pull(s, now);
    }
}

struct tacet_playout_report stream_report(const struct stream *s)
{
    struct tacet_playout_report report;

    tacet_playout_report(s->playout, &report);
    return report;
}

int64_t stream_mean_delay_us(const struct tacet_playout_report *r)
{
    return r->jitter_buffer_delay_us / (int64_t)r->jitter_buffer_emitted_count;
}

/* All frames from `from` on to the last but ten have been played, once. */
void stream_expect_all_played(const struct stream *s, size_t from)
{
    for (size_t i = from; i + 10 < s->count; i++) {
        assert_int_equal(s->played[i], 1);
    }
    assert_true(s->in_order);
}

int64_t stream_delay_us(const struct stream *s, size_t index)
{
    return s->heard_at_us[index] - s->arrives_us[index];
}
