/* Which CAs are trusted for which names: public files, suffixes, what they sign and take back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "crypto/authority.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "crypto/revocations.h"
#include "sim/rng.h"
#include "tacet/error.h"

#include <sodium.h>
#include <string.h>

#define NOW UINT64_C(1700000000)
#define DAY 86400

struct ca {
    struct tacet_authority authority;
    uint8_t secret[64];
    uint8_t file[TACET_AUTHORITY_FILE_MAX];
    size_t file_size;
};

static struct tacet_random chance;
static struct tacet_identity *alice;
static struct ca ours, other;

static void make_ca(struct ca *ca, uint8_t first, const char *suffix)
{
    uint8_t seed[32] = { first }, key[32];

    (void)crypto_sign_seed_keypair(key, ca->secret, seed);
    tacet_authority_fill(key, suffix, &ca->authority);
    ca->file_size = tacet_authority_write(&ca->authority, ca->secret, ca->file);
}

/* A certificate for alice's keys under that name. */
static size_t certify(const struct ca *ca, const char *name, uint8_t out[TACET_CERTIFICATE_MAX])
{
    uint8_t request[TACET_REQUEST_MAX];
    size_t size = 0;

    tacet_certificate_request(alice, &chance, name, ca->authority.id, NOW, NOW + 30 * DAY, request,
                              &size);
    tacet_certificate_sign(request, size, ca->secret, out, &size);
    return size;
}

static size_t revoke(const struct ca *ca, uint64_t number, uint64_t issued, const uint8_t *entries,
                     uint32_t count, uint8_t out[512])
{
    struct tacet_revocations list = { .number = number,
                                      .issued = issued,
                                      .next_update = issued + 7 * DAY,
                                      .count = count,
                                      .entries = entries };
    size_t size = 0;

    memcpy(list.ca_id, ca->authority.id, sizeof(list.ca_id));
    assert_int_equal(tacet_revocations_write(&list, ca->secret, out, 512, &size), 0);
    return size;
}

static struct tacet_authorities *trusting_ours(void)
{
    struct tacet_authorities *set = NULL;

    assert_int_equal(tacet_authorities_create(&set), 0);
    assert_int_equal(tacet_authorities_add(set, ours.file, ours.file_size), 0);
    return set;
}

static void public_file_has_its_layout_and_is_read_back(void **state)
{
    struct tacet_authority again;

    (void)state;
    assert_int_equal(ours.file_size, 4 + 32 + 1 + 11 + 64);
    assert_memory_equal(ours.file, "TA01", 4);
    assert_memory_equal(ours.file + 4, ours.authority.key, 32);
    assert_int_equal(ours.file[36], 11);
    assert_memory_equal(ours.file + 37, "example.org", 11);
    assert_int_equal(tacet_authority_parse(ours.file, ours.file_size, &again), 0);
    assert_memory_equal(&again, &ours.authority, sizeof(again));
}

static void changed_public_file_is_refused(void **state)
{
    struct tacet_authority again;
    uint8_t file[TACET_AUTHORITY_FILE_MAX + 1];

    (void)state;
    memcpy(file, ours.file, ours.file_size);
    for (size_t bit = 0; bit < 8 * ours.file_size; bit++) {
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
        int err = tacet_authority_parse(file, ours.file_size, &again);
        assert_true(err == TACET_ERR_FORMAT || err == TACET_ERR_TRUST);
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t size = 0; size <= ours.file_size + 1; size++) {
        if (size != ours.file_size) {
            assert_int_equal(tacet_authority_parse(file, size, &again), TACET_ERR_FORMAT);
        }
    }
}

static void suffix_ends_at_a_boundary(void **state)
{
    static const struct {
        const char *suffix, *name;
        bool covered;
    } rows[] = {
        { "", "anna", true },
        { "example.org", "example.org", true },
        { "example.org", "anna@example.org", true },
        { "example.org", "anna@sub.example.org", true },
        { "example.org", "anna@bad-example.org", false },
        { "example.org", "badexample.org", false },
        { "example.org", "anna@example.org.", false },
        { "example.org", "xample.org", false },
        { "@example.org", "anna@example.org", true },
        { "@example.org", "@example.org", false },
        { "@example.org", "anna@sub.example.org", false },
        { "@example.org", "anna.example.org", false },
        { ".example.org", "anna@sub.example.org", true },
        { ".example.org", "anna@example.org", false },
        { ".example.org", ".example.org", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (tacet_suffix_covers(rows[i].suffix, rows[i].name) != rows[i].covered) {
            fail_msg("'%s' and '%s'", rows[i].suffix, rows[i].name);
        }
    }
}

static void certificate_of_a_trusted_authority_is_vouched_for(void **state)
{
    struct tacet_authorities *set = trusting_ours();
    uint8_t data[TACET_CERTIFICATE_MAX];
    struct tacet_certificate c;
    size_t size = certify(&ours, "anna@example.org", data);

    (void)state;
    assert_int_equal(tacet_certificate_parse(data, size, &c), 0);
    assert_int_equal(tacet_certificate_check(data, size, &c, NOW), 0);
    assert_int_equal(tacet_authorities_check(set, data, size), 0);
    tacet_authorities_free(&set);
    assert_null(set);
}

static void certificate_of_another_authority_is_not_known(void **state)
{
    struct tacet_authorities *set = trusting_ours();
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = certify(&other, "anna@example.org", data);

    (void)state;
    assert_int_equal(tacet_authorities_check(set, data, size), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_certificate_self_sign(alice, &chance, NOW, data, &size), 0);
    assert_int_equal(tacet_authorities_check(set, data, size), TACET_ERR_NOTFOUND);
    tacet_authorities_free(&set);
}

static void certificate_signed_by_another_under_our_authoritys_id_is_refused(void **state)
{
    struct tacet_authorities *set = trusting_ours();
    struct ca forger = other;
    uint8_t data[TACET_CERTIFICATE_MAX];

    (void)state;
    memcpy(forger.authority.id, ours.authority.id, sizeof(forger.authority.id));
    size_t size = certify(&forger, "anna@example.org", data);
    assert_int_equal(tacet_authorities_check(set, data, size), TACET_ERR_TRUST);
    tacet_authorities_free(&set);
}

static void name_outside_the_suffix_is_refused(void **state)
{
    struct tacet_authorities *set = trusting_ours();
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = certify(&ours, "anna@example.com", data);

    (void)state;
    assert_int_equal(tacet_authorities_check(set, data, size), TACET_ERR_TRUST);
    tacet_authorities_free(&set);
}

static void flipped_bit_of_a_certificate_is_never_vouched_for(void **state)
{
    struct tacet_authorities *set = trusting_ours();
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = certify(&ours, "anna@example.org", data);

    (void)state;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(tacet_authorities_check(set, data, size), 0);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    tacet_authorities_free(&set);
}

static void listed_serial_and_listed_key_are_refused(void **state)
{
    struct tacet_authorities *set = trusting_ours();
    uint8_t data[TACET_CERTIFICATE_MAX], list[512];
    uint8_t entries[2 * TACET_REVOCATION_ENTRY] = { 0 };
    const uint8_t someone[32] = { 9 };
    size_t size = certify(&ours, "anna@example.org", data);

    (void)state;
    /* Another's key under our serial: the certificate falls, the key stands. */
    memcpy(entries + TACET_REVOCATION_ENTRY, data + 4, 8);
    memcpy(entries + TACET_REVOCATION_ENTRY + 8, someone, 32);
    size_t list_size = revoke(&ours, 1, NOW, entries, 1, list);
    assert_int_equal(tacet_authorities_revoke(set, list, list_size), 0);
    assert_int_equal(tacet_authorities_check(set, data, size), 0);
    list_size = revoke(&ours, 2, NOW, entries, 2, list);
    assert_int_equal(tacet_authorities_revoke(set, list, list_size), 0);
    assert_int_equal(tacet_authorities_check(set, data, size), TACET_ERR_TRUST);
    assert_false(tacet_authorities_revoked(set, alice->ed_public));
    assert_true(tacet_authorities_revoked(set, someone));
    /* Our key under another serial. */
    memset(entries, 7, 8);
    memcpy(entries + 8, alice->ed_public, 32);
    list_size = revoke(&ours, 3, NOW, entries, 1, list);
    assert_int_equal(tacet_authorities_revoke(set, list, list_size), 0);
    assert_int_equal(tacet_authorities_check(set, data, size), 0);
    assert_true(tacet_authorities_revoked(set, alice->ed_public));
    assert_false(tacet_authorities_revoked(set, someone));
    tacet_authorities_free(&set);
}

static void serial_on_the_list_of_another_authority_says_nothing(void **state)
{
    struct tacet_authorities *set = trusting_ours();
    uint8_t data[TACET_CERTIFICATE_MAX], list[512];
    uint8_t entry[TACET_REVOCATION_ENTRY] = { 0 };
    size_t size = certify(&ours, "anna@example.org", data);

    (void)state;
    memcpy(entry, data + 4, 8);
    assert_int_equal(tacet_authorities_add(set, other.file, other.file_size), 0);
    size_t list_size = revoke(&other, 1, NOW, entry, 1, list);
    assert_int_equal(tacet_authorities_revoke(set, list, list_size), 0);
    assert_int_equal(tacet_authorities_check(set, data, size), 0);
    tacet_authorities_free(&set);
}

static void older_list_is_refused(void **state)
{
    static const struct {
        uint64_t number, issued;
        int expected;
    } rows[] = {
        { 5, NOW, 0 },
        { 4, NOW + 9, TACET_ERR_STATE },
        { 5, NOW - 1, TACET_ERR_STATE },
        { 5, NOW, 0 },
        { 5, NOW + 1, 0 },
        { 0, NOW + 1, TACET_ERR_STATE },
        { UINT64_MAX, NOW, 0 },
    };
    struct tacet_authorities *set = trusting_ours();
    uint8_t list[512];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t size = revoke(&ours, rows[i].number, rows[i].issued, NULL, 0, list);
        assert_int_equal(tacet_authorities_revoke(set, list, size), rows[i].expected);
    }
    tacet_authorities_free(&set);
}

static void list_out_of_date_is_stale(void **state)
{
    struct tacet_authorities *set = trusting_ours();
    uint8_t list[512];

    (void)state;
    assert_false(tacet_authorities_stale(set, UINT64_MAX));
    size_t size = revoke(&ours, 1, NOW, NULL, 0, list);
    assert_int_equal(tacet_authorities_revoke(set, list, size), 0);
    assert_false(tacet_authorities_stale(set, NOW + 7 * DAY));
    assert_true(tacet_authorities_stale(set, NOW + 7 * DAY + 1));
    tacet_authorities_free(&set);
}

static void list_of_a_stranger_and_a_changed_list_are_refused(void **state)
{
    struct tacet_authorities *set = trusting_ours();
    uint8_t entry[TACET_REVOCATION_ENTRY] = { 1 };
    uint8_t list[512];
    size_t size = revoke(&other, 1, NOW, entry, 1, list);

    (void)state;
    assert_int_equal(tacet_authorities_revoke(set, list, size), TACET_ERR_TRUST);
    size = revoke(&ours, 1, NOW, entry, 1, list);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        list[bit / 8] ^= (uint8_t)(1 << bit % 8);
        int err = tacet_authorities_revoke(set, list, size);
        assert_true(err == TACET_ERR_FORMAT || err == TACET_ERR_TRUST);
        list[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(tacet_authorities_revoke(set, list, cut), TACET_ERR_FORMAT);
    }
    assert_false(tacet_authorities_revoked(set, entry + 8));
    assert_int_equal(tacet_authorities_revoke(set, list, size), 0);
    tacet_authorities_free(&set);
}

static void set_is_bounded_and_knows_an_authority_once(void **state)
{
    struct tacet_authorities *set = trusting_ours();
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = certify(&ours, "anna@example.com", data);
    struct ca ca = { 0 };

    (void)state;
    for (uint8_t i = 1; i < TACET_AUTHORITIES_MAX; i++) {
        make_ca(&ca, (uint8_t)(100 + i), "");
        assert_int_equal(tacet_authorities_add(set, ca.file, ca.file_size), 0);
    }
    make_ca(&ca, 99, "");
    assert_int_equal(tacet_authorities_add(set, ca.file, ca.file_size), TACET_ERR_FULL);
    /* The same key with a wider suffix takes the place of the narrower one. */
    assert_int_equal(tacet_authorities_check(set, data, size), TACET_ERR_TRUST);
    make_ca(&ca, 1, "");
    assert_int_equal(tacet_authorities_add(set, ca.file, ca.file_size), 0);
    assert_int_equal(tacet_authorities_check(set, data, size), 0);
    tacet_authorities_free(&set);
}

static void failed_allocation_is_reported_and_leaves_the_set_as_it_was(void **state)
{
    struct tacet_authorities *set = NULL;
    uint8_t list[512], entry[TACET_REVOCATION_ENTRY] = { 1 };
    size_t size = revoke(&ours, 1, NOW, entry, 1, list);
    long live = tacet_alloc_live();
    long n = 0;

    (void)state;
    tacet_alloc_fail_after(0);
    assert_int_equal(tacet_authorities_create(&set), TACET_ERR_NOMEM);
    tacet_alloc_fail_after(-1);
    set = trusting_ours();
    for (;; n++) {
        tacet_alloc_fail_after(n);
        int err = tacet_authorities_revoke(set, list, size);
        tacet_alloc_fail_after(-1);
        if (err == 0) {
            break;
        }
        assert_int_equal(err, TACET_ERR_NOMEM);
        assert_false(tacet_authorities_revoked(set, entry + 8));
    }
    assert_int_equal(n, 2);
    assert_true(tacet_authorities_revoked(set, entry + 8));
    tacet_authorities_free(&set);
    assert_int_equal(tacet_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_file_has_its_layout_and_is_read_back),
        cmocka_unit_test(changed_public_file_is_refused),
        cmocka_unit_test(suffix_ends_at_a_boundary),
        cmocka_unit_test(certificate_of_a_trusted_authority_is_vouched_for),
        cmocka_unit_test(certificate_of_another_authority_is_not_known),
        cmocka_unit_test(certificate_signed_by_another_under_our_authoritys_id_is_refused),
        cmocka_unit_test(name_outside_the_suffix_is_refused),
        cmocka_unit_test(flipped_bit_of_a_certificate_is_never_vouched_for),
        cmocka_unit_test(listed_serial_and_listed_key_are_refused),
        cmocka_unit_test(serial_on_the_list_of_another_authority_says_nothing),
        cmocka_unit_test(older_list_is_refused),
        cmocka_unit_test(list_out_of_date_is_stale),
        cmocka_unit_test(list_of_a_stranger_and_a_changed_list_are_refused),
        cmocka_unit_test(set_is_bounded_and_knows_an_authority_once),
        cmocka_unit_test(failed_allocation_is_reported_and_leaves_the_set_as_it_was),
    };
    struct tacet_rng rng;

    tacet_rng_seed(&rng, 11, 0);
    chance = tacet_rng_random(&rng);
    if (sodium_init() < 0 || tacet_identity_create(&chance, "alice", &alice) != 0) {
        return 1;
    }
    make_ca(&ours, 1, "example.org");
    make_ca(&other, 2, "");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tacet_identity_free(&alice);
    return failed;
}
