/*
 * See seen_lists.h. In bytes:
 *
 *     "TL01" | count u32 | { ed25519 32, number u64, issued u64 }*, by key, none twice |
 *     BLAKE2b-256 of all before
 *
 * The checksum tells damage; it keeps nobody who may write the file from changing it.
 */
#include "crypto/seen_lists.h"

#include "base/bytes.h"
#include "tacet/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#define ENTRY_SIZE (TACET_KEY_SIZE + 8 + 8)
#define CHECKSUM_SIZE 32

_Static_assert(TACET_SEEN_LISTS_SIZE_MAX ==
                   4 + 4 + TACET_SEEN_LISTS_MAX * ENTRY_SIZE + CHECKSUM_SIZE,
               "the layout above");

/* Where the CA's entry stands, or where it would. */
static size_t position(const struct tacet_seen_lists *seen, const uint8_t key[TACET_KEY_SIZE],
                       bool *ret_there)
{
    size_t at = 0;

    while (at < seen->count && memcmp(seen->of[at].key, key, TACET_KEY_SIZE) < 0) {
        at++;
    }
    *ret_there = at < seen->count && memcmp(seen->of[at].key, key, TACET_KEY_SIZE) == 0;
    return at;
}

bool tacet_seen_lists_older(const struct tacet_seen_lists *seen, const uint8_t key[TACET_KEY_SIZE],
                            uint64_t number, uint64_t issued)
{
    bool there;
    size_t at = position(seen, key, &there);

    return there && (number < seen->of[at].number ||
                     (number == seen->of[at].number && issued < seen->of[at].issued));
}

int tacet_seen_lists_note(struct tacet_seen_lists *seen, const uint8_t key[TACET_KEY_SIZE],
                          uint64_t number, uint64_t issued)
{
    bool there;
    size_t at = position(seen, key, &there);

    if (!there) {
        if (seen->count == TACET_SEEN_LISTS_MAX) {
            return TACET_ERR_FULL;
        }
        memmove(&seen->of[at + 1], &seen->of[at], (seen->count - at) * sizeof(seen->of[0]));
        memcpy(seen->of[at].key, key, TACET_KEY_SIZE);
        seen->count++;
    } else if (tacet_seen_lists_older(seen, key, number, issued)) {
        return 0;
    }
    seen->of[at].number = number;
    seen->of[at].issued = issued;
    return 0;
}

size_t tacet_seen_lists_write(const struct tacet_seen_lists *seen,
                              uint8_t out[TACET_SEEN_LISTS_SIZE_MAX])
{
    struct tacet_writer w = tacet_writer(out, TACET_SEEN_LISTS_SIZE_MAX);
    uint8_t checksum[CHECKSUM_SIZE];

    tacet_write_bytes(&w, "TL01", 4);
    tacet_write_u32(&w, (uint32_t)seen->count);
    for (size_t i = 0; i < seen->count; i++) {
        tacet_write_bytes(&w, seen->of[i].key, sizeof(seen->of[i].key));
        tacet_write_u64(&w, seen->of[i].number);
        tacet_write_u64(&w, seen->of[i].issued);
    }
    (void)crypto_generichash(checksum, sizeof(checksum), out, w.at, NULL, 0);
    tacet_write_bytes(&w, checksum, sizeof(checksum));
    assert(!w.failed);
    return w.at;
}

int tacet_seen_lists_read(struct tacet_seen_lists *seen, const uint8_t *data, size_t size)
{
    struct tacet_reader r = tacet_reader(data, size);
    struct tacet_seen_lists all = *seen;
    uint8_t magic[4], checksum[CHECKSUM_SIZE], last[TACET_KEY_SIZE] = { 0 };

    if (size < 4 + 4 + CHECKSUM_SIZE || size > TACET_SEEN_LISTS_SIZE_MAX) {
        return TACET_ERR_FORMAT;
    }
    (void)crypto_generichash(checksum, sizeof(checksum), data, size - CHECKSUM_SIZE, NULL, 0);
    tacet_read_bytes(&r, magic, sizeof(magic));
    size_t count = tacet_read_u32(&r);
    if (memcmp(magic, "TL01", 4) != 0 || count > TACET_SEEN_LISTS_MAX ||
        size != 4 + 4 + count * ENTRY_SIZE + CHECKSUM_SIZE ||
        memcmp(checksum, data + size - CHECKSUM_SIZE, CHECKSUM_SIZE) != 0) {
        return TACET_ERR_FORMAT;
    }
    for (size_t i = 0; i < count; i++) {
        uint8_t key[TACET_KEY_SIZE];
        tacet_read_bytes(&r, key, sizeof(key));
        uint64_t number = tacet_read_u64(&r);
        uint64_t issued = tacet_read_u64(&r);
        if (i > 0 && memcmp(last, key, sizeof(key)) >= 0) {
            return TACET_ERR_FORMAT;
        }
        memcpy(last, key, sizeof(key));
        int result = tacet_seen_lists_note(&all, key, number, issued);
        if (result != 0) {
            return result;
        }
    }
    *seen = all;
    return 0;
}
