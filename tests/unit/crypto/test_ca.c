/* A CA at work: whom it signs for, whom it refuses and why, and what it takes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "crypto/ca.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "crypto/registry.h"
#include "sim/rng.h"
#include "tacet/error.h"

#include <sodium.h>
#include <string.h>

#define NOW UINT64_C(1700000000)
#define DAY UINT64_C(86400)
#define ANNA "anna@example.org"

static struct tacet_random chance;
static struct tacet_ca *ca, *other;
static struct tacet_authority authority, other_authority;
static struct tacet_identity *one, *two, *three;

/* The registry as a file would hold it. */
static uint8_t bytes[64 * TACET_REGISTRY_RECORD_MAX];
static size_t bytes_size;
static struct tacet_registry registry;
static uint8_t request[TACET_CA_REQUEST_MAX];
static size_t request_size;

static void append(const struct tacet_ca_decision *decision)
{
    assert_true(bytes_size + decision->size <= sizeof(bytes));
    memcpy(bytes + bytes_size, decision->bytes, decision->size);
    bytes_size += decision->size;
    assert_int_equal(tacet_registry_read(bytes, bytes_size, authority.key, &registry, NULL), 0);
}

static int set_up(void **state)
{
    (void)state;
    bytes_size = tacet_registry_found(ca, NOW - 99 * DAY, bytes);
    return tacet_registry_read(bytes, bytes_size, authority.key, &registry, NULL);
}

/* Whatever a test did, its registry passes an audit. */
static int audit(void **state)
{
    uint64_t count = 0;

    (void)state;
    return tacet_registry_audit(&registry, authority.key, &count);
}

static void ask(const struct tacet_identity *identity, const char *name, uint64_t now,
                const struct tacet_identity *old)
{
    assert_int_equal(tacet_ca_request(identity, &chance, &authority, name, now, 30 * DAY, old,
                                      request, &request_size),
                     0);
}

/* Decides on the request and appends; the operation, *ret_ground its ground. */
static enum tacet_registry_operation decide(uint64_t now, bool rebind,
                                            enum tacet_registry_ground *ret_ground)
{
    struct tacet_ca_decision decision;

    assert_int_equal(tacet_ca_decide(ca, &registry, request, request_size, now, rebind, &decision),
                     0);
    append(&decision);
    *ret_ground = decision.record.ground;
    return decision.record.operation;
}

static void expect(uint64_t now, bool rebind, enum tacet_registry_operation operation,
                   enum tacet_registry_ground ground)
{
    enum tacet_registry_ground got;
    uint8_t out[TACET_CERTIFICATE_MAX];
    size_t size = 0;

    assert_int_equal(decide(now, rebind, &got), operation);
    assert_int_equal(got, ground);
    assert_int_equal(tacet_ca_certify(ca, &registry, request, request_size, out, &size),
                     operation == TACET_REGISTRY_REFUSED ? TACET_ERR_NOTFOUND : 0);
}

static void revoke(const char *name, uint64_t serial, uint64_t now)
{
    struct tacet_ca_decision decision;

    assert_int_equal(tacet_ca_revoke(ca, &registry, name, serial, now, &decision), 0);
    append(&decision);
}

static void first_request_for_a_name_is_signed_and_so_is_its_renewal(void **state)
{
    uint8_t out[TACET_CERTIFICATE_MAX];
    struct tacet_certificate c;
    size_t size = 0;

    (void)state;
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
    assert_int_equal(tacet_ca_certify(ca, &registry, request, request_size, out, &size), 0);
    assert_int_equal(tacet_certificate_parse(out, size, &c), 0);
    assert_int_equal(tacet_certificate_check(out, size, &c, NOW), 0);
    assert_int_equal(tacet_certificate_check_ca(out, size, &c, authority.key), 0);
    assert_string_equal(c.name, ANNA);
    assert_memory_equal(c.ed25519, one->ed_public, 32);
    ask(one, ANNA, NOW + 20 * DAY, NULL);
    expect(NOW + 20 * DAY, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
}

static void nothing_is_signed_that_the_registry_does_not_say(void **state)
{
    struct tacet_ca_decision decision;
    uint8_t out[TACET_CERTIFICATE_MAX];
    size_t size = 0;

    (void)state;
    ask(one, ANNA, NOW, NULL);
    assert_int_equal(tacet_ca_certify(ca, &registry, request, request_size, out, &size),
                     TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_ca_decide(ca, &registry, request, request_size, NOW, false, &decision),
                     0);
    assert_int_equal(tacet_ca_certify(ca, &registry, request, request_size, out, &size),
                     TACET_ERR_NOTFOUND);
    append(&decision);
    assert_int_equal(tacet_ca_certify(ca, &registry, request, request_size, out, &size), 0);
    request[request_size - 1] ^= 1;
    assert_int_equal(tacet_ca_certify(ca, &registry, request, request_size, out, &size),
                     TACET_ERR_NOTFOUND);
}

static void request_that_was_issued_gives_the_same_certificate_and_no_record(void **state)
{
    uint8_t first[TACET_CERTIFICATE_MAX], again[TACET_CERTIFICATE_MAX];
    struct tacet_ca_decision decision;
    size_t size = 0;

    (void)state;
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
    assert_int_equal(tacet_ca_certify(ca, &registry, request, request_size, first, &size), 0);
    assert_int_equal(tacet_ca_decide(ca, &registry, request, request_size, NOW, false, &decision),
                     0);
    assert_int_equal(decision.record.operation, TACET_REGISTRY_ISSUED);
    assert_int_equal(decision.size, 0);
    assert_int_equal(tacet_ca_certify(ca, &registry, request, request_size, again, &size), 0);
    assert_memory_equal(first, again, size);
}

static void name_bound_to_another_key_is_refused(void **state)
{
    (void)state;
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
    ask(two, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND);
    /* Also long after the certificate is over. */
    ask(two, ANNA, NOW + 999 * DAY, NULL);
    expect(NOW + 999 * DAY, false, TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND);
    /* Released by a stranger, or by the asker itself. */
    ask(two, ANNA, NOW, three);
    expect(NOW, false, TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND);
    ask(two, ANNA, NOW, two);
    expect(NOW, false, TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND);
    ask(two, "berta@example.org", NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
}

static void old_key_lets_a_name_go(void **state)
{
    (void)state;
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
    ask(two, ANNA, NOW, one);
    expect(NOW, false, TACET_REGISTRY_REBOUND, TACET_GROUND_OLD_KEY);
    /* It is gone: the old key can neither have nor give it. */
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND);
    ask(three, ANNA, NOW, one);
    expect(NOW, false, TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND);
    ask(two, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
}

static void release_is_of_one_request_only(void **state)
{
    uint8_t signature[64];

    (void)state;
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
    ask(two, ANNA, NOW, one);
    memcpy(signature, request + request_size - 64, 64);
    ask(three, ANNA, NOW, one);
    memcpy(request + request_size - 64, signature, 64);
    expect(NOW, false, TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND);
}

static void revoked_name_is_free_after_thirty_days(void **state)
{
    (void)state;
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
    revoke(ANNA, 0, NOW);
    /* The key that is revoked gives nothing away, and gets nothing. */
    ask(two, ANNA, NOW, one);
    expect(NOW, false, TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND);
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_REFUSED, TACET_GROUND_REVOKED);
    ask(one, "berta@example.org", NOW, NULL);
    expect(NOW, true, TACET_REGISTRY_REFUSED, TACET_GROUND_REVOKED);
    ask(two, ANNA, NOW + 30 * DAY - 1, NULL);
    expect(NOW + 30 * DAY - 1, false, TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND);
    /* A clock that went back frees nothing. */
    ask(two, ANNA, NOW - DAY, NULL);
    expect(NOW - DAY, false, TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND);
    ask(two, ANNA, NOW + 30 * DAY, NULL);
    expect(NOW + 30 * DAY, false, TACET_REGISTRY_REBOUND, TACET_GROUND_REVOCATION);
    ask(one, ANNA, NOW + 60 * DAY, NULL);
    expect(NOW + 60 * DAY, false, TACET_REGISTRY_REFUSED, TACET_GROUND_REVOKED);
}

static void revoked_key_does_not_get_its_certificate_again(void **state)
{
    struct tacet_ca_decision decision;
    uint8_t out[TACET_CERTIFICATE_MAX];
    size_t size = 0;

    (void)state;
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
    revoke(ANNA, 0, NOW);
    /* The name is bound to it still; neither the one step nor both of them give anything out. */
    assert_int_equal(tacet_ca_certify(ca, &registry, request, request_size, out, &size),
                     TACET_ERR_NOTFOUND);
    assert_int_equal(size, 0);
    assert_int_equal(tacet_ca_decide(ca, &registry, request, request_size, NOW, false, &decision),
                     0);
    assert_int_equal(decision.record.ground, TACET_GROUND_REVOKED);
    expect(NOW, true, TACET_REGISTRY_REFUSED, TACET_GROUND_REVOKED);
}

static void operator_may_bind_anew(void **state)
{
    (void)state;
    ask(one, ANNA, NOW, NULL);
    expect(NOW, true, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
    ask(two, ANNA, NOW, NULL);
    expect(NOW, true, TACET_REGISTRY_REBOUND, TACET_GROUND_OPERATOR);
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND);
}

static void old_request_gives_nothing_once_its_name_is_anothers(void **state)
{
    uint8_t first[TACET_CA_REQUEST_MAX], released[TACET_CA_REQUEST_MAX];
    size_t first_size, released_size;

    (void)state;
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
    memcpy(first, request, first_size = request_size);
    ask(two, ANNA, NOW, one);
    expect(NOW, false, TACET_REGISTRY_REBOUND, TACET_GROUND_OLD_KEY);
    memcpy(released, request, released_size = request_size);
    /* The first again, by the operator's will: its serial was given, and a record says so. */
    size_t before = bytes_size;
    memcpy(request, first, request_size = first_size);
    expect(NOW, true, TACET_REGISTRY_REFUSED, TACET_GROUND_SERIAL);
    assert_true(bytes_size > before);
    /* A new request is what the operator may sign; then the release is an old one. */
    ask(one, ANNA, NOW, NULL);
    expect(NOW, true, TACET_REGISTRY_REBOUND, TACET_GROUND_OPERATOR);
    before = bytes_size;
    memcpy(request, released, request_size = released_size);
    expect(NOW, false, TACET_REGISTRY_REFUSED, TACET_GROUND_SERIAL);
    assert_true(bytes_size > before);
}

static void serial_is_given_once(void **state)
{
    uint8_t copy[TACET_CA_REQUEST_MAX], message[16 + TACET_REQUEST_MAX] = "tacet/1 cert-id";
    const uint8_t *first = copy;

    (void)state;
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
    memcpy(copy, request, request_size);
    ask(two, "berta@example.org", NOW, NULL);
    memcpy(request + 4, first + 4, 8);
    memcpy(message + 16, request, request_size - 64);
    (void)crypto_sign_detached(request + request_size - 64, NULL, message, 16 + request_size - 64,
                               two->ed_secret);
    expect(NOW, false, TACET_REGISTRY_REFUSED, TACET_GROUND_SERIAL);
    /* Nor twice to the same key and name. */
    ask(one, ANNA, NOW + DAY, NULL);
    memcpy(request + 4, first + 4, 8);
    memcpy(message + 16, request, request_size - 64);
    (void)crypto_sign_detached(request + request_size - 64, NULL, message, 16 + request_size - 64,
                               one->ed_secret);
    expect(NOW + DAY, false, TACET_REGISTRY_REFUSED, TACET_GROUND_SERIAL);
}

static void dates_must_be_now_and_thirty_days_at_most(void **state)
{
    static const struct {
        uint64_t not_before, not_after;
        bool good;
    } rows[] = {
        { NOW, NOW + 30 * DAY, true },  { NOW, NOW + 30 * DAY + 1, false },
        { NOW + 300, NOW + DAY, true }, { NOW + 301, NOW + DAY, false },
        { NOW - DAY, NOW + 1, true },   { NOW - DAY, NOW, false },
        { 0, UINT64_MAX, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tacet_certificate_request(one, &chance, ANNA, authority.id, rows[i].not_before,
                                  rows[i].not_after, request, &request_size);
        expect(NOW, true, rows[i].good ? TACET_REGISTRY_ISSUED : TACET_REGISTRY_REFUSED,
               rows[i].good ? TACET_GROUND_NONE : TACET_GROUND_DATES);
    }
}

static void name_outside_the_suffix_is_refused(void **state)
{
    uint8_t out[TACET_CA_REQUEST_MAX];
    size_t size = 0;

    (void)state;
    assert_int_equal(tacet_ca_request(one, &chance, &authority, "anna@bad-example.org", NOW, DAY,
                                      NULL, out, &size),
                     TACET_ERR_TRUST);
    tacet_certificate_request(one, &chance, "anna@bad-example.org", authority.id, NOW, NOW + DAY,
                              request, &request_size);
    expect(NOW, true, TACET_REGISTRY_REFUSED, TACET_GROUND_SUFFIX);
}

static void what_is_no_request_to_this_authority_leaves_no_record(void **state)
{
    struct tacet_ca_decision decision;

    (void)state;
    assert_int_equal(tacet_ca_request(one, &chance, &other_authority, ANNA, NOW, DAY, NULL, request,
                                      &request_size),
                     0);
    assert_int_equal(tacet_ca_decide(ca, &registry, request, request_size, NOW, false, &decision),
                     TACET_ERR_NOTFOUND);
    ask(one, ANNA, NOW, two);
    for (size_t size = 0; size < request_size; size++) {
        if (size != request_size - 64) {
            assert_int_equal(tacet_ca_decide(ca, &registry, request, size, NOW, false, &decision),
                             TACET_ERR_FORMAT);
        }
    }
    for (size_t bit = 0; bit < 8 * (request_size - 64); bit++) {
        request[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_true(tacet_ca_decide(ca, &registry, request, request_size, NOW, false, &decision) <
                    0);
        request[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void revoked_keys_are_listed(void **state)
{
    static uint8_t list[TACET_REVOCATIONS_SIZE_MAX];
    uint8_t file[TACET_AUTHORITY_FILE_MAX], certificate[TACET_CERTIFICATE_MAX];
    struct tacet_authorities *set = NULL;
    struct tacet_ca_decision decision;
    size_t size = 0, certificate_size = 0;

    (void)state;
    ask(one, ANNA, NOW, NULL);
    expect(NOW, false, TACET_REGISTRY_ISSUED, TACET_GROUND_NONE);
    assert_int_equal(
        tacet_ca_certify(ca, &registry, request, request_size, certificate, &certificate_size), 0);
    assert_int_equal(tacet_authorities_create(&set), 0);
    assert_int_equal(tacet_authorities_add(set, file, tacet_ca_export(ca, file)), 0);
    assert_int_equal(tacet_ca_revocations(ca, &registry, NOW, 7 * DAY, list, sizeof(list), &size),
                     0);
    assert_int_equal(tacet_authorities_revoke(set, list, size), 0);
    assert_false(tacet_authorities_revoked(set, one->ed_public));
    assert_int_equal(tacet_authorities_check(set, certificate, certificate_size), 0);

    assert_int_equal(tacet_ca_revoke(ca, &registry, "nobody", 0, NOW, &decision),
                     TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_ca_revoke(ca, &registry, NULL, 1, NOW, &decision), TACET_ERR_NOTFOUND);
    struct tacet_reader r = tacet_reader(certificate + 4, 8);
    revoke(NULL, tacet_read_u64(&r), NOW);
    assert_int_equal(tacet_ca_revoke(ca, &registry, ANNA, 0, NOW, &decision), TACET_ERR_STATE);
    assert_int_equal(tacet_ca_revocations(ca, &registry, NOW, 7 * DAY, list, sizeof(list), &size),
                     0);
    assert_int_equal(tacet_authorities_revoke(set, list, size), 0);
    assert_true(tacet_authorities_revoked(set, one->ed_public));
    assert_int_equal(tacet_authorities_check(set, certificate, certificate_size), TACET_ERR_TRUST);
    assert_int_equal(tacet_ca_revocations(ca, &registry, NOW, 7 * DAY, list, size - 1, &size),
                     TACET_ERR_SPACE);
    tacet_authorities_free(&set);
}

static void authority_is_kept_in_a_file(void **state)
{
    uint8_t file[TACET_CA_FILE_MAX];
    struct tacet_authority again;
    struct tacet_ca *opened = NULL;
    size_t size = 0;

    (void)state;
    assert_int_equal(tacet_ca_seal(ca, NULL, NULL, file, sizeof(file), &size), 0);
    assert_memory_equal(file, "TK01", 4);
    assert_int_equal(tacet_ca_open(file, size, NULL, &opened), 0);
    tacet_ca_public(opened, &again);
    assert_memory_equal(&again, &authority, sizeof(again));
    assert_memory_equal(opened->secret, ca->secret, 64);
    tacet_ca_free(&opened);
    assert_int_equal(tacet_ca_seal(ca, &chance, "low", file, sizeof(file), &size), 0);
    assert_int_equal(tacet_ca_open(file, size, NULL, &opened), TACET_ERR_PASSPHRASE);
    assert_int_equal(tacet_ca_open(file, size, "high", &opened), TACET_ERR_PASSPHRASE);
    assert_null(opened);
    assert_int_equal(tacet_ca_open(file, size, "low", &opened), 0);
    assert_memory_equal(opened->secret, ca->secret, 64);
    tacet_ca_free(&opened);
    /* An identity is not a CA. */
    uint8_t identity[TACET_IDENTITY_FILE_MAX];
    assert_int_equal(tacet_identity_seal(one, NULL, NULL, identity, sizeof(identity), &size), 0);
    assert_int_equal(tacet_ca_open(identity, size, NULL, &opened), TACET_ERR_FORMAT);
    assert_int_equal(tacet_ca_create(&chance, "Upper", &opened), TACET_ERR_ARGUMENT);
}

static void request_is_made_for_valid_names_and_times_only(void **state)
{
    static const struct {
        const char *name;
        uint64_t now, seconds;
        int expected;
    } rows[] = {
        { ANNA, NOW, 30 * DAY, 0 },
        { "Anna@example.org", NOW, DAY, TACET_ERR_ARGUMENT },
        { "", NOW, DAY, TACET_ERR_ARGUMENT },
        { ANNA, NOW, 30 * DAY + 1, TACET_ERR_ARGUMENT },
        { ANNA, NOW, 300, TACET_ERR_ARGUMENT },
        { ANNA, 299, DAY, TACET_ERR_ARGUMENT },
        { NULL, NOW, DAY, TACET_ERR_TRUST }, /* the identity's own, outside the suffix */
    };
    uint8_t out[TACET_CA_REQUEST_MAX];
    size_t size = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(tacet_ca_request(one, &chance, &authority, rows[i].name, rows[i].now,
                                          rows[i].seconds, NULL, out, &size),
                         rows[i].expected);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, audit)
    const struct CMUnitTest tests[] = {
        TEST(first_request_for_a_name_is_signed_and_so_is_its_renewal),
        TEST(nothing_is_signed_that_the_registry_does_not_say),
        TEST(request_that_was_issued_gives_the_same_certificate_and_no_record),
        TEST(name_bound_to_another_key_is_refused),
        TEST(old_key_lets_a_name_go),
        TEST(release_is_of_one_request_only),
        TEST(revoked_name_is_free_after_thirty_days),
        TEST(revoked_key_does_not_get_its_certificate_again),
        TEST(operator_may_bind_anew),
        TEST(old_request_gives_nothing_once_its_name_is_anothers),
        TEST(serial_is_given_once),
        TEST(dates_must_be_now_and_thirty_days_at_most),
        TEST(name_outside_the_suffix_is_refused),
        TEST(what_is_no_request_to_this_authority_leaves_no_record),
        TEST(revoked_keys_are_listed),
        TEST(authority_is_kept_in_a_file),
        TEST(request_is_made_for_valid_names_and_times_only),
    };
    struct tacet_rng rng;

    tacet_rng_seed(&rng, 14, 0);
    chance = tacet_rng_random(&rng);
    if (sodium_init() < 0 || tacet_ca_create(&chance, "example.org", &ca) != 0 ||
        tacet_ca_create(&chance, "", &other) != 0 ||
        tacet_identity_create(&chance, "one", &one) != 0 ||
        tacet_identity_create(&chance, "two", &two) != 0 ||
        tacet_identity_create(&chance, "three", &three) != 0) {
        return 1;
    }
    tacet_ca_public(ca, &authority);
    tacet_ca_public(other, &other_authority);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tacet_ca_free(&ca);
    tacet_ca_free(&other);
    tacet_identity_free(&one);
    tacet_identity_free(&two);
    tacet_identity_free(&three);
    return failed + (tacet_alloc_live() != 0);
}
