/*
 * The media of two parties without a call: each session knows the other's SSRCs, 100 and up of the
 * first's, 200 and up of the second's, in the order of enum tacet_ssrc_kind.
 */
#ifndef TESTS_UNIT_CALL_RTP_SESSIONS_H
#define TESTS_UNIT_CALL_RTP_SESSIONS_H

#include "call/rtp_session.h"

extern struct tacet_rtp_session *sessions[2];
extern struct tacet_pool *pool;

/* Setup and teardown of a test. */
int sessions_begin(void **state);
int sessions_end(void **state);
/* A packet of sound comes. */
void receive_sound(struct tacet_rtp_session *s, int64_t now, uint16_t seq, uint32_t ssrc);

#endif
