/* What is remembered of revocation lists, and that an older one is refused by the next process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/authority.h"
#include "crypto/revocations.h"
#include "crypto/seen_lists.h"
#include "tacet/error.h"

#include <sodium.h>
#include <string.h>

struct ca {
    struct tacet_authority authority;
    uint8_t secret[64];
    uint8_t file[TACET_AUTHORITY_FILE_MAX];
    size_t file_size;
};

static struct ca make_ca(uint8_t first)
{
    const uint8_t seed[32] = { first };
    struct ca ca;
    uint8_t key[32];

    (void)crypto_sign_seed_keypair(key, ca.secret, seed);
    tacet_authority_fill(key, "", &ca.authority);
    ca.file_size = tacet_authority_write(&ca.authority, ca.secret, ca.file);
    return ca;
}

static int revoke(struct tacet_authorities *set, const struct ca *ca, uint64_t number,
                  uint64_t issued)
{
    struct tacet_revocations list = { .number = number,
                                      .issued = issued,
                                      .next_update = issued + 1 };
    uint8_t bytes[512];
    size_t size = 0;

    memcpy(list.ca_id, ca->authority.id, sizeof(list.ca_id));
    assert_int_equal(tacet_revocations_write(&list, ca->secret, bytes, sizeof(bytes), &size), 0);
    return tacet_authorities_revoke(set, bytes, size);
}

/* A process that trusts the CA and has read what the one before left; it writes what it leaves. */
static int process(const struct ca *ca, uint64_t number, uint64_t issued, uint8_t *bytes,
                   size_t *size)
{
    struct tacet_authorities *set = NULL;

    assert_int_equal(tacet_authorities_create(&set), 0);
    assert_int_equal(tacet_authorities_add(set, ca->file, ca->file_size), 0);
    if (*size > 0) {
        assert_int_equal(tacet_authorities_read_seen(set, bytes, *size), 0);
    }
    int result = revoke(set, ca, number, issued);
    assert_int_equal(tacet_authorities_write_seen(set, bytes, TACET_SEEN_LISTS_SIZE_MAX, size), 0);
    tacet_authorities_free(&set);
    return result;
}

static void an_older_list_is_refused_by_the_next_process(void **state)
{
    static const struct {
        uint8_t ca;
        uint64_t number, issued;
        int result;
    } rows[] = {
        { 1, 7, 100, 0 },
        { 1, 7, 100, 0 }, /* the same again */
        { 1, 6, 200, TACET_ERR_STATE },
        { 1, 7, 99, TACET_ERR_STATE },
        { 1, 7, 101, 0 },
        { 2, 3, 50, 0 }, /* of another CA, whose numbers are its own */
        { 1, 6, 200, TACET_ERR_STATE },
        { 1, 9, 20, 0 },
        { 1, 8, 300, TACET_ERR_STATE },
        { 2, 2, 60, TACET_ERR_STATE },
    };
    uint8_t bytes[TACET_SEEN_LISTS_SIZE_MAX];
    size_t size = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct ca ca = make_ca(rows[i].ca);
        int result = process(&ca, rows[i].number, rows[i].issued, bytes, &size);
        if (result != rows[i].result) {
            fail_msg("row %zu: %d", i, result);
        }
    }
}

static void what_was_seen_has_one_form(void **state)
{
    struct tacet_seen_lists seen = { .count = 0 }, again = { .count = 0 };
    uint8_t bytes[TACET_SEEN_LISTS_SIZE_MAX + 1], other[TACET_SEEN_LISTS_SIZE_MAX];

    (void)state;
    for (uint8_t i = 0; i < 5; i++) {
        const uint8_t key[32] = { (uint8_t)(99 - 7 * i) };
        assert_int_equal(tacet_seen_lists_note(&seen, key, i, UINT64_MAX - i), 0);
    }
    size_t size = tacet_seen_lists_write(&seen, bytes);
    assert_int_equal(size, 4 + 4 + 5 * 48 + 32);
    assert_int_equal(tacet_seen_lists_read(&again, bytes, size), 0);
    assert_int_equal(tacet_seen_lists_write(&again, other), size);
    assert_memory_equal(bytes, other, size);
    for (size_t cut = 0; cut <= size + 1; cut++) {
        if (cut != size) {
            assert_int_equal(tacet_seen_lists_read(&again, bytes, cut), TACET_ERR_FORMAT);
        }
    }
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(tacet_seen_lists_read(&again, bytes, size), TACET_ERR_FORMAT);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    /* Its checksum right, but a CA twice. */
    memcpy(bytes + 8 + 48, bytes + 8, 32);
    (void)crypto_generichash(bytes + size - 32, 32, bytes, size - 32, NULL, 0);
    assert_int_equal(tacet_seen_lists_read(&again, bytes, size), TACET_ERR_FORMAT);
    assert_int_equal(again.count, 5);
}

static void no_more_authorities_than_there_is_room_for(void **state)
{
    static struct tacet_seen_lists seen, before;
    static uint8_t bytes[TACET_SEEN_LISTS_SIZE_MAX];
    const uint8_t one_more[32] = { 0xff, 0xff }, two_more[32] = { 0xff, 0xfe };

    (void)state;
    for (unsigned i = 0; i < TACET_SEEN_LISTS_MAX; i++) {
        const uint8_t key[32] = { (uint8_t)i, (uint8_t)(i >> 8), 1 };
        assert_int_equal(tacet_seen_lists_note(&seen, key, i, i), 0);
    }
    assert_int_equal(tacet_seen_lists_note(&seen, one_more, 1, 1), TACET_ERR_FULL);
    assert_int_equal(tacet_seen_lists_write(&seen, bytes), sizeof(bytes));
    before.count = 0;
    assert_int_equal(tacet_seen_lists_note(&before, two_more, 1, 1), 0);
    assert_int_equal(tacet_seen_lists_read(&before, bytes, sizeof(bytes)), TACET_ERR_FULL);
    assert_int_equal(before.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_older_list_is_refused_by_the_next_process),
        cmocka_unit_test(what_was_seen_has_one_form),
        cmocka_unit_test(no_more_authorities_than_there_is_room_for),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
