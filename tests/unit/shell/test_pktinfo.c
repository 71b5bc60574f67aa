/* The local side of a datagram, as the system says it and as it is told. */
#define _GNU_SOURCE
#include "shell/pktinfo.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define INTERFACE 3

static struct tacet_address address(const char *text, uint32_t scope)
{
    struct tacet_address a;

    assert_int_equal(tacet_address_parse(text, &a), 0);
    a.scope_id = scope;
    return a;
}

/* What the system says of a datagram. */
static struct tacet_address said(int level, int type, const void *info, size_t size)
{
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(struct in6_pktinfo))] = { 0 };
    struct msghdr message = { .msg_control = control, .msg_controllen = CMSG_SPACE(size) };
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    struct tacet_address ret = { .family = 99 };

    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), info, size);
    tacet_pktinfo_read(&message, &ret);
    return ret;
}

static struct in6_addr six(const char *text)
{
    struct tacet_address a = address(text, 0);
    struct in6_addr ret;

    memcpy(&ret, a.ip, sizeof(ret));
    return ret;
}

static void address_is_where_it_came_to_and_not_whom_it_was_for(void **state)
{
    /* They differ where it was for everybody. */
    struct in_pktinfo info = { .ipi_ifindex = INTERFACE };
    struct tacet_address expected = address("192.0.2.7:0", 0);

    (void)state;
    memcpy(&info.ipi_spec_dst, expected.ip, 4);
    memset(&info.ipi_addr, 0xff, sizeof(info.ipi_addr));
    struct tacet_address a = said(IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    assert_true(tacet_address_equal(&a, &expected));
}

static void link_local_addresses_alone_have_an_interface(void **state)
{
    static const struct {
        const char *text;
        uint32_t scope;
    } rows[] = { { "[fe80::1]:0", INTERFACE },
                 { "[febf::1]:0", INTERFACE },
                 { "[fec0::1]:0", 0 },
                 { "[2001:db8::1]:0", 0 } };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct in6_pktinfo info = { .ipi6_addr = six(rows[i].text), .ipi6_ifindex = INTERFACE };
        struct tacet_address expected = address(rows[i].text, rows[i].scope);
        struct tacet_address a = said(IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
        assert_true(tacet_address_equal(&a, &expected));
    }
}

static void other_words_of_the_system_say_nothing(void **state)
{
    int ttl = 64;

    (void)state;
    assert_int_equal(said(IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)).family, 0);
}

/* Reads back what was written. */
static struct tacet_address written(bool is_six, const struct tacet_address *local, bool *ret_any)
{
    struct tacet_pktinfo room;
    struct msghdr message = { 0 };
    struct tacet_address ret;

    tacet_pktinfo_write(&message, &room, is_six, local);
    *ret_any = message.msg_controllen > 0;
    tacet_pktinfo_read(&message, &ret);
    return ret;
}

static void what_is_written_is_read_back(void **state)
{
    static const struct {
        const char *text; /* NULL: none */
        uint32_t scope;
        bool six;
        bool any;
    } rows[] = {
        { "192.0.2.7:0", 0, false, true },
        { "192.0.2.7:0", 0, true, true }, /* mapped */
        { "[2001:db8::1]:0", 0, true, true },
        { "[fe80::1]:0", INTERFACE, true, true },
        { "[2001:db8::1]:0", 0, false, false },
        { NULL, 0, true, false },
        { NULL, 0, false, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct tacet_address local = { 0 };
        bool any;
        if (rows[i].text != NULL) {
            local = address(rows[i].text, rows[i].scope);
        }
        struct tacet_address a = written(rows[i].six, &local, &any);
        assert_int_equal(any, rows[i].any);
        if (any) {
            assert_true(tacet_address_equal(&a, &local));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(address_is_where_it_came_to_and_not_whom_it_was_for),
        cmocka_unit_test(link_local_addresses_alone_have_an_interface),
        cmocka_unit_test(other_words_of_the_system_say_nothing),
        cmocka_unit_test(what_is_written_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
