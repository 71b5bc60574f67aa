/*
 * Congestion control feedback: a report is read to its end, and does no harm to the log of what was
 * sent: each packet is told at most once, and none that was not sent.
 *
 * Input: RTCP parts; those that are no feedback are passed over.
 */
#include "rtp/rtcp.h"
#include "rtp/sent_log.h"

#include <stdlib.h>
#include <string.h>

#define SENT 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tacet_sent_log sent_log;
static uint8_t told[TACET_FEEDBACK_STREAMS][SENT];

static void send_all(void)
{
    static const uint32_t ssrcs[TACET_FEEDBACK_STREAMS] = { 1, 2, 3, 4 };

    tacet_sent_log_init(&sent_log, ssrcs);
    memset(told, 0, sizeof(told));
    for (int i = 0; i < SENT; i++) {
        for (uint32_t stream = 0; stream < TACET_FEEDBACK_STREAMS; stream++) {
            /* Over a wrap of the sequence numbers. */
            (void)tacet_sent_log_on_sent(&sent_log, 1000 * i, stream + 1, (uint16_t)(i - SENT / 2),
                                         100, 0);
        }
    }
}

static void poll_all(void)
{
    struct tacet_packet_result results[TACET_RESULTS_MAX];
    uint64_t first = sent_log.packets[0].result.seq;
    size_t count;

    while ((count = tacet_sent_log_poll(&sent_log, results, TACET_RESULTS_MAX)) > 0) {
        for (size_t i = 0; i < count; i++) {
            uint64_t at = results[i].seq - first;
            if (results[i].stream >= TACET_FEEDBACK_STREAMS || at >= SENT ||
                told[results[i].stream][at]++ > 0 || (results[i].unreported && !results[i].lost)) {
                abort();
            }
        }
    }
    int64_t before = INT64_MIN;
    while ((count = tacet_sent_log_poll_ordered(&sent_log, results, TACET_RESULTS_MAX)) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (results[i].sent_at_us < before) {
                abort();
            }
            before = results[i].sent_at_us;
        }
    }
}

static void read_report(const uint8_t *fci, size_t size)
{
    struct tacet_feedback_report report;

    if (tacet_feedback_read(fci, size, &report) != 0) {
        return;
    }
    size_t at = 4;
    for (size_t i = 0; i < report.block_count; i++) {
        struct tacet_feedback_block block = report.blocks[i];
        at += 8 + ((size_t)block.count + 1) / 2 * 4;
        for (int j = 0; j < block.count; j++) {
            (void)tacet_feedback_next_metric(&block);
        }
        if (block.metrics.failed) {
            abort();
        }
    }
    if (at != size) {
        abort();
    }
    tacet_sent_log_on_report(&sent_log, 1000000, &report);
    poll_all();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tacet_reader r = tacet_reader(data, size);
    struct tacet_rtcp_part part;
    int result;

    send_all();
    while ((result = tacet_rtcp_next(&r, &part)) != 0) {
        if (result == 1 && part.type == TACET_RTCP_RTPFB && part.format == TACET_RTPFB_CCFB) {
            read_report(part.u.feedback.fci, part.u.feedback.fci_size);
        }
    }
    return 0;
}
