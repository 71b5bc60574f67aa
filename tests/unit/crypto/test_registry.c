/* The registry's bytes: its chain, its torn tail, and every other damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/ca.h"
#include "crypto/identity.h"
#include "crypto/registry.h"
#include "sim/rng.h"
#include "tacet/error.h"

#include <sodium.h>
#include <string.h>

#define NOW UINT64_C(1700000000)

static struct tacet_random chance;
static struct tacet_ca *ca;
static struct tacet_authority authority;
static uint8_t bytes[8 * TACET_REGISTRY_RECORD_MAX];
static size_t size;
static size_t ends[8]; /* of the records */

/* FOUNDED, ISSUED to anna, REFUSED to berta, REVOKED, each at its own time. */
static int found(void **state)
{
    struct tacet_identity *anna = NULL, *berta = NULL;
    struct tacet_identity *who[2];
    struct tacet_ca_decision decision;
    struct tacet_registry registry;
    uint8_t request[TACET_CA_REQUEST_MAX];
    size_t request_size = 0;

    (void)state;
    assert_int_equal(tacet_ca_create(&chance, "org", &ca), 0);
    tacet_ca_public(ca, &authority);
    assert_int_equal(tacet_identity_create(&chance, "anna.org", &anna), 0);
    assert_int_equal(tacet_identity_create(&chance, "anna.org", &berta), 0);
    who[0] = anna;
    who[1] = berta;
    size = tacet_registry_found(ca, NOW, bytes);
    ends[0] = size;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(tacet_registry_read(bytes, size, authority.key, &registry, NULL), 0);
        if (i < 2) {
            assert_int_equal(tacet_ca_request(who[i], &chance, &authority, NULL, NOW, 86400,
                                              i == 1 ? berta : NULL, request, &request_size),
                             0);
            assert_int_equal(
                tacet_ca_decide(ca, &registry, request, request_size, NOW + i, false, &decision),
                0);
        } else {
            assert_int_equal(tacet_ca_revoke(ca, &registry, "anna.org", 0, NOW + 5, &decision), 0);
        }
        memcpy(bytes + size, decision.bytes, decision.size);
        size += decision.size;
        ends[i + 1] = size;
    }
    tacet_identity_free(&anna);
    tacet_identity_free(&berta);
    return 0;
}

static int close_down(void **state)
{
    (void)state;
    tacet_ca_free(&ca);
    return 0;
}

static int read_it(size_t count, struct tacet_registry *ret, uint64_t *ret_count)
{
    return tacet_registry_read(bytes, count, authority.key, ret, ret_count);
}

static void record_has_its_layout(void **state)
{
    uint8_t message[17 + TACET_REGISTRY_RECORD_MAX] = "tacet/1 registry";
    uint8_t hash[32];

    (void)state;
    assert_int_equal(ends[0], 4 + 8 + 32 + 8 + 3 + 3 + 32 + 8 + 2 + 64);
    assert_int_equal(bytes[0] << 8 | bytes[1], ends[0]);
    assert_int_equal(bytes[2] ^ bytes[0], 0xff);
    assert_int_equal(bytes[3] ^ bytes[1], 0xff);
    assert_true(sodium_is_zero(bytes + 4, 40));
    assert_int_equal(bytes[52], TACET_REGISTRY_FOUNDED);
    assert_int_equal(bytes[54], 3);
    assert_memory_equal(bytes + 55, "org", 3);
    assert_memory_equal(bytes + 58, authority.key, 32);
    memcpy(message + 17, bytes, ends[0] - 64);
    assert_int_equal(crypto_sign_verify_detached(bytes + ends[0] - 64, message, 17 + ends[0] - 64,
                                                 authority.key),
                     0);
    (void)crypto_generichash(hash, 32, bytes, ends[0], NULL, 0);
    assert_memory_equal(bytes + ends[0] + 12, hash, 32);
}

static void records_are_read_back_in_order(void **state)
{
    static const struct {
        enum tacet_registry_operation operation;
        enum tacet_registry_ground ground;
        uint64_t time;
        const char *name;
        bool request;
    } rows[] = {
        { TACET_REGISTRY_FOUNDED, TACET_GROUND_NONE, NOW, "org", false },
        { TACET_REGISTRY_ISSUED, TACET_GROUND_NONE, NOW, "anna.org", true },
        { TACET_REGISTRY_REFUSED, TACET_GROUND_BOUND, NOW + 1, "anna.org", true },
        { TACET_REGISTRY_REVOKED, TACET_GROUND_NONE, NOW + 5, "anna.org", false },
    };
    struct tacet_registry_record record;
    struct tacet_registry registry;
    uint64_t count = 0;
    size_t at = 0;

    (void)state;
    assert_int_equal(read_it(size, &registry, &count), 0);
    assert_int_equal(count, 4);
    assert_int_equal(registry.count, 4);
    assert_int_equal(registry.size, size);
    assert_int_equal(registry.torn, 0);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(tacet_registry_next(&registry, &at, &record), 1);
        assert_int_equal(record.index, i);
        assert_int_equal(record.operation, rows[i].operation);
        assert_int_equal(record.ground, rows[i].ground);
        assert_int_equal(record.time, rows[i].time);
        assert_string_equal(record.name, rows[i].name);
        assert_int_equal(record.request_size > 0, rows[i].request);
        assert_int_equal(at, ends[i]);
    }
    assert_int_equal(tacet_registry_next(&registry, &at, &record), 0);
    assert_int_equal(tacet_registry_audit(&registry, authority.key, &count), 0);
    assert_int_equal(count, 4);
}

static void registry_cut_anywhere_loses_the_unfinished_record_only(void **state)
{
    struct tacet_registry registry;

    (void)state;
    for (size_t cut = 0; cut < ends[0]; cut++) {
        assert_int_equal(read_it(cut, &registry, NULL), TACET_ERR_FORMAT); /* never founded */
    }
    for (size_t i = 0; i < 3; i++) {
        for (size_t cut = ends[i]; cut < ends[i + 1]; cut++) {
            assert_int_equal(read_it(cut, &registry, NULL), 0);
            assert_int_equal(registry.size, ends[i]);
            assert_int_equal(registry.torn, cut - ends[i]);
            assert_int_equal(registry.count, i + 1);
        }
    }
}

/* Some file systems make room first and write then. */
static void zeros_in_place_of_the_end_of_the_last_record_are_torn(void **state)
{
    uint8_t copy[sizeof(bytes)];
    struct tacet_registry registry;
    size_t last = size - ends[2];

    (void)state;
    for (size_t written = 0; written <= last; written++) {
        memcpy(copy, bytes, size);
        memset(copy + ends[2] + written, 0, last - written);
        int err = tacet_registry_read(copy, size, authority.key, &registry, NULL);
        if (written == last) {
            assert_int_equal(err, 0);
            assert_int_equal(registry.torn, 0);
        } else if (written <= last - 64 &&
                   (written >= 4 || sodium_is_zero(bytes + ends[2], written))) {
            assert_int_equal(err, 0);
            assert_int_equal(registry.torn, last);
            assert_int_equal(registry.size, ends[2]);
        } else {
            assert_true(err != 0 || registry.torn == 0); /* the last byte may be zero itself */
        }
    }
}

static void any_flipped_bit_is_found_and_never_taken_for_a_torn_tail(void **state)
{
    struct tacet_registry registry;

    (void)state;
    for (size_t bit = 0; bit < 8 * size; bit++) {
        uint64_t count = 99;
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        int err = read_it(size, &registry, &count);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        if (err != TACET_ERR_FORMAT && err != TACET_ERR_TRUST) {
            fail_msg("bit %zu of byte %zu: %d", bit % 8, bit / 8, err);
        }
        assert_true(count <= 4);
    }
}

static void record_left_out_doubled_or_moved_breaks_the_chain(void **state)
{
    uint8_t copy[sizeof(bytes)];
    struct tacet_registry registry;
    uint64_t count = 0;

    (void)state;
    memcpy(copy, bytes, ends[0]);
    memcpy(copy + ends[0], bytes + ends[1], size - ends[1]);
    assert_int_equal(
        tacet_registry_read(copy, size - ends[1] + ends[0], authority.key, &registry, &count),
        TACET_ERR_FORMAT);
    assert_int_equal(count, 1);
    memcpy(copy, bytes, ends[2]);
    memcpy(copy + ends[2], bytes + ends[1], size - ends[1]);
    assert_int_equal(
        tacet_registry_read(copy, ends[2] + size - ends[1], authority.key, &registry, &count),
        TACET_ERR_FORMAT);
    assert_int_equal(count, 3);
}

static void registry_of_another_authority_is_refused(void **state)
{
    struct tacet_registry registry;
    uint8_t key[32];

    (void)state;
    memcpy(key, authority.key, 32);
    key[0] ^= 1;
    assert_int_equal(tacet_registry_read(bytes, size, key, &registry, NULL), TACET_ERR_TRUST);
}

/* Whoever has the key's file and rewrites the past: each record alone is well signed. */
static void audit_finds_a_decision_that_was_not_right(void **state)
{
    struct tacet_registry registry;
    struct tacet_registry_record record;
    uint8_t copy[sizeof(bytes)];
    uint64_t count = 0;
    size_t at = ends[1];

    (void)state;
    assert_int_equal(read_it(size, &registry, NULL), 0);
    assert_int_equal(tacet_registry_next(&registry, &at, &record), 1);
    record.operation = TACET_REGISTRY_ISSUED; /* what was refused */
    record.ground = TACET_GROUND_NONE;
    assert_int_equal(read_it(ends[1], &registry, NULL), 0);
    memcpy(copy, bytes, ends[1]);
    size_t more = tacet_registry_write(&registry, &record, ca->secret, copy + ends[1]);
    assert_int_equal(tacet_registry_read(copy, ends[1] + more, authority.key, &registry, &count),
                     0);
    assert_int_equal(count, 3);
    assert_int_equal(tacet_registry_audit(&registry, authority.key, &count), TACET_ERR_TRUST);
    assert_int_equal(count, 2);
}

/* The last signature stands for the chain; an audit asks for each. */
static void audit_finds_a_bad_signature_in_the_middle(void **state)
{
    struct tacet_registry registry, before;
    struct tacet_registry_record record;
    uint8_t copy[sizeof(bytes)];
    uint64_t count = 0;
    size_t at = ends[0], end = ends[0];

    (void)state;
    assert_int_equal(read_it(size, &registry, NULL), 0);
    memcpy(copy, bytes, ends[0]);
    for (uint64_t i = 1; i < 4; i++) {
        assert_int_equal(tacet_registry_next(&registry, &at, &record), 1);
        assert_int_equal(tacet_registry_read(copy, end, authority.key, &before, NULL),
                         i == 2 ? TACET_ERR_TRUST : 0);
        if (i == 2) {
            (void)crypto_generichash(before.head, 32, copy + ends[0], end - ends[0], NULL, 0);
            before.count = 2;
        }
        end += tacet_registry_write(&before, &record, ca->secret, copy + end);
        copy[end - 1] ^= i == 1;
    }
    assert_int_equal(tacet_registry_read(copy, end, authority.key, &registry, NULL), 0);
    assert_int_equal(tacet_registry_audit(&registry, authority.key, &count), TACET_ERR_TRUST);
    assert_int_equal(count, 1);
}

static void binding_follows_the_records(void **state)
{
    struct tacet_registry registry;
    uint8_t key[32];
    uint64_t revoked_at = 7;

    (void)state;
    assert_int_equal(read_it(ends[0], &registry, NULL), 0);
    assert_int_equal(tacet_registry_lookup(&registry, "anna.org", key, &revoked_at),
                     TACET_ERR_NOTFOUND);
    assert_int_equal(read_it(ends[2], &registry, NULL), 0);
    assert_int_equal(tacet_registry_lookup(&registry, "anna.org", key, &revoked_at), 0);
    assert_int_equal(revoked_at, 0);
    assert_int_equal(read_it(ends[3], &registry, NULL), 0);
    assert_int_equal(tacet_registry_lookup(&registry, "anna.org", key, &revoked_at), 0);
    assert_int_equal(revoked_at, NOW + 5);
    assert_int_equal(tacet_registry_lookup(&registry, "org", key, &revoked_at), TACET_ERR_NOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_has_its_layout),
        cmocka_unit_test(records_are_read_back_in_order),
        cmocka_unit_test(registry_cut_anywhere_loses_the_unfinished_record_only),
        cmocka_unit_test(zeros_in_place_of_the_end_of_the_last_record_are_torn),
        cmocka_unit_test(any_flipped_bit_is_found_and_never_taken_for_a_torn_tail),
        cmocka_unit_test(record_left_out_doubled_or_moved_breaks_the_chain),
        cmocka_unit_test(registry_of_another_authority_is_refused),
        cmocka_unit_test(audit_finds_a_decision_that_was_not_right),
        cmocka_unit_test(audit_finds_a_bad_signature_in_the_middle),
        cmocka_unit_test(binding_follows_the_records),
    };
    struct tacet_rng rng;

    tacet_rng_seed(&rng, 13, 0);
    chance = tacet_rng_random(&rng);
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, found, close_down);
}
