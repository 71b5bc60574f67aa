/*
 * The RTCP that a session receives: how what it sends fares, what the peer misses and what its
 * decoder holds. What follows from that is left in the session, for peer_outbound.c to act on.
 */
#ifndef TACET_CALL_RTCP_RECEIVE_H
#define TACET_CALL_RTCP_RECEIVE_H

#include "tacet/error.h"

#include <stddef.h>
#include <stdint.h>

struct tacet_rtp_session;

/* Takes an authenticated compound RTCP packet. MALFORMED or NONE. */
enum tacet_drop tacet_rtcp_receive(struct tacet_rtp_session *s, int64_t now, const uint8_t *packet,
                                   size_t size);

#endif
