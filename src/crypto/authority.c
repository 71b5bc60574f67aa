/*
 * The public file of a CA, and the set of those that are trusted.
 *
 *     "TA01" | ed25519 32 | suffix_len u8 | suffix 0..63 |
 *     Ed25519 signature over "tacet/1 ca" 0x00 || all before
 *
 * The signature shows that the file is whole and its suffix the CA's own; that this CA is to be
 * trusted is what adding the file to a set says.
 */
#include "crypto/authority.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/certificate.h"
#include "crypto/revocations.h"
#include "crypto/seen_lists.h"
#include "crypto/signature.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(TACET_AUTHORITY_FILE_MAX == 4 + 32 + 1 + TACET_NAME_MAX + TACET_SIGNATURE_SIZE,
               "the layout above");
_Static_assert(TACET_AUTHORITY_ID_SIZE == TACET_CERTIFICATE_ID_SIZE, "ca_id");

static const char label[] = "tacet/1 ca"; /* signed and hashed with their NUL */
static const char id_label[] = "tacet/1 ca-id";

struct entry {
    struct tacet_authority authority;
    struct tacet_revocations list; /* its entries point into `bytes` */
    uint8_t *bytes;                /* NULL: no list yet */
};

struct tacet_authorities {
    struct entry entries[TACET_AUTHORITIES_MAX];
    size_t count;
    struct tacet_seen_lists seen;
};

/* --- the public file --- */

bool tacet_suffix_valid(const char *suffix)
{
    return *suffix == '\0' || tacet_name_valid(suffix, strlen(suffix));
}

void tacet_authority_fill(const uint8_t key[TACET_KEY_SIZE], const char *suffix,
                          struct tacet_authority *ret)
{
    crypto_generichash_state state;
    uint8_t hash[32];

    assert(tacet_suffix_valid(suffix));
    memset(ret, 0, sizeof(*ret));
    memcpy(ret->key, key, sizeof(ret->key));
    memcpy(ret->suffix, suffix, strlen(suffix) + 1);
    (void)crypto_generichash_init(&state, NULL, 0, sizeof(hash));
    (void)crypto_generichash_update(&state, (const uint8_t *)id_label, sizeof(id_label));
    (void)crypto_generichash_update(&state, key, TACET_KEY_SIZE);
    (void)crypto_generichash_final(&state, hash, sizeof(hash));
    memcpy(ret->id, hash, sizeof(ret->id));
}

size_t tacet_authority_write(const struct tacet_authority *authority, const uint8_t secret[64],
                             uint8_t out[TACET_AUTHORITY_FILE_MAX])
{
    struct tacet_writer w = tacet_writer(out, TACET_AUTHORITY_FILE_MAX);
    size_t suffix_size = strlen(authority->suffix);
    uint8_t sig[TACET_SIGNATURE_SIZE];

    tacet_write_bytes(&w, "TA01", 4);
    tacet_write_bytes(&w, authority->key, sizeof(authority->key));
    tacet_write_u8(&w, (uint8_t)suffix_size);
    tacet_write_bytes(&w, authority->suffix, suffix_size);
    tacet_sign(label, out, w.at, secret, sig);
    tacet_write_bytes(&w, sig, sizeof(sig));
    assert(!w.failed);
    return w.at;
}

int tacet_authority_parse(const uint8_t *data, size_t size, struct tacet_authority *ret)
{
    struct tacet_reader r = tacet_reader(data, size);
    uint8_t magic[4], key[TACET_KEY_SIZE], sig[TACET_SIGNATURE_SIZE];
    char suffix[TACET_NAME_MAX + 1] = { 0 };

    tacet_read_bytes(&r, magic, sizeof(magic));
    tacet_read_bytes(&r, key, sizeof(key));
    size_t suffix_size = tacet_read_u8(&r);
    if (suffix_size > TACET_NAME_MAX) {
        return TACET_ERR_FORMAT;
    }
    tacet_read_bytes(&r, suffix, suffix_size);
    tacet_read_bytes(&r, sig, sizeof(sig));
    if (r.failed || tacet_reader_left(&r) != 0 || memcmp(magic, "TA01", 4) != 0 ||
        (suffix_size > 0 && !tacet_name_valid(suffix, suffix_size))) {
        return TACET_ERR_FORMAT;
    }
    if (!tacet_signed(label, data, size - TACET_SIGNATURE_SIZE, sig, key)) {
        return TACET_ERR_TRUST;
    }
    tacet_authority_fill(key, suffix, ret);
    return 0;
}

static bool boundary(char c)
{
    return c == '.' || c == '@';
}

bool tacet_suffix_covers(const char *suffix, const char *name)
{
    size_t suffix_size = strlen(suffix);
    size_t name_size = strlen(name);

    if (suffix_size == 0) {
        return true;
    }
    if (name_size < suffix_size || strcmp(name + name_size - suffix_size, suffix) != 0) {
        return false;
    }
    if (boundary(suffix[0])) {
        return name_size > suffix_size;
    }
    return name_size == suffix_size || boundary(name[name_size - suffix_size - 1]);
}

/* --- the set --- */

int tacet_authorities_create(struct tacet_authorities **ret)
{
    struct tacet_authorities *set = tacet_alloc(sizeof(*set));

    if (set == NULL) {
        return TACET_ERR_NOMEM;
    }
    *ret = set;
    return 0;
}

void tacet_authorities_free(struct tacet_authorities **set)
{
    if (set == NULL || *set == NULL) {
        return;
    }
    for (size_t i = 0; i < (*set)->count; i++) {
        tacet_dealloc((*set)->entries[i].bytes);
    }
    tacet_dealloc(*set);
    *set = NULL;
}

int tacet_authorities_add(struct tacet_authorities *set, const uint8_t *data, size_t size)
{
    struct tacet_authority authority;
    int err = tacet_authority_parse(data, size, &authority);

    if (err != 0) {
        return err;
    }
    for (size_t i = 0; i < set->count; i++) {
        if (memcmp(set->entries[i].authority.key, authority.key, sizeof(authority.key)) == 0) {
            set->entries[i].authority = authority;
            return 0;
        }
    }
    if (set->count == TACET_AUTHORITIES_MAX) {
        return TACET_ERR_FULL;
    }
    set->entries[set->count].authority = authority;
    set->count++;
    return 0;
}

/* The CA whose id the list carries and whose key signed it. 0, TACET_ERR_TRUST, TACET_ERR_NOMEM. */
static int find_signer(struct tacet_authorities *set, const uint8_t *data, size_t size,
                       const struct tacet_revocations *list, struct entry **ret)
{
    int err = TACET_ERR_TRUST;

    for (size_t i = 0; i < set->count; i++) {
        struct entry *entry = &set->entries[i];
        if (memcmp(entry->authority.id, list->ca_id, sizeof(list->ca_id)) == 0) {
            err = tacet_revocations_check(data, size, entry->authority.key);
            if (err != TACET_ERR_TRUST) {
                *ret = entry;
                return err;
            }
        }
    }
    return err;
}

int tacet_authorities_revoke(struct tacet_authorities *set, const uint8_t *data, size_t size)
{
    struct tacet_revocations list;
    struct entry *entry = NULL;
    int err = tacet_revocations_parse(data, size, &list);

    if (err == 0) {
        err = find_signer(set, data, size, &list, &entry);
    }
    if (err != 0) {
        return err;
    }
    if (tacet_seen_lists_older(&set->seen, entry->authority.key, list.number, list.issued)) {
        return TACET_ERR_STATE;
    }
    uint8_t *bytes = tacet_alloc(size);
    if (bytes == NULL) {
        return TACET_ERR_NOMEM;
    }
    err = tacet_seen_lists_note(&set->seen, entry->authority.key, list.number, list.issued);
    if (err != 0) {
        tacet_dealloc(bytes);
        return err;
    }
    memcpy(bytes, data, size);
    list.entries = bytes + (list.entries - data);
    tacet_dealloc(entry->bytes);
    entry->bytes = bytes;
    entry->list = list;
    return 0;
}

int tacet_authorities_read_seen(struct tacet_authorities *set, const uint8_t *data, size_t size)
{
    return tacet_seen_lists_read(&set->seen, data, size);
}

int tacet_authorities_write_seen(const struct tacet_authorities *set, uint8_t *out, size_t capacity,
                                 size_t *ret_size)
{
    uint8_t bytes[TACET_SEEN_LISTS_SIZE_MAX];
    size_t size = tacet_seen_lists_write(&set->seen, bytes);

    if (size > capacity) {
        return TACET_ERR_SPACE;
    }
    memcpy(out, bytes, size);
    *ret_size = size;
    return 0;
}

/* Whether the list of this CA has the serial (where `key` is NULL) or the key. */
static bool listed(const struct entry *entry, const uint8_t *key, uint64_t serial)
{
    for (uint32_t i = 0; entry->bytes != NULL && i < entry->list.count; i++) {
        uint8_t listed_key[TACET_KEY_SIZE];
        uint64_t listed_serial;
        tacet_revocations_entry(&entry->list, i, &listed_serial, listed_key);
        if (key == NULL ? listed_serial == serial
                        : memcmp(listed_key, key, sizeof(listed_key)) == 0) {
            return true;
        }
    }
    return false;
}

int tacet_authorities_check(const struct tacet_authorities *set, const uint8_t *certificate,
                            size_t size)
{
    struct tacet_certificate c;
    int err = TACET_ERR_NOTFOUND;

    if (tacet_certificate_parse(certificate, size, &c) != 0) {
        return TACET_ERR_TRUST;
    }
    if ((c.flags & TACET_CERTIFICATE_SELF_SIGNED) != 0) {
        return TACET_ERR_NOTFOUND;
    }
    for (size_t i = 0; i < set->count; i++) {
        const struct entry *entry = &set->entries[i];
        if (memcmp(entry->authority.id, c.ca_id, sizeof(c.ca_id)) != 0) {
            continue;
        }
        err = TACET_ERR_TRUST;
        if (tacet_certificate_check_ca(certificate, size, &c, entry->authority.key) == 0 &&
            tacet_suffix_covers(entry->authority.suffix, c.name) &&
            !listed(entry, NULL, c.serial)) {
            return 0;
        }
    }
    return err;
}

bool tacet_authorities_revoked(const struct tacet_authorities *set,
                               const uint8_t key[TACET_KEY_SIZE])
{
    for (size_t i = 0; i < set->count; i++) {
        if (listed(&set->entries[i], key, 0)) {
            return true;
        }
    }
    return false;
}

bool tacet_authorities_stale(const struct tacet_authorities *set, uint64_t unix_now)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct entry *entry = &set->entries[i];
        if (entry->bytes != NULL && unix_now > entry->list.next_update) {
            return true;
        }
    }
    return false;
}
