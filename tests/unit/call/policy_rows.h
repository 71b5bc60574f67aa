/* What the tests of the policy share: short names for their rows, and authorities. */
#ifndef TESTS_UNIT_CALL_POLICY_ROWS_H
#define TESTS_UNIT_CALL_POLICY_ROWS_H

#include "crypto/authority.h"

#define UNVERIFIED TACET_TRUST_UNVERIFIED
#define IS_PINNED TACET_TRUST_PINNED
#define IS_VERIFIED TACET_TRUST_VERIFIED
#define NONE TACET_NOTICE_NONE
#define REQUIRED TACET_NOTICE_REQUIRED
#define ANY TACET_REQUIRE_ANY
#define PIN TACET_REQUIRE_PIN
#define CERTIFICATE TACET_REQUIRE_CERTIFICATE
#define WORDS TACET_REQUIRE_WORDS

#define UNIX_NOW UINT64_C(1700000000)

struct ca {
    uint8_t public_key[32];
    uint8_t secret[64];
    struct tacet_authority authority;
};

struct ca make_ca(uint8_t seed, const char *suffix);
void add_ca(struct tacet_authorities *set, const struct ca *ca);
/* A list with that key on it, or none; out of date half an hour after it is issued. */
void add_list(struct tacet_authorities *set, const struct ca *ca, uint64_t issued,
              const uint8_t *revoked_key);

#endif
