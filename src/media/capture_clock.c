/* See capture_clock.h. */
#include "media/capture_clock.h"

#include "base/limits.h"

/* The steps are below what tacet_playout takes for a gap (SLIP_SAMPLES), and one a second is 2000
 * ppm: no device's clock is that wrong. */
#define STEP_US TACET_MS(2)
#define APART_US TACET_MS(3)
#define STEP_EVERY_US TACET_S(1)
#define SMOOTH 512 /* reads; they come every 10 ms, in portions as a device likes */

void tacet_capture_clock_begin(struct tacet_capture_clock *c, int64_t now, bool follows)
{
    *c = (struct tacet_capture_clock){
        .follows = follows,
        .anchored = !follows,
        .anchor_us = now,
    };
}

static int64_t to_us(uint64_t samples)
{
    return (int64_t)(samples * 125 / 6);
}

static void move(struct tacet_capture_clock *c, int64_t now, int64_t by_us)
{
    c->anchor_us += by_us;
    c->ahead_us_q9 += by_us * SMOOTH;
    c->moved_at_us = now;
}

void tacet_capture_clock_on_samples(struct tacet_capture_clock *c, int64_t now, uint32_t count)
{
    c->samples += count;
    if (!c->follows) {
        return;
    }
    int64_t ahead_us = c->anchor_us + to_us(c->samples) - now;
    if (!c->anchored || ahead_us > TACET_RUNNER_REANCHOR_US ||
        ahead_us < -TACET_RUNNER_REANCHOR_US) {
        c->anchor_us -= ahead_us;
        c->ahead_us_q9 = 0;
        c->anchored = true;
        return;
    }
    c->ahead_us_q9 += ahead_us - c->ahead_us_q9 / SMOOTH;
    int64_t apart_us = c->ahead_us_q9 / SMOOTH;
    if (now - c->moved_at_us >= STEP_EVERY_US && (apart_us > APART_US || apart_us < -APART_US)) {
        move(c, now, apart_us > 0 ? -STEP_US : STEP_US);
    }
}

int64_t tacet_capture_clock_time(const struct tacet_capture_clock *c, uint32_t back)
{
    return c->anchor_us + to_us(c->samples - back);
}
