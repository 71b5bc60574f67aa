/*
 * The trust table as text. A table has exactly one text, and everything else is refused:
 *
 *     tacet trust 1
 *     LABEL KEY pinned|verified PINNED_AT HOST:PORT|-      by label, ascending; no label twice
 *     checksum HEX                                         BLAKE2b-256 of all before this line
 *
 * The checksum tells damage; it keeps nobody who may write the file from changing it.
 */
#include "crypto/trust.h"

#include "base/bytes.h"
#include "tacet/error.h"
#include "tacet/ticket.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define HEADER "tacet trust 1\n"
#define HEADER_SIZE (sizeof(HEADER) - 1)
#define CHECKSUM "checksum "
#define DIGEST_SIZE 32
#define CHECKSUM_SIZE (sizeof(CHECKSUM) - 1 + (size_t)2 * DIGEST_SIZE + 1)
#define ENTRY_LINE_MAX (TACET_LABEL_MAX + TACET_KEY_STRING_MAX + TACET_ENDPOINT_MAX + 32)

_Static_assert(HEADER_SIZE + (size_t)TACET_TRUST_ENTRIES_MAX * ENTRY_LINE_MAX + CHECKSUM_SIZE <=
                   TACET_TRUST_FILE_MAX,
               "a full table");

/* The last line of a text of these bytes. */
static void write_checksum(const uint8_t *data, size_t size, char out[CHECKSUM_SIZE + 1])
{
    uint8_t digest[DIGEST_SIZE];
    size_t at = sizeof(CHECKSUM) - 1;

    (void)crypto_generichash(digest, sizeof(digest), data, size, NULL, 0);
    memcpy(out, CHECKSUM, at);
    (void)sodium_bin2hex(out + at, CHECKSUM_SIZE + 1 - at, digest, sizeof(digest));
    memcpy(out + CHECKSUM_SIZE - 1, "\n", 2);
}

/* --- writing --- */

static size_t format_line(const struct tacet_trust_entry *entry, char out[ENTRY_LINE_MAX + 1])
{
    char key[TACET_KEY_STRING_MAX];
    int size = snprintf(out, ENTRY_LINE_MAX + 1, "%s %s %s %" PRId64 " %s\n", entry->label,
                        tacet_key_format(entry->key, key), entry->verified ? "verified" : "pinned",
                        entry->pinned_at, entry->endpoint[0] != '\0' ? entry->endpoint : "-");

    assert(size > 0 && size <= ENTRY_LINE_MAX);
    return (size_t)size;
}

int tacet_trust_write(const struct tacet_trust_table *table, uint8_t *out, size_t capacity,
                      size_t *ret_size)
{
    char line[ENTRY_LINE_MAX + 1];
    char checksum[CHECKSUM_SIZE + 1];
    size_t needed = HEADER_SIZE + CHECKSUM_SIZE;

    for (size_t i = 0; i < table->count; i++) {
        needed += format_line(&table->entries[i], line);
    }
    *ret_size = needed;
    if (needed > capacity) {
        return TACET_ERR_SPACE;
    }
    struct tacet_writer w = tacet_writer(out, needed);
    tacet_write_bytes(&w, HEADER, HEADER_SIZE);
    for (size_t i = 0; i < table->count; i++) {
        size_t size = format_line(&table->entries[i], line);
        tacet_write_bytes(&w, line, size);
    }
    write_checksum(out, w.at, checksum);
    tacet_write_bytes(&w, checksum, CHECKSUM_SIZE);
    assert(!w.failed && w.at == needed);
    return 0;
}

/* --- reading --- */

/* The bytes up to `end` as a text, which must have at least one byte and fit; takes `end` too. */
static bool read_field(struct tacet_reader *r, char end, char *out, size_t capacity)
{
    for (size_t size = 0; size < capacity; size++) {
        char c = (char)tacet_read_u8(r);
        if (r->failed || (c != end && (c <= ' ' || c > '~'))) {
            return false;
        }
        if (c == end) {
            out[size] = '\0';
            return size > 0;
        }
        out[size] = c;
    }
    return false;
}

/* Decimal without sign or leading zeros. */
static bool parse_time(const char *text, int64_t *ret)
{
    int64_t value = 0;

    if (text[0] == '0' && text[1] != '\0') {
        return false;
    }
    for (const char *p = text; *p != '\0'; p++) {
        if (*p < '0' || *p > '9' || value > TACET_TRUST_TIME_MAX) {
            return false;
        }
        value = value * 10 + (*p - '0');
    }
    *ret = value;
    return true;
}

static bool read_entry(struct tacet_reader *r, struct tacet_trust_entry *ret)
{
    char key[TACET_KEY_STRING_MAX];
    char mark[sizeof("verified")];
    char time[16];

    if (!read_field(r, ' ', ret->label, sizeof(ret->label)) ||
        !read_field(r, ' ', key, sizeof(key)) || !read_field(r, ' ', mark, sizeof(mark)) ||
        !read_field(r, ' ', time, sizeof(time)) ||
        !read_field(r, '\n', ret->endpoint, sizeof(ret->endpoint))) {
        return false;
    }
    if (strcmp(ret->endpoint, "-") == 0) {
        ret->endpoint[0] = '\0';
    }
    ret->verified = strcmp(mark, "verified") == 0;
    return (ret->verified || strcmp(mark, "pinned") == 0) && tacet_key_parse(key, ret->key) == 0 &&
           parse_time(time, &ret->pinned_at) && tacet_trust_entry_valid(ret);
}

/* All entries of the text between header and checksum. */
static bool read_entries(struct tacet_reader *r, struct tacet_trust_table *table)
{
    while (tacet_reader_left(r) > 0) {
        struct tacet_trust_entry entry = { 0 };
        if (table->count == TACET_TRUST_ENTRIES_MAX || !read_entry(r, &entry) ||
            (table->count > 0 &&
             strcmp(table->entries[table->count - 1].label, entry.label) >= 0)) {
            return false;
        }
        table->entries[table->count] = entry;
        table->count++;
    }
    return true;
}

int tacet_trust_read(const uint8_t *data, size_t size, struct tacet_trust_table **ret)
{
    char checksum[CHECKSUM_SIZE + 1];
    struct tacet_trust_table *table = NULL;

    if (size < HEADER_SIZE + CHECKSUM_SIZE || size > TACET_TRUST_FILE_MAX ||
        memcmp(data, HEADER, HEADER_SIZE) != 0) {
        return TACET_ERR_FORMAT;
    }
    size_t body = size - CHECKSUM_SIZE;
    write_checksum(data, body, checksum);
    if (memcmp(data + body, checksum, CHECKSUM_SIZE) != 0) {
        return TACET_ERR_FORMAT;
    }
    int result = tacet_trust_create(&table);
    if (result != 0) {
        return result;
    }
    struct tacet_reader r = tacet_reader(data + HEADER_SIZE, body - HEADER_SIZE);
    if (!read_entries(&r, table)) {
        tacet_trust_free(&table);
        return TACET_ERR_FORMAT;
    }
    *ret = table;
    return 0;
}
