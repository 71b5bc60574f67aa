/*
 * Certificates: what is made is what the layout says, and every hostile one is refused. A bad
 * certificate of the table is signed afresh, so that only what its row names is wrong with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "crypto/certificate.h"
#include "crypto/identity.h"
#include "sim/rng.h"
#include "tacet/error.h"

#include <sodium.h>
#include <string.h>

#define NOW UINT64_C(1700000000)

static struct tacet_identity *alice;

static size_t self_signed(uint8_t out[TACET_CERTIFICATE_MAX])
{
    struct tacet_rng rng;
    size_t size = 0;

    tacet_rng_seed(&rng, 7, 0);
    struct tacet_random random = tacet_rng_random(&rng);
    assert_int_equal(tacet_certificate_self_sign(alice, &random, NOW, out, &size), 0);
    return size;
}

/* Parsed and checked: 0, TACET_ERR_FORMAT from the first or TACET_ERR_TRUST from the second. */
static int take(const uint8_t *data, size_t size, uint64_t unix_now)
{
    struct tacet_certificate c;
    int err = tacet_certificate_parse(data, size, &c);

    return err < 0 ? err : tacet_certificate_check(data, size, &c, unix_now);
}

static void self_signed_certificate_has_the_layout_of_the_protocol(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX];
    uint8_t message[TACET_CERTIFICATE_MAX];
    struct tacet_certificate c;
    size_t size = self_signed(data);
    struct tacet_reader r = tacet_reader(data, size);

    (void)state;
    assert_int_equal(size, 231 + 5);
    assert_memory_equal(tacet_read_view(&r, 4), "TC01", 4);
    uint64_t serial = tacet_read_u64(&r);
    assert_int_equal(tacet_read_u64(&r), NOW - 300);
    assert_int_equal(tacet_read_u64(&r), NOW + 30 * 86400);
    assert_int_equal(tacet_read_u16(&r), 1);
    assert_true(sodium_is_zero(tacet_read_view(&r, 8), 8));
    assert_int_equal(tacet_read_u8(&r), 5);
    assert_memory_equal(tacet_read_view(&r, 5), "alice", 5);
    assert_memory_equal(tacet_read_view(&r, 32), alice->ed_public, 32);
    assert_memory_equal(tacet_read_view(&r, 32), alice->x_public, 32);
    /* Ed25519 over "tacet/1 cert-id" 0x00 || all before */
    memcpy(message, "tacet/1 cert-id", 16);
    memcpy(message + 16, data, r.at);
    assert_int_equal(crypto_sign_verify_detached(data + r.at, message, 16 + r.at, alice->ed_public),
                     0);
    tacet_read_skip(&r, 64);
    assert_int_equal(tacet_reader_left(&r), 64);
    assert_true(tacet_read_zeros(&r));

    assert_int_equal(tacet_certificate_parse(data, size, &c), 0);
    assert_int_equal(c.serial, serial);
    assert_string_equal(c.name, "alice");
    assert_memory_equal(c.ed25519, alice->ed_public, 32);
    assert_memory_equal(c.x25519, alice->x_public, 32);
    assert_int_equal(tacet_certificate_check(data, size, &c, NOW), 0);
}

static void longest_name_makes_the_largest_certificate(void **state)
{
    struct tacet_identity identity = *alice;
    struct tacet_rng rng;
    struct tacet_random random = tacet_rng_random(&rng);
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = 0;

    (void)state;
    tacet_rng_seed(&rng, 1, 0);
    memset(identity.name, 'z', TACET_NAME_MAX);
    assert_int_equal(tacet_certificate_self_sign(&identity, &random, NOW, data, &size), 0);
    assert_int_equal(size, TACET_CERTIFICATE_MAX);
    assert_int_equal(take(data, size, NOW), 0);
}

static void every_flipped_bit_is_refused(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = self_signed(data);

    (void)state;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(take(data, size, NOW), 0);
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(take(data, size, NOW), 0);
}

static void certificate_cut_or_extended_is_refused(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX + 64] = { 0 };
    size_t size = self_signed(data);
    struct tacet_certificate c;

    (void)state;
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(tacet_certificate_parse(data, cut, &c), TACET_ERR_FORMAT);
    }
    for (size_t more = 1; more <= 64; more++) {
        assert_int_equal(tacet_certificate_parse(data, size + more, &c), TACET_ERR_FORMAT);
    }
}

static void time_counts_with_five_minutes_of_skew(void **state)
{
    static const struct {
        uint64_t unix_now;
        int expected;
    } rows[] = {
        { NOW, 0 },
        { NOW - 600, 0 }, /* not_before is 300 s before NOW */
        { NOW - 601, TACET_ERR_TRUST },
        { NOW + 30 * 86400 + 300, 0 },
        { NOW + 30 * 86400 + 301, TACET_ERR_TRUST },
        { 0, TACET_ERR_TRUST },
        { UINT64_MAX, TACET_ERR_TRUST },
    };
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = self_signed(data);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(take(data, size, rows[i].unix_now), rows[i].expected);
    }
}

/* What a row of the table changes before it is signed. */
struct draft {
    const char *magic;
    uint64_t not_before, not_after;
    uint16_t flags;
    uint8_t ca_id, sig_ca; /* first byte; the rest is zero */
    const char *name;
    uint8_t name_size; /* 0xff: that of `name` */
};

static size_t sign_draft(const struct draft *d, uint8_t *out, size_t capacity)
{
    struct tacet_writer w = tacet_writer(out, capacity);
    size_t name_size = strlen(d->name);
    uint8_t message[512] = "tacet/1 cert-id";
    uint8_t sig[64];

    tacet_write_bytes(&w, d->magic, 4);
    tacet_write_u64(&w, 77);
    tacet_write_u64(&w, d->not_before);
    tacet_write_u64(&w, d->not_after);
    tacet_write_u16(&w, d->flags);
    tacet_write_u8(&w, d->ca_id);
    tacet_write_zeros(&w, 7);
    if (d->name_size != 0xff) { /* may say something else than what follows, and hold a NUL */
        tacet_write_u8(&w, d->name_size);
        uint8_t name[255] = { 0 };
        memcpy(name, d->name, name_size);
        tacet_write_bytes(&w, name, d->name_size);
    } else {
        tacet_write_u8(&w, (uint8_t)name_size);
        tacet_write_bytes(&w, d->name, name_size);
    }
    tacet_write_bytes(&w, alice->ed_public, 32);
    tacet_write_bytes(&w, alice->x_public, 32);
    memcpy(message + 16, out, w.at);
    (void)crypto_sign_detached(sig, NULL, message, 16 + w.at, alice->ed_secret);
    tacet_write_bytes(&w, sig, sizeof(sig));
    tacet_write_u8(&w, d->sig_ca);
    tacet_write_zeros(&w, 63);
    assert_false(w.failed);
    return w.at;
}

static void hostile_forms_are_refused_although_well_signed(void **state)
{
#define GOOD "TC01", NOW - 10, NOW + 10
    static const struct {
        struct draft draft;
        int expected;
    } rows[] = {
        { { GOOD, 1, 0, 0, "alice", 0xff }, 0 },
        { { GOOD, 0, 9, 9, "alice", 0xff }, 0 }, /* of a CA: its signature is the caller's job */
        { { GOOD, 1, 0, 0, "a-b_c.d@e.9", 0xff }, 0 },
        { { "TC02", NOW - 10, NOW + 10, 1, 0, 0, "alice", 0xff }, TACET_ERR_FORMAT },
        { { "TC01", NOW + 10, NOW - 10, 1, 0, 0, "alice", 0xff }, TACET_ERR_FORMAT },
        { { "TC01", NOW + 301, NOW + 999, 1, 0, 0, "alice", 0xff }, TACET_ERR_TRUST },
        { { "TC01", NOW + 300, NOW + 999, 1, 0, 0, "alice", 0xff }, 0 },
        { { "TC01", 0, NOW - 301, 1, 0, 0, "alice", 0xff }, TACET_ERR_TRUST },
        { { "TC01", 0, NOW - 300, 1, 0, 0, "alice", 0xff }, 0 },
        { { "TC01", 0, UINT64_MAX, 1, 0, 0, "alice", 0xff }, 0 }, /* no overflow by the skew */
        { { "TC01", UINT64_MAX, UINT64_MAX, 1, 0, 0, "alice", 0xff }, TACET_ERR_TRUST },
        { { GOOD, 1, 5, 0, "alice", 0xff }, TACET_ERR_FORMAT },
        { { GOOD, 1, 0, 5, "alice", 0xff }, TACET_ERR_FORMAT },
        { { GOOD, 3, 0, 0, "alice", 0xff }, TACET_ERR_FORMAT },
        { { GOOD, 2, 0, 0, "alice", 0xff }, TACET_ERR_FORMAT },
        { { GOOD, 0x8001, 0, 0, "alice", 0xff }, TACET_ERR_FORMAT },
        { { GOOD, 1, 0, 0, "", 0xff }, TACET_ERR_FORMAT },
        { { GOOD, 1, 0, 0, "Alice", 0xff }, TACET_ERR_FORMAT },
        { { GOOD, 1, 0, 0, "ali ce", 0xff }, TACET_ERR_FORMAT },
        { { GOOD, 1, 0, 0, "ali\xc3\xa7", 0xff }, TACET_ERR_FORMAT },
        { { GOOD, 1, 0, 0, "ali\nce", 0xff }, TACET_ERR_FORMAT },
        { { GOOD, 1, 0, 0, "alice", 6 }, TACET_ERR_FORMAT },  /* NUL behind the name */
        { { GOOD, 1, 0, 0, "alice", 64 }, TACET_ERR_FORMAT }, /* over-long */
        { { GOOD, 1, 0, 0, "alice", 254 }, TACET_ERR_FORMAT },
        { { GOOD, 1, 0, 0, "a234567890123456789012345678901234567890123456789012345678901234",
            0xff },
          TACET_ERR_FORMAT },
        { { GOOD, 1, 0, 0, "a23456789012345678901234567890123456789012345678901234567890123",
            0xff },
          0 },
    };
    uint8_t data[600];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t size = sign_draft(&rows[i].draft, data, sizeof(data));
        int err = take(data, size, NOW);
        if (err != rows[i].expected) {
            fail_msg("row %zu: %d, expected %d", i, err, rows[i].expected);
        }
    }
}

static void key_or_name_put_into_anothers_certificate_is_refused(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX];
    struct tacet_rng rng;
    struct tacet_identity *mallory = NULL;
    size_t size = self_signed(data);
    const size_t name_at = 39, ed_at = 39 + 5, x_at = ed_at + 32;

    (void)state;
    tacet_rng_seed(&rng, 99, 0);
    struct tacet_random random = tacet_rng_random(&rng);
    assert_int_equal(tacet_identity_create(&random, "mallory", &mallory), 0);
    memcpy(data + x_at, mallory->x_public, 32);
    assert_int_equal(take(data, size, NOW), TACET_ERR_TRUST);
    memcpy(data + x_at, alice->x_public, 32);
    assert_int_equal(take(data, size, NOW), 0);
    memcpy(data + ed_at, mallory->ed_public, 32);
    assert_int_equal(take(data, size, NOW), TACET_ERR_TRUST);
    memcpy(data + ed_at, alice->ed_public, 32);
    memcpy(data + name_at, "carol", 5);
    assert_int_equal(take(data, size, NOW), TACET_ERR_TRUST);
    tacet_identity_free(&mallory);
}

/* With an all-zero key many signatures verify in careless implementations. */
static void key_of_small_order_is_refused(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = self_signed(data);

    (void)state;
    for (uint8_t first = 0; first < 2; first++) {
        memset(data + 44, 0, 32);
        data[44] = first;
        memset(data + size - 128, 0, 64);
        data[size - 128] = 1;
        assert_int_equal(take(data, size, NOW), TACET_ERR_TRUST);
    }
}

static void failed_parse_leaves_the_output_untouched(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = self_signed(data);
    struct tacet_certificate c, before;

    (void)state;
    memset(&c, 0x55, sizeof(c));
    before = c;
    assert_int_equal(tacet_certificate_parse(data, size - 1, &c), TACET_ERR_FORMAT);
    assert_memory_equal(&c, &before, sizeof(c));
}

static void public_part_shows_key_name_and_fingerprint_unverified(void **state)
{
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = self_signed(data);
    struct tacet_certificate c;
    struct tacet_public_identity shown, own;

    (void)state;
    assert_int_equal(tacet_certificate_parse(data, size, &c), 0);
    tacet_certificate_public(&c, &shown);
    tacet_identity_public(alice, &own);
    assert_memory_equal(&shown, &own, sizeof(own));
    assert_int_equal(shown.trust, TACET_TRUST_UNVERIFIED);
}

static void clock_that_is_absurd_makes_no_certificate(void **state)
{
    static const uint64_t times[] = { 0, 299, UINT64_MAX };
    struct tacet_rng rng;
    struct tacet_random random = tacet_rng_random(&rng);
    uint8_t data[TACET_CERTIFICATE_MAX];
    size_t size = 0;

    (void)state;
    tacet_rng_seed(&rng, 7, 0);
    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        assert_int_equal(tacet_certificate_self_sign(alice, &random, times[i], data, &size),
                         TACET_ERR_ARGUMENT);
    }
    assert_int_equal(size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(self_signed_certificate_has_the_layout_of_the_protocol),
        cmocka_unit_test(longest_name_makes_the_largest_certificate),
        cmocka_unit_test(every_flipped_bit_is_refused),
        cmocka_unit_test(certificate_cut_or_extended_is_refused),
        cmocka_unit_test(time_counts_with_five_minutes_of_skew),
        cmocka_unit_test(hostile_forms_are_refused_although_well_signed),
        cmocka_unit_test(key_or_name_put_into_anothers_certificate_is_refused),
        cmocka_unit_test(key_of_small_order_is_refused),
        cmocka_unit_test(failed_parse_leaves_the_output_untouched),
        cmocka_unit_test(public_part_shows_key_name_and_fingerprint_unverified),
        cmocka_unit_test(clock_that_is_absurd_makes_no_certificate),
    };
    struct tacet_rng rng;

    tacet_rng_seed(&rng, 1, 0);
    struct tacet_random random = tacet_rng_random(&rng);
    if (sodium_init() < 0 || tacet_identity_create(&random, "alice", &alice) < 0) {
        return 1;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tacet_identity_free(&alice);
    return failed;
}
