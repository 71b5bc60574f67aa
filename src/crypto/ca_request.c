/*
 * Requests to a CA, from both sides:
 *
 *     certificate up to and including sig_id | old key's signature 64 or nothing
 *
 * The last is made by the identity that the name was bound to before, over "tacet/1 cert-rebind"
 * 0x00 || the request: it lets the name go to the key in the request.
 */
#include "crypto/ca.h"
#include "crypto/identity.h"
#include "crypto/signature.h"
#include "tacet/error.h"

#include <string.h>

_Static_assert(TACET_CA_REQUEST_MAX == TACET_REQUEST_MAX + TACET_SIGNATURE_SIZE,
               "the layout above");

static const char label[] = "tacet/1 cert-rebind"; /* signed with its NUL */

int tacet_ca_request(const struct tacet_identity *identity, const struct tacet_random *random,
                     const struct tacet_authority *authority, const char *name, uint64_t unix_now,
                     uint64_t seconds, const struct tacet_identity *old,
                     uint8_t out[TACET_CA_REQUEST_MAX], size_t *ret_size)
{
    size_t size = 0;

    if (name == NULL) {
        name = identity->name;
    }
    if (!tacet_name_valid(name, strlen(name)) || seconds <= TACET_CERTIFICATE_SKEW_S ||
        seconds > TACET_CERTIFICATE_LIFETIME_S || unix_now < TACET_CERTIFICATE_SKEW_S ||
        unix_now > UINT64_MAX - TACET_CERTIFICATE_LIFETIME_S) {
        return TACET_ERR_ARGUMENT;
    }
    if (!tacet_suffix_covers(authority->suffix, name)) {
        return TACET_ERR_TRUST;
    }
    uint64_t from = unix_now - TACET_CERTIFICATE_SKEW_S;
    tacet_certificate_request(identity, random, name, authority->id, from, from + seconds, out,
                              &size);
    if (old != NULL) {
        tacet_sign(label, out, size, old->ed_secret, out + size);
        size += TACET_SIGNATURE_SIZE;
    }
    *ret_size = size;
    return 0;
}

int tacet_ca_request_parse(const uint8_t *data, size_t size, struct tacet_ca_request *ret)
{
    struct tacet_ca_request request = { .data = data, .size = size };
    int err = tacet_certificate_parse_request(data, size, &request.certificate);

    /* The length of the name tells which of the two it is: never both. */
    if (err != 0 && size > TACET_SIGNATURE_SIZE) {
        request.size = size - TACET_SIGNATURE_SIZE;
        request.old_signature = data + request.size;
        err = tacet_certificate_parse_request(data, request.size, &request.certificate);
    }
    if (err == 0) {
        *ret = request;
    }
    return err;
}

bool tacet_ca_request_released(const struct tacet_ca_request *request,
                               const uint8_t key[TACET_KEY_SIZE])
{
    return request->old_signature != NULL &&
           tacet_signed(label, request->data, request->size, request->old_signature, key);
}
