/*
 * Addresses and paths. A path names where a packet came from or goes to: (transport, address,
 * relay member). Every rule of the protocol that says "source" or "address" means the path.
 */
#ifndef TACET_ADDRESS_H
#define TACET_ADDRESS_H

#include "tacet/api.h"

#define TACET_ADDRESS_STRING_MAX 64 /* "[IPv6%scope]:port" and the final NUL fit */

struct tacet_address {
    uint8_t family;    /* 0 none, 4 or 6; other values are free for an app's own transport */
    uint8_t ip[16];    /* network order; IPv4 in the first four bytes, the rest zero */
    uint16_t port;     /* host order */
    uint32_t scope_id; /* IPv6 link-local scope, else 0 */
};

struct tacet_path {
    struct tacet_address address;
    uint16_t transport; /* which of an app's transports; 0 for the first or only one */
    uint16_t member;    /* member behind a relay; 0 none */
    /*
     * This machine's side, where a transport has several: receiving, the address at which the
     * datagram came; sending, the one that it should leave from, if that can still be. Family 0:
     * not known, any. The port does not count. It is no part of what a path is: paths that differ
     * in it are equal.
     */
    struct tacet_address local;
};

TACET_BEGIN_DECLS

/*
 * Parses a numeric "192.0.2.1:5000" or "[2001:db8::1]:5000". No name is looked up (see
 * tacet_udp_resolve for that). Returns 0, or TACET_ERR_FORMAT.
 */
TACET_API TACET_NODISCARD int tacet_address_parse(const char *text, struct tacet_address *ret);

/* Writes the text form, always NUL-terminated, and returns `out`. */
TACET_API const char *tacet_address_format(const struct tacet_address *address,
                                           char out[TACET_ADDRESS_STRING_MAX]);

TACET_API bool tacet_address_equal(const struct tacet_address *a, const struct tacet_address *b);
/* All but `local`. */
TACET_API bool tacet_path_equal(const struct tacet_path *a, const struct tacet_path *b);

TACET_END_DECLS

#endif
