/*
 * The names of things on the net: under which addresses a bound socket can be reached, and what a
 * host name stands for. Blocks as the system's resolver does; opens no socket of its own.
 */
#include "tacet/transport.h"

#include "shell/sockaddr.h"
#include "tacet/error.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <string.h>

struct list {
    struct tacet_address *out;
    size_t capacity;
    size_t count;
};

/* Each address once, as long as there is room. */
static void add(struct list *list, const struct tacet_address *address)
{
    for (size_t i = 0; i < list->count; i++) {
        if (tacet_address_equal(&list->out[i], address)) {
            return;
        }
    }
    if (list->count < list->capacity) {
        list->out[list->count++] = *address;
    }
}

/* The address of an interface, or false for none that a peer could use. */
static bool usable(const struct ifaddrs *entry, struct tacet_address *ret)
{
    struct sockaddr_storage name = { 0 };

    if (entry->ifa_addr == NULL || (entry->ifa_flags & IFF_UP) == 0) {
        return false;
    }
    if (entry->ifa_addr->sa_family == AF_INET) {
        memcpy(&name, entry->ifa_addr, sizeof(struct sockaddr_in));
    } else if (entry->ifa_addr->sa_family == AF_INET6) {
        memcpy(&name, entry->ifa_addr, sizeof(struct sockaddr_in6));
    } else {
        return false;
    }
    tacet_sockaddr_to(&name, ret);
    /* fe80::/10 says nothing without the interface, which has another number over there. */
    return !(ret->family == 6 && ret->ip[0] == 0xfe && (ret->ip[1] & 0xc0) == 0x80);
}

static void add_interfaces(struct list *list, const struct ifaddrs *first, bool loopback,
                           const struct tacet_address *local)
{
    for (const struct ifaddrs *entry = first; entry != NULL; entry = entry->ifa_next) {
        struct tacet_address address;
        bool is_loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
        if (is_loopback == loopback && usable(entry, &address) &&
            (local->family == 6 || address.family == 4)) {
            address.port = local->port;
            add(list, &address);
        }
    }
}

int tacet_udp_reachable(const struct tacet_transport *transport, struct tacet_address *out,
                        size_t capacity)
{
    struct list list = { .out = out, .capacity = capacity };
    struct tacet_address local;
    struct ifaddrs *first = NULL;
    int result = tacet_udp_local(transport, &local);

    if (result != 0) {
        return result;
    }
    if (!tacet_address_is_wildcard(&local)) {
        add(&list, &local);
        return (int)list.count;
    }
    if (getifaddrs(&first) != 0) {
        return TACET_ERR_IO;
    }
    add_interfaces(&list, first, false, &local);
    if (list.count == 0) {
        add_interfaces(&list, first, true, &local);
    }
    freeifaddrs(first);
    return (int)list.count;
}

int tacet_udp_resolve(const char *host, uint16_t port, struct tacet_address *out, size_t capacity)
{
    struct list list = { .out = out, .capacity = capacity };
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *first = NULL;

    if (getaddrinfo(host, NULL, &hints, &first) != 0) {
        return TACET_ERR_NOTFOUND;
    }
    for (const struct addrinfo *entry = first; entry != NULL; entry = entry->ai_next) {
        struct sockaddr_storage name = { 0 };
        struct tacet_address address;
        memcpy(&name, entry->ai_addr, entry->ai_addrlen);
        tacet_sockaddr_to(&name, &address);
        address.port = port;
        if (address.family != 0) {
            add(&list, &address);
        }
    }
    freeaddrinfo(first);
    return list.count > 0 ? (int)list.count : TACET_ERR_NOTFOUND;
}
