/*
 * Who a party is: an Ed25519 identity key, and an X25519 key for the handshake that it signs.
 * Bytes in, bytes out: no function here opens a file (see tacet/store.h for that).
 */
#ifndef TACET_IDENTITY_H
#define TACET_IDENTITY_H

#include "tacet/api.h"
#include "tacet/random.h"

#define TACET_KEY_SIZE 32
#define TACET_NAME_MAX 63            /* bytes: a-z 0-9 . _ - @ */
#define TACET_FINGERPRINT_MAX 48     /* text of a key's fingerprint with its NUL */
#define TACET_IDENTITY_FILE_MAX 1536 /* bytes that tacet_identity_seal writes at most */
#define TACET_CERTIFICATE_MAX 294    /* bytes */
#define TACET_REQUEST_MAX 230        /* a certificate without the CA's signature */
#define TACET_IDENTITY_CERTIFICATES_MAX 4

struct tacet_identity; /* opaque; secrets are in locked memory where the system allows */

/* How far the other party's identity has been established. */
enum tacet_trust {
    TACET_TRUST_UNVERIFIED = 0, /* a key, and a name that it claims */
    TACET_TRUST_PINNED,         /* the key that a ticket or a saved contact names */
    TACET_TRUST_CERTIFIED,      /* signed by a CA that this side trusts */
    TACET_TRUST_VERIFIED        /* the words were compared aloud */
};

/*
 * What may be shown of a party: nothing in it is secret. An app shows the label where there is one:
 * it is the user's own word for the key. The name is what the party's certificate says, and a party
 * may write there what it likes, also another contact's label, unless a CA that is trusted here
 * has signed it.
 */
struct tacet_public_identity {
    uint8_t key[TACET_KEY_SIZE];             /* Ed25519 */
    char name[TACET_NAME_MAX + 1];           /* that its certificate says */
    char fingerprint[TACET_FINGERPRINT_MAX]; /* of the key, in groups for reading aloud */
    enum tacet_trust trust;
    /* As a call found it in its trust table and authorities; elsewhere empty. */
    char label[TACET_NAME_MAX + 1]; /* under which the key is saved; "" it is not */
    bool name_claimed;              /* nobody vouches for the name but the party itself */
    bool name_taken; /* and it is a contact's label, with another key: never show it alone */
};

TACET_BEGIN_DECLS

/*
 * Draws a new identity. `name` is 1 to TACET_NAME_MAX bytes of a-z 0-9 . _ - @, or NULL for
 * "id-" and 16 base32 characters of the key's hash. TACET_ERR_ARGUMENT, TACET_ERR_NOMEM.
 */
TACET_API TACET_NODISCARD int tacet_identity_create(const struct tacet_random *random,
                                                    const char *name, struct tacet_identity **ret);
TACET_API void tacet_identity_free(struct tacet_identity **identity);

/*
 * Writes the identity in its file form. With a passphrase it is sealed (Argon2id at libsodium's
 * "moderate" cost, XChaCha20-Poly1305); with NULL it is written in clear, and the file must be
 * kept from others. *ret_size is at most TACET_IDENTITY_FILE_MAX. Wipe the bytes after use.
 * TACET_ERR_ARGUMENT (an empty passphrase), TACET_ERR_SPACE, TACET_ERR_NOMEM (Argon2id's memory).
 */
TACET_API TACET_NODISCARD int tacet_identity_seal(const struct tacet_identity *identity,
                                                  const struct tacet_random *random,
                                                  const char *passphrase, uint8_t *out,
                                                  size_t capacity, size_t *ret_size);
/*
 * Reads what _seal wrote. TACET_ERR_FORMAT: not an identity, or one in clear that is damaged;
 * TACET_ERR_PASSPHRASE: sealed, and the passphrase is NULL or wrong, or the bytes were changed;
 * TACET_ERR_NOMEM. A passphrase is not looked at where the file is not sealed.
 */
TACET_API TACET_NODISCARD int tacet_identity_open(const uint8_t *data, size_t size,
                                                  const char *passphrase,
                                                  struct tacet_identity **ret);

/*
 * Adds a certificate that a CA has signed for this identity; calls present the one added last that
 * is in its time, and a self-signed one where there is none. It takes the place of one of the same
 * CA and name. The CA's own signature is for those who trust it to check. TACET_ERR_FORMAT (not a
 * certificate, or self-signed), TACET_ERR_TRUST (of other keys, or damaged), TACET_ERR_FULL.
 */
TACET_API TACET_NODISCARD int tacet_identity_add_certificate(struct tacet_identity *identity,
                                                             const uint8_t *data, size_t size);
/* The bytes of the index-th, from 0, the one added last at the end; *ret is borrowed. 0: no more.
 */
TACET_API size_t tacet_identity_certificate(const struct tacet_identity *identity, size_t index,
                                            const uint8_t **ret);

/* Fills key, name and fingerprint; trust is TACET_TRUST_UNVERIFIED. */
TACET_API void tacet_identity_public(const struct tacet_identity *identity,
                                     struct tacet_public_identity *ret);

/* Whether the bytes are a name that a certificate may carry. */
TACET_API bool tacet_name_valid(const char *name, size_t size);

/* Writes the fingerprint of an Ed25519 key: 32 hex digits in groups of four. Returns `out`. */
TACET_API const char *tacet_fingerprint(const uint8_t key[TACET_KEY_SIZE],
                                        char out[TACET_FINGERPRINT_MAX]);

/* "pinned", "certified", "verified" or "unverified". Static storage. */
TACET_API const char *tacet_trust_string(enum tacet_trust trust);

TACET_END_DECLS

#endif
