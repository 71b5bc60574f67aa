/* Addresses as text, and what makes two paths one. */
#include "tacet/address.h"

#include "tacet/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void text_that_is_an_address_is_taken(void **state)
{
    static const struct {
        const char *text;
        uint8_t family;
        uint16_t port;
        uint8_t ip[16];
    } rows[] = {
        { "192.0.2.1:5000", 4, 5000, { 192, 0, 2, 1 } },
        { "0.0.0.0:0", 4, 0, { 0 } },
        { "255.255.255.255:65535", 4, 65535, { 255, 255, 255, 255 } },
        { "[::1]:5000", 6, 5000, { [15] = 1 } },
        { "[2001:db8::1]:1", 6, 1, { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } },
        { "[::ffff:192.0.2.1]:9", 6, 9, { [10] = 0xff, 0xff, 192, 0, 2, 1 } },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_address address;
        assert_int_equal(tacet_address_parse(rows[i].text, &address), 0);
        assert_int_equal(address.family, rows[i].family);
        assert_int_equal(address.port, rows[i].port);
        assert_int_equal(address.scope_id, 0);
        assert_memory_equal(address.ip, rows[i].ip, 16);
    }
}

static void text_that_is_no_address_is_refused_and_leaves_the_output(void **state)
{
    static const char *const rows[] = {
        "",
        ":",
        "192.0.2.1",
        "192.0.2.1:",
        "192.0.2.1:65536",
        "192.0.2.1:99999",
        "192.0.2.1:100000",
        "192.0.2.1:05",
        "192.0.2.1:00",
        "192.0.2.1:-1",
        "192.0.2.1:+1",
        "192.0.2.1: 1",
        "192.0.2.1:1 ",
        "192.0.2.1:0x1",
        "192.0.2:1",
        "192.0.2.256:1",
        "example.org:1",
        "::1:5000",
        "[::1]",
        "[::1]5000",
        "[::1:5000",
        "[192.0.2.1]:1",
        "[]:1",
        "[::1%lo]:1",
        "[1111:2222:3333:4444:5555:6666:7777:8888:1111:2222:3333:4444:5555:6666:7777]:1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_address address = { .family = 77, .port = 7 };
        assert_int_equal(tacet_address_parse(rows[i], &address), TACET_ERR_FORMAT);
        assert_int_equal(address.family, 77);
        assert_int_equal(address.port, 7);
    }
}

static void text_form_comes_back_as_it_was(void **state)
{
    static const char *const rows[] = {
        "192.0.2.1:5000",
        "0.0.0.0:0",
        "[2001:db8::1]:65535",
        "[::]:0",
        "[1111:2222:3333:4444:5555:6666:7777:8888]:65535",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_address address;
        char out[TACET_ADDRESS_STRING_MAX];
        assert_int_equal(tacet_address_parse(rows[i], &address), 0);
        assert_string_equal(tacet_address_format(&address, out), rows[i]);
    }
    struct tacet_address none = { 0 };
    char out[TACET_ADDRESS_STRING_MAX];
    assert_string_equal(tacet_address_format(&none, out), "(none)");
}

static void paths_are_equal_only_in_every_part(void **state)
{
    struct tacet_path path = { .transport = 1, .member = 2 };
    struct tacet_path other;

    (void)state;
    assert_int_equal(tacet_address_parse("192.0.2.1:5000", &path.address), 0);
    other = path;
    assert_true(tacet_path_equal(&path, &other));
    other.address.port++;
    assert_false(tacet_path_equal(&path, &other));
    other = path;
    other.address.ip[3]++;
    assert_false(tacet_path_equal(&path, &other));
    other = path;
    other.address.family = 6;
    assert_false(tacet_path_equal(&path, &other));
    other = path;
    other.address.scope_id = 1;
    assert_false(tacet_path_equal(&path, &other));
    other = path;
    other.transport++;
    assert_false(tacet_path_equal(&path, &other));
    other = path;
    other.member++;
    assert_false(tacet_path_equal(&path, &other));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_that_is_an_address_is_taken),
        cmocka_unit_test(text_that_is_no_address_is_refused_and_leaves_the_output),
        cmocka_unit_test(text_form_comes_back_as_it_was),
        cmocka_unit_test(paths_are_equal_only_in_every_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
