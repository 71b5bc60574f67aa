/*
 * One remote party, from INIT to the end: its state, its timers and what moves them. How it begins
 * stands in peer_handshake.c, what a control message does in which state in peer_messages.c, what a
 * packet does in peer_packets.c, what passing time does in peer_timers.c, what is sent in
 * peer_outbound.c; keys and addresses that change have peer_epochs.c and peer_paths.c.
 *
 *     FREE -> DIALLING -> CONFIRMING -> RINGING -> ANSWERED -> CONNECTED -> ENDING -> FREE
 *              (caller)   FIN sent or    (both)     words or     media
 *                         verified                  keys missing
 */
#ifndef TACET_CALL_PEER_H
#define TACET_CALL_PEER_H

#include "base/timers.h"
#include "call/control.h"
#include "call/handshake.h"
#include "call/rekey.h"
#include "call/rtp_session.h"
#include "call/validation.h"
#include "rtp/packet_pair.h"
#include "tacet/call.h"

struct tacet_peer {
    uint32_t id;
    enum tacet_peer_state state;
    bool caller;        /* this side dialled */
    bool established;   /* an authenticated CTRL came */
    bool answer_wanted; /* answered by the app before it was established */
    bool held;          /* incoming, while our own call goes to the same party: glare.c */
    bool turned_away;   /* incoming, declined as busy: the app has never heard of it */
    bool reconnecting;
    struct tacet_timers timers;
    int64_t started_at_us;       /* dialling, or the INIT */
    int64_t established_at_us;   /* 0: not yet */
    int64_t connected_at_us;     /* 0: not yet */
    int64_t last_received_at_us; /* an accepted, authenticated packet */
    int64_t last_sent_at_us;
    struct tacet_packet_pair opening; /* how fast its packets came before any media */

    /* caller, before it is established */
    struct tacet_initiator initiator;
    struct tacet_path dialled[TACET_DIAL_PATHS_MAX];
    struct tacet_cookie_answer cookies[TACET_DIAL_PATHS_MAX]; /* of each of them */
    size_t dialled_count;
    int64_t retry_us; /* INIT's or FIN's next interval, before its jitter */
    bool copied;      /* the one sent last was a copy of the one before */
    int64_t init_sent_at_us;
    uint32_t init_count; /* INITs sent: with one, RESP measures the round trip */
    int64_t opening_us;  /* no round trip was longer: from the first INIT to RESP, or to FIN */
    bool other_answered; /* somebody else did */
    bool by_ticket;      /* dialled by this key */
    uint8_t asked_key[TACET_KEY_SIZE];
    uint8_t fin[TACET_FIN_SIZE];

    /* from FIN on */
    struct tacet_path path;         /* where its packets go */
    bool unsettled;                 /* caller: nothing authenticated came by a dialled path yet */
    bool local_lost;                /* path.local is the system's choice, and stays so ... */
    int64_t local_lost_until_us;    /* ... until then */
    uint32_t elsewhere;             /* packets in a row that came at another local address */
    struct tacet_path arrived_from; /* the packet being read */
    bool responded;                 /* to a challenge in it */
    struct tacet_validation validation;
    uint32_t index_local;
    struct tacet_public_identity identity;
    uint8_t h[64];
    struct tacet_control control;
    struct tacet_rekey rekey;
    int64_t rekeyed_at_us; /* the last epoch was confirmed */
    uint32_t rekey_asked;  /* callee: the epoch in which REKEY_REQ was sent; 0: none */

    /* words */
    uint8_t commitment[TACET_SAS_COMMITMENT];
    uint8_t n_i[TACET_SAS_NONCE];
    uint8_t n_r[TACET_SAS_NONCE];
    char words[TACET_WORDS_MAX];

    struct tacet_media media;          /* what the peer says it sends */
    struct tacet_rtp_session *session; /* borrowed from the call once answered */
    int64_t pli_sent_at_us;
    struct tacet_path_stats path_stats;
    struct tacet_stats last_stats; /* ENDING: as they were at the end */
};

/* --- beginning (peer_handshake.c) --- */

/* The caller's side: draws, and sends the first INIT. As tacet_call_dial. */
int tacet_peer_dial(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                    const struct tacet_callee *who, const struct tacet_path *paths,
                    size_t path_count);
/* The caller's side: a RESP for this peer. */
enum tacet_drop tacet_peer_on_resp(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                   const struct tacet_path *path, const uint8_t *packet,
                                   size_t size);
/* The caller's side: a COOKIE for this peer. */
enum tacet_drop tacet_peer_on_cookie(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                     const struct tacet_path *path, const uint8_t *packet,
                                     size_t size);
/* The callee's side: a verified FIN made this peer. */
void tacet_peer_on_fin(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                       const struct tacet_path *path, const struct tacet_handshake_result *result);
/* INIT or FIN, first or again, and the timer for the next time. */
void tacet_peer_send_handshake(struct tacet_call *call, struct tacet_peer *peer, int64_t now);

/* --- commands --- */

int tacet_peer_answer(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* An answer that was given before it could be sent. Where another call has the media by now, the
 * peer is declined as busy. */
void tacet_peer_answer_at_last(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* Ends it: says so to the other side if there are keys, and tells the app. `message` is HANGUP or
 * DECLINE. Media keys are wiped at once. */
void tacet_peer_end(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                    enum tacet_message message, enum tacet_end reason);
/* The other side ended it. */
void tacet_peer_end_remote(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                           enum tacet_end reason);
/* Wipes everything; the slot is free. */
void tacet_peer_wipe(struct tacet_peer *peer);

/* --- events of the protocol --- */

/* An authenticated packet of this epoch was accepted. */
void tacet_peer_on_authenticated(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                 uint32_t epoch);
/* It came from this path and is `newer` (protocol.md section 9) or not: has the peer moved? */
void tacet_peer_on_path(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                        const struct tacet_path *from, size_t size, bool newer);
/* This machine has moved, or perhaps, for nothing comes any more: packets leave from wherever the
 * system says, until one of the peer's, not before `until_us`, tells at which address it came. */
void tacet_peer_lose_local(struct tacet_peer *peer, int64_t until_us);
/* While a new path is validated sound goes there too: a packet of it was just queued. */
void tacet_peer_copy_sound(struct tacet_call *call, struct tacet_peer *peer,
                           const struct tacet_buffer *packet);
/* A new epoch is wanted soon: begins one, or asks the caller to. */
void tacet_peer_want_rekey(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* The caller begins an epoch, unless one is under way. */
void tacet_peer_begin_rekey(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* Sends a challenge, or switches to the path that has won. */
void tacet_peer_validate(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* Goes on to CONNECTED where the answer, the words and the first media keys are all there. */
void tacet_peer_connect(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* ANSWER came or went: takes the media, and with both nonces the words are known. */
void tacet_peer_answered(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* Reads and acts on the control messages that have arrived. */
void tacet_peer_read_messages(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* Sends on the control stream. A full stream is the other side's refusal to acknowledge: nothing
 * can be said to it any more, so it is given up as lost. False: it is gone. */
bool tacet_peer_send(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                     enum tacet_message type, const uint8_t *body, size_t size);
bool tacet_peer_send_media(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
void tacet_peer_send_target(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                            enum tacet_refresh refresh);
/* An event without a body. */
void tacet_peer_push(struct tacet_call *call, const struct tacet_peer *peer,
                     enum tacet_event_type type);
/* An interval with +-10 % of chance, so that callers do not march in step. */
int64_t tacet_peer_jitter(struct tacet_call *call, int64_t interval_us);

/* --- timers (peer_timers.c) --- */

void tacet_peer_on_timeout(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* Whether media has to give way to the control stream, which has been heard or has waited. */
void tacet_peer_judge_room(struct tacet_peer *peer, int64_t now);
/* After anything that received video: sets the timers that ask for packets and for a key frame. */
void tacet_peer_check_picture(struct tacet_peer *peer, int64_t now);
int64_t tacet_peer_next_timeout(const struct tacet_peer *peer, const char **ret_reason);

/* --- packets that come (peer_packets.c) --- */

enum tacet_drop tacet_peer_on_ctrl(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                   const struct tacet_packet *packet);
/* `came_us`: before `now`, if it has been kept meanwhile. */
enum tacet_drop tacet_peer_on_rtp(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                  int64_t came_us, const struct tacet_packet *packet);
enum tacet_drop tacet_peer_on_rtcp(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                                   const struct tacet_packet *packet);
/* Whether RTP with this SSRC is this peer's. */
bool tacet_peer_has_ssrc(const struct tacet_peer *peer, uint32_t ssrc);

/* --- what is sent (peer_outbound.c) --- */

int tacet_peer_send_frame(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                          const struct tacet_frame *frame);
/* Sends a packet of the history again for a probe that nothing else fills; false: there is none. */
bool tacet_peer_pad(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* Once RTCP has been read: sends again what is missing, and tells the encoders what has changed. */
void tacet_peer_answer_feedback(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
void tacet_peer_send_report(struct tacet_call *call, struct tacet_peer *peer, int64_t now,
                            bool pli);
/* Asks for the video packets that are missing now, and sets the timer for the next time. */
void tacet_peer_send_nack(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* Tells of the packets that have come, and sets the timer for the next time. */
void tacet_peer_send_feedback(struct tacet_call *call, struct tacet_peer *peer, int64_t now);
/* The round trip of the path in use as last measured; 0: not yet. */
int64_t tacet_peer_round_trip(const struct tacet_peer *peer);

#endif
