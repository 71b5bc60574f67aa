/*
 * The registry of a CA: records one behind the other, each with the hash of the one before it and
 * the CA's signature.
 *
 *     size u16 | size u16, inverted | index u64 | hash of the record before 32 (zeros: none) |
 *     time u64 | operation u8 | ground u8 | name_len u8 | name 0..63 | ed25519 32 | serial u64 |
 *     request_len u16 | request | Ed25519 signature over "tacet/1 registry" 0x00 || all before
 *
 *     hash = BLAKE2b-256(the whole record)
 *
 * A record is appended by one writer at a time and synced before anything that it allows leaves, so
 * a process or machine that stops in the middle leaves at most one unfinished record at the end,
 * and nobody has seen what it says. Only that is a torn tail: fewer bytes than its header says,
 * or (where a file system made room before it wrote) a signature that is still zeros. The size
 * stands there twice, lest a damaged one make good records look like an unfinished one.
 */
#include "crypto/registry.h"

#include "base/bytes.h"
#include "crypto/signature.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define HEADER_SIZE 4
#define FIXED_SIZE                                                                                 \
    (HEADER_SIZE + 8 + TACET_REGISTRY_HASH_SIZE + 8 + 1 + 1 + 1 + 32 + 8 + 2 + TACET_SIGNATURE_SIZE)

_Static_assert(FIXED_SIZE + TACET_NAME_MAX + TACET_CA_REQUEST_MAX == TACET_REGISTRY_RECORD_MAX,
               "the layout above");

static const char label[] = "tacet/1 registry"; /* signed with its NUL */

/* One record as it stands in the file. */
struct raw {
    struct tacet_registry_record record;
    uint8_t previous[TACET_REGISTRY_HASH_SIZE];
    const uint8_t *data;
    size_t size;
};

static void hash_record(const uint8_t *data, size_t size, uint8_t out[TACET_REGISTRY_HASH_SIZE])
{
    (void)crypto_generichash(out, TACET_REGISTRY_HASH_SIZE, data, size, NULL, 0);
}

static bool signed_by(const struct raw *raw, const uint8_t key[TACET_KEY_SIZE])
{
    size_t size = raw->size - TACET_SIGNATURE_SIZE;

    return tacet_signed(label, raw->data, size, raw->data + size, key);
}

static bool form_valid(const struct tacet_registry_record *record, size_t name_size)
{
    bool named = tacet_name_valid(record->name, name_size);

    switch (record->operation) {
    case TACET_REGISTRY_FOUNDED:
        return (named || name_size == 0) && record->ground == TACET_GROUND_NONE &&
               record->request_size == 0;
    case TACET_REGISTRY_ISSUED:
        return named && record->ground == TACET_GROUND_NONE && record->request_size > 0;
    case TACET_REGISTRY_REFUSED:
        return named && record->ground >= TACET_GROUND_BOUND &&
               record->ground <= TACET_GROUND_SERIAL && record->request_size > 0;
    case TACET_REGISTRY_REBOUND:
        return named && record->ground >= TACET_GROUND_OLD_KEY &&
               record->ground <= TACET_GROUND_OPERATOR && record->request_size > 0;
    case TACET_REGISTRY_REVOKED:
        return named && record->ground == TACET_GROUND_NONE && record->request_size == 0;
    default:
        return false;
    }
}

/* How many bytes the record at the beginning of `data` has, 0 where the header is damaged. */
static size_t record_size(const uint8_t *data)
{
    struct tacet_reader r = tacet_reader(data, HEADER_SIZE);
    uint16_t size = tacet_read_u16(&r);
    uint16_t inverted = tacet_read_u16(&r);

    return (size ^ inverted) == 0xffff && size >= FIXED_SIZE && size <= TACET_REGISTRY_RECORD_MAX
               ? size
               : 0;
}

/* Whether what is left of the file is the beginning of a record that was never finished. */
static bool torn(const uint8_t *data, size_t left)
{
    if (left < HEADER_SIZE) {
        return true;
    }
    if (left > TACET_REGISTRY_RECORD_MAX) {
        return false;
    }
    if (sodium_is_zero(data, left)) {
        return true;
    }
    size_t size = record_size(data);
    if (size == 0) {
        return false;
    }
    return left < size || (left == size && sodium_is_zero(data + size - TACET_SIGNATURE_SIZE,
                                                          TACET_SIGNATURE_SIZE));
}

static int parse(const uint8_t *data, size_t left, struct raw *ret)
{
    struct raw raw = { .data = data, .size = left >= HEADER_SIZE ? record_size(data) : 0 };
    struct tacet_registry_record *record = &raw.record;

    if (raw.size == 0 || raw.size > left) {
        return TACET_ERR_FORMAT;
    }
    struct tacet_reader r = tacet_reader(data, raw.size);
    tacet_read_skip(&r, HEADER_SIZE);
    record->index = tacet_read_u64(&r);
    tacet_read_bytes(&r, raw.previous, sizeof(raw.previous));
    record->time = tacet_read_u64(&r);
    record->operation = (enum tacet_registry_operation)tacet_read_u8(&r);
    record->ground = (enum tacet_registry_ground)tacet_read_u8(&r);
    size_t name_size = tacet_read_u8(&r);
    if (name_size > TACET_NAME_MAX) {
        return TACET_ERR_FORMAT;
    }
    tacet_read_bytes(&r, record->name, name_size);
    tacet_read_bytes(&r, record->key, sizeof(record->key));
    record->serial = tacet_read_u64(&r);
    record->request_size = tacet_read_u16(&r);
    record->request = tacet_read_view(&r, record->request_size);
    tacet_read_skip(&r, TACET_SIGNATURE_SIZE);
    if (r.failed || tacet_reader_left(&r) != 0 || !form_valid(record, name_size)) {
        return TACET_ERR_FORMAT;
    }
    *ret = raw;
    return 0;
}

/* Whether it continues the chain that ends in `head` after `count` records. */
static bool continues(const struct raw *raw, uint64_t count, const uint8_t head[32])
{
    return raw->record.index == count && memcmp(raw->previous, head, sizeof(raw->previous)) == 0 &&
           (raw->record.operation == TACET_REGISTRY_FOUNDED) == (count == 0);
}

int tacet_registry_read(const uint8_t *data, size_t size, const uint8_t key[TACET_KEY_SIZE],
                        struct tacet_registry *ret, uint64_t *ret_count)
{
    struct tacet_registry registry = { .data = data };
    struct raw raw = { 0 };
    int err = 0;

    while (registry.size < size) {
        const uint8_t *at = data + registry.size;
        size_t left = size - registry.size;
        if (torn(at, left)) {
            registry.torn = left;
            break;
        }
        err = parse(at, left, &raw);
        if (err == 0 && !continues(&raw, registry.count, registry.head)) {
            err = TACET_ERR_FORMAT;
        }
        if (err != 0) {
            break;
        }
        hash_record(raw.data, raw.size, registry.head);
        registry.size += raw.size;
        registry.count++;
    }
    if (err == 0 && registry.count == 0) {
        err = TACET_ERR_FORMAT; /* a registry is made with its first record */
    }
    if (err == 0 && !signed_by(&raw, key)) {
        err = TACET_ERR_TRUST;
    }
    if (ret_count != NULL) {
        *ret_count = registry.count;
    }
    if (err == 0) {
        *ret = registry;
    }
    return err;
}

static bool next_raw(const struct tacet_registry *registry, size_t *at, struct raw *ret)
{
    assert(*at <= registry->size);
    if (*at == registry->size) {
        return false;
    }
    int err = parse(registry->data + *at, registry->size - *at, ret);
    assert(err == 0); /* it was when the registry was read */
    *at += ret->size;
    return true;
}

int tacet_registry_next(const struct tacet_registry *registry, size_t *at,
                        struct tacet_registry_record *ret)
{
    struct raw raw;

    if (!next_raw(registry, at, &raw)) {
        return 0;
    }
    *ret = raw.record;
    return 1;
}

bool tacet_registry_signed(const struct tacet_registry *registry, size_t at,
                           const uint8_t key[TACET_KEY_SIZE])
{
    struct raw raw;

    return next_raw(registry, &at, &raw) && signed_by(&raw, key);
}

size_t tacet_registry_write(const struct tacet_registry *registry,
                            struct tacet_registry_record *record, const uint8_t secret[64],
                            uint8_t out[TACET_REGISTRY_RECORD_MAX])
{
    struct tacet_writer w = tacet_writer(out, TACET_REGISTRY_RECORD_MAX);
    size_t name_size = strlen(record->name);
    size_t size = FIXED_SIZE + name_size + record->request_size;
    uint8_t sig[TACET_SIGNATURE_SIZE];

    assert(size <= TACET_REGISTRY_RECORD_MAX);
    assert(form_valid(record, name_size));
    record->index = registry->count;
    tacet_write_u16(&w, (uint16_t)size);
    tacet_write_u16(&w, (uint16_t)~size);
    tacet_write_u64(&w, record->index);
    tacet_write_bytes(&w, registry->head, sizeof(registry->head));
    tacet_write_u64(&w, record->time);
    tacet_write_u8(&w, (uint8_t)record->operation);
    tacet_write_u8(&w, (uint8_t)record->ground);
    tacet_write_u8(&w, (uint8_t)name_size);
    tacet_write_bytes(&w, record->name, name_size);
    tacet_write_bytes(&w, record->key, sizeof(record->key));
    tacet_write_u64(&w, record->serial);
    tacet_write_u16(&w, (uint16_t)record->request_size);
    tacet_write_bytes(&w, record->request, record->request_size);
    tacet_sign(label, out, w.at, secret, sig);
    tacet_write_bytes(&w, sig, sizeof(sig));
    assert(!w.failed && w.at == size);
    return size;
}
