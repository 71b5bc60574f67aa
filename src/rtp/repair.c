/*
 * See repair.h. The estimate follows a rise quickly and a fall slowly: redundancy that comes too
 * late is heard, redundancy that stays a few seconds too long is not.
 */
#include "rtp/repair.h"

#define RISE 2  /* a report counts one half */
#define FALL 16 /* one sixteenth */

/* What makes a difference to an encoder. */
#define STEP_PERMILLE 20
#define NOTHING_PERMILLE 5

bool tacet_repair_on_report(struct tacet_repair *r, int32_t lost_permille)
{
    int32_t difference = lost_permille * 256 - r->loss_q8;

    r->loss_q8 += difference / (difference > 0 ? RISE : FALL);
    int32_t now = r->loss_q8 / 256;
    int32_t change = now > r->told_permille ? now - r->told_permille : r->told_permille - now;
    return change >= STEP_PERMILLE ||
           (now < NOTHING_PERMILLE) != (r->told_permille < NOTHING_PERMILLE);
}

/*
 * Up to this loss, in permille, so many repeats: what is lost for good is then about the loss to
 * the power of the depth + 1, below 0.5 % in every row. A clean way costs nothing.
 */
static const struct {
    int32_t up_to;
    size_t depth;
} red_table[] = {
    { 5, 0 }, { 50, 1 }, { 150, 2 }, { 250, 3 }, { 1000, 4 },
};

size_t tacet_repair_red_depth(const struct tacet_repair *r)
{
    size_t row = 0;

    while (r->loss_q8 / 256 > red_table[row].up_to) {
        row++;
    }
    return red_table[row].depth;
}

int32_t tacet_repair_tell(struct tacet_repair *r)
{
    int64_t left = r->loss_q8 / 256;

    r->told_permille = (int32_t)left;
    for (size_t i = tacet_repair_red_depth(r); i > 0; i--) {
        left = left * (r->loss_q8 / 256) / 1000;
    }
    return (int32_t)left;
}
