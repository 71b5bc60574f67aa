/*
 * COOKIE (protocol.md section 3): proof that who sends INIT receives at its path, asked for under
 * load before anything is spent on it. The responder keeps nothing for it but two secrets.
 *
 *     INIT, mac2 zero -> COOKIE          COOKIE -> INIT, mac2 keyed with the cookie -> RESP
 */
#ifndef TACET_CALL_COOKIE_H
#define TACET_CALL_COOKIE_H

#include "base/limits.h"
#include "crypto/mac.h"
#include "tacet/error.h"
#include "tacet/random.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TACET_COOKIE_SIZE 64

/* --- responder --- */

struct tacet_cookie_secrets {
    bool drawn;
    bool has_last;
    int64_t drawn_at_us;
    uint8_t current[32];
    uint8_t last[32];
    /* When the last INITs came that knew a hint, oldest at `next`. */
    int64_t inits_at_us[TACET_INIT_RATE_MAX];
    size_t init_count;
    size_t next;
};

enum tacet_mac2 {
    TACET_MAC2_ZERO,
    TACET_MAC2_VALID, /* the path is proven */
    TACET_MAC2_WRONG
};

/* What the mac2 of an INIT of the right size, from this path, is worth. */
enum tacet_mac2 tacet_cookie_check(struct tacet_cookie_secrets *s,
                                   const struct tacet_random *random, int64_t now,
                                   const struct tacet_path *path, const uint8_t *init);
/* Counts an INIT; whether TACET_INIT_RATE_MAX others came in the second before it. */
bool tacet_cookie_count_init(struct tacet_cookie_secrets *s, int64_t now);
/* Writes the COOKIE that answers such an INIT. */
void tacet_cookie_write(struct tacet_cookie_secrets *s, const struct tacet_random *random,
                        int64_t now, const struct tacet_path *path, const struct tacet_callee *hint,
                        const uint8_t *init, uint8_t out[TACET_COOKIE_SIZE]);

/* --- initiator --- */

/* What is known of one path that INIT goes to. */
struct tacet_cookie_answer {
    bool waiting; /* an INIT went there, and no COOKIE has been taken since */
    uint8_t mac2[TACET_MAC_SIZE];
};

struct tacet_initiator;

/*
 * Takes a COOKIE for this initiator's INIT. On NONE answer->mac2 is what INIT must carry there, and
 * it is not waiting any more. Else nothing changed: SHORT, MALFORMED, UNKNOWN (another index),
 * STATE (not waiting), AUTH.
 */
enum tacet_drop tacet_cookie_consume(struct tacet_cookie_answer *answer,
                                     const struct tacet_initiator *i, const uint8_t *packet,
                                     size_t size);

#endif
