/*
 * See repair.h. The estimate follows a rise quickly and a fall slowly: redundancy that comes too
 * late is heard, redundancy that stays a few seconds too long is not.
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
/* How often a block may still lack something: then it is asked for. */
#define LEFT 0.01
#define LEFT_KEY 0.002
#define LOSS_MOST 0.5

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

    r->loss_q8 += difference / (difference > 0 ? RISE : FALL);
    r->media_bytes -= r->media_bytes / FADE;
    r->extra_bytes -= r->extra_bytes / FADE;
    int32_t now = r->loss_q8 / 256;
    return apart(now, r->told_permille) >= STEP_PERMILLE ||
           (now < NOTHING_PERMILLE) != (r->told_permille < NOTHING_PERMILLE) ||
           apart(share_permille(r), r->told_share_permille) >= SHARE_STEP_PERMILLE;
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

size_t tacet_repair_fec_count(const struct tacet_repair *r, size_t k, int64_t round_trip_us,
                              bool key)
{
    double p = r->loss_q8 / 256000.0;
    /* A frame of one packet may well need more than one repair. */
    size_t most = k + 2 < TACET_FEC_REPAIRS_MAX ? k + 2 : TACET_FEC_REPAIRS_MAX;
    size_t m = 0;

    if (r->loss_q8 < NOTHING_PERMILLE * 256 ||
        (round_trip_us > 0 && round_trip_us < RETRANSMISSION_IN_TIME_US)) {
        return 0;
    }
    p = p < LOSS_MOST ? p : LOSS_MOST;
    while (m < most && tail(k, m, p) > (key ? LEFT_KEY : LEFT)) {
        m++;
    }
    return m;
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
