/*
 * Revocation lists in bytes (protocol.md section 6):
 *
 *     "TR01" | ca_id 8 | number u64 | issued u64 | next_update u64 | count u32 |
 *     { serial u64, ed25519 32 }* | Ed25519 signature over "tacet/1 crl" 0x00 || all before
 *
 * Whose list it is, and whether it is newer than another, is for authority.c.
 */
#include "crypto/revocations.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define SIG_SIZE crypto_sign_BYTES
#define FIXED_SIZE (4 + TACET_AUTHORITY_ID_SIZE + 8 + 8 + 8 + 4 + SIG_SIZE)

_Static_assert(TACET_REVOCATIONS_SIZE_MAX ==
                   FIXED_SIZE + TACET_REVOCATIONS_MAX * TACET_REVOCATION_ENTRY,
               "the layout above");

static const char label[] = "tacet/1 crl"; /* signed with its NUL */

/* What the signature is over; Ed25519 takes it in one piece. NULL: no memory. */
static uint8_t *signed_bytes(const uint8_t *data, size_t size)
{
    uint8_t *message = tacet_alloc(sizeof(label) + size);

    if (message != NULL) {
        memcpy(message, label, sizeof(label));
        memcpy(message + sizeof(label), data, size);
    }
    return message;
}

int tacet_revocations_parse(const uint8_t *data, size_t size, struct tacet_revocations *ret)
{
    struct tacet_reader r = tacet_reader(data, size);
    struct tacet_revocations list;
    uint8_t magic[4];

    tacet_read_bytes(&r, magic, sizeof(magic));
    tacet_read_bytes(&r, list.ca_id, sizeof(list.ca_id));
    list.number = tacet_read_u64(&r);
    list.issued = tacet_read_u64(&r);
    list.next_update = tacet_read_u64(&r);
    list.count = tacet_read_u32(&r);
    if (r.failed || memcmp(magic, "TR01", 4) != 0 || list.count > TACET_REVOCATIONS_MAX ||
        list.next_update < list.issued) {
        return TACET_ERR_FORMAT;
    }
    list.entries = tacet_read_view(&r, (size_t)list.count * TACET_REVOCATION_ENTRY);
    tacet_read_skip(&r, SIG_SIZE);
    if (r.failed || tacet_reader_left(&r) != 0) {
        return TACET_ERR_FORMAT;
    }
    *ret = list;
    return 0;
}

int tacet_revocations_check(const uint8_t *data, size_t size, const uint8_t key[TACET_KEY_SIZE])
{
    assert(size >= FIXED_SIZE);
    size_t unsigned_size = size - SIG_SIZE;
    uint8_t *message = signed_bytes(data, unsigned_size);

    if (message == NULL) {
        return TACET_ERR_NOMEM;
    }
    int failed = crypto_sign_verify_detached(data + unsigned_size, message,
                                             sizeof(label) + unsigned_size, key);
    tacet_dealloc(message);
    return failed == 0 ? 0 : TACET_ERR_TRUST;
}

void tacet_revocations_entry(const struct tacet_revocations *list, uint32_t index,
                             uint64_t *ret_serial, uint8_t ret_key[TACET_KEY_SIZE])
{
    assert(index < list->count);
    struct tacet_reader r = tacet_reader(list->entries + (size_t)index * TACET_REVOCATION_ENTRY,
                                         TACET_REVOCATION_ENTRY);

    *ret_serial = tacet_read_u64(&r);
    tacet_read_bytes(&r, ret_key, TACET_KEY_SIZE);
}

int tacet_revocations_write(const struct tacet_revocations *list, const uint8_t secret[64],
                            uint8_t *out, size_t capacity, size_t *ret_size)
{
    size_t entries_size = (size_t)list->count * TACET_REVOCATION_ENTRY;
    struct tacet_writer w = tacet_writer(out, capacity);
    uint8_t sig[SIG_SIZE];

    assert(list->count <= TACET_REVOCATIONS_MAX);
    if (capacity < FIXED_SIZE + entries_size) {
        return TACET_ERR_SPACE;
    }
    tacet_write_bytes(&w, "TR01", 4);
    tacet_write_bytes(&w, list->ca_id, sizeof(list->ca_id));
    tacet_write_u64(&w, list->number);
    tacet_write_u64(&w, list->issued);
    tacet_write_u64(&w, list->next_update);
    tacet_write_u32(&w, list->count);
    tacet_write_bytes(&w, list->entries, entries_size);
    uint8_t *message = signed_bytes(out, w.at);
    if (message == NULL) {
        return TACET_ERR_NOMEM;
    }
    (void)crypto_sign_detached(sig, NULL, message, sizeof(label) + w.at, secret);
    tacet_dealloc(message);
    tacet_write_bytes(&w, sig, sizeof(sig));
    assert(!w.failed);
    *ret_size = w.at;
    return 0;
}
