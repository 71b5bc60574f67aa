/* Certificates that CAs have signed for an identity: which are taken, kept and shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "sim/rng.h"
#include "tacet/error.h"

#include <sodium.h>
#include <string.h>

#define NOW UINT64_C(1700000000)
#define DAY 86400

static struct tacet_random chance;
static struct tacet_identity *alice, *bob;

static int set_up(void **state)
{
    (void)state;
    return tacet_identity_create(&chance, "alice", &alice) != 0 ||
           tacet_identity_create(&chance, "bob", &bob) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    tacet_identity_free(&alice);
    tacet_identity_free(&bob);
    return 0;
}

/* A certificate of the CA number `ca`. */
static size_t certify(const struct tacet_identity *identity, uint8_t ca, const char *name,
                      uint64_t from, uint8_t out[TACET_CERTIFICATE_MAX])
{
    const uint8_t ca_id[8] = { ca }, secret_seed[32] = { ca };
    uint8_t request[TACET_REQUEST_MAX], secret[64], key[32];
    size_t size = 0;

    (void)crypto_sign_seed_keypair(key, secret, secret_seed);
    tacet_certificate_request(identity, &chance, name, ca_id, from, from + 30 * DAY, request,
                              &size);
    tacet_certificate_sign(request, size, secret, out, &size);
    return size;
}

static size_t count(const struct tacet_identity *identity)
{
    const uint8_t *data = NULL;
    size_t n = 0;

    while (tacet_identity_certificate(identity, n, &data) > 0) {
        assert_memory_equal(data, "TC01", 4);
        n++;
    }
    return n;
}

static void request_has_the_layout_of_the_protocol(void **state)
{
    const uint8_t ca_id[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    uint8_t request[TACET_REQUEST_MAX], message[16 + TACET_REQUEST_MAX] = "tacet/1 cert-id";
    struct tacet_certificate c;
    size_t size = 0;

    (void)state;
    tacet_certificate_request(alice, &chance, "anna@example.org", ca_id, NOW, NOW + DAY, request,
                              &size);
    assert_int_equal(size, 167 + 16);
    assert_int_equal(tacet_certificate_parse_request(request, size, &c), 0);
    assert_int_equal(c.not_before, NOW);
    assert_int_equal(c.not_after, NOW + DAY);
    assert_int_equal(c.flags, 0);
    assert_memory_equal(c.ca_id, ca_id, 8);
    assert_string_equal(c.name, "anna@example.org");
    assert_memory_equal(c.ed25519, alice->ed_public, 32);
    assert_memory_equal(c.x25519, alice->x_public, 32);
    memcpy(message + 16, request, size - 64);
    assert_int_equal(
        crypto_sign_verify_detached(request + size - 64, message, 16 + size - 64, alice->ed_public),
        0);
    assert_int_equal(tacet_certificate_check_request(request, size, &c), 0);
}

static void authority_signs_all_of_the_request(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX], message[16 + TACET_REQUEST_MAX] = "tacet/1 cert-ca";
    const uint8_t seed[32] = { 1 };
    uint8_t key[32], secret[64];
    struct tacet_certificate c;
    size_t size = certify(alice, 1, "anna", NOW, data);

    (void)state;
    (void)crypto_sign_seed_keypair(key, secret, seed);
    memcpy(message + 16, data, size - 64);
    assert_int_equal(crypto_sign_verify_detached(data + size - 64, message, 16 + size - 64, key),
                     0);
    assert_int_equal(tacet_certificate_parse(data, size, &c), 0);
    assert_int_equal(tacet_certificate_check_ca(data, size, &c, key), 0);
    assert_int_equal(tacet_certificate_check_ca(data, size, &c, alice->ed_public), TACET_ERR_TRUST);
}

static void changed_request_is_refused(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX + 1];
    struct tacet_certificate c;
    size_t size = certify(alice, 1, "anna", NOW, data) - 64;

    (void)state;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(tacet_certificate_parse_request(data, size, &c) != 0 ||
                    tacet_certificate_check_request(data, size, &c) == TACET_ERR_TRUST);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t other = 0; other <= TACET_CERTIFICATE_MAX; other++) {
        assert_true((tacet_certificate_parse_request(data, other, &c) == 0) == (other == size));
    }
}

static void certificate_of_the_own_keys_is_taken_and_one_of_its_kind_kept(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX];
    const uint8_t *held = NULL;
    size_t size = certify(alice, 1, "anna", NOW, data);

    (void)state;
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), 0);
    size = certify(alice, 2, "anna", NOW, data);
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), 0);
    size = certify(alice, 1, "anna@home", NOW, data);
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), 0);
    assert_int_equal(count(alice), 3);
    /* Renewed: the old one goes, the new one stands last. */
    size = certify(alice, 1, "anna", NOW + DAY, data);
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), 0);
    assert_int_equal(count(alice), 3);
    assert_int_equal(tacet_identity_certificate(alice, 2, &held), size);
    assert_memory_equal(held, data, size);
    size = certify(alice, 3, "anna", NOW, data);
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), 0);
    size = certify(alice, 4, "anna", NOW, data);
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), TACET_ERR_FULL);
    size = certify(alice, 3, "anna", NOW + DAY, data);
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), 0);
    assert_int_equal(count(alice), TACET_IDENTITY_CERTIFICATES_MAX);
}

static void what_is_no_certificate_of_this_identity_is_refused(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = 0;

    (void)state;
    assert_int_equal(tacet_certificate_self_sign(alice, &chance, NOW, data, &size), 0);
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), TACET_ERR_FORMAT);
    size = certify(bob, 1, "anna", NOW, data);
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), TACET_ERR_TRUST);
    size = certify(alice, 1, "anna", NOW, data);
    assert_int_equal(tacet_identity_add_certificate(alice, data, size - 1), TACET_ERR_FORMAT);
    data[5] ^= 1;
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), TACET_ERR_TRUST);
    /* Alice's signature over her name with another X25519 key. */
    struct tacet_identity mixed = *alice;
    memcpy(mixed.x_public, bob->x_public, 32);
    size = certify(&mixed, 1, "anna", NOW, data);
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), TACET_ERR_TRUST);
    sodium_memzero(&mixed, sizeof(mixed));
    assert_int_equal(count(alice), 0);
}

static void file_keeps_the_certificates(void **state)
{
    char name[TACET_NAME_MAX + 1] = { 0 };
    uint8_t data[TACET_CERTIFICATE_MAX], file[TACET_IDENTITY_FILE_MAX];
    struct tacet_identity *again = NULL;
    size_t file_size = 0;

    (void)state;
    memset(name, 'a', TACET_NAME_MAX);
    for (uint8_t ca = 1; ca <= TACET_IDENTITY_CERTIFICATES_MAX; ca++) {
        size_t size = certify(alice, ca, name, NOW, data);
        assert_int_equal(size, TACET_CERTIFICATE_MAX);
        assert_int_equal(tacet_identity_add_certificate(alice, data, size), 0);
        assert_int_equal(tacet_identity_seal(alice, NULL, NULL, file, sizeof(file), &file_size), 0);
        assert_int_equal(tacet_identity_open(file, file_size, NULL, &again), 0);
        assert_int_equal(count(again), ca);
        assert_memory_equal(again->certificates, alice->certificates,
                            ca * sizeof(alice->certificates[0]));
        tacet_identity_free(&again);
    }
}

static void file_with_the_certificate_of_another_is_refused(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX], file[TACET_IDENTITY_FILE_MAX];
    struct tacet_identity *again = NULL;
    size_t file_size = 0;

    (void)state;
    alice->certificates[0].size = certify(bob, 1, "anna", NOW, alice->certificates[0].data);
    alice->certificate_count = 1;
    assert_int_equal(tacet_identity_seal(alice, NULL, NULL, file, sizeof(file), &file_size), 0);
    assert_int_equal(tacet_identity_open(file, file_size, NULL, &again), TACET_ERR_FORMAT);
    /* The same one twice is not what is written either. */
    alice->certificates[0].size = certify(alice, 1, "anna", NOW, data);
    memcpy(alice->certificates[0].data, data, sizeof(data));
    alice->certificates[1] = alice->certificates[0];
    alice->certificate_count = 2;
    assert_int_equal(tacet_identity_seal(alice, NULL, NULL, file, sizeof(file), &file_size), 0);
    assert_int_equal(tacet_identity_open(file, file_size, NULL, &again), TACET_ERR_FORMAT);
    assert_null(again);
}

static void newest_certificate_in_its_time_is_shown(void **state)
{
    static const struct {
        uint64_t now;
        int shown; /* of that CA; 0: self-signed */
        uint64_t until;
    } rows[] = {
        { NOW - 1, 0, NOW - 1 + DAY },
        { NOW, 1, NOW + 30 * DAY },
        { NOW + 10 * DAY - 1, 1, NOW + 30 * DAY },
        { NOW + 10 * DAY, 2, NOW + 40 * DAY },
        { NOW + 40 * DAY - 1, 2, NOW + 40 * DAY },
        { NOW + 40 * DAY, 0, NOW + 41 * DAY },
    };
    uint8_t data[TACET_CERTIFICATE_MAX];
    struct tacet_certificate c;
    uint64_t until = 0;
    size_t size = certify(alice, 1, "anna", NOW, data);

    (void)state;
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), 0);
    size = certify(alice, 2, "anna", NOW + 10 * DAY, data);
    assert_int_equal(tacet_identity_add_certificate(alice, data, size), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(
            tacet_certificate_present(alice, &chance, rows[i].now, data, &size, &until), 0);
        assert_int_equal(tacet_certificate_parse(data, size, &c), 0);
        assert_int_equal(tacet_certificate_check(data, size, &c, rows[i].now), 0);
        assert_int_equal(c.ca_id[0], rows[i].shown);
        assert_int_equal(until, rows[i].until);
    }
    assert_int_equal(tacet_certificate_present(bob, &chance, 0, data, &size, &until),
                     TACET_ERR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(request_has_the_layout_of_the_protocol, set_up, tear_down),
        cmocka_unit_test_setup_teardown(authority_signs_all_of_the_request, set_up, tear_down),
        cmocka_unit_test_setup_teardown(changed_request_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            certificate_of_the_own_keys_is_taken_and_one_of_its_kind_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_certificate_of_this_identity_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(file_keeps_the_certificates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(file_with_the_certificate_of_another_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(newest_certificate_in_its_time_is_shown, set_up, tear_down),
    };
    struct tacet_rng rng;

    tacet_rng_seed(&rng, 12, 0);
    chance = tacet_rng_random(&rng);
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
