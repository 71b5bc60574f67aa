/* See playout_pace.h. */
#include "media/playout_pace.h"

#include "base/limits.h"
#include "media/stretch.h"

/* Before so many frames have come, little is known: aim at something that most networks need. */
#define FRAMES_KNOWN 50
#define UNKNOWN_US TACET_MS(30)
#define BLOCK_US TACET_MS(10)
#define BLOCK_SAMPLES 480
#define SPARE_MARGIN_US TACET_MS(2) /* that is kept of what is spare */
#define LITTLE_SPARE 4 /* less of a target than one in so many parts stays: it is needed soon */
#define MUCH_SAMPLES 960
#define VERY_MUCH_SAMPLES 2400
#define WATCH_MIN_US TACET_MS(500)
#define REGRET_US TACET_MS(5) /* that a larger delay would save */
#define HOLD 4                /* a stretch is at most a quarter of what is played */
#define ALIKE_LEAST 600       /* where nothing better is found for long ... */
#define ALIKE_STEP 20         /* ... it is asked for a little less each time */

void tacet_pace_init(struct tacet_pace *pace)
{
    *pace = (struct tacet_pace){ .target_us = UNKNOWN_US, .alike_permille = TACET_STRETCH_ALIKE };
    tacet_lateness_init(&pace->lateness);
}

void tacet_pace_aim(struct tacet_pace *pace)
{
    int64_t least_us = pace->lateness.bin_count < FRAMES_KNOWN ? UNKNOWN_US : TACET_PLAYOUT_MIN_US;
    int64_t target_us =
        tacet_lateness_target_us(&pace->lateness, pace->target_us, TACET_PLAYOUT_MAX_US);
    int64_t shift_us = tacet_lateness_shift_us(&pace->lateness);

    /* A queue that builds up is not waited for until it has cost enough to be worth its delay. */
    least_us = least_us < pace->floor_us ? pace->floor_us : least_us;
    target_us = target_us < least_us ? least_us : target_us;
    pace->urgent = shift_us > target_us;
    target_us = pace->urgent ? shift_us + target_us / 2 : target_us;
    pace->target_us = target_us < TACET_PLAYOUT_MAX_US ? target_us : TACET_PLAYOUT_MAX_US;
}

void tacet_pace_begin(struct tacet_pace *pace, int64_t now)
{
    pace->slack_count = 0;
    pace->spare_since_us = now;
    pace->much_since_us = now;
    pace->very_much_since_us = now;
    pace->growing = false;
    pace->shrinking = false;
    pace->hold_until_us = now;
    pace->alike_permille = TACET_STRETCH_ALIKE;
}

static int64_t least_slack(const struct tacet_pace *pace)
{
    uint32_t count = pace->slack_count < TACET_PACE_RECENT ? pace->slack_count : TACET_PACE_RECENT;
    int64_t least = pace->slacks_us[0];

    for (uint32_t i = 1; i < count; i++) {
        least = pace->slacks_us[i] < least ? pace->slacks_us[i] : least;
    }
    return least;
}

/* How many samples can go so that no frame is asked for before the target. */
static int64_t spare_samples(const struct tacet_pace *pace, const struct tacet_playout_pull *pull,
                             int64_t slack_us)
{
    int64_t spare_us = slack_us - pace->target_us - SPARE_MARGIN_US;
    int64_t blocks = spare_us > 0 ? spare_us / BLOCK_US : 0;

    /* Where a device holds more or less from pull to pull, its blocks are not ours. */
    return blocks * BLOCK_SAMPLES + (pull->queued == 0 ? pull->filled % BLOCK_SAMPLES : 0);
}

/* Whether frames come too late for this slack, so often that it is worth changing; or it is clearly
 * less than what was asked for. */
static bool too_little(const struct tacet_pace *pace, int64_t slack_us)
{
    return slack_us < TACET_PLAYOUT_MIN_US || slack_us < pace->floor_us - REGRET_US ||
           (slack_us < pace->target_us &&
            tacet_lateness_cost_us(&pace->lateness, slack_us) -
                    tacet_lateness_cost_us(&pace->lateness, pace->target_us) >
                REGRET_US);
}

static bool since(int64_t since_us, int64_t now, int64_t watch_us)
{
    return now - since_us >= (watch_us > WATCH_MIN_US ? watch_us : WATCH_MIN_US);
}

/* Whether it can be less: very much soon, a little only after a while, and then all that can go.
 * A large target is as large as it is by chance, too: what is above it is watched for longer. */
static bool watch_spare(struct tacet_pace *pace, int64_t now, int64_t spare)
{
    int64_t target_us = pace->target_us;
    int64_t little = pace->shrinking ? 0 : target_us * 6 / 125 / LITTLE_SPARE;

    if (spare < TACET_STRETCH_LAG_MIN || spare < little) {
        pace->spare_since_us = now;
        pace->shrinking = false;
    }
    pace->much_since_us = spare < MUCH_SAMPLES ? now : pace->much_since_us;
    pace->very_much_since_us = spare < VERY_MUCH_SAMPLES ? now : pace->very_much_since_us;
    pace->shrinking = pace->shrinking || since(pace->spare_since_us, now, 200 * target_us) ||
                      since(pace->much_since_us, now, 20 * target_us) ||
                      since(pace->very_much_since_us, now, 0);
    return pace->shrinking;
}

int32_t tacet_pace_stretch(struct tacet_pace *pace, const struct tacet_playout_pull *pull,
                           int64_t slack_us)
{
    pace->slacks_us[pace->slack_count % TACET_PACE_RECENT] = slack_us;
    pace->slack_count++;
    int64_t least_us = least_slack(pace);
    bool grow = pace->growing ? least_us < pace->target_us : too_little(pace, least_us);
    int64_t spare = grow ? 0 : spare_samples(pace, pull, least_us);
    bool shrink = watch_spare(pace, pull->now, spare);
    pace->growing = grow;
    if (!grow && !shrink) {
        pace->alike_permille = TACET_STRETCH_ALIKE;
    }
    if (pace->urgent && slack_us < pace->target_us) {
        pace->growing = true;
        pace->alike_permille = ALIKE_LEAST;
        return TACET_STRETCH_LAG_MAX;
    }
    if (pull->now < pace->hold_until_us || (!grow && !shrink)) {
        return 0;
    }
    if (grow) {
        return TACET_STRETCH_LAG_MAX;
    }
    return spare < TACET_STRETCH_LAG_MAX ? (int32_t)-spare : -TACET_STRETCH_LAG_MAX;
}

void tacet_pace_on_stretched(struct tacet_pace *pace, int64_t now, int32_t samples)
{
    if (samples == 0) {
        int32_t less = pace->alike_permille - ALIKE_STEP;
        pace->alike_permille = less < ALIKE_LEAST ? ALIKE_LEAST : less;
        return;
    }
    int64_t length_us = (int64_t)(samples > 0 ? samples : -samples) * 125 / 6;
    pace->hold_until_us = now + HOLD * length_us;
    pace->slack_count = 0; /* all before was at another pace */
}
