/*
 * The certificates that CAs have signed for an identity, and which of them it shows. Whether
 * anybody trusts such a CA is not asked here.
 */
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "tacet/error.h"

#include <assert.h>
#include <string.h>

/* Of the same CA, for the same name. */
static bool replaces(const struct tacet_certificate *fresh,
                     const struct tacet_identity_certificate *held)
{
    struct tacet_certificate c;
    int err = tacet_certificate_parse(held->data, held->size, &c);

    assert(err == 0); /* it was when it was added */
    return memcmp(c.ca_id, fresh->ca_id, sizeof(c.ca_id)) == 0 && strcmp(c.name, fresh->name) == 0;
}

static void remove_at(struct tacet_identity *identity, size_t index)
{
    assert(index < identity->certificate_count);
    identity->certificate_count--;
    memmove(&identity->certificates[index], &identity->certificates[index + 1],
            (identity->certificate_count - index) * sizeof(identity->certificates[0]));
}

int tacet_identity_add_certificate(struct tacet_identity *identity, const uint8_t *data,
                                   size_t size)
{
    struct tacet_certificate c;

    if (tacet_certificate_parse(data, size, &c) != 0 ||
        (c.flags & TACET_CERTIFICATE_SELF_SIGNED) != 0) {
        return TACET_ERR_FORMAT;
    }
    if (memcmp(c.ed25519, identity->ed_public, sizeof(c.ed25519)) != 0 ||
        memcmp(c.x25519, identity->x_public, sizeof(c.x25519)) != 0 ||
        tacet_certificate_check_request(data, size - sizeof(c.sig_ca), &c) != 0) {
        return TACET_ERR_TRUST;
    }
    for (size_t i = 0; i < identity->certificate_count; i++) {
        if (replaces(&c, &identity->certificates[i])) {
            remove_at(identity, i);
            break;
        }
    }
    if (identity->certificate_count == TACET_IDENTITY_CERTIFICATES_MAX) {
        return TACET_ERR_FULL;
    }
    struct tacet_identity_certificate *slot = &identity->certificates[identity->certificate_count];
    memcpy(slot->data, data, size);
    slot->size = size;
    identity->certificate_count++;
    return 0;
}

size_t tacet_identity_certificate(const struct tacet_identity *identity, size_t index,
                                  const uint8_t **ret)
{
    if (index >= identity->certificate_count) {
        return 0;
    }
    *ret = identity->certificates[index].data;
    return identity->certificates[index].size;
}

int tacet_certificate_present(const struct tacet_identity *identity,
                              const struct tacet_random *random, uint64_t unix_now,
                              uint8_t out[TACET_CERTIFICATE_MAX], size_t *ret_size,
                              uint64_t *ret_until)
{
    struct tacet_certificate c;

    for (size_t i = identity->certificate_count; i-- > 0;) {
        const struct tacet_identity_certificate *held = &identity->certificates[i];
        int err = tacet_certificate_parse(held->data, held->size, &c);
        assert(err == 0);
        /* Without the skew: one that others' clocks may have seen expire is of no use. */
        if (c.not_before <= unix_now && unix_now < c.not_after) {
            memcpy(out, held->data, held->size);
            *ret_size = held->size;
            *ret_until = c.not_after;
            return 0;
        }
    }
    int err = tacet_certificate_self_sign(identity, random, unix_now, out, ret_size);
    if (err == 0) {
        *ret_until = unix_now + TACET_CERTIFICATE_RENEW_S;
    }
    return err;
}
