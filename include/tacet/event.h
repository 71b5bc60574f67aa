/* What a call tells its app, in order, through tacet_call_poll_event(). */
#ifndef TACET_EVENT_H
#define TACET_EVENT_H

#include "tacet/api.h"
#include "tacet/frame.h"
#include "tacet/identity.h"

#define TACET_NO_PEER UINT32_MAX
#define TACET_WORDS_MAX 64          /* text of the four words with the NUL */
#define TACET_MESSAGE_MAX 65531     /* bytes of an app's message */

enum tacet_event_type {
    TACET_EVENT_INCOMING = 1, /* a verified caller rings: answer or decline */
    TACET_EVENT_ESTABLISHED,  /* the handshake is done both ways; nobody has answered yet */
    TACET_EVENT_RINGING,      /* the other side rings */
    TACET_EVENT_ANSWERED,     /* answered, first media keys in place, words known: media may flow */
    TACET_EVENT_MEDIA,        /* what the other side sends has been said or has changed */
    TACET_EVENT_MESSAGE,      /* a message of the other side's app */
    TACET_EVENT_TRUST,        /* something should be saved or confirmed by the user */
    TACET_EVENT_SEND_TARGET,  /* how much to send, and how: give it to the encoders */
    TACET_EVENT_REKEYED,      /* a new epoch's keys are in use both ways */
    TACET_EVENT_RECONNECTING, /* nothing came for 5 s; media is held */
    TACET_EVENT_RECONNECTED,
    TACET_EVENT_ENDED         /* the peer is gone; its number may be used again */
};

/* Why a peer ended. The first seven also travel in HANGUP and DECLINE. */
enum tacet_end {
    TACET_END_HANGUP = 1,   /* normally */
    TACET_END_DECLINED,     /* the callee said no */
    TACET_END_BUSY,         /* the callee is in another call */
    TACET_END_NO_ANSWER,    /* it rang for 60 s */
    TACET_END_PROTOCOL,     /* the other side broke the protocol */
    TACET_END_GLARE,        /* this call lost against one in the other direction */
    TACET_END_FAILED,       /* the local machine failed (memory, device) */
    TACET_END_UNREACHABLE,  /* nobody answered the handshake in 15 s */
    TACET_END_IMPOSTOR,     /* somebody did, but not the one asked for */
    TACET_END_LOST          /* nothing came for 30 s */
};

/* One side's media description, as MEDIA carries it. */
struct tacet_media {
    bool audio;                /* audio is sent */
    bool video;                /* video is sent */
    bool audio_muted;          /* silence is sent in its place */
    bool video_muted;          /* no pictures for now */
    bool held;
    uint16_t width;            /* largest picture that will be sent; 0 without video */
    uint16_t height;
    uint16_t fps;
};

/* What TRUST tells: what the app may do about a peer, or why one was refused. Refusals are told
 * once for each party, at most eight in ten seconds: strangers can cause any number of them. */
enum tacet_notice {
    TACET_NOTICE_NONE = 0,
    TACET_NOTICE_OFFER,       /* our call to a key that is not in the trust table was answered:
                                 offer the user to save it */
    TACET_NOTICE_VERIFIED,    /* marked by tacet_call_set_verified: save that */
    TACET_NOTICE_STALE,       /* let in, but a revocation list is past its next update: get a new
                                 one */
    TACET_NOTICE_OTHER,       /* refused: not the one who was dialled */
    TACET_NOTICE_CHANGED,     /* refused: it has the name of a contact, but not that key; to accept
                                 the new key, replace the pin and dial again */
    TACET_NOTICE_REVOKED,     /* refused: an authority has revoked the key */
    TACET_NOTICE_CERTIFICATE, /* refused: an authority that is trusted here did not sign it so, may
                                 not, or has revoked it */
    TACET_NOTICE_OUTDATED,    /* refused: a revocation list is past its next update (strict) */
    TACET_NOTICE_REQUIRED     /* refused: less is known of it than config.require asks for */
};

struct tacet_event {
    enum tacet_event_type type;
    uint32_t peer;
    union {
        struct tacet_public_identity incoming;  /* INCOMING, ESTABLISHED */
        struct {
            char words[TACET_WORDS_MAX];
            struct tacet_public_identity peer;
        } answered;
        struct tacet_media media;
        struct {
            const uint8_t *data; /* borrowed until the next poll of events, whatever becomes of
                                    the peer */
            size_t size;
        } message;
        struct {
            int32_t audio_bps;
            int32_t audio_packet_ms; /* of sound in each frame: 10, 20, 40 or 60 */
            int32_t video_bps;
            int32_t loss_permille; /* expected */
            int32_t burst;         /* expected length of a run of lost packets, at least 1 */
            enum tacet_refresh refresh;
        } send_target;
        uint32_t epoch;          /* REKEYED */
        struct {
            enum tacet_notice notice;
            struct tacet_public_identity identity; /* whom it is about */
        } trust;                 /* TRUST; of a refused caller the peer is TACET_NO_PEER */
        struct {
            enum tacet_end reason;
            bool remote;         /* the other side said so */
            uint32_t successor;  /* both sides dialled: the call goes on as this peer, which is
                                    answered by itself; TACET_NO_PEER: none */
        } ended;
    } u;
};

TACET_BEGIN_DECLS

/* The enumerator's lower-case name with underscores ("hangup", "send_target"). Static storage. */
TACET_API const char *tacet_end_string(enum tacet_end reason);
TACET_API const char *tacet_notice_string(enum tacet_notice notice);
TACET_API const char *tacet_event_string(enum tacet_event_type type);

TACET_END_DECLS

#endif
