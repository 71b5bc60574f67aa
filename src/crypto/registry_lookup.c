/* What a registry says: whose a name is, which serials were given, which keys were revoked. */
#include "crypto/registry.h"
#include "tacet/error.h"

#include <string.h>

static bool issues(const struct tacet_registry_record *record)
{
    return record->operation == TACET_REGISTRY_ISSUED ||
           record->operation == TACET_REGISTRY_REBOUND;
}

void tacet_registry_binding(const struct tacet_registry *registry, const char *name,
                            struct tacet_binding *ret)
{
    struct tacet_binding binding = { 0 };
    struct tacet_registry_record record;
    size_t at = 0;

    while (tacet_registry_next(registry, &at, &record)) {
        bool same = binding.bound && memcmp(binding.key, record.key, sizeof(binding.key)) == 0;
        if (issues(&record) && strcmp(record.name, name) == 0) {
            if (!same) {
                binding = (struct tacet_binding){ .bound = true };
                memcpy(binding.key, record.key, sizeof(binding.key));
            }
            binding.serial = record.serial;
        } else if (record.operation == TACET_REGISTRY_REVOKED && same) {
            /* A key that was revoked under one of its names was so under all. */
            binding.revoked = true;
            binding.revoked_at = record.time;
        }
    }
    *ret = binding;
}

bool tacet_registry_find_serial(const struct tacet_registry *registry, uint64_t serial,
                                struct tacet_registry_record *ret)
{
    struct tacet_registry_record record;
    size_t at = 0;

    while (tacet_registry_next(registry, &at, &record)) {
        if (issues(&record) && record.serial == serial) {
            *ret = record;
            return true;
        }
    }
    return false;
}

bool tacet_registry_key_revoked(const struct tacet_registry *registry,
                                const uint8_t key[TACET_KEY_SIZE])
{
    struct tacet_registry_record record;
    size_t at = 0;

    while (tacet_registry_next(registry, &at, &record)) {
        if (record.operation == TACET_REGISTRY_REVOKED &&
            memcmp(record.key, key, TACET_KEY_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

int tacet_registry_lookup(const struct tacet_registry *registry, const char *name,
                          uint8_t ret_key[TACET_KEY_SIZE], uint64_t *ret_revoked_at)
{
    struct tacet_binding binding;

    tacet_registry_binding(registry, name, &binding);
    if (!binding.bound) {
        return TACET_ERR_NOTFOUND;
    }
    memcpy(ret_key, binding.key, sizeof(binding.key));
    *ret_revoked_at = binding.revoked ? binding.revoked_at : 0;
    return 0;
}

const char *tacet_registry_operation_string(enum tacet_registry_operation operation)
{
    switch (operation) {
    case TACET_REGISTRY_FOUNDED:
        return "FOUNDED";
    case TACET_REGISTRY_ISSUED:
        return "ISSUED";
    case TACET_REGISTRY_REFUSED:
        return "REFUSED";
    case TACET_REGISTRY_REBOUND:
        return "REBOUND";
    case TACET_REGISTRY_REVOKED:
        return "REVOKED";
    default:
        return "UNKNOWN";
    }
}

const char *tacet_registry_ground_string(enum tacet_registry_ground ground)
{
    switch (ground) {
    case TACET_GROUND_BOUND:
        return "the name is bound to another key";
    case TACET_GROUND_REVOKED:
        return "the key was revoked";
    case TACET_GROUND_SUFFIX:
        return "the name is outside what this CA may sign";
    case TACET_GROUND_DATES:
        return "its dates are over, not yet begun, or more than 30 days apart";
    case TACET_GROUND_SERIAL:
        return "its serial was given to another certificate";
    case TACET_GROUND_OLD_KEY:
        return "signed by the key before";
    case TACET_GROUND_REVOCATION:
        return "the key before was revoked 30 days ago or more";
    case TACET_GROUND_OPERATOR:
        return "by the operator";
    case TACET_GROUND_NONE:
    default:
        return "";
    }
}
