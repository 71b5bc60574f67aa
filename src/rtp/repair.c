/*
 * See repair.h. The estimate follows a rise quickly and a fall slowly: redundancy that comes too
 * late is heard, redundancy that stays a few seconds too long is not.
 *
 * How a video frame is kept from being missed, by measure (50 ms +-20 each way, both ways lossy):
 *
 *   - Repairs (fec.h) come with the frame and with those of the next 100 ms. They are made as many
 *     as leave one frame in fifty to other ways: a picture that stands for 150 ms is a freeze, and
 * a question and its answer take about that long.
 *   - Retransmission costs only what was lost, so it does all where a round trip is short, and the
 *     rest where it is not. The receiver asks (nack.h); it leaves out what repairs promise.
 *   - A key frame costs as much as five to ten frames, and all after it stands on it: it is
 *     protected so that one in five hundred has to wait for a retransmission.
 *   - Without loss nothing of this is sent, but for the first reports' time: nobody knows yet.
 */
#include "rtp/repair.h"

#include "base/limits.h"

#define RISE 2  /* a report counts one half */
#define FALL 16 /* one sixteenth */

/* What makes a difference to an encoder. */
#define STEP_PERMILLE 20
#define NOTHING_PERMILLE 5
#define SHARE_STEP_PERMILLE 40
#define FADE 4 /* a quarter of the old counts goes with each report */

/* Below this round trip a packet that is asked for comes before a picture is missed. */
#define RETRANSMISSION_IN_TIME_US TACET_MS(30)
/* Repairs cover the frames of this time: later ones come when the picture is missed already. */
#define SPAN_US TACET_MS(110)
/* How often the packets of that time, or a key frame, may still lack something. */
#define LEFT 0.02
#define LEFT_KEY 0.002
#define LOSS_MOST 0.5
#define LOSS_BEFORE 0.08 /* assumed until the first report */
/* Of the budget, what may go into retransmissions at a time. */
#define RESEND_US TACET_MS(250)

/* The share of video's bytes that is repair. */
static int32_t share_permille(const struct tacet_repair *r)
{
    int64_t all = r->media_bytes + r->extra_bytes;

    return all == 0 ? 0 : (int32_t)(r->extra_bytes * 1000 / all);
}

static int32_t apart(int32_t a, int32_t b)
{
    return a > b ? a - b : b - a;
}

bool tacet_repair_on_report(struct tacet_repair *r, int32_t lost_permille)
{
    int32_t difference = lost_permille * 256 - r->loss_q8;

    r->loss_q8 += difference / (!r->reported ? 1 : difference > 0 ? RISE : FALL);
    r->reported = true;
    r->media_bytes -= r->media_bytes / FADE;
    r->extra_bytes -= r->extra_bytes / FADE;
    int32_t now = r->loss_q8 / 256;
    return apart(now, r->told_permille) >= STEP_PERMILLE ||
           (now < NOTHING_PERMILLE) != (r->told_permille < NOTHING_PERMILLE) ||
           apart(share_permille(r), r->told_share_permille) >= SHARE_STEP_PERMILLE;
}

int32_t tacet_repair_loss_permille(const struct tacet_repair *r)
{
    return r->loss_q8 / 256;
}

void tacet_repair_on_sent(struct tacet_repair *r, size_t media, size_t extra)
{
    r->media_bytes += (int64_t)media;
    r->extra_bytes += (int64_t)extra;
}

int32_t tacet_repair_media_bps(struct tacet_repair *r, int32_t budget_bps)
{
    r->told_share_permille = share_permille(r);
    return (int32_t)((int64_t)budget_bps * (1000 - r->told_share_permille) / 1000);
}

/* The chance that more than m of k + m packets are lost, each by itself with chance p. */
static double tail(size_t k, size_t m, double p)
{
    size_t n = k + m;
    double term = 1; /* exactly i lost, from i = 0 on */
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        term *= 1 - p;
    }
    for (size_t i = 0; i <= m; i++) {
        sum += term;
        term *= (double)(n - i) / (double)(i + 1) * p / (1 - p);
    }
    return 1 - sum;
}

uint64_t tacet_repair_on_frame(struct tacet_repair *r, int64_t now, uint64_t first, bool key)
{
    /* What was before a key frame is of no use once that is there. */
    r->frame_count = key ? 0 : r->frame_count;
    for (size_t i = TACET_REPAIR_FRAMES - 1; i > 0; i--) {
        r->frames[i] = r->frames[i - 1];
    }
    r->frames[0].first = first;
    r->frames[0].at_us = now;
    r->frame_count += r->frame_count < TACET_REPAIR_FRAMES;
    r->span = 1;
    while (r->span < r->frame_count && now - r->frames[r->span].at_us < SPAN_US) {
        r->span++;
    }
    return r->frames[r->span - 1].first;
}

/* The fewest repairs that leave no more than `left` of blocks of k packets lacking something. */
static size_t repairs_for(size_t k, double p, double left)
{
    size_t m = 0;

    while (m < 2 * k + 2 && tail(k, m, p) > left) {
        m++;
    }
    return m;
}

size_t tacet_repair_fec_count(struct tacet_repair *r, size_t k, int64_t round_trip_us, bool key)
{
    double p = r->reported ? r->loss_q8 / 256000.0 : LOSS_BEFORE;
    size_t m;

    if ((r->reported && r->loss_q8 < NOTHING_PERMILLE * 256) ||
        (round_trip_us > 0 && round_trip_us < RETRANSMISSION_IN_TIME_US)) {
        r->owed_q8 = 0;
        return 0;
    }
    p = p < LOSS_MOST ? p : LOSS_MOST;
    if (key) {
        m = repairs_for(k, p, LEFT_KEY);
        r->owed_q8 = 0;
    } else {
        /* Those of the whole span in equal parts, one a frame, the fraction kept for the next. */
        r->owed_q8 += (int64_t)(repairs_for(k * r->span, p, LEFT) * 256 / r->span);
        m = (size_t)(r->owed_q8 / 256);
        r->owed_q8 %= 256;
    }
    return m < TACET_FEC_REPAIRS_MAX ? m : TACET_FEC_REPAIRS_MAX;
}

bool tacet_repair_may_resend(struct tacet_repair *r, int64_t now, int32_t budget_bps, size_t size)
{
    int64_t most = RESEND_US * budget_bps / 8000000;
    int64_t since = now - r->resend_at_us < RESEND_US ? now - r->resend_at_us : RESEND_US;
    int64_t credit = r->resend_credit + since * budget_bps / 8000000;

    r->resend_credit = credit < most ? credit : most;
    r->resend_at_us = now;
    if (r->resend_credit < (int64_t)size) {
        return false;
    }
    r->resend_credit -= (int64_t)size;
    return true;
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
