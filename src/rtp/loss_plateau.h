/*
 * Whether what arrives stays the same, however much is sent. Chance takes its share of more, too:
 * of so much more that is sent, more arrives. What lets through as much as before, and no more, is
 * full. Pure: fed with windows.
 */
#ifndef TACET_RTP_LOSS_PLATEAU_H
#define TACET_RTP_LOSS_PLATEAU_H

#include "rtp/loss_window.h"

#define TACET_LOSS_PLATEAU_WINDOWS 5

struct tacet_loss_plateau {
    struct tacet_loss_window seen[TACET_LOSS_PLATEAU_WINDOWS]; /* ring of the last ones */
    uint32_t seen_count;                                       /* since it was emptied */
};

/* Zero-initialised is empty. A full window, without an outage in it. */
void tacet_loss_plateau_add(struct tacet_loss_plateau *p, const struct tacet_loss_window *window);
/* Whether always as much arrived, however much was sent; and of what was sent more than the rest so
 * much more was lost that it is no chance. `newest_us`: windows that began long before it tell of
 * another time. */
bool tacet_loss_plateau_is_one(const struct tacet_loss_plateau *p, int64_t newest_us);

#endif
