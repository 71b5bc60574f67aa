/* Between tacet_address and the system's socket addresses. */
#ifndef TACET_SHELL_SOCKADDR_H
#define TACET_SHELL_SOCKADDR_H

#include "tacet/address.h"

#include <netinet/in.h>
#include <sys/socket.h>

/* `map`: an IPv4 address becomes ::ffff:a.b.c.d for an IPv6 socket. Returns the length, or 0 for a
 * family that is neither 4 nor 6. */
socklen_t tacet_sockaddr_from(const struct tacet_address *address, bool map,
                              struct sockaddr_storage *ret);
/* A mapped IPv4 address becomes family 4 again. Anything but IP becomes family 0. */
void tacet_sockaddr_to(const struct sockaddr_storage *name, struct tacet_address *ret);

/* ::ffff:a.b.c.d to a.b.c.d; others stay. */
void tacet_address_unmap(struct tacet_address *address);
bool tacet_address_is_wildcard(const struct tacet_address *address);

#endif
