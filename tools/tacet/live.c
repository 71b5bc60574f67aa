/* Rates are over the time between the last two rounds of statistics. */
#include "live.h"

#include <inttypes.h>
#include <stdio.h>

static int64_t kbps(uint64_t bytes, int64_t us)
{
    return us > 0 ? (int64_t)bytes * 8000 / us : 0;
}

static void update_rates(struct tacet_live *live, const struct tacet_session_view *view)
{
    const struct tacet_path_stats *path = &view->stats.path;

    if (view->stats_us == live->at_us) {
        return;
    }
    if (live->at_us != 0) {
        int64_t us = view->stats_us - live->at_us;
        live->sent_kbps = kbps(path->bytes_sent - live->bytes_sent, us);
        live->received_kbps = kbps(path->bytes_received - live->bytes_received, us);
    }
    live->at_us = view->stats_us;
    live->bytes_sent = path->bytes_sent;
    live->bytes_received = path->bytes_received;
}

/* Of all media packets expected, in percent. */
static double loss_percent(const struct tacet_stats *stats)
{
    double lost = 0, expected = 0;

    for (int i = 0; i < TACET_KIND_COUNT; i++) {
        const struct tacet_inbound_stats *in = &stats->inbound[i];
        lost += (double)in->packets_lost;
        expected += (double)in->packets_lost + (double)in->packets_received;
    }
    return expected > 0 && lost > 0 ? 100.0 * lost / expected : 0;
}

void tacet_live_format(struct tacet_live *live, const struct tacet_session_view *view, int64_t now,
                       char out[TACET_LIVE_MAX])
{
    const struct tacet_stats *stats = &view->stats;
    const struct tacet_playout_report *video = &stats->inbound[TACET_KIND_VIDEO].playout;
    int64_t elapsed_s = (now - view->answered_us) / 1000000;

    update_rates(live, view);
    (void)snprintf(out, TACET_LIVE_MAX,
                   "%02" PRId64 ":%02" PRId64 "  rtt %.1f ms  loss %.1f %%  out %" PRId64
                   "  in %" PRId64 " kbit/s  pictures out %" PRIu64 " in %" PRIu64 "%s",
                   elapsed_s / 60, elapsed_s % 60,
                   (double)stats->path.current_round_trip_time_us / 1e3, loss_percent(stats),
                   live->sent_kbps, live->received_kbps,
                   stats->outbound[TACET_KIND_VIDEO].frames_sent, video->frames_decoded,
                   view->reconnecting ? "  reconnecting" : "");
}
