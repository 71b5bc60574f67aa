/* What a laboratory has written down. */
#include "bwe_lab_flow.h"

#include "sim/world.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t rate_of(const int64_t *ticks, int64_t from_us, int64_t to_us)
{
    int64_t sum = 0;

    for (size_t i = lab_tick(from_us); i < lab_tick(to_us); i++) {
        sum += ticks[i];
    }
    return sum * 8 * 1000000 / (to_us - from_us);
}

int64_t lab_rate(const struct lab *lab, int flow, int64_t from_us, int64_t to_us)
{
    return rate_of(lab->flows[flow]->passed, from_us, to_us);
}

int64_t lab_sent_rate(const struct lab *lab, int flow, int64_t from_us, int64_t to_us)
{
    return rate_of(lab->flows[flow]->sent, from_us, to_us);
}

int64_t lab_estimate_mean(const struct lab *lab, int flow, int64_t from_us, int64_t to_us)
{
    int64_t sum = 0;
    int64_t count = 0;

    for (size_t i = lab_tick(from_us); i < lab_tick(to_us); i++) {
        sum += lab->flows[flow]->estimate[i];
        count++;
    }
    return sum / count;
}

int64_t lab_estimate_least(const struct lab *lab, int flow, int64_t from_us, int64_t to_us)
{
    int64_t least = INT64_MAX;

    for (size_t i = lab_tick(from_us); i < lab_tick(to_us); i++) {
        int64_t estimate = lab->flows[flow]->estimate[i];
        least = estimate < least ? estimate : least;
    }
    return least;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a;
    const int64_t *y = b;

    return (*x > *y) - (*x < *y);
}

int64_t lab_latency(const struct lab *lab, int flow, int64_t from_us, int64_t to_us, int percentile)
{
    const struct lab_flow *f = lab->flows[flow];
    int64_t *all = calloc(f->frame_count + 1, sizeof(*all));
    size_t count = 0;

    assert(all != NULL);
    for (uint32_t i = 0; i < f->frame_count; i++) {
        const struct lab_frame *frame = &f->frames[i];
        if (frame->captured_at_us >= from_us && frame->captured_at_us < to_us &&
            frame->complete_at_us > 0) {
            all[count++] = frame->complete_at_us - frame->captured_at_us;
        }
    }
    qsort(all, count, sizeof(*all), compare);
    size_t which = count * (size_t)percentile / 100;
    int64_t result = count == 0 ? INT64_MAX : all[which < count ? which : count - 1];
    free(all);
    return result;
}

int64_t lab_longest_above(const struct lab *lab, int flow, int64_t from_us, int64_t to_us,
                          int64_t rate_bps)
{
    int first = flow == LAB_ALL_FLOWS ? 0 : flow;
    int last = flow == LAB_ALL_FLOWS ? lab->config.flow_count - 1 : flow;
    int64_t longest = 0;
    int64_t on_end = 0;

    /* Over 300 ms each: a frame more or less in 100 ms is no rate. */
    for (size_t i = lab_tick(from_us) + 2; i < lab_tick(to_us); i++) {
        int64_t bytes = 0;
        for (int n = first; n <= last; n++) {
            const struct lab_flow *f = lab->flows[n];
            bytes += f->sent[i] + f->sent[i - 1] + f->sent[i - 2];
        }
        int64_t bps = bytes * 8 * 10 / 3;
        on_end = bps > rate_bps ? on_end + LAB_TICK_US : 0;
        longest = on_end > longest ? on_end : longest;
    }
    return longest;
}

int lab_lost_permille(const struct lab *lab, int flow, int64_t from_us, int64_t to_us)
{
    const struct lab_flow *f = lab->flows[flow];
    uint64_t lost = 0;
    uint64_t count = 0;

    for (size_t i = lab_tick(from_us); i < lab_tick(to_us); i++) {
        lost += f->lost[i];
        count += f->count[i];
    }
    return count == 0 ? 0 : (int)(lost * 1000 / count);
}

int64_t lab_reached(const struct lab *lab, int flow, int64_t from_us, int64_t bps)
{
    for (size_t i = lab_tick(from_us); i < LAB_TICKS; i++) {
        if (lab->flows[flow]->estimate[i] >= bps) {
            return (int64_t)i * LAB_TICK_US;
        }
    }
    return INT64_MAX;
}

void lab_print(const struct lab *lab, int64_t step_us)
{
    int64_t end = tacet_world_now(lab->world);

    for (int64_t t = 0; t + step_us <= end; t += step_us) {
        printf("%6.1f", (double)t / 1e6);
        for (int i = 0; i < lab->config.flow_count; i++) {
            const struct lab_flow *f = lab->flows[i];
            printf(" | est %5lld tgt %5lld sent %5lld out %5lld q %4lld lost %3d",
                   (long long)f->estimate[lab_tick(t)] / 1000,
                   (long long)f->target[lab_tick(t)] / 1000,
                   (long long)lab_sent_rate(lab, i, t, t + step_us) / 1000,
                   (long long)lab_rate(lab, i, t, t + step_us) / 1000,
                   (long long)f->queue[lab_tick(t)] / 1000,
                   lab_lost_permille(lab, i, t, t + step_us));
        }
        printf("\n");
    }
}
