/* Revocation lists in bytes (protocol.md section 6): the fixed layout "TR01". */
#ifndef TACET_CRYPTO_REVOCATIONS_H
#define TACET_CRYPTO_REVOCATIONS_H

#include "tacet/authority.h"

#define TACET_REVOCATION_ENTRY 40 /* serial u64 | ed25519 32 */

struct tacet_revocations {
    uint8_t ca_id[TACET_AUTHORITY_ID_SIZE];
    uint64_t number; /* of later lists never lower */
    uint64_t issued; /* Unix seconds */
    uint64_t next_update;
    uint32_t count;
    const uint8_t *entries; /* inside what was parsed */
};

/* TACET_ERR_FORMAT: magic, length, too many entries, dates the wrong way round. */
int tacet_revocations_parse(const uint8_t *data, size_t size, struct tacet_revocations *ret);
/* The signature of the whole list that was parsed. TACET_ERR_TRUST, TACET_ERR_NOMEM. */
int tacet_revocations_check(const uint8_t *data, size_t size, const uint8_t key[TACET_KEY_SIZE]);
void tacet_revocations_entry(const struct tacet_revocations *list, uint32_t index,
                             uint64_t *ret_serial, uint8_t ret_key[TACET_KEY_SIZE]);
/* Writes the list with `list->entries` and signs it. TACET_ERR_SPACE, TACET_ERR_NOMEM. */
int tacet_revocations_write(const struct tacet_revocations *list, const uint8_t secret[64],
                            uint8_t *out, size_t capacity, size_t *ret_size);

#endif
