/* See loss_window.h. */
#include "rtp/loss_window.h"

#include "base/limits.h"
#include "base/range.h"

#define OUTAGE_US TACET_MS(55) /* nothing passes: that is no matter of rates */
#define SIGMAS_SQUARED 9
#define CHANCE_LEAST_PERMILLE 10

void tacet_loss_window_add(struct tacet_loss_window *w, const struct tacet_packet_result *result)
{
    if (w->sent == 0) {
        w->begin_us = result->sent_at_us;
    }
    w->end_us = tacet_most(w->end_us, result->sent_at_us);
    w->sent++;
    w->bytes += result->size;
    if (result->lost) {
        w->run_began_us = w->last_lost ? w->run_began_us : result->sent_at_us;
        int64_t run_us = result->sent_at_us - w->run_began_us;
        w->longest_us = tacet_most(w->longest_us, run_us);
        w->spoilt |= run_us > OUTAGE_US;
        w->lost++;
        w->runs += !w->last_lost || w->runs == 0;
    }
    w->last_lost = result->lost;
}

void tacet_loss_window_restart(struct tacet_loss_window *w)
{
    *w = (struct tacet_loss_window){ .last_lost = w->last_lost, .run_began_us = w->run_began_us };
}

void tacet_loss_window_pool(struct tacet_loss_window *all, const struct tacet_loss_window *one)
{
    all->sent += one->sent;
    all->lost += one->lost;
    all->runs += one->runs;
}

int32_t tacet_loss_window_permille(const struct tacet_loss_window *w)
{
    return w->sent == 0 ? 0 : (int32_t)((uint64_t)w->lost * 1000 / w->sent);
}

int64_t tacet_loss_window_sent_bps(const struct tacet_loss_window *w)
{
    int64_t span_us = w->end_us - w->begin_us;

    return span_us <= 0 ? 0 : w->bytes * 8000000 / span_us;
}

int64_t tacet_loss_window_arrived_bps(const struct tacet_loss_window *w)
{
    return w->sent == 0 ? 0 : tacet_loss_window_sent_bps(w) * (w->sent - w->lost) / w->sent;
}

bool tacet_loss_window_beyond_chance(const struct tacet_loss_window *w, int32_t expected_permille)
{
    double p = (double)tacet_most(expected_permille, CHANCE_LEAST_PERMILLE) / 1000.0;
    double above = (double)w->lost - (double)w->sent * expected_permille / 1000.0 - 1;
    double run = w->runs == 0 ? 1 : (double)w->lost / (double)w->runs;

    return above > 0 &&
           above * above > SIGMAS_SQUARED * (double)w->sent * p * (1 - p) * (2 * run - 1);
}
