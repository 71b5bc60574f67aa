/*
 * Certificates (protocol.md section 6): the fixed layout "TC01", at most 294 bytes. Parsing and
 * checking are apart: parse looks at the form only, check at signatures, time and policy.
 */
#ifndef TACET_CRYPTO_CERTIFICATE_H
#define TACET_CRYPTO_CERTIFICATE_H

#include "tacet/identity.h"
#include "tacet/random.h"

#define TACET_CERTIFICATE_MAX 294
#define TACET_CERTIFICATE_SELF_SIGNED 0x0001
#define TACET_CERTIFICATE_SKEW_S 300
#define TACET_CERTIFICATE_LIFETIME_S (30 * 86400)

struct tacet_certificate {
    uint64_t serial;
    uint64_t not_before; /* Unix seconds */
    uint64_t not_after;
    uint16_t flags;
    uint8_t ca_id[8];
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
/* TACET_ERR_FORMAT: length, magic, unknown flags, name, dates the wrong way round, a self-signed
 * one whose ca_id or sig_ca are not zero. The whole of `data` must be one certificate. */
int tacet_certificate_parse(const uint8_t *data, size_t size, struct tacet_certificate *ret);
/* sig_id over the bytes, and the time with its skew. TACET_ERR_TRUST. */
int tacet_certificate_check(const uint8_t *data, size_t size,
                            const struct tacet_certificate *certificate, uint64_t unix_now);
/* Fills key, name and fingerprint for showing; trust is left for the caller to judge. */
void tacet_certificate_public(const struct tacet_certificate *certificate,
                              struct tacet_public_identity *ret);

#endif
