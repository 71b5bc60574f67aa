/*
 * One handshake between two parties, made once for each kind of hint and kept at every step, so
 * that a run of fuzz_init, fuzz_resp or fuzz_fin costs one message. A third party with a good
 * identity of its own speaks where it should not.
 *
 * Their input is a mode and a list of changes:
 *
 *     mode u8 | { at u16 | length u8 | bytes }*
 */
#ifndef TACET_FUZZ_HANDSHAKE_WORLD_H
#define TACET_FUZZ_HANDSHAKE_WORLD_H

#include "call/half_open.h"
#include "call/handshake_layout.h"
#include "check.h"
#include "sim/rng.h"


#define WORLD_MODE_HINT 0x03   /* key, name, none; 3 is key */
#define WORLD_MODE_MAC1 0x04   /* mac1 is left as it is */
#define WORLD_MODE_INSIDE 0x08 /* RESP, FIN: the payload is changed, and then sealed */
#define WORLD_MODE_OTHER 0x10  /* it is sealed by the third party */
#define WORLD_MODE_SIGN 0x20   /* and its certificate signed again */
#define WORLD_MODE_SELF 0x40   /* it is sealed by the one who reads it */
#define WORLD_MODE_CUT 0x80    /* RESP, FIN: the last byte is missing */

enum world_party { WORLD_CALLER, WORLD_CALLEE, WORLD_OTHER, WORLD_PARTIES };

/* A message whose payload is still to be sealed. */
struct world_sealer {
    struct tacet_noise noise;
    uint8_t packet[TACET_RESP_SIZE]; /* up to the payload */
    uint8_t plain[TACET_SEALED_PLAIN_SIZE];
    const struct tacet_identity *identity;
};

struct world {
    struct tacet_handshake_config config[WORLD_PARTIES];
    struct tacet_path path; /* the caller's */
    struct tacet_callee hint;
    uint8_t mac1_key[32];
    struct tacet_initiator initiator; /* INIT is sent */
    struct tacet_responder responder; /* RESP is sent; its first entry is the caller's */
    struct tacet_half_open entry;     /* as it is then */
    uint8_t init[TACET_INIT_SIZE];
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin[TACET_FIN_SIZE];
    struct world_sealer sealer_resp[WORLD_PARTIES]; /* by any of them */
    struct world_sealer sealer_fin[WORLD_PARTIES];
};

/* The world that the mode names. It is the same one each time: what a run changes it sets back. */
struct world *world_get(uint8_t mode);
/* Who seals a payload: `from`, but for the mode, which is read by `to`. */
enum world_party world_sealed_by(uint8_t mode, enum world_party from, enum world_party to);
/* Applies the changes of an input (what follows its mode) to these bytes. */
void world_change(const uint8_t *data, size_t size, uint8_t *bytes, size_t count);
/* Seals a payload into `packet` behind what stands before it, and adds mac1. */
void world_seal_resp(const struct world *w, const struct world_sealer *sealer,
                     const uint8_t plain[TACET_SEALED_PLAIN_SIZE], uint8_t packet[TACET_RESP_SIZE]);
void world_seal_fin(const struct world *w, const struct world_sealer *sealer,
                    const uint8_t plain[TACET_SEALED_PLAIN_SIZE], uint8_t packet[TACET_FIN_SIZE]);
/* Signs the certificate again whose length stands before `at`, as its owner would. */
void world_sign(const struct tacet_identity *identity, uint8_t plain[TACET_SEALED_PLAIN_SIZE],
                size_t at);

/* RESP or FIN, and how one is forged. */
struct world_message {
    const uint8_t *genuine;
    size_t size;
    size_t mac1_at;
    size_t certificate_at; /* in its payload */
    enum world_party from;
    enum world_party to;
    const struct world_sealer *sealers; /* one a party */
    void (*seal)(const struct world *w, const struct world_sealer *sealer,
                 const uint8_t plain[TACET_SEALED_PLAIN_SIZE], uint8_t *packet);
};

/* What an input (at least its mode) makes of a message: the genuine one changed under a new mac1,
 * or its payload changed and sealed. */
void world_forge(const struct world *w, const struct world_message *message, const uint8_t *data,
                 size_t size, uint8_t *packet);

#endif
