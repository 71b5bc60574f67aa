/*
 * The epochs of one peer (protocol.md section 4): the chain E_0, E_1, ..., the KEM exchange that
 * takes one to the next, and the SRTP sessions that each gives. The control stream's keys are set
 * from here too.
 *
 *     initiator  begin -> REKEY1           REKEY2 -> finish: n+1 is used for sending at once
 *     responder  REKEY1 -> answer -> REKEY2: n+1 is accepted; used after its first packet
 */
#ifndef TACET_CALL_REKEY_H
#define TACET_CALL_REKEY_H

#include "base/limits.h"
#include "call/control.h"
#include "crypto/kem.h"
#include "crypto/schedule.h"
#include "crypto/srtp.h"
#include "tacet/random.h"

struct tacet_rekey {
    const struct tacet_kem *kem;
    bool initiator;
    uint16_t profile;
    struct tacet_ssrcs ssrcs;
    uint32_t epoch; /* highest that there are keys for */
    uint8_t e[64];  /* E of that epoch; the one before is overwritten by it */
    bool confirmed; /* a packet of `epoch` came */
    uint32_t send_epoch;
    bool exchanging; /* initiator: REKEY1 is out */
    uint8_t kem_public[TACET_KEM_PUBLIC_MAX];
    uint8_t kem_secret[TACET_KEM_SECRET_MAX];
    struct tacet_srtp *srtp[TACET_SRTP_EPOCHS]; /* [epoch % 2]; NULL for epoch 0 */
    struct tacet_srtp_indexes indexes;          /* received */
    uint32_t rtcp_next[TACET_SRTP_EPOCHS];      /* above the highest SRTCP index received */
};

/* Epoch 0: control keys only. */
void tacet_rekey_init(struct tacet_rekey *r, const struct tacet_kem *kem, bool initiator,
                      uint16_t profile, const uint8_t exporter[64], const uint8_t h[64],
                      struct tacet_control *control);
/* Wipes every key. */
void tacet_rekey_wipe(struct tacet_rekey *r);

/* Initiator: writes REKEY1's body; its size. Only when nothing is under way. */
size_t tacet_rekey_begin(struct tacet_rekey *r, const struct tacet_random *random,
                         uint8_t out[TACET_KEM_PUBLIC_MAX]);
/* Responder: takes REKEY1, writes REKEY2's body. TACET_ERR_STATE: the epoch before is not confirmed
 * yet; TACET_ERR_CRYPTO, TACET_ERR_FORMAT: the key is malformed; TACET_ERR_NOMEM. */
int tacet_rekey_answer(struct tacet_rekey *r, const struct tacet_random *random,
                       struct tacet_control *control, const uint8_t *body, size_t size,
                       uint8_t out[TACET_KEM_CIPHER_MAX], size_t *ret_size);
/* Initiator: takes REKEY2. */
int tacet_rekey_finish(struct tacet_rekey *r, struct tacet_control *control, const uint8_t *body,
                       size_t size);
/* A packet of this epoch was authenticated. True if that confirmed it just now: wipe the one before
 * in TACET_OLD_EPOCH_US. */
bool tacet_rekey_on_packet(struct tacet_rekey *r, struct tacet_control *control, uint32_t epoch);
/* Wipes the packet keys of every epoch but the newest; while that is not confirmed yet, of none. */
void tacet_rekey_drop_old(struct tacet_rekey *r, struct tacet_control *control);

/* The session to send with, or NULL: epoch 0 carries no media. */
struct tacet_srtp *tacet_rekey_sender(const struct tacet_rekey *r);
/* The session that the MKI byte points at, or NULL. */
struct tacet_srtp *tacet_rekey_receiver(const struct tacet_rekey *r, uint8_t mki);

/* Whether an authenticated SRTCP index is the highest of its epoch so far; remembers it. */
bool tacet_rekey_rtcp_newer(struct tacet_rekey *r, uint32_t epoch, uint32_t index);

enum tacet_direction tacet_rekey_direction(const struct tacet_rekey *r, bool sending);

#endif
