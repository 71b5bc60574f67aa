/*
 * Three parties with an identity each, and the steps of a handshake between two of them: alice
 * calls, bob is called, eve does what she can. For the tests of INIT, RESP and FIN. Most of them
 * have one form: something hostile comes first and must change nothing, then the genuine message
 * must still do its work.
 */
#ifndef TESTS_UNIT_CALL_HANDSHAKE_PARTIES_H
#define TESTS_UNIT_CALL_HANDSHAKE_PARTIES_H

#include "call/handshake.h"
#include "call/handshake_layout.h"
#include "sim/rng.h"

#define UNIX_NOW UINT64_C(1800000000)

struct party {
    struct tacet_identity *identity;
    struct tacet_handshake_config config;
    struct tacet_responder responder;
};

struct fixture {
    struct tacet_rng rng;
    struct party alice; /* calls */
    struct party bob;   /* is called */
    struct party eve;
    struct tacet_path path; /* alice's, as bob sees it */
    struct tacet_initiator initiator;
    int64_t now;
    uint8_t resp[TACET_RESP_SIZE];
    uint8_t fin[TACET_FIN_SIZE];
    uint8_t commitment[TACET_SAS_COMMITMENT];
    uint8_t call_id[TACET_CALL_ID_SIZE];
    struct tacet_handshake_result of_alice;
    struct tacet_handshake_result of_bob;
    uint32_t index;
    bool other;
};

extern struct fixture *f; /* of the running test */

#define CASE(name) cmocka_unit_test_setup_teardown(name, handshake_setup, handshake_teardown)

/* For cmocka. */
int handshake_group_setup(void **state);
int handshake_group_teardown(void **state);
int handshake_setup(void **state);
int handshake_teardown(void **state);

void certify(struct party *p, uint64_t unix_now);

/* --- steps --- */

struct tacet_callee hint_of(const struct party *p, enum tacet_hint hint);

/* alice makes an INIT. */
void dial(enum tacet_hint hint);

/* To bob, to alice, to bob; whatever comes of it. Many of these tests would be a flood: what asks
 * for cookies at a high rate is forgotten here (see test_cookie.c). */
enum tacet_drop give_init(const uint8_t *packet, size_t size, uint8_t *resp);
enum tacet_drop give_resp(const uint8_t *packet, size_t size);
enum tacet_drop give_fin(const uint8_t *packet, size_t size);

/* The genuine ones. */
void init_passes(void);
void resp_passes(void);
void fin_passes(void);
void both_agree(void);

/* What every test ends with: after all that came before, the genuine messages do their work. */
void genuine_fin_still_passes(void);
void genuine_resp_still_passes(void);
void genuine_init_still_passes(void);

/* A new INIT and its RESP, for another FIN. */
void begin_again(void);

/* --- what an attacker can make, and what comes of it --- */

/* For who knows the hint. */
void renew_mac1(uint8_t *packet, size_t at);

/* The payloads of RESP and FIN. */
void plain_choice(const struct party *p, uint16_t profile, uint16_t features,
                  uint8_t plain[TACET_SEALED_PLAIN_SIZE]);
void plain_opening(const struct party *p, uint8_t plain[TACET_SEALED_PLAIN_SIZE]);

/* A RESP to the current INIT by someone with these keys, any payload and any static. */
void craft_resp(const struct party *as, const uint8_t s_public[32],
                const uint8_t plain[TACET_SEALED_PLAIN_SIZE], uint8_t out[TACET_RESP_SIZE]);

/* A FIN to bob's RESP from the current INIT, by someone with these keys and any payload. */
void craft_fin(const struct party *as, const uint8_t s_public[32],
               const uint8_t plain[TACET_SEALED_PLAIN_SIZE], uint8_t out[TACET_FIN_SIZE]);

/* It leaves no trace. */
void resp_is_dropped(const uint8_t resp[TACET_RESP_SIZE], enum tacet_drop drop, bool other);
void fin_is_dropped(const uint8_t fin[TACET_FIN_SIZE], enum tacet_drop drop);

/* A FIN of who made the INIT that is refused: it was the only one that this handshake reads. */
void fin_is_refused(const uint8_t fin[TACET_FIN_SIZE], enum tacet_drop drop);

#endif
