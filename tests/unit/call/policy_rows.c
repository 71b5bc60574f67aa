/* See policy_rows.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy_rows.h"

#include "crypto/revocations.h"

#include <sodium.h>
#include <string.h>

struct ca make_ca(uint8_t seed, const char *suffix)
{
    const uint8_t bytes[32] = { seed };
    struct ca ca;

    assert_int_equal(crypto_sign_seed_keypair(ca.public_key, ca.secret, bytes), 0);
    tacet_authority_fill(ca.public_key, suffix, &ca.authority);
    return ca;
}

void add_ca(struct tacet_authorities *set, const struct ca *ca)
{
    uint8_t file[TACET_AUTHORITY_FILE_MAX];
    size_t size = tacet_authority_write(&ca->authority, ca->secret, file);

    assert_int_equal(tacet_authorities_add(set, file, size), 0);
}

void add_list(struct tacet_authorities *set, const struct ca *ca, uint64_t issued,
              const uint8_t *revoked_key)
{
    uint8_t entry[TACET_REVOCATION_ENTRY] = { 0, 0, 0, 0, 0, 0, 0, 99 };
    uint8_t data[512];
    size_t size = 0;
    struct tacet_revocations list = {
        .number = 1,
        .issued = issued,
        .next_update = issued + 1800,
        .count = revoked_key != NULL ? 1 : 0,
        .entries = entry,
    };

    if (revoked_key != NULL) {
        memcpy(entry + 8, revoked_key, 32);
    }
    memcpy(list.ca_id, ca->authority.id, sizeof(list.ca_id));
    assert_int_equal(tacet_revocations_write(&list, ca->secret, data, sizeof(data), &size), 0);
    assert_int_equal(tacet_authorities_revoke(set, data, size), 0);
}
