/* See sockaddr.h. Mapped addresses are RFC 4291 section 2.5.5.2. */
#include "shell/sockaddr.h"

#include <string.h>

static const uint8_t mapped_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

socklen_t tacet_sockaddr_from(const struct tacet_address *address, bool map,
                              struct sockaddr_storage *ret)
{
    struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(address->port) };
    struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(address->port) };

    memset(ret, 0, sizeof(*ret));
    if (address->family == 4 && !map) {
        memcpy(&four.sin_addr, address->ip, sizeof(four.sin_addr));
        memcpy(ret, &four, sizeof(four));
        return sizeof(four);
    }
    if (address->family == 4) {
        memcpy(six.sin6_addr.s6_addr, mapped_prefix, sizeof(mapped_prefix));
        memcpy(six.sin6_addr.s6_addr + sizeof(mapped_prefix), address->ip, 4);
    } else if (address->family == 6) {
        memcpy(six.sin6_addr.s6_addr, address->ip, sizeof(six.sin6_addr.s6_addr));
        six.sin6_scope_id = address->scope_id;
    } else {
        return 0;
    }
    memcpy(ret, &six, sizeof(six));
    return sizeof(six);
}

void tacet_sockaddr_to(const struct sockaddr_storage *name, struct tacet_address *ret)
{
    struct tacet_address address = { 0 };
    struct sockaddr_in four;
    struct sockaddr_in6 six;

    if (name->ss_family == AF_INET) {
        memcpy(&four, name, sizeof(four));
        address.family = 4;
        address.port = ntohs(four.sin_port);
        memcpy(address.ip, &four.sin_addr, sizeof(four.sin_addr));
    } else if (name->ss_family == AF_INET6) {
        memcpy(&six, name, sizeof(six));
        address.family = 6;
        address.port = ntohs(six.sin6_port);
        address.scope_id = six.sin6_scope_id;
        memcpy(address.ip, six.sin6_addr.s6_addr, sizeof(address.ip));
        tacet_address_unmap(&address);
    }
    *ret = address;
}

void tacet_address_unmap(struct tacet_address *address)
{
    uint8_t four[4];

    if (address->family != 6 || memcmp(address->ip, mapped_prefix, sizeof(mapped_prefix)) != 0) {
        return;
    }
    memcpy(four, address->ip + sizeof(mapped_prefix), sizeof(four));
    memset(address->ip, 0, sizeof(address->ip));
    memcpy(address->ip, four, sizeof(four));
    address->family = 4;
    address->scope_id = 0;
}

bool tacet_address_is_wildcard(const struct tacet_address *address)
{
    static const uint8_t zero[sizeof(address->ip)] = { 0 };

    return memcmp(address->ip, zero, sizeof(zero)) == 0;
}
