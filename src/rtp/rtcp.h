/*
 * RTCP: SR, RR, SDES CNAME, BYE (RFC 3550 section 6), NACK and PLI (RFC 4585 section 6), CCFB (RFC
 * 8888). A compound packet is read as a list of parts and written part by part; unknown types are
 * passed over.
 */
#ifndef TACET_RTP_RTCP_H
#define TACET_RTP_RTCP_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_CNAME_MAX 32
#define TACET_REPORT_BLOCKS_MAX 4

enum tacet_rtcp_type {
    TACET_RTCP_SR = 200,
    TACET_RTCP_RR = 201,
    TACET_RTCP_SDES = 202,
    TACET_RTCP_BYE = 203,
    TACET_RTCP_RTPFB = 205,
    TACET_RTCP_PSFB = 206
};

struct tacet_report_block { /* RFC 3550 section 6.4.1 */
    uint32_t ssrc;
    uint8_t fraction_lost;        /* of 256 */
    int32_t cumulative_lost;      /* 24 bits, signed */
    uint32_t highest_seq;         /* extended */
    uint32_t jitter;              /* timestamp units */
    uint32_t last_sr;             /* middle 32 bits of the NTP time; 0: none */
    uint32_t delay_since_last_sr; /* 1/65536 s */
};

struct tacet_rtcp_part {
    enum tacet_rtcp_type type;
    uint8_t format; /* RTPFB, PSFB: FMT */
    uint32_t ssrc;  /* of the sender of this part */
    union {
        struct { /* SR; RR has the blocks only */
            uint64_t ntp;
            uint32_t rtp_timestamp;
            uint32_t packet_count;
            uint32_t octet_count;
            size_t block_count;
            struct tacet_report_block blocks[TACET_REPORT_BLOCKS_MAX];
        } report;
        char cname[TACET_CNAME_MAX + 1]; /* SDES */
        struct {
            uint32_t media_ssrc;
            const uint8_t *fci;
            size_t fci_size;
        } feedback;
    } u;
};

#define TACET_RTPFB_NACK 1
#define TACET_RTPFB_CCFB 11 /* RFC 8888: no media_ssrc; the FCI is all behind the sender's SSRC */
#define TACET_PSFB_PLI 1
#define TACET_PSFB_RPSI 3

/* Begins reading; checks that the whole is well-formed as RFC 3550 appendix A.2 asks, but that a
 * reduced-size packet (RFC 5506) may begin with any type. TACET_ERR_FORMAT. */
int tacet_rtcp_check(const uint8_t *packet, size_t size);
/* The next part of a checked packet: 1, 0 at its end, TACET_ERR_FORMAT (that part is malformed). */
int tacet_rtcp_next(struct tacet_reader *reader, struct tacet_rtcp_part *ret);

/* Each writes one part; the writer fails if it does not fit. */
void tacet_rtcp_write_report(struct tacet_writer *w, const struct tacet_rtcp_part *report);
void tacet_rtcp_write_sdes(struct tacet_writer *w, uint32_t ssrc, const char *cname);
void tacet_rtcp_write_pli(struct tacet_writer *w, uint32_t ssrc, uint32_t media_ssrc);
/* RPSI (RFC 4585 section 6.3.3) for a VP8 picture; its native bit string is the 15-bit PictureID as
 * the payload descriptor carries it, with M (RFC 7741 section 4.2). */
void tacet_rtcp_write_rpsi(struct tacet_writer *w, uint32_t ssrc, uint32_t media_ssrc,
                           uint8_t payload_type, uint16_t picture_id);
/* Reads its FCI; TACET_ERR_FORMAT (also: another payload type, or no such PictureID). */
int tacet_rtcp_read_rpsi(const uint8_t *fci, size_t size, uint8_t payload_type,
                         uint16_t *ret_picture_id);
/* Generic NACK (RFC 4585 section 6.2.1) for ascending sequence numbers. */
void tacet_rtcp_write_nack(struct tacet_writer *w, uint32_t ssrc, uint32_t media_ssrc,
                           const uint16_t *seqs, size_t count);
/* What stands before the FCI of congestion control feedback (rtp/feedback.h). */
void tacet_rtcp_write_ccfb(struct tacet_writer *w, uint32_t ssrc, size_t fci_size);

/* Monotonic microseconds as a 32.32 NTP number (no wall clock on the wire), and its middle bits. */
uint64_t tacet_ntp(int64_t now);
uint32_t tacet_ntp_middle(uint64_t ntp);
/* Back to microseconds, rounded. */
int64_t tacet_ntp_us(uint64_t ntp);

#endif
