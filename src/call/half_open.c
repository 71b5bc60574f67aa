/* See half_open.h. 256 entries: every look-up is a plain scan. */
#include "call/half_open.h"

#include "base/alloc.h"
#include "call/source.h"

#include <sodium.h>
#include <string.h>

_Static_assert(TACET_INIT_IDENTICAL + TACET_MAC_SIZE == TACET_INIT_SIZE, "all but mac2");

int tacet_responder_create(struct tacet_responder *r)
{
    struct tacet_half_open *entries = tacet_alloc(TACET_HALF_OPEN_MAX * sizeof(*entries));

    if (entries == NULL) {
        return TACET_ERR_NOMEM;
    }
    *r = (struct tacet_responder){ .entries = entries, .expiry_us = TACET_NEVER };
    return 0;
}

void tacet_responder_free(struct tacet_responder *r)
{
    if (r == NULL || r->entries == NULL) {
        return;
    }
    sodium_memzero(r->entries, TACET_HALF_OPEN_MAX * sizeof(*r->entries));
    tacet_dealloc(r->entries);
    sodium_memzero(r, sizeof(*r));
}

/* Called at every timeout of a call: most find here that there is nothing to look for. */
void tacet_responder_expire(struct tacet_responder *r, int64_t now)
{
    int64_t next = TACET_NEVER;

    if (now < r->expiry_us) {
        return;
    }
    for (size_t i = 0; i < TACET_HALF_OPEN_MAX; i++) {
        struct tacet_half_open *e = &r->entries[i];
        if (e->used && now - e->at_us >= TACET_HALF_OPEN_TIMEOUT_US) {
            sodium_memzero(e, sizeof(*e));
        } else if (e->used && e->at_us + TACET_HALF_OPEN_TIMEOUT_US < next) {
            next = e->at_us + TACET_HALF_OPEN_TIMEOUT_US;
        }
    }
    r->expiry_us = next;
}

int64_t tacet_responder_next_timeout(const struct tacet_responder *r)
{
    return r->expiry_us;
}

size_t tacet_responder_count(const struct tacet_responder *r)
{
    size_t count = 0;

    for (size_t i = 0; i < TACET_HALF_OPEN_MAX; i++) {
        count += r->entries[i].used && !r->entries[i].done;
    }
    return count;
}

struct tacet_half_open *tacet_half_open_by_init(struct tacet_responder *r,
                                                const struct tacet_path *path,
                                                const uint8_t init[TACET_INIT_SIZE])
{
    for (size_t i = 0; i < TACET_HALF_OPEN_MAX; i++) {
        struct tacet_half_open *e = &r->entries[i];
        if (e->used && memcmp(e->init, init, sizeof(e->init)) == 0 &&
            tacet_path_equal(&e->path, path)) {
            return e;
        }
    }
    return NULL;
}

struct tacet_half_open *tacet_half_open_by_index(struct tacet_responder *r,
                                                 const struct tacet_path *path, uint32_t index)
{
    for (size_t i = 0; i < TACET_HALF_OPEN_MAX; i++) {
        struct tacet_half_open *e = &r->entries[i];
        if (e->used && e->index_local == index && tacet_path_equal(&e->path, path)) {
            return e;
        }
    }
    return NULL;
}

bool tacet_half_open_has_ephemeral(const struct tacet_responder *r,
                                   const uint8_t e[TACET_NOISE_KEY])
{
    for (size_t i = 0; i < TACET_HALF_OPEN_MAX; i++) {
        const struct tacet_half_open *entry = &r->entries[i];
        if (entry->used && !entry->done && memcmp(entry->noise.e_public, e, TACET_NOISE_KEY) == 0) {
            return true;
        }
    }
    return false;
}

bool tacet_half_open_has_index(const struct tacet_responder *r, uint32_t index)
{
    for (size_t i = 0; i < TACET_HALF_OPEN_MAX; i++) {
        if (r->entries[i].used && r->entries[i].index_local == index) {
            return true;
        }
    }
    return false;
}

static size_t source_count(const struct tacet_responder *r, const struct tacet_path *path)
{
    size_t count = 0;

    for (size_t i = 0; i < TACET_HALF_OPEN_MAX; i++) {
        const struct tacet_half_open *e = &r->entries[i];
        count += e->used && !e->done && tacet_source_same(&e->path, path);
    }
    return count;
}

bool tacet_half_open_source_full(const struct tacet_responder *r, const struct tacet_path *path)
{
    return source_count(r, path) >= TACET_HALF_OPEN_SOURCE_MAX;
}

/* Whether `a` goes before `b` does. */
static bool goes_first(const struct tacet_half_open *a, const struct tacet_half_open *b)
{
    if (a->used != b->used || a->done != b->done) {
        /* Dropping a finished one is always safe: its ephemeral is gone, so its FIN cannot be
         * accepted again. */
        return !a->used || (b->used && a->done);
    }
    return a->done || a->nth == b->nth ? a->age < b->age : a->nth > b->nth;
}

static struct tacet_half_open *first_to_go(const struct tacet_responder *r)
{
    struct tacet_half_open *found = &r->entries[0];

    for (size_t i = 1; i < TACET_HALF_OPEN_MAX; i++) {
        if (goes_first(&r->entries[i], found)) {
            found = &r->entries[i];
        }
    }
    return found;
}

bool tacet_half_open_room(const struct tacet_responder *r, const struct tacet_path *path)
{
    const struct tacet_half_open *victim = first_to_go(r);
    size_t count = source_count(r, path);

    return count == 0 || !victim->used || victim->done || victim->nth > count;
}

struct tacet_half_open *tacet_half_open_unproven(struct tacet_responder *r,
                                                 const struct tacet_path *path)
{
    struct tacet_half_open *found = NULL;

    for (size_t i = 0; i < TACET_HALF_OPEN_MAX; i++) {
        struct tacet_half_open *e = &r->entries[i];
        if (e->used && !e->done && !e->proven && tacet_source_same(&e->path, path) &&
            (found == NULL || e->age < found->age)) {
            found = e;
        }
    }
    return found;
}

struct tacet_half_open *tacet_half_open_add(struct tacet_responder *r, int64_t now,
                                            const struct tacet_path *path)
{
    struct tacet_half_open *found = first_to_go(r);
    size_t nth = source_count(r, path);

    sodium_memzero(found, sizeof(*found));
    found->nth = nth;
    found->used = true;
    found->age = r->next_age++;
    found->at_us = now;
    found->path = *path;
    if (now + TACET_HALF_OPEN_TIMEOUT_US < r->expiry_us) {
        r->expiry_us = now + TACET_HALF_OPEN_TIMEOUT_US;
    }
    return found;
}
