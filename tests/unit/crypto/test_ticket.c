/* Tickets and endpoints: what is accepted comes back as it was, all else is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hex.h"
#include "tacet/error.h"
#include "tacet/ticket.h"

#include <stdio.h>

/* RFC 8032 section 7.1 test 1 in base64url. */
#define KEY "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
static const char key_hex[] = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

#define HOST63 "a23456789012345678901234567890123456789012345678901234567890123"
#define HOST255 HOST63 "." HOST63 "." HOST63 "." HOST63

static void accepted_tickets_come_back_as_they_were(void **state)
{
    static const struct {
        const char *text;
        size_t count;
        const char *host; /* of the last address */
        uint16_t port;
    } rows[] = {
        { "tacet:" KEY "@192.0.2.1:5000", 1, "192.0.2.1", 5000 },
        { "tacet:" KEY "@[2001:db8::1]:65535", 1, "2001:db8::1", 65535 },
        { "tacet:" KEY "@[::]:1", 1, "::", 1 },
        { "tacet:" KEY "@[::ffff:192.0.2.1]:9", 1, "::ffff:192.0.2.1", 9 },
        { "tacet:" KEY "@localhost:5000", 1, "localhost", 5000 },
        { "tacet:" KEY "@a-b.Example_1.org:5000", 1, "a-b.Example_1.org", 5000 },
        { "tacet:" KEY "@1.2.3.4.example:80", 1, "1.2.3.4.example", 80 },
        { "tacet:" KEY "@" HOST255 ":80", 1, HOST255, 80 },
        { "tacet:" KEY "@10.0.0.1:1,[::1]:2,c.d:3", 3, "c.d", 3 },
        { "tacet:" KEY "@a:1,b:2,c:3,d:4,e:5,f:6,g:7,h:8", 8, "h", 8 },
    };
    uint8_t key[32];

    (void)state;
    (void)from_hex(key_hex, key, sizeof(key));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_ticket ticket;
        char text[TACET_TICKET_STRING_MAX];
        assert_int_equal(tacet_ticket_parse(rows[i].text, &ticket), 0);
        assert_memory_equal(ticket.key, key, sizeof(key));
        assert_int_equal(ticket.address_count, rows[i].count);
        const struct tacet_endpoint *last = &ticket.addresses[rows[i].count - 1];
        assert_string_equal(last->host, rows[i].host);
        assert_int_equal(last->port, rows[i].port);
        assert_int_equal(tacet_ticket_format(&ticket, text, sizeof(text)), 0);
        assert_string_equal(text, rows[i].text);
    }
}

static void everything_else_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "tacet:",
        "tacet:@h:1",
        "tacet:" KEY,
        "tacet:" KEY "@",
        "tacet:" KEY "@h",
        "tacet:" KEY "@h:",
        "tacet:" KEY "@:1",
        "tacet:" KEY "@h:0",
        "tacet:" KEY "@h:01",
        "tacet:" KEY "@h:65536",
        "tacet:" KEY "@h:100000",
        "tacet:" KEY "@h:+1",
        "tacet:" KEY "@h:-1",
        "tacet:" KEY "@h: 1",
        "tacet:" KEY "@h:1 ",
        "tacet:" KEY "@h:1\n",
        "tacet:" KEY "@h:1a",
        "tacet:" KEY "@h:1,",
        "tacet:" KEY "@,h:1",
        "tacet:" KEY "@h:1,,h:2",
        "tacet:" KEY "@h:1;h:2",
        "tacet:" KEY "@h:1@h:2",
        "tacet:" KEY "@a:1,b:2,c:3,d:4,e:5,f:6,g:7,h:8,i:9",
        "tacet:" KEY "@::1:5000",
        "tacet:" KEY "@[::1:5000",
        "tacet:" KEY "@[::1]5000",
        "tacet:" KEY "@[::1]",
        "tacet:" KEY "@[]:5000",
        "tacet:" KEY "@[::1]x:5000",
        "tacet:" KEY "@[h]:5000",
        "tacet:" KEY "@[192.0.2.1]:5000",
        "tacet:" KEY "@[::g]:5000",
        "tacet:" KEY "@[fe80::1%eth0]:5000",
        "tacet:" KEY "@[[::1]]:5000",
        "tacet:" KEY "@192.0.2.256:1",
        "tacet:" KEY "@192.0.2:1",
        "tacet:" KEY "@1:1",
        "tacet:" KEY "@192.0.02.1:1",
        "tacet:" KEY "@-h:1",
        "tacet:" KEY "@h-:1",
        "tacet:" KEY "@h-.org:1",
        "tacet:" KEY "@.h:1",
        "tacet:" KEY "@h.:1",
        "tacet:" KEY "@h..i:1",
        "tacet:" KEY "@h i:1",
        "tacet:" KEY "@h/i:1",
        "tacet:" KEY "@h\xc3\xa9:1",
        "tacet:" KEY "@" HOST63 "4:1",
        "tacet:" KEY "@" HOST255 "4:1",
        "tacet:" KEY "@" HOST255 ".a:1",
        "tacet:" KEY "=@h:1",
        "tacet:" KEY "A@h:1",
        "tacet:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR@h:1",
        "tacet:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo@h:1", /* the other alphabet */
        "tacet:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHUR=@h:1",
        "tacet:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcH Ro@h:1",
        "tacet:11qYAYKxCrfVS\xdf"
        "7TyWQHOg7hcvPapiMlrwIaaPcHURo@h:1", /* libsodium takes it for '_' */
        "TACET:" KEY "@h:1",
        "tacet:/" KEY "@h:1",
        " tacet:" KEY "@h:1",
        "tacet" KEY "@h:1",
        "http:" KEY "@h:1",
    };
    struct tacet_ticket ticket, before;

    (void)state;
    memset(&ticket, 0x55, sizeof(ticket));
    before = ticket;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (tacet_ticket_parse(texts[i], &ticket) != TACET_ERR_FORMAT) {
            fail_msg("accepted: %s", texts[i]);
        }
    }
    assert_memory_equal(&ticket, &before, sizeof(ticket));
}

/* 43 characters are 258 bits: of the 4 that differ in the last two bits one is the key's. */
static void only_one_text_stands_for_a_key(void **state)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char text[] = "tacet:" KEY "@h:1";
    unsigned accepted = 0;

    (void)state;
    for (unsigned i = 0; i < 64; i++) {
        struct tacet_ticket ticket;
        text[6 + 42] = digits[i];
        int err = tacet_ticket_parse(text, &ticket);
        assert_int_equal(err, i % 4 == 0 ? 0 : TACET_ERR_FORMAT);
        accepted += err == 0;
    }
    assert_int_equal(accepted, 16);
}

static void only_digits_of_the_alphabet_are_taken(void **state)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    char text[] = "tacet:" KEY "@h:1";

    (void)state;
    for (unsigned byte = 1; byte < 256; byte++) {
        struct tacet_ticket ticket;
        text[6 + 20] = (char)byte;
        assert_int_equal(tacet_ticket_parse(text, &ticket),
                         strchr(digits, (char)byte) != NULL ? 0 : TACET_ERR_FORMAT);
    }
}

static void largest_ticket_fits_its_bound(void **state)
{
    struct tacet_ticket ticket = { .address_count = TACET_TICKET_ADDRESSES_MAX };
    struct tacet_ticket again;
    char text[TACET_TICKET_STRING_MAX];

    (void)state;
    for (size_t i = 0; i < TACET_TICKET_ADDRESSES_MAX; i++) {
        memcpy(ticket.addresses[i].host, HOST255, sizeof(HOST255));
        ticket.addresses[i].port = 65535;
    }
    assert_int_equal(tacet_ticket_format(&ticket, text, sizeof(text)), 0);
    assert_int_equal(tacet_ticket_parse(text, &again), 0);
    assert_memory_equal(&ticket, &again, sizeof(again));
    size_t size = strlen(text);
    memset(text, 0x55, sizeof(text));
    assert_int_equal(tacet_ticket_format(&ticket, text, size), TACET_ERR_SPACE);
    assert_int_equal(text[0], 0x55);
    assert_int_equal(tacet_ticket_format(&ticket, text, size + 1), 0);
}

static void what_could_not_be_read_is_not_written(void **state)
{
    static const struct {
        size_t count;
        const char *host;
        uint16_t port;
    } rows[] = { { 0, "h", 1 },   { 9, "h", 1 },   { 1, "h", 0 },     { 1, "", 1 },
                 { 1, "h,i", 1 }, { 1, "h@i", 1 }, { 1, "[::1]", 1 }, { 1, "::g", 1 } };
    char text[TACET_TICKET_STRING_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_ticket ticket = { .address_count = rows[i].count };
        (void)snprintf(ticket.addresses[0].host, sizeof(ticket.addresses[0].host), "%s",
                       rows[i].host);
        ticket.addresses[0].port = rows[i].port;
        assert_int_equal(tacet_ticket_format(&ticket, text, sizeof(text)), TACET_ERR_ARGUMENT);
    }
    struct tacet_ticket open_end = { .address_count = 1 };
    open_end.addresses[0].port = 1;
    memset(open_end.addresses[0].host, 'a', sizeof(open_end.addresses[0].host));
    assert_int_equal(tacet_ticket_format(&open_end, text, sizeof(text)), TACET_ERR_ARGUMENT);
}

static void endpoint_is_the_whole_text(void **state)
{
    struct tacet_endpoint endpoint;

    (void)state;
    assert_int_equal(tacet_endpoint_parse("[::1]:5000", &endpoint), 0);
    assert_string_equal(endpoint.host, "::1");
    assert_int_equal(endpoint.port, 5000);
    assert_int_equal(tacet_endpoint_parse("h:5000", &endpoint), 0);
    assert_string_equal(endpoint.host, "h");
    assert_int_equal(tacet_endpoint_parse("h:5000,i:1", &endpoint), TACET_ERR_FORMAT);
    assert_int_equal(tacet_endpoint_parse("", &endpoint), TACET_ERR_FORMAT);
    assert_int_equal(tacet_endpoint_parse("[", &endpoint), TACET_ERR_FORMAT);
    assert_string_equal(endpoint.host, "h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepted_tickets_come_back_as_they_were),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(only_one_text_stands_for_a_key),
        cmocka_unit_test(only_digits_of_the_alphabet_are_taken),
        cmocka_unit_test(largest_ticket_fits_its_bound),
        cmocka_unit_test(what_could_not_be_read_is_not_written),
        cmocka_unit_test(endpoint_is_the_whole_text),
    };

    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
