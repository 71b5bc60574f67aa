/*
 * INIT, RESP and FIN (protocol.md section 3; COOKIE is in cookie.h): layouts, both roles, and the
 * table of half-open handshakes. Each message is consumed on a copy and committed at the end, so
 * that a forged packet leaves nothing behind. No message leaves from here: bytes come out, the call
 * sends them.
 *
 *     initiator  start -> INIT          RESP -> consume_resp -> FIN, result
 *     responder  INIT -> consume_init -> RESP          FIN -> consume_fin -> result
 */
#ifndef TACET_CALL_HANDSHAKE_H
#define TACET_CALL_HANDSHAKE_H

#include "base/limits.h"
#include "call/cookie.h"
#include "call/policy.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "crypto/mac.h"
#include "crypto/noise.h"
#include "crypto/words.h"
#include "tacet/call.h"

#define TACET_INIT_SIZE 640
#define TACET_RESP_SIZE 640
#define TACET_FIN_SIZE 588
#define TACET_CALL_ID_SIZE 16

/* What both roles know of themselves; borrowed by every function below. */
struct tacet_handshake_config {
    const struct tacet_identity *identity;
    uint8_t certificate[TACET_CERTIFICATE_MAX]; /* own, fresh */
    size_t certificate_size;
    uint16_t profiles[TACET_PROFILES_MAX]; /* allowed, best first */
    size_t profile_count;
    bool open; /* responder: accept hint 0 */
    struct tacet_policy policy;
    struct tacet_refusal *refusal; /* or NULL: where a refusal by the policy is noted */
    uint64_t unix_now;             /* seconds; set before each use */
    struct tacet_random random;
};

/* What a finished handshake leaves. Wipe it after use. */
struct tacet_handshake_result {
    uint8_t exporter[64];
    uint8_t h[64];
    uint16_t profile;
    uint32_t index_local;
    uint32_t index_remote;
    uint8_t commitment[TACET_SAS_COMMITMENT];
    uint8_t call_id[TACET_CALL_ID_SIZE];
    uint16_t media_bits;
    struct tacet_public_identity peer; /* authenticated, and judged by the policy */
    int64_t started_at_us;             /* responder: when the INIT came */
    int64_t answered_at_us;            /* responder: when RESP was last sent */
};

struct tacet_initiator {
    struct tacet_noise noise;
    struct tacet_callee hint;
    uint8_t mac1_key[32];
    uint32_t index;
    uint8_t init[TACET_INIT_SIZE];
    uint16_t profiles[TACET_PROFILES_MAX]; /* as offered */
    size_t profile_count;
};

/* Draws the ephemeral and the index and writes INIT. TACET_ERR_TRUST: policy forbids the hint. */
int tacet_initiator_start(struct tacet_initiator *i, const struct tacet_handshake_config *config,
                          const struct tacet_callee *hint);
/*
 * Consumes RESP and makes the whole identity check before FIN. On NONE, `fin` is to be sent (and
 * repeated as it is), *ret holds the result, and `i` is wiped. Otherwise nothing changed;
 * *ret_other is set where an authentic answer came from someone who is not the one asked for, or
 * whom the policy refuses.
 */
enum tacet_drop tacet_initiator_consume_resp(struct tacet_initiator *i,
                                             const struct tacet_handshake_config *config,
                                             const uint8_t *packet, size_t size,
                                             const uint8_t commitment[TACET_SAS_COMMITMENT],
                                             const uint8_t call_id[TACET_CALL_ID_SIZE],
                                             uint16_t media_bits, uint8_t fin[TACET_FIN_SIZE],
                                             struct tacet_handshake_result *ret, bool *ret_other);
void tacet_initiator_wipe(struct tacet_initiator *i);

struct tacet_half_open; /* one entry */

struct tacet_responder {
    struct tacet_half_open *entries; /* TACET_HALF_OPEN_MAX */
    uint64_t next_age;
    struct tacet_cookie_secrets cookies;
    int64_t expiry_us; /* no entry expires before */
};

int tacet_responder_create(struct tacet_responder *r);
void tacet_responder_free(struct tacet_responder *r);
/*
 * Consumes INIT. On NONE, `reply` is a RESP to be sent back to `path`: a new one, or the cached one
 * for an identical INIT. SHORT, AUTH (no hint's mac1 fits), MALFORMED, STATE (own ephemeral or
 * identity reflected), RATE (per-source limit, or the path must be proven first). A COOKIE is to be
 * sent back where RATE comes with a *ret_size; else that is 0.
 */
enum tacet_drop tacet_responder_consume_init(struct tacet_responder *r,
                                             const struct tacet_handshake_config *config,
                                             int64_t now, const struct tacet_path *path,
                                             const uint8_t *packet, size_t size,
                                             uint8_t reply[TACET_RESP_SIZE], size_t *ret_size);
/*
 * Consumes FIN: must come from its INIT's path. On NONE *ret holds the result. Whom the policy
 * refuses is TACET_DROP_AUTH. A FIN of who made the INIT closes the entry, accepted or not: the
 * same again is TACET_DROP_REPLAY, with *ret_index_local saying whose it is, and any other AUTH.
 */
enum tacet_drop tacet_responder_consume_fin(struct tacet_responder *r,
                                            const struct tacet_handshake_config *config,
                                            int64_t now, const struct tacet_path *path,
                                            const uint8_t *packet, size_t size,
                                            struct tacet_handshake_result *ret,
                                            uint32_t *ret_index_local);
/* Forgets entries older than TACET_HALF_OPEN_TIMEOUT_US. */
void tacet_responder_expire(struct tacet_responder *r, int64_t now);
/* When to call _expire next: a secret stays no longer than that. TACET_NEVER: there is none. */
int64_t tacet_responder_next_timeout(const struct tacet_responder *r);
size_t tacet_responder_count(const struct tacet_responder *r);

#endif
