/* See loss_plateau.h. */
#include "rtp/loss_plateau.h"

#include "base/limits.h"
#include "base/range.h"

#include <stddef.h>

#define SENT_PERCENT 140
#define ARRIVED_PERCENT 118
#define SPAN_US TACET_S(10)
#define RISE_PERMILLE 50

void tacet_loss_plateau_add(struct tacet_loss_plateau *p, const struct tacet_loss_window *window)
{
    p->seen[p->seen_count++ % TACET_LOSS_PLATEAU_WINDOWS] = *window;
}

/* Rates that were seen. */
struct bounds {
    int64_t least_bps;
    int64_t most_bps;
};

static void widen(struct bounds *b, int64_t bps, bool first)
{
    b->least_bps = first ? bps : tacet_least(b->least_bps, bps);
    b->most_bps = first ? bps : tacet_most(b->most_bps, bps);
}

bool tacet_loss_plateau_is_one(const struct tacet_loss_plateau *p, int64_t newest_us)
{
    struct tacet_loss_window more = { 0 };
    struct tacet_loss_window less = { 0 };
    struct bounds sent = { 0 };
    struct bounds arrived = { 0 };

    if (p->seen_count < TACET_LOSS_PLATEAU_WINDOWS) {
        return false;
    }
    for (size_t i = 0; i < TACET_LOSS_PLATEAU_WINDOWS; i++) {
        if (newest_us - p->seen[i].begin_us > SPAN_US) {
            return false;
        }
        widen(&sent, tacet_loss_window_sent_bps(&p->seen[i]), i == 0);
        widen(&arrived, tacet_loss_window_arrived_bps(&p->seen[i]), i == 0);
    }
    for (size_t i = 0; i < TACET_LOSS_PLATEAU_WINDOWS; i++) {
        bool above = 2 * tacet_loss_window_sent_bps(&p->seen[i]) > sent.least_bps + sent.most_bps;
        tacet_loss_window_pool(above ? &more : &less, &p->seen[i]);
    }
    return sent.most_bps * 100 > sent.least_bps * SENT_PERCENT &&
           arrived.most_bps * 100 < arrived.least_bps * ARRIVED_PERCENT &&
           tacet_loss_window_beyond_chance(&more,
                                           tacet_loss_window_permille(&less) + RISE_PERMILLE);
}
