/* Text forms and comparison of addresses and paths. inet_pton and inet_ntop open no socket. */
#include "tacet/address.h"

#include "tacet/error.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* Decimal 1 to 65535 without sign, blanks or leading zero. */
static bool parse_port(const char *text, uint16_t *ret)
{
    uint32_t port = 0;
    size_t digits = strlen(text);

    if (digits < 1 || digits > 5 || text[0] == '0') {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        port = port * 10 + (uint32_t)(text[i] - '0');
    }
    if (port > UINT16_MAX) {
        return false;
    }
    *ret = (uint16_t)port;
    return true;
}

int tacet_address_parse(const char *text, struct tacet_address *ret)
{
    struct tacet_address address = { 0 };
    char host[TACET_ADDRESS_STRING_MAX];
    bool six = text[0] == '[';
    const char *begin = six ? text + 1 : text;
    const char *end = strchr(begin, six ? ']' : ':');

    if (end == NULL || (size_t)(end - begin) >= sizeof(host)) {
        return TACET_ERR_FORMAT;
    }
    memcpy(host, begin, (size_t)(end - begin));
    host[end - begin] = '\0';
    const char *port = six ? end + 1 : end;
    if (*port != ':') {
        return TACET_ERR_FORMAT;
    }
    /* Port 0 is "any" for a bind; everything else must be a real port. */
    if (strcmp(port + 1, "0") != 0 && !parse_port(port + 1, &address.port)) {
        return TACET_ERR_FORMAT;
    }
    address.family = six ? 6 : 4;
    if (inet_pton(six ? AF_INET6 : AF_INET, host, address.ip) != 1) {
        return TACET_ERR_FORMAT;
    }
    *ret = address;
    return 0;
}

const char *tacet_address_format(const struct tacet_address *address,
                                 char out[TACET_ADDRESS_STRING_MAX])
{
    char host[INET6_ADDRSTRLEN] = "";

    switch (address->family) {
    case 4:
        (void)inet_ntop(AF_INET, address->ip, host, sizeof(host));
        (void)snprintf(out, TACET_ADDRESS_STRING_MAX, "%s:%u", host, address->port);
        break;
    case 6:
        (void)inet_ntop(AF_INET6, address->ip, host, sizeof(host));
        (void)snprintf(out, TACET_ADDRESS_STRING_MAX, "[%s]:%u", host, address->port);
        break;
    default:
        (void)snprintf(out, TACET_ADDRESS_STRING_MAX, "(none)");
        break;
    }
    return out;
}

bool tacet_address_equal(const struct tacet_address *a, const struct tacet_address *b)
{
    return a->family == b->family && a->port == b->port && a->scope_id == b->scope_id &&
           memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

bool tacet_path_equal(const struct tacet_path *a, const struct tacet_path *b)
{
    return tacet_address_equal(&a->address, &b->address) && a->transport == b->transport &&
           a->member == b->member;
}
