/* The trust table: what pins, what never does, and that its one text is all that is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "tacet/error.h"
#include "tacet/trust.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_A "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" /* RFC 8032 section 7.1 test 1 */
#define LABEL63 "a23456789012345678901234567890123456789012345678901234567890123"
#define HOST63 "b23456789012345678901234567890123456789012345678901234567890123"
#define HOST255 HOST63 "." HOST63 "." HOST63 "." HOST63

static const uint8_t key_a[32] = { 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
                                   0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
                                   0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a };
static const uint8_t key_b[32] = { 2 };
static const uint8_t no_key[32];

static struct tacet_trust_table *new_table(void)
{
    struct tacet_trust_table *table = NULL;

    assert_int_equal(tacet_trust_create(&table), 0);
    return table;
}

/* With the checksum line set right. */
static size_t seal(const char *body, uint8_t out[4096])
{
    uint8_t digest[32];
    char hex[65];

    (void)crypto_generichash(digest, sizeof(digest), (const uint8_t *)body, strlen(body), NULL, 0);
    (void)sodium_bin2hex(hex, sizeof(hex), digest, sizeof(digest));
    int size = snprintf((char *)out, 4096, "%schecksum %s\n", body, hex);
    assert_in_range(size, 1, 4095);
    return (size_t)size;
}

static void a_pin_is_found_by_label_and_key(void **state)
{
    struct tacet_trust_table *table = new_table();

    (void)state;
    assert_null(tacet_trust_find(table, "bob"));
    assert_null(tacet_trust_find_key(table, key_a));
    assert_null(tacet_trust_at(table, 0));
    assert_int_equal(tacet_trust_pin(table, "bob", key_a, "192.0.2.1:5000", 17, false), 0);
    assert_int_equal(tacet_trust_pin(table, "ann", key_b, NULL, 18, false), 0);
    const struct tacet_trust_entry *bob = tacet_trust_find(table, "bob");
    assert_non_null(bob);
    assert_memory_equal(bob->key, key_a, 32);
    assert_string_equal(bob->endpoint, "192.0.2.1:5000");
    assert_int_equal(bob->pinned_at, 17);
    assert_false(bob->verified);
    assert_ptr_equal(tacet_trust_find_key(table, key_a), bob);
    assert_string_equal(tacet_trust_at(table, 0)->label, "ann");
    assert_ptr_equal(tacet_trust_at(table, 1), bob);
    assert_null(tacet_trust_at(table, 2));
    tacet_trust_free(&table);
    assert_null(table);
    tacet_trust_free(&table);
}

static void another_key_is_refused_until_it_replaces_and_is_then_not_verified(void **state)
{
    struct tacet_trust_table *table = new_table();

    (void)state;
    assert_int_equal(tacet_trust_pin(table, "bob", key_a, "a:1", 1, false), 0);
    assert_int_equal(tacet_trust_verify(table, "bob", true), 0);
    assert_int_equal(tacet_trust_pin(table, "bob", key_b, "b:2", 2, false), TACET_ERR_TRUST);
    assert_memory_equal(tacet_trust_find(table, "bob")->key, key_a, 32);
    assert_string_equal(tacet_trust_find(table, "bob")->endpoint, "a:1");
    assert_true(tacet_trust_find(table, "bob")->verified);
    assert_int_equal(tacet_trust_pin(table, "bob", key_b, "b:2", 2, true), 0);
    const struct tacet_trust_entry *bob = tacet_trust_find(table, "bob");
    assert_memory_equal(bob->key, key_b, 32);
    assert_false(bob->verified);
    assert_int_equal(bob->pinned_at, 2);
    assert_string_equal(bob->endpoint, "b:2");
    assert_null(tacet_trust_find_key(table, key_a));
    tacet_trust_free(&table);
}

static void the_same_key_again_keeps_the_mark_and_takes_the_new_address(void **state)
{
    struct tacet_trust_table *table = new_table();

    (void)state;
    assert_int_equal(tacet_trust_pin(table, "bob", key_a, "a:1", 1, false), 0);
    assert_int_equal(tacet_trust_verify(table, "bob", true), 0);
    assert_int_equal(tacet_trust_pin(table, "bob", key_a, "b:2", 2, true), 0);
    assert_int_equal(tacet_trust_pin(table, "bob", key_a, NULL, 3, false), 0);
    const struct tacet_trust_entry *bob = tacet_trust_find(table, "bob");
    assert_true(bob->verified);
    assert_int_equal(bob->pinned_at, 1);
    assert_string_equal(bob->endpoint, "b:2");
    tacet_trust_free(&table);
}

static void a_key_with_two_labels_is_found_under_the_verified_one(void **state)
{
    struct tacet_trust_table *table = new_table();

    (void)state;
    assert_int_equal(tacet_trust_pin(table, "ann", key_a, NULL, 1, false), 0);
    assert_int_equal(tacet_trust_pin(table, "bob", key_a, NULL, 1, false), 0);
    assert_string_equal(tacet_trust_find_key(table, key_a)->label, "ann");
    assert_int_equal(tacet_trust_verify(table, "bob", true), 0);
    assert_string_equal(tacet_trust_find_key(table, key_a)->label, "bob");
    assert_int_equal(tacet_trust_verify(table, "bob", false), 0);
    assert_string_equal(tacet_trust_find_key(table, key_a)->label, "ann");
    tacet_trust_free(&table);
}

static void what_cannot_stand_in_a_table_is_refused(void **state)
{
    static const struct {
        const char *label;
        const uint8_t *key;
        const char *endpoint;
        int64_t at;
    } rows[] = {
        { "", key_a, NULL, 0 },     { "Bob", key_a, NULL, 0 },
        { "b ob", key_a, NULL, 0 }, { LABEL63 "4", key_a, NULL, 0 },
        { "bob", no_key, NULL, 0 }, { "bob", key_a, "192.0.2.1", 0 },
        { "bob", key_a, "-", 0 },   { "bob", key_a, HOST255 "c:5000", 0 },
        { "bob", key_a, NULL, -1 }, { "bob", key_a, NULL, INT64_C(1000000000000) },
    };
    struct tacet_trust_table *table = new_table();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(
            tacet_trust_pin(table, rows[i].label, rows[i].key, rows[i].endpoint, rows[i].at, true),
            TACET_ERR_ARGUMENT);
        assert_null(tacet_trust_at(table, 0));
    }
    assert_int_equal(tacet_trust_verify(table, "bob", true), TACET_ERR_NOTFOUND);
    assert_int_equal(tacet_trust_forget(table, "bob"), TACET_ERR_NOTFOUND);
    tacet_trust_free(&table);
}

static void a_table_is_written_as_this_text(void **state)
{
    static const char body[] = "tacet trust 1\n"
                               "ann AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA pinned 0 -\n"
                               "bob " KEY_A " verified 1700000000 [2001:db8::1]:5000\n";
    struct tacet_trust_table *table = new_table();
    uint8_t expected[4096], out[4096];
    size_t expected_size = seal(body, expected);
    size_t size = 0;

    (void)state;
    assert_int_equal(tacet_trust_pin(table, "bob", key_a, "[2001:db8::1]:5000", 1700000000, false),
                     0);
    assert_int_equal(tacet_trust_verify(table, "bob", true), 0);
    assert_int_equal(tacet_trust_pin(table, "ann", key_b, "", 0, false), 0);
    assert_int_equal(tacet_trust_write(table, out, expected_size - 1, &size), TACET_ERR_SPACE);
    assert_int_equal(size, expected_size);
    size = 0;
    assert_int_equal(tacet_trust_write(table, out, sizeof(out), &size), 0);
    assert_int_equal(size, expected_size);
    assert_memory_equal(out, expected, size);
    tacet_trust_free(&table);
}

static void reads_back(const struct tacet_trust_table *table)
{
    uint8_t *text = malloc(TACET_TRUST_FILE_MAX);
    uint8_t *again = malloc(TACET_TRUST_FILE_MAX);
    struct tacet_trust_table *read = NULL;
    size_t size = 0;
    size_t again_size = 0;

    assert_non_null(text);
    assert_non_null(again);
    assert_int_equal(tacet_trust_write(table, text, TACET_TRUST_FILE_MAX, &size), 0);
    assert_int_equal(tacet_trust_read(text, size, &read), 0);
    assert_int_equal(tacet_trust_write(read, again, TACET_TRUST_FILE_MAX, &again_size), 0);
    assert_int_equal(size, again_size);
    assert_memory_equal(text, again, size);
    tacet_trust_free(&read);
    free(text);
    free(again);
}

static void a_full_table_of_longest_entries_reads_back_and_takes_no_more(void **state)
{
    struct tacet_trust_table *table = new_table();
    char label[TACET_LABEL_MAX + 1];

    (void)state;
    reads_back(table);
    for (int i = 0; i < TACET_TRUST_ENTRIES_MAX; i++) {
        /* In an order that is not the table's. */
        (void)snprintf(label, sizeof(label), "%04d%.59s", i * 1021 % TACET_TRUST_ENTRIES_MAX,
                       LABEL63);
        assert_int_equal(
            tacet_trust_pin(table, label, key_a, HOST255 ":50000", INT64_C(999999999999), false),
            0);
        assert_int_equal(tacet_trust_verify(table, label, true), 0);
    }
    reads_back(table);
    assert_int_equal(tacet_trust_pin(table, "zoe", key_a, NULL, 0, false), TACET_ERR_FULL);
    assert_int_equal(tacet_trust_forget(table, label), 0);
    assert_null(tacet_trust_find(table, label));
    assert_int_equal(tacet_trust_pin(table, "zoe", key_a, NULL, 0, false), 0);
    assert_string_equal(tacet_trust_at(table, TACET_TRUST_ENTRIES_MAX - 1)->label, "zoe");
    for (size_t i = 1; i < TACET_TRUST_ENTRIES_MAX; i++) {
        assert_true(strcmp(tacet_trust_at(table, i - 1)->label, tacet_trust_at(table, i)->label) <
                    0);
    }
    tacet_trust_free(&table);
}

static void any_changed_byte_and_any_cut_is_refused(void **state)
{
    static const char body[] = "tacet trust 1\nbob " KEY_A " pinned 7 a:1\n";
    uint8_t text[4096];
    size_t size = seal(body, text);
    struct tacet_trust_table *table = NULL;

    (void)state;
    for (size_t i = 0; i < size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            text[i] ^= (uint8_t)(1 << bit);
            assert_int_equal(tacet_trust_read(text, size, &table), TACET_ERR_FORMAT);
            text[i] ^= (uint8_t)(1 << bit);
        }
        assert_int_equal(tacet_trust_read(text, i, &table), TACET_ERR_FORMAT);
    }
    text[size] = '\n';
    assert_int_equal(tacet_trust_read(text, size + 1, &table), TACET_ERR_FORMAT);
    assert_null(table);
    assert_int_equal(tacet_trust_read(text, size, &table), 0);
    tacet_trust_free(&table);
}

/* Each with a right checksum. */
static void every_other_text_is_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "tacet trust 2\n",
        "tacet trust 1\n\n",
        "tacet trust 1\nbob\n",
        "tacet trust 1\nbob " KEY_A " pinned 7\n",
        "tacet trust 1\nbob " KEY_A " pinned 7 a:1",
        "tacet trust 1\nbob " KEY_A " pinned 7 a:1 \n",
        "tacet trust 1\nbob " KEY_A " pinned 7 a:1 x\n",
        "tacet trust 1\nbob " KEY_A " pinned 7 a:1\r\n",
        "tacet trust 1\n bob " KEY_A " pinned 7 a:1\n",
        "tacet trust 1\nbob  " KEY_A " pinned 7 a:1\n",
        "tacet trust 1\nbob\t" KEY_A " pinned 7 a:1\n",
        "tacet trust 1\nBob " KEY_A " pinned 7 a:1\n",
        "tacet trust 1\n" LABEL63 "4 " KEY_A " pinned 7 a:1\n",
        "tacet trust 1\nbob " KEY_A "o pinned 7 a:1\n",
        "tacet trust 1\nbob 1 pinned 7 a:1\n",
        "tacet trust 1\nbob AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA pinned 7 a:1\n",
        "tacet trust 1\nbob " KEY_A " trusted 7 a:1\n",
        "tacet trust 1\nbob " KEY_A " Pinned 7 a:1\n",
        "tacet trust 1\nbob " KEY_A " pinned 07 a:1\n",
        "tacet trust 1\nbob " KEY_A " pinned -7 a:1\n",
        "tacet trust 1\nbob " KEY_A " pinned 7s a:1\n",
        "tacet trust 1\nbob " KEY_A " pinned 1000000000000 a:1\n",
        "tacet trust 1\nbob " KEY_A " pinned 99999999999999999999 a:1\n",
        "tacet trust 1\nbob " KEY_A " pinned 7 a\n",
        "tacet trust 1\nbob " KEY_A " pinned 7 a:0\n",
        "tacet trust 1\nbob " KEY_A " pinned 7 --\n",
        "tacet trust 1\nbob " KEY_A " pinned 7 -\nann " KEY_A " pinned 7 -\n",
        "tacet trust 1\nbob " KEY_A " pinned 7 -\nbob " KEY_A " pinned 7 -\n",
    };
    struct tacet_trust_table *table = NULL;
    uint8_t text[4096];

    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        size_t size = seal(bodies[i], text);
        assert_int_equal(tacet_trust_read(text, size, &table), TACET_ERR_FORMAT);
        assert_null(table);
    }
    assert_int_equal(tacet_trust_read(text, TACET_TRUST_FILE_MAX + 1, &table), TACET_ERR_FORMAT);
}

static void without_memory_nothing_is_read_and_nothing_leaks(void **state)
{
    uint8_t text[4096];
    size_t size = seal("tacet trust 1\n", text);
    struct tacet_trust_table *table = NULL;
    long live = tacet_alloc_live();

    (void)state;
    tacet_alloc_fail_after(0);
    assert_int_equal(tacet_trust_create(&table), TACET_ERR_NOMEM);
    assert_int_equal(tacet_trust_read(text, size, &table), TACET_ERR_NOMEM);
    tacet_alloc_fail_after(-1);
    assert_null(table);
    size = seal("tacet trust 1\nx\n", text);
    assert_int_equal(tacet_trust_read(text, size, &table), TACET_ERR_FORMAT);
    assert_int_equal(tacet_alloc_live(), live);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_is_found_by_label_and_key),
        cmocka_unit_test(another_key_is_refused_until_it_replaces_and_is_then_not_verified),
        cmocka_unit_test(the_same_key_again_keeps_the_mark_and_takes_the_new_address),
        cmocka_unit_test(a_key_with_two_labels_is_found_under_the_verified_one),
        cmocka_unit_test(what_cannot_stand_in_a_table_is_refused),
        cmocka_unit_test(a_table_is_written_as_this_text),
        cmocka_unit_test(a_full_table_of_longest_entries_reads_back_and_takes_no_more),
        cmocka_unit_test(any_changed_byte_and_any_cut_is_refused),
        cmocka_unit_test(every_other_text_is_refused),
        cmocka_unit_test(without_memory_nothing_is_read_and_nothing_leaks),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
