/*
 * A certificate authority from its own side (protocol.md section 6): its key, requests, and the
 * registry that keeps it from signing one name for two keys. Bytes in and out; no file is opened
 * here (see tacet/store.h), so that an app may keep them where it likes.
 *
 * One step of work on a registry, under a lock (tacet_store_lock):
 *
 *     read the registry, tacet_registry_read
 *     tacet_ca_decide (or tacet_ca_revoke): the record to append
 *     append it behind registry.size and sync it (tacet_store_append)
 *     read it again; tacet_ca_certify signs only what is written there as issued
 */
#ifndef TACET_CA_H
#define TACET_CA_H

#include "tacet/api.h"
#include "tacet/authority.h"
#include "tacet/identity.h"
#include "tacet/random.h"

#define TACET_CA_FILE_MAX 256                         /* bytes that tacet_ca_seal writes */
#define TACET_CA_REQUEST_MAX (TACET_REQUEST_MAX + 64) /* with the old key's signature */
#define TACET_REGISTRY_RECORD_MAX 518                 /* bytes */
#define TACET_REGISTRY_HASH_SIZE 32
#define TACET_CA_REBIND_S (30 * 86400) /* so long after a revocation the name is free */

struct tacet_ca; /* opaque; holds the secret key */

enum tacet_registry_operation {
    TACET_REGISTRY_FOUNDED = 1, /* the first record: the CA's key, its suffix as the name */
    TACET_REGISTRY_ISSUED = 2,
    TACET_REGISTRY_REFUSED = 3,
    TACET_REGISTRY_REBOUND = 4, /* issued to another key than before */
    TACET_REGISTRY_REVOKED = 5
};

/* Why it was refused, or on what ground a name was bound to another key. */
enum tacet_registry_ground {
    TACET_GROUND_NONE = 0,
    TACET_GROUND_BOUND,      /* refused: the name is bound to another key */
    TACET_GROUND_REVOKED,    /* refused: the key was revoked */
    TACET_GROUND_SUFFIX,     /* refused: the name is outside what the CA may sign */
    TACET_GROUND_DATES,      /* refused: over already, not yet begun, or more than 30 days */
    TACET_GROUND_SERIAL,     /* refused: the serial was given to another certificate */
    TACET_GROUND_OLD_KEY,    /* rebound: the key before signed the request */
    TACET_GROUND_REVOCATION, /* rebound: the key before was revoked 30 days ago */
    TACET_GROUND_OPERATOR    /* rebound: the operator said so */
};

struct tacet_registry_record {
    uint64_t index;
    uint64_t time; /* Unix seconds */
    enum tacet_registry_operation operation;
    enum tacet_registry_ground ground;
    char name[TACET_NAME_MAX + 1];
    uint8_t key[TACET_KEY_SIZE]; /* Ed25519 */
    uint64_t serial;
    const uint8_t *request; /* what was decided on, with an old key's signature; borrowed */
    size_t request_size;    /* 0: none */
};

/* A registry whose chain was checked. Plain; borrows the bytes. */
struct tacet_registry {
    const uint8_t *data;
    size_t size; /* whole records */
    size_t torn; /* bytes behind them that a crash left of one more: to be cut */
    uint64_t count;
    uint8_t head[TACET_REGISTRY_HASH_SIZE]; /* hash of the last record */
};

TACET_BEGIN_DECLS

/* --- the key --- */

/* Draws a CA. `suffix`: what the names that it signs end in, "" for every name (see
 * tacet_suffix_covers). TACET_ERR_ARGUMENT, TACET_ERR_NOMEM. */
TACET_API TACET_NODISCARD int tacet_ca_create(const struct tacet_random *random, const char *suffix,
                                              struct tacet_ca **ret);
TACET_API void tacet_ca_free(struct tacet_ca **ca);
/* The CA's file form, and back; as tacet_identity_seal and tacet_identity_open. */
TACET_API TACET_NODISCARD int tacet_ca_seal(const struct tacet_ca *ca,
                                            const struct tacet_random *random,
                                            const char *passphrase, uint8_t *out, size_t capacity,
                                            size_t *ret_size);
TACET_API TACET_NODISCARD int tacet_ca_open(const uint8_t *data, size_t size,
                                            const char *passphrase, struct tacet_ca **ret);
TACET_API void tacet_ca_public(const struct tacet_ca *ca, struct tacet_authority *ret);
/* Writes the public file, for tacet_authorities_add. Returns its size. */
TACET_API size_t tacet_ca_export(const struct tacet_ca *ca, uint8_t out[TACET_AUTHORITY_FILE_MAX]);

/* --- requests --- */

/*
 * Asks a CA for a certificate: `name` (NULL: the identity's own) from 5 minutes before `unix_now`
 * on for `seconds`, 30 days at most. `old`: the identity that the name is bound to so far, which
 * signs the request, or NULL. TACET_ERR_ARGUMENT (name, times), TACET_ERR_TRUST (the name is
 * outside the CA's suffix).
 */
TACET_API TACET_NODISCARD int tacet_ca_request(const struct tacet_identity *identity,
                                               const struct tacet_random *random,
                                               const struct tacet_authority *authority,
                                               const char *name, uint64_t unix_now,
                                               uint64_t seconds, const struct tacet_identity *old,
                                               uint8_t out[TACET_CA_REQUEST_MAX], size_t *ret_size);

/* --- the registry --- */

/* Writes the first record. Returns its size. */
TACET_API size_t tacet_registry_found(const struct tacet_ca *ca, uint64_t unix_now,
                                      uint8_t out[TACET_REGISTRY_RECORD_MAX]);
/*
 * Checks the whole chain and the signature of its last record, which stands for all before it. A
 * torn tail is no error: see `torn`. TACET_ERR_FORMAT: broken anywhere else; TACET_ERR_TRUST: not
 * signed by this key. Either way *ret_count, if not NULL, is how many records were good.
 */
TACET_API TACET_NODISCARD int tacet_registry_read(const uint8_t *data, size_t size,
                                                  const uint8_t key[TACET_KEY_SIZE],
                                                  struct tacet_registry *ret, uint64_t *ret_count);
/* 1 and the record at *at (0 for the first), which moves on; 0 at the end. */
TACET_API int tacet_registry_next(const struct tacet_registry *registry, size_t *at,
                                  struct tacet_registry_record *ret);
/* Every signature, and that each decision was right by those before it. TACET_ERR_TRUST; *ret_count
 * is how many records were good. */
TACET_API TACET_NODISCARD int tacet_registry_audit(const struct tacet_registry *registry,
                                                   const uint8_t key[TACET_KEY_SIZE],
                                                   uint64_t *ret_count);
/* The key that a name is bound to. *ret_revoked_at: when it was revoked, 0: it was not.
 * TACET_ERR_NOTFOUND. */
TACET_API TACET_NODISCARD int tacet_registry_lookup(const struct tacet_registry *registry,
                                                    const char *name,
                                                    uint8_t ret_key[TACET_KEY_SIZE],
                                                    uint64_t *ret_revoked_at);

/* --- deciding --- */

struct tacet_ca_decision {
    struct tacet_registry_record record; /* what was decided; its request is the one given */
    uint8_t bytes[TACET_REGISTRY_RECORD_MAX];
    size_t size; /* to append; 0: this very request was issued before, nothing is to be written */
};

/*
 * Decides on a request: ISSUED, REBOUND or REFUSED. `rebind`: the operator gives the name to this
 * key, whoever has it. TACET_ERR_FORMAT (not a request), TACET_ERR_TRUST (not signed by its own
 * key), TACET_ERR_NOTFOUND (a request to another CA): then there is nothing to record.
 */
TACET_API TACET_NODISCARD int tacet_ca_decide(const struct tacet_ca *ca,
                                              const struct tacet_registry *registry,
                                              const uint8_t *request, size_t size,
                                              uint64_t unix_now, bool rebind,
                                              struct tacet_ca_decision *ret);
/* Signs a request that the registry says was issued or rebound, to the key that has the name still
 * and was not revoked since. TACET_ERR_FORMAT, TACET_ERR_NOTFOUND (it does not). */
TACET_API TACET_NODISCARD int tacet_ca_certify(const struct tacet_ca *ca,
                                               const struct tacet_registry *registry,
                                               const uint8_t *request, size_t size,
                                               uint8_t out[TACET_CERTIFICATE_MAX],
                                               size_t *ret_size);
/* Revokes the key that a name is bound to, or that has the certificate of that serial where `name`
 * is NULL. TACET_ERR_NOTFOUND, TACET_ERR_STATE (revoked already). */
TACET_API TACET_NODISCARD int tacet_ca_revoke(const struct tacet_ca *ca,
                                              const struct tacet_registry *registry,
                                              const char *name, uint64_t serial, uint64_t unix_now,
                                              struct tacet_ca_decision *ret);
/*
 * The revocation list as the registry has it, valid for `seconds`; its number is the count of
 * records. `out` of TACET_REVOCATIONS_SIZE_MAX bytes is always enough. TACET_ERR_SPACE,
 * TACET_ERR_FULL (too many), TACET_ERR_NOMEM.
 */
TACET_API TACET_NODISCARD int tacet_ca_revocations(const struct tacet_ca *ca,
                                                   const struct tacet_registry *registry,
                                                   uint64_t unix_now, uint64_t seconds,
                                                   uint8_t *out, size_t capacity, size_t *ret_size);

/* "ISSUED" and so on; a sentence for a ground. Static storage. */
TACET_API const char *tacet_registry_operation_string(enum tacet_registry_operation operation);
TACET_API const char *tacet_registry_ground_string(enum tacet_registry_ground ground);

TACET_END_DECLS

#endif
