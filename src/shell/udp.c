/*
 * Datagrams over one UDP socket: recvmmsg and sendmmsg, with an eventfd to wake the waiting side.
 * What the network refuses is lost and counts as sent; only a broken socket is an error.
 *
 * IPv4 addresses that an IPv6 wildcard socket meets are mapped (::ffff:a.b.c.d, RFC 4291 section
 * 2.5.5.2) on the socket only: above this file they are family 4. A wildcard socket says at which
 * address a datagram came, and lets it be answered from there: path.local. What addresses there
 * are, and under which names, is udp_address.c.
 */
#include "tacet/transport.h"

#include "base/alloc.h"
#include "shell/pktinfo.h"
#include "shell/sockaddr.h"
#include "tacet/error.h"
#include "tacet/runner.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Half a second of a 16 Mbit/s burst; the system may grant less. */
#define SOCKET_BUFFER_SIZE (1 << 20)

struct udp {
    int fd;
    int wake_fd;
    bool mapped;   /* an IPv6 socket that serves IPv4 too */
    bool wildcard; /* bound to all addresses: each datagram says which it came to */
    struct tacet_address local;
    struct mmsghdr messages[TACET_TRANSPORT_BATCH];
    struct iovec vectors[TACET_TRANSPORT_BATCH];
    struct sockaddr_storage names[TACET_TRANSPORT_BATCH];
    struct tacet_pktinfo infos[TACET_TRANSPORT_BATCH];
};

static void udp_free(void *ctx)
{
    struct udp *udp = ctx;

    if (udp == NULL) {
        return;
    }
    if (udp->fd >= 0) {
        (void)close(udp->fd);
    }
    if (udp->wake_fd >= 0) {
        (void)close(udp->wake_fd);
    }
    tacet_dealloc(udp);
}

static void udp_wake(void *ctx)
{
    const struct udp *udp = ctx;
    uint64_t one = 1;

    /* Fails only when 2^64 - 2 wakes are pending: it is awake then. */
    (void)!write(udp->wake_fd, &one, sizeof(one));
}

/* Errors after which nothing will ever be sent or received again. All others are the fate of one
 * datagram, or the echo of an earlier one. */
static bool is_fatal(int error)
{
    return error == EBADF || error == ENOTSOCK || error == EPIPE || error == EFAULT;
}

/* Fills messages with what can be addressed from this socket; sources[n] is the packet of message
 * n. Others (another family) are lost. Returns the number of messages. */
static size_t fill_messages(struct udp *udp, const struct tacet_packet *packets, size_t count,
                            size_t sources[TACET_TRANSPORT_BATCH])
{
    size_t filled = 0;

    for (size_t i = 0; i < count; i++) {
        struct sockaddr_storage *name = &udp->names[filled];
        bool six = udp->local.family == 6;
        socklen_t length = tacet_sockaddr_from(&packets[i].path.address, udp->mapped, name);
        if (length == 0 || name->ss_family != (six ? AF_INET6 : AF_INET)) {
            continue;
        }
        udp->vectors[filled] =
            (struct iovec){ .iov_base = packets[i].data, .iov_len = packets[i].size };
        udp->messages[filled].msg_hdr = (struct msghdr){ .msg_name = name,
                                                         .msg_namelen = length,
                                                         .msg_iov = &udp->vectors[filled],
                                                         .msg_iovlen = 1 };
        if (udp->wildcard) {
            tacet_pktinfo_write(&udp->messages[filled].msg_hdr, &udp->infos[filled], six,
                                &packets[i].path.local);
        }
        sources[filled++] = i;
    }
    return filled;
}

static int udp_send(void *ctx, const struct tacet_packet *packets, size_t count)
{
    struct udp *udp = ctx;
    size_t sources[TACET_TRANSPORT_BATCH];

    count = count < TACET_TRANSPORT_BATCH ? count : TACET_TRANSPORT_BATCH;
    size_t filled = fill_messages(udp, packets, count, sources);
    for (size_t sent = 0, echoes = 0; sent < filled;) {
        struct msghdr *first = &udp->messages[sent].msg_hdr;
        int n = sendmmsg(udp->fd, udp->messages + sent, (unsigned)(filled - sent), 0);
        if (n > 0) {
            sent += (size_t)n;
        } else if (errno == EAGAIN) {
            return (int)sources[sent];
        } else if (is_fatal(errno)) {
            return TACET_ERR_IO;
        } else if (errno == EINTR || (errno == ECONNREFUSED && echoes == 0)) {
            /* A refusal tells of an earlier datagram and is over once it has been told. */
            echoes += errno == ECONNREFUSED ? 1 : 0;
        } else if (first->msg_controllen > 0) {
            /* That address, or its way, may be gone: from wherever the system says, then. */
            first->msg_control = NULL;
            first->msg_controllen = 0;
        } else {
            sent++;
            echoes = 0;
        }
    }
    return (int)count;
}

/* Takes what has come, without waiting. Returns how many, or TACET_ERR_IO. */
static int take(struct udp *udp, struct tacet_packet *packets, size_t count)
{
    int n = -1;

    for (size_t i = 0; i < count; i++) {
        udp->vectors[i] = (struct iovec){ .iov_base = packets[i].data, .iov_len = packets[i].size };
        udp->messages[i].msg_hdr = (struct msghdr){ .msg_name = &udp->names[i],
                                                    .msg_namelen = sizeof(udp->names[i]),
                                                    .msg_iov = &udp->vectors[i],
                                                    .msg_iovlen = 1 };
        if (udp->wildcard) {
            udp->messages[i].msg_hdr.msg_control = &udp->infos[i];
            udp->messages[i].msg_hdr.msg_controllen = sizeof(udp->infos[i]);
        }
    }
    do {
        n = recvmmsg(udp->fd, udp->messages, (unsigned)count, MSG_DONTWAIT, NULL);
    } while (n < 0 && errno != EAGAIN && !is_fatal(errno));
    if (n < 0) {
        return errno == EAGAIN ? 0 : TACET_ERR_IO;
    }
    int64_t now = tacet_clock_now();
    for (int i = 0; i < n; i++) {
        packets[i].path = (struct tacet_path){ 0 };
        tacet_sockaddr_to(&udp->names[i], &packets[i].path.address);
        tacet_pktinfo_read(&udp->messages[i].msg_hdr, &packets[i].path.local);
        packets[i].size = udp->messages[i].msg_len;
        packets[i].at_us = now;
    }
    return n;
}

/* Waits for a datagram, a wake or the deadline. Returns 1 for a datagram, 0 for the others, or
 * TACET_ERR_IO. */
static int wait_for(const struct udp *udp, int64_t deadline_us)
{
    struct pollfd fds[2] = { { .fd = udp->fd, .events = POLLIN },
                             { .fd = udp->wake_fd, .events = POLLIN } };
    uint64_t wakes;
    int n;

    do {
        int64_t now = tacet_clock_now();
        int64_t left = deadline_us > now ? deadline_us - now : 0;
        struct timespec timeout = { .tv_sec = (time_t)(left / 1000000),
                                    .tv_nsec = (long)(left % 1000000 * 1000) };
        n = ppoll(fds, 2, &timeout, NULL);
    } while (n < 0 && errno == EINTR);
    if (n < 0 || (fds[0].revents & POLLNVAL) != 0) {
        return TACET_ERR_IO;
    }
    if ((fds[0].revents & (POLLIN | POLLERR)) != 0) {
        return 1; /* a wake that came as well is for the next call */
    }
    if ((fds[1].revents & POLLIN) != 0) {
        (void)!read(udp->wake_fd, &wakes, sizeof(wakes));
    }
    return 0;
}

static int udp_recv(void *ctx, struct tacet_packet *packets, size_t count, int64_t deadline_us)
{
    struct udp *udp = ctx;
    int ready;

    count = count < TACET_TRANSPORT_BATCH ? count : TACET_TRANSPORT_BATCH;
    while ((ready = wait_for(udp, deadline_us)) > 0) {
        int taken = take(udp, packets, count);
        if (taken != 0) {
            return taken;
        }
        /* Readable without a datagram: its checksum was wrong, or an error was waiting. */
    }
    return ready;
}

static const struct tacet_transport_ops udp_ops = {
    .name = "udp",
    .send = udp_send,
    .recv = udp_recv,
    .wake = udp_wake,
    .free = udp_free,
};

static int bind_error(int error)
{
    switch (error) {
    case EADDRINUSE:
        return TACET_ERR_BUSY;
    case EACCES:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EINVAL:
    case ENODEV:
        return TACET_ERR_ADDRESS;
    default:
        return TACET_ERR_IO;
    }
}

/* Opens and binds; the caller frees what was opened when it fails. */
static int open_socket(struct udp *udp, const struct tacet_address *address)
{
    struct sockaddr_storage name;
    socklen_t length = tacet_sockaddr_from(address, false, &name);
    int size = SOCKET_BUFFER_SIZE;
    int v6_only = udp->mapped ? 0 : 1;

    udp->fd = socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (udp->fd < 0) {
        return bind_error(errno);
    }
    /* Smaller buffers only lose more under load. */
    (void)setsockopt(udp->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    (void)setsockopt(udp->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    if (name.ss_family == AF_INET6 &&
        setsockopt(udp->fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only)) != 0) {
        return TACET_ERR_IO;
    }
    if (udp->wildcard && tacet_pktinfo_enable(udp->fd, name.ss_family == AF_INET6) != 0) {
        return TACET_ERR_IO;
    }
    if (bind(udp->fd, (const struct sockaddr *)&name, length) != 0) {
        return bind_error(errno);
    }
    length = sizeof(name);
    if (getsockname(udp->fd, (struct sockaddr *)&name, &length) != 0) {
        return TACET_ERR_IO;
    }
    tacet_sockaddr_to(&name, &udp->local);
    return 0;
}

int tacet_udp_create(const struct tacet_address *bind_to, struct tacet_transport *ret)
{
    struct tacet_address address = *bind_to;

    tacet_address_unmap(&address);
    if (address.family != 4 && address.family != 6) {
        return TACET_ERR_ARGUMENT;
    }
    struct udp *udp = tacet_alloc(sizeof(*udp));
    if (udp == NULL) {
        return TACET_ERR_NOMEM;
    }
    udp->fd = -1;
    udp->wildcard = tacet_address_is_wildcard(&address);
    udp->mapped = address.family == 6 && udp->wildcard;
    udp->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int result = udp->wake_fd < 0 ? TACET_ERR_IO : open_socket(udp, &address);
    if (result != 0) {
        udp_free(udp);
        return result;
    }
    *ret = (struct tacet_transport){ .ops = &udp_ops, .ctx = udp };
    return 0;
}

int tacet_udp_local(const struct tacet_transport *transport, struct tacet_address *ret)
{
    if (transport->ops != &udp_ops) {
        return TACET_ERR_ARGUMENT;
    }
    const struct udp *udp = transport->ctx;
    *ret = udp->local;
    return 0;
}
