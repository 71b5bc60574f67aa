/*
 * Identities in memory and in their file form. Argon2id at its real cost is run for one file only;
 * the hostile ones are sealed here, by a second writer of the format, at the lowest cost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/limits.h"
#include "crypto/identity.h"
#include "hex.h"
#include "sim/rng.h"
#include "tacet/error.h"

#define HEADER 56

/* Chance that is known: RFC 8032 section 7.1 test 1, and Alice of RFC 7748 section 6.1. */
static void fill_known(void *ctx, uint8_t *out, size_t size)
{
    (void)ctx;
    assert_int_equal(size, 64);
    (void)from_hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
                   "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
                   out, size);
}

static struct tacet_rng rng;
static struct tacet_random chance;

static struct tacet_identity *make(const char *name)
{
    struct tacet_identity *identity = NULL;

    assert_int_equal(tacet_identity_create(&chance, name, &identity), 0);
    return identity;
}

static void assert_same(const struct tacet_identity *a, const struct tacet_identity *b)
{
    assert_memory_equal(a, b, sizeof(*a));
}

static void keys_are_those_of_the_given_chance(void **state)
{
    const struct tacet_random known = { .fill = fill_known };
    struct tacet_identity *identity = NULL;
    struct tacet_public_identity shown;
    uint8_t expected[32];

    (void)state;
    assert_int_equal(tacet_identity_create(&known, NULL, &identity), 0);
    (void)from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", expected,
                   32);
    assert_memory_equal(identity->ed_public, expected, 32);
    tacet_identity_public(identity, &shown);
    assert_memory_equal(shown.key, expected, 32);
    (void)from_hex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", expected,
                   32);
    assert_memory_equal(identity->x_public, expected, 32);
    /* Computed with Python's hashlib and base64. */
    assert_string_equal(shown.name, "id-ojbm7jsqdvw3osl4");
    assert_string_equal(shown.fingerprint, "7242 cfa6 501d 6db7 497c 68dc 0838 908c");
    assert_int_equal(shown.trust, TACET_TRUST_UNVERIFIED);
    tacet_identity_free(&identity);
    assert_null(identity);
    tacet_identity_free(&identity);
    tacet_identity_free(NULL);
}

static void names_are_lower_case_and_short(void **state)
{
    static const struct {
        const char *name;
        bool valid;
    } rows[] = {
        { "a", true },
        { "alice", true },
        { "alice@example.org", true },
        { "0._-@", true },
        { "a23456789012345678901234567890123456789012345678901234567890123", true },
        { "a234567890123456789012345678901234567890123456789012345678901234", false },
        { "", false },
        { "Alice", false },
        { "al ice", false },
        { "alice\n", false },
        { "al/ice", false },
        { "al:ice", false },
        { "al\x7f", false },
        { "\xc3\xa9", false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_identity *identity = NULL;
        assert_int_equal(tacet_name_valid(rows[i].name, strlen(rows[i].name)), rows[i].valid);
        assert_int_equal(tacet_identity_create(&chance, rows[i].name, &identity),
                         rows[i].valid ? 0 : TACET_ERR_ARGUMENT);
        assert_int_equal(identity != NULL, rows[i].valid);
        tacet_identity_free(&identity);
    }
    assert_false(tacet_name_valid("al\0ice", 6));
    assert_false(tacet_name_valid(NULL, 1));
}

static void file_in_clear_comes_back_the_same(void **state)
{
    struct tacet_identity *identity = make("alice");
    struct tacet_identity *again = NULL;
    uint8_t file[TACET_IDENTITY_FILE_MAX];
    size_t size = 0;

    (void)state;
    assert_int_equal(tacet_identity_seal(identity, &chance, NULL, file, sizeof(file), &size), 0);
    assert_int_equal(size, HEADER + 32 + 32 + 1 + 5 + 1 + 32);
    assert_int_equal(tacet_identity_open(file, size, NULL, &again), 0);
    assert_same(identity, again);
    tacet_identity_free(&again);
    assert_int_equal(tacet_identity_open(file, size, "ignored", &again), 0);
    tacet_identity_free(&again);
    tacet_identity_free(&identity);
}

static void damaged_file_in_clear_is_a_format_error(void **state)
{
    struct tacet_identity *identity = make("alice");
    struct tacet_identity *again = NULL;
    uint8_t file[TACET_IDENTITY_FILE_MAX] = { 0 };
    size_t size = 0;

    (void)state;
    assert_int_equal(tacet_identity_seal(identity, &chance, NULL, file, sizeof(file), &size), 0);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(tacet_identity_open(file, size, NULL, &again), TACET_ERR_FORMAT);
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t other = 0; other < sizeof(file); other++) {
        if (other != size) {
            assert_int_equal(tacet_identity_open(file, other, NULL, &again), TACET_ERR_FORMAT);
        }
    }
    assert_null(again);
    tacet_identity_free(&identity);
}

static void sealed_file_opens_with_its_passphrase_only(void **state)
{
    struct tacet_identity *identity = make(NULL);
    struct tacet_identity *again = NULL;
    uint8_t file[TACET_IDENTITY_FILE_MAX];
    size_t size = 0;

    (void)state;
    assert_int_equal(
        tacet_identity_seal(identity, &chance, "correct horse", file, sizeof(file), &size), 0);
    for (size_t i = 0; i + 32 <= size; i++) {
        assert_memory_not_equal(file + i, identity->ed_secret, 32);
        assert_memory_not_equal(file + i, identity->x_secret, 32);
    }
    assert_int_equal(tacet_identity_open(file, size, NULL, &again), TACET_ERR_PASSPHRASE);
    assert_int_equal(tacet_identity_open(file, size, "correct horsf", &again),
                     TACET_ERR_PASSPHRASE);
    assert_null(again);
    assert_int_equal(tacet_identity_open(file, size, "correct horse", &again), 0);
    assert_same(identity, again);
    tacet_identity_free(&again);
    tacet_identity_free(&identity);
}

/* The format once more, from its description, with the payload given. */
static size_t seal_cheaply(const uint8_t *payload, size_t payload_size, uint32_t passes,
                           uint32_t memory_kib, uint8_t *file, size_t capacity)
{
    struct tacet_writer w = tacet_writer(file, capacity);
    uint8_t key[32], sealed[2048];
    uint8_t salt[16] = { 1 }, nonce[24] = { 2 };

    tacet_write_bytes(&w, "TI01", 4);
    tacet_write_u16(&w, 1);
    tacet_write_u16(&w, (uint16_t)payload_size);
    tacet_write_u32(&w, passes);
    tacet_write_u32(&w, memory_kib);
    tacet_write_bytes(&w, salt, sizeof(salt));
    tacet_write_bytes(&w, nonce, sizeof(nonce));
    assert_int_equal(crypto_pwhash(key, 32, "low", 3, salt, 1, 8192, crypto_pwhash_ALG_ARGON2ID13),
                     0);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, payload, payload_size, file,
                                                     HEADER, NULL, nonce, key);
    tacet_write_bytes(&w, sealed, payload_size + 16);
    assert_false(w.failed);
    return w.at;
}

static size_t good_payload(const struct tacet_identity *identity, uint8_t out[256])
{
    struct tacet_writer w = tacet_writer(out, 256);

    tacet_write_bytes(&w, identity->ed_secret, 32);
    tacet_write_bytes(&w, identity->x_secret, 32);
    tacet_write_u8(&w, (uint8_t)strlen(identity->name));
    tacet_write_bytes(&w, identity->name, strlen(identity->name));
    tacet_write_u8(&w, 0);
    return w.at;
}

static void every_flipped_bit_of_a_sealed_file_is_refused(void **state)
{
    struct tacet_identity *identity = make("bob");
    struct tacet_identity *again = NULL;
    uint8_t payload[256], file[1024];
    size_t size = seal_cheaply(payload, good_payload(identity, payload), 1, 8, file, sizeof(file));

    (void)state;
    assert_int_equal(tacet_identity_open(file, size, "low", &again), 0);
    assert_same(identity, again);
    tacet_identity_free(&again);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        /* Bits that would only make Argon2id slow have their own test. */
        if (bit / 8 >= 12 && bit / 8 <= 14) {
            continue;
        }
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
        int err = tacet_identity_open(file, size, "low", &again);
        assert_true(err == TACET_ERR_PASSPHRASE || (err == TACET_ERR_FORMAT && bit < 128));
        file[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t cut = 0; cut < size; cut++) {
        assert_int_equal(tacet_identity_open(file, cut, "low", &again), TACET_ERR_FORMAT);
    }
    assert_null(again);
    tacet_identity_free(&identity);
}

static void absurd_cost_is_refused_before_it_is_spent(void **state)
{
    static const struct {
        uint32_t passes;
        uint32_t memory_kib;
        int expected;
    } rows[] = {
        { 1, 8, TACET_ERR_PASSPHRASE },
        { TACET_ARGON2_PASSES_MAX, TACET_ARGON2_MEMORY_MAX_KIB, TACET_ERR_PASSPHRASE },
        { 0, 8, TACET_ERR_FORMAT },
        { TACET_ARGON2_PASSES_MAX + 1, 8, TACET_ERR_FORMAT },
        { UINT32_MAX, 8, TACET_ERR_FORMAT },
        { 1, 0, TACET_ERR_FORMAT },
        { 1, 7, TACET_ERR_FORMAT },
        { 1, TACET_ARGON2_MEMORY_MAX_KIB + 1, TACET_ERR_FORMAT },
        { 1, UINT32_MAX, TACET_ERR_FORMAT },
        { 1, 0x400000, TACET_ERR_FORMAT }, /* 2^32 bytes */
    };
    struct tacet_identity *identity = make("bob");
    struct tacet_identity *again = NULL;
    uint8_t payload[256], file[1024];
    size_t payload_size = good_payload(identity, payload);

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t size = seal_cheaply(payload, payload_size, rows[i].passes, rows[i].memory_kib, file,
                                   sizeof(file));
        /* Without a passphrase nothing is computed; the bounds are looked at all the same. */
        assert_int_equal(tacet_identity_open(file, size, NULL, &again), rows[i].expected);
    }
    tacet_identity_free(&identity);
}

static void payload_of_another_form_is_refused_although_sealed_well(void **state)
{
    struct tacet_identity *identity = make("bob");
    struct tacet_identity *again = NULL;
    uint8_t payload[256] = { 0 }, file[1024];
    size_t good = good_payload(identity, payload);

    (void)state;
    for (size_t payload_size = 0; payload_size < good + 8; payload_size++) {
        size_t size = seal_cheaply(payload, payload_size, 1, 8, file, sizeof(file));
        assert_int_equal(tacet_identity_open(file, size, "low", &again),
                         payload_size == good ? 0 : TACET_ERR_FORMAT);
        tacet_identity_free(&again);
    }
    static const struct {
        size_t at;
        uint8_t value;
    } rows[] = {
        { 64, 0 },   { 64, 2 },   { 64, 64 },  { 64, 255 }, /* length of the name */
        { 65, 'B' }, { 66, 0 },   { 67, ' ' },              /* the name */
        { 68, 1 },   { 68, 255 },                           /* CA certificates */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)good_payload(identity, payload);
        payload[rows[i].at] = rows[i].value;
        size_t size = seal_cheaply(payload, good, 1, 8, file, sizeof(file));
        assert_int_equal(tacet_identity_open(file, size, "low", &again), TACET_ERR_FORMAT);
    }
    assert_null(again);
    tacet_identity_free(&identity);
}

static void payload_larger_than_a_file_may_have_is_refused(void **state)
{
    const size_t payload_max = TACET_IDENTITY_FILE_MAX - HEADER - 32;
    struct tacet_identity *again = NULL;
    uint8_t payload[TACET_IDENTITY_FILE_MAX] = { 0 }, file[2048];

    (void)state;
    size_t size = seal_cheaply(payload, payload_max, 1, 8, file, sizeof(file));
    assert_int_equal(tacet_identity_open(file, size, NULL, &again), TACET_ERR_PASSPHRASE);
    size = seal_cheaply(payload, payload_max + 1, 1, 8, file, sizeof(file));
    assert_int_equal(tacet_identity_open(file, size, NULL, &again), TACET_ERR_FORMAT);
}

/* The hash in a file in clear protects nothing: whoever changes the file sets it right. */
static void other_form_in_clear_is_refused_although_its_hash_is_right(void **state)
{
    struct tacet_identity *identity = make("alice");
    struct tacet_identity *again = NULL;
    uint8_t file[TACET_IDENTITY_FILE_MAX + 1] = { 0 };
    size_t size = 0;

    (void)state;
    assert_int_equal(tacet_identity_seal(identity, NULL, NULL, file, sizeof(file), &size), 0);
    for (size_t i = 0; i < HEADER; i++) { /* magic, flags, sizes, costs, salt, nonce */
        file[i] ^= 0x40;
        (void)crypto_generichash(file + size - 32, 32, file, size - 32, NULL, 0);
        assert_int_equal(tacet_identity_open(file, size, NULL, &again), TACET_ERR_FORMAT);
        file[i] ^= 0x40;
    }
    for (size_t more = 1; more <= 16; more++) {
        memset(file + size - 32, 0, 32 + more);
        (void)crypto_generichash(file + size - 32 + more, 32, file, size - 32 + more, NULL, 0);
        assert_int_equal(tacet_identity_open(file, size + more, NULL, &again), TACET_ERR_FORMAT);
    }
    assert_null(again);
    (void)crypto_generichash(file + size - 32, 32, file, size - 32, NULL, 0);
    assert_int_equal(tacet_identity_open(file, size, NULL, &again), 0);
    tacet_identity_free(&again);
    tacet_identity_free(&identity);
}

static void sealing_says_what_is_wrong_and_writes_nothing(void **state)
{
    struct tacet_identity *identity = make("alice");
    uint8_t file[200] = { 0 };
    size_t size = 4711;

    (void)state;
    assert_int_equal(tacet_identity_seal(identity, &chance, NULL, file, 158, &size),
                     TACET_ERR_SPACE);
    assert_int_equal(tacet_identity_seal(identity, &chance, "", file, sizeof(file), &size),
                     TACET_ERR_ARGUMENT);
    assert_int_equal(tacet_identity_seal(identity, NULL, "x", file, sizeof(file), &size),
                     TACET_ERR_ARGUMENT);
    assert_int_equal(size, 4711);
    assert_true(sodium_is_zero(file, sizeof(file)));
    assert_int_equal(tacet_identity_seal(identity, NULL, NULL, file, 159, &size), 0);
    assert_int_equal(size, 159);
    tacet_identity_free(&identity);
}

static void failed_allocation_is_reported_and_leaves_nothing(void **state)
{
    struct tacet_identity *identity = make("alice");
    struct tacet_identity *again = NULL;
    uint8_t file[TACET_IDENTITY_FILE_MAX];
    size_t size = 0;

    (void)state;
    assert_int_equal(tacet_identity_seal(identity, &chance, NULL, file, sizeof(file), &size), 0);
    tacet_alloc_fail_after(0);
    int created = tacet_identity_create(&chance, NULL, &again);
    int opened = tacet_identity_open(file, size, NULL, &again);
    tacet_alloc_fail_after(-1);
    assert_int_equal(created, TACET_ERR_NOMEM);
    assert_int_equal(opened, TACET_ERR_NOMEM);
    assert_null(again);
    tacet_identity_free(&identity);
}

static void each_trust_has_its_name(void **state)
{
    (void)state;
    assert_string_equal(tacet_trust_string(TACET_TRUST_UNVERIFIED), "unverified");
    assert_string_equal(tacet_trust_string(TACET_TRUST_PINNED), "pinned");
    assert_string_equal(tacet_trust_string(TACET_TRUST_CERTIFIED), "certified");
    assert_string_equal(tacet_trust_string(TACET_TRUST_VERIFIED), "verified");
    assert_string_equal(tacet_trust_string((enum tacet_trust)99), "unverified");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_those_of_the_given_chance),
        cmocka_unit_test(names_are_lower_case_and_short),
        cmocka_unit_test(file_in_clear_comes_back_the_same),
        cmocka_unit_test(damaged_file_in_clear_is_a_format_error),
        cmocka_unit_test(sealed_file_opens_with_its_passphrase_only),
        cmocka_unit_test(every_flipped_bit_of_a_sealed_file_is_refused),
        cmocka_unit_test(absurd_cost_is_refused_before_it_is_spent),
        cmocka_unit_test(payload_of_another_form_is_refused_although_sealed_well),
        cmocka_unit_test(payload_larger_than_a_file_may_have_is_refused),
        cmocka_unit_test(other_form_in_clear_is_refused_although_its_hash_is_right),
        cmocka_unit_test(sealing_says_what_is_wrong_and_writes_nothing),
        cmocka_unit_test(failed_allocation_is_reported_and_leaves_nothing),
        cmocka_unit_test(each_trust_has_its_name),
    };

    tacet_rng_seed(&rng, 3, 0);
    chance = tacet_rng_random(&rng);
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
