/*
 * What a CA signs. Each decision is a function of the registry and the request, so that an audit
 * makes it again and must come to the same.
 *
 *     suffix, dates, revoked key -> refused
 *     nobody's name, or this key's own -> issued
 *     another's: released by its key, revoked for long, or by the operator -> rebound, else refused
 */
#include "crypto/ca.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/authority.h"
#include "crypto/registry.h"
#include "crypto/revocations.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>

static bool dates_valid(const struct tacet_certificate *c, uint64_t unix_now)
{
    return c->not_after - c->not_before <= TACET_CERTIFICATE_LIFETIME_S &&
           c->not_after > unix_now && tacet_certificate_in_time(c, unix_now);
}

static void refuse(struct tacet_registry_record *record, enum tacet_registry_ground ground)
{
    record->operation = TACET_REGISTRY_REFUSED;
    record->ground = ground;
}

/* The name is bound to another key. */
static void judge_rebinding(const struct tacet_binding *binding,
                            const struct tacet_ca_request *request, bool rebind,
                            struct tacet_registry_record *record)
{
    record->operation = TACET_REGISTRY_REBOUND;
    if (!binding->revoked && tacet_ca_request_released(request, binding->key)) {
        record->ground = TACET_GROUND_OLD_KEY;
    } else if (binding->revoked && record->time >= binding->revoked_at &&
               record->time - binding->revoked_at >= TACET_CA_REBIND_S) {
        record->ground = TACET_GROUND_REVOCATION;
    } else if (rebind) {
        record->ground = TACET_GROUND_OPERATOR;
    } else {
        refuse(record, TACET_GROUND_BOUND);
    }
}

/* Sets operation and ground of a record that has everything else. */
static void judge(const struct tacet_registry *registry, const char *suffix,
                  const struct tacet_ca_request *request, bool rebind,
                  struct tacet_registry_record *record)
{
    struct tacet_registry_record given;
    struct tacet_binding binding;

    record->operation = TACET_REGISTRY_ISSUED;
    record->ground = TACET_GROUND_NONE;
    if (!tacet_suffix_covers(suffix, record->name)) {
        refuse(record, TACET_GROUND_SUFFIX);
        return;
    }
    if (!dates_valid(&request->certificate, record->time)) {
        refuse(record, TACET_GROUND_DATES);
        return;
    }
    if (tacet_registry_key_revoked(registry, record->key)) {
        refuse(record, TACET_GROUND_REVOKED);
        return;
    }
    tacet_registry_binding(registry, record->name, &binding);
    if (binding.bound && memcmp(binding.key, record->key, sizeof(binding.key)) != 0) {
        judge_rebinding(&binding, request, rebind, record);
    }
    if (record->operation != TACET_REGISTRY_REFUSED &&
        tacet_registry_find_serial(registry, record->serial, &given)) {
        refuse(record, TACET_GROUND_SERIAL);
    }
}

/* Whether the name of a record is still bound to its key, and that not revoked: what was rebound or
 * revoked since is not given out again. */
static bool stands(const struct tacet_registry *registry,
                   const struct tacet_registry_record *record)
{
    struct tacet_binding binding;

    tacet_registry_binding(registry, record->name, &binding);
    return binding.bound && memcmp(binding.key, record->key, sizeof(binding.key)) == 0 &&
           !tacet_registry_key_revoked(registry, record->key);
}

static bool same_request(const struct tacet_registry_record *record, const uint8_t *request,
                         size_t size)
{
    return record->request_size == size && memcmp(record->request, request, size) == 0;
}

/* Fills the record but for the decision, after the checks that need no registry. */
static int take_request(const struct tacet_authority *authority, const uint8_t *data, size_t size,
                        uint64_t unix_now, struct tacet_ca_request *ret_request,
                        struct tacet_registry_record *ret)
{
    struct tacet_registry_record record = { .time = unix_now,
                                            .request = data,
                                            .request_size = size };
    const struct tacet_certificate *c = &ret_request->certificate;
    int err = tacet_ca_request_parse(data, size, ret_request);

    if (err != 0) {
        return err;
    }
    if (memcmp(c->ca_id, authority->id, sizeof(c->ca_id)) != 0) {
        return TACET_ERR_NOTFOUND;
    }
    err = tacet_certificate_check_request(ret_request->data, ret_request->size, c);
    if (err != 0) {
        return err;
    }
    memcpy(record.name, c->name, sizeof(record.name));
    memcpy(record.key, c->ed25519, sizeof(record.key));
    record.serial = c->serial;
    *ret = record;
    return 0;
}

int tacet_ca_decide(const struct tacet_ca *ca, const struct tacet_registry *registry,
                    const uint8_t *request, size_t size, uint64_t unix_now, bool rebind,
                    struct tacet_ca_decision *ret)
{
    struct tacet_ca_decision decision = { .size = 0 };
    struct tacet_registry_record given;
    struct tacet_ca_request parsed;
    int err = take_request(&ca->authority, request, size, unix_now, &parsed, &decision.record);

    if (err != 0) {
        return err;
    }
    judge(registry, ca->authority.suffix, &parsed, rebind, &decision.record);
    if (decision.record.ground == TACET_GROUND_SERIAL &&
        tacet_registry_find_serial(registry, decision.record.serial, &given) &&
        same_request(&given, request, size) && stands(registry, &given)) {
        /* Written, and then its certificate was lost on the way: it may be made again. */
        decision.record = given;
    } else {
        decision.size =
            tacet_registry_write(registry, &decision.record, ca->secret, decision.bytes);
    }
    *ret = decision;
    return 0;
}

int tacet_ca_certify(const struct tacet_ca *ca, const struct tacet_registry *registry,
                     const uint8_t *request, size_t size, uint8_t out[TACET_CERTIFICATE_MAX],
                     size_t *ret_size)
{
    struct tacet_registry_record given;
    struct tacet_ca_request parsed;
    int err = tacet_ca_request_parse(request, size, &parsed);

    if (err != 0) {
        return err;
    }
    if (!tacet_registry_find_serial(registry, parsed.certificate.serial, &given) ||
        !same_request(&given, request, size) || !stands(registry, &given)) {
        return TACET_ERR_NOTFOUND;
    }
    tacet_certificate_sign(parsed.data, parsed.size, ca->secret, out, ret_size);
    return 0;
}

int tacet_ca_revoke(const struct tacet_ca *ca, const struct tacet_registry *registry,
                    const char *name, uint64_t serial, uint64_t unix_now,
                    struct tacet_ca_decision *ret)
{
    struct tacet_ca_decision decision = { .size = 0 };
    struct tacet_registry_record *record = &decision.record;
    struct tacet_registry_record given;
    struct tacet_binding binding;

    record->operation = TACET_REGISTRY_REVOKED;
    record->time = unix_now;
    if (name != NULL) {
        tacet_registry_binding(registry, name, &binding);
        if (!binding.bound) {
            return TACET_ERR_NOTFOUND;
        }
        memcpy(record->name, name, strlen(name) + 1);
        memcpy(record->key, binding.key, sizeof(record->key));
        record->serial = binding.serial;
    } else {
        if (!tacet_registry_find_serial(registry, serial, &given)) {
            return TACET_ERR_NOTFOUND;
        }
        memcpy(record->name, given.name, sizeof(record->name));
        memcpy(record->key, given.key, sizeof(record->key));
        record->serial = serial;
    }
    if (tacet_registry_key_revoked(registry, record->key)) {
        return TACET_ERR_STATE;
    }
    decision.size = tacet_registry_write(registry, record, ca->secret, decision.bytes);
    *ret = decision;
    return 0;
}

static size_t count_revoked(const struct tacet_registry *registry, uint8_t *entries)
{
    struct tacet_writer w =
        tacet_writer(entries, entries != NULL ? TACET_REVOCATIONS_MAX * TACET_REVOCATION_ENTRY : 0);
    struct tacet_registry_record record;
    size_t at = 0, count = 0;

    while (tacet_registry_next(registry, &at, &record)) {
        if (record.operation == TACET_REGISTRY_REVOKED) {
            count++;
            tacet_write_u64(&w, record.serial);
            tacet_write_bytes(&w, record.key, sizeof(record.key));
        }
    }
    return count;
}

int tacet_ca_revocations(const struct tacet_ca *ca, const struct tacet_registry *registry,
                         uint64_t unix_now, uint64_t seconds, uint8_t *out, size_t capacity,
                         size_t *ret_size)
{
    struct tacet_revocations list = {
        .number = registry->count,
        .issued = unix_now,
        .next_update = unix_now > UINT64_MAX - seconds ? UINT64_MAX : unix_now + seconds,
    };
    size_t count = count_revoked(registry, NULL);

    if (count > TACET_REVOCATIONS_MAX) {
        return TACET_ERR_FULL;
    }
    uint8_t *entries = tacet_alloc(TACET_REVOCATIONS_MAX * TACET_REVOCATION_ENTRY);
    if (entries == NULL) {
        return TACET_ERR_NOMEM;
    }
    list.count = (uint32_t)count_revoked(registry, entries);
    list.entries = entries;
    memcpy(list.ca_id, ca->authority.id, sizeof(list.ca_id));
    int err = tacet_revocations_write(&list, ca->secret, out, capacity, ret_size);
    tacet_dealloc(entries);
    return err;
}

size_t tacet_registry_found(const struct tacet_ca *ca, uint64_t unix_now,
                            uint8_t out[TACET_REGISTRY_RECORD_MAX])
{
    const struct tacet_registry none = { .count = 0 };
    struct tacet_registry_record record = { .operation = TACET_REGISTRY_FOUNDED, .time = unix_now };

    memcpy(record.name, ca->authority.suffix, sizeof(record.name));
    memcpy(record.key, ca->authority.key, sizeof(record.key));
    return tacet_registry_write(&none, &record, ca->secret, out);
}

/* Whether a record was right after those before it. */
static bool right(const struct tacet_registry *before, const struct tacet_authority *authority,
                  const struct tacet_registry_record *record)
{
    struct tacet_registry_record again, given;
    struct tacet_ca_request request;

    if (record->operation == TACET_REGISTRY_FOUNDED) {
        return memcmp(record->key, authority->key, sizeof(record->key)) == 0;
    }
    if (record->operation == TACET_REGISTRY_REVOKED) {
        return tacet_registry_find_serial(before, record->serial, &given) &&
               memcmp(given.key, record->key, sizeof(given.key)) == 0 &&
               strcmp(given.name, record->name) == 0 &&
               !tacet_registry_key_revoked(before, record->key);
    }
    if (take_request(authority, record->request, record->request_size, record->time, &request,
                     &again) != 0) {
        return false;
    }
    /* The operator's flag stands in no record but those that it decided: a serial that was given
     * already may have stood in its way. */
    bool rebind = record->ground == TACET_GROUND_OPERATOR || record->ground == TACET_GROUND_SERIAL;
    judge(before, authority->suffix, &request, rebind, &again);
    return again.operation == record->operation && again.ground == record->ground &&
           strcmp(again.name, record->name) == 0 && again.serial == record->serial &&
           memcmp(again.key, record->key, sizeof(again.key)) == 0;
}

int tacet_registry_audit(const struct tacet_registry *registry, const uint8_t key[TACET_KEY_SIZE],
                         uint64_t *ret_count)
{
    struct tacet_authority authority = { .suffix = "" };
    struct tacet_registry before = *registry;
    struct tacet_registry_record record;
    size_t at = 0;

    before.size = 0;
    before.count = 0;
    for (; before.size < registry->size; before.size = at, before.count++) {
        bool signed_well = tacet_registry_signed(registry, before.size, key);
        int got = tacet_registry_next(registry, &at, &record);
        assert(got == 1);
        if (before.count == 0) {
            tacet_authority_fill(key, record.name, &authority);
        }
        if (!signed_well || !right(&before, &authority, &record)) {
            *ret_count = before.count;
            return TACET_ERR_TRUST;
        }
    }
    *ret_count = before.count;
    return 0;
}
