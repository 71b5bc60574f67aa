/*
 * Certificates (protocol.md section 6): the fixed layout "TC01", at most 294 bytes. Parsing and
 * checking are apart: parse looks at the form only, check at signatures, time and policy.
 */
#ifndef TACET_CRYPTO_CERTIFICATE_H
#define TACET_CRYPTO_CERTIFICATE_H

#include "tacet/identity.h"
#include "tacet/random.h"

#define TACET_CERTIFICATE_ID_SIZE 8 /* of the CA that signed it */
#define TACET_CERTIFICATE_SELF_SIGNED 0x0001
#define TACET_CERTIFICATE_SKEW_S 300
#define TACET_CERTIFICATE_LIFETIME_S (30 * 86400)
#define TACET_CERTIFICATE_RENEW_S 86400 /* a self-signed one is made anew */

struct tacet_certificate {
    uint64_t serial;
    uint64_t not_before; /* Unix seconds */
    uint64_t not_after;
    uint16_t flags;
    uint8_t ca_id[TACET_CERTIFICATE_ID_SIZE];
    char name[TACET_NAME_MAX + 1];
    uint8_t ed25519[32];
    uint8_t x25519[32];
    uint8_t sig_id[64];
    uint8_t sig_ca[64];
};

/* A fresh self-signed certificate: 300 s before `unix_now` to 30 days after it. */
int tacet_certificate_self_sign(const struct tacet_identity *identity,
                                const struct tacet_random *random, uint64_t unix_now,
                                uint8_t out[TACET_CERTIFICATE_MAX], size_t *ret_size);
/*
 * What a call shows: the certificate of a CA that was added last and is in its time, else a fresh
 * self-signed one. *ret_until: when to ask again. TACET_ERR_ARGUMENT: no sensible time.
 */
int tacet_certificate_present(const struct tacet_identity *identity,
                              const struct tacet_random *random, uint64_t unix_now,
                              uint8_t out[TACET_CERTIFICATE_MAX], size_t *ret_size,
                              uint64_t *ret_until);
/* TACET_ERR_FORMAT: length, magic, unknown flags, name, dates the wrong way round, a self-signed
 * one whose ca_id or sig_ca are not zero. The whole of `data` must be one certificate. */
int tacet_certificate_parse(const uint8_t *data, size_t size, struct tacet_certificate *ret);
/* sig_id over the bytes, and the time with its skew. TACET_ERR_TRUST. */
int tacet_certificate_check(const uint8_t *data, size_t size,
                            const struct tacet_certificate *certificate, uint64_t unix_now);
/*
 * A request: the certificate up to and including sig_id, naming the CA that shall sign it. `name`
 * is valid; the dates are the requester's choice. Writes at most TACET_REQUEST_MAX bytes.
 */
void tacet_certificate_request(const struct tacet_identity *identity,
                               const struct tacet_random *random, const char *name,
                               const uint8_t ca_id[TACET_CERTIFICATE_ID_SIZE], uint64_t not_before,
                               uint64_t not_after, uint8_t out[TACET_REQUEST_MAX],
                               size_t *ret_size);
/* Likewise the form of a request (flags 0), which becomes a certificate whose sig_ca is zero.
 * TACET_ERR_FORMAT. */
int tacet_certificate_parse_request(const uint8_t *data, size_t size,
                                    struct tacet_certificate *ret);
/* sig_id of a request, whatever the time. TACET_ERR_TRUST. */
int tacet_certificate_check_request(const uint8_t *data, size_t size,
                                    const struct tacet_certificate *request);
/* Makes the certificate that `request` asks for: sig_ca is over all of the request. */
void tacet_certificate_sign(const uint8_t *request, size_t request_size, const uint8_t secret[64],
                            uint8_t out[TACET_CERTIFICATE_MAX], size_t *ret_size);
/* sig_ca under the CA's key. TACET_ERR_TRUST. */
int tacet_certificate_check_ca(const uint8_t *data, size_t size,
                               const struct tacet_certificate *certificate, const uint8_t key[32]);
/* Whether it is in its time, give or take the skew. */
bool tacet_certificate_in_time(const struct tacet_certificate *certificate, uint64_t unix_now);
/* Fills key, name and fingerprint for showing; trust is left for the caller to judge. */
void tacet_certificate_public(const struct tacet_certificate *certificate,
                              struct tacet_public_identity *ret);

#endif
