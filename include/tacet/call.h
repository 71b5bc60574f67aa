/*
 * The call: a state machine fed with packets, encoded frames and the time. It has no clock, no
 * chance, no thread and no socket inside.
 *
 * Functions come in four kinds:
 *   commands  _dial _answer _decline _remove _hangup _set_muted _set_verified _send_message
 *   inputs    _handle_packet _handle_timeout _handle_playout _handle_network_change _send_frame
 *   outputs   _poll_packet _poll_frame _poll_event _next_timeout
 *   getters   _idle _stats _peer _rtp_timestamp
 * After any command or input, drain the three polls, events before frames, then wait for a packet
 * until next_timeout:
 *
 *     for (;;) {
 *         while (tacet_call_poll_packet(call, now, &packet)) send(packet);
 *         while (tacet_call_poll_event(call, &event)) react(event);
 *         while (tacet_call_poll_frame(call, now, &peer, &frame)) play(frame);
 *         if (receive_until(tacet_call_next_timeout(call, NULL), &packet))
 *             (void)tacet_call_handle_packet(call, now = clock(), &packet);
 *         tacet_call_handle_timeout(call, now = clock());
 *     }
 *
 * All functions of one call belong to one thread at a time. Nothing is allocated by Tacet's own
 * code after _create; libsrtp allocates when an epoch begins.
 */
#ifndef TACET_CALL_H
#define TACET_CALL_H

#include "tacet/address.h"
#include "tacet/api.h"
#include "tacet/error.h"
#include "tacet/event.h"
#include "tacet/frame.h"
#include "tacet/identity.h"
#include "tacet/playout.h"
#include "tacet/random.h"
#include "tacet/stats.h"
#include "tacet/transport.h"

struct tacet_call;

struct tacet_trust_table;
struct tacet_authorities;

/* What a peer must prove for the call to be made or taken. */
enum tacet_require {
    TACET_REQUIRE_ANY = 0,     /* an unknown one is accepted, and shown as "unverified" */
    TACET_REQUIRE_PIN,         /* the key of a ticket or of the trust table */
    TACET_REQUIRE_CERTIFICATE, /* a certificate of one of the authorities, or a pin */
    TACET_REQUIRE_WORDS        /* its words were compared once: a verified pin */
};

/* SRTP protection profiles (RFC 5764 section 4.1.2, RFC 7714 section 14.2). */
enum tacet_profile {
    TACET_PROFILE_AES_CM_128_HMAC_SHA1_80 = 0x0001,
    TACET_PROFILE_AEAD_AES_128_GCM = 0x0007,
    TACET_PROFILE_AEAD_AES_256_GCM = 0x0008
};

#define TACET_PROFILES_MAX 8
#define TACET_DIAL_PATHS_MAX 8
#define TACET_NEVER INT64_MAX /* a timeout that will not come */

struct tacet_call_config {
    size_t size;                           /* sizeof, set by tacet_call_config_init */
    const struct tacet_identity *identity; /* required; borrowed until tacet_call_free */
    struct tacet_random random;            /* required */
    int64_t unix_time_offset_us;           /* `now` + this is Unix time; certificates only */
    uint16_t profiles[TACET_PROFILES_MAX]; /* allowed, best first; default: the two GCM ones */
    size_t profile_count;
    bool listen;                           /* take calls in; default false */
    bool open;                             /* also from callers who know only the address
                                              (hint 0): scanners then learn the identity */
    const struct tacet_trust_table *trust; /* or NULL; borrowed, read only; may be changed by the
                                              app between uses of the call */
    const struct tacet_authorities *authorities; /* or NULL; likewise */
    enum tacet_require require;                  /* what a peer must prove; default any */
    bool strict_revocation;                      /* refuse when a revocation list is out of date */
    bool allow_unverified;                       /* dial without knowing the key; default true */
    struct tacet_media media;                    /* what this side will send; default audio */
    uint16_t receive_width_max;                  /* larger pictures are refused; default 1920 */
    uint16_t receive_height_max;                 /* default 1080 */
    int32_t audio_bitrate_bps;                   /* default 32000 */
    int32_t video_bitrate_bps; /* all that video puts on the wire; default 1500000 */
    int64_t no_answer_us;      /* default 60 s */
    int64_t rekey_interval_us; /* new keys so often; 10 s or more, default 120 s;
                                  the dialling side's counts */
};

/* Whom to dial. */
enum tacet_hint {
    TACET_HINT_NONE = 0, /* whoever is at the address */
    TACET_HINT_KEY = 1,  /* the one with this identity key (a ticket, a pin) */
    TACET_HINT_NAME = 2  /* the one whose certificate carries this name */
};

struct tacet_callee {
    enum tacet_hint hint;
    uint8_t key[TACET_KEY_SIZE];
    char name[TACET_NAME_MAX + 1];
};

enum tacet_peer_state {
    TACET_PEER_FREE = 0,
    TACET_PEER_DIALLING,   /* INIT sent; waiting for a RESP that passes every check */
    TACET_PEER_CONFIRMING, /* FIN sent or verified; waiting for the first authenticated CTRL */
    TACET_PEER_RINGING,    /* established; waiting for a human */
    TACET_PEER_ANSWERED,   /* answered here or there; words or first media keys still missing */
    TACET_PEER_CONNECTED,  /* media flows */
    TACET_PEER_ENDING,     /* over here; HANGUP is repeated to who has not heard it */
    TACET_PEER_STATE_COUNT
};

struct tacet_peer_info {
    enum tacet_peer_state state;
    bool caller; /* this side dialled */
    bool reconnecting;
    struct tacet_public_identity identity; /* key is zero until it has been authenticated */
    char words[TACET_WORDS_MAX];           /* "" until answered */
    struct tacet_media media;              /* what the peer said it sends */
    struct tacet_path path;                /* where its packets go */
};

TACET_BEGIN_DECLS

/* Fills the defaults named above; identity and random must still be set. */
TACET_API void tacet_call_config_init(struct tacet_call_config *config);

/* TACET_ERR_ARGUMENT (also: no sensible Unix time), TACET_ERR_NOMEM. */
TACET_API TACET_NODISCARD int tacet_call_create(const struct tacet_call_config *config, int64_t now,
                                                struct tacet_call **ret);
/* Wipes every key and frees all. Says goodbye to nobody: hang up and drain packets first. */
TACET_API void tacet_call_free(struct tacet_call **call);

/* --- commands --- */

/*
 * Starts a call to `who` at 1 to TACET_DIAL_PATHS_MAX paths; all get the same INIT and the first
 * good answer wins. *ret_peer numbers the peer from then on. TACET_ERR_ARGUMENT, TACET_ERR_FULL
 * (there are 12 peers that are not over), TACET_ERR_TRUST (nobody could pass what the config asks
 * for: an unknown key where one must be known, a revoked key).
 */
TACET_API TACET_NODISCARD int tacet_call_dial(struct tacet_call *call, int64_t now,
                                              const struct tacet_callee *who,
                                              const struct tacet_path *paths, size_t path_count,
                                              uint32_t *ret_peer);
/* Answers an incoming call. TACET_ERR_NOTFOUND, TACET_ERR_STATE (not ringing here), TACET_ERR_BUSY
 * (another peer is answered: it rings on, and may be declined). */
TACET_API TACET_NODISCARD int tacet_call_answer(struct tacet_call *call, int64_t now,
                                                uint32_t peer);
/* Declines it: reason TACET_END_DECLINED or TACET_END_BUSY. TACET_ERR_NOTFOUND, TACET_ERR_STATE,
 * TACET_ERR_ARGUMENT (another reason). */
TACET_API TACET_NODISCARD int tacet_call_decline(struct tacet_call *call, int64_t now,
                                                 uint32_t peer, enum tacet_end reason);
/* Ends one peer. Its media keys are wiped at once; ENDED follows as an event. */
TACET_API TACET_NODISCARD int tacet_call_remove(struct tacet_call *call, int64_t now,
                                                uint32_t peer);
/* Ends every peer. Go on with packets and timeouts until tacet_call_idle(), 2 s at most, so that
 * the other side hears it. */
TACET_API void tacet_call_hangup(struct tacet_call *call, int64_t now);
/* Tells the peers that this kind is muted. The app goes on sending (encoded silence) for audio. */
TACET_API TACET_NODISCARD int tacet_call_set_muted(struct tacet_call *call, int64_t now,
                                                   enum tacet_kind kind, bool muted);
/* The user says that the four words of the running call are the same at both ends: on this side the
 * peer's trust is TACET_TRUST_VERIFIED from now on, and TACET_EVENT_TRUST says that it should be
 * saved. Each side marks for itself. TACET_ERR_NOTFOUND, TACET_ERR_STATE (no words yet). */
TACET_API TACET_NODISCARD int tacet_call_set_verified(struct tacet_call *call, int64_t now,
                                                      uint32_t peer);
/* Sends an app's message reliably, 1 to TACET_MESSAGE_MAX bytes, copied. TACET_ERR_FULL: later. */
TACET_API TACET_NODISCARD int tacet_call_send_message(struct tacet_call *call, int64_t now,
                                                      uint32_t peer, const uint8_t *data,
                                                      size_t size);

/* --- inputs --- */

/*
 * Takes one datagram; its bytes are changed in place. Returns why it was dropped, or
 * TACET_DROP_NONE; never an error.
 */
TACET_API enum tacet_drop tacet_call_handle_packet(struct tacet_call *call, int64_t now,
                                                   struct tacet_packet *packet);
/* Does what is due at `now`; early calls do nothing. */
TACET_API void tacet_call_handle_timeout(struct tacet_call *call, int64_t now);
/* Takes a playout report of a connected peer. TACET_ERR_NOTFOUND. */
TACET_API TACET_NODISCARD int tacet_call_handle_playout(struct tacet_call *call, int64_t now,
                                                        uint32_t peer, enum tacet_kind kind,
                                                        const struct tacet_playout_report *report);
/* The machine's addresses changed: says hello from the new ones at once, from whichever the system
 * chooses. */
TACET_API void tacet_call_handle_network_change(struct tacet_call *call, int64_t now);
/*
 * Sends one encoded frame to every connected peer; copied. Ignored, with 0, while nobody is
 * connected. TACET_ERR_ARGUMENT: empty or too large, or a kind that `media` did not name.
 */
TACET_API TACET_NODISCARD int tacet_call_send_frame(struct tacet_call *call, int64_t now,
                                                    const struct tacet_frame *frame);

/* --- outputs --- */

/* 1 and the next datagram to send (data borrowed until the next use of the call), or 0. */
TACET_API TACET_NODISCARD int tacet_call_poll_packet(struct tacet_call *call, int64_t now,
                                                     struct tacet_packet *ret);
/* 1 and the next received frame (data borrowed until the next use of the call), or 0. Audio
 * comes in order of arrival, video in decoding order; of no peer before its ANSWERED has been
 * polled. */
TACET_API TACET_NODISCARD int tacet_call_poll_frame(struct tacet_call *call, int64_t now,
                                                    uint32_t *ret_peer, struct tacet_frame *ret);
/* 1 and the next event, or 0. */
TACET_API TACET_NODISCARD int tacet_call_poll_event(struct tacet_call *call,
                                                    struct tacet_event *ret);
/* When _handle_timeout wants to be called next, or TACET_NEVER. *ret_reason, if not NULL, names
 * the timer ("handshake", "control", "report", ...): the best debugging help there is. */
TACET_API int64_t tacet_call_next_timeout(const struct tacet_call *call, const char **ret_reason);

/* --- getters --- */

/* Whether nothing is left to say: no peer but those whose end the other side has acknowledged.
 * After _hangup: whether the transport may be closed. */
TACET_API bool tacet_call_idle(const struct tacet_call *call);

/* Fills *ret (its `size` set by the caller). An ended peer's are as they were at its end, for 2 s
 * or until another one needs its place. TACET_ERR_NOTFOUND, TACET_ERR_ARGUMENT (size). */
TACET_API TACET_NODISCARD int tacet_call_stats(const struct tacet_call *call, uint32_t peer,
                                               struct tacet_stats *ret);
TACET_API TACET_NODISCARD int tacet_call_peer(const struct tacet_call *call, uint32_t peer,
                                              struct tacet_peer_info *ret);
/* The RTP timestamp that a frame captured at that time has or would have had. */
TACET_API uint32_t tacet_call_rtp_timestamp(const struct tacet_call *call, enum tacet_kind kind,
                                            int64_t captured_at_us);
/* "AEAD_AES_256_GCM" and so on; "" for others. Static storage. */
TACET_API const char *tacet_profile_string(uint16_t profile);
/* The profile of that name, or 0. */
TACET_API uint16_t tacet_profile_parse(const char *name);

TACET_END_DECLS

#endif
