/*
 * Certificate authorities (protocol.md section 6), from the side of those who trust one: a set of
 * CA keys, each with the suffix of the names that it may sign and its revocation list. Bytes in
 * and out; no file is opened here.
 */
#ifndef TACET_AUTHORITY_H
#define TACET_AUTHORITY_H

#include "tacet/api.h"
#include "tacet/identity.h"

#define TACET_AUTHORITIES_MAX 16
#define TACET_AUTHORITY_ID_SIZE 8
#define TACET_REVOCATIONS_MAX 10000 /* entries of one list */

struct tacet_authorities;

struct tacet_authority {
    uint8_t key[TACET_KEY_SIZE];         /* Ed25519 */
    uint8_t id[TACET_AUTHORITY_ID_SIZE]; /* first bytes of BLAKE2b-256("tacet/1 ca-id" 0 key) */
    char suffix[TACET_NAME_MAX + 1];     /* names it may sign end so; "" is every name */
};

TACET_BEGIN_DECLS

TACET_API TACET_NODISCARD int tacet_authorities_create(struct tacet_authorities **ret);
TACET_API void tacet_authorities_free(struct tacet_authorities **set);
/* Adds the CA that the bytes of a CA's public file (`tacet ca export`) describe. TACET_ERR_FORMAT,
 * TACET_ERR_FULL. */
TACET_API TACET_NODISCARD int tacet_authorities_add(struct tacet_authorities *set,
                                                    const uint8_t *data, size_t size);
/* Takes a revocation list of one of the CAs. TACET_ERR_FORMAT, TACET_ERR_TRUST (its signature, or a
 * CA that is not in the set), TACET_ERR_STATE (a lower number than the one there). */
TACET_API TACET_NODISCARD int tacet_authorities_revoke(struct tacet_authorities *set,
                                                       const uint8_t *data, size_t size);
/*
 * Whether one of them vouches for this certificate (whose own signature and time were checked):
 * its signature, the suffix. 0, TACET_ERR_NOTFOUND (self-signed, or by a CA not in the set),
 * TACET_ERR_TRUST (it does not verify, or is outside the CA's suffix).
 */
TACET_API TACET_NODISCARD int tacet_authorities_check(const struct tacet_authorities *set,
                                                      const uint8_t *certificate, size_t size);
/* Whether any list names this key (then it is refused also if pinned or self-signed) or serial. */
TACET_API bool tacet_authorities_revoked(const struct tacet_authorities *set,
                                         const uint8_t key[TACET_KEY_SIZE], uint64_t serial);
/* Whether a list is past its next_update at this Unix time: warn, or refuse in strict mode. */
TACET_API bool tacet_authorities_stale(const struct tacet_authorities *set, uint64_t unix_now);

TACET_END_DECLS

#endif
