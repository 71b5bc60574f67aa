/*
 * The trust table: whom this user has come to know, as labels with keys. In memory; bytes in and
 * out. A pin is local: its label is the user's own name for a key, never the peer's claim.
 *
 * A call borrows one (tacet_call_config.trust) and only reads it; what should be saved or confirmed
 * comes as TACET_EVENT_TRUST, and the app decides.
 */
#ifndef TACET_TRUST_H
#define TACET_TRUST_H

#include "tacet/api.h"
#include "tacet/identity.h"

#define TACET_TRUST_ENTRIES_MAX 4096
#define TACET_ENDPOINT_MAX 264
#define TACET_TRUST_FILE_MAX 1700000   /* bytes that tacet_trust_write writes at most */
#define TACET_SAFETY_NUMBER_MAX 72     /* text of a safety number with its NUL */
#define TACET_LABEL_MAX TACET_NAME_MAX /* bytes, as names */

struct tacet_trust_table;

struct tacet_trust_entry {
    char label[TACET_LABEL_MAX + 1];
    uint8_t key[TACET_KEY_SIZE];
    bool verified;                         /* the words, or the safety number, were compared */
    int64_t pinned_at;                     /* Unix seconds */
    char endpoint[TACET_ENDPOINT_MAX + 1]; /* "HOST:PORT" where it was last reached, or "" */
};

TACET_BEGIN_DECLS

TACET_API TACET_NODISCARD int tacet_trust_create(struct tacet_trust_table **ret);
TACET_API void tacet_trust_free(struct tacet_trust_table **table);
/* Reads what _write wrote. TACET_ERR_FORMAT: damaged, or not a trust table; nothing is guessed. */
TACET_API TACET_NODISCARD int tacet_trust_read(const uint8_t *data, size_t size,
                                               struct tacet_trust_table **ret);
/* Text, one entry a line, with a checksum. *ret_size is what it needs, also with TACET_ERR_SPACE.
 */
TACET_API TACET_NODISCARD int tacet_trust_write(const struct tacet_trust_table *table, uint8_t *out,
                                                size_t capacity, size_t *ret_size);
/* Borrowed until the table changes; NULL: none. A key may have several labels: _find_key prefers a
 * verified one. _at counts in the order of the labels. */
TACET_API const struct tacet_trust_entry *tacet_trust_find(const struct tacet_trust_table *table,
                                                           const char *label);
TACET_API const struct tacet_trust_entry *
tacet_trust_find_key(const struct tacet_trust_table *table, const uint8_t key[TACET_KEY_SIZE]);
TACET_API const struct tacet_trust_entry *tacet_trust_at(const struct tacet_trust_table *table,
                                                         size_t index);
/*
 * Pins `key` under `label` (bytes as in names). Another key under a label that exists is
 * TACET_ERR_TRUST unless `replace`, which also clears the verified mark. `endpoint` NULL or "" is
 * none; the same key again only takes a new endpoint. TACET_ERR_ARGUMENT, TACET_ERR_FULL.
 */
TACET_API TACET_NODISCARD int tacet_trust_pin(struct tacet_trust_table *table, const char *label,
                                              const uint8_t key[TACET_KEY_SIZE],
                                              const char *endpoint, int64_t unix_now, bool replace);
/* Marks the entry as verified, or not. TACET_ERR_NOTFOUND. */
TACET_API TACET_NODISCARD int tacet_trust_verify(struct tacet_trust_table *table, const char *label,
                                                 bool verified);
TACET_API TACET_NODISCARD int tacet_trust_forget(struct tacet_trust_table *table,
                                                 const char *label);

/*
 * Writes the safety number of two identities, the same for both: 60 digits in groups of five, for
 * two people to compare outside of a call. Returns `out`. It is Signal's numeric fingerprint
 * (version 0, 5200 iterations); what Signal calls the stable identifier is the key itself here,
 * since a key is all that an identity is.
 */
TACET_API const char *tacet_safety_number(const uint8_t one[TACET_KEY_SIZE],
                                          const uint8_t other[TACET_KEY_SIZE],
                                          char out[TACET_SAFETY_NUMBER_MAX]);

TACET_END_DECLS

#endif
