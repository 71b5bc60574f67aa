/* What the senders are told of their packets, against what the network has done to them. */
#include "scenario.h"

#include "call/call.h"
#include "sim/rng.h"

#include <stdlib.h>
#include <string.h>

#define PACKETS_MAX 16384 /* of one stream */

/* Loses packets itself, so that it knows which: RTP and RTCP alike, both ways. */
struct tap {
    struct tacet_rng chance;
    int32_t loss_permille;
    bool rtcp_blocked[2]; /* none of this party's RTCP comes through */
    uint64_t sent[2];
    uint64_t lost[2];
    uint8_t fate[2][TACET_SSRC_KIND_COUNT][PACKETS_MAX]; /* 1: sent, 2: lost; by seq - first */
    uint64_t reports[2];
    uint64_t report_bytes[2];
    uint64_t rtp_bytes[2];
};

static struct tap tap;

static struct tacet_rtp_session *session_of(struct tacet_harness *h, enum tacet_harness_party party)
{
    return tacet_harness_call(h, party)->session;
}

/* What became of it: the place by its sequence number. */
static uint8_t *fate_of(struct tacet_harness *h, enum tacet_harness_party from,
                        const struct tacet_packet *packet)
{
    const struct tacet_rtp_session *s = session_of(h, from);
    uint16_t seq = (uint16_t)(packet->data[2] << 8 | packet->data[3]);
    uint32_t ssrc = 0;

    tacet_expect(tacet_rtp_ssrc(packet->data, packet->size, false, &ssrc));
    for (int i = 0; i < TACET_SSRC_KIND_COUNT; i++) {
        if (s->sent_log->streams[i].ssrc == ssrc) {
            return &tap.fate[from][i][seq % PACKETS_MAX];
        }
    }
    tacet_expect(false);
    return NULL;
}

static bool on_packet(struct tacet_watch *watch, struct tacet_harness *h,
                      enum tacet_harness_party from, struct tacet_packet *packet)
{
    bool lost = tacet_rng_permille(&tap.chance, tap.loss_permille);

    (void)watch;
    if (packet->data[0] < 128) {
        return true;
    }
    if (packet->data[1] >= 192 && packet->data[1] <= 223) {
        bool report =
            packet->data[1] == TACET_RTCP_RTPFB && (packet->data[0] & 0x1f) == TACET_RTPFB_CCFB;
        tap.reports[from] += report;
        tap.report_bytes[from] += report ? packet->size + 28 : 0;
        return !lost && !tap.rtcp_blocked[from];
    }
    tap.sent[from]++;
    tap.lost[from] += lost;
    tap.rtp_bytes[from] += packet->size + 28;
    *fate_of(h, from, packet) = lost ? 2 : 1;
    return !lost;
}

static struct tacet_harness *begin(struct tacet_watch *watch, uint64_t seed, int32_t loss_permille,
                                   const struct tacet_link_config *link)
{
    struct tacet_harness_config config;

    memset(&tap, 0, sizeof(tap));
    tacet_rng_seed(&tap.chance, seed, 77);
    tap.loss_permille = loss_permille;
    tacet_watch_init(watch, &config, seed);
    watch->on_packet = on_packet;
    config.link[0] = *link;
    config.link[1] = *link;
    return tacet_watch_dial(&config);
}

static uint64_t all_told(const struct tacet_rtp_session *s, uint64_t *ret_lost)
{
    uint64_t told = 0;

    *ret_lost = 0;
    for (int i = 0; i < TACET_SSRC_KIND_COUNT; i++) {
        told += s->told[i].arrived + s->told[i].lost;
        *ret_lost += s->told[i].lost;
    }
    return told;
}

/* Each packet but those still under way was told once; what was told of the last 4096 is true. */
static void expect_told(struct tacet_harness *h, enum tacet_harness_party party,
                        uint64_t *ret_unreported)
{
    struct tacet_rtp_session *s = session_of(h, party);
    struct tacet_sent_log *log = s->sent_log;
    int64_t now = tacet_harness_clock(h);
    uint64_t open = 0, wrong = 0, lost;
    uint64_t oldest = log->next > TACET_SENT_LOG_PACKETS ? log->next - TACET_SENT_LOG_PACKETS : 0;

    *ret_unreported = 0;
    for (uint64_t i = oldest; i < log->next; i++) {
        const struct tacet_sent_packet *p = &log->packets[i % TACET_SENT_LOG_PACKETS];
        const struct tacet_packet_result *r = &p->result;
        open += !p->told;
        tacet_expect(p->told || r->sent_at_us > now - TACET_MILLIS(800));
        uint8_t fate = tap.fate[party][r->stream][(uint16_t)r->seq % PACKETS_MAX];
        tacet_expect(fate != 0);
        tacet_expect(!p->told || r->lost || fate == 1);
        wrong += p->told && r->lost && !r->unreported && !p->came_late && fate != 2;
        *ret_unreported += r->unreported;
    }
    /* The last of a stream that then falls silent, all of its reports lost; and one that has come
     * late since the last report. */
    tacet_expect(wrong <= 4);
    tacet_expect(log->next == tap.sent[party]);
    tacet_expect(log->counts.forgotten == 0);
    tacet_expect(all_told(s, &lost) + open == tap.sent[party]);
    tacet_expect(log->counts.arrived + log->counts.lost + open == tap.sent[party]);
}

static void each_packet_is_told_once(uint64_t seed)
{
    static const int32_t rows[] = { 0, 50, 100, 200, 300 };

    for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
        struct tacet_link_config link = { .delay_us = TACET_MILLIS(50),
                                          .jitter_us = TACET_MILLIS(20) };
        struct tacet_watch watch;
        tacet_scenario_row("%d permille lost", (int)rows[row]);
        struct tacet_harness *h = begin(&watch, seed, rows[row], &link);
        tacet_harness_run(h, TACET_SECONDS(20));
        tacet_expect_one_call(h, &watch);
        for (int i = 0; i < 2; i++) {
            enum tacet_harness_party party = (enum tacet_harness_party)i;
            struct tacet_rtp_session *s = session_of(h, party);
            uint64_t unreported, lost;
            expect_told(h, party, &unreported);
            uint64_t told = all_told(s, &lost);
            int64_t wrong = (int64_t)((lost - unreported) * 1000 / (told - unreported)) -
                            (int64_t)(tap.lost[party] * 1000 / tap.sent[party]);
            tacet_expect(llabs(wrong) <= 10);
            /* A packet is unreported where every report on it is lost. */
            tacet_expect(unreported * 20 <= tap.sent[party]);
            /* What repair is to expect: of the last ten seconds. */
            tacet_expect(abs(tacet_loss_long_permille(&s->loss) - rows[row]) <= 45);
            tacet_expect(rows[row] > 0 || tacet_loss_permille(&s->loss) == 0);
            int32_t burst_q8 = tacet_loss_burst_q8(&s->loss);
            tacet_expect(burst_q8 >= 256 && burst_q8 <= 256 * 1000 / (1000 - rows[row]) + 200);
            /* It costs little; more where frames are halved (rtp/repair.h): it counts packets. */
            uint64_t most_permille = rows[row] <= 200 ? 45 : 55;
            tacet_expect(tap.report_bytes[party] * 1000 <= tap.rtp_bytes[1 - i] * most_permille);
            tacet_expect(tap.reports[party] >= 20 * 1000 / 200 / 2);
            /* 100 ms, but for the jitter of packets and reports, which smoothing leaves half of. */
            tacet_expect(llabs(s->sent_log->round_trip_us - TACET_MILLIS(100)) <= TACET_MILLIS(40));
        }
        tacet_harness_free(&h);
    }
}

/* A network that reorders: who comes late is not taken for lost more than a little. */
static void reordered_packets_are_not_taken_for_lost(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(50),
                                      .jitter_us = TACET_MILLIS(10),
                                      .reorder_permille = 50 };
    struct tacet_watch watch;
    struct tacet_harness *h = begin(&watch, seed, 0, &link);
    tacet_harness_run(h, TACET_SECONDS(20));
    for (int i = 0; i < 2; i++) {
        enum tacet_harness_party party = (enum tacet_harness_party)i;
        uint64_t unreported, lost;
        expect_told(h, party, &unreported);
        uint64_t told = all_told(session_of(h, party), &lost);
        tacet_expect(lost * 100 <= told);
    }
    tacet_harness_free(&h);
}

/* No report comes for two seconds: what they told of is marked as unknown, and not as loss. */
static void reports_that_are_cut_off_are_no_loss(uint64_t seed)
{
    struct tacet_link_config link = { .delay_us = TACET_MILLIS(50) };
    struct tacet_watch watch;
    struct tacet_harness *h = begin(&watch, seed, 20, &link);
    uint64_t unreported;

    tacet_harness_run(h, TACET_SECONDS(8));
    tap.rtcp_blocked[TACET_CALLEE] = true;
    tacet_harness_run(h, TACET_SECONDS(10));
    tap.rtcp_blocked[TACET_CALLEE] = false;
    tacet_harness_run(h, TACET_SECONDS(12));
    expect_told(h, TACET_CALLER, &unreported);
    tacet_expect(unreported >= 100);
    tacet_expect(tacet_loss_permille(&session_of(h, TACET_CALLER)->loss) <= 60);
    expect_told(h, TACET_CALLEE, &unreported);
    tacet_expect(unreported <= 2);
    tacet_harness_free(&h);
}

const struct tacet_scenario tacet_scenarios_feedback[] = {
    { "each_packet_is_told_once", each_packet_is_told_once },
    { "reordered_packets_are_not_taken_for_lost", reordered_packets_are_not_taken_for_lost },
    { "reports_that_are_cut_off_are_no_loss", reports_that_are_cut_off_are_no_loss },
    { NULL, NULL },
};
