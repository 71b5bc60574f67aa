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

int32_t tacet_repair_tell(struct tacet_repair *r)
{
    r->told_permille = r->loss_q8 / 256;
    return r->told_permille;
}
