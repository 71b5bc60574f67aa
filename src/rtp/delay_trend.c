/* See delay_trend.h. Integers only: the same on every machine. */
#include "rtp/delay_trend.h"

#include "base/limits.h"
#include "base/range.h"

#include <assert.h>

#define SLOT_US 10000
#define BASE_SLOTS 1000
#define SMOOTH_SHARE 3
#define NONE INT64_MAX

#define SHORT_SLOTS 10     /* the least of so many is the queue ... */
#define SHORT_LEAST 3      /* ... or of so many that hold something, where packets are few ... */
#define SHORT_SLOTS_MAX 40 /* ... but not over more than these */
#define TREND_SLOTS 50
#define TREND_LEAST 8

/* How far ahead the trend is followed. */
#define LEAD_PERCENT_OF_S 20
#define LEAD_MAX_US TACET_MS(60)

#define THRESHOLD_MIN_US TACET_MS(25)
#define THRESHOLD_MAX_US TACET_MS(90)
#define THRESHOLD_FLOOR_US TACET_MS(12)
#define NOISE_TIMES 7
#define NOISE_FIRST_US TACET_MS(5)
#define NOISE_SHARE_UP 32
#define NOISE_SHARE_DOWN 8
/* So long over the threshold is overuse; twice the threshold is at once. */
#define OVER_SLOTS 4

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a < 0 && a % b != 0 ? a / b - 1 : a / b;
}

/* Of the 10 s that have this number. A remainder of what is below zero would not follow on. */
static int64_t *base_of(struct tacet_delay_trend *d, int64_t number)
{
    return &d->bases_us[number - floor_divide(number, TACET_DELAY_BASES) * TACET_DELAY_BASES];
}

void tacet_delay_trend_init(struct tacet_delay_trend *d)
{
    *d = (struct tacet_delay_trend){
        .noise_us = NOISE_FIRST_US,
        .threshold_us = THRESHOLD_FLOOR_US + NOISE_TIMES * NOISE_FIRST_US,
        .calm = true,
    };
}

void tacet_delay_trend_begin_with(struct tacet_delay_trend *d, int64_t queue_us)
{
    d->first_queue_us = d->has_base ? 0 : queue_us;
}

static void add_base(struct tacet_delay_trend *d, int64_t delay_us)
{
    int64_t number = floor_divide(d->newest, BASE_SLOTS);

    if (!d->has_base || number - d->base_number >= TACET_DELAY_BASES) {
        for (int i = 0; i < TACET_DELAY_BASES; i++) {
            d->bases_us[i] = NONE;
        }
        d->base_number = number;
        d->has_base = true;
    }
    while (d->base_number < number) {
        d->base_number++;
        *base_of(d, d->base_number) = NONE;
    }
    int64_t *base = base_of(d, number);
    *base = delay_us < *base ? delay_us : *base;
}

void tacet_delay_trend_add(struct tacet_delay_trend *d, int64_t sent_at_us, int64_t arrived_at_us)
{
    int64_t number = floor_divide(arrived_at_us, SLOT_US);

    if (!d->started) {
        d->origin_us = arrived_at_us - sent_at_us;
        d->newest = number;
    }
    int64_t delay_us = arrived_at_us - sent_at_us - d->origin_us;
    d->started = true;
    d->newest = number > d->newest ? number : d->newest;

    struct tacet_delay_slot *slot = &d->slots[(uint64_t)number % TACET_DELAY_SLOTS];
    if (slot->used && slot->number > number) {
        return; /* late by more than everything that is looked at */
    }
    if (!slot->used || slot->number < number || delay_us < slot->delay_us) {
        *slot = (struct tacet_delay_slot){ .number = number, .delay_us = delay_us, .used = true };
    }
}

/* The slot so many before the newest, or NULL where nothing arrived in it. */
static const struct tacet_delay_slot *slot_before(const struct tacet_delay_trend *d, int64_t back)
{
    int64_t number = d->newest - back;
    const struct tacet_delay_slot *slot = &d->slots[(uint64_t)number % TACET_DELAY_SLOTS];

    return slot->used && slot->number == number ? slot : NULL;
}

static int64_t short_least(const struct tacet_delay_trend *d)
{
    int64_t least = NONE;
    int found = 0;

    for (int64_t back = 0; back < SHORT_SLOTS_MAX; back++) {
        const struct tacet_delay_slot *slot = slot_before(d, back);
        if (back >= SHORT_SLOTS && found >= SHORT_LEAST) {
            break;
        }
        if (slot != NULL) {
            found++;
            least = slot->delay_us < least ? slot->delay_us : least;
        }
    }
    return least;
}

static int64_t long_least(const struct tacet_delay_trend *d)
{
    int64_t least = NONE;

    for (int i = 0; i < TACET_DELAY_BASES; i++) {
        least = d->bases_us[i] < least ? d->bases_us[i] : least;
    }
    return least;
}

/* Least squares through the slots, x in slots. The delays count from one of them: what a peer tells
 * of its clock may be as large as it likes. */
static int64_t slope(const struct tacet_delay_trend *d)
{
    int64_t origin_us = slot_before(d, 0)->delay_us;
    int64_t n = 0;
    int64_t x = 0;
    int64_t y = 0;
    int64_t xx = 0;
    int64_t xy = 0;

    for (int64_t back = 0; back < TREND_SLOTS; back++) {
        const struct tacet_delay_slot *slot = slot_before(d, back);
        if (slot != NULL) {
            int64_t at = TREND_SLOTS - back;
            n++;
            x += at;
            int64_t delay_us = slot->delay_us - origin_us;
            y += delay_us;
            xx += at * at;
            xy += at * delay_us;
        }
    }
    int64_t below = n * xx - x * x;
    if (n < TREND_LEAST || below == 0) {
        return 0;
    }
    return (n * xy - x * y) * (TACET_S(1) / SLOT_US) / below;
}

/* From one 100 ms to the next: how low it lies, and how much it varies. What a queue does to that
 * is cut at the threshold. */
static void follow(struct tacet_delay_trend *d, int64_t least_us)
{
    if (!d->has_base) {
        d->smooth_us = least_us;
        d->before_us = least_us;
        d->before_slot = d->newest;
        add_base(d, least_us - d->first_queue_us);
        d->assumed = d->first_queue_us > 0;
        d->proven_us = least_us - d->first_queue_us / 2;
        d->seen_us = least_us;
        return;
    }
    if (d->newest - d->before_slot < SHORT_SLOTS) {
        return;
    }
    d->smooth_us += (least_us - d->smooth_us) / SMOOTH_SHARE;
    d->seen_us = d->smooth_us < d->seen_us ? d->smooth_us : d->seen_us;
    add_base(d, d->smooth_us);
    int64_t apart = least_us > d->before_us ? least_us - d->before_us : d->before_us - least_us;
    apart = apart < d->threshold_us ? apart : d->threshold_us;
    if (!d->overuse) {
        d->noise_us +=
            (apart - d->noise_us) / (apart > d->noise_us ? NOISE_SHARE_UP : NOISE_SHARE_DOWN);
    }
    d->before_us = least_us;
    d->before_slot = d->newest;
    d->threshold_us = tacet_clamp(THRESHOLD_FLOOR_US + NOISE_TIMES * d->noise_us, THRESHOLD_MIN_US,
                                  THRESHOLD_MAX_US) +
                      d->foreign_us;
}

void tacet_delay_trend_update(struct tacet_delay_trend *d)
{
    if (!d->started) {
        return;
    }
    int64_t least_us = short_least(d);

    assert(least_us != NONE);
    follow(d, least_us);
    d->assumed = d->assumed && least_us > d->proven_us;
    int64_t base_us = long_least(d);
    assert(base_us != NONE);
    d->level_us = least_us;
    d->queue_us = least_us > base_us ? least_us - base_us : 0;
    d->slope_us_per_s = slope(d);
    int64_t ahead =
        tacet_clamp(d->slope_us_per_s * LEAD_PERCENT_OF_S / 100, -LEAD_MAX_US, LEAD_MAX_US);
    int64_t signal = d->queue_us + ahead;
    if (signal > d->threshold_us && !d->over) {
        d->over_since = d->newest;
    }
    d->over = signal > d->threshold_us;
    d->overuse =
        d->over && (signal > 2 * d->threshold_us || d->newest - d->over_since >= OVER_SLOTS);
    d->calm = d->queue_us < d->threshold_us * 7 / 10 && signal < d->threshold_us;
}

void tacet_delay_trend_accept(struct tacet_delay_trend *d)
{
    for (int i = 0; i < TACET_DELAY_BASES; i++) {
        d->bases_us[i] = NONE;
    }
    if (d->assumed) {
        add_base(d, d->seen_us);
    } else {
        d->smooth_us = d->before_us;
        add_base(d, d->smooth_us);
    }
    d->queue_us = 0;
    d->assumed = false;
    d->over = false;
    d->overuse = false;
    d->calm = true;
}

int64_t tacet_delay_trend_over_us(const struct tacet_delay_trend *d)
{
    return d->over ? (d->newest - d->over_since) * SLOT_US : 0;
}
