/*
 * The local side of a datagram on a socket that is bound to all addresses: at which of them it
 * came, and from which it is to leave (IP_PKTINFO; IPV6_PKTINFO, RFC 3542 section 6).
 */
#ifndef TACET_SHELL_PKTINFO_H
#define TACET_SHELL_PKTINFO_H

#include "tacet/address.h"

#include <sys/socket.h>

/* Room for the ancillary data of one datagram. */
struct tacet_pktinfo {
    _Alignas(struct cmsghdr) uint8_t room[64];
};

/* Asks the system to say it of each datagram that comes. 0, or TACET_ERR_IO. */
int tacet_pktinfo_enable(int fd, bool six);
/* The address at which a received datagram came; family 0 where the system has not said. */
void tacet_pktinfo_read(struct msghdr *message, struct tacet_address *ret);
/* Has a datagram leave from `local`: `message` then points into `room`. `six`: the socket's family.
 * Where `local` is none that the socket could use the message stays as it is. */
void tacet_pktinfo_write(struct msghdr *message, struct tacet_pktinfo *room, bool six,
                         const struct tacet_address *local);

#endif
