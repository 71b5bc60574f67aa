/* RTCP: a checked packet is read to its end; reports and names survive being written again. */
#include "rtp/rtcp.h"
#include "tacet/error.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_again(const struct tacet_rtcp_part *part)
{
    uint8_t out[256];
    struct tacet_writer w = tacet_writer(out, sizeof(out));
    struct tacet_rtcp_part again;
    bool report = part->type == TACET_RTCP_SR || part->type == TACET_RTCP_RR;

    if (report) {
        tacet_rtcp_write_report(&w, part);
    } else if (part->type == TACET_RTCP_SDES) {
        tacet_rtcp_write_sdes(&w, part->ssrc, part->u.cname);
    } else if (part->type == TACET_RTCP_PSFB && part->format == TACET_PSFB_RPSI) {
        uint16_t picture_id;
        if (tacet_rtcp_read_rpsi(part->u.feedback.fci, part->u.feedback.fci_size, 96,
                                 &picture_id) == 0 &&
            picture_id > 0x7fff) {
            abort();
        }
        return;
    } else {
        return;
    }
    struct tacet_reader r = tacet_reader(out, w.at);
    if (w.failed || tacet_rtcp_check(out, w.at) != 0 || tacet_rtcp_next(&r, &again) != 1 ||
        again.ssrc != part->ssrc) {
        abort();
    }
    if (report && (again.u.report.block_count != part->u.report.block_count ||
                   memcmp(again.u.report.blocks, part->u.report.blocks,
                          sizeof(again.u.report.blocks)) != 0)) {
        abort();
    }
    if (!report && strcmp(again.u.cname, part->u.cname) != 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tacet_reader r = tacet_reader(data, size);
    struct tacet_rtcp_part part;
    bool whole = tacet_rtcp_check(data, size) == 0;
    int result;

    while ((result = tacet_rtcp_next(&r, &part)) != 0) {
        if (result != 1 && result != TACET_ERR_FORMAT) {
            abort();
        }
        if (result == 1) {
            write_again(&part);
        }
    }
    if (whole && (r.failed || r.at != size)) {
        abort();
    }
    return 0;
}
