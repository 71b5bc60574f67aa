/*
 * See repair.h. What is lost, and in what runs, is measured in loss.h.
 *
 * How a video frame is kept from being missed, by measure (50 ms +-20 each way, both ways lossy):
 *
 *   - Repairs (fec.h) come with the frame and with the four behind it: a picture that stands
 *     for 150 ms is a freeze, and a question and its answer take about that long. They are made as
 *     many as leave something lacking in that time in one case of a thousand, and more where much
 *     is lost, by the square of the loss: there the last thousandth is dear, and what it costs is
 *     missing in every picture.
 *   - Chance is more even over many packets than over few: a frame that fits one packet is cut in
 *     two where that saves more repairs than it costs headers. Of 600 kbit/s with 20 % lost, the
 *     picture has a sixth more.
 *   - What repairs do not make good is missing for a round trip at least. So the longer that is,
 *     the more of them.
 *   - Retransmission costs only what was lost, so it does all where three round trips fit into the
 *     time, most where one does, and the rest where none does. The receiver asks (nack.h); it
 *     leaves out what repairs promise.
 *   - A key frame costs as much as five to ten frames, and all after it stands on it: it is
 *     protected so that one in five hundred has to wait for a retransmission.
 *   - Without loss nothing of this is sent, but for the first reports' time: nobody knows yet. Nor
 *     where next to nothing is lost, unless retransmission is late: there each loss is a freeze.
 */
#include "rtp/repair.h"

#include "base/limits.h"
#include "rtp/fec.h"
#include "rtp/packet_result.h"

/* What makes a difference to an encoder. */
#define STEP_PERMILLE 20
#define NOTHING_PERMILLE 5
#define SHARE_STEP_PERMILLE 40
#define FADE_US TACET_MS(500) /* a quarter of the old counts goes each time */
#define FADE 4

/* Repairs cover the frames of this time, five at 30 a second: later ones come when the picture is
 * missed already. */
#define SPAN_US TACET_MS(145)
/* A question and its answer take a round trip, jitter and work, and most succeed (nack.h). Where so
 * many come before the picture is missed, so much more may be left to them; where three do, all. */
#define MISSED_US TACET_MS(110)
#define TURN_MARGIN_US TACET_MS(20)
#define TURNS_ENOUGH 3
static const double in_time[TURNS_ENOUGH] = { 1, 10, 30 };
/* How often the packets of that time may still lack something, at least and times the square of the
 * loss, if that costs a round trip of this time; and how often a key frame may. */
#define LEFT_LEAST 0.001
#define LEFT 0.3
#define LEFT_ROUND_TRIP_US TACET_MS(120)
#define LEFT_KEY 0.002
/* Where no retransmission is in time, losses of this much count. */
#define HARDLY_PERMILLE 1

/* What a packet costs beside the bytes that it carries: RTP, tag and MKI, UDP and IP, a payload's
 * descriptor or a repair's header. */
#define PACKET_BYTES (12 + 17 + TACET_UDP_OVERHEAD + 7)
/* Frames that fit a packet are cut in two if that saves so much. More pieces would save more, but
 * the last of many to arrive is late. */
#define HALVES_GAIN_PERCENT 5
#define HALF_PERCENT 55      /* a little more is not cut in three */
#define HALVED_LEAST 200     /* bytes of a frame: less is headers */
#define HALVES_US TACET_S(2) /* they stay: a window of packets of two sizes is dear */
#define PIECES_MOST 16       /* of a frame that is much larger than those before it */
/* Frames differ by about so much, and a repair is as large as the largest packet that it covers. */
#define FRAMES_DIFFER 0.25
#define FRAME_SHIFT 5

#define LOSS_MOST 0.5
/* Assumed until the first report; the way may be too narrow for more. */
#define LOSS_BEFORE_PERMILLE 80
#define LEFT_BEFORE 0.01
/* Mean runs below this are what independent losses give. */
#define BURST_MIN 1.6
#define BURST_MOST 6.0
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

bool tacet_repair_on_loss(struct tacet_repair *r, int64_t now, int32_t loss_permille,
                          int32_t burst_q8)
{
    r->reported = true;
    r->loss_permille = loss_permille;
    r->burst_q8 = burst_q8;
    if (now - r->faded_at_us >= FADE_US) {
        r->faded_at_us = now;
        r->media_bytes -= r->media_bytes / FADE;
        r->extra_bytes -= r->extra_bytes / FADE;
    }
    return apart(loss_permille, r->told_permille) >= STEP_PERMILLE ||
           (loss_permille < NOTHING_PERMILLE) != (r->told_permille < NOTHING_PERMILLE) ||
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

/*
 * The fewest repairs that leave no more than `left` of blocks of k packets lacking something. Runs
 * of b lost packets are taken for single losses of pieces that are b packets large: fewer and
 * heavier throws, so that more must be held ready for the same rest.
 */
static size_t repairs_for(size_t k, double p, double burst, double left)
{
    size_t pieces = (size_t)((double)k / burst + 0.999);
    size_t m = 0;

    while (m < 2 * pieces + 2 && tail(pieces, m, p) > left) {
        m++;
    }
    return (size_t)((double)m * burst + 0.5);
}

/* How often a span of frames may lack something for want of repairs. */
static double left_to_others(double p, int64_t turns, int64_t round_trip_us)
{
    double left = LEFT * p * p > LEFT_LEAST ? LEFT * p * p : LEFT_LEAST;

    return round_trip_us > LEFT_ROUND_TRIP_US
               ? left * (double)LEFT_ROUND_TRIP_US / (double)round_trip_us
               : left * in_time[turns];
}

/* What repairs are reckoned by. */
struct odds {
    double p;     /* of a packet to be lost */
    double burst; /* packets that go together */
    int64_t turns;
    bool repairs; /* are worth it */
};

static struct odds odds_of(const struct tacet_repair *r, int64_t round_trip_us)
{
    double p = r->reported ? r->loss_permille / 1000.0 : LOSS_BEFORE_PERMILLE / 1000.0;
    double burst = r->burst_q8 / 256.0 * (1 - p);
    int64_t turns = round_trip_us > 0 ? MISSED_US / (round_trip_us + TURN_MARGIN_US) : 0;
    int32_t from_permille = turns > 0 ? NOTHING_PERMILLE : HARDLY_PERMILLE;

    return (struct odds){
        .p = p < LOSS_MOST ? p : LOSS_MOST,
        .burst = burst < BURST_MIN    ? 1
                 : burst < BURST_MOST ? burst
                                      : BURST_MOST,
        .turns = turns,
        .repairs = turns < TURNS_ENOUGH && (!r->reported || r->loss_permille >= from_permille),
    };
}

/* For so many packets of a whole span. */
static size_t repairs_for_span(const struct tacet_repair *r, size_t k, const struct odds *odds,
                               int64_t round_trip_us)
{
    double left = r->reported ? left_to_others(odds->p, odds->turns, round_trip_us) : LEFT_BEFORE;

    return repairs_for(k, odds->p, odds->burst, left);
}

/* Bytes of a span of frames, each cut into n packets, with their repairs. */
static double span_bytes(const struct tacet_repair *r, size_t n, size_t frame,
                         const struct odds *odds, int64_t round_trip_us)
{
    size_t k = n * r->span;
    size_t m = repairs_for_span(r, k, odds, round_trip_us);

    double packet = (double)frame / (double)n;
    double largest = packet * (1 + FRAMES_DIFFER / (double)n);

    return (double)k * (packet + PACKET_BYTES) + (double)m * (largest + PACKET_BYTES);
}

static size_t piece_of(const struct tacet_repair *r, int64_t round_trip_us)
{
    struct odds odds = odds_of(r, round_trip_us);
    size_t frame = (size_t)(r->frame_bytes_q5 >> FRAME_SHIFT);

    if (!odds.repairs || frame < HALVED_LEAST || frame > TACET_FEC_PAYLOAD_MAX) {
        return TACET_FEC_PAYLOAD_MAX;
    }
    double whole = span_bytes(r, 1, frame, &odds, round_trip_us);
    double halves = span_bytes(r, 2, frame, &odds, round_trip_us);
    return halves * 100 < whole * (100 - HALVES_GAIN_PERCENT) ? frame * HALF_PERCENT / 100
                                                              : TACET_FEC_PAYLOAD_MAX;
}

size_t tacet_repair_piece(struct tacet_repair *r, int64_t now, int64_t round_trip_us, size_t size)
{
    r->frame_bytes_q5 += r->frame_bytes_q5 == 0
                             ? (int64_t)size << FRAME_SHIFT
                             : (int64_t)size - (r->frame_bytes_q5 >> FRAME_SHIFT);
    if (r->piece == 0 || now - r->piece_at_us >= HALVES_US) {
        r->piece = piece_of(r, round_trip_us);
        r->piece_at_us = now;
    }
    return size <= PIECES_MOST * r->piece ? r->piece : TACET_FEC_PAYLOAD_MAX;
}

size_t tacet_repair_fec_count(struct tacet_repair *r, size_t k, int64_t round_trip_us, bool key)
{
    struct odds odds = odds_of(r, round_trip_us);
    size_t m;

    if (!odds.repairs) {
        r->owed_q8 = 0;
        return 0;
    }
    if (key) {
        m = repairs_for(k, odds.p, odds.burst, in_time[odds.turns] * LEFT_KEY);
        r->owed_q8 = 0;
    } else {
        /* Those of the whole span in equal parts, one a frame, the fraction kept for the next. */
        size_t all = repairs_for_span(r, k * r->span, &odds, round_trip_us);
        r->owed_q8 += (int64_t)(all * 256 / r->span);
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
 * Which earlier payloads an audio packet repeats, by how much is lost, in permille, and by the mean
 * run of lost audio packets: so many packets back. What is lost for good is then about the loss to
 * the power of the repeats + 1. Where losses come in runs the repeats stand further back, for what
 * is lost together must be repeated apart; not further than a playout buffer waits. A clean way
 * costs nothing, but for the time until the first report says that it is one.
 *
 *     loss      runs below 1.6   below 2.6     longer
 *     <= 0.5 %  -                -             -
 *     <= 3 %    1                2             3
 *     <= 13 %   1 2              1 3           2 4
 *     <= 25 %   1 2 3            1 3 5         2 4 6
 *     above     1 2 3 4          1 2 4 6       1 3 5 7
 */
#define RED_RUNS 3
static const int32_t red_runs_q8[RED_RUNS - 1] = { 410, 666 };
static const struct {
    int32_t up_to;
    struct tacet_red_plan plans[RED_RUNS];
} red_table[] = {
    { 5, { { 0 }, { 0 }, { 0 } } },
    { 30, { { 1, { 1 } }, { 1, { 2 } }, { 1, { 3 } } } },
    { 130, { { 2, { 1, 2 } }, { 2, { 1, 3 } }, { 2, { 2, 4 } } } },
    { 250, { { 3, { 1, 2, 3 } }, { 3, { 1, 3, 5 } }, { 3, { 2, 4, 6 } } } },
    { 1000, { { 4, { 1, 2, 3, 4 } }, { 4, { 1, 2, 4, 6 } }, { 4, { 1, 3, 5, 7 } } } },
};

const struct tacet_red_plan *tacet_repair_red(const struct tacet_repair *r, int32_t audio_burst_q8,
                                              size_t depth_most)
{
    int32_t loss_permille = r->reported ? r->loss_permille : LOSS_BEFORE_PERMILLE;
    size_t row = 0;
    size_t runs = 0;

    while (loss_permille > red_table[row].up_to) {
        row++;
    }
    while (red_table[row].plans[0].count > depth_most) {
        row--; /* each repeats one more than the row above, the first nothing */
    }
    while (runs < RED_RUNS - 1 && audio_burst_q8 >= red_runs_q8[runs]) {
        runs++;
    }
    return &red_table[row].plans[runs];
}

int32_t tacet_repair_burst(const struct tacet_repair *r)
{
    return r->burst_q8 < 256 ? 1 : (r->burst_q8 + 128) / 256;
}

int32_t tacet_repair_tell(struct tacet_repair *r, size_t depth_most)
{
    int64_t left = r->loss_permille;

    r->told_permille = r->loss_permille;
    for (size_t i = tacet_repair_red(r, 0, depth_most)->count; i > 0; i--) {
        left = left * r->loss_permille / 1000;
    }
    return (int32_t)left;
}
