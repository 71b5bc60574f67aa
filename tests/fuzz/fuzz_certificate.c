/*
 * Bytes to certificate: as they are; with the parts that tell its form set right, so that mutated
 * fields are read; and what parses with keys of ours and fresh signatures, so that it also comes
 * past those: there its time, its CA and the suffix of that CA alone decide.
 */
#include "certificate_bytes.h"
#include "check.h"
#include "crypto/authority.h"
#include "crypto/certificate.h"
#include "tacet/authority.h"
#include "tacet/error.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tacet_authority authority;
static struct tacet_authorities *authorities;
static uint8_t ca_secret[64], own_public[32], own_secret[64];

static void make_keys(void)
{
    static const uint8_t ca_seed[32] = { 2 }, own_seed[32] = { 1 };
    uint8_t key[32], file[TACET_AUTHORITY_FILE_MAX];

    CHECK(sodium_init() >= 0);
    (void)crypto_sign_seed_keypair(own_public, own_secret, own_seed);
    (void)crypto_sign_seed_keypair(key, ca_secret, ca_seed);
    tacet_authority_fill(key, "org", &authority);
    CHECK(tacet_authorities_create(&authorities) == 0);
    CHECK(tacet_authorities_add(authorities, file,
                                tacet_authority_write(&authority, ca_secret, file)) == 0);
}

static void check_signed(const uint8_t *data, size_t size)
{
    struct tacet_certificate c;
    uint8_t bytes[TACET_CERTIFICATE_MAX];

    memcpy(bytes, data, size);
    memcpy(bytes + size - CERTIFICATE_ED25519, own_public, sizeof(own_public));
    certificate_bytes_sign("tacet/1 cert-id", bytes, size - CERTIFICATE_SIG_ID, own_secret);
    CHECK(tacet_certificate_parse(bytes, size, &c) == 0);
    CHECK(tacet_certificate_check(bytes, size, &c, c.not_before) == 0);
    if ((c.flags & TACET_CERTIFICATE_SELF_SIGNED) != 0) {
        CHECK(tacet_authorities_check(authorities, bytes, size) == TACET_ERR_NOTFOUND);
        return;
    }
    /* By our CA, whether or not it says so. */
    certificate_bytes_sign("tacet/1 cert-ca", bytes, size - CERTIFICATE_SIG_CA, ca_secret);
    bool ours = memcmp(c.ca_id, authority.id, sizeof(c.ca_id)) == 0;
    bool covered = tacet_suffix_covers("org", c.name);
    CHECK(tacet_authorities_check(authorities, bytes, size) == (!ours     ? TACET_ERR_NOTFOUND
                                                                : covered ? 0
                                                                          : TACET_ERR_TRUST));
}

static void parse(const uint8_t *data, size_t size)
{
    struct tacet_certificate c;
    struct tacet_public_identity shown;

    if (tacet_certificate_parse(data, size, &c) != 0) {
        return;
    }
    CHECK(size <= TACET_CERTIFICATE_MAX && size == CERTIFICATE_FIXED + strlen(c.name));
    CHECK(c.not_before <= c.not_after);
    tacet_certificate_public(&c, &shown);
    CHECK(tacet_name_valid(shown.name, strlen(shown.name)));
    check_signed(data, size);
}

static void repair(const uint8_t *data, size_t size)
{
    uint8_t *bytes = malloc(size);

    CHECK(bytes != NULL);
    memcpy(bytes, data, size);
    certificate_bytes_form(bytes, size);
    bytes[CERTIFICATE_FLAGS] = 0;
    bytes[CERTIFICATE_FLAGS + 1] &= 1;
    if (bytes[CERTIFICATE_FLAGS + 1] == 1) {
        memset(bytes + CERTIFICATE_CA_ID, 0, TACET_CERTIFICATE_ID_SIZE);
        memset(bytes + size - CERTIFICATE_SIG_CA, 0, CERTIFICATE_SIG_CA);
    } else if ((bytes[CERTIFICATE_CA_ID] & 1) == 0) {
        memcpy(bytes + CERTIFICATE_CA_ID, authority.id, sizeof(authority.id));
    }
    parse(bytes, size);
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tacet_certificate c;

    if (authorities == NULL) {
        make_keys();
    }
    if (tacet_certificate_parse(data, size, &c) == 0) {
        (void)tacet_certificate_check(data, size, &c, c.not_before);
    }
    parse(data, size);
    if (size > CERTIFICATE_FIXED && size <= TACET_CERTIFICATE_MAX) {
        repair(data, size);
    }
    return 0;
}
