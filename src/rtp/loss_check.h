/*
 * Whether what is lost is lost to chance or to our own rate. Random loss (a radio link) does not
 * care how much is sent, and to yield to it would help nobody; a policer or a very short queue
 * drops what is too much, and no delay tells of it.
 *
 * The share lost while the queue is empty is taken for the way's own. When it rises beyond what
 * chance explains, and now and then while it is high, the question is put to the way: for a moment
 * less is sent. Loss that falls with the rate and rises with it again was ours. Where far more is
 * lost than any way loses by itself, and not for a moment, nothing is asked: what got through is
 * what the way carries. Nor where the answer is there already: of far more that was sent no more
 * arrived, or no more than the way is known to carry otherwise.
 */
#ifndef TACET_RTP_LOSS_CHECK_H
#define TACET_RTP_LOSS_CHECK_H

#include "rtp/loss_plateau.h"
#include "rtp/loss_window.h"

enum tacet_loss_state {
    TACET_LOSS_UNKNOWN,
    TACET_LOSS_STEADY,
    TACET_LOSS_CHECKING,  /* less is sent, to see what it does ... */
    TACET_LOSS_CONFIRMING /* ... and then as much as before, for losses come in bursts by chance */
};

struct tacet_loss_check {
    enum tacet_loss_state state;
    struct tacet_loss_window window;  /* under way */
    int32_t own_permille;             /* the way's own loss ... */
    int32_t windows;                  /* ... learned from so many */
    int32_t extremes;                 /* windows on end that lost more than any way by itself */
    struct tacet_loss_window drowned; /* windows on end of which next to nothing arrived ... */
    int32_t drowned_windows;          /* ... and how many */
    int32_t least_permille;           /* that a window has ever lost */
    struct tacet_loss_plateau plateau;
    int32_t over_permille; /* lost where that was too much the last time; 0: it never was */
    int64_t trains_bps;    /* what trains of packets tell of it; 0: nothing */
    int32_t crowded; /* windows on end that sent far more than that, and of which that arrived */
    int64_t capacity_bps;     /* that the way is thought to have; 0: nothing is known */
    int32_t suspicions;       /* windows on end that lost more than chance explains */
    int32_t suspect_permille; /* what is being checked */
    int32_t lowered_permille; /* what was lost at the lower rate */
    int64_t suspect_bps;      /* what arrived before */
    int64_t since_us;         /* only what is sent after this counts; own clock */
    int64_t next_check_us;    /* of a loss that has been high all along */
    int64_t apart_us;         /* ... and the time to the one after it */
};

enum tacet_loss_verdict {
    TACET_LOSS_NOTHING,
    TACET_LOSS_OURS, /* suspect_bps is what the way lets through */
    TACET_LOSS_ROOM  /* the way is not as narrow as it was thought to be */
};

void tacet_loss_check_init(struct tacet_loss_check *l);
/* Before anything was sent: the way is thought to carry no more than that. What is lost where as
 * much arrives is lost at its queue, until that has been refuted. */
void tacet_loss_check_begin_with(struct tacet_loss_check *l, int64_t capacity_bps);
/* What trains of packets tell of the way (dispersion.h); 0: nothing. Where far more is sent, and
 * that arrives, the rest is lost at its queue. */
void tacet_loss_check_set_trains(struct tacet_loss_check *l, int64_t trains_bps);
/* In the order of sending. */
void tacet_loss_check_add(struct tacet_loss_check *l, const struct tacet_packet_result *result);
/* `calm`: there is no queue. */
enum tacet_loss_verdict tacet_loss_check_update(struct tacet_loss_check *l, int64_t now, bool calm);
/* So many of these were lost, and it has been found otherwise that the way does so by itself. */
void tacet_loss_check_teach(struct tacet_loss_check *l, int64_t now, int64_t sent, int64_t lost);
/* The share of the estimate to be sent for the moment; 1000: all. */
int32_t tacet_loss_check_share(const struct tacet_loss_check *l);
/* A check is under way: the rate had better stay as it is. */
bool tacet_loss_check_active(const struct tacet_loss_check *l);
/* There is another reason to send less: a check would not be told from it. */
void tacet_loss_check_cancel(struct tacet_loss_check *l, int64_t now);

#endif
