/*
 * The trust table in memory: entries sorted by their label, all memory taken when it is made (what
 * is not used is never touched). Its file form is in trust_file.c; who is let in because of it is
 * decided in call/policy.c.
 */
#include "crypto/trust.h"

#include "base/alloc.h"
#include "tacet/error.h"
#include "tacet/ticket.h"

#include <sodium.h>
#include <string.h>

int tacet_trust_create(struct tacet_trust_table **ret)
{
    struct tacet_trust_table *table = tacet_alloc(sizeof(*table));

    if (table == NULL) {
        return TACET_ERR_NOMEM;
    }
    *ret = table;
    return 0;
}

void tacet_trust_free(struct tacet_trust_table **table)
{
    if (table == NULL || *table == NULL) {
        return;
    }
    tacet_dealloc(*table);
    *table = NULL;
}

/* Where the label stands, or where it would. */
static size_t position(const struct tacet_trust_table *table, const char *label, bool *ret_there)
{
    size_t low = 0;
    size_t high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(table->entries[middle].label, label);
        if (order == 0) {
            *ret_there = true;
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *ret_there = false;
    return low;
}

static struct tacet_trust_entry *find(struct tacet_trust_table *table, const char *label)
{
    bool there;
    size_t at = position(table, label, &there);

    return there ? &table->entries[at] : NULL;
}

const struct tacet_trust_entry *tacet_trust_find(const struct tacet_trust_table *table,
                                                 const char *label)
{
    bool there;
    size_t at = position(table, label, &there);

    return there ? &table->entries[at] : NULL;
}

const struct tacet_trust_entry *tacet_trust_find_key(const struct tacet_trust_table *table,
                                                     const uint8_t key[TACET_KEY_SIZE])
{
    const struct tacet_trust_entry *found = NULL;

    for (size_t i = 0; i < table->count; i++) {
        const struct tacet_trust_entry *entry = &table->entries[i];
        if (memcmp(entry->key, key, TACET_KEY_SIZE) == 0 &&
            (found == NULL || (entry->verified && !found->verified))) {
            found = entry;
        }
    }
    return found;
}

const struct tacet_trust_entry *tacet_trust_at(const struct tacet_trust_table *table, size_t index)
{
    return index < table->count ? &table->entries[index] : NULL;
}

bool tacet_trust_entry_valid(const struct tacet_trust_entry *entry)
{
    struct tacet_endpoint endpoint;

    return tacet_name_valid(entry->label, strlen(entry->label)) &&
           !sodium_is_zero(entry->key, sizeof(entry->key)) && entry->pinned_at >= 0 &&
           entry->pinned_at <= TACET_TRUST_TIME_MAX &&
           (entry->endpoint[0] == '\0' || tacet_endpoint_parse(entry->endpoint, &endpoint) == 0);
}

/* Copies a text that must fit with its NUL. */
static bool copy_text(char *out, size_t capacity, const char *text)
{
    size_t size = strlen(text);

    if (size >= capacity) {
        return false;
    }
    memcpy(out, text, size + 1);
    return true;
}

int tacet_trust_pin(struct tacet_trust_table *table, const char *label,
                    const uint8_t key[TACET_KEY_SIZE], const char *endpoint, int64_t unix_now,
                    bool replace)
{
    struct tacet_trust_entry entry = { .pinned_at = unix_now };
    bool there;

    memcpy(entry.key, key, sizeof(entry.key));
    if (!copy_text(entry.label, sizeof(entry.label), label) ||
        !copy_text(entry.endpoint, sizeof(entry.endpoint), endpoint != NULL ? endpoint : "") ||
        !tacet_trust_entry_valid(&entry)) {
        return TACET_ERR_ARGUMENT;
    }
    size_t at = position(table, label, &there);
    struct tacet_trust_entry *place = &table->entries[at];
    if (there && memcmp(place->key, key, TACET_KEY_SIZE) == 0) {
        if (entry.endpoint[0] != '\0') {
            memcpy(place->endpoint, entry.endpoint, sizeof(place->endpoint));
        }
        return 0;
    }
    if (there && !replace) {
        return TACET_ERR_TRUST;
    }
    if (!there) {
        if (table->count == TACET_TRUST_ENTRIES_MAX) {
            return TACET_ERR_FULL;
        }
        memmove(place + 1, place, (table->count - at) * sizeof(*place));
        table->count++;
    }
    *place = entry;
    return 0;
}

int tacet_trust_verify(struct tacet_trust_table *table, const char *label, bool verified)
{
    struct tacet_trust_entry *entry = find(table, label);

    if (entry == NULL) {
        return TACET_ERR_NOTFOUND;
    }
    entry->verified = verified;
    return 0;
}

int tacet_trust_forget(struct tacet_trust_table *table, const char *label)
{
    struct tacet_trust_entry *entry = find(table, label);

    if (entry == NULL) {
        return TACET_ERR_NOTFOUND;
    }
    size_t at = (size_t)(entry - table->entries);
    table->count--;
    memmove(entry, entry + 1, (table->count - at) * sizeof(*entry));
    memset(&table->entries[table->count], 0, sizeof(*entry));
    return 0;
}
