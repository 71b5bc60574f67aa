/*
 * The RTCP that a session sends: reports, what is to be sent again, what has come and what the
 * decoder holds. Each function writes one packet, not yet encrypted, and returns its size.
 */
#ifndef TACET_CALL_RTCP_SEND_H
#define TACET_CALL_RTCP_SEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tacet_rtp_session;

/* Writes the compound RTCP of this interval (RFC 3550 section 6.1): an SR a kind that was sent, or
 * one RR, with the blocks (but for those early ones that tell times only), then SDES, and PLI if
 * `pli`. */
size_t tacet_rtcp_send_report(struct tacet_rtp_session *s, int64_t now, bool pli, uint8_t *out,
                              size_t capacity);
/* Writes a NACK for the packets of sound and of video that are to be asked for now; 0: none is. The
 * next one is so much later that they take a share of the rate only; but sound, which is asked for
 * in few words and soon or never, does not wait for what was asked of video. */
size_t tacet_rtcp_send_nack(struct tacet_rtp_session *s, int64_t now, int64_t round_trip_us,
                            uint8_t *out, size_t capacity);
/* When the next is due; INT64_MAX: nothing is to be asked for. */
int64_t tacet_rtcp_send_nack_timeout(const struct tacet_rtp_session *s);
/* Writes the congestion control feedback that is due; 0: nothing is to be told. */
size_t tacet_rtcp_send_feedback(struct tacet_rtp_session *s, int64_t now, uint8_t *out,
                                size_t capacity);

#endif
