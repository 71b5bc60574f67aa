/* See pktinfo.h. On an IPv6 socket an IPv4 address is mapped here as everywhere (sockaddr.h). */
#include "shell/pktinfo.h"

#include "shell/sockaddr.h"
#include "tacet/error.h"

#include <netinet/in.h>
#include <string.h>

_Static_assert(CMSG_SPACE(sizeof(struct in6_pktinfo)) <= sizeof(struct tacet_pktinfo), "room");
_Static_assert(CMSG_SPACE(sizeof(struct in_pktinfo)) <= sizeof(struct tacet_pktinfo), "room");

int tacet_pktinfo_enable(int fd, bool six)
{
    int on = 1;
    int result = six ? setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on))
                     : setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));

    return result == 0 ? 0 : TACET_ERR_IO;
}

/* fe80::/10: means something only with its interface. */
static bool is_link_local(const struct in6_addr *address)
{
    return address->s6_addr[0] == 0xfe && (address->s6_addr[1] & 0xc0) == 0x80;
}

void tacet_pktinfo_read(struct msghdr *message, struct tacet_address *ret)
{
    struct sockaddr_storage name = { 0 };

    for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct sockaddr_in four = { .sin_family = AF_INET };
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            four.sin_addr = info.ipi_spec_dst;
            memcpy(&name, &four, sizeof(four));
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct sockaddr_in6 six = { .sin6_family = AF_INET6 };
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof(info));
            six.sin6_addr = info.ipi6_addr;
            six.sin6_scope_id = is_link_local(&info.ipi6_addr) ? info.ipi6_ifindex : 0;
            memcpy(&name, &six, sizeof(six));
        }
    }
    tacet_sockaddr_to(&name, ret);
}

static void write_one(struct msghdr *message, struct tacet_pktinfo *room, int level, int type,
                      const void *info, size_t size)
{
    memset(room, 0, sizeof(*room));
    message->msg_control = room;
    message->msg_controllen = CMSG_SPACE(size);
    struct cmsghdr *c = CMSG_FIRSTHDR(message);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(c), info, size);
}

void tacet_pktinfo_write(struct msghdr *message, struct tacet_pktinfo *room, bool six,
                         const struct tacet_address *local)
{
    struct sockaddr_storage name;
    struct sockaddr_in four_name;
    struct sockaddr_in6 six_name;

    if (tacet_sockaddr_from(local, six, &name) == 0) {
        return;
    }
    if (six) {
        memcpy(&six_name, &name, sizeof(six_name));
        struct in6_pktinfo info = { .ipi6_addr = six_name.sin6_addr,
                                    .ipi6_ifindex = six_name.sin6_scope_id };
        write_one(message, room, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
    } else if (name.ss_family == AF_INET) {
        memcpy(&four_name, &name, sizeof(four_name));
        struct in_pktinfo info = { .ipi_spec_dst = four_name.sin_addr };
        write_one(message, room, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
    }
}
