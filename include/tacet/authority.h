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
#define TACET_AUTHORITY_FILE_MAX 164 /* bytes of a CA's public file */
#define TACET_REVOCATIONS_MAX 10000  /* entries of one list */
#define TACET_REVOCATIONS_SIZE_MAX (104 + 40 * TACET_REVOCATIONS_MAX) /* its bytes */
#define TACET_SEEN_LISTS_SIZE_MAX (40 + 256 * 48)

struct tacet_authorities;

struct tacet_authority {
    uint8_t key[TACET_KEY_SIZE];         /* Ed25519 */
    uint8_t id[TACET_AUTHORITY_ID_SIZE]; /* first bytes of BLAKE2b-256("tacet/1 ca-id" 0 key) */
    char suffix[TACET_NAME_MAX + 1];     /* names it may sign end so; "" is every name */
};

TACET_BEGIN_DECLS

TACET_API TACET_NODISCARD int tacet_authorities_create(struct tacet_authorities **ret);
TACET_API void tacet_authorities_free(struct tacet_authorities **set);
/* Reads a CA's public file (`tacet ca export`). TACET_ERR_FORMAT; TACET_ERR_TRUST: its key did not
 * sign it. */
TACET_API TACET_NODISCARD int tacet_authority_parse(const uint8_t *data, size_t size,
                                                    struct tacet_authority *ret);
/*
 * Whether a CA of that suffix may sign that name: "" every name; one that begins with '.' or '@'
 * the names that end so and are longer; any other the name itself, and those that end so behind a
 * '.' or '@'. So "example.org" covers anna@example.org and not anna@bad-example.org.
 */
TACET_API bool tacet_suffix_covers(const char *suffix, const char *name);
/* Adds the CA that the bytes of a CA's public file describe; one of a key that is there already
 * takes its place, and its list stays. TACET_ERR_FORMAT, TACET_ERR_TRUST, TACET_ERR_FULL. */
TACET_API TACET_NODISCARD int tacet_authorities_add(struct tacet_authorities *set,
                                                    const uint8_t *data, size_t size);
/* Takes a revocation list of one of the CAs; memory for it is taken here. TACET_ERR_FORMAT,
 * TACET_ERR_TRUST (its signature, or a CA that is not in the set), TACET_ERR_STATE (older than the
 * newest seen: a lower number, or the same and issued before), TACET_ERR_FULL, TACET_ERR_NOMEM. */
TACET_API TACET_NODISCARD int tacet_authorities_revoke(struct tacet_authorities *set,
                                                       const uint8_t *data, size_t size);
/*
 * Which list was the newest that was ever taken of each CA, also of those that are not in this set:
 * bytes to keep, so that the next process refuses an older one. Read them before the first list,
 * and write them as soon as one was taken. _read adds to what is known. TACET_ERR_FORMAT,
 * TACET_ERR_FULL; TACET_ERR_SPACE.
 */
TACET_API TACET_NODISCARD int tacet_authorities_read_seen(struct tacet_authorities *set,
                                                          const uint8_t *data, size_t size);
TACET_API TACET_NODISCARD int tacet_authorities_write_seen(const struct tacet_authorities *set,
                                                           uint8_t *out, size_t capacity,
                                                           size_t *ret_size);
/*
 * Whether one of them vouches for this certificate (whose own signature and time were checked):
 * its signature, the suffix, and that its serial is not on that CA's list. 0, TACET_ERR_NOTFOUND
 * (self-signed, or by a CA not in the set), TACET_ERR_TRUST (it does not verify, is outside the
 * CA's suffix, or was revoked).
 */
TACET_API TACET_NODISCARD int tacet_authorities_check(const struct tacet_authorities *set,
                                                      const uint8_t *certificate, size_t size);
/* Whether any list names this key: then it is refused also if pinned or self-signed. Serials are
 * for _check: each CA's are its own, and whoever asks for a certificate chooses one. */
TACET_API bool tacet_authorities_revoked(const struct tacet_authorities *set,
                                         const uint8_t key[TACET_KEY_SIZE]);
/* Whether a list is past its next_update at this Unix time: warn, or refuse in strict mode. */
TACET_API bool tacet_authorities_stale(const struct tacet_authorities *set, uint64_t unix_now);

TACET_END_DECLS

#endif
