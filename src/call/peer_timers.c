/*
 * What a peer does when time passes: giving up, keeping alive, noticing silence, reporting, asking
 * for a picture. One function a timer; which is set when is the business of whoever sets it.
 */
#include "call/call.h"
#include "call/peer.h"
#include "call/rtcp_send.h"

/* Above a round trip: the wait for the next picture to be taken, and its way through the pacer. */
#define PLI_MARGIN_US TACET_MS(60)

static void on_give_up(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    switch (peer->state) {
    case TACET_PEER_DIALLING:
        tacet_peer_end(call, peer, now, TACET_MESSAGE_HANGUP,
                       peer->other_answered ? TACET_END_IMPOSTOR : TACET_END_UNREACHABLE);
        break;
    case TACET_PEER_CONFIRMING:
        tacet_peer_end(call, peer, now, TACET_MESSAGE_HANGUP,
                       peer->caller ? TACET_END_UNREACHABLE : TACET_END_NO_ANSWER);
        break;
    case TACET_PEER_RINGING:
        tacet_peer_end(call, peer, now, peer->caller ? TACET_MESSAGE_HANGUP : TACET_MESSAGE_DECLINE,
                       TACET_END_NO_ANSWER);
        break;
    case TACET_PEER_ANSWERED:
        tacet_peer_end(call, peer, now, TACET_MESSAGE_HANGUP, TACET_END_PROTOCOL);
        break;
    case TACET_PEER_FREE:
    case TACET_PEER_CONNECTED:
    case TACET_PEER_ENDING:
    case TACET_PEER_STATE_COUNT:
        break;
    }
}

static void on_silence(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    if (now - peer->last_received_at_us >= TACET_LOST_US) {
        tacet_peer_end_remote(call, peer, now, TACET_END_LOST);
        return;
    }
    if (!peer->reconnecting && peer->established) {
        peer->reconnecting = true;
        tacet_peer_push(call, peer, TACET_EVENT_RECONNECTING);
        tacet_peer_lose_local(peer, now);
    }
    tacet_timers_set(&peer->timers, TACET_TIMER_SILENCE, peer->last_received_at_us + TACET_LOST_US);
}

/* Something authenticated at least once a second; four times that while nothing comes back, so that
 * the call goes on soon after the network does. */
static void on_keepalive(struct tacet_peer *peer, int64_t now)
{
    int64_t interval_us = peer->reconnecting ? TACET_KEEPALIVE_US / 4 : TACET_KEEPALIVE_US;

    if (now - peer->last_sent_at_us >= interval_us) {
        tacet_control_send_single(&peer->control, TACET_MESSAGE_PING, NULL, 0);
        peer->last_sent_at_us = now;
    }
    tacet_timers_set(&peer->timers, TACET_TIMER_KEEPALIVE, peer->last_sent_at_us + interval_us);
}

static void on_report_timer(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    struct tacet_rtp_session *session = peer->session;

    tacet_peer_send_report(call, peer, now, false);
    session->reported = true;
    session->early_reports -= session->early_reports > 0 ? 1 : 0;
    tacet_timers_set(&peer->timers, TACET_TIMER_REPORT,
                     now + (session->early_reports > 0
                                ? TACET_EARLY_REPORT_US
                                : tacet_peer_jitter(call, TACET_REPORT_INTERVAL_US)));
}

/* A request or its answer may be lost: it is said again when the answer should have come. */
static int64_t pli_interval(const struct tacet_peer *peer)
{
    int64_t interval_us = tacet_peer_round_trip(peer) + PLI_MARGIN_US;

    return interval_us < TACET_PLI_INTERVAL_US ? interval_us : TACET_PLI_INTERVAL_US;
}

static void on_pli(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    if (peer->state == TACET_PEER_CONNECTED &&
        tacet_inbound_refresh_at(&peer->session->inbound) <= now) {
        tacet_peer_send_report(call, peer, now, true);
        peer->pli_sent_at_us = now;
    }
    tacet_peer_check_picture(peer, now);
}

static void on_timer(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                     enum tacet_timer timer)
{
    switch (timer) {
    case TACET_TIMER_HANDSHAKE:
        tacet_peer_send_handshake(call, peer, now);
        break;
    case TACET_TIMER_GIVE_UP:
        on_give_up(call, peer, now);
        break;
    case TACET_TIMER_REKEY:
        tacet_peer_begin_rekey(call, peer, now);
        break;
    case TACET_TIMER_VALIDATION:
        tacet_peer_validate(call, peer, now);
        break;
    case TACET_TIMER_CONFIRM:
        tacet_peer_end(call, peer, now, TACET_MESSAGE_HANGUP,
                       peer->established ? TACET_END_PROTOCOL : TACET_END_UNREACHABLE);
        break;
    case TACET_TIMER_OLD_EPOCH:
        tacet_rekey_drop_old(&peer->rekey, &peer->control);
        break;
    case TACET_TIMER_KEEPALIVE:
        on_keepalive(peer, now);
        break;
    case TACET_TIMER_SILENCE:
        on_silence(call, peer, now);
        break;
    case TACET_TIMER_REPORT:
        on_report_timer(call, peer, now);
        break;
    case TACET_TIMER_FEEDBACK:
        tacet_peer_send_feedback(call, peer, now);
        break;
    case TACET_TIMER_NACK:
        tacet_peer_send_nack(call, peer, now);
        break;
    case TACET_TIMER_PLI:
        on_pli(call, peer, now);
        break;
    case TACET_TIMER_LINGER:
        tacet_peer_wipe(peer);
        break;
    case TACET_TIMER_CONTROL: /* the polls look by themselves */
    case TACET_TIMER_PACER:
    case TACET_TIMER_ASSEMBLY:
    case TACET_TIMER_COUNT:
        break;
    }
}

void tacet_peer_on_timeout(struct tacet_call *call, struct tacet_peer *peer, int64_t now)
{
    for (int timer = 0; timer < TACET_TIMER_COUNT && peer->state != TACET_PEER_FREE; timer++) {
        if (tacet_timers_take(&peer->timers, (enum tacet_timer)timer, now)) {
            on_timer(call, peer, now, (enum tacet_timer)timer);
        }
    }
    tacet_peer_judge_room(peer, now);
    if (peer->state == TACET_PEER_CONNECTED && tacet_sending_update(&peer->session->sending, now)) {
        tacet_peer_send_target(call, peer, now, TACET_REFRESH_NONE);
    }
}

void tacet_peer_judge_room(struct tacet_peer *peer, int64_t now)
{
    if (peer->state == TACET_PEER_CONNECTED) {
        tacet_sending_give_way(&peer->session->sending,
                               tacet_control_is_stuck(&peer->control, now));
    }
}

void tacet_peer_check_picture(struct tacet_peer *peer, int64_t now)
{
    if (peer->state != TACET_PEER_CONNECTED) {
        tacet_timers_stop(&peer->timers, TACET_TIMER_PLI);
        return;
    }
    const struct tacet_inbound *inbound = &peer->session->inbound;
    int64_t at = tacet_inbound_refresh_at(inbound);
    int64_t again = peer->pli_sent_at_us + pli_interval(peer);
    tacet_timers_set(&peer->timers, TACET_TIMER_NACK, tacet_rtcp_send_nack_timeout(peer->session));
    if (at == INT64_MAX) {
        tacet_timers_stop(&peer->timers, TACET_TIMER_PLI);
        return;
    }
    if (inbound->stats[TACET_KIND_VIDEO].key_frames_received == 0) {
        if (tacet_timers_running(&peer->timers, TACET_TIMER_PLI)) {
            return;
        }
        at = now + TACET_PLI_INTERVAL_US; /* it comes unasked, and may just be under way */
    }
    at = at > again ? at : again;
    tacet_timers_set(&peer->timers, TACET_TIMER_PLI, at > now ? at : now);
}

int64_t tacet_peer_next_timeout(const struct tacet_peer *peer, const char **ret_reason)
{
    enum tacet_timer timer;
    int64_t next = tacet_timers_next(&peer->timers, &timer);

    if (peer->state > TACET_PEER_DIALLING) {
        int64_t control = tacet_control_next_timeout(&peer->control);
        if (control < next) {
            next = control;
            timer = TACET_TIMER_CONTROL;
        }
    }
    if (peer->session != NULL) {
        int64_t assembly = tacet_inbound_timeout(&peer->session->inbound);
        if (assembly < next) {
            next = assembly;
            timer = TACET_TIMER_ASSEMBLY;
        }
        int64_t pacer = peer->state == TACET_PEER_CONNECTED
                            ? tacet_sending_timeout(&peer->session->sending)
                            : next;
        if (pacer < next) {
            next = pacer;
            timer = TACET_TIMER_PACER;
        }
    }
    *ret_reason = tacet_timer_string(timer);
    return next;
}
