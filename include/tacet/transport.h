/*
 * Transports: how datagrams leave and come. An app supplies its own by filling a
 * `struct tacet_transport`; Tacet brings UDP, a pair in memory, and one that impairs another.
 *
 * A transport never calls back into Tacet. send, recv and free are called by one thread; wake by
 * any. No datagram of Tacet is larger than TACET_DATAGRAM_MAX.
 */
#ifndef TACET_TRANSPORT_H
#define TACET_TRANSPORT_H

#include "tacet/address.h"
#include "tacet/api.h"
#include "tacet/random.h"

#define TACET_DATAGRAM_MAX 1200    /* bytes of UDP payload that Tacet sends */
#define TACET_DATAGRAM_ROOM 1280   /* bytes of buffer a received datagram is given; longer ones are
                                      cut there, and dropped as "short" */
#define TACET_TRANSPORT_BATCH 32   /* datagrams in one send or recv, at most */

struct tacet_packet {
    struct tacet_path path; /* sending: where to; receiving: where from */
    uint8_t *data;
    size_t size;            /* recv: capacity on entry, size on return */
    int64_t at_us;          /* received at, on the runner's clock (CLOCK_MONOTONIC) */
};

struct tacet_transport_ops {
    const char *name;
    /*
     * Sends up to TACET_TRANSPORT_BATCH datagrams in order. Returns how many were taken (the rest
     * may be offered again), or TACET_ERR_IO when the transport is broken for good. A datagram
     * that the network refuses (unreachable, too large) counts as taken: it is lost.
     */
    int (*send)(void *ctx, const struct tacet_packet *packets, size_t count);
    /*
     * Waits until datagrams came, wake() was called, or the clock reached `deadline_us`; a
     * deadline in the past only looks. Fills up to `count` and returns how many (0 is normal), or
     * TACET_ERR_IO when the transport is broken for good.
     */
    int (*recv)(void *ctx, struct tacet_packet *packets, size_t count, int64_t deadline_us);
    /* Makes a recv that waits, or the next one, return at once. Any thread. */
    void (*wake)(void *ctx);
    void (*free)(void *ctx);
};

struct tacet_transport {
    const struct tacet_transport_ops *ops;
    void *ctx;
};

struct tacet_impairment {
    size_t size;             /* sizeof, set by tacet_impairment_init */
    uint64_t seed;           /* same seed, same fate of the n-th datagram */
    int32_t loss_permille;   /* 0 to 1000 */
    int32_t duplicate_permille;
    int32_t delay_us;        /* added to each datagram sent */
    int32_t jitter_us;       /* uniform around the delay; order is kept */
};

TACET_BEGIN_DECLS

/*
 * UDP on one local address, IPv4 or IPv6 (recvmmsg, sendmmsg; an IPv6 wildcard also serves IPv4).
 * A wildcard fills path.local of what comes, and what is sent with it leaves from there. Port 0
 * lets the system choose. TACET_ERR_BUSY: the port is taken; TACET_ERR_ADDRESS: not an address of
 * this machine; TACET_ERR_IO. *ret is freed with its ops->free.
 */
TACET_API TACET_NODISCARD int tacet_udp_create(const struct tacet_address *bind,
                                               struct tacet_transport *ret);
/* The bound address, with the port that the system chose. `transport` is one of UDP. */
TACET_API TACET_NODISCARD int tacet_udp_local(const struct tacet_transport *transport,
                                              struct tacet_address *ret);
/*
 * Every address under which this socket can be reached: the bound one, or for a wildcard each
 * non-loopback address of the machine (loopback if there is no other). Returns how many were
 * written, at most `capacity`, or a negative TACET_ERR_*.
 */
TACET_API TACET_NODISCARD int tacet_udp_reachable(const struct tacet_transport *transport,
                                                  struct tacet_address *out, size_t capacity);
/*
 * Looks a host name or numeric address up (blocking, the system's resolver). Returns how many
 * addresses were written, at least 1, or TACET_ERR_NOTFOUND.
 */
TACET_API TACET_NODISCARD int tacet_udp_resolve(const char *host, uint16_t port,
                                                struct tacet_address *out, size_t capacity);

/* Two transports in memory: what one sends to any address, the other receives from `a` or `b`.
 * Usable from two threads. Each is freed on its own. */
TACET_API TACET_NODISCARD int tacet_memory_transport_create(const struct tacet_address *a,
                                                            const struct tacet_address *b,
                                                            struct tacet_transport *ret_a,
                                                            struct tacet_transport *ret_b);

TACET_API void tacet_impairment_init(struct tacet_impairment *impairment);
/* Wraps `inner`, which is taken on success: what is sent through *ret suffers the impairment. */
TACET_API TACET_NODISCARD int tacet_impaired_transport_create(
    const struct tacet_impairment *impairment, const struct tacet_transport *inner,
    struct tacet_transport *ret);

TACET_END_DECLS

#endif
